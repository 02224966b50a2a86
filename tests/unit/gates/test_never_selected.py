"""Gates that no check, release or promotion evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Config, Environment, Gate
from mlgit.core.gates.evaluate import never_selected

if TYPE_CHECKING:
    from mlgit.core.config.file import When


def gate(vs: str | None, when: When = "promote") -> Gate:
    return Gate(id="drop", metric="mae", vs=vs, when=when)


@pytest.mark.parametrize(
    ("asked", "lists", "found"),
    [
        (gate("base"), [None], True),
        (gate("base"), [(), None], True),
        (gate("base"), [None, ("drop",)], False),
        (gate("base", "check"), [None], False),
        (gate("prod"), [None], False),
        (gate("prod"), [()], True),
        (gate("prod"), [("other",), ("drop",)], False),
        (gate("prod"), [], False),
        (gate(None), [()], False),
    ],
    ids=[
        *("base without a list", "two without it", "in one list", "in checks", "an environment"),
        *("an empty list", "in the second list", "no environment yet", "a plain limit"),
    ],
)
def test_a_gate_that_nothing_evaluates(
    asked: Gate, lists: list[tuple[str, ...] | None], *, found: bool
) -> None:
    environments = {f"e{number}": Environment(name="e", gates=each) for number, each in enumerate(lists)}
    config = Config(gates={asked.id: asked}, environments=environments)
    assert [each.id for each in never_selected(config)] == ["drop"] * found
