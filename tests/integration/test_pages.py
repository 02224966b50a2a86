"""Pages: what a page of the docs shows below a command is what the command prints."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support import pages
from tests.support.pages import PageError, edited, rerun

if TYPE_CHECKING:
    from pathlib import Path

STARTING_POINTS = sorted((pages.ROOT / "docs" / "start").glob("*.md"))
FIRST = """\
```python title="hello.py"
print("Hello")
```
```console
$ python hello.py
Hello
```
"""


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    """If the screens changed as intended, `python -m tests.support.pages` writes them; look at the diff."""
    text = page.read_text(encoding="utf-8")
    pages.check(text, rerun(text, tmp_path), str(page.relative_to(pages.ROOT)))


@pytest.mark.parametrize("page", STARTING_POINTS, ids=lambda page: page.name)
def test_a_starting_point_first_shows_the_blocked_branch_that_it_ends_with(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (first, *_) = re.findall(r"^```text\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    assert "\nBlocked: " in first
    assert text.count(first) > 1


def test_a_true_page_is_left_as_it_is(tmp_path: Path) -> None:
    assert rerun(FIRST, tmp_path) == FIRST


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("$ printf 'a\\nb\\n'\na\nc\n", "a\nb\n"),
        ("$ true\na\n", ""),
        ("$ echo a\n", "a\n"),
        ("$ printf a\n", "a\n"),
        ("$ echo a >&2; echo b\nb\n", "a\nb\n"),
        ("$ (exit 3)\n", "(exit code 3)\n"),
        ("$ echo a \\\n> b\n", "a b\n"),
        ("$ pwd\n/home\n", "/home/ada\n"),
        ("$ echo 'Pushing (2)'; echo a\nb\n", "a\n"),
        ("$ mkdir x\n$ cd x\n$ pwd\n/x\n", "/home/ada/x\n"),
        ("$ printf 'a\\nb\\nc\\n'\na\n…\nb\n", "a\nb\nc\n"),
        ("$ echo 1.5 s, 1.5 kg\n2 s, 2 kg\n", "1.5 s, 1.5 kg\n"),
        ("$ echo '  a'\na\n", "  a\n"),
        ("$ git config user.name\n", "Ada\n"),
    ],
)
def test_a_screen_that_is_no_longer_true_is_replaced(tmp_path: Path, shown: str, printed: str) -> None:
    page = f"```console\n{shown}```\n"
    now = rerun(page, tmp_path)
    assert now.endswith(f"\n{printed}```\n")
    assert now != page
    (tmp_path / "again").mkdir()
    assert rerun(now, tmp_path / "again") == now


@pytest.mark.parametrize(
    "screen",
    [
        "$ echo 3 s ago, in 0.4 s, 2 days, 12 min ago\n8 s ago, in 12 s, 9 min, 1 h ago\n",
        "$ date '+%Y-%m-%d %H:%M:%S'\n2026-01-02 03:04:05\n",
        "$ echo 'a  b   c'\na     b  c\n",
        "$ date '+results_%Y-%m-%dT%H-%M-%S.123456.json'\nresults_2026-01-02T03-04-05.000001.json\n",
        "$ echo mlgit 0.1.0.dev0, b\nmlgit 1.2.3, b\n",
        "$ printf 'a\\nb\\nc\\nd\\n'\na\n…\nd\n",
        "$ printf 'a\\nb\\n'\n…\n",
        "$ (exit 3)\n(exit code 3)\n",
        "$ echo a.b # c\na.b\n",
    ],
)
def test_what_differs_in_each_run_may_differ(tmp_path: Path, screen: str) -> None:
    page = f"```console\n{screen}```\n"
    assert rerun(page, tmp_path) == page


IDS = """\
```console
$ git init -q
$ git commit -qm one --allow-empty
$ git rev-parse HEAD
{}
$ git rev-parse --short HEAD
{}
$ git commit -qm two --allow-empty
$ git rev-parse HEAD
{}
```
"""


def test_an_id_of_the_page_replaces_one_id_of_the_run(tmp_path: Path) -> None:
    one, two, other = "1" * 40, "2" * 40, "3" * 7
    for number, ids in enumerate([(one, one[:7], two), (two, two[:7], one)]):
        (tmp_path / str(number)).mkdir()
        page = IDS.format(*ids)
        assert rerun(page, tmp_path / str(number)) == page
    for number, ids in enumerate([(one, other, two), (one, one[:7], one)]):
        (tmp_path / f"false {number}").mkdir()
        assert rerun(IDS.format(*ids), tmp_path / f"false {number}") != IDS.format(*ids)


@pytest.mark.parametrize("false", [("1" * 40, "HEAD", "2" * 40), ("HEAD", "1" * 7, "2" * 40)])
def test_a_new_screen_has_the_ids_of_the_page(tmp_path: Path, false: tuple[str, str, str]) -> None:
    now = rerun(IDS.format(*false), tmp_path)
    assert re.findall("^[0-9a-f]{7}", now, flags=re.MULTILINE) == ["1" * 7, "1" * 7, "2" * 7]


def test_a_block_without_a_title_or_of_another_kind_is_only_read(tmp_path: Path) -> None:
    page = "```\n$ false\n```\n```sh\n$ false\n```\n```python\nprint(1)\n```\n```console\n$ ls\n```\n"
    assert rerun(page, tmp_path) == page


def test_a_later_block_replaces_or_changes_a_file(tmp_path: Path) -> None:
    saved = '```yaml title="a/b.yaml"\nx: 1\ny: 2\n```\n'
    change = '```diff title="a/b.yaml"\n x: 1\n-y: 2\n+y: 3\n```\n'
    shown = "```console\n$ cat a/b.yaml\nx: 1\ny: 3\n```\n"
    page = saved + change + shown + saved + shown.replace("3", "2")
    assert rerun(page, tmp_path) == page


@pytest.mark.parametrize("change", ["-c\n+d\n", "-a\n+d\n", " a\n-a\n"])
def test_a_change_that_a_reader_could_not_make_is_an_error(change: str) -> None:
    with pytest.raises(PageError, match="times"):
        edited("a\nb\na\n", change)


def test_dates_in_files_are_as_far_from_today_as_on_the_page(tmp_path: Path) -> None:
    page = '<!-- today: 2026-01-01 -->\n```text title="a"\n2026-01-03\n```\n```console\n$ cat a\n```\n'
    shown = date.fromisoformat(rerun(page, tmp_path).splitlines()[-2])
    assert abs(shown - datetime.now(UTC).date()) - timedelta(days=2) <= timedelta(days=1)  # noqa: TID251
    (tmp_path / "undated").mkdir()
    undated = page.partition("\n")[2]
    assert rerun(undated, tmp_path / "undated") == undated.replace("$ cat a\n", "$ cat a\n2026-01-03\n")


def test_a_tool_that_is_not_installed_is_replaced_by_the_files_that_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = "".join(f"<!-- without odd_tool: {name}\n{name}\n-->\n" for name in ("a", "b"))
    with_tool = "<!-- with odd_tool -->\n```console\n$ odd_tool\n1\n```\n"
    page = f"{with_tool}{files}```console\n$ cat [ab]\na\nb\n```\n"
    assert rerun(page, tmp_path / "without") == page
    tool = tmp_path / "own" / "odd_tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 2 > c\ncat c\n", encoding="utf-8")
    tool.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "odd_tool").symlink_to(tool)
    monkeypatch.setattr("tests.support.tools.FOLDER", tmp_path)
    now = page.replace("odd_tool\n1\n", "odd_tool\n2\n").replace(
        "cat [ab]\na\nb\n", "cat [ab]\ncat: '[ab]': No such file or directory\n"
    )
    assert rerun(page, tmp_path / "with") == now


def test_a_failure_that_the_page_does_not_show_is_an_error(tmp_path: Path) -> None:
    page = "```console\n$ echo why; false\n{}```\n"
    with pytest.raises(PageError, match="`echo why; false` failed:\nwhy\n"):
        rerun(page.format("…\n"), tmp_path / "hidden")
    assert rerun(page.format("…\nwhy\n"), tmp_path / "shown") == page.format("…\nwhy\n")


@pytest.mark.parametrize("command", ["mlgit --version; exit 1", "mlgit status | cat"])
def test_an_exit_code_that_does_not_match_the_screen_is_an_error(tmp_path: Path, command: str) -> None:
    with pytest.raises(PageError, match=r"` ended with [01]:\n"):
        rerun(f"```console\n$ {command}\n```\n", tmp_path)


def test_the_sections_with_commands_are_run_in_a_project_with_other_names(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n## Look\n\n```\n$ pwd\n/srv\n$ ls\n…\nb\n```\n\n## Read\n\n```\na\n```\n", "utf-8"
    )
    assert list(pages.sections(page)) == ["Look"]
    text = pages.sections(page)["Look"]
    assert pages.rerun_in(tmp_path, text, {str(tmp_path): "/srv"}) == text.replace("…\nb\n", "page.md\n")
    pages.check(text, text, "page")
    with pytest.raises(pytest.fail.Exception, match="-b"):
        pages.check(text, text.replace("b\n", ""), "page")


def test_a_change_names_whole_lines() -> None:
    assert edited("aa\na\nb\n", "-a\n+c\n") == "aa\nc\nb\n"


def test_screens_are_written_into_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("```\n$ false\n```\n", encoding="utf-8")
    page = tmp_path / "docs" / "first.md"
    before = FIRST.replace("\nHello", "")
    page.write_text(f"# First\n{before}", encoding="utf-8")
    pages.main([])
    pages.main([str(page)])
    assert page.read_text(encoding="utf-8") == f"# First\n{FIRST}"
    assert capsys.readouterr().out == "docs/first.md: written\ndocs/first.md: unchanged\n"
