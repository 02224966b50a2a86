"""Stages: the pipeline that dvc.yaml, dvc.lock and .dvc files declare at one state of the repository.

All paths are POSIX paths from the Git root, whatever `wdir` says. What every stage has is a named tuple,
because a pipeline may have thousands.
"""

from __future__ import annotations

import re
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_HASH = re.compile(r"[0-9a-f]{32}(?:\.dir)?")


def is_hash(text: str) -> bool:
    """Whether it is a hash as DVC writes it. It becomes part of paths, so this check must be strict."""
    return _HASH.fullmatch(text) is not None


class Pointer(NamedTuple):
    """Content by hash, as DVC writes it.

    `md5` ends with `.dir` for a directory. `legacy` marks DVC 2 entries: their md5 is that of text with LF
    instead of CRLF, and they are at the top level of the cache.
    """

    md5: str
    size: int | None = None
    nfiles: int | None = None
    legacy: bool = False

    @property
    def directory(self) -> bool:
        return self.md5.endswith(".dir")


@record
class Origin:
    """A path on this machine that data was imported from, and its content at that time.

    `path` is absolute, or from the Git root. `frozen` says that changes there do not matter.
    """

    path: str
    pointer: Pointer | None
    frozen: bool = False


class Output(NamedTuple):
    """A file or directory that a stage or a .dvc file produces.

    `pointer` is the content recorded in dvc.lock or the .dvc file, None before the first run.
    `owner` is the stage's address or the .dvc file's path. `cached` False means that Git tracks it.
    `source` is the URL or repository it was imported from; `foreign` says that it is a repository, whose
    remote keeps the content. `remote` is its own DVC remote, None for the default one; `push` False keeps
    it out of every remote. `origin` is set if it was imported from a path on this machine. `persist`: DVC
    does not remove it before the stage runs.
    """

    path: str
    owner: str
    pointer: Pointer | None = None
    cached: bool = True
    metric: bool = False
    plot: bool = False
    source: str | None = None
    foreign: bool = False
    remote: str | None = None
    push: bool = True
    origin: Origin | None = None
    persist: bool = False


class LockedStage(NamedTuple):
    """The record of a stage's last run in dvc.lock.

    `cmd_listed` says that the command is a list: for DVC, a list of one command is not the same command.
    `unread` is why DVC itself does not read this record; empty if it does. `marks` are what it has of
    dependencies without an MD5: a checksum or ETag of a file elsewhere, the record of a dataset.
    """

    cmd: tuple[str, ...]
    deps: Mapping[str, Pointer | None]
    params: Mapping[str, Mapping[str, object]]
    outs: Mapping[str, Pointer | None]
    cmd_listed: bool = False
    unread: str = ""
    marks: Mapping[str, str] = MappingProxyType({})

    def content(self, dep: str) -> str | None:
        """A text that differs if the stage read other content of a dependency; None if that is not known."""
        pointer = self.deps.get(dep)
        return self.marks.get(dep) if pointer is None else pointer.md5


class Stage(NamedTuple):
    """One step of the pipeline.

    `address` is DVC's name for it: `train`, or `sub/dvc.yaml:train`.
    `params` maps a parameter file to the dotted keys the stage depends on, None for the whole file.
    `cmd_listed` is as in `LockedStage`. `datasets` maps dependencies on datasets to how they differ from
    those that the stage used, in DVC's words; empty if they do not.
    """

    address: str
    name: str
    file: str
    wdir: str
    cmd: tuple[str, ...]
    cmd_listed: bool = False
    deps: tuple[str, ...] = ()
    params: Mapping[str, tuple[str, ...] | None] = MappingProxyType({})
    outs: tuple[Output, ...] = ()
    frozen: bool = False
    always_changed: bool = False
    locked: LockedStage | None = None
    datasets: Mapping[str, str] = MappingProxyType({})


@record
class Artifact:
    """An entry of dvc.yaml `artifacts:`; `name` is GTO's full name (`dir:name` below the root)."""

    name: str
    path: str
    type: str | None = None
    description: str | None = None
    labels: tuple[str, ...] = ()


@record
class HandedOver:
    """A file or stage that DVC itself read, because our reader was not sure.

    `path` is the file, or the stage's address. `why` follows it in a sentence: `uses `foreach` (line 4)`.
    """

    path: str = field(metadata={"json": "what"})
    why: str


@record
class Pipeline:
    """All declarations; `tracked` are the outputs of .dvc files.

    `metrics`, `params` and `plots` are the top-level lists of all dvc.yaml files. `handed_over` are the
    files that DVC itself read, now or when their content was last the same. `refused` are the files that
    mlgit reads although today's DVC refuses every command because of them, with what follows in a sentence:
    `has the key `cmd``.
    """

    stages: tuple[Stage, ...] = ()
    tracked: tuple[Output, ...] = ()
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    handed_over: tuple[HandedOver, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def outputs(self) -> tuple[Output, ...]:
        return (*(out for stage in self.stages for out in stage.outs), *self.tracked)


def addresses_of(name: str, folder: str, known: Iterable[str]) -> tuple[str, ...]:
    """The addresses that a name typed in a folder means: that of the nearest pipeline, otherwise every one.

    `folder` is from the root, empty for the root itself. A name may be an address, or that of a `foreach` or
    `matrix`, which DVC takes for all its stages. A file of stages stays as it is, from the root.
    """
    if name.endswith((".dvc", ".yaml", ".yml")):
        return (_joined(folder, name),)
    groups = {form for address in known for form in (address, address.partition("@")[0])}
    file, colon, own = name.rpartition(":")
    above = folder
    while True:
        address = _joined(above, f"{file or 'dvc.yaml'}:{own}").removeprefix("dvc.yaml:")
        if address in groups:
            return (address,)
        if not above:
            break
        above = above.rpartition("/")[0]
    return () if colon else tuple(sorted(each for each in groups if each.rpartition(":")[2] == name))


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def output_at(path: str, outputs: Mapping[str, Output]) -> Output | None:
    """The output with this path, or the directory that contains it; `outputs` are by path."""
    while path.strip("/"):
        if path in outputs:
            return outputs[path]
        path = path.rpartition("/")[0]
    return None
