"""Registry: commands of the registry in a project, and clones for tests in which several people write."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from mlgit.errors import Exit
from mlgit.project.opening import open_project
from mlgit.resources import schema_text
from tests.support.recorded import reproduce
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project
    from tests.support.shell import Done

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def clone(project: Folder, name: str) -> Folder:
    """Another clone of the project's origin, next to it."""
    place = project.path.parent / name
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(place))
    return Folder(place)


def allow_foreign_tags(project: Folder) -> None:
    """Let trunk say that tags without a statement count."""
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", f"{config}foreign_tags: allow\n")
    project.commit("Count the tags of other tools")
    project.git("push", "-q", "origin", "HEAD:main")


def stage(project: Folder) -> None:
    """Release `line` and promote the version to `staging`."""
    for argv in (("release", "line"), ("promote", "line", "--to", "staging")):
        done = project.here(*argv)
        assert done.status == Exit.DONE, done.err


_OPEN: list[Project] = []


def opened(folder: Folder, *, now: datetime = NOON) -> Project:
    """The project in this process, with a chosen clock; `close_all` closes it."""
    project = open_project(str(folder.path), now=now)
    _OPEN.append(project)
    return project


def close_all() -> None:
    while _OPEN:
        _OPEN.pop().close()


def clock(start: datetime = NOON) -> Iterator[datetime]:
    """A clock that advances by a minute each time."""
    while True:
        yield start
        start += timedelta(minutes=1)


def hook(project: Folder, name: str, script: str) -> None:
    """Install a hook in the origin."""
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


def valid(done: Done, schema: str) -> Any:  # noqa: ANN401 (it is JSON)
    """The JSON that a command printed, which must match its schema."""
    document = done.json()
    Draft202012Validator(json.loads(schema_text(schema))).validate(document)
    return document


def change(project: Folder, *argv: str) -> Any:  # noqa: ANN401 (it is JSON)
    """The report of a command that writes tags and must succeed."""
    done = project.here(*argv, "--json")
    assert done.status == Exit.DONE, done.err
    return valid(done, "change")


def train(project: Folder, slope: str) -> str:
    """A new model, committed and pushed with its data; the commit."""
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    reproduce(project, push=True)
    commit = project.commit(f"Slope {slope}")
    project.git("push", "-q")
    return commit


def train_into(project: Folder, slope: str, environment: str, *, model: str = "line") -> None:
    """Train, release and promote a new version."""
    train(project, slope)
    change(project, "release", model)
    change(project, "promote", model, "--to", environment)
