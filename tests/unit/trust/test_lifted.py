"""Lifted: which waivers of trunk may have let through what a promotion states."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from mlgit.core.trust.proof import parse_statement
from mlgit.project.trust.lifted import WaiversOfPromotions
from tests.support.tags import commit
from tests.unit.trust.test_accept import V1, moved

POLICY, TODAY = commit(7), datetime(2026, 12, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A waiver, the dates of the policy's commit, the tag and its release, and what the tag states."""

    expires: str = "2026-06-01"
    policy: str = "2026-05-10"
    tag: str = "2026-05-20"
    gate: str = "auc"
    more: str = ""
    outcome: str = "fail"
    stated: str = "auc"
    release: str = "2026-05-09"


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def lifts(row: Row) -> bool:
    entry = f"id: w, gate: {row.gate}, reason: r, approver: a@b.c, expires: {row.expires}, floor: 1{row.more}"
    dates = f"{seconds(row.policy)}\n{seconds('2026-01-01')}\n"
    git = SimpleNamespace(run_text=lambda *_: dates)
    tree = SimpleNamespace(read=lambda _: f"version: 1\nwaivers: [{{{entry}}}]\n".encode())
    release = (
        f"object {V1.commit}\ntype commit\ntag m@v1.0.0\ntagger A <a@b.c> {seconds(row.release)} +0000\n\n"
    )
    objects = SimpleNamespace(get={V1.oid: SimpleNamespace(content=release.encode())}.get)
    project: Any = SimpleNamespace(tree=lambda _: tree, git=git, now=TODAY, objects=objects)
    statement = parse_statement(moved("m#prod#1", 1, V1).message()).statement
    tag: Any = SimpleNamespace(at=datetime.fromisoformat(row.tag), statement=statement)
    return WaiversOfPromotions(project, "m")(POLICY, tag, row.stated, row.outcome)


ROWS = {
    "valid then, over now": (Row(), True),
    "on its last day": (Row(tag="2026-06-01"), True),
    "over by the tag's date": (Row(tag="2026-06-02"), False),
    "over by the policy's date": (Row(policy="2026-06-02"), False),
    "a tag that is dated back": (Row(policy="2026-11-30"), False),
    "a release after its last day": (Row(release="2026-06-02"), False),
    "a release of a clock that is ahead": (Row(release="2099-01-01"), True),
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
