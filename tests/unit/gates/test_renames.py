"""Gates that are only called otherwise: notes instead of findings, and still compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.config.file import Config, Environment, Gate
from mlgit.core.gates.gate_changes import compare_gates
from mlgit.core.gates.resolved.renames import (
    rename_notes,
    renamed_gates,
    with_gate_names,
    without_gone_models,
    without_only_model,
)
from tests.support.verdicts import absolute, change

FLOOR, DROP = absolute("floor", "auc", low="0.9"), change("drop", "auc")


def config(*gates: Gate, **lists: tuple[str, ...] | None) -> Config:
    environments = {name: Environment(name=name, gates=each) for name, each in lists.items()}
    return Config(gates={gate.id: gate for gate in gates}, environments=environments)


@pytest.mark.parametrize(
    ("new", "names"),
    [
        ((replace(FLOOR, id="least", line=9), DROP), {"floor": "least"}),
        ((replace(FLOOR, id="least"), replace(DROP, id="change")), {"floor": "least", "drop": "change"}),
        ((FLOOR, DROP, replace(FLOOR, id="least")), {}),
        ((absolute("least", "auc", low="0.8"), DROP), {}),
        ((replace(FLOOR, id="least", severity="warn"), DROP), {}),
        ((replace(FLOOR, id="least", metric="f1"), DROP), {}),
        ((replace(FLOOR, id="least", models=("m",)), DROP), {}),
        ((replace(FLOOR, id="least"), replace(FLOOR, id="more"), DROP), {"floor": "least"}),
        ((DROP,), {}),
    ],
)
def test_only_a_gate_that_is_the_same_is_renamed(new: tuple[Gate, ...], names: dict[str, str]) -> None:
    old = config(FLOOR, DROP)
    assert renamed_gates(old, config(*new)) == names
    changes = compare_gates(with_gate_names(old, names).gates, config(*new).gates)
    assert ("floor" in {each.gate for each in changes}) == ("floor" not in names and FLOOR not in new)


def test_two_equal_gates_are_not_renamed_to_one() -> None:
    old = config(FLOOR, replace(FLOOR, id="other"))
    assert renamed_gates(old, config(replace(FLOOR, id="new"))) == {"floor": "new"}
    assert renamed_gates(old, config(replace(FLOOR, id="other"))) == {}


def test_environments_name_the_new_ids() -> None:
    old = config(FLOOR, DROP, prod=("floor", "drop"), staging=None)
    found = with_gate_names(old, {"floor": "least"})
    assert found.gates == {"least": replace(FLOOR, id="least"), "drop": DROP}
    assert found.environments["prod"].gates == ("least", "drop")
    assert found.environments["staging"].gates is None
    assert with_gate_names(old, {}) is old


@pytest.mark.parametrize(
    ("before", "after", "models", "same"),
    [
        (None, ("m",), {"m"}, True),
        (None, ("m", "n"), {"m", "n"}, True),
        (None, ("m",), {"m", "n"}, False),
        (("m", "n"), ("m",), {"m"}, False),
        (None, None, {"m"}, False),
    ],
)
def test_a_gate_that_names_every_model_is_as_it_was(
    before: tuple[str, ...] | None, after: tuple[str, ...] | None, models: set[str], *, same: bool
) -> None:
    old, new = (config(replace(FLOOR, models=each), DROP) for each in (before, after))
    found = without_only_model(old, new, models)
    assert (found.gates["floor"].models is None) == (same or after is None)
    texts = [note.message for note in rename_notes(old, new, {}, models)]
    assert texts == (["Gate `floor` now names its model, and there is no other one"] if same else [])


@pytest.mark.parametrize(
    ("after", "of_new", "added", "same"),
    [
        (("m",), ("n",), {"n"}, True),
        (("m", "k"), ("n",), {"n"}, True),
        # the target has it, so that the gate was for it
        (("m", "k"), ("n",), set(), False),
        # no gate is for it
        (("m", "k"), ("m",), {"n"}, False),
        (("m", "k"), None, {"n"}, False),
        (("k",), ("n",), {"n"}, False),
        (("n",), ("n",), {"m", "n", "k"}, False),
    ],
)
def test_a_gate_may_leave_out_a_new_model_with_gates_of_its_own(
    after: tuple[str, ...], of_new: tuple[str, ...] | None, added: set[str], *, same: bool
) -> None:
    models = {"m", "n", *after}
    old = config(FLOOR, DROP)
    new = config(replace(FLOOR, models=after), DROP, absolute("least", "f1", low="0.5", models=of_new))
    found = compare_gates(old.gates, without_only_model(old, new, models, added).gates)
    assert ("loosened" in {each.kind for each in found}) != same
    text = "Gate `floor` now names its model; new models with gates of their own: `n`"
    assert [note.message for note in rename_notes(old, new, {}, models, added)] == ([text] if same else [])


def test_a_new_gate_that_names_its_model_is_new() -> None:
    old, new = config(DROP), config(DROP, replace(FLOOR, models=("m",)))
    assert without_only_model(old, new, {"m"}) == new
    assert list(rename_notes(old, new, {}, {"m"})) == []


def test_each_renamed_gate_has_a_note() -> None:
    (note,) = rename_notes(config(DROP), config(DROP), {"floor": "least"}, set())
    assert (note.code, note.message, note.effect) == (
        "gate_renamed",
        "Gate `floor` was renamed to `least`",
        "note",
    )


@pytest.mark.parametrize(
    ("before", "after", "gone", "kinds"),
    [
        (("a", "b"), ("a",), {"b"}, []),
        (("a", "b"), ("a",), set(), ["loosened"]),
        (("a", "b", "c"), ("a",), {"b"}, ["loosened"]),
        (("b",), "no gate", {"b"}, []),
        (("b",), ("a",), {"b"}, ["loosened"]),
        (("a", "b"), "no gate", {"b"}, ["removed"]),
        (None, "no gate", {"b"}, ["removed"]),
    ],
)
def test_a_gate_without_a_model_that_is_gone_is_not_looser(
    before: tuple[str, ...] | None, after: tuple[str, ...] | str, gone: set[str], kinds: list[str]
) -> None:
    old = config(replace(FLOOR, models=before), DROP)
    new = config(*([] if isinstance(after, str) else [replace(FLOOR, models=after)]), DROP)
    changes = compare_gates(without_gone_models(old, new, gone).gates, new.gates)
    assert [each.kind for each in changes] == kinds
