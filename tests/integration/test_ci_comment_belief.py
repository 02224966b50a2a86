"""`mlgit ci comment` believes a report about its event's commit, or the child that its run pushed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.pull_request import PullRequest

MISSING = "d" * 40


def edit(pull: PullRequest, change: Callable[[Any], object]) -> None:
    path = pull.folder / "report.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def commits(pull: PullRequest) -> dict[str, str]:
    """Commits around that of the event, all but one known to the forge."""
    git = pull.project.git
    tree, head = git("rev-parse", "HEAD^{tree}"), pull.sha

    def made(name: str, *parents: str) -> str:
        return git("commit-tree", tree, "-m", name, *(part for each in parents for part in ("-p", each)))

    child = made("child", head)
    return {
        "child": child,
        "grandchild": made("grandchild", child),
        "merge": made("merge", head, pull.base),
        "merge as second": made("second", pull.base, head),
        "parent": git("rev-parse", "HEAD^"),
        "trunk": pull.base,
        "unrelated": made("root"),
        "unknown": MISSING,
    }


NAMES = ["grandchild", "merge", "merge as second", "parent", "trunk", "unrelated", "unknown"]


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize("kind", ["check", "failure"])
@pytest.mark.parametrize("name", NAMES)
def test_only_the_child_of_the_events_commit_is_believed(
    pull: PullRequest, name: str, kind: str, host: str
) -> None:
    env = pull.github() if host == "github" else pull.gitlab()
    if kind == "failure":
        pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
        pull.push("Broken", data=False)
        env = pull.github() if host == "github" else pull.gitlab()
    pull.ci("pr", env=env)
    other = commits(pull)[name]
    edit(pull, lambda document: document.update(commit=other, pushed=other))
    assert pull.ci("comment", env=env).status == Exit.DONE
    assert pull.checks(other) == {}
    assert pull.forge.statuses(other) == []
    states = [each.state for each in pull.forge.statuses(pull.sha)]
    assert states == ["failed"] if host == "gitlab" else pull.checks() == {"mlgit": ("completed", "failure")}


def test_a_report_of_another_request_with_the_same_commit_is_not_believed(pull: PullRequest) -> None:
    """As a runner may keep it that does not empty its folders."""
    pull.project.git("push", "-q", "origin", "HEAD:refs/heads/loose")
    second = pull.forge.add_pull(8, branch="topic", sha=pull.sha, base="loose")
    pull.ci("pr", env=pull.gitlab(number=second.number, pipeline=100))
    assert pull.ci("comment", env=pull.gitlab(pipeline=200)).status == Exit.DONE
    assert [each.state for each in pull.forge.statuses(pull.sha)] == ["failed"]
    assert "is of the run `100`, not `200`" in pull.bodies()[0]


OTHERS: dict[str, tuple[dict[str, object], str]] = {
    "an earlier run": ({"run": "1"}, "is of the run `1`, not"),
    "an older mlgit": ({"run": None}, "names no run"),
    "another request": ({"number": 8}, "is of the pull request `8`, not `7`"),
    "another target": ({"target": "loose"}, "is of the target `loose`, not `main`"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_a_report_is_believed_in_its_own_run_only(pull: PullRequest, host: str, name: str) -> None:
    more, words = OTHERS[name]
    env = pull.github() if host == "github" else pull.gitlab()
    pull.ci("pr", env=env)
    assert pull.report()["target"] == "main"
    edit(pull, lambda document: document.update(more))
    pull.ci("comment", env=env)
    states = [each.state for each in pull.forge.statuses(pull.sha)]
    assert states == ["failed"] if host == "gitlab" else pull.checks() == {"mlgit": ("completed", "failure")}
    assert words in pull.bodies()[0]


def test_the_child_is_believed(pull: PullRequest) -> None:
    pull.ci("pr")
    child = commits(pull)["child"]
    edit(pull, lambda document: document.update(commit=child, pushed=child))
    assert pull.ci("comment").status == Exit.DONE
    assert pull.checks(child) == {"mlgit": ("completed", "success")}
    assert pull.checks() == {}


def test_a_child_that_is_not_the_commit_of_the_report_is_the_one_that_counts(pull: PullRequest) -> None:
    pull.ci("pr")
    child = commits(pull)["child"]
    edit(pull, lambda document: document.update(commit=pull.base, pushed=child))
    pull.ci("comment")
    assert pull.checks(pull.base) == {}
    assert pull.checks(child) == {"mlgit": ("completed", "success")}


def test_a_forge_that_does_not_confirm_the_child_is_not_believed(pull: PullRequest) -> None:
    pull.ci("pr")
    child = commits(pull)["child"]
    edit(pull, lambda document: document.update(commit=child, pushed=child))
    pull.forge.fail(status=403, times=50, path="/git/commits/")
    pull.ci("comment")
    assert pull.checks(child) == {}
    assert pull.checks() == {"mlgit": ("completed", "failure")}


def test_a_report_sets_neither_the_check_of_another_job_nor_a_foreign_link(pull: PullRequest) -> None:
    pull.ci("pr")
    edit(pull, lambda document: document.update(job="nightly", log_url="https://evil.example/"))
    pull.ci("comment")
    assert pull.checks() == {"mlgit": ("completed", "success")}
    assert "evil.example" not in pull.bodies()[0]
    assert "evil.example" not in (pull.forge.checks(pull.sha)[0].details_url or "")


def committed_folder(pull: PullRequest) -> None:
    pull.project.write("mlgit-report/report.json", "{}")


def committed_other_file(pull: PullRequest) -> None:
    pull.project.write("mlgit-report/mlgit.env", "MLGIT_DEPLOY=true\n")


def committed_file_at_the_place(pull: PullRequest) -> None:
    pull.project.write("mlgit-report", "")


def committed_link(pull: PullRequest) -> None:
    (pull.project.path.parent / "elsewhere").mkdir()
    (pull.project / "mlgit-report").symlink_to("../elsewhere")


def committed_link_above(pull: PullRequest) -> None:
    (pull.project.path.parent / "elsewhere").mkdir()
    (pull.project / "out").symlink_to("../elsewhere")


TRACKED: list[tuple[Callable[[PullRequest], None], str]] = [
    (committed_folder, "mlgit-report"),
    (committed_other_file, "mlgit-report"),
    (committed_file_at_the_place, "mlgit-report"),
    (committed_link, "mlgit-report"),
    (committed_link_above, "out/mlgit-report"),
]


@pytest.mark.parametrize(
    "command", [("pr",), ("monitor",), ("merged", "--dry-run"), ("tag", "--", "line@v1.0.0")]
)
@pytest.mark.parametrize(("commit", "folder"), TRACKED)
def test_a_job_does_not_write_into_a_folder_that_the_branch_brought(
    pull: PullRequest, commit: Callable[[PullRequest], None], folder: str, command: tuple[str, ...]
) -> None:
    commit(pull)
    pull.project.git("add", "-Af", ".", ":!dvc.lock")
    pull.project.git("commit", "-qm", "Bring a report")
    before = pull.project.git("status", "--short")
    done = pull.project.here("ci", command[0], "-o", folder, *command[1:])
    assert done.status == Exit.STATE
    why = (
        "is a file, not a folder"
        if commit is committed_file_at_the_place
        else "must not come from the branch"
    )
    assert why in done.err
    assert pull.project.git("status", "--short") == before
    assert not list((pull.project.path.parent).glob("elsewhere/*"))


@pytest.mark.parametrize("commit", [committed_folder, committed_other_file])
def test_a_committed_report_is_posted_as_a_failure(
    pull: PullRequest, commit: Callable[[PullRequest], None]
) -> None:
    pull.ci("pr")
    commit(pull)
    pull.project.git("add", "-Af", "mlgit-report")
    assert pull.ci("comment").status == Exit.STATE
    assert "must not come from the branch" in pull.bodies()[0]
    assert pull.checks() == {"mlgit": ("completed", "failure")}


def test_the_hint_for_a_committed_report_works(pull: PullRequest) -> None:
    committed_folder(pull)
    pull.project.git("add", "-Af", "mlgit-report")
    assert pull.project.here("ci", "pr").status == Exit.STATE
    pull.project.git("rm", "-q", "-r", "--cached", "--", "mlgit-report")
    assert pull.project.here("ci", "pr").status in {Exit.DONE, Exit.BLOCKED}


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_a_pull_request_into_another_branch_never_sets_the_check_of_the_default_branch(
    pull: PullRequest, host: str
) -> None:
    pull.project.git("push", "-q", "origin", "HEAD:refs/heads/decoy")
    second = pull.forge.add_pull(8, branch="topic", sha=pull.sha, base="decoy")
    second.base_sha = pull.base
    env = pull.github(number=8) if host == "github" else pull.gitlab(number=8)
    running = pull.ci("comment", "--running", env=env)
    assert running.status == Exit.DONE, running.err
    assert pull.ci("pr", env=env).status == Exit.DONE
    done = pull.ci("comment", env=env)
    assert done.status == Exit.DONE, done.err
    assert f"set the check `mlgit/into-decoy` of {pull.sha[:7]} to success" in done.out
    statuses = {each.context for each in pull.forge.statuses(pull.sha)}
    assert statuses | pull.checks().keys() == {"mlgit/into-decoy"}
