"""`mlgit report --as`: what CI would post on a forge, written on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import train

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.mark.parametrize(
    ("host", "url", "page"),
    [
        ("github", "git@github.com:acme/line.git", "https://github.com/acme/line/blob/{head}/mlgit.yaml#L"),
        ("gitlab", "https://git.example/a/line.git", "https://git.example/a/line/-/blob/{head}/mlgit.yaml#L"),
        ("github", "ssh://git@git.example:2222/a/line.git", None),
        ("github", "../origin.git", None),
    ],
)
def test_gates_are_linked_as_on_the_forge(project: Folder, host: str, url: str, page: str | None) -> None:
    project.git("remote", "set-url", "origin", url)
    done = project.here("report", "--as", host)
    assert done.status == Exit.DONE, done.err
    assert done.out.startswith("### ✅ May merge: line, ")
    head = project.git("rev-parse", "HEAD")
    if page is None:
        assert "](" not in done.out
    else:
        assert f"[r2-floor]({page.format(head=head)}" in done.out


def test_a_blocked_change_ends_with_1_and_can_be_written_to_a_file(project: Folder) -> None:
    train(project, "1.5")
    done = project.here("report", "--as", "github", "-o", "report.md")
    assert (done.status, done.out) == (Exit.BLOCKED, "")
    text = (project / "report.md").read_text()
    assert text.startswith("### ❌ Blocked: line, MAE rose from ")
    assert project.here("report", "--format", "markdown", "--as", "github").out == text


@pytest.mark.parametrize("argv", [("--json",), ("--format", "junit"), ("--format", "console"), ("--post",)])
def test_other_outputs_are_refused_next_to_it(project: Folder, argv: tuple[str, ...]) -> None:
    done = project.here("report", "--as", "github", *argv)
    assert done.status == Exit.USAGE
    assert "`--as` writes Markdown" in done.out + done.err
