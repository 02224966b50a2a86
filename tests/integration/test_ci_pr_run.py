"""`mlgit ci pr --pipeline run`: the pipeline is run, and its results are stored and committed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.forge import started
from tests.support.pull_request import PullRequest
from tests.support.registry import clone, hook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def test_a_run_sends_its_results_to_the_dvc_remote(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    pull.forget_data()
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == Exit.DONE, done.err
    report = pull.report()
    assert (report["mode"], report["pushed"], report["commit"]) == ("run", None, pull.sha)
    assert report["check"]["verdict"]["decision"] == "allow"
    pull.project.ok(sys.executable, "-m", "dvc", "status", "-q", "--cloud")
    shown = (pull.folder / "report.md").read_text()
    assert "- The results of the run are not in the branch: `dvc.lock`, `metrics/test.json`; run" in shown
    assert "- To check it again in your clone: `mlgit run`\n" in shown


def test_a_failed_pipeline_is_a_report_with_its_output(pull: PullRequest) -> None:
    pull.project.write("src/train.py", "import sys\nsys.exit('my own reason')\n")
    pull.push("Broken", data=False)
    done = pull.ci("pr", "--pipeline", "run", "-q")
    assert done.status == Exit.TOOL
    failure = pull.report()["failure"]
    assert (failure["code"], failure["message"]) == ("stage_failed", "Stage `train` failed")
    shown = (pull.folder / "report.md").read_text()
    assert "my own reason" in shown
    assert "# the same in your clone\nmlgit run\n" in shown


def test_a_fork_may_run_but_its_results_are_not_sent(pull: PullRequest) -> None:
    pull.forge.state.pulls[0].source = "mallory/tumor"
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    before = sorted(pull.storage.rglob("*"))
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == Exit.DONE, done.err
    assert pull.report()["skipped"] == [
        "results were not sent to the DVC remote: a fork's run may not write there"
    ]
    assert sorted(pull.storage.rglob("*")) == before


def test_an_invalid_config_is_reported_before_the_pipeline_runs(pull: PullRequest) -> None:
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.project.write("params.yaml", "train:\n  slope: 1.0\n")
    pull.push("Broken", data=False)
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == Exit.CONFIG
    assert "Running stage" not in done.err


def test_stages_do_not_see_the_tokens_of_the_forge(pull: PullRequest) -> None:
    script = (pull.project / "src/train.py").read_text()
    seen = "import os\nopen('seen.txt', 'w').write(' '.join(os.environ.values()))\n"
    pull.project.write("src/train.py", f"{seen}{script}")
    pull.push("Curious", data=False)
    tokens = {"MLGIT_PUSH_TOKEN": "push-token-1234", "MLGIT_GITLAB_TOKEN": "gitlab-token-1234"}
    assert pull.ci("pr", "--pipeline", "run", env=pull.github() | tokens).status == Exit.DONE
    assert "token-1234" not in (pull.project / "seen.txt").read_text()


@pytest.fixture
def stale(pull: PullRequest) -> PullRequest:
    """A pull request with a changed parameter and no run, checked out as GitHub does."""
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    pull.check_out_merge()
    return pull


def tip(pull: PullRequest) -> str:
    return pull.project.git("ls-remote", "origin", f"refs/heads/{pull.branch}").split("\t")[0]


def test_results_are_committed_on_top_of_the_branch(stale: PullRequest) -> None:
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.DONE, done.err
    report = stale.report()
    made = report["pushed"]
    assert made == report["commit"] == tip(stale) != stale.sha
    assert stale.project.git("rev-parse", f"{made}^") == stale.sha
    changed = stale.project.git("diff", "--name-only", stale.sha, made).splitlines()
    assert changed == ["dvc.lock", "metrics/test.json"]
    assert report["check"]["verdict"]["candidate"]["label"] == made[:7]
    assert [each["commit"] for each in report["check"]["verdict"]["baselines"]] == [stale.base]
    assert f"MLGIT_PUSHED={made}" in (stale.folder / "mlgit.env").read_text()


def test_committed_results_are_proven_and_a_second_run_has_nothing_to_push(stale: PullRequest) -> None:
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == Exit.DONE
    made = stale.report()["pushed"]
    stale.forge.move_pull(stale.number, made)
    stale.project.git("checkout", "-q", "--detach", made)
    assert stale.ci("pr").status == Exit.DONE, stale.notes()
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == Exit.DONE
    assert stale.report()["pushed"] is None
    assert tip(stale) == made


def test_a_blocking_verdict_is_also_about_the_new_commit(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.5\n")
    pull.push("Worse, not run", data=False)
    done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.BLOCKED
    assert pull.report()["commit"] == tip(pull) != pull.sha


def test_only_files_that_dvc_wrote_are_committed(stale: PullRequest) -> None:
    script = (stale.project / "src/train.py").read_text()
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.write("src/train.py", f"open('README.md', 'w').write('mine now')\n{script}")
    stale.project.write("README.md", "Words\n")
    stale.push("A stage that writes elsewhere", data=False)
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.DONE, done.err
    made = stale.report()["pushed"]
    assert stale.project.git("show", f"{made}:README.md") == "Words"
    assert stale.report()["skipped"] == ["changed by the run and not committed: `README.md`"]


def test_a_first_run_commits_its_lock_metrics_and_ignore_files(project: Folder, tmp_path: Path) -> None:
    project.git("rm", "-q", "--cached", "dvc.lock", "metrics/test.json")
    for name in ("dvc.lock", "metrics/test.json", "models/.gitignore", "data/clean.csv", "models/line.json"):
        (project / name).unlink()
    project.write("data/.gitignore", "/raw.csv\n")
    with started() as forge:
        pull = PullRequest(project, forge, tmp_path / "runner")
        pull.push("Never run", data=False)
        (project / "models").mkdir(exist_ok=True)
        done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.DONE, done.err
    made = pull.report()["pushed"]
    assert project.git("diff", "--name-only", pull.sha, made).splitlines() == [
        "data/.gitignore",
        "dvc.lock",
        "metrics/test.json",
        "models/.gitignore",
    ]


def test_the_branch_of_a_fork_is_never_pushed_to(stale: PullRequest) -> None:
    stale.forge.state.pulls[0].source = "mallory/tumor"
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.STATE
    assert "cannot push to the branch of a fork" in stale.report()["failure"]["message"]
    assert "Running stage" not in done.err
    assert tip(stale) == stale.sha


def test_trunk_is_never_pushed_to(pull: PullRequest) -> None:
    pull.project.git("checkout", "-q", "main")
    done = pull.project.here("ci", "pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.STATE
    assert "trunk" in done.err


def test_a_branch_that_has_moved_stops_the_run_before_it_begins(stale: PullRequest) -> None:
    other = clone(stale.project, "other")
    other.git("checkout", "-q", stale.branch)
    newer = other.commit("Newer")
    other.git("push", "-q")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.STATE
    assert stale.report()["failure"]["code"] == "lost_race"
    assert "Running stage" not in done.err
    assert tip(stale) == newer


def test_a_branch_that_moves_while_the_pipeline_runs_is_a_lost_race(stale: PullRequest) -> None:
    other = clone(stale.project, "other")
    other.git("checkout", "-q", stale.branch)
    newer = other.commit("Newer")
    push = (
        f"import subprocess\nsubprocess.run(['git', '-C', {str(other.path)!r}, 'push', '-q'], check=True)\n"
    )
    script = (stale.project / "src/train.py").read_text()
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.write("src/train.py", f"{push}{script}")
    # The parent of the other commit, so that its push is a fast-forward.
    other.git("reset", "-q", "--hard", stale.sha)
    stale.push("A stage that pushes", data=False)
    other.git("fetch", "-q")
    other.git("reset", "-q", "--hard", stale.sha)
    newer = other.commit("Newer")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.STATE, done.err
    failure = stale.report()["failure"]
    assert failure["code"] == "lost_race"
    assert f"is already at {newer[:7]}" in failure["message"]
    assert tip(stale) == newer


def test_the_committer_must_be_known_before_the_run_begins(stale: PullRequest) -> None:
    nameless = {"GIT_AUTHOR_NAME": "", "GIT_COMMITTER_NAME": ""}
    done = stale.ci("pr", "--pipeline", "run", "--commit", env=stale.github() | nameless)
    assert done.status == Exit.STATE
    assert stale.report()["failure"]["message"] == "git does not know who commits"
    assert "Running stage" not in done.err


def test_a_remote_that_refuses_is_a_tool_error(stale: PullRequest) -> None:
    hook(stale.project, "pre-receive", "echo no; exit 1")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.TOOL
    assert stale.report()["failure"]["message"] == "`origin` refused `topic`"
    assert tip(stale) == stale.sha


def test_a_working_tree_with_changes_is_not_mixed_into_the_commit(stale: PullRequest) -> None:
    stale.project.write("src/train.py", "not mine\n")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.STATE
    assert "differs from HEAD" in stale.report()["failure"]["message"]


def test_results_without_a_dvc_remote_are_not_committed(stale: PullRequest) -> None:
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.dvc("remote", "remove", "-q", "storage")
    stale.push("No remote", data=False)
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == Exit.STATE
    assert tip(stale) == stale.sha
    assert stale.ci("pr", "--pipeline", "run").status == Exit.DONE
    assert stale.report()["skipped"] == ["results were not sent to a DVC remote: none is configured"]


def test_commit_without_run_is_a_usage_error_and_no_report(pull: PullRequest) -> None:
    done = pull.ci("pr", "--commit")
    assert done.status == Exit.USAGE
    assert not pull.folder.exists()
