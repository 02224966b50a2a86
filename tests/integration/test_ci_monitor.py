"""`mlgit ci monitor`: trunk is checked against its gates as they are today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.forge import started
from tests.support.pull_request import FILES, PullRequest, train

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.fixture
def nightly(project: Folder, tmp_path: Path) -> Iterator[PullRequest]:
    """A scheduled job; it has no pull request and only uses the helpers of one."""
    with started() as forge:
        yield PullRequest(project, forge, tmp_path / "runner")


def scheduled(nightly: PullRequest) -> dict[str, str]:
    sha = nightly.project.git("rev-parse", "HEAD")
    return nightly.forge.github_job(nightly.runner, event="schedule", sha=sha)


def test_trunk_that_passes_its_gates_is_allowed(nightly: PullRequest) -> None:
    done = nightly.ci("monitor", env=scheduled(nightly))
    assert done.status == Exit.DONE, done.err
    assert {path.name for path in nightly.folder.iterdir()} == FILES
    report = nightly.report()
    assert (report["mode"], report["job"], report["number"]) == ("check", "monitor", None)
    assert report["commit"] == nightly.project.git("rev-parse", "main")
    assert nightly.summary == (nightly.folder / "report.md").read_text()


def test_trunk_that_fails_a_gate_blocks(nightly: PullRequest) -> None:
    train(nightly.project, "1.5")
    nightly.project.commit("Worse")
    nightly.project.git("push", "-q")
    done = nightly.ci("monitor", "--json", env=scheduled(nightly))
    assert done.status == Exit.BLOCKED
    assert done.json() == nightly.report()


def test_trunk_is_checked_whatever_is_checked_out(nightly: PullRequest) -> None:
    nightly.project.git("checkout", "-q", "-b", "other")
    train(nightly.project, "1.5")
    nightly.project.commit("Worse")
    done = nightly.project.here("ci", "monitor")
    assert done.status == Exit.DONE, done.err
    assert nightly.report()["commit"] == nightly.project.git("rev-parse", "main")


def test_a_missing_verdict_is_also_a_report(nightly: PullRequest) -> None:
    nightly.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    nightly.project.commit("Broken")
    nightly.project.git("push", "-q")
    done = nightly.ci("monitor", "-o", "out", env=scheduled(nightly))
    assert done.status == Exit.CONFIG
    document = json.loads((nightly.project / "out" / "report.json").read_text())
    assert document["failure"]["exit_code"] == Exit.CONFIG


def test_its_check_has_another_name_than_that_of_pull_requests(nightly: PullRequest) -> None:
    env = scheduled(nightly)
    nightly.ci("monitor", env=env)
    done = nightly.ci("comment", env=env)
    assert done.status == Exit.DONE, done.err
    (check,) = nightly.forge.checks(nightly.project.git("rev-parse", "main"))
    assert (check.name, check.conclusion) == ("mlgit/monitor", "success")
    assert "does not belong to a pull request" in done.err
