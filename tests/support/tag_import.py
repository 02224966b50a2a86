"""Tag import: thousands of annotated tags by one `git fast-import`, and a git that logs its commands."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.repositories.tags import pointer_to
from mlgit.core.digest import sha256_hex
from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import Builder, EnvironmentStatement, FileDigest, ReleaseStatement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.support.shell import Folder

START_S = 1_750_000_000
_AT = "2025-06-15T12:00:00Z"
CONFIG = "version: 1\nmodels: {a: {path: a.txt}, b: {path: b.txt}}\nenvironments: {prod: {}}\n"


class NewTag(NamedTuple):
    """A tag to make."""

    name: str
    commit: str
    at_s: int = START_S
    message: str = "x\n"


def import_tags(folder: Folder, tags: Iterable[NewTag]) -> None:
    """Make annotated tags; only their times order them."""
    lines = [
        f"tag {tag.name}\nfrom {tag.commit}\ntagger {_tagger(tag.at_s)}\n"
        f"data {len(tag.message.encode())}\n{tag.message}\n"
        for tag in tags
    ]
    done = folder.run("git", "fast-import", "--quiet", stdin="".join(lines))
    assert done.status == 0, done.err


def _tagger(at_s: int) -> str:
    return f"Ada <ada@example.org> {at_s} +0000"


def commits(folder: Folder, count: int) -> list[str]:
    """Make commits on main, the first with a config; return their ids, oldest first."""
    files = f"M 100644 inline mlgit.yaml\ndata {len(CONFIG)}\n{CONFIG}\n"
    files += "".join(f"M 100644 inline {name}.txt\ndata 1\n{name}\n" for name in "ab")
    history = "".join(
        f"commit refs/heads/main\ncommitter Ada <ada@example.org> {START_S + number} +0000\ndata 1\nx\n"
        + (files if number == 0 else "")
        for number in range(count)
    )
    done = folder.run("git", "fast-import", "--quiet", "--force", stdin=history)
    assert done.status == 0, done.err
    folder.git("reset", "-q", "--hard", "main")
    return folder.git("rev-list", "--reverse", "main").split()


def history_of(model: str, places: list[str], tree: str | None = None) -> Iterator[NewTag]:
    """Release each commit and move `prod` to it, with statements as mlgit writes them.

    Without the `tree` that all these commits have, no version can be promoted again.
    """
    content = FileDigest(path=f"{model}.txt", md5=None, sha256=sha256_hex(model.encode()))
    for number, commit in enumerate(places):
        release = ReleaseStatement(
            model=model,
            version=f"v1.{number}.0",
            commit=commit,
            tree=tree or commit,
            files=() if tree is None else (content,),
            at=_AT,
            builder=Builder(kind="local"),
        )
        at_s = START_S + 10 * number
        made = NewTag(f"{model}@v1.{number}.0", commit, at_s, write_message("Release", "", release))
        move = EnvironmentStatement(
            model=model,
            environment="prod",
            sequence=number + 1,
            action="promote",
            at=_AT,
            version=f"v1.{number}.0",
            release=pointer_to((made.name, commit, made.message), _tagger(at_s)),
            reason=f"because of {number}",
        )
        yield made
        if number:
            yield NewTag(
                f"{model}#prod!#{number + 1}", places[number - 1], at_s + 1, write_message("Move", "", move)
            )
        yield NewTag(f"{model}#prod#{number + 1}", commit, at_s + 2, write_message("Move", "", move))


class LoggedGit(NamedTuple):
    """A git on PATH that logs its command lines."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> LoggedGit:
        folder.mkdir()
        git = shutil.which("git")
        script = folder / "git"
        script.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{folder}/commands"\n'
            f'case "$*" in *cat-file*) tee -a "{folder}/objects" | "{git}" "$@" ;;\n'
            f'*) exec "{git}" "$@" ;; esac\n',
            encoding="utf-8",
        )
        script.chmod(0o755)
        return cls(folder)

    @property
    def env(self) -> dict[str, str]:
        """The environment with which mlgit uses it."""
        return {"PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"}

    @property
    def commands(self) -> list[str]:
        """The command lines since the last `clear`."""
        return _lines(self.folder / "commands")

    @property
    def objects(self) -> list[str]:
        """The objects that `cat-file` was asked for since the last `clear`."""
        asked = (line.partition(" ") for line in _lines(self.folder / "objects"))
        return [spec for what, _, spec in asked if what == "contents"]

    def clear(self) -> None:
        for name in ("commands", "objects"):
            (self.folder / name).write_text("", encoding="utf-8")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
