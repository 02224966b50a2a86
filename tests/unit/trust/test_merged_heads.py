"""Whether trunk took the model of a branch that it merged: a head counts only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.project.trust.merged_heads import Sides, took_model

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD = {"model": "1", "metrics": "1", "README": "1"}
NEW = {"model": "2", "metrics": "2", "README": "1"}
README = {**OLD, "README": "2"}
TRUNKS = {"model": "3", "metrics": "3", "README": "1"}
WORSE = {**OLD, "metrics": "9"}


def sides(
    base: Mapping[str, str] | None,
    head: Mapping[str, str],
    before: Mapping[str, str],
    merge: Mapping[str, str],
    *,
    had: bool = True,
    unread: str = "",
) -> Sides:
    """A merge of `head` into `before`; the model of the commit `unread` cannot be read."""
    files = {"base": base or {}, "head": head, "before": before, "merge": merge}
    return Sides(
        tree=lambda commit: repr(sorted(files[commit].items())),
        files=files.__getitem__,
        model=lambda commit: None if commit == unread else files[commit].get("model", ""),
        bases=lambda one, other: {("before", "head"): () if base is None else ("base",)}[one, other],
        had=lambda commit: {"base": had}[commit],
    )


@pytest.mark.parametrize(
    ("merge", "took"),
    [
        # (base, head, trunk before the merge, the merge)
        ((OLD, NEW, OLD, NEW), True),
        ((OLD, NEW, README, {**NEW, "README": "2"}), True),
        ((OLD, NEW, TRUNKS, {**NEW, "metrics": "4"}), True),  # measured again in the merge
        ((OLD, README, TRUNKS, {**TRUNKS, "README": "2"}), True),  # of an older model that trunk had
        ((None, NEW, OLD, NEW), True),  # of two histories
        # `-s ours`: nothing of the branch was taken
        ((OLD, NEW, OLD, OLD), False),
        ((OLD, NEW, TRUNKS, TRUNKS), False),
        ((OLD, WORSE, OLD, OLD), False),  # nor the numbers of the same model
        ((OLD, {**OLD, "more": "1"}, OLD, OLD), False),
        ((OLD, {"metrics": "1", "README": "1"}, OLD, OLD), False),
        ((None, NEW, OLD, OLD), False),
        # trunk had it all: picked or squashed before, or nothing was new
        ((OLD, NEW, NEW, NEW), True),
        ((OLD, README, {**TRUNKS, "README": "2"}, {**TRUNKS, "README": "2"}), True),
        ((OLD, OLD, TRUNKS, TRUNKS), True),
        # the model of trunk, and something else of the branch
        ((OLD, {**NEW, "README": "2"}, OLD, README), False),
        ((OLD, NEW, TRUNKS, {**TRUNKS, "README": "2"}), False),
        ((None, NEW, OLD, README), False),
        # both trained, and the merge has a third model
        ((OLD, NEW, TRUNKS, {**NEW, "model": "4"}), False),
    ],
)
def test_which_heads_trunk_took(
    merge: tuple[Mapping[str, str] | None, Mapping[str, str], Mapping[str, str], Mapping[str, str]],
    *,
    took: bool,
) -> None:
    assert took_model("head", "merge", "before", sides(*merge)) is took


def test_the_model_of_a_commit_that_trunk_did_not_take_is_not_trunks() -> None:
    found = sides(OLD, README, TRUNKS, {**TRUNKS, "README": "2"}, had=False)
    assert not took_model("head", "merge", "before", found)


def test_the_model_of_a_head_that_cannot_be_read_shows_nothing() -> None:
    found = sides(OLD, {**NEW, "README": "2"}, OLD, README, unread="head")
    assert took_model("head", "merge", "before", found)


@pytest.mark.parametrize(
    ("after", "took"),
    [((), False), (("1",), False), (("2",), True), ((None, "2"), True), ((None, "1", "2"), False)],
    ids=["nothing yet", "trunk's", "the branch's", "a second one", "what came afterwards"],
)
def test_a_merge_that_cannot_be_read_took_what_trunk_has_next(
    after: tuple[str | None, ...], *, took: bool
) -> None:
    found = sides(OLD, NEW, OLD, README, unread="merge")
    models, known = dict(enumerate(after)), found.model
    found = found._replace(
        model=lambda commit: models[int(commit)] if commit.isdigit() else known(commit),
        after=lambda _: map(str, models),
    )
    assert took_model("head", "merge", "before", found) is took


def test_what_trunk_had_before_is_a_record() -> None:
    found = sides(OLD, NEW, TRUNKS, TRUNKS)._replace(bases=lambda _, head: (head,))
    assert took_model("head", "merge", "before", found)
