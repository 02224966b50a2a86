"""Repositories with many tags: releases and promotions as mlgit writes them, or as GTO does."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

from benchmarks.repositories.outputs import add_pointer_files
from benchmarks.repositories.repository import START_S, Repository
from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TAGS_PER_MODEL = 100
Tag = tuple[str, str, str]
"""Name, commit, message."""
_AT = "2025-06-15T12:00:00Z"


def registry(folder: Path, count: int) -> None:
    """`count` annotated tags with mlgit's statements: 20 of one model, or 100 of each of several."""
    repository = Repository(folder, dvc=False)
    _history(repository)
    repository.push()
    add_tags(repository, count)


def gto_registry(folder: Path, count: int) -> None:
    """`count` annotated tags as `gto register` and `gto assign` write them, 100 of each model."""
    repository = Repository(folder, dvc=False)
    commits = _history(repository)
    repository.push()
    _import(repository, (tag for model in _models(count) for tag in _gto_tags(model, commits)))


def tags_and_data(folder: Path, *, tags: int, pointers: int) -> None:
    """A registry in a repository that also tracks data."""
    repository = Repository(folder)
    _history(repository)
    add_pointer_files(repository, pointers)
    repository.commit("Track the data")
    repository.push()
    add_tags(repository, tags)


def add_tags(repository: Repository, count: int) -> None:
    """Add this many tags, for as many models as it takes."""
    if count < _TAGS_PER_MODEL:
        import_tags(repository, ["model-00"], versions=12, changes={"staging": 3, "prod": 2})
    else:
        import_tags(repository, _models(count), versions=60, changes={"staging": 14, "prod": 7})


def import_tags(
    repository: Repository, models: list[str], *, versions: int, changes: Mapping[str, int]
) -> None:
    """Add versions, one per commit, and promotions into each environment, for each model; packed."""
    commits = repository.git("rev-list", "--reverse", "main").split()[-versions:]
    each = versions + sum(2 * times - 1 for times in changes.values())
    starts = (START_S + 1000 + each * number for number in range(len(models)))
    tags = zip(models, starts, strict=True)
    _import(repository, (tag for model, at_s in tags for tag in _tags(model, commits, changes, at_s)))


def _models(count: int) -> list[str]:
    return [f"model-{number:02}" for number in range(count // _TAGS_PER_MODEL)]


def _import(repository: Repository, tags: Iterator[Tag]) -> None:
    lines = []
    for number, (name, commit, message) in enumerate(tags):
        tagger = _tagger(START_S + 1000 + number)
        size = len(message.encode())
        lines.append(f"tag {name}\nfrom {commit}\ntagger {tagger}\ndata {size}\n{message}\n")
    repository.git("fast-import", "--quiet", stdin="".join(lines))
    repository.git("pack-refs", "--all")


def _history(repository: Repository) -> list[str]:
    """Make sixty commits of one parameter and check out the last; their ids, the oldest first."""
    commits = (
        f"commit refs/heads/main\nmark :{number}\n"
        f"committer Bench <bench@example.org> {START_S + number} +0000\ndata 3\nrun\n"
        f"M 100644 inline params.yaml\ndata <<E\nrun: {number}\nE\n\n"
        for number in range(1, 61)
    )
    repository.git("fast-import", "--quiet", stdin="".join(commits))
    repository.git("read-tree", "main")
    repository.git("checkout-index", "-a")
    return repository.git("rev-list", "--reverse", "main").split()


def _tagger(at_s: int) -> str:
    return f"Bench <bench@example.org> {at_s} +0000"


def pointer_to(tag: Tag, tagger: str) -> TagPointer:
    """The tag and the object id that git will give it; `tagger` has the name, address and time."""
    name, commit, message = tag
    content = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message}".encode()
    return TagPointer(
        tag=name, oid=sha1(b"tag %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
    )


def _tags(model: str, commits: list[str], changes: Mapping[str, int], at_s: int) -> Iterator[Tag]:
    """The tags of one model; each is a second later than the one before."""
    releases = []
    for number, commit in enumerate(commits):
        version = f"v1.{number}.0"
        message = write_message(
            f"Release {model} {version}", "By a benchmark", _release(model, version, commit)
        )
        tag = (f"{model}@{version}", commit, message)
        releases.append(pointer_to(tag, _tagger(at_s + number)))
        yield tag
    for environment, times in changes.items():
        for turn in range(times):
            statement = EnvironmentStatement(
                model=model,
                environment=environment,
                sequence=turn + 1,
                action="promote",
                at=_AT,
                version=f"v1.{turn}.0",
                release=releases[turn],
            )
            message = write_message(f"Promote {model} to {environment}", "By a benchmark", statement)
            if turn:
                yield f"{model}#{environment}!#{turn + 1}", commits[turn - 1], message
            yield f"{model}#{environment}#{turn + 1}", commits[turn], message


def _gto_tags(model: str, commits: list[str]) -> Iterator[Tag]:
    """60 versions, 25 assignments to staging and 15 to prod; GTO writes one line and no statement."""
    for number, commit in enumerate(commits):
        version = f"v1.{number}.0"
        yield f"{model}@{version}", commit, f"Registering artifact {model} version {version}"
    counter = 0  # GTO counts over all environments of a model
    for environment, times in {"staging": 25, "prod": 15}.items():
        for turn in range(times):
            counter += 1
            message = f"Assigning stage {environment} to artifact {model} version v1.{turn}.0"
            yield f"{model}#{environment}#{counter}", commits[turn], message


def _release(model: str, version: str, commit: str) -> ReleaseStatement:
    return ReleaseStatement(
        model=model,
        version=version,
        commit=commit,
        tree=commit,
        at=_AT,
        files=(FileDigest(path=f"models/{model}.skops", md5="0" * 32),),
        params={f"params.yaml:train.p{number}": str(number) for number in range(20)},
        metrics={f"metrics/test.json:m{number}": f"0.{number:04}" for number in range(20)},
        gates=tuple(GateOutcome(gate=f"gate-{number}", outcome="pass") for number in range(5)),
        builder=Builder(kind="local"),
    )
