"""Pages: do what a page of the docs says, as its reader would.

A page with a block `console` is run from its first line to its last, in an empty folder, with real git, DVC
and mlgit:

- ```` ```console ````: each line `$ command` is typed into a shell (`> ` continues it), and the lines below
  must be what the command prints (tests/support/shown_screens.py lists what may differ). `cd` changes the
  folder for what follows. A command that fails without a word is shown as `(exit code N)`; mlgit fails only
  with an error or a verdict that blocks.
- ```` ```python title="train.py" ````: the reader saves the block as this file, in any language.
- ```` ```diff title="train.py" ````: the reader replaces the lines with `-`, which the file has once, by
  those with `+`; lines with a space are there as well.
- Every other block is only read.
- `<!-- with mlflow -->` in the line above a block `console`: only if this tool is installed, with its Python.
  Otherwise the reader gets the files of comments, which no site shows: `<!-- without mlflow: metrics.json`,
  the lines of the file, and `-->`.
- `<!-- today: 2026-11-30 -->` anywhere on the page: in saved files, dates are moved by the days since then.

The reader is Ada, whose home is `/home/ada`. `python -m tests.support.pages` writes the screens.

A page whose sections need other projects has blocks without a language; a test prepares the project of each
section (`rerun_in`).
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import tools
from tests.support.shell import pinned_environment
from tests.support.shown_screens import ANY_LINES, Screens

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
HOME = "/home/ada"
_GIT_SETTINGS = """\
[user]
	name = Ada
	email = ada@example.org
[core]
	autocrlf = false
[gc]
	auto = 0
