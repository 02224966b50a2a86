"""What a failed deployment offers without fetching: only what a rollback accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.deploy.deployment import Desired
from mlgit.core.deploy.without_fetching import ways_without_fetching
from tests.unit.trust.test_accept import FIRST, PAIR, V1, V2, ask, moved, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

V3 = release("m@v3.0.0", 3)
DOWN = (moved("m#prod!#3", 2, V1, seconds=30), moved("m#prod#3", 1, V1, seconds=31))
BACK = (
    moved("m#prod!#4", 1, V2, seconds=40, action="rollback"),
    moved("m#prod#4", 2, V2, seconds=41, action="rollback"),
)
UP = (moved("m#prod!#5", 2, V3, seconds=50), moved("m#prod#5", 3, V3, seconds=51))
KEEP = "to keep it in `prod`, run `mlgit rollback m@{} --env prod -m REASON`"
SERVE = "without fetching, `mlgit rollback m@{} --env prod -m REASON --deploy` serves {}"
THIRD = (moved("m#prod!#3", 2, V3, seconds=30), moved("m#prod#3", 3, V3, seconds=31))


@pytest.mark.parametrize(
    ("changes", "served", "on_target", "expected"),
    [
        ((*PAIR, *THIRD), "v2.0.0", ["v2.0.0", None], [KEEP.format("v2.0.0")]),
        (
            (*PAIR, *THIRD),
            "v2.0.0",
            ["v1.0.0", "v2.0.0"],
            [KEEP.format("v2.0.0"), SERVE.format("v1.0.0", "`v1.0.0`")],
        ),
        (
            (*PAIR, *THIRD),
            None,
            ["v1.0.0", "v2.0.0"],
            [SERVE.format("VERSION", "`v1.0.0`, `v2.0.0`")],
        ),
        # someone rolled v1.0.0 back
        ((*PAIR, *DOWN, *BACK, *UP), "v2.0.0", ["v1.0.0", "v2.0.0"], [KEEP.format("v2.0.0")]),
        ((*PAIR, *DOWN, *BACK, *UP), None, ["v1.0.0"], []),
        # no version, and one that was never there
        ((*PAIR, *THIRD), "v9.0.0", ["v9.0.0", "abcdef0", "v8.0.0"], []),
    ],
)
def test_only_what_a_rollback_accepts_is_offered(
    changes: tuple[TagFact, ...], served: str | None, on_target: list[str | None], expected: list[str]
) -> None:
    state = ask(V1, V2, V3, FIRST, *changes)
    here = state.environment("prod")
    holder, version = here.holder, here.version
    assert holder is not None
    assert version is not None
    desired = Desired(
        model="m",
        environment="prod",
        tag=holder.tag,
        oid=holder.oid,
        sequence=here.counter,
        action="promote",
        commit=holder.commit,
        version=str(version.version),
        previous="v2.0.0",
    )
    assert list(ways_without_fetching(state, desired, served, on_target)) == expected
