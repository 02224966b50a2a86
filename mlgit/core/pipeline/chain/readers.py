"""Readers: the stages before a number, with what each of them reads and makes."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.pipeline.stages import Stage


@record
class Reader:
    """A stage with its own inputs and outputs; `run` is its folder and command."""

    address: str
    run: tuple[str, ...]
    deps: tuple[str, ...]
    outs: tuple[str, ...] = ()
    params: tuple[str, ...] = ()


@record
class Chain:
    """The stages before a number; `last` makes it.

    `owners` are the makers of all outputs by path, `stages` the addresses of all stages.
    """

    readers: tuple[Reader, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    last: str | None = None
    stages: frozenset[str] = frozenset()

    def has_elsewhere(self, reader: Reader) -> bool:
        """Whether a stage that is not before the number has this name, or makes something at its outputs."""
        others = self.stages - {each.address for each in self.readers}
        return reader.address in others or any(
            owner in others and any(meets(path, out) for out in reader.outs)
            for path, owner in self.owners.items()
        )


def reader_of(stage: Stage) -> Reader:
    return Reader(
        address=stage.address,
        run=(stage.wdir, *stage.cmd),
        deps=tuple(stage.deps),
        outs=tuple(out.path for out in stage.outs),
        params=tuple(param_names(stage.params)),
    )


def param_names(params: Mapping[str, tuple[str, ...] | None]) -> Iterable[str]:
    """`file:key` of each parameter, or `file:` for a whole file."""
    for file, keys in params.items():
        yield from [f"{file}:"] if keys is None else [f"{file}:{key}" for key in keys]


def covered(name: str, others: Iterable[str]) -> bool:
    """Whether the path, or a folder that contains it, is among the others."""
    return any(name == other or name.startswith(f"{other}/") for other in others)


def covered_param(name: str, others: Collection[str]) -> bool:
    """Whether the parameter, a group of it or its whole file is among the others."""
    groups = (name[:at] for at, char in enumerate(name) if char == ".")
    return not {f"{name.partition(':')[0]}:", name, *groups}.isdisjoint(others)


def counterparts(old: Chain, new: Chain) -> Mapping[str, Reader]:
    """Address -> the stage that it is now: of the same name, or one that runs or makes the same.

    The last stage of both sides makes the number, so it always has a counterpart.
    """
    here = {each.address: each for each in new.readers}
    by_run = {each.run: each for each in reversed(new.readers)}
    by_out = {path: each for each in new.readers for path in each.outs}
    found: dict[str, Reader] = {}
    for reader in old.readers:
        made = (by_out[path] for path in reader.outs if path in by_out)
        last = here.get(new.last or "") if reader.address == old.last else None
        now = here.get(reader.address) or by_run.get(reader.run) or next(made, None) or last
        if now is not None:
            found[reader.address] = now
    return found


def before(reader: Reader, among: Sequence[Reader]) -> list[Reader]:
    """The stage and those among these that it reads from, directly or through others of them."""
    found = {reader.address: reader}
    newest = [reader]
    while newest:
        deps = [dep for each in newest for dep in each.deps]
        newest = [
            each
            for each in among
            if each.address not in found and any(meets(out, dep) for out in each.outs for dep in deps)
        ]
        found |= {each.address: each for each in newest}
    return [*found.values()]
