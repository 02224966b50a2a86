"""Baselines that a tag took away, or moved to where the author of a change may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, notes, results, train
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

GATE = "gates:\n  drop: {metric: r2, vs: staging, max_drop: 0.01}\n"
WAIVER = """\
version: 1
waivers:
  - id: empty
    gate: gates_loosened:drop
    reason: staging starts again
    approver: grace@example.org
    expires: 2026-04-01
"""


def rules(folder: Folder, more: str = "", gate: str = GATE) -> None:
    """Let trunk ask for a comparison."""
    text = (folder / "mlgit.yaml").read_text()
    folder.write("mlgit.yaml", text.replace("gates:\n", gate) + more)
    folder.commit("Compare")
    folder.git("push", "-q", "origin", "HEAD:main")


def worse(folder: Folder) -> None:
    folder.git("checkout", "-q", "-b", "topic")
    train(folder, "1.985")
    folder.commit("Worse")


def by_command(folder: Folder) -> None:
    change(folder, "unassign", "line", "--env", "staging", "-m", "Ward 3")


def by_statement(folder: Folder) -> None:
    """What anyone who may push tags can write with plain git."""
    statement = EnvironmentStatement(
        model="line",
        environment="staging",
        sequence=2,
        action="unassign",
        at="2026-05-03T12:00:00Z",
        version="v1.0.0",
    )
    file = folder.write(".git/message", write_message("Empty", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), "line#staging!#2", "line@v1.0.0^{}")


def by_another_tool(folder: Folder) -> None:
    plant(folder, "line#staging!#2", "line@v1.0.0^{}")


WAYS: dict[str, tuple[Callable[[Folder], None], str]] = {
    "by the command": (by_command, ""),
    "by a forged statement": (by_statement, ""),
    "by another tool": (by_another_tool, "foreign_tags: allow\n"),
}


def message(verdict: Any) -> str:  # noqa: ANN401 (it is JSON)
    return "".join(each["message"] for each in verdict["notes"] if each["code"] == "baseline_emptied")


@pytest.mark.parametrize(("empty", "more"), WAYS.values(), ids=WAYS)
def test_an_emptied_environment_is_a_finding_and_never_empty_yet(
    staged: Folder, empty: Callable[[Folder], None], more: str
) -> None:
    rules(staged, more)
    worse(staged)
    assert results(check(staged, status=Exit.BLOCKED))["line/drop"][0] == "fail"
    empty(staged)
    verdict = check(staged, status=Exit.DONE)
    assert results(verdict)["line/drop"][:2] == ("skipped", "no_baseline")
    assert ("baseline_emptied", "warn") in notes(verdict)
    assert verdict["decision"] == "allow_with_warnings"
    assert verdict["first_model"] is False
    for words in ("`line#staging!#2`", "took v1.0.0 of `line` out on 2026-"):
        assert words in message(verdict)
    done = staged.here("report", "--format", "markdown")
    assert "took v1.0.0" in done.out.partition("| ")[0]
    for screen in (done, staged.here("check")):
        assert "yet" not in screen.out
        assert "first model" not in screen.out


def test_an_emptied_environment_blocks_with_on_loosened_until_it_is_waived(staged: Folder) -> None:
    rules(staged, "on_loosened: fail\n")
    by_command(staged)
    worse(staged)
    assert ("baseline_emptied", "block") in notes(check(staged, status=Exit.BLOCKED))
    staged.git("checkout", "-q", "main")
    staged.write(".mlgit/waivers.yaml", WAIVER)
    staged.commit("Agree")
    staged.git("push", "-q")
    staged.git("checkout", "-q", "topic")
    verdict = check(staged, "--date", "2026-03-02", status=Exit.DONE)
    assert ("baseline_emptied", "waived") in notes(verdict)


def test_a_promotion_into_an_emptied_environment_says_so(staged: Folder) -> None:
    rules(staged)
    by_command(staged)
    done = staged.here("promote", "line", "--to", "staging")
    assert done.status == Exit.DONE, done.err
    assert "v1.0.0 was in `staging`; Ada took it out" in done.out + done.err
    assert "yet" not in done.out + done.err
    assert "baseline_emptied" not in [code for code, _ in notes(check(staged, status=Exit.DONE))]


DEV = (
    "gates:\n  drop: {metric: r2, vs: dev, max_drop: 0.01}\n  news: {metric: r2, vs: release, max_drop: 1}\n"
)


def test_a_pre_release_of_a_branch_is_nothing_to_compare_a_change_with(project: Folder) -> None:
    text = (project / "mlgit.yaml").read_text()
    project.write("mlgit.yaml", text.replace("environments:\n", "environments:\n  dev: {pre: true}\n"))
    rules(project, gate=DEV)
    worse(project)
    project.dvc("push", "-q")
    project.git("push", "-q", "origin", "HEAD")
    change(project, "release", "line", "--pre", "rc")
    change(project, "promote", "line@v1.0.0-rc.1", "--to", "dev")
    verdict = check(project, status=Exit.BLOCKED)
    found = {each["vs"]: each for each in verdict["baselines"]}
    assert found["dev"]["state"] == "unknown"
    assert "`line@v1.0.0-rc.1` is the commit that is checked, which is not on" in found["dev"]["message"]
    assert results(verdict)["line/drop"][:2] == ("error", "unknown_here")
    # There is no release yet.
    assert results(verdict)["line/news"][:2] == ("skipped", "no_baseline")
    project.git("checkout", "-q", "-b", "other", "main")
    (dev,) = [each for each in check(project, status=Exit.BLOCKED)["baselines"] if each["vs"] == "dev"]
    assert "`line@v1.0.0-rc.1` is not on trunk: its commit" in dev["message"]
    # Pre-releases follow each other in an environment that takes them.
    project.git("checkout", "-q", "topic")
    train(project, "1.986")
    project.dvc("push", "-q")
    project.commit("Better")
    project.git("push", "-q", "origin", "HEAD")
    change(project, "release", "line", "--pre", "rc")
    change(project, "promote", "line@v1.0.0-rc.2", "--to", "dev")
    # After the merge it is on trunk.
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--ff-only", "topic")
    project.git("push", "-q")
    assert results(check(project, status=Exit.DONE))["line/drop"][0] == "pass"
