"""Entries of dvc.lock that git merged, and their confirmations."""

from __future__ import annotations

from typing import Any

import pytest

from mlgit.core.pipeline.merged_record import (
    confirmed,
    entry_digest,
    is_merged,
    is_replayed,
    nearest,
    trailers,
)


def entry(code: str = "c0", lr: object = 1, out: str = "o0", cmd: str = "fit", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "cmd": cmd,
        "deps": [{"path": "fit.py", "hash": "md5", "md5": code, "size": 1}],
        "params": {"params.yaml": {"lr": lr}},
        "outs": [{"path": "model", "hash": "md5", "md5": out, "size": 2}],
        **more,
    }


OURS, THEIRS = entry(code="c1", out="o1"), entry(lr=2, out="o2")


@pytest.mark.parametrize(
    ("merged", "parents", "expected"),
    [
        (entry(code="c1", lr=2, out="o1"), (OURS, THEIRS), True),
        (entry(code="c1", lr=2, out="o2"), (OURS, THEIRS), True),
        (entry(code="c1", lr=2, out="o2"), (OURS, THEIRS, None), True),
        (entry(code="c1", lr=2, out="o2"), (OURS, entry(lr=2, out="o0"), THEIRS), True),
        (OURS, (OURS, THEIRS), False),
        (THEIRS, (OURS, THEIRS), False),
        (entry(code="c1", lr=2, out="o3"), (OURS, THEIRS), False),
        (entry(code="c1", lr=2, out="o1"), (OURS,), False),
        (entry(code="c1", lr=2, out="o1"), (OURS, None), False),
        (entry(code="c1", lr=2, out="o1", cmd="new"), (OURS, THEIRS), False),
        (entry(code="c1", out="o1", params={}), (OURS, THEIRS), True),
        (entry(code="c1", out="o1", deps=None), (OURS, THEIRS), True),
        ("damaged", (OURS, THEIRS), False),
    ],
)
def test_an_entry_is_merged_if_all_its_facts_are_its_parents(
    merged: object, parents: tuple[object, ...], *, expected: bool
) -> None:
    assert is_merged(merged, [[] if each is None else [each] for each in parents]) is expected


def reading(path: str, code: str, out: str) -> dict[str, Any]:
    return {**entry(lr=2, out=out), "deps": [{"path": path, "md5": code}]}


@pytest.mark.parametrize(
    ("merged", "parents", "expected"),
    [
        (entry(code="c1", lr=2, out="o1"), ([OURS, {"cmd": "other"}], [{"cmd": "other"}, THEIRS]), True),
        (entry(code="c1", lr=2, out="o1"), ([OURS], [{"cmd": "other"}]), False),
        (OURS, ([entry(lr=3), OURS], [THEIRS]), False),
        (reading("new", "c1", "o2"), ([reading("old", "c1", "o2")], [reading("new", "c0", "o0")]), True),
        (reading("new", "c2", "o2"), ([reading("old", "c1", "o2")], [reading("new", "c0", "o0")]), False),
    ],
)
def test_a_parent_may_have_the_stage_or_a_file_under_another_name(
    merged: object, parents: tuple[list[object], ...], *, expected: bool
) -> None:
    assert is_merged(merged, parents) is expected


def test_the_nearest_entry_is_that_of_the_stage_or_one_that_has_most_in_common() -> None:
    near, far = entry(code="c1", lr=2), entry(code="c9", lr=9, out="o9")
    entries = {"a": far, "b": near, "c": {"cmd": "other"}}
    assert nearest("a", OURS, entries) is far
    assert nearest("fit", OURS, entries) is near
    assert nearest("fit", OURS, {"c": {"cmd": "other"}}) is None
    assert nearest("fit", OURS, {}) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (entry(), True),
        (dict(reversed(entry().items())), True),
        (entry(code="c1"), False),
        (entry(lr="1"), False),
        (entry(out="o1"), False),
        (entry(cmd="other"), False),
        (entry(outs=[{"path": "model", "etag": "x"}]), False),
        (None, False),
    ],
)
def test_the_digest_depends_on_every_fact(other: object, *, same: bool) -> None:
    assert (entry_digest(other) == entry_digest(entry())) is same


def test_confirmations_are_read_back_also_from_a_squashed_message() -> None:
    entries = {"sub/dvc.yaml:fit@1": entry_digest(OURS), "fit": entry_digest(THEIRS)}
    assert confirmed(f"Run\n\n{trailers(entries)}") == frozenset(entries.items())
    listed = "".join(f"  * {line}\n" for line in trailers(entries).splitlines())
    assert confirmed(f"Merge (#7)\n\n{listed}") == frozenset(entries.items())
    assert confirmed(f"Mlgit-Confirmed: fit={'0' * 31}\nNo Mlgit-Confirmed: fit={'0' * 32}") == frozenset()


BOTH = entry(code="c1", lr=2, out="o1")


@pytest.mark.parametrize(
    ("result", "onto", "start", "change", "expected"),
    [
        (BOTH, OURS, entry(), entry(lr=2), True),
        (entry(code="c1", lr=2, out="o2"), entry(code="c1"), entry(), THEIRS, True),
        (BOTH, OURS, entry(), THEIRS, True),  # both changed the output: a person chose one
        (entry(code="c1", lr=2, out="o2"), OURS, entry(), THEIRS, True),
        (entry(code="c1", lr=2, out="o3"), OURS, entry(), THEIRS, False),
        (BOTH, OURS, None, THEIRS, True),
        (entry(code="c1", out="o2"), OURS, entry(), THEIRS, False),  # not all of the change
        (entry(lr=2, out="o1"), OURS, entry(), THEIRS, False),
        (OURS, OURS, entry(), THEIRS, False),
        (THEIRS, OURS, entry(), THEIRS, False),
        (BOTH, None, entry(), THEIRS, False),
        (BOTH, OURS, entry(), None, False),
        (entry(code="c1", lr=2, params={}), entry(code="c1", params={}), entry(), entry(out="o0"), False),
        (entry(code="c1", deps=[]), entry(code="c1", out="o1"), entry(), entry(deps=[]), False),
    ],
)
def test_an_entry_is_replayed_if_a_change_gives_it_on_top_of_another(
    result: object, onto: object, start: object, change: object, *, expected: bool
) -> None:
    assert is_replayed(result, onto=onto, start=start, change=change) is expected
