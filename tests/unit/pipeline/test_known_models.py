"""Which model of a history became another one."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.known_models import KnownModel, former_names

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
    ],
)
def test_a_model_became_another_one_if_they_met_when_one_came_or_the_other_went(
    before: list[tuple[str, str | None, str | None]],
    after: list[tuple[str, str | None, str | None]],
    expected: set[str],
) -> None:
    assert former_names({"new"}, models(*before), models(*after), {"new", "kept"}) == expected
