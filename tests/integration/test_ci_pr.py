"""`mlgit ci pr`: what is committed is proven or made anew, and there is a report whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.runner.report import load_report
from mlgit.core.progress import Silent
from mlgit.flows.ci.pr import ci_pr
from tests.support.forge import started
from tests.support.pull_request import FILES, PullRequest, train
from tests.support.registry import clone, hook
from tests.support.schema import assert_valid
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlgit.project.open import Project


@pytest.fixture
def pull(proposed_template: Path, tmp_path: Path) -> Iterator[PullRequest]:
    """A pull request with a better model, its results committed and pushed."""
    with started() as forge:
        yield PullRequest.proposed(proposed_template, tmp_path, forge)


def storage(project: Folder) -> Path:
    return project.path.parent / "storage"


def forget_data(project: Folder) -> None:
    """As in a fresh checkout: neither cache nor data."""
    shutil.rmtree(project / ".dvc" / "cache", ignore_errors=True)
    for path in ("data/raw.csv", "data/clean.csv", "models/line.json"):
        (project / path).unlink(missing_ok=True)


def test_a_change_that_keeps_its_gates_passes_without_any_data(pull: PullRequest) -> None:
    merge = pull.check_out_merge()
    forget_data(pull.project)
    done = pull.ci("pr", "--json")
    assert done.status == 0, done.err
    assert_valid(done.json(), "ci-report")
    assert {path.name for path in pull.folder.iterdir()} == FILES
    report = pull.report()
    assert report == done.json()
    assert (report["mode"], report["number"], report["exit_code"]) == ("verify", 7, 0)
    assert merge != report["commit"] == pull.sha
    verdict = report["check"]["verdict"]
    assert verdict["decision"] == "allow"
    assert {each["outcome"] for each in verdict["results"]} == {"pass"}
    assert [each["commit"] for each in verdict["baselines"]] == [pull.base]
    assert not (pull.project / "data" / "raw.csv").exists()
    assert not (pull.project / ".dvc" / "cache").exists()


def test_the_run_is_told_what_came_out(pull: PullRequest) -> None:
    assert pull.ci("pr").status == 0
    assert pull.summary == (pull.folder / "report.md").read_text(encoding="utf-8")
    assert pull.summary.startswith("### ✅ line: 2 of 2 gates passed")
    assert "\nallow\n" in (pull.runner / "output").read_text()
    values = dict(line.split("=", 1) for line in (pull.folder / "mlgit.env").read_text().splitlines())
    assert values == {
        "MLGIT_DECISION": "allow",
        "MLGIT_EXIT_CODE": "0",
        "MLGIT_COMMIT": pull.sha,
        "MLGIT_PUSHED": "",
    }


def test_a_gate_that_fails_blocks(pull: PullRequest) -> None:
    train(pull.project, "1.5")
    pull.push("Worse")
    done = pull.ci("pr")
    assert done.status == 1
    assert "Blocked: line: 2 of 2 gates failed: mae 0.055 -> 2.75" in " ".join(done.out.split())
    assert 'failures="2"' in (pull.folder / "junit.xml").read_text()
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_nothing_changed_is_one_short_line(project: Folder, tmp_path: Path) -> None:
    project.write("README.md", "Words only\n")
    with started() as forge:
        pull = PullRequest(project, forge, tmp_path / "runner")
        pull.push("Words")
        assert pull.ci("pr").status == 0
    lines = [line for line in pull.summary.splitlines() if line and not line.startswith("<")]
    assert len(lines) <= 3, pull.summary


def test_params_edited_without_a_run_are_a_stale_stage(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.98\n")
    pull.push("Forgot to run")
    assert pull.ci("pr").status == 1
    assert pull.notes() == {
        "stale_stage": "Stage `train` is stale: changed param train.slope (and `evaluate` after it)"
    }


def test_code_edited_without_a_run_is_a_stale_stage(pull: PullRequest) -> None:
    script = (pull.project / "src/prepare.py").read_text()
    pull.project.write("src/prepare.py", f"# newer\n{script}")
    pull.push("Forgot to run", data=False)
    forget_data(pull.project)
    assert pull.ci("pr").status == 1
    assert "changed dep src/prepare.py" in pull.notes()["stale_stage"]


def test_other_data_than_the_stage_read_is_a_stale_stage_though_it_is_not_here(pull: PullRequest) -> None:
    pull.project.write("data/raw.csv", "x,y\n1,2\n")
    pull.project.dvc("add", "-q", "data/raw.csv")
    pull.push("New data")
    forget_data(pull.project)
    assert pull.ci("pr").status == 1
    assert "changed dep data/raw.csv" in pull.notes()["stale_stage"]


def test_metrics_edited_by_hand_are_not_from_the_pipeline(pull: PullRequest) -> None:
    pull.project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 11}')
    pull.push("Look how good")
    assert pull.ci("pr").status == 1
    assert pull.notes() == {"not_from_pipeline": "`metrics/test.json` is not what stage `evaluate` wrote"}


def test_metrics_edited_by_hand_block_also_where_no_gate_asks_for_them(pull: PullRequest) -> None:
    pull.project.write("mlgit.yaml", "version: 1\nmodels:\n  line: {path: models/line.json}\n")
    pull.project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 11}')
    pull.push("Look how good")
    assert pull.ci("pr").status == 1
    assert set(pull.notes()) == {"not_from_pipeline"}


def test_without_dvc_lock_nothing_is_proven(pull: PullRequest) -> None:
    pull.project.git("rm", "-q", "dvc.lock")
    pull.push("No lock", data=False)
    assert pull.ci("pr").status == 1
    assert pull.notes()["lock_missing"] == "dvc.lock is missing: no stage has a recorded result"


def test_a_stage_that_never_ran_is_named(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write(
        "dvc.yaml", text.replace("artifacts:", "  more:\n    cmd: echo more\n    deps: [src]\nartifacts:")
    )
    pull.push("One more", data=False)
    assert pull.ci("pr").status == 1
    assert pull.notes() == {"lock_missing": "Stage `more` has no recorded result in dvc.lock"}


def test_an_output_that_a_stage_has_got_since_is_not_proven(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json, models/two]")
    )
    pull.push("One more output", data=False)
    assert pull.ci("pr").status == 1
    assert "new output models/two" in pull.notes()["stale_stage"]


def test_a_frozen_stage_is_told(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write("dvc.yaml", text.replace("  train:\n", "  train:\n    frozen: true\n"))
    pull.push("Freeze", data=False)
    assert pull.ci("pr").status == 0
    assert pull.report()["skipped"] == [
        "stage `train`: it is frozen, so that its dependencies were not compared"
    ]


def test_a_templated_pipeline_is_proven_like_any_other(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write("dvc.yaml", text.replace("python src/train.py", "python ${script}"))
    pull.project.write("params.yaml", "script: src/train.py\ntrain:\n  slope: 2.0\n")
    pull.push("A template")
    assert pull.ci("pr").status == 0, pull.notes()
    pull.project.write("params.yaml", "script: src/train.py\ntrain:\n  slope: 1.9\n")
    pull.push("Not run")
    assert pull.ci("pr").status == 1
    assert "changed param train.slope" in pull.notes()["stale_stage"]


def test_outputs_that_nobody_could_fetch_block(pull: PullRequest) -> None:
    shutil.rmtree(storage(pull.project))
    done = pull.ci("pr")
    assert done.status == 1
    assert pull.notes() == {
        "not_in_remote": "3 outputs are not in the DVC remote: `data/clean.csv`, `models/line.json`, "
        "`data/raw.csv`"
    }


def test_a_repository_without_a_dvc_remote_has_outputs_that_nobody_could_fetch(pull: PullRequest) -> None:
    pull.project.dvc("remote", "remove", "-q", "storage")
    pull.push("No remote", data=False)
    assert pull.ci("pr").status == 1
    assert "No default DVC remote is configured" in pull.notes()["not_in_remote"]


def unreachable(pull: PullRequest) -> None:
    pull.project.dvc("remote", "modify", "-q", "storage", "url", "http://ada:secret@127.0.0.1:9/")
    pull.push("Another remote", data=False)


def test_a_dvc_remote_that_does_not_answer_fails_closed(pull: PullRequest) -> None:
    unreachable(pull)
    done = pull.ci("pr")
    assert done.status == 5
    assert pull.report()["exit_code"] == 5
    assert "Whether the DVC remote has the outputs is not known" in pull.notes()["not_in_remote"]
    assert "secret" not in (pull.folder / "report.md").read_text()


def test_for_a_fork_it_is_only_told(pull: PullRequest) -> None:
    pull.forge.state.pulls[0].source = "mallory/tumor"
    unreachable(pull)
    done = pull.ci("pr")
    assert done.status == 0, done.err
    report = pull.report()
    assert report["fork"] is True
    (line,) = report["skipped"]
    assert line.startswith("outputs in the DVC remote: ")
    assert "outputs in the DVC remote" in pull.summary


@pytest.mark.parametrize("dep", ["data/many/a", "data"], ids=["a part", "a folder around it"])
def test_a_directory_is_judged_by_its_listing_in_the_remote(pull: PullRequest, dep: str) -> None:
    project = pull.project
    project.write("data/many/a/one.txt", "1")
    project.write("data/many/b/two.txt", "2")
    project.dvc("add", "-q", "data/many")
    part = f"  part:\n    cmd: cat data/many/a/* > part.txt\n    deps: [{dep}]\n    outs: [part.txt]\n"
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("artifacts:", f"{part}artifacts:"))
    project.dvc("repro", "-q")
    pull.push("A directory")
    shutil.rmtree(project / "data" / "many")
    forget_data(project)
    assert pull.ci("pr").status == 0, pull.notes()
    project.write("data/many/a/one.txt", "another")
    project.write("data/many/b/two.txt", "2")
    project.dvc("add", "-q", "data/many")
    pull.push("Other data")
    shutil.rmtree(project / "data" / "many")
    forget_data(project)
    assert pull.ci("pr").status == 1
    assert pull.notes()["stale_stage"] == f"Stage `part` is stale: changed dep {dep}"


def test_metrics_that_dvc_keeps_are_fetched_for_the_gates(pull: PullRequest) -> None:
    project = pull.project
    project.git("checkout", "-q", "main")
    project.dvc("checkout", "-q")
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().replace(": {cache: false}", ""))
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.dvc("repro", "-q", "-f", "evaluate")
    project.dvc("push", "-q")
    project.commit("Keep metrics in DVC")
    project.git("push", "-q", "origin", "main")
    train(project, "1.5")
    pull.push("Worse")
    forget_data(project)
    (project / "metrics" / "test.json").unlink()
    assert pull.ci("pr").status == 1
    results = pull.report()["check"]["verdict"]["results"]
    assert {each["id"]: each["outcome"] for each in results} == {
        "line/mae-vs-base": "fail",
        "line/r2-floor": "fail",
    }


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("mlgit.yaml", "version: 1\ngats: {}\n", "mlgit.yaml:2:1"),
        ("dvc.yaml", "stages:\n  train:\n    cmdd: x\n", "dvc.yaml:3:5"),
        ("dvc.lock", "schema: '2.0'\nstages: [\n", "dvc.lock:"),
    ],
)
def test_a_broken_file_is_a_report_too(pull: PullRequest, name: str, text: str, place: str) -> None:
    pull.project.write(name, text)
    pull.push("Broken", data=False)
    done = pull.ci("pr")
    assert done.status == 3
    assert "error: " in done.err
    report = pull.report()
    assert report["check"] is None
    assert report["failure"]["exit_code"] == report["exit_code"] == 3
    assert place in report["failure"]["place"]
    assert {path.name for path in pull.folder.iterdir()} == FILES
    assert pull.summary.startswith("### ❌ No verdict: ")
    assert 'errors="1"' in (pull.folder / "junit.xml").read_text()
    assert "MLGIT_DECISION=none" in (pull.folder / "mlgit.env").read_text()


def test_a_folder_without_a_repository_gets_its_report(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "nothing")
    folder.path.mkdir()
    done = folder.here("ci", "pr", "-o", "out", "--json")
    assert done.status == 4
    assert_valid(done.json(), "error")
    assert_valid(json.loads((folder / "out" / "report.json").read_text()), "ci-report")


def test_a_report_of_before_never_survives_a_run_that_failed(pull: PullRequest) -> None:
    assert pull.ci("pr").status == 0
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.push("Broken", data=False)
    assert pull.ci("pr").status == 3
    assert "No verdict" in (pull.folder / "report.md").read_text()
    assert "passed" not in (pull.folder / "junit.xml").read_text()


def test_on_a_laptop_the_commit_is_judged_and_changes_are_told(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.0\n")
    done = pull.project.here("ci", "pr")
    assert done.status == 0, done.err
    report = pull.report()
    assert (report["host"], report["number"], report["commit"]) == (None, None, pull.sha)
    assert report["skipped"] == ["changes that are not committed: `params.yaml`"]
    assert report["check"]["verdict"]["candidate"]["commit"] == pull.sha


def test_names_from_outside_are_text(project: Folder, tmp_path: Path) -> None:
    project.write(
        "src/evaluate.py",
        "import json\n"
        "json.dump({'mae': 0.01, 'r2': 0.9, '@all | <!-- mlgit-report:x -->\\n# hi': 1,"
        " '$(touch owned)`x`': 2}, open('metrics/test.json', 'w'))\n",
    )
    train(project, "2.0")
    with started() as forge:
        pull = PullRequest(
            project,
            forge,
            tmp_path / "runner",
            branch="a$(touch${IFS}owned);b",
            title="<!-- mlgit-report:x --> `$(id)`",
        )
        pull.push("Hostile")
        done = pull.ci("pr")
    assert done.status == 0, done.err
    text = (pull.folder / "report.md").read_text()
    assert text.count("<!--") == 1
    assert "@all" not in text
    assert not (project / "owned").exists()


def test_gitlab_compares_with_the_base_of_the_merge_request(pull: PullRequest) -> None:
    done = pull.ci("pr", env=pull.gitlab())
    assert done.status == 0, done.err
    report = pull.report()
    assert (report["host"], report["project"], report["commit"]) == ("gitlab", "7", pull.sha)
    (base,) = report["check"]["verdict"]["baselines"]
    assert base["rule"] == "`CI_MERGE_REQUEST_DIFF_BASE_SHA`"


# The pipeline is run.


def test_a_run_makes_results_and_sends_them_to_the_dvc_remote(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    forget_data(pull.project)
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == 0, done.err
    report = pull.report()
    assert (report["mode"], report["pushed"], report["commit"]) == ("run", None, pull.sha)
    assert report["check"]["verdict"]["decision"] == "allow"
    pull.project.ok(sys.executable, "-m", "dvc", "status", "-q", "--cloud")
    shown = (pull.folder / "report.md").read_text()
    assert "- What the run wrote is not in the branch: `dvc.lock`, `metrics/test.json`; run" in shown
    assert "# the same verdict in your clone\nmlgit run\n```" in shown


def test_a_pipeline_that_fails_is_a_report_with_its_words(pull: PullRequest) -> None:
    pull.project.write("src/train.py", "import sys\nsys.exit('my own reason')\n")
    pull.push("Broken", data=False)
    done = pull.ci("pr", "--pipeline", "run", "-q")
    assert done.status == 5
    failure = pull.report()["failure"]
    assert (failure["code"], failure["message"]) == ("stage_failed", "Stage `train` failed")
    shown = (pull.folder / "report.md").read_text()
    assert "my own reason" in shown
    assert "# the same in your clone\nmlgit run\n" in shown


def test_a_fork_may_run_but_its_results_are_not_sent(pull: PullRequest) -> None:
    pull.forge.state.pulls[0].source = "mallory/tumor"
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    before = sorted(storage(pull.project).rglob("*"))
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == 0, done.err
    assert pull.report()["skipped"] == [
        "results were not sent to the DVC remote: a fork's run may not write there"
    ]
    assert sorted(storage(pull.project).rglob("*")) == before


def test_an_invalid_config_is_told_before_the_pipeline_runs(pull: PullRequest) -> None:
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.project.write("params.yaml", "train:\n  slope: 1.0\n")
    pull.push("Broken", data=False)
    done = pull.ci("pr", "--pipeline", "run")
    assert done.status == 3
    assert "Running stage" not in done.err


def test_stages_do_not_see_the_tokens_of_the_forge(pull: PullRequest) -> None:
    script = (pull.project / "src/train.py").read_text()
    seen = "import os\nopen('seen.txt', 'w').write(' '.join(os.environ.values()))\n"
    pull.project.write("src/train.py", f"{seen}{script}")
    pull.push("Curious", data=False)
    tokens = {"MLGIT_PUSH_TOKEN": "push-token-1234", "MLGIT_GITLAB_TOKEN": "gitlab-token-1234"}
    assert pull.ci("pr", "--pipeline", "run", env=pull.github() | tokens).status == 0
    assert "token-1234" not in (pull.project / "seen.txt").read_text()


@pytest.fixture
def stale(pull: PullRequest) -> PullRequest:
    """The pull request with a parameter that was changed and not run, checked out as GitHub does."""
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    pull.check_out_merge()
    return pull


def tip(pull: PullRequest) -> str:
    return pull.project.git("ls-remote", "origin", f"refs/heads/{pull.branch}").split("\t")[0]


def test_results_are_committed_on_top_of_the_branch(stale: PullRequest) -> None:
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 0, done.err
    report = stale.report()
    made = report["pushed"]
    assert made == report["commit"] == tip(stale) != stale.sha
    assert stale.project.git("rev-parse", f"{made}^") == stale.sha
    changed = stale.project.git("diff", "--name-only", stale.sha, made).splitlines()
    assert changed == ["dvc.lock", "metrics/test.json"]
    assert report["check"]["verdict"]["candidate"]["label"] == made[:7]
    assert [each["commit"] for each in report["check"]["verdict"]["baselines"]] == [stale.base]
    assert f"MLGIT_PUSHED={made}" in (stale.folder / "mlgit.env").read_text()


def test_what_was_committed_is_proven_and_a_second_run_has_nothing_to_push(stale: PullRequest) -> None:
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == 0
    made = stale.report()["pushed"]
    stale.forge.move_pull(stale.number, made)
    stale.project.git("checkout", "-q", "--detach", made)
    assert stale.ci("pr").status == 0, stale.notes()
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == 0
    assert stale.report()["pushed"] is None
    assert tip(stale) == made


def test_a_verdict_of_no_is_about_the_new_commit_too(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.5\n")
    pull.push("Worse, not run", data=False)
    done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 1
    assert pull.report()["commit"] == tip(pull) != pull.sha


def test_only_what_dvc_wrote_is_committed(stale: PullRequest) -> None:
    script = (stale.project / "src/train.py").read_text()
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.write("src/train.py", f"open('README.md', 'w').write('mine now')\n{script}")
    stale.project.write("README.md", "Words\n")
    stale.push("A stage that writes elsewhere", data=False)
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 0, done.err
    made = stale.report()["pushed"]
    assert stale.project.git("show", f"{made}:README.md") == "Words"
    assert stale.report()["skipped"] == [
        "changed by the run and not committed, because DVC did not write it: `README.md`"
    ]


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
    assert done.status == 0, done.err
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
    assert done.status == 4
    assert "cannot push to the branch of a fork" in stale.report()["failure"]["message"]
    assert "Running stage" not in done.err
    assert tip(stale) == stale.sha


def test_trunk_is_never_pushed_to(pull: PullRequest) -> None:
    pull.project.git("checkout", "-q", "main")
    done = pull.project.mlgit("ci", "pr", "--pipeline", "run", "--commit")
    assert done.status == 4
    assert "trunk" in done.err


def test_a_branch_that_has_gone_on_stops_the_run_before_it_begins(stale: PullRequest) -> None:
    other = clone(stale.project, "other")
    other.git("checkout", "-q", stale.branch)
    newer = other.commit("Newer")
    other.git("push", "-q")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 4
    assert stale.report()["failure"]["code"] == "lost_race"
    assert "Running stage" not in done.err
    assert tip(stale) == newer


def test_a_branch_that_goes_on_while_the_pipeline_runs_is_a_lost_race(stale: PullRequest) -> None:
    other = clone(stale.project, "other")
    other.git("checkout", "-q", stale.branch)
    newer = other.commit("Newer")
    push = (
        f"import subprocess\nsubprocess.run(['git', '-C', {str(other.path)!r}, 'push', '-q'], check=True)\n"
    )
    script = (stale.project / "src/train.py").read_text()
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.write("src/train.py", f"{push}{script}")
    # The commit that the other one was made upon, so that its push is a plain one.
    other.git("reset", "-q", "--hard", stale.sha)
    stale.push("A stage that pushes", data=False)
    other.git("fetch", "-q")
    other.git("reset", "-q", "--hard", stale.sha)
    newer = other.commit("Newer")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 4, done.err
    failure = stale.report()["failure"]
    assert failure["code"] == "lost_race"
    assert f"is on {newer[:7]} by now" in failure["message"]
    assert tip(stale) == newer


def test_who_commits_must_be_known_before_the_run_begins(stale: PullRequest) -> None:
    nobody = {"GIT_AUTHOR_NAME": "", "GIT_COMMITTER_NAME": ""}
    done = stale.ci("pr", "--pipeline", "run", "--commit", env=stale.github() | nobody)
    assert done.status == 4
    assert stale.report()["failure"]["message"] == "git does not know who commits"
    assert "Running stage" not in done.err


def test_a_remote_that_refuses_is_a_tool_error(stale: PullRequest) -> None:
    hook(stale.project, "pre-receive", "echo no; exit 1")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 5
    assert stale.report()["failure"]["message"] == "`origin` did not take `topic`"
    assert tip(stale) == stale.sha


def test_a_working_tree_with_changes_is_not_mixed_into_the_commit(stale: PullRequest) -> None:
    stale.project.write("src/train.py", "not mine\n")
    done = stale.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 4
    assert "differs from HEAD" in stale.report()["failure"]["message"]


def test_results_without_a_dvc_remote_are_not_committed(stale: PullRequest) -> None:
    stale.project.git("checkout", "-q", stale.branch)
    stale.project.dvc("remote", "remove", "-q", "storage")
    stale.push("No remote", data=False)
    assert stale.ci("pr", "--pipeline", "run", "--commit").status == 4
    assert tip(stale) == stale.sha
    assert stale.ci("pr", "--pipeline", "run").status == 0
    assert stale.report()["skipped"] == ["results were not sent to a DVC remote: none is configured"]


def test_a_bug_is_a_report_too(tmp_path: Path) -> None:
    def opened() -> Project:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        ci_pr(
            opened,
            pipeline="verify",
            commit=False,
            folder=str(tmp_path / "out"),
            variables={},
            progress=Silent(),
        )
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert_valid(document, "ci-report")
    assert (document["exit_code"], document["failure"]["code"]) == (70, "bug")
    assert (
        load_report((tmp_path / "out" / "report.json").read_bytes(), name="report.json").failure is not None
    )


def test_commit_without_run_is_a_usage_error_and_no_report(pull: PullRequest) -> None:
    done = pull.ci("pr", "--commit")
    assert done.status == 2
    assert not pull.folder.exists()


def test_a_full_disk_leaves_no_half_report(pull: PullRequest) -> None:
    pull.folder.mkdir()
    os.chmod(pull.folder, 0o500)
    if os.access(pull.folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert pull.ci("pr").status == 4
    os.chmod(pull.folder, 0o700)
    assert list(pull.folder.iterdir()) == []
