"""Staleness: whether each stage's outputs are what its inputs give, without running DVC.

The same question as `dvc status`, with two differences: a cached output that is merely not checked out
does not make a stage stale, and nothing here ever touches the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.evidence import StageState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.dvc.documents import Documents
    from mlgit.adapters.dvc.hashes import Hashes
    from mlgit.core.pipeline import Output, Pipeline, Pointer, Stage
    from mlgit.core.tree import Tree

_ABSENT = object()


def stage_states(
    pipeline: Pipeline,
    *,
    tree: Tree,
    hashes: Hashes,
    documents: Documents,
    listing: Callable[[Output], Mapping[str, str] | None],
) -> tuple[StageState, ...]:
    """The state of every stage, and of every .dvc file whose data changed or could not be checked.

    Args:
        pipeline: what is declared at that state.
        tree: the files Git has there, for parameters.
        hashes: the contents there.
        documents: a memory of parsed texts.
        listing: the files of a tracked directory by relative path, None when not known here.
    """
    look = _Look(pipeline, tree=tree, hashes=hashes, documents=documents, listing=listing)
    own = {stage.address: look.stage(stage) for stage in pipeline.stages}
    before = _predecessors(pipeline)
    states = [
        StageState(
            address=stage.address,
            reasons=own[stage.address][0],
            upstream=_stale_before(stage.address, before, own),
            unchecked=(
                *own[stage.address][1],
                *_imports_before(stage.address, before, pipeline),
            ),
        )
        for stage in pipeline.stages
    ]
    return (*states, *look.tracked_files())


class _Look:
    """One look at a state; answers are shared between stages."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        tree: Tree,
        hashes: Hashes,
        documents: Documents,
        listing: Callable[[Output], Mapping[str, str] | None],
    ) -> None:
        self._pipeline = pipeline
        self._tree = tree
        self._hashes = hashes
        self._documents = documents
        self._listing = listing
        self._producers: dict[str, Output] = {out.path: out for out in pipeline.outputs}
        self._params: dict[str, object] = {}

    def stage(self, stage: Stage) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Reasons why it is stale itself, and what could not be checked."""
        if stage.locked is None:
            return ("never run",), ()
        reasons: list[str] = []
        unchecked: list[str] = []
        callback = not (stage.deps or stage.params or stage.outs)
        if stage.cmd != stage.locked.cmd:
            reasons.append("changed cmd")
        if stage.always_changed or callback:
            reasons.append("always runs")
        if not stage.frozen:
            self._deps(stage, stage.locked.deps, reasons, unchecked)
            self._stage_params(stage, stage.locked.params, reasons, unchecked)
        self._outs(stage.outs, reasons)
        return tuple(reasons), tuple(unchecked)

    def _deps(
        self,
        stage: Stage,
        locked: Mapping[str, Pointer | None],
        reasons: list[str],
        unchecked: list[str],
    ) -> None:
        for dep in stage.deps:
            if "://" in dep:
                unchecked.append(f"dep {dep} was not checked: needs the network")
                continue
            if dep not in locked:
                reasons.append(f"new dep {dep}")
                continue
            pointer = locked[dep]
            if pointer is None:
                unchecked.append(f"dep {dep} was not checked: dvc.lock has no MD5 for it")
                continue
            said = self._compare(dep, pointer)
            if said == "unknown":
                unchecked.append(f"dep {dep} was not checked: it is not here")
            elif said:
                reasons.append(f"{said} dep {dep}")

    def _compare(self, dep: str, pointer: Pointer) -> str:
        """`""`, `changed`, `deleted` or `unknown`."""
        md5 = self._hashes.md5(dep, legacy=pointer.legacy)
        if md5 is not None:
            return "" if md5 == pointer.md5 else "changed"
        produced = self._produced(dep)
        if produced is not None:
            return "" if produced == pointer.md5 else "changed"
        absent = dep not in self._producers and not _relatives(dep, self._producers)
        return "deleted" if absent and not dep.startswith(("/", "../")) else "unknown"

    def _produced(self, dep: str) -> str | None:
        """The hash that dvc.lock or a .dvc file recorded for what is not checked out."""
        producer = self._producers.get(dep)
        if producer is not None:
            return None if producer.pointer is None else producer.pointer.md5
        above = next((out for path, out in self._producers.items() if dep.startswith(f"{path}/")), None)
        files = None if above is None else self._listing(above)
        if above is None or files is None:
            return None
        below = dep[len(above.path) + 1 :]
        if below in files:
            return files[below]
        inside = [
            (name[len(below) + 1 :], md5) for name, md5 in files.items() if name.startswith(f"{below}/")
        ]
        from mlgit.adapters.dvc.hashes import listing_md5

        return listing_md5(inside) if inside else None

    def _outs(self, outs: Iterable[Output], reasons: list[str]) -> None:
        for out in outs:
            if "://" in out.path:
                continue
            if out.pointer is None:
                if self._hashes.exists(out.path) or not out.cached:
                    reasons.append(f"new output {out.path}")
                continue
            md5 = self._hashes.md5(out.path, legacy=out.pointer.legacy)
            if md5 is None:
                if not out.cached:
                    reasons.append(f"deleted output {out.path}")
            elif md5 != out.pointer.md5:
                reasons.append(f"changed output {out.path}")

    def _stage_params(
        self,
        stage: Stage,
        locked: Mapping[str, Mapping[str, object]],
        reasons: list[str],
        unchecked: list[str],
    ) -> None:
        for file, keys in stage.params.items():
            values = self._param_file(file)
            if values is _ABSENT:
                reasons.append(f"deleted params file {file}")
                continue
            if not isinstance(values, (dict, list)):
                unchecked.append(f"params file {file} could not be read")
                continue
            recorded = locked.get(file)
            if recorded is None:
                reasons.append(f"new params file {file}")
                continue
            names = keys if keys is not None else _all_names(values, recorded)
            reasons += [
                f"{said} param {name}" for name in names if (said := _compare_param(values, recorded, name))
            ]

    def _param_file(self, path: str) -> object:
        """The parsed file, `_ABSENT`, or None when it cannot be read."""
        if path not in self._params:
            from mlgit.adapters.dvc.values import Unreadable, parse

            content = self._tree.read(path)
            if content is None:
                self._params[path] = _ABSENT
            else:
                try:
                    self._params[path] = parse(content, path=path, documents=self._documents)
                except Unreadable:
                    self._params[path] = None
        return self._params[path]

    def tracked_files(self) -> list[StageState]:
        """A state for every .dvc file that has something to tell."""
        by_file: dict[str, list[Output]] = {}
        for out in self._pipeline.tracked:
            by_file.setdefault(out.owner, []).append(out)
        states = []
        for owner, outs in by_file.items():
            reasons: list[str] = []
            self._outs(outs, reasons)
            unchecked = tuple(
                f"upstream of {out.path} was not checked: needs the network" for out in outs if out.source
            )
            if reasons or unchecked:
                states.append(StageState(address=owner, reasons=tuple(reasons), unchecked=unchecked))
        return states


def _all_names(values: dict[object, object] | list[object], recorded: Mapping[str, object]) -> list[str]:
    names = [str(name) for name in values] if isinstance(values, dict) else []
    return list(dict.fromkeys([*names, *recorded]))


def _compare_param(values: object, recorded: Mapping[str, object], name: str) -> str:
    """`""`, `changed`, `new` or `deleted`."""
    value = find_value(values, name)
    if value is _ABSENT:
        return "deleted"
    if name not in recorded:
        return "new"
    return "" if _same(value, recorded[name]) else "changed"


def _same(value: object, recorded: object) -> bool:
    if isinstance(value, (tuple, set)):
        value = list(value)
    if isinstance(value, float) and isinstance(recorded, float):
        return value == recorded or (value != value and recorded != recorded)  # noqa: PLR0124 (NaN)
    return value == recorded


def find_value(values: object, name: str) -> object:
    """The value at a dotted key: the key itself when it stands so, else step by step."""
    if isinstance(values, dict) and name in values:
        return values[name]
    for step in name.split("."):
        if isinstance(values, dict):
            if step in values:
                values = values[step]
            elif step.lstrip("-").isdigit() and int(step) in values:
                values = values[int(step)]
            else:
                return _ABSENT
        elif isinstance(values, (list, tuple)) and step.isdigit() and int(step) < len(values):
            values = values[int(step)]
        else:
            return _ABSENT
    return values


def _relatives(path: str, others: Iterable[str]) -> list[str]:
    """Paths that contain this one or lie inside it."""
    return [
        other
        for other in others
        if other == path or path.startswith(f"{other}/") or other.startswith(f"{path}/")
    ]


def _predecessors(pipeline: Pipeline) -> dict[str, list[str]]:
    """Stage or .dvc file -> those whose outputs it reads."""
    owners: dict[str, str] = {out.path: out.owner for out in pipeline.outputs}
    before: dict[str, list[str]] = {}
    for stage in pipeline.stages:
        reads = (*stage.deps, *stage.params)
        found = []
        for dep in reads:
            exact = owners.get(dep)
            found += [exact] if exact is not None else [owners[path] for path in _relatives(dep, owners)]
        before[stage.address] = [owner for owner in dict.fromkeys(found) if owner != stage.address]
    return before


def _all_before(address: str, before: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything upstream, nearest first."""
    found: dict[str, None] = {}
    waiting = list(before.get(address, ()))
    while waiting:
        one = waiting.pop(0)
        if one not in found and one != address:
            found[one] = None
            waiting += before.get(one, ())
    return list(found)


def _stale_before(
    address: str,
    before: Mapping[str, Sequence[str]],
    own: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
) -> tuple[str, ...]:
    return tuple(one for one in _all_before(address, before) if one in own and own[one][0])


def _imports_before(address: str, before: Mapping[str, Sequence[str]], pipeline: Pipeline) -> tuple[str, ...]:
    imported = {out.owner: out.path for out in pipeline.tracked if out.source}
    return tuple(
        f"upstream of {imported[one]} was not checked: needs the network"
        for one in _all_before(address, before)
        if one in imported
    )
