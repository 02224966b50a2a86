"""`mlgit check` and `mlgit report` through the real program on a real DVC project."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from mlgit.errors import Exit
from mlgit.resources import schema_text
from tests.support.checks import DATE, VERDICT, check, gates, notes, results, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

ERROR = Draft202012Validator(json.loads(schema_text("error")))
SECOND_MODEL = """\
  flatten:
    cmd: echo '{"r2":0.1}' > models/flat.json
    deps: [data/clean.csv]
    outs: [models/flat.json]
  judge:
    cmd: cp models/flat.json metrics/flat.json
    deps: [models/flat.json]
    metrics:
      - metrics/flat.json: {cache: false}
"""


def test_a_first_model_passes_and_gates_without_a_baseline_are_skipped(project: Folder) -> None:
    verdict = check(project, status=Exit.DONE)
    assert results(verdict) == {
        "line/mae-vs-base": ("skipped", "no_baseline", "allow"),
        "line/r2-floor": ("pass", None, "allow"),
    }
    assert verdict["decision"] == "allow"
    assert verdict["first_model"] is True


def test_a_change_that_keeps_its_gates_passes(project: Folder) -> None:
    project.git("checkout", "-qb", "better")
    train(project, "2.0")
    project.commit("Better")
    verdict = check(project, status=Exit.DONE)
    assert {each[0] for each in results(verdict).values()} == {"pass"}
    (base,) = verdict["baselines"]
    assert base["commit"] == project.git("rev-parse", "main")
    assert base["rule"] == "where this branch left `origin/main`"


def test_a_worse_model_is_blocked(project: Folder) -> None:
    train(project, "1.5")
    verdict = check(project, status=Exit.BLOCKED)
    assert verdict["decision"] == "block"
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "block")
    result = next(each for each in verdict["results"] if each["gate"] == "mae-vs-base")
    assert (result["candidate"], result["baseline"], result["change"]) == ("2.75", "0.055", "2.695")
    page = project.here("check")
    assert page.status == Exit.BLOCKED
    assert page.out.splitlines()[-1].startswith("Blocked: line, MAE rose from 0.055 to 2.75; ")
    assert max(len(line) for line in page.out.splitlines()) <= 80


def test_a_severity_of_warn_does_not_block(project: Folder) -> None:
    gates(project, "  floor: {metric: r2, min: 0.99, severity: warn}\n")
    verdict = check(project, status=Exit.DONE)
    assert verdict["decision"] == "allow_with_warnings"


def test_a_clean_working_tree_has_the_label_of_its_commit(project: Folder) -> None:
    head = project.git("rev-parse", "--short=7", "HEAD")
    assert check(project, status=Exit.DONE)["candidate"]["label"] == head
    assert f"…{head} · " in project.here("report", "--format", "markdown").out
    assert project.here("check").out.startswith(f"{head}\n")
    project.write("notes.txt", "not committed")
    label = check(project, status=Exit.DONE)["candidate"]["label"]
    assert label == f"{head} with untracked files"
    project.write("helper.py", "not committed")
    assert check(project, status=Exit.DONE)["candidate"]["label"] == "working tree"
    for name in ("notes.txt", "helper.py"):
        (project / name).unlink()
    # Git ignores what DVC tracks; only the hashes show the change.
    project.write("data/raw.csv", "x,y\n1,2\n")
    assert project.git("status", "--porcelain") == ""
    assert check(project, status=Exit.BLOCKED)["candidate"]["label"] == "working tree"


def test_the_same_inputs_give_the_same_verdict(project: Folder) -> None:
    train(project, "1.5")
    first, second = (json.dumps(check(project, *DATE, status=Exit.BLOCKED)) for _ in range(2))
    assert first == second


def test_loosened_and_removed_gates_are_findings(project: Folder) -> None:
    project.git("checkout", "-qb", "sly")
    text = (project / "mlgit.yaml").read_text()
    # A gate that only has another id is a note; this one reads another metric.
    other = "mae-vs-bose: {metric: r2, vs: base, max_drop: 0.5}"
    text = text.replace("mae-vs-base: {metric: mae, vs: base, max_rise: 0.05}", other)
    project.write("mlgit.yaml", text.replace("min: 0.5", "min: -9"))
    verdict = check(project, status=Exit.DONE)
    assert verdict["decision"] == "allow_with_warnings"
    assert {each["gate"]: each["kind"] for each in verdict["gates_changed"]} == {
        "r2-floor": "loosened",
        "mae-vs-base": "removed",
        "mae-vs-bose": "added",
    }
    assert notes(verdict) == [("gates_loosened", "warn"), ("gates_loosened", "warn")]


def test_a_branch_that_is_behind_has_loosened_nothing(project: Folder) -> None:
    old = project.git("rev-parse", "HEAD")
    text = (project / "mlgit.yaml").read_text()
    stricter = text.replace("gates:", "gates:\n  more: {metric: rows, min: 1}").replace("0.5}", "0.6}")
    project.write("mlgit.yaml", stricter)
    project.commit("Be stricter")
    project.git("push", "-q")
    project.git("checkout", "-qb", "behind", old)
    assert check(project, status=Exit.DONE)["gates_changed"] == []
    project.write("mlgit.yaml", text.replace("min: 0.5", "min: 0.4"))
    assert [each["kind"] for each in check(project, status=Exit.DONE)["gates_changed"]] == ["loosened"]


def test_each_model_is_checked_with_its_own_numbers(project: Folder) -> None:
    project.write(
        "dvc.yaml",
        (project / "dvc.yaml").read_text().replace("artifacts:", SECOND_MODEL + "artifacts:"),
    )
    project.dvc("repro", "-q")
    project.write(
        "mlgit.yaml",
        "version: 1\nmodels:\n  line: {path: models/line.json}\n  flat: {path: models/flat.json}\n"
        "gates:\n  floor: {metric: r2, min: 0.5}\n  only: {metric: rows, min: 1, model: line}\n",
    )
    project.commit("A second model")
    project.git("push", "-q")
    assert results(check(project, status=Exit.BLOCKED)) == {
        "flat/floor": ("fail", "below_minimum", "block"),
        "line/floor": ("pass", None, "allow"),
        "line/only": ("pass", None, "allow"),
    }
    assert set(results(check(project, "--model", "line", status=Exit.DONE))) == {"line/floor", "line/only"}


def test_explain_shows_the_source_of_each_number(project: Folder) -> None:
    train(project, "1.5")
    done = project.here("check", "--explain", "mae-vs-base")
    assert done.status == Exit.BLOCKED
    text = " ".join(done.out.split())
    head = project.git("rev-parse", "--short=7", "HEAD")
    for part in (
        "mlgit.yaml:6",
        f"2.75 from metrics/test.json:mae, working tree on {head}",
        f"0.055 from metrics/test.json:mae, {head}",
        "`base` is the commit that is checked out",
        "max_rise: 0.05, so candidate - baseline <= 0.05",
    ):
        assert part in text
    unknown = project.here("check", "--explain", "mae-vs-bsae")
    assert unknown.status == Exit.USAGE
    assert "did you mean `" in unknown.err


def test_a_model_can_be_chosen_and_an_unknown_one_is_an_error(project: Folder) -> None:
    assert set(results(check(project, "--model", "line", status=Exit.DONE))) == {
        "line/mae-vs-base",
        "line/r2-floor",
    }
    done = project.here("check", "--model", "lien")
    assert done.status == Exit.STATE
    assert "did you mean `line`?" in done.err


@pytest.mark.parametrize("argv", [("--date", "tomorrow"), ("--promote-to", "prod", "--purpose", "release")])
def test_wrong_options_are_a_usage_error(project: Folder, argv: tuple[str, ...]) -> None:
    assert project.here("check", *argv).status == Exit.USAGE


def test_an_invalid_config_is_an_error_and_still_writes_a_report(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    assert project.here("check").status == Exit.CONFIG
    markdown = project.here("report", "--format", "markdown", "-o", "report.md")
    assert markdown.status == Exit.CONFIG
    assert (project / "report.md").read_text().startswith("### ❌ No verdict: ")
    assert project.here("report", "--format", "junit", "-o", "report.xml").status == Exit.CONFIG
    assert ET.parse(project / "report.xml").getroot().get("errors") == "1"  # noqa: S314 (our own XML)
    for argv in (("--json",), ("--format", "json")):
        done = project.here("report", *argv)
        assert done.status == Exit.CONFIG
        ERROR.validate(done.json())


def test_without_a_config_no_gate_is_evaluated(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    project.commit("No config")
    project.git("push", "-q")
    verdict = check(project, status=Exit.DONE)
    assert (verdict["decision"], notes(verdict)) == ("allow", [("no_gates", "note")])


def test_a_change_can_fix_a_config_that_is_broken_on_trunk(project: Folder) -> None:
    good = (project / "mlgit.yaml").read_text()
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    project.commit("Break it")
    project.git("push", "-q")
    project.write("mlgit.yaml", good)
    verdict = check(project, status=Exit.DONE)
    assert ("trunk_config_invalid", "warn") in notes(verdict)
    assert verdict["policy"]["environments"] == project.git("rev-parse", "HEAD~1")


def test_the_policy_names_the_commit_of_trunk_even_if_its_rules_are_the_same(project: Folder) -> None:
    trunk = project.git("rev-parse", "origin/main")
    project.git("checkout", "-q", "-b", "work")
    assert check(project, status=Exit.DONE)["policy"]["environments"] == trunk
    project.write("mlgit.yaml", (project / "mlgit.yaml").read_text() + "# more\n")
    assert check(project, status=Exit.DONE)["policy"]["environments"] == trunk


def test_a_broken_config_on_the_target_of_a_pull_request_is_a_warning(project: Folder) -> None:
    good = (project / "mlgit.yaml").read_text()
    project.git("checkout", "-q", "-b", "develop")
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    project.commit("Break it")
    project.git("push", "-q", "origin", "develop")
    project.write("mlgit.yaml", good)
    found = check(project, status=Exit.DONE, env={"GITHUB_BASE_REF": "develop"})
    assert ("target_config_invalid", "warn") in notes(found)


def test_a_repository_without_a_commit_can_be_checked(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metric: auc, min: 0.5}\n")
    verdict = check(empty_repository, status=Exit.BLOCKED)
    assert results(verdict) == {"floor": ("error", "unknown_metric", "block")}


def test_every_format_of_the_report_has_the_exit_code_of_check(project: Folder) -> None:
    train(project, "1.5")
    console = project.here("report")
    assert console.status == Exit.BLOCKED
    assert console.out.splitlines()[-1].startswith("Blocked: line, MAE rose from ")
    markdown = project.here("report", "--format", "markdown", "-o", "report.md")
    assert (markdown.status, markdown.out) == (Exit.BLOCKED, "")
    text = (project / "report.md").read_text()
    assert text.startswith("### ❌ Blocked: line, ")
    assert "**params**: `train.slope` 1.99 → 1.5" in text
    assert "**model**: `line` changed" in text
    assert "<!-- mlgit-report:mlgit -->" in text
    as_json = project.here("report", "--format", "json")
    VERDICT.validate(as_json.json())
    assert set(as_json.json()["changes"]) == {"data", "params", "model"}
    junit = project.here("report", "--format", "junit")
    assert len(ET.fromstring(junit.out).findall(".//testcase")) == 2  # noqa: S314 (our own XML)
    assert not [path for path in project.path.iterdir() if path.name.endswith(".new")]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(project: Folder) -> None:
    done = project.here("report", "--format", "json", "-o", "no/such/folder/report.json")
    assert done.status == Exit.STATE
    assert "no/such/folder" in done.err
