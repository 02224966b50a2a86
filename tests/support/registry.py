"""Clones of one project, for tests in which several people write at once."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlgit.project.opening import open_project
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def clone(project: Folder, name: str) -> Folder:
    """Another clone of the project's origin, beside it."""
    place = project.path.parent / name
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(place))
    return Folder(place)


def stage(project: Folder) -> None:
    """Release `line` and put the version into `staging`."""
    for argv in (("release", "line"), ("promote", "line", "--to", "staging")):
        done = project.here(*argv)
        assert done.status == 0, done.err


_OPEN: list[Project] = []


def opened(folder: Folder, *, now: datetime = NOON) -> Project:
    """The project in this process, with a clock of our choice; `close_all` closes it."""
    project = open_project(str(folder.path), now=now)
    _OPEN.append(project)
    return project


def close_all() -> None:
    """Close every project that `opened` opened."""
    while _OPEN:
        _OPEN.pop().close()


def clock(start: datetime = NOON) -> Iterator[datetime]:
    """A clock that goes on by a minute."""
    while True:
        yield start
        start += timedelta(minutes=1)


def hook(project: Folder, name: str, script: str) -> None:
    """A hook of the origin."""
    path = project.path.parent / "origin.git" / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def tags_of(repository: Folder) -> dict[str, str]:
    """Name -> object id of the tags of a repository."""
    lines = repository.git("for-each-ref", "--format=%(objectname)\t%(refname)", "refs/tags").splitlines()
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in (line.split("\t") for line in lines)}


def origin(project: Folder) -> Folder:
    """The bare repository that all clones push to."""
    return Folder(project.path.parent / "origin.git")
