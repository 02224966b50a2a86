"""`mlgit report --format html` writes one file, also without a verdict; `ci pr` leaves the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest
    from tests.support.shell import Folder

ROC = "fpr,tpr\n0,{0}\n1,1\n"


def test_a_report_is_one_file_with_its_curves(project: Folder) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "plots: [roc.csv: {x: fpr, y: tpr}]\n")
    project.write("roc.csv", ROC.format(0.5))
    project.commit("Declare a curve")
    project.git("push", "-q", "origin", "HEAD:main")
    project.write("roc.csv", ROC.format(0.25))
    done = project.here("report", "--format", "html", "-o", "report.html")
    assert done.status == Exit.DONE, done.err
    text = (project / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.count("<figcaption>ROC ") == 1
    assert "<script" not in text


def test_without_a_verdict_the_file_says_why(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 2\n")
    done = project.here("report", "--format", "html")
    assert done.status == Exit.CONFIG
    assert "<h1>❌ No verdict: " in done.out


def test_a_pull_requests_job_leaves_the_page_of_its_comment(pull: PullRequest) -> None:
    pull.ci("pr")
    text = (pull.folder / "report.html").read_text(encoding="utf-8")
    heading = (pull.folder / "report.md").read_text(encoding="utf-8").splitlines()[0]
    assert f"<h1>{heading.removeprefix('### ').split(':')[0]}" in text
