"""Publications: whether there was something to do, batches of tags, and the page."""

from __future__ import annotations

import pytest

from mlgit.core.release.publication import BranchPush, DataPush, Publication, Step, TagPush, batches
from mlgit.render.console import plain
from mlgit.render.pages.push import page


def tag(name: str, step: Step = "planned") -> TagPush:
    return TagPush(step=step, tag=name, oid="1" * 40, commit="2" * 40)


def publication(data: Step, branch: Step, *tags: TagPush) -> Publication:
    return Publication(
        dry_run=False, remote="origin", data=DataPush(step=data), branch=BranchPush(step=branch), tags=tags
    )


@pytest.mark.parametrize(
    ("data", "branch", "nothing"),
    [
        ("already", "already", True),
        ("skipped", "already", True),
        ("planned", "already", False),
        ("already", "planned", False),
    ],
)
def test_nothing_to_do_means_that_no_part_is_planned(data: Step, branch: Step, nothing: bool) -> None:  # noqa: FBT001
    assert publication(data, branch).nothing_to_do is nothing


def test_a_tag_is_something_to_do() -> None:
    assert not publication("already", "already", tag("m@v1.0.0")).nothing_to_do


def test_data_that_was_just_pushed_was_not_published_already() -> None:
    assert not publication("pushed", "already").published_already
    assert publication("already", "already").published_already


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_no_push_carries_more_than_three_tags(count: int, sizes: list[int]) -> None:
    tags = tuple(tag(f"m@v1.0.{number}") for number in range(count))
    found = batches(tags)
    assert [len(batch) for batch in found] == sizes
    assert tuple(each for batch in found for each in batch) == tags


def test_the_two_tags_of_one_change_are_never_separated() -> None:
    names = ["m@v1.0.0", "m#prod#1", "m#prod!#2", "n#prod!#2", "m#prod#2", "n#prod#2", "n#prod", "n#prod!"]
    found = [[each.tag for each in batch] for batch in batches(tuple(tag(name) for name in names))]
    assert found == [
        ["m@v1.0.0", "m#prod#1"],
        ["m#prod!#2", "m#prod#2"],
        ["n#prod!#2", "n#prod#2", "n#prod"],
        ["n#prod!"],
    ]


def test_the_page_says_why_data_was_left_out() -> None:
    record = Publication(
        dry_run=False,
        remote="origin",
        data=DataPush(step="skipped", reason="DVC tracks no outputs"),
        branch=BranchPush(step="already", name="main", ref="refs/heads/main", old="a" * 40, new="a" * 40),
    )
    assert "DVC tracks no outputs" in plain(page(record))


def test_the_page_says_in_one_line_that_all_is_published() -> None:
    assert (
        plain(page(publication("already", "already"))) == "ok: everything is published already on `origin`\n"
    )
