"""`ci: {comment: …}` of trunk: when a pull request gets its first comment, on each forge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.pull_request import train

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest
    from tests.support.shell import Done


def rule_on_trunk(pull: PullRequest, rule: str) -> None:
    """Declare the rule on trunk, and have the branch of the pull request contain that."""
    project = pull.project
    project.git("checkout", "-q", "main")
    declare(pull, rule)
    project.commit("Say when to comment")
    project.git("push", "-q", "origin", "main")
    project.git("checkout", "-q", pull.branch)
    project.git("rebase", "-q", "main")
    project.git("push", "-q", "-f", "origin", pull.branch)
    pull.update_head()


def declare(pull: PullRequest, rule: str) -> None:
    kept = [line for line in (pull.project / "mlgit.yaml").read_text().splitlines() if "comment:" not in line]
    pull.project.write("mlgit.yaml", "\n".join([*kept, f"ci: {{comment: {rule}}}", ""]))


def only_notes(pull: PullRequest) -> None:
    """Put the branch back to trunk, with a change that has nothing to do with a model."""
    pull.project.git("checkout", "-q", "-B", pull.branch, "origin/main")
    pull.project.write("NOTES.md", "look")
    pull.push("Notes", data=False)


def worse(pull: PullRequest) -> None:
    train(pull.project, "1.5")
    pull.push("Worse")


def both_jobs(pull: PullRequest, host: str) -> Done:
    pull.ci("pr", env=pull.github() if host == "github" else pull.gitlab(token=None))
    return pull.ci("comment", env=pull.github() if host == "github" else pull.gitlab())


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize(
    ("rule", "change", "comments"),
    [
        ("always", only_notes, 1),
        ("changed", only_notes, 0),
        ("changed", None, 1),
        ("blocked", None, 0),
        ("blocked", worse, 1),
    ],
)
def test_a_first_comment_is_written_as_trunk_says_and_the_check_always(
    pull: PullRequest, host: str, rule: str, change: object, comments: int
) -> None:
    rule_on_trunk(pull, rule)
    if callable(change):
        change(pull)
    done = both_jobs(pull, host)
    assert done.status == Exit.DONE, done.err
    assert len(pull.bodies()) == comments, done.out + done.err
    assert len(pull.checks() if host == "github" else pull.forge.statuses(pull.sha)) == 1
    skipped = f"no comment was written: trunk's `mlgit.yaml` has `ci: {{comment: {rule}}}`"
    assert (skipped in done.err) == (comments == 0)


def test_a_comment_that_is_there_is_updated_whatever_trunk_says(pull: PullRequest) -> None:
    rule_on_trunk(pull, "blocked")
    worse(pull)
    both_jobs(pull, "github")
    train(pull.project, "2.0")
    pull.push("Better again")
    both_jobs(pull, "github")
    (body,) = pull.bodies()
    assert body.startswith("### ✅ May merge: line, ")


def test_a_pull_request_cannot_silence_its_own_comment(pull: PullRequest) -> None:
    declare(pull, "blocked")
    pull.push("Be quiet")
    both_jobs(pull, "github")
    assert len(pull.bodies()) == 1


def test_a_run_in_progress_writes_no_first_comment_but_its_check(pull: PullRequest) -> None:
    done = pull.ci("comment", "--running")
    assert done.status == Exit.DONE
    assert pull.bodies() == []
    assert "no comment was written: there is none to update yet" in done.err
    assert pull.checks() == {"mlgit": ("in_progress", None)}
    assert not (pull.runner / "summary.md").exists() or "Running" not in pull.summary


def test_a_report_without_a_verdict_is_always_written(pull: PullRequest) -> None:
    rule_on_trunk(pull, "blocked")
    pull.project.write("dvc.yaml", "stages: [\n")
    pull.push("Broken", data=False)
    both_jobs(pull, "github")
    (body,) = pull.bodies()
    assert body.startswith("### ❌ No verdict: ")