"""
_BLOCK = re.compile(
    r'^```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?[ ]*\n(?P<text>.*?)^```[ ]*$'
    r"|^<!-- without (?P<tool>\w+): (?P<file>\S+)\n(?P<content>.*?)^-->$",
    re.DOTALL | re.MULTILINE,
)
_NEEDED = re.compile(r"<!-- with (\w+) -->\n\Z")
_TODAY = re.compile(r"^<!-- today: (\d{4}-\d\d-\d\d) -->$", re.MULTILINE)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_FAILED = re.compile(r"^error: |^Blocked|^  blocked ", re.MULTILINE)
_PROGRESS = re.compile(r"^[A-Z][a-z]+ \(\d+\)\n", re.MULTILINE)  # only if the work takes long
_COMMAND = re.compile(r"^\$ (?P<command>.*\n(?:> .*\n)*)(?P<screen>(?:(?!\$ ).*\n)*)", re.MULTILINE)


class PageError(Exception):
    """A page says something that its reader cannot do."""


def pages() -> list[Path]:
    """The pages whose commands are run."""
    every = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in every if "\n```console\n" in page.read_text(encoding="utf-8")]


def rerun(text: str, place: Path) -> str:
    """The text of a page with the screens that its commands print now; `place` is an empty folder.

    Screens that are still true are left as they are.

    Raises:
        PageError: a block cannot be carried out.
    """
    written_on = _TODAY.search(text)
    today = datetime.now(UTC).date()  # noqa: TID251 (the reader's clock)
    later = today - date.fromisoformat(written_on[1]) if written_on else timedelta()
    top = str(place.resolve())
    os.makedirs(f"{top}{HOME}")
    Path(f"{top}{HOME}", ".gitconfig").write_text(_GIT_SETTINGS, encoding="utf-8")
    unpinned = ("GIT_AUTHOR_", "GIT_COMMITTER_")
    pinned = pinned_environment(Path(f"{top}{HOME}"))
    environment = {name: value for name, value in pinned.items() if not name.startswith(unpinned)}
    return _Reader(f"{top}{HOME}", {top: ""}, environment, later=later).rewrite(text, "console")


def sections(page: Path) -> dict[str, str]:
    """The sections of a page that have commands in blocks without a language, by title."""
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: part for part in parts if "\n```\n$ " in part}


def rerun_in(folder: Path, text: str, names: Mapping[str, str]) -> str:
    """The text of a section with the screens that its commands print now in a prepared project.

    `names` is what the page shows instead of paths of this run.
    """
    return _Reader(str(folder), names, os.environ).rewrite(text, "")


def check(text: str, now: str, name: str) -> None:
    """Fail with the difference if the page or section no longer shows what its commands print."""
    changed = difflib.unified_diff(text.splitlines(), now.splitlines(), name, f"{name}, run now", lineterm="")
    if now != text:
        pytest.fail("\n".join(["a screen of the page is no longer true", *changed]), pytrace=False)


def rewrite(page: Path) -> bool:
    """Write the screens of a page; returns whether one changed."""
    before = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        after = rerun(before, Path(place))
    page.write_text(after, encoding="utf-8")
    return after != before


class _Reader:
    """Someone who follows a page from its first block to its last; `names` replaces paths on its screens."""

    def __init__(
        self,
        folder: str,
        names: Mapping[str, str],
        environment: Mapping[str, str],
        *,
        later: timedelta = timedelta(),
    ) -> None:
        self._folder, self._names, self._environment, self._later = folder, names, environment, later
        self._seen: list[tuple[str, str | None]] = []

    def rewrite(self, text: str, typed: str) -> str:
        """The text with the screens that the commands of `typed` blocks print now."""
        for block in _BLOCK.finditer(text):
            self.follow(block, typed, above=text[: block.start()])
        now = iter(self.screens())

        def written(block: re.Match[str]) -> str:
            if block["language"] != typed:
                return block.group()
            screens = _COMMAND.sub(lambda shown: f"$ {shown['command']}{next(now)}", block["text"])
            return f"```{typed}\n{screens}```"

        return _BLOCK.sub(written, text)

    def follow(self, block: re.Match[str], typed: str, *, above: str) -> None:
        """Do what a block says, if it is for a reader who has these tools."""
        if block["file"]:
            if find_program(block["tool"]) is None:
                self._save(block["file"], "text", block["content"])
            return
        needed = _NEEDED.search(above)
        program = find_program(needed[1]) if needed else None
        if block["language"] == typed:
            for shown in _COMMAND.finditer(block["text"]):
                command = shown["command"].replace("\n> ", "\n")
                missing = needed is not None and program is None
                printed = None if missing else self._run(command, program, shown["screen"])
                self._seen.append((shown["screen"], printed))
        elif block["title"]:
            self._save(block["title"], block["language"], block["text"])

    def screens(self) -> list[str]:
        """What the page should show below each command."""
        same, screens = Screens(), []
        true = [printed is None or same.match(shown, printed) for shown, printed in self._seen]
        for (shown, printed), as_shown in zip(self._seen, true, strict=True):
            screens.append(shown if printed is None or as_shown else same.with_ids_of_page(printed))
        return screens

    def _save(self, name: str, language: str, text: str) -> None:
        path = os.path.join(self._folder, name)
        if language == "diff":
            text = edited(Path(path).read_text(encoding="utf-8"), text)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_text(_DATE.sub(self._moved, text), encoding="utf-8")

    def _moved(self, day: re.Match[str]) -> str:
        return (date.fromisoformat(day.group()) + self._later).isoformat()

    def _run(self, command: str, program: str | None, shown: str) -> str:
        """What a command prints, without the path to this run's home; `cd` is the reader's shell's.

        Programs next to `program` come first.

        Raises:
            PageError: it failed, and the page shows nothing of it.
        """
        words = shlex.split(command, comments=True)
        if words[:1] == ["cd"]:
            self._folder = os.path.normpath(os.path.join(self._folder, words[1]))
            return ""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env={
                **self._environment,
                **({} if program is None else _first_in_path(program, self._environment)),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        printed = _PROGRESS.sub("", done.stdout)
        for path, name in self._names.items():
            printed = printed.replace(path, name)
        if done.returncode and shown == f"{ANY_LINES}\n":
            raise PageError(f"`{command.strip()}` failed:\n{printed}")
        if words[:1] == ["mlgit"] and bool(done.returncode) is not bool(_FAILED.search(printed)):
            raise PageError(f"`{command.strip()}` ended with {done.returncode}:\n{printed}")
        if printed and not printed.endswith("\n"):
            printed += "\n"
        return printed or (f"(exit code {done.returncode})\n" if done.returncode else "")


def find_program(name: str) -> str | None:
    """The file of a tool that not every machine has, in its own environment; None without it."""
    found = tools.find(name)
    return None if found is None else os.path.realpath(found)


def _first_in_path(program: str, environment: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join([os.path.dirname(program), environment["PATH"]])
    return {"PATH": path, "DO_NOT_TRACK": "1"}


def edited(before: str, change: str) -> str:
    """A file's text after the change that a block `diff` shows.

    Raises:
        PageError: the file does not have the changed lines, or has them twice.
    """
    lines = [(line[:1], line[1:]) for line in change.splitlines(keepends=True)]
    old, new = ("\n" + "".join(text for mark, text in lines if mark != other) for other in "+-")
    count = f"\n{before}".count(old)
    if count != 1:
        raise PageError(f"The file has these lines {count} times:{old}\nThe file:\n{before}")
    return f"\n{before}".replace(old, new)[1:]


def main(names: list[str]) -> None:
    """Write the screens of these pages, or of all."""
    for page in [Path(name).resolve() for name in names] or pages():
        print(f"{page.relative_to(ROOT)}: {'written' if rewrite(page) else 'unchanged'}")


if __name__ == "__main__":
    main(sys.argv[1:])
