"""Base: the commit that a change is compared with, locally and in CI."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit, StateError
from mlgit.project.compare.base import Base, base_commit
from mlgit.project.opening import open_project
from tests.support.checkouts import github_push, gitlab_push
from tests.support.checks import GATES, check
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlgit.project.open import Project


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


def test_on_trunk_it_is_head_where_only_data_of_dvc_were_changed(project: Folder) -> None:
    commit = project.commit("second")
    project.git("push", "-q")
    (project.path / "data/raw.csv").unlink()
    project.write("data/raw.csv", "x,y\n1,2\n")
    assert project.git("status", "--porcelain") == ""
    assert base(project) == Base(commit=commit, reason="head")
    (project.path / "data/raw.csv").unlink()
    assert base(project).reason == "parent"


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
    merge = project.git("rev-parse", "HEAD")
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/1/merge", "GITHUB_SHA": merge}
    assert base(project, ci=ci) == Base(commit=main, reason="merge_ref")


def test_in_gitlab_it_is_the_diff_base_of_the_merge_request(project: Folder) -> None:
    main = project.git("rev-parse", "HEAD")
    project.commit("work")
    assert base(project, ci={"CI_MERGE_REQUEST_DIFF_BASE_SHA": main}) == Base(
        commit=main, reason="merge_request"
    )
    unknown = base(project, ci={"CI_MERGE_REQUEST_DIFF_BASE_SHA": "1" * 40})
    assert unknown == Base(commit=None, reason="history_too_shallow")


def test_after_a_push_to_trunk_it_is_the_previous_tip(project: Folder, tmp_path: Path) -> None:
    before = project.git("rev-parse", "HEAD")
    project.commit("one")
    project.commit("two")
    project.git("push", "-q")
    assert base(project, ci=github_push(tmp_path, before=before)) == Base(commit=before, reason="before_push")
    assert base(project, ci=gitlab_push(before=before)).reason == "before_push"
    assert base(project, ci=gitlab_push()).reason == "parent"


@pytest.fixture
def branched(project: Folder) -> Mapping[str, str]:
    """Name -> commit: `root`, then `trunk` on trunk; `one`, `two` and `three` on a branch from `root`.

    `three` merges `side`, which is of the branch as well, and `both` merges the branch into trunk.
    """
    found = {"root": project.git("rev-parse", "HEAD"), "trunk": project.commit("Trunk")}
    project.git("push", "-q")
    project.git("checkout", "-q", "-b", "topic", found["root"])
    found["one"] = project.commit("One")
    project.git("checkout", "-q", "-b", "side")
    found["side"] = project.commit("Side")
    project.git("checkout", "-q", "topic")
    found["two"] = project.commit("Two")
    project.git("merge", "-q", "--no-ff", "-m", "Three", "side")
    found["three"] = project.git("rev-parse", "HEAD")
    project.git("checkout", "-q", "--detach", "main")
    project.git("merge", "-q", "--no-ff", "-m", "Both", "topic")
    return {**found, "both": project.git("rev-parse", "HEAD")}


LEFT = ("root", "merge_base")
PULL = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}
DIFF_BASE = "CI_MERGE_REQUEST_DIFF_BASE_SHA"
RESULT = {"GITLAB_CI": "true", DIFF_BASE: "root"}
FORK = {"CI_PROJECT_PATH": "eve/line", "CI_MERGE_REQUEST_PROJECT_PATH": "team/line"}
EVENTS: dict[str, tuple[str, dict[str, str], tuple[str, str]]] = {
    "GitHub, pull request": ("both", PULL | {"GITHUB_SHA": "both"}, ("trunk", "merge_ref")),
    "GitHub, a merge that GitHub does not name": ("three", PULL, LEFT),
    "GitHub, pull request, its head checked out": ("three", PULL | {"GITHUB_SHA": "both"}, LEFT),
    "GitHub, a branch that is named like a merge": (
        "three",
        PULL | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/x/merge"},
        LEFT,
    ),
    "GitHub, a branch that is named like a pull request": (
        "three",
        PULL | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/pull/7/merge"},
        LEFT,
    ),
    "GitHub, a tag that is named like a merge": ("three", PULL | {"GITHUB_REF": "refs/tags/7/merge"}, LEFT),
    "GitHub, second push": ("two", {"GITHUB_EVENT_NAME": "push", "before": "one"}, LEFT),
    "GitLab, second push": ("two", {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": "one"}, LEFT),
    "GitLab, second push to trunk": ("trunk", {"CI_COMMIT_BEFORE_SHA": "root"}, ("root", "before_push")),
    "GitLab, merge request": ("three", RESULT, ("root", "merge_request")),
    "GitLab, merged result": (
        "both",
        RESULT | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "three", "CI_COMMIT_SHA": "both"},
        ("trunk", "merge_ref"),
    ),
    "GitLab, a merge that is not of this request": (
        "three",
        RESULT | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "both", "CI_COMMIT_SHA": "three"},
        ("root", "merge_request"),
    ),
    "GitLab, a merge that is not GitLab's": (
        "three",
        RESULT | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "side", "CI_COMMIT_SHA": "both"},
        ("root", "merge_request"),
    ),
    "GitLab, the base of another request": ("two", RESULT | {DIFF_BASE: "side"}, LEFT),
    "GitLab, an earlier push as the base": ("two", RESULT | {DIFF_BASE: "one"}, LEFT),
    "GitLab, the commit itself as the base": ("two", RESULT | {DIFF_BASE: "two"}, LEFT),
    "GitLab, a base that came to the target later": ("two", RESULT | {DIFF_BASE: "trunk"}, LEFT),
    "GitLab, in a fork": ("two", RESULT | FORK | {DIFF_BASE: "one"}, ("one", "merge_request")),
    "GitLab, in a fork, the base of another request": ("two", RESULT | FORK | {DIFF_BASE: "side"}, LEFT),
    "GitLab, in a fork, the commit itself as the base": ("two", RESULT | FORK | {DIFF_BASE: "two"}, LEFT),
}


def test_each_event_of_a_ci_has_the_base_that_its_author_cannot_choose(
    project: Folder, branched: Mapping[str, str], tmp_path: Path
) -> None:
    found = {}
    for name, (checked_out, variables, _) in EVENTS.items():
        ci = {key: branched.get(value, value) for key, value in variables.items()}
        if "before" in ci:
            ci |= github_push(
                tmp_path, ref="refs/heads/topic", before=ci["before"], sha=branched[checked_out]
            )
        project.git("checkout", "-q", "--detach", branched[checked_out])
        found[name] = base(project, ci=ci)
    names = {commit: name for name, commit in branched.items()}
    assert {name: (names[each.commit or ""], each.reason) for name, each in found.items()} == {
        name: expected for name, (_, _, expected) in EVENTS.items()
    }


@pytest.mark.parametrize("variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])
def test_it_is_where_the_branch_left_the_target_that_ci_names(
    project: Folder, branched: Mapping[str, str], variable: str
) -> None:
    project.git("push", "-q", "origin", f"{branched['one']}:refs/heads/stable")
    project.git("checkout", "-q", "--detach", branched["three"])
    assert base(project, ci={variable: "stable"}) == Base(commit=branched["one"], reason="merge_base")
    with pytest.raises(StateError, match="`origin/other`, which this change will be merged into, is not"):
        base(project, ci={variable: "other"})
    in_fork = base(project, ci=FORK | {variable: "other"})
    assert in_fork == Base(commit=branched["root"], reason="merge_base")
    project.write("mlgit.yaml", f"{GATES}gates:\n  g: {{metric: r2, vs: base, max_drop: 1}}\n")
    project.commit("Declare gates")
    for commit in ({}, {"GITHUB_SHA": branched["both"]}, {"CI_COMMIT_SHA": branched["both"]}):
        (found,) = check(project, status=Exit.DONE, env={variable: "stable"} | commit)["baselines"]
        assert (found["commit"], found["rule"]) == (branched["one"], "where this branch left `origin/stable`")


def test_of_an_unrelated_history_it_is_the_tip_of_trunk(project: Folder) -> None:
    main = project.git("rev-parse", "HEAD")
    project.git("checkout", "-q", "--orphan", "other")
    project.commit("unrelated")
    assert base(project) == Base(commit=main, reason="unrelated_history")


def test_nothing_committed_has_no_base(empty_repository: Folder) -> None:
    assert base(empty_repository) == Base(commit=None, reason="no_commit")


@pytest.mark.parametrize(("depth", "known"), [(3, False), (9, True), (None, True)])
def test_a_cut_history_may_hide_where_the_branch_began(
    project: Folder, tmp_path: Path, depth: int | None, *, known: bool
) -> None:
    older = project.git("rev-parse", "HEAD")
    start = project.commit("Start of the branch")
    project.git("checkout", "-qb", "side", older)
    project.commit("Side")
    project.git("checkout", "-q", "main")
    for name in ("one", "two"):
        project.commit(name)
    project.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    project.git("push", "-q", "origin", "main", f"{start}:refs/heads/start")
    project.git("checkout", "-qb", "change", start)
    project.commit("Change")
    project.git("push", "-q", "origin", "change")
    options = [] if depth is None else ["--depth", str(depth), "--no-single-branch"]
    origin = f"file://{project.path.parent / 'origin.git'}"
    project.git("clone", "-q", *options, "-b", "change", origin, str(tmp_path / "clone"))
    found = base(Folder(tmp_path / "clone"))
    cut = Base(commit=None, reason="history_too_shallow")
    assert found == (Base(commit=start, reason="merge_base") if known else cut)
