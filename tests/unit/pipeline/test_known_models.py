"""Which model of a history became another one."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.known_models import KnownModel, former_names, renamed_by

OLD, NEW = ("old", "a", "1"), ("new", "a", "2")


def models(*rows: tuple[str, str | None, str | None]) -> dict[str, KnownModel]:
    return {
        name: KnownModel(name=name, path=path, digest=lambda digest=digest: digest)  # type: ignore[misc]
        for name, path, digest in rows
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([OLD], [NEW], {"old"}),
        ([OLD], [("new", "b", "1")], {"old"}),
        ([OLD], [("new", "b", "2")], set()),
        ([OLD], [OLD, ("new", "b", "1")], {"old"}),  # it came
        ([OLD, ("new", "b", "1")], [("new", "b", "2")], {"old"}),  # the old one went
        ([OLD, ("new", "b", "2")], [("new", "a", "2")], {"old"}),
        ([OLD, ("new", "b", "1")], [OLD, ("new", "b", "1")], set()),
        ([OLD], [], set()),
        ([], [NEW], set()),
        ([OLD], [("other", "a", "1")], set()),
        ([("kept", "a", "1")], [NEW], set()),
        ([("old", None, None)], [("new", None, None)], set()),
        ([OLD, ("older", "a", "3")], [NEW], {"old", "older"}),
        ([("new", "a", "1")], [("new", "a", "2")], set()),
        ([OLD, ("older", "b", "3")], [NEW], {"old"}),
        # Another one that came is it, and this one was there next to it all the time.
        ([OLD, ("new", "b", "1")], [("heir", "a", "1"), ("new", "b", "1")], set()),
        ([OLD, ("new", "b", "1")], [("heir", "c", "1"), ("new", "b", "1")], set()),
        ([OLD, ("new", "b", "1")], [("heir", "a", "2"), ("new", "b", "1")], set()),
        ([OLD, ("new", "b", "1")], [("heir", "c", "2"), ("new", "b", "1")], {"old"}),
        ([OLD, ("new", "b", "2")], [("heir", "c", "1"), ("new", "a", "2")], {"old"}),  # at its path
        # Two with the same content: the one whose file stayed is meant.
        ([OLD, ("older", "b", "1")], [("new", "a", "1"), ("heir", "b", "1")], {"old"}),
        ([OLD, ("older", "b", "1")], [("new", "b", "1"), ("heir", "a", "1")], {"older"}),
        ([OLD, ("older", "b", "1")], [("new", "c", "1"), ("heir", "d", "1")], {"old", "older"}),  # unknown
        ([OLD], [("heir", "a", "2"), ("new", "b", "1")], {"old"}),  # a file of other content proves nothing
        ([OLD], [("heir", "a", "1"), ("new", "b", "1")], set()),
    ],
)
def test_a_model_became_another_one_if_they_met_when_one_came_or_the_other_went(
    before: list[tuple[str, str | None, str | None]],
    after: list[tuple[str, str | None, str | None]],
    expected: set[str],
) -> None:
    assert former_names({"new"}, models(*before), models(*after), {"new", "kept"}) == expected


def test_a_copy_of_a_model_that_was_renamed_later_is_another_model() -> None:
    copy = ("new", "b", "1")
    first, second = (models(OLD), models(OLD, copy)), (models(OLD, copy), models(("heir", "a", "1"), copy))
    assert renamed_by(*first) == frozenset()
    assert renamed_by(*second) == {"old"}
    assert former_names({"new"}, *first, {"new"}) == {"old"}
    assert former_names({"new"}, *first, {"new"}, renamed={"old"}) == set()
    assert former_names({"new"}, *second, {"new"}, renamed={"old"}) == set()
    assert former_names({"heir"}, *second, {"heir"}, renamed={"old"}) == {"old"}
