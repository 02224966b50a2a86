"""Base: the commit that a change is compared with, locally and in CI."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlgit.project.compare.base import Base, base_commit
from mlgit.project.opening import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project
    from tests.support.shell import Folder


@contextmanager
def opened(folder: Folder) -> Iterator[Project]:
    project = open_project(str(folder.path), now=datetime(2026, 3, 1, tzinfo=UTC))
    try:
        yield project
    finally:
        project.close()


def base(folder: Folder, *, ci: dict[str, str] | None = None, candidate: str | None = None) -> Base:
    with opened(folder) as project:
        return base_commit(project, candidate=candidate, explicit=None, ci=ci or {})


def test_on_trunk_it_is_the_parent_or_head_with_changes(project: Folder) -> None:
    first = project.git("rev-parse", "HEAD")
    assert base(project) == Base(commit=None, reason="root_commit")
    project.commit("second")
    project.git("push", "-q")
    assert base(project) == Base(commit=first, reason="parent")
    project.write("params.yaml", "train: {slope: 1}\n")
    assert base(project) == Base(commit=project.git("rev-parse", "HEAD"), reason="head")


def test_on_a_branch_it_is_the_commit_where_the_branch_began(project: Folder) -> None:
    first = project.git("rev-parse", "HEAD")
    project.git("checkout", "-q", "-b", "work")
    one = project.commit("one")
    project.commit("two")
    assert base(project) == Base(commit=first, reason="merge_base")
    assert base(project, candidate=one) == Base(commit=first, reason="merge_base")


def test_in_github_it_is_the_first_parent_of_the_merge(project: Folder) -> None:
    main = project.git("rev-parse", "HEAD")
    project.git("checkout", "-q", "-b", "work")
    project.commit("work")
    project.git("checkout", "-q", "--detach", main)
    project.git("merge", "-q", "--no-ff", "-m", "merge", "work")
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/1/merge"}
    assert base(project, ci=ci) == Base(commit=main, reason="merge_ref")


def test_in_gitlab_it_is_the_diff_base_of_the_merge_request(project: Folder) -> None:
    main = project.git("rev-parse", "HEAD")
    project.commit("work")
    assert base(project, ci={"CI_MERGE_REQUEST_DIFF_BASE_SHA": main}) == Base(
        commit=main, reason="merge_request"
    )
    unknown = base(project, ci={"CI_MERGE_REQUEST_DIFF_BASE_SHA": "1" * 40})
    assert unknown == Base(commit=None, reason="history_too_shallow")


def test_after_a_push_it_is_the_previous_tip_of_the_branch(project: Folder) -> None:
    before = project.git("rev-parse", "HEAD")
    project.commit("one")
    project.commit("two")
    event = project.write("event.json", json.dumps({"before": before}))
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event)}
    assert base(project, ci=ci) == Base(commit=before, reason="before_push")
    assert base(project, ci={"CI_COMMIT_BEFORE_SHA": before}).reason == "before_push"
    assert base(project, ci={"CI_COMMIT_BEFORE_SHA": "0" * 40}).reason != "before_push"


def test_unrelated_history_has_no_base(project: Folder) -> None:
    project.git("checkout", "-q", "--orphan", "other")
    project.commit("unrelated")
    assert base(project) == Base(commit=None, reason="unrelated_history")


def test_nothing_committed_has_no_base(empty_repository: Folder) -> None:
    assert base(empty_repository) == Base(commit=None, reason="no_commit")
