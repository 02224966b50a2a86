"""The effect of findings: they warn, block, or are waived by someone else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.resolved.findings import Finding, finding_of, note_of
from mlgit.core.gates.verdict import GateChange, Policy
from tests.support.verdicts import CANDIDATE, absolute, case, metric_file, rules, waiver

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import GateChangeKind, Note

FILE = metric_file(auc="0.95")
TWO = Finding(code="gate_repointed", subjects=("a", "b"), text="it moved", model="m")
ONE = Finding(code="evidence_weakened", subjects=("a",), text="it proves less")
MODEL = Finding(
    code="gates_loosened", subjects=("net",), text="Model `net` was removed", kind="model", whole=True
)


def decided(finding: Finding, *waived: str, **more: Any) -> tuple[str, Note]:  # noqa: ANN401 (fields of Rules)
    waivers = tuple(waiver(f"gates_loosened:{name}", None, id=f"w-{name}") for name in waived)
    verdict = decide(
        [case(absolute(low="0"), files=(FILE,))],
        rules=rules(waivers=waivers, **more),
        candidate=CANDIDATE,
        policy=Policy(),
        findings=[finding],
    )
    (note,) = [each for each in verdict.notes if each.code != "waiver_used"]
    return verdict.decision, note


@pytest.mark.parametrize("finding", [TWO, ONE, MODEL])
@pytest.mark.parametrize(
    ("on_loosened", "effect", "decision"),
    [
        (None, "warn", "allow_with_warnings"),
        ("warn", "warn", "allow_with_warnings"),
        ("fail", "block", "block"),
    ],
)
def test_the_setting_of_trunk_decides_whether_a_finding_blocks(
    finding: Finding, on_loosened: str | None, effect: str, decision: str
) -> None:
    found, note = decided(finding, on_loosened=on_loosened)
    assert (found, note.effect, note.code) == (decision, effect, finding.code)
    assert (note.hint is None) == (effect == "warn")
    assert effect == "warn" or all(f'"gates_loosened:{name}"' in str(note.hint) for name in finding.subjects)


@pytest.mark.parametrize(
    ("finding", "waived", "effect"),
    [
        (TWO, ("a", "b"), "waived"),
        (TWO, ("b",), "block"),
        (TWO, ("a",), "block"),
        (TWO, ("m",), "block"),
        (ONE, ("a",), "waived"),
        (ONE, ("b",), "block"),
        (MODEL, ("net",), "waived"),
        (MODEL, ("ne",), "block"),
    ],
)
def test_only_a_waiver_for_every_subject_covers_a_finding(
    finding: Finding, waived: tuple[str, ...], effect: str
) -> None:
    _, note = decided(finding, *waived, on_loosened="fail")
    assert note.effect == effect
    assert note.waiver == (f"w-{waived[0]}" if effect == "waived" else None)
    assert (note.hint is None) == (effect == "waived")


@pytest.mark.parametrize(
    ("finding", "message", "gate"),
    [
        (TWO, "`a`, `b` of `m`: it moved", None),
        (ONE, "`a`: it proves less", "a"),
        (MODEL, "Model `net` was removed", None),
    ],
)
def test_a_finding_names_its_gates_and_model(finding: Finding, message: str, gate: str | None) -> None:
    _, note = decided(finding)
    assert (note.message, note.gate, note.model) == (message, gate, finding.model)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("removed", "gates_loosened"), ("loosened", "gates_loosened"), ("changed", "gate_repointed")],
)
def test_a_changed_text_is_a_finding_of_its_gate(kind: GateChangeKind, code: str) -> None:
    found = finding_of(GateChange(gate="g", kind=kind, message="Gate `g` was different"))
    assert (found.code, found.subjects, found.text) == (code, ("g",), "Gate `g` was different")
    assert decided(found)[1].message == found.text


def test_a_second_finding_about_the_same_gates_points_to_the_waiver_of_the_first() -> None:
    odd = Finding(code="gates_loosened", subjects=("..",), text="Odd", kind="model", whole=True)
    notes = [
        note_of(each, (), "fail", day=date(2026, 5, 1), proposed=seen)
        for each, seen in (
            (TWO, ()),
            *((each, {f"gates_loosened:{name}" for name in "ab"}) for each in (ONE, TWO)),
        )
    ]
    assert [str(note.hint).count("- {id: agreed-") for note in notes] == [2, 0, 0]
    both = "the waivers proposed here for `gates_loosened:a`, `gates_loosened:b` agree also to this"
    assert [note.hint for note in notes[1:]] == [
        "the waiver proposed here for `gates_loosened:a` agrees also to this",
        both,
    ]
    assert "id: agreed-change," in str(note_of(odd, (), "fail", day=date(2026, 5, 1)).hint)


def test_each_waiver_is_proposed_once_in_a_verdict_whatever_is_shown_first() -> None:
    gates = (absolute("a", low="0"), absolute("b", low="0"))
    found = decide(
        [case(*gates, files=(metric_file(auc="0.9"),))],
        rules=rules(on_loosened="fail"),
        candidate=CANDIDATE,
        policy=Policy(),
        findings=(TWO, ONE),
    )
    hints = [str(note.hint) for note in found.notes if note.effect == "block"]
    assert sorted(hint.count("- {id: agreed-") for hint in hints) == [0, 2]


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("it read `a`; it now reads `b`", "they read `a`; they now read `b`"),
        ("it compared with a; it now compares with b", "they compared with a; they now compare with b"),
        ("its number proves less: x", "their numbers prove less: x"),
        (
            "its number was made from the model `m` (x); it is now made only along with it (y)",
            "their numbers were made from the model `m` (x); they are now made only along with it (y)",
        ),
        (
            "its number was made along with the model `m` (x); it is now made without it (y)",
            "their numbers were made along with the model `m` (x); they are now made without it (y)",
        ),
        ("the model was `a`; it is now `b`", "the model was `a`; it is now `b`"),
    ],
)
def test_several_gates_are_spoken_of_as_several(text: str, several: str) -> None:
    for subjects, expected in ((("a",), text), (("a", "b"), several)):
        finding = Finding(code="gate_repointed", subjects=subjects, text=text)
        assert note_of(finding, (), None, day=date(2026, 5, 1)).message.endswith(f": {expected}")
