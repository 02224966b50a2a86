"""A waiver covers what the target has under its name, and nothing that a change only calls so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.config.file import Config, Environment, Model
from mlgit.core.gates.decision import decide
from mlgit.core.gates.resolved.findings import Finding, note_of
from mlgit.core.gates.verdict import Policy
from mlgit.core.gates.waived_names import WaivedNames, agreements, declared_names, waived_names
from mlgit.core.gates.waivers import taken_names
from tests.support.verdicts import CANDIDATE, TODAY, absolute, case, change, metric_file, rules, waiver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Gate

DROP, FLOOR = change("drop"), absolute("floor", low="0.9")


def config(*gates: Gate, models: tuple[str, ...] = ("m",), environments: tuple[str, ...] = ()) -> Config:
    return Config(
        gates={gate.id: gate for gate in gates},
        models={name: Model(name=name) for name in models},
        environments={name: Environment(name=name) for name in environments},
    )


def names_of(
    old: Config,
    new: Config,
    *,
    gates: Mapping[str, str] | None = None,
    models: Mapping[str, str] | None = None,
    stages: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    found: tuple[str, ...] = (),
) -> WaivedNames:
    declared = [
        declared_names(side, models=side.models, stages=known)
        for side, known in zip((old, new), stages, strict=True)
    ]
    return waived_names(
        old,
        new,
        declared=(declared[0], declared[1]),
        renamed=(gates or {}, models or {}),
        found=found,
    )


def decided(names: WaivedNames | None, gate: Gate, *waived: str, model: str = "m") -> tuple[str, str]:
    """The effect of a gate that fails, and its message."""
    verdict = decide(
        [case(gate, model=model, files=(metric_file(auc="0.5"),))],
        rules=rules(
            waivers=tuple(waiver(text, "0.1", id=f"w{at}") for at, text in enumerate(waived)), names=names
        ),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    (result,) = verdict.results
    return result.effect, result.message


RENAMED = replace(FLOOR, id="other")
REPOINTED = replace(FLOOR, metric="loss")
FOUND, LOW = ("floor",), absolute("floor", low="1")


@pytest.mark.parametrize(
    ("names", "gate", "waived", "effect"),
    [
        (None, FLOOR, "floor", "waived"),
        (names_of(config(FLOOR), config(FLOOR)), FLOOR, "floor", "waived"),
        (names_of(config(FLOOR), config(FLOOR)), FLOOR, "m/floor", "waived"),
        (names_of(config(FLOOR), config(RENAMED), gates={"floor": "other"}), RENAMED, "other", "block"),
        (names_of(config(FLOOR), config(RENAMED), gates={"floor": "other"}), RENAMED, "m/other", "block"),
        (names_of(config(FLOOR), config(RENAMED), gates={"floor": "other"}), RENAMED, "floor", "waived"),
        # It is new: nothing is lost, unless something else went.
        (names_of(config(), config(FLOOR)), FLOOR, "floor", "waived"),
        (names_of(config(DROP), config(FLOOR)), FLOOR, "floor", "block"),
        # The same id, and another question; without a finding it only has another spelling.
        (names_of(config(REPOINTED), config(FLOOR), found=FOUND), FLOOR, "floor", "block"),
        (names_of(config(REPOINTED), config(FLOOR)), FLOOR, "floor", "waived"),
        (
            names_of(config(LOW), config(FLOOR), found=FOUND),
            FLOOR,
            "floor",
            "waived",
        ),
    ],
)
def test_a_waiver_is_for_the_gate_that_the_target_has(
    names: WaivedNames | None, gate: Gate, waived: str, effect: str
) -> None:
    found, message = decided(names, gate, waived)
    assert found == effect
    refused = "waiver `w0` is not for this gate: it has this name only in the change"
    assert (refused in message) == (effect == "block")


@pytest.mark.parametrize(
    ("new", "renamed", "model", "waived", "effect"),
    [
        (("n",), {"n": "m"}, "n", "n/floor", "block"),
        (("n",), {"n": "m"}, "n", "m/floor", "waived"),
        (("n",), {"n": "m"}, "n", "floor", "waived"),
        (("n",), {}, "n", "n/floor", "block"),
        (("n",), {}, "n", "floor", "waived"),
        (("m", "n"), {}, "n", "n/floor", "waived"),
    ],
)
def test_a_waiver_of_one_model_is_for_the_model_that_the_target_has(
    new: tuple[str, ...], renamed: dict[str, str], model: str, waived: str, effect: str
) -> None:
    names = names_of(config(FLOOR), config(FLOOR, models=new), models=renamed)
    assert decided(names, FLOOR, waived, model=model)[0] == effect


def test_a_waiver_of_a_renamed_gate_that_passes_is_not_needed() -> None:
    low = replace(absolute("other", low="0.1"))
    names = names_of(config(FLOOR), config(low), gates={"floor": "other"})
    verdict = decide(
        [case(low, model="m", files=(metric_file(auc="0.5"),))],
        rules=rules(waivers=(waiver("floor"), waiver("other", id="w2")), names=names),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    assert [note.waiver for note in verdict.notes if note.code == "waiver_unused"] == ["w1"]


KINDS: Any = ("gate", "model", "environment", "stage")
SIDE = config(FLOOR, models=("m",), environments=("prod",))
ALL = names_of(SIDE, SIDE, stages=(("train",), ("train",)))
NAMES = {"gate": "floor", "model": "m", "environment": "prod", "stage": "train"}


@pytest.mark.parametrize(("kind", "named"), [*product((*KINDS, "setting", "metric", "file"), KINDS)])
def test_an_agreement_without_a_kind_is_about_what_the_target_calls_so(kind: Any, named: str) -> None:  # noqa: ANN401
    subject = NAMES[named]
    finding = Finding(code="gates_loosened", subjects=(subject,), text="Less", kind=kind, whole=True)
    plain = note_of(finding, (waiver(f"gates_loosened:{subject}", None),), "fail", day=TODAY, names=ALL)
    assert plain.effect == ("waived" if kind == named else "block")
    exact = note_of(
        finding, (waiver(f"gates_loosened:{kind}:{subject}", None),), "fail", day=TODAY, names=ALL
    )
    assert exact.effect == "waived"
    proposed = f'gate: "gates_loosened:{kind}:{subject}"'
    assert (proposed in str(plain.hint)) == (kind != named)


@pytest.mark.parametrize("kind", ["setting", "metric", "file"])
def test_what_no_author_names_needs_no_kind(kind: Any) -> None:  # noqa: ANN401
    assert agreements(kind, "numbers", ALL)[0] == "gates_loosened:numbers"
    assert agreements(kind, "numbers", None) == ("gates_loosened:numbers", f"gates_loosened:{kind}:numbers")


def test_an_agreement_to_a_renamed_gate_names_its_old_id() -> None:
    names = names_of(config(FLOOR), config(RENAMED), gates={"floor": "other"})
    assert agreements("gate", "other", names)[0] == "gates_loosened:floor"
    assert agreements("gate", "new", names) == ("gates_loosened:gate:new",)


def taken(names: WaivedNames, *waived: str, **more: Any) -> list[str]:  # noqa: ANN401
    found = taken_names(names, [waiver(text, **more) for text in waived], "fail", day=TODAY)
    notes = list(found)
    assert {note.effect for note in notes} <= {"block"}
    return [note.message for note in notes]


GATE = names_of(config(FLOOR), config(RENAMED), gates={"floor": "other"})
MODEL = names_of(config(FLOOR), config(FLOOR, models=("n",)), models={"n": "m"})
STAGE = names_of(SIDE, SIDE, stages=(("train",), ("fit",)))
MORE = names_of(SIDE, SIDE, stages=(("train",), ("train", "floor")))
ENVIRONMENT = names_of(SIDE, config(FLOOR, environments=("live",)))
NEW = names_of(config(FLOOR), config(FLOOR, DROP))
CROSSED = names_of(config(FLOOR), config(FLOOR, DROP), stages=(("drop",), ("drop",)))


@pytest.mark.parametrize(
    ("names", "waived", "words"),
    [
        (
            GATE,
            "other",
            "Gate `other` was `floor` before, and waiver `w1` (from",
        ),
        (GATE, "m/other", "for `m/other`: after the merge, it would cover this gate"),
        (GATE, "gates_loosened:other", "for `gates_loosened:other`"),
        (GATE, "gates_loosened:gate:other", "for `gates_loosened:gate:other`"),
        (GATE, "gates_loosened:stage:other", None),
        (GATE, "floor", None),
        (MODEL, "n/floor", "Model `n` was `m` before"),
        (MODEL, "gates_loosened:n", "Model `n` was `m` before"),
        (MODEL, "n", None),
        (STAGE, "gates_loosened:fit", "Stage `fit` is new"),
        (STAGE, "fit", None),
        (MORE, "gates_loosened:floor", "Stage `floor` is new"),
        (ENVIRONMENT, "gates_loosened:live", "Environment `live` is new"),
        (NEW, "drop", None),
        (NEW, "gates_loosened:drop", None),
        (CROSSED, "gates_loosened:drop", "Gate `drop` is new"),
    ],
)
def test_a_name_that_a_waiver_has_must_not_be_given_to_something_else(
    names: WaivedNames, waived: str, words: str | None
) -> None:
    found = taken(names, waived)
    assert len(found) == (words is not None)
    assert words is None or words in found[0]
    assert taken(names, waived, expires=date(2026, 2, 1)) == []


def test_it_warns_unless_trunk_lets_findings_block() -> None:
    (note,) = taken_names(GATE, [waiver("other")], None, day=TODAY)
    assert (note.code, note.effect, note.gate) == ("gates_loosened", "warn", "other")
    assert note.hint == "choose another name, or remove the waiver `w1` on trunk first"
