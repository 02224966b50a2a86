"""`mlgit ci pr`: the committed results are proven, and there is always a report."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.runner.report import load_report
from mlgit.core.progress import Silent
from mlgit.errors import Exit
from mlgit.flows.ci.pr import ci_pr
from tests.support.forge import started
from tests.support.pull_request import FILES, PullRequest, train
from tests.support.schema import assert_valid
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.project.open import Project


def test_a_change_that_passes_its_gates_needs_no_data(pull: PullRequest) -> None:
    merge = pull.check_out_merge()
    pull.forget_data()
    done = pull.ci("pr", "--json")
    assert done.status == Exit.DONE, done.err
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


def test_the_outputs_of_the_run_are_written(pull: PullRequest) -> None:
    assert pull.ci("pr").status == Exit.DONE
    assert pull.summary == (pull.folder / "report.md").read_text(encoding="utf-8")
    assert pull.summary.startswith("### ✅ May merge: line, 2 of 2 gates passed")
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
    assert done.status == Exit.BLOCKED
    assert "Blocked: line, MAE rose from 0.055 to 2.75; 2 of 2 gates failed" in " ".join(done.out.split())
    assert 'failures="2"' in (pull.folder / "junit.xml").read_text()
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_nothing_changed_is_one_short_line(project: Folder, tmp_path: Path) -> None:
    project.write("README.md", "Words only\n")
    with started() as forge:
        pull = PullRequest(project, forge, tmp_path / "runner")
        pull.push("Words")
        assert pull.ci("pr").status == Exit.DONE
    lines = [line for line in pull.summary.splitlines() if line and not line.startswith("<")]
    assert len(lines) <= 3, pull.summary


def test_params_edited_without_a_run_are_a_stale_stage(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.98\n")
    pull.push("Forgot to run")
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes() == {
        "stale_stage": "Stage `train` is stale: changed param train.slope (and `evaluate` after it)"
    }


def test_code_edited_without_a_run_is_a_stale_stage(pull: PullRequest) -> None:
    script = (pull.project / "src/prepare.py").read_text()
    pull.project.write("src/prepare.py", f"# newer\n{script}")
    pull.push("Forgot to run", data=False)
    pull.forget_data()
    assert pull.ci("pr").status == Exit.BLOCKED
    assert "changed dep src/prepare.py" in pull.notes()["stale_stage"]


def test_changed_data_makes_a_stage_stale_even_if_it_is_not_here(pull: PullRequest) -> None:
    pull.project.write("data/raw.csv", "x,y\n1,2\n")
    pull.project.dvc("add", "-q", "data/raw.csv")
    pull.push("New data")
    pull.forget_data()
    assert pull.ci("pr").status == Exit.BLOCKED
    assert "changed dep data/raw.csv" in pull.notes()["stale_stage"]


def test_metrics_edited_by_hand_are_not_from_the_pipeline(pull: PullRequest) -> None:
    pull.project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 11}')
    pull.push("Look how good")
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes()["not_from_pipeline"].endswith(" is not what `dvc.lock` records for stage `evaluate`")


def test_metrics_edited_by_hand_block_even_without_a_gate(pull: PullRequest) -> None:
    pull.project.write("mlgit.yaml", "version: 1\nmodels:\n  line: {path: models/line.json}\n")
    pull.project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 11}')
    pull.push("Look how good")
    assert pull.ci("pr").status == Exit.BLOCKED
    assert set(pull.notes()) == {"not_from_pipeline"}


def test_without_dvc_lock_nothing_is_proven(pull: PullRequest) -> None:
    pull.project.git("rm", "-q", "dvc.lock")
    pull.push("No lock", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes()["lock_missing"] == "dvc.lock is missing: no stage has a recorded result"


def test_a_stage_that_never_ran_is_named(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write(
        "dvc.yaml", text.replace("artifacts:", "  more:\n    cmd: echo more\n    deps: [src]\nartifacts:")
    )
    pull.push("One more", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes() == {"lock_missing": "Stage `more` has no recorded result in dvc.lock"}


def test_an_output_that_was_added_to_a_stage_is_not_proven(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json, models/two]")
    )
    pull.push("One more output", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert "new output models/two" in pull.notes()["stale_stage"]


def test_a_frozen_stage_with_changed_inputs_is_stale(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write("dvc.yaml", text.replace("  train:\n", "  train:\n    frozen: true\n"))
    pull.push("Freeze", data=False)
    assert pull.ci("pr").status == Exit.DONE
    assert pull.report()["skipped"] == []
    pull.project.write("params.yaml", "train:\n  slope: 1.5\n")
    pull.push("Change what it reads", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert pull.notes()["stale_stage"] == (
        "Stage `train` is stale: changed param train.slope (the stage is frozen) (and `evaluate` after it)"
    )


def test_a_templated_pipeline_is_proven_like_any_other(pull: PullRequest) -> None:
    text = (pull.project / "dvc.yaml").read_text()
    pull.project.write("dvc.yaml", text.replace("python src/train.py", "python ${script}"))
    pull.project.write("params.yaml", "script: src/train.py\ntrain:\n  slope: 2.0\n")
    pull.push("A template")
    assert pull.ci("pr").status == Exit.DONE, pull.notes()
    pull.project.write("params.yaml", "script: src/train.py\ntrain:\n  slope: 1.9\n")
    pull.push("Not run")
    assert pull.ci("pr").status == Exit.BLOCKED
    assert "changed param train.slope" in pull.notes()["stale_stage"]


def test_outputs_that_cannot_be_fetched_block(pull: PullRequest) -> None:
    shutil.rmtree(pull.storage)
    done = pull.ci("pr")
    assert done.status == Exit.BLOCKED
    assert pull.notes() == {
        "not_in_remote": "3 outputs are not in the DVC remote: `data/clean.csv`, `models/line.json`, "
        "`data/raw.csv`"
    }


def test_without_a_dvc_remote_outputs_cannot_be_fetched(pull: PullRequest) -> None:
    pull.project.dvc("remote", "remove", "-q", "storage")
    pull.push("No remote", data=False)
    assert pull.ci("pr").status == Exit.BLOCKED
    assert "No default DVC remote is configured" in pull.notes()["not_in_remote"]
    assert "hint: run `dvc remote add -d NAME URL`\n" in (pull.folder / "report.md").read_text()


def unreachable(pull: PullRequest) -> None:
    pull.project.dvc("remote", "modify", "-q", "storage", "url", "http://ada:secret@127.0.0.1:9/")
    pull.push("Another remote", data=False)


def test_a_dvc_remote_that_does_not_answer_fails_closed(pull: PullRequest) -> None:
    unreachable(pull)
    done = pull.ci("pr")
    assert done.status == Exit.TOOL
    assert pull.report()["exit_code"] == Exit.TOOL
    assert "Whether the DVC remote has the outputs is not known" in pull.notes()["not_in_remote"]
    assert "secret" not in (pull.folder / "report.md").read_text()


def test_for_a_fork_missing_outputs_are_only_reported(pull: PullRequest) -> None:
    pull.forge.state.pulls[0].source = "mallory/tumor"
    unreachable(pull)
    done = pull.ci("pr")
    assert done.status == Exit.DONE, done.err
    report = pull.report()
    assert report["fork"] is True
    (line,) = report["skipped"]
    assert line.startswith("outputs in the DVC remote: ")
    assert "outputs in the DVC remote" in pull.summary


@pytest.mark.parametrize("dep", ["data/many/a", "data"], ids=["a part", "a folder around it"])
def test_a_directory_is_checked_by_its_listing_in_the_remote(pull: PullRequest, dep: str) -> None:
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
    pull.forget_data()
    assert pull.ci("pr").status == Exit.DONE, pull.notes()
    project.write("data/many/a/one.txt", "another")
    project.write("data/many/b/two.txt", "2")
    project.dvc("add", "-q", "data/many")
    pull.push("Other data")
    shutil.rmtree(project / "data" / "many")
    pull.forget_data()
    assert pull.ci("pr").status == Exit.BLOCKED
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
    pull.forget_data()
    (project / "metrics" / "test.json").unlink()
    assert pull.ci("pr").status == Exit.BLOCKED
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
def test_a_broken_file_is_also_a_report(pull: PullRequest, name: str, text: str, place: str) -> None:
    pull.project.write(name, text)
    pull.push("Broken", data=False)
    done = pull.ci("pr")
    assert done.status == Exit.CONFIG
    assert "error: " in done.err
    report = pull.report()
    assert report["check"] is None
    assert report["failure"]["exit_code"] == report["exit_code"] == Exit.CONFIG
    assert place in report["failure"]["place"]
    assert {path.name for path in pull.folder.iterdir()} == FILES
    assert pull.summary.startswith("### ❌ No verdict: ")
    assert 'errors="1"' in (pull.folder / "junit.xml").read_text()
    assert "MLGIT_DECISION=none" in (pull.folder / "mlgit.env").read_text()


def test_a_folder_without_a_repository_gets_its_report(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "nothing")
    folder.path.mkdir()
    done = folder.here("ci", "pr", "-o", "out", "--json")
    assert done.status == Exit.STATE
    assert_valid(done.json(), "error")
    assert_valid(json.loads((folder / "out" / "report.json").read_text()), "ci-report")


def test_an_earlier_report_never_survives_a_failed_run(pull: PullRequest) -> None:
    assert pull.ci("pr").status == Exit.DONE
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.push("Broken", data=False)
    assert pull.ci("pr").status == Exit.CONFIG
    assert "No verdict" in (pull.folder / "report.md").read_text()
    assert "passed" not in (pull.folder / "junit.xml").read_text()


def test_on_a_laptop_the_commit_is_checked_and_changes_are_reported(pull: PullRequest) -> None:
    pull.project.write(".git/info/exclude", "")
    pull.project.write("params.yaml", "train:\n  slope: 1.0\n")
    done = pull.project.here("ci", "pr")
    assert done.status == Exit.DONE, done.err
    report = pull.report()
    assert (report["host"], report["number"], report["commit"]) == (None, None, pull.sha)
    assert report["skipped"] == ["changes that are not committed: `params.yaml`"]
    assert report["check"]["verdict"]["candidate"]["commit"] == pull.sha
    assert pull.project.git("status", "--porcelain") == "M params.yaml"


def test_a_folder_that_is_there_already_is_not_hidden_from_git(pull: PullRequest) -> None:
    pull.project.write(".git/info/exclude", "")
    pull.folder.mkdir()
    assert pull.project.here("ci", "pr").status == Exit.DONE
    assert pull.project.git("status", "--porcelain") == "?? mlgit-report/"


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
    assert done.status == Exit.DONE, done.err
    text = (pull.folder / "report.md").read_text()
    assert text.count("<!--") == 1
    assert "@all" not in text
    assert not (project / "owned").exists()


@pytest.mark.parametrize("token", [None, "MLGIT_GITLAB_TOKEN", "GITLAB_TOKEN"])
def test_on_gitlab_a_token_that_the_branch_can_read_is_a_warning(
    pull: PullRequest, token: str | None
) -> None:
    env = pull.gitlab(token=None) | ({} if token is None else {token: "s3cret"})
    done = pull.ci("pr", env=env)
    assert done.status == Exit.DONE, done.err
    warned = f"`{token}` can be read by the code of this branch" in (pull.folder / "report.md").read_text()
    assert warned == (token is not None)
    assert "s3cret" not in (pull.folder / "report.json").read_text()


def test_gitlab_compares_with_the_base_of_the_merge_request(pull: PullRequest) -> None:
    done = pull.ci("pr", env=pull.gitlab())
    assert done.status == Exit.DONE, done.err
    report = pull.report()
    assert (report["host"], report["project"], report["commit"]) == ("gitlab", "7", pull.sha)
    (base,) = report["check"]["verdict"]["baselines"]
    assert base["rule"] == "`CI_MERGE_REQUEST_DIFF_BASE_SHA`"


def test_a_bug_is_also_a_report(tmp_path: Path) -> None:
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
    assert (document["exit_code"], document["failure"]["code"]) == (Exit.BUG, "bug")
    assert (
        load_report((tmp_path / "out" / "report.json").read_bytes(), name="report.json").failure is not None
    )


def test_a_full_disk_leaves_no_half_report(pull: PullRequest) -> None:
    pull.folder.mkdir()
    os.chmod(pull.folder, 0o500)
    if os.access(pull.folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert pull.ci("pr").status == Exit.STATE
    os.chmod(pull.folder, 0o700)
    assert list(pull.folder.iterdir()) == []
