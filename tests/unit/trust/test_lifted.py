"""Lifted: which waivers of trunk may have let through what a promotion states."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from mlgit.project.trust.lifted import WaiversOfPromotions
from tests.support.tags import commit

POLICY, TODAY = commit(7), datetime(2026, 12, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A waiver, the date of the policy's commit and of the tag, and what the tag states."""

    expires: str = "2026-06-01"
    policy: str = "2026-05-10"
    tag: str = "2026-05-20"
    gate: str = "auc"
    more: str = ""
    outcome: str = "fail"
    stated: str = "auc"


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def lifts(row: Row) -> bool:
    entry = f"id: w, gate: {row.gate}, reason: r, approver: a@b.c, expires: {row.expires}, floor: 1{row.more}"
    dates = f"{seconds(row.policy)}\n{seconds('2026-01-01')}\n"
    git = SimpleNamespace(run_text=lambda *_: dates)
    tree = SimpleNamespace(read=lambda _: f"version: 1\nwaivers: [{{{entry}}}]\n".encode())
    project: Any = SimpleNamespace(tree=lambda _: tree, git=git, now=TODAY)
    tag: Any = SimpleNamespace(at=datetime.fromisoformat(row.tag))
    return WaiversOfPromotions(project, "m")(POLICY, tag, row.stated, row.outcome)


ROWS = {
    "valid then, over now": (Row(), True),
    "on its last day": (Row(tag="2026-06-01"), True),
    "over by the tag's date": (Row(tag="2026-06-02"), False),
    "over by the policy's date": (Row(policy="2026-06-02"), False),
    "a tag that is dated back": (Row(policy="2026-11-30"), False),
    "a commit of a clock that is ahead": (Row(policy="2099-01-01"), True),
    "of the model": (Row(gate="m/auc"), True),
    "of another model": (Row(gate="n/auc"), False),
    "of another gate": (Row(stated="size"), False),
    "a slice, which no gate has": (Row(more=", slice: x"), False),
    "an error": (Row(outcome="error"), False),
    "an error that is covered": (Row(outcome="error", more=", covers: [error]"), True),
    "what no gate can have": (Row(outcome="inconclusive"), False),
}


@pytest.mark.parametrize(("row", "expected"), ROWS.values(), ids=ROWS)
def test_a_waiver_lifts_what_it_covered_at_that_time(row: Row, expected: bool) -> None:  # noqa: FBT001
    assert lifts(row) is expected
