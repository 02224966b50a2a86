"""Staleness: whether each stage's outputs are what its inputs give, without running DVC.

The same question as `dvc status`, with two differences: a cached output that is merely not checked out
does not make a stage stale, and nothing here ever touches the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import ELSEWHERE, UNKNOWN
from mlgit.adapters.dvc.pipeline.ancestry import Ancestry, OutputsByPath
from mlgit.core.pipeline.evidence import StageState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.dvc.data.hashes import Hashes
    from mlgit.adapters.dvc.files.documents import Documents
    from mlgit.core.pipeline.stages import Origin, Output, Pipeline, Pointer, Stage
    from mlgit.core.tree import Tree

DATASET = "ds://"
_ABSENT = object()
_NOT_CHECKED = {UNKNOWN: "it is not here", ELSEWHERE: "needs the network"}


def stage_states(
    pipeline: Pipeline,
    *,
    tree: Tree,
    hashes: Hashes,
    documents: Documents,
    listing: Callable[[Output], Mapping[str, str] | None],
    ask: Callable[[Sequence[str]], Mapping[str, Sequence[str]]] | None = None,
) -> tuple[StageState, ...]:
    """The state of every stage, and of every .dvc file whose data changed or could not be checked.

    Args:
        pipeline: what is declared at that state.
        tree: the files Git has there, for parameters.
        hashes: the contents there.
        documents: a memory of parsed texts.
        listing: the files of a tracked directory by relative path, None when not known here.
        ask: DVC's own reasons for these stages, for what only it can compare; None where it cannot be asked.
    """
    made = OutputsByPath(pipeline.outputs)
    look = _StageChecker(made, tree=tree, hashes=hashes, documents=documents, listing=listing)
    own = {stage.address: look.stage(stage) for stage in pipeline.stages}
    if look.datasets:
        _compare_datasets(look.datasets, own, ask)
    imported = {out.owner: out.path for out in pipeline.tracked if out.source and out.origin is None}
    tracked = look.tracked_files(pipeline.tracked)
    moved = {state.address for state in tracked if any(map(_of_an_import, state.reasons))}
    stale = {address for address, (reasons, _) in own.items() if reasons} | moved
    above = Ancestry(pipeline, made, marked=stale | imported.keys())
    states = []
    for stage in pipeline.stages:
        reasons, unchecked = own[stage.address]
        before = above.of(stage.address)
        states.append(
            StageState(
                address=stage.address,
                reasons=reasons,
                upstream=tuple(one for one in before if one in stale),
                unchecked=(*unchecked, *(_of_unknown(imported[one]) for one in before if one in imported)),
            )
        )
    return (*states, *tracked)


def _compare_datasets(
    stages: Mapping[str, Sequence[str]],
    own: dict[str, tuple[tuple[str, ...], tuple[str, ...]]],
    ask: Callable[[Sequence[str]], Mapping[str, Sequence[str]]] | None,
) -> None:
    """Add to each stage what DVC says of the datasets it depends on: their shape is DVC's own affair."""
    answers = None if ask is None else ask(list(stages))
    for address, names in stages.items():
        reasons, unchecked = own[address]
        if answers is None:
            own[address] = (
                reasons,
                (*unchecked, *(f"dep {name} was not checked: only DVC can" for name in names)),
            )
        else:
            said = [reason for reason in answers.get(address, ()) if reason.endswith(tuple(names))]
            own[address] = (*reasons, *said), unchecked


def _of_unknown(path: str) -> str:
    return f"upstream of {path} was not checked: needs the network"


def _of_an_import(reason: str) -> bool:
    return " dep " in reason


