"""Decision: all gates give one verdict, with the same bytes for the same inputs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.file import Config
from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import EMPTIED
from mlgit.core.gates.headline import headline
from mlgit.core.gates.verdict import Candidate, GateChange, Note, Policy, decision_of
from mlgit.render.formats.jsonout import document
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, metric_file, rules, waiver

if TYPE_CHECKING:
    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.verdict import GateChangeKind, Purpose, Verdict

FILE = metric_file(auc="0.95", loss="0.1", f1="0.5")


def verdict(
    *cases: Case,
    changed: tuple[GateChange, ...] = (),
    notes: tuple[Note, ...] = (),
    **more: Any,  # noqa: ANN401 (fields of Rules)
) -> Verdict:
    return decide(
        cases, rules=rules(**more), candidate=CANDIDATE, policy=Policy(), gates_changed=changed, notes=notes
    )


@pytest.mark.parametrize(
    ("effects", "decision"),
    [
        ([], "allow"),
        (["allow", "note"], "allow"),
        (["allow", "warn"], "allow_with_warnings"),
        (["waived"], "allow_with_warnings"),
        (["warn", "block", "allow"], "block"),
        (["waived", "block"], "block"),
    ],
)
def test_block_wins_over_warnings_over_allow(effects: list[Any], decision: str) -> None:
    assert decision_of(effects) == decision


def test_numbers_that_no_stage_makes_are_named_as_not_proven() -> None:
    files = (FILE, metric_file(path="b.json", stage=None, gain="1"))
    gates = (absolute("a", low="0.9"), absolute("b", "gain", low="0"), absolute("c", "gain", high="2"))
    found = verdict(case(*gates, files=files, model="tumor"))
    assert [(note.code, note.effect, note.message, note.model) for note in found.notes] == [
        ("not_proven", "note", "Not proven: no stage writes `b.json`", "tumor")
    ]
    assert found.decision == "allow"
    assert [note.code for note in verdict(case(*gates, files=files, numbers="pipeline")).notes] == []


def test_one_failed_gate_blocks() -> None:
    found = verdict(case(absolute("a", low="0.9"), absolute("b", low="0.99"), files=(FILE,)))
    assert found.decision == "block"
    assert (found.summary.gates, found.summary.passed, found.summary.failed, found.summary.blocking) == (
        2,
        1,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("gates", "model", "text"),
    [
        ((change("a"), change("b")), "m", "Nothing of `m` was compared: every gate was skipped"),
        ((change("a"),), None, "Nothing was compared: every gate was skipped"),
        ((change("a"), absolute("b", low="0.9")), "m", None),
    ],
)
def test_a_model_of_which_nothing_was_compared_is_named(
    gates: tuple[Any, ...], model: str | None, text: str | None
) -> None:
    found = verdict(case(*gates, files=(FILE,), against=baseline(state="none"), model=model))
    assert [note.message for note in found.notes if note.code == "no_gates"] == ([text] if text else [])


@pytest.mark.parametrize(
    ("purpose", "model", "gated", "effect"),
    [
        ("check", "m", False, "warn"),  # declared, and whatever changes passes
        ("check", "m", True, "note"),  # its gates are for promotions
        ("check", None, False, "note"),  # nothing is declared
        ("release", "m", False, "note"),
        ("promote", "m", False, "note"),
    ],
)
def test_a_declared_model_without_any_gate_is_a_warning_of_the_check(
    purpose: Purpose,
    model: str | None,
    gated: bool,  # noqa: FBT001 (a column)
    effect: str,
) -> None:
    found = verdict(case(files=(FILE,), model=model)._replace(gated=gated), purpose=purpose)
    assert [(note.code, note.effect) for note in found.notes] == [("no_gates", effect)]
    subject, warned = "`m`" if model else "this repository", effect == "warn"
    end = ", so every change of it passes" if warned else ""
    assert found.notes[0].message == f"No gate applies to {subject}{end}"
    assert found.notes[0].hint == ("add one under `gates:` in `mlgit.yaml`" if warned else None)
    assert found.decision == ("allow_with_warnings" if effect == "warn" else "allow")
    assert headline(found) == "No gates were evaluated"


def test_a_model_counts_as_ungated_unless_a_gate_is_known() -> None:
    assert verdict(case(files=(FILE,), model="m")).decision == "allow_with_warnings"


def test_a_model_is_gated_by_its_own_gates_and_by_those_of_all_models() -> None:
    config = Config(gates={"one": absolute("one", low="0", models=("a",), when="promote")})
    assert [config.is_gated(model) for model in ("a", None, "b")] == [True, True, False]
    assert Config(gates={"all": absolute(low="0")}).is_gated("b")


def test_a_first_model_is_marked_as_first() -> None:
    found = verdict(case(change(), files=(FILE,), against=baseline(state="none")))
    assert found.first_model
    assert found.decision == "allow"
    assert not verdict(case(change(), files=(FILE,), against=baseline(FILE))).first_model
    assert not verdict(case(absolute(low="0"), files=(FILE,))).first_model


@pytest.mark.parametrize(
    ("release", "decision", "effect"),
    [
        ("allow", "allow_with_warnings", "warn"),
        ("allow_with_warnings", "allow_with_warnings", "warn"),
        ("block", "block", "block"),
    ],
)
def test_the_first_version_of_an_environment_depends_on_the_release_gates(
    release: Any,  # noqa: ANN401 (a Decision)
    decision: str,
    effect: str,
) -> None:
    found = verdict(
        case(change(), files=(FILE,), against=baseline(state="none")),
        purpose="promote",
        environment="prod",
        environment_empty=True,
        release_decision=release,
    )
    assert found.decision == decision
    assert [(note.code, note.effect) for note in found.notes] == [("first_version", effect)]


@pytest.mark.parametrize(
    ("reason", "first", "message"),
    [
        (None, True, "The first version in `prod`: no version to compare with yet"),
        (EMPTIED, False, "There is nothing to compare with: No luck"),
    ],
)
def test_an_environment_that_was_emptied_gets_no_first_version(
    reason: str | None, message: str, *, first: bool
) -> None:
    found = verdict(
        case(change(), files=(FILE,), against=baseline(state="none", reason=reason)),
        purpose="promote",
        environment="prod",
        environment_empty=True,
        release_decision="allow",
    )
    assert found.first_model == first
    assert [note.message for note in found.notes] == [message]


def test_a_first_version_with_an_absolute_gate_has_no_warning() -> None:
    found = verdict(
        case(change(), absolute(low="0"), files=(FILE,), against=baseline(state="none")),
        purpose="promote",
        environment="prod",
        environment_empty=True,
        release_decision="allow",
    )
    assert (found.decision, found.notes) == ("allow", ())


def test_a_first_version_has_no_note_if_a_gate_failed_without_a_baseline() -> None:
    found = verdict(
        case(change(on_no_baseline="fail"), files=(FILE,), against=baseline(state="none")),
        purpose="promote",
        environment="prod",
        environment_empty=True,
        release_decision="allow",
    )
    assert (found.decision, found.notes) == ("block", ())


def test_accepted_stale_numbers_are_a_warning() -> None:
    where = case(absolute(low="0"), files=(metric_file("stale", auc="0.9"),))
    found = verdict(where, allow_stale=True)
    assert found.decision == "allow_with_warnings"
    assert [note.code for note in found.notes] == ["stale_allowed"]


def test_only_stale_numbers_that_a_gate_used_are_named() -> None:
    files = (
        metric_file("stale", "unreadable", auc="0.9"),
        metric_file("stale", path="unused.json", loss="1"),
        metric_file("not_fetched", path="other.json", f1="1"),
    )
    found = verdict(case(absolute("a", low="0"), absolute("b", "f1", low="0"), files=files), allow_stale=True)
    assert [(note.code, note.message) for note in found.notes] == [
        ("stale_allowed", "`metrics/test.json` is stale")
    ]


def test_baselines_are_in_the_order_of_models_and_names() -> None:
    cases = [
        case(change(vs=vs), files=(FILE,), against=baseline(FILE, vs=vs), model=model)
        for model in ("b", None, "a")
        for vs in ("prod", "base")
    ]
    found = verdict(*cases).baselines
    assert [(each.model, each.vs) for each in found] == [
        *((None, "base"), (None, "prod"), ("a", "base"), ("a", "prod"), ("b", "base"), ("b", "prod"))
    ]


def test_a_waived_failure_is_allowed_with_warnings() -> None:
    found = verdict(case(absolute(low="0.99"), files=(FILE,)), waivers=(waiver(),))
    assert (found.decision, found.summary.waived, found.summary.blocking) == ("allow_with_warnings", 1, 0)
    assert found.results[0].waiver == "w1"


def test_a_waiver_that_is_not_needed_is_noted() -> None:
    found = verdict(case(absolute(low="0.5"), files=(FILE,)), waivers=(waiver(),))
    assert (found.decision, [note.code for note in found.notes]) == ("allow", ["waiver_unused"])


def test_a_waiver_of_a_gate_that_is_not_evaluated_has_no_note() -> None:
    assert verdict(case(absolute(low="0.5"), files=(FILE,)), waivers=(waiver("elsewhere"),)).notes == ()


@pytest.mark.parametrize(
    ("kind", "waivers", "decision", "effects"),
    [
        ("loosened", (), "allow_with_warnings", ["warn"]),
        ("removed", (), "allow_with_warnings", ["warn"]),
        ("removed", (waiver("gates_loosened:floor", None),), "allow_with_warnings", ["waived"]),
        ("tightened", (), "allow", []),
        ("added", (), "allow", []),
        ("changed", (), "allow", []),
    ],
)
def test_loosened_gates_are_a_finding(
    kind: GateChangeKind,
    waivers: Any,  # noqa: ANN401
    decision: str,
    effects: list[str],
) -> None:
    changed = GateChange(gate="floor", kind=kind, message="it is different")
    found = verdict(case(absolute(low="0"), files=(FILE,)), changed=(changed,), waivers=waivers)
    assert found.decision == decision
    assert [note.effect for note in found.notes if note.code == "gates_loosened"] == effects
    assert found.gates_changed == (changed,)


def test_ids_contain_the_model_if_it_has_a_name() -> None:
    gate = absolute(low="0")
    found = verdict(case(gate, files=(FILE,), model="b"), case(gate, files=(FILE,), model="a"))
    assert [result.id for result in found.results] == ["a/floor", "b/floor"]
    assert verdict(case(gate, files=(FILE,))).results[0].id == "floor"


def test_the_headline_shows_the_worst_first() -> None:
    gates = (absolute("a", low="0.99"), change("b", "loss", limits={"max_rise": "0"}), absolute("c", low="0"))
    found = verdict(case(*gates, files=(FILE,), against=baseline(metric_file(loss="0.1")), model="tumor"))
    assert headline(found) == "tumor: 1 of 3 gates failed: auc 0.95 is below the minimum 0.99"


def test_the_headline_counts_gates_that_did_not_pass() -> None:
    found = verdict(case(absolute("a", low="1"), absolute("b", "nan", low="0"), files=(FILE,)))
    assert headline(found).startswith("2 of 2 gates did not pass: ")
    assert headline(found).endswith(" (and 1 more)")


def test_the_headline_of_a_pass_counts_the_rest() -> None:
    found = verdict(
        case(absolute("a", low="0"), change("b"), absolute("c", low="9", severity="warn"), files=(FILE,))
    )
    assert headline(found) == "1 of 3 gates passed, 1 skipped (nothing to compare with), 1 warning"


def test_the_headline_of_gates_without_numbers_is_the_cause() -> None:
    stale = metric_file("stale", auc="0.95")
    notes = tuple(
        Note(code=code, message=message, effect="block")
        for code, message in (
            ("not_in_remote", "1 output is lost"),
            ("stale_stage", "`other` is stale"),
            ("stale_stage", "`train` is stale: changed C"),
        )
    )
    gates = (absolute("a", low="0"), absolute("b", low="0"))
    found = verdict(case(*gates, files=(stale,)), notes=notes)
    assert headline(found) == "2 of 2 gates did not pass: `other` is stale (and 1 more)"
    without = verdict(case(*gates, files=(stale,)), notes=notes[:1])
    assert headline(without) == "2 of 2 gates did not pass: `metrics/test.json` is stale (and 1 more)"
    failed = verdict(case(absolute("a", low="1"), *gates[1:], files=(FILE,)), notes=notes)
    assert headline(failed) == "1 of 2 gates failed: auc 0.95 is below the minimum 1"


def test_a_blocking_note_is_the_headline() -> None:
    note = Note(code="first_version", message="Not this one", effect="block")
    assert headline(verdict(case(absolute(low="0"), files=(FILE,)), notes=(note,))) == "Not this one"


GATES = (
    absolute("floor", low="0.9"),
    absolute("speed", "loss", high="0.05", severity="warn"),
    change("drop", limits={"max_drop": "0.001", "max_rise": "2%"}),
    change("gone", "nowhere"),
    change("f1", "f1", limits={"min_rise": "1%"}),
)
FILES = (
    metric_file(auc="0.95", loss="0.1", f1="0.5"),
    metric_file(path="metrics/b.json", rows="10"),
    metric_file("unreadable", path="metrics/c.json"),
)
BEFORE = (metric_file(auc="0.96", loss="0.2"), metric_file(path="metrics/b.json", rows="9"))


def shuffled(draw_gates: list[int], draw_files: list[int], models: list[str]) -> Verdict:
    gates = [GATES[number] for number in draw_gates]
    files = tuple(FILES[number] for number in draw_files)
    cases = [case(*gates, files=files, against=baseline(*BEFORE), model=model) for model in models]
    return verdict(*cases, waivers=(waiver(), waiver("speed", "1", id="w2")))


@given(st.permutations(range(5)), st.permutations(range(3)), st.permutations(["m", "n"]))
def test_the_order_of_gates_files_and_models_does_not_matter(
    gates: list[int], files: list[int], models: list[str]
) -> None:
    expected = shuffled([0, 1, 2, 3, 4], [0, 1, 2], ["m", "n"])
    assert document(shuffled(gates, files, models)) == document(expected)


def test_the_same_inputs_give_the_same_bytes() -> None:
    first = shuffled([0, 1, 2, 3, 4], [0, 1, 2], ["m"])
    assert document(first) == document(shuffled([0, 1, 2, 3, 4], [0, 1, 2], ["m"]))
    assert '"evaluated_on": "2026-03-01"' in document(first)
    assert "mlgit" not in document(first)


def test_another_day_is_another_verdict() -> None:
    first = verdict(case(absolute(low="0"), files=(FILE,)))
    other = verdict(case(absolute(low="0"), files=(FILE,)), evaluated_on=date(2026, 3, 2))
    assert document(first) != document(other)


def test_a_surrogate_in_a_name_does_not_break_the_bytes() -> None:
    found = verdict(case(absolute(metric="a\udc80", low="0"), files=(FILE,)))
    assert document(found).encode()


def test_a_candidate_is_named_by_its_commit_unless_the_working_tree_has_changes() -> None:
    head = "a1b2c3d" + "0" * 33
    for label, commit, on, place in (
        ("a1b2c3d", head, None, "a1b2c3d"),
        ("a1b2c3d", None, head, "a1b2c3d"),
        ("a1b2c3d with untracked files", None, head, "a1b2c3d with untracked files"),
        ("working tree", None, head, "working tree on a1b2c3d"),
        ("working tree", None, None, "working tree"),
    ):
        assert Candidate(label=label, commit=commit, head=on).place == place