class _StageChecker:
    """One look at a state; answers are shared between stages."""

    def __init__(
        self,
        made: OutputsByPath,
        *,
        tree: Tree,
        hashes: Hashes,
        documents: Documents,
        listing: Callable[[Output], Mapping[str, str] | None],
    ) -> None:
        self._made = made
        self._tree = tree
        self._hashes = hashes
        self._documents = documents
        self._listing = listing
        self._params: dict[str, object] = {}
        self.datasets: dict[str, list[str]] = {}

    def stage(self, stage: Stage) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Reasons why it is stale itself, and what could not be checked."""
        if stage.locked is None:
            return ("never run",), ()
        reasons: list[str] = []
        unchecked: list[str] = []
        callback = not (stage.deps or stage.params or stage.outs)
        if stage.cmd != stage.locked.cmd or stage.cmd_listed != stage.locked.cmd_listed:
            reasons.append("changed cmd")
        if stage.always_changed or callback:
            reasons.append("always runs")
        if not stage.frozen:
            self._deps(stage, stage.locked.deps, reasons, unchecked)
            self._stage_params(stage, stage.locked.params, reasons, unchecked)
        for out in stage.outs:
            self._out(out, reasons, unchecked)
        return tuple(reasons), tuple(unchecked)

    def _deps(
        self,
        stage: Stage,
        locked: Mapping[str, Pointer | None],
        reasons: list[str],
        unchecked: list[str],
    ) -> None:
        for dep in stage.deps:
            if dep.startswith(DATASET):
                self.datasets.setdefault(stage.address, []).append(dep)
                continue
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
            if said in _NOT_CHECKED:
                unchecked.append(f"dep {dep} was not checked: {_NOT_CHECKED[said]}")
            elif said:
                reasons.append(f"{said} dep {dep}")

    def _compare(self, dep: str, pointer: Pointer, *, outside: str = UNKNOWN) -> str:
        """`""`, `changed`, `deleted`, why it cannot be told, or what is absent `outside` the repository."""
        md5 = self._hashes.md5(dep, legacy=pointer.legacy)
        if md5 in _NOT_CHECKED:
            return md5
        if md5 is not None:
            return "" if md5 == pointer.md5 else "changed"
        produced = self._produced(dep)
        if produced is not None:
            return "" if produced == pointer.md5 else "changed"
        producers = self._made.touching(dep)
        # Of what a stage never made nothing is on record; of a directory the listing may be missing here.
        # What is not cached is brought back by nothing either.
        absent = not producers or all(out.pointer is None or not out.cached for out in producers)
        return "deleted" if absent and not dep.startswith(("/", "../")) else outside

    def _produced(self, dep: str) -> str | None:
        """The hash that dvc.lock or a .dvc file recorded for what is not checked out."""
        producer = self._made.at(dep)
        if producer is not None:
            return producer.pointer.md5 if producer.pointer is not None and producer.cached else None
        above = self._made.around(dep)
        files = None if above is None or not above.cached else self._listing(above)
        if above is None or files is None:
            return None
        below = dep[len(above.path) + 1 :]
        if below in files:
            return files[below]
        inside = [
            (name[len(below) + 1 :], md5) for name, md5 in files.items() if name.startswith(f"{below}/")
        ]
        from mlgit.adapters.dvc.data.hashes import listing_md5

        return listing_md5(inside) if inside else None

    def _out(self, out: Output, reasons: list[str], unchecked: list[str]) -> None:
        if "://" in out.path:
            return
        if out.pointer is None:
            # What was only imported by name has no hash yet, and nobody waits for it.
            if out.source is None or self._hashes.exists(out.path):
                reasons.append(f"new output {out.path}")
            return
        md5 = self._hashes.md5(out.path, legacy=out.pointer.legacy)
        if md5 in _NOT_CHECKED:
            if not out.cached:
                unchecked.append(f"output {out.path} was not checked: {_NOT_CHECKED[md5]}")
        elif md5 is None:
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
            find = _top_value if keys is None else find_value
            reasons += [
                f"{said} param {name}"
                for name in names
                if (said := _compare_param(find(values, name), recorded, name))
            ]

    def _param_file(self, path: str) -> object:
        """The parsed file, `_ABSENT`, or None when it cannot be read."""
        if path not in self._params:
            from mlgit.adapters.dvc.files.values import Unreadable, parse

            content = self._tree.read(path)
            if content is None:
                self._params[path] = _ABSENT
            else:
                try:
                    self._params[path] = parse(content, path=path, documents=self._documents)
                except Unreadable:
                    self._params[path] = None
        return self._params[path]

    def tracked_files(self, tracked: Iterable[Output]) -> list[StageState]:
        """A state for every .dvc file that has something to tell."""
        by_file: dict[str, tuple[list[str], list[str]]] = {}
        for out in tracked:
            reasons: list[str] = []
            unsure: list[str] = []
            if out.origin is not None:
                self._origin(out.origin, reasons)
            self._out(out, reasons, unsure)
            unsure += [_of_unknown(out.path)] if out.source and out.origin is None else []
            if reasons or unsure:
                known, unchecked = by_file.setdefault(out.owner, ([], []))
                known += [reason for reason in reasons if reason not in known]
                unchecked += unsure
        return [
            StageState(address=owner, reasons=tuple(reasons), unchecked=tuple(unchecked))
            for owner, (reasons, unchecked) in by_file.items()
        ]

    def _origin(self, origin: Origin, reasons: list[str]) -> None:
        """Whether the place on this machine that data was imported from still holds the same."""
        if origin.frozen or origin.pointer is None:
            return
        said = self._compare(origin.path, origin.pointer, outside="deleted")
        if said and said not in _NOT_CHECKED:
            reasons.append(f"{said} dep {origin.path}")


def _all_names(values: dict[object, object] | list[object], recorded: Mapping[str, object]) -> list[str]:
    names = [str(name) for name in values] if isinstance(values, dict) else []
    return list(dict.fromkeys([*names, *recorded]))


def _compare_param(value: object, recorded: Mapping[str, object], name: str) -> str:
    """`""`, `changed`, `new` or `deleted`."""
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


def _top_value(values: object, name: str) -> object:
    """The value at a key of the file itself, which may have dots: of a file that counts as a whole."""
    if isinstance(values, dict) and name in values:
        return values[name]
    return _ABSENT if "." in name else find_value(values, name)


def find_value(values: object, name: str) -> object:
    """The value at a dotted key, step by step: a key that has dots itself is found by nobody, as in DVC."""
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
