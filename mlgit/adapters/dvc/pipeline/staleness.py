"""Staleness: whether each stage's outputs match its inputs, without running DVC.

It answers the same question as `dvc status`, with three differences: a cached output that is not checked out
does not make a stage stale, nothing here uses the network, and a stage that DVC runs whatever its inputs are
is not stale for that, because no run could change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import (
    FILTERED,
    LEFT_OUT,
    LFS,
    MIXED,
    OUTSIDE,
    SUBMODULE,
    UNKNOWN,
    Hashes,
)
from mlgit.adapters.dvc.pipeline.ancestry import Ancestry, OutputsByPath
from mlgit.adapters.dvc.pipeline.datasets import compare, is_dataset
from mlgit.adapters.dvc.pipeline.params import NOTHING_STORED, ParamFiles, Stored
from mlgit.adapters.dvc.pipeline.recorded import RecordedHashes
from mlgit.adapters.dvc.pipeline.shared import shared_by, shared_text
from mlgit.core.pipeline.evidence import FROZEN, MERGED, StageState
from mlgit.core.pipeline.stages import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.dvc.files.documents import Documents
    from mlgit.core.pipeline.stages import LockedStage, Origin, Output, Pipeline, Stage
    from mlgit.core.tree import Tree

    _Listing = Callable[[Output], Mapping[str, str] | None]
    _Ask = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]

_NOTHING = Pointer(md5="")
_NOT_HERE = {
    OUTSIDE: "it is outside the repository and not on this machine",
    SUBMODULE: "its submodule is not checked out here",
    LEFT_OUT: "it is not in the sparse checkout",
    LFS: "its content is in Git LFS, and not on this machine",
    MIXED: "Git has files in it, and the list of DVC's files is not here",
    FILTERED: "a filter in `.gitattributes` may change it on disk",
}
_NOT_CHECKED = {
    UNKNOWN: "it is not here",
    **_NOT_HERE,
}


def stage_states(
    pipeline: Pipeline,
    *,
    tree: Tree,
    hashes: Hashes,
    documents: Documents,
    listing: _Listing,
    ask: _Ask | None = None,
    merged: Iterable[str] = (),
    stored: Stored = NOTHING_STORED,
) -> tuple[StageState, ...]:
    """The state of every stage, and of every .dvc file whose data changed or could not be checked.

    Args:
        listing: the files of a tracked directory by relative path; None if it is not known here.
        ask: DVC's own reasons for these stages, for datasets on disk; None at a commit, where mlgit compares.
        merged: the stages whose entry of dvc.lock git merged.
    """
    made = OutputsByPath(pipeline.outputs)
    recorded = RecordedHashes(made, hashes, listing)
    params = ParamFiles(tree, documents, stored, recorded)
    checker = _StageChecker(made, params, hashes, recorded, by_dvc=ask is not None)
    own = {stage.address: checker.stage(stage) for stage in pipeline.stages}
    for address in merged:
        own[address].unproven.append(MERGED)
    shared = made.shared()
    for stage in pipeline.stages if shared else ():
        own[stage.address].unproven += shared_by(stage, shared)
    compare(checker.datasets, ask, lambda address, reason: own[address].reasons.append(reason))
    tracked = checker.tracked_files(pipeline.tracked, shared)
    imported = {out.owner: out.path for out in pipeline.tracked if out.source and out.origin is None}
    stale = {address for address, found in own.items() if found.reasons}
    stale |= {state.address for state in tracked if any(" dep " in reason for reason in state.reasons)}
    above = Ancestry(pipeline, made, marked=stale | imported.keys())
    for stage in pipeline.stages:
        found, before = own[stage.address], above.of(stage.address)
        found.upstream = [one for one in before if one in stale]
        found.unchecked += [_unknown_upstream(imported[one]) for one in before if one in imported]
    _pass_on(pipeline, made, own, stale=stale)
    return (*(own[stage.address].state(stage.address) for stage in pipeline.stages), *tracked)


def _pass_on(
    pipeline: Pipeline, made: OutputsByPath, own: Mapping[str, _Findings], *, stale: set[str]
) -> None:
    """Give every stage what makes the stages before it unproven or unknown, also past a frozen one."""
    unproven = {address for address, found in own.items() if found.unproven}
    unknown = {address for address, found in own.items() if found.unknown}
    frozen = any(stage.frozen for stage in pipeline.stages)
    if not (unproven or unknown or (frozen and stale)):
        return
    above = Ancestry(pipeline, made, marked=stale | unproven | unknown, past_frozen=True)
    for address, found in own.items():
        before = [one for one in above.of(address) if one not in found.upstream]
        found.unproven += [f"upstream {one}" for one in before if one in unproven or one in stale]
        found.unknown += [f"upstream {one}" for one in before if one in unknown]


class _Findings:
    """The reasons why something is stale, and the sentences about what could not be checked."""

    __slots__ = ("reasons", "unchecked", "unknown", "unproven", "upstream")

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.upstream: list[str] = []
        self.unchecked: list[str] = []
        self.unproven: list[str] = []
        self.unknown: list[str] = []

    def state(self, address: str) -> StageState:
        return StageState(
            address=address,
            reasons=tuple(self.reasons),
            upstream=tuple(self.upstream),
            unchecked=tuple(self.unchecked),
            unproven=tuple(self.unproven),
            unknown=tuple(self.unknown),
        )


def _unknown_upstream(path: str) -> str:
    return f"upstream of {path} was not checked: that needs the network"


class _StageChecker:
    """Checks the stages and data of one state."""

    def __init__(
        self,
        made: OutputsByPath,
        params: ParamFiles,
        hashes: Hashes,
        recorded: RecordedHashes,
        *,
        by_dvc: bool,
    ) -> None:
        self._by_dvc = by_dvc  # DVC compares datasets
        self._made = made
        self._params = params
        self._hashes = hashes
        self._recorded = recorded
        self.datasets: dict[str, list[str]] = {}
        """Stage -> the datasets it depends on, which DVC compares."""

    def stage(self, stage: Stage) -> _Findings:
        """The stage's own reasons, without those of stages before it."""
        found = _Findings()
        locked = stage.locked
        if locked is None:
            if stage.outs or not stage.frozen:  # DVC runs no frozen stage whose outputs are all there
                found.reasons.append("never run")
            return found
        if locked.unread:
            found.unproven.append(locked.unread)
        if stage.cmd != locked.cmd or stage.cmd_listed != locked.cmd_listed:
            found.reasons.append("changed cmd")
        inputs = found if not stage.frozen else _Findings()
        for dep in stage.deps:
            self._dep(stage, locked, dep, inputs)
        for sentence, stale in self._params.check(stage, locked.params):
            for texts in [inputs.reasons] if stale else [inputs.unchecked, inputs.unknown]:
                texts.append(sentence)
        if stage.frozen:
            # DVC compares no input of a frozen stage, and would not run it.
            found.unproven += [f"{reason} ({FROZEN})" for reason in inputs.reasons]
            found.unknown += inputs.unknown
        for out in stage.outs:
            self._out(out, found)
        return found

    def _dep(self, stage: Stage, locked: LockedStage, dep: str, found: _Findings) -> None:
        if is_dataset(dep):
            if self._by_dvc and not stage.frozen:
                self.datasets.setdefault(stage.address, []).append(dep)
            elif word := stage.datasets.get(dep):
                found.reasons.append(f"{word} dep {dep}")
        elif "://" in dep:
            found.unchecked.append(f"dep {dep} was not checked: that needs the network")
        elif dep not in locked.deps:
            found.reasons.append(f"new dep {dep}")
        elif (pointer := locked.deps[dep]) is None:
            found.reasons.append(f"{self._unrecorded(dep)} dep {dep}")
        else:
            word = self._compare(dep, pointer)
            if word in _NOT_CHECKED:
                sentence = f"dep {dep} was not checked: {_NOT_CHECKED[word]}"
                found.unchecked.append(sentence)
                found.unknown.append(sentence)
            elif word:
                found.reasons.append(f"{word} dep {dep}")

    def _unrecorded(self, dep: str) -> str:
        """`changed` or `deleted`, as for DVC, of a path whose record has no MD5 that could be compared."""
        return "deleted" if self._compare(dep, _NOTHING, outside="deleted") == "deleted" else "changed"

    def _compare(self, dep: str, pointer: Pointer, *, outside: str = UNKNOWN) -> str:
        """`""`, `changed`, `deleted`, a key of `_NOT_CHECKED`, or `outside` if nothing is known here."""
        md5 = self._hashes.md5(dep, legacy=pointer.legacy)
        place = self._hashes.resolved(dep) if md5 is None else dep
        if md5 not in _NOT_CHECKED:
            md5 = self._recorded.completed(place, legacy=pointer.legacy) or md5
        if md5 in _NOT_CHECKED:
            return md5
        if md5 not in {None, pointer.md5}:
            return self._hashes.doubt(dep) or "changed"
        md5 = md5 if md5 is not None else self._recorded.md5(place)
        if md5 is not None:
            return "" if md5 == pointer.md5 else "changed"
        producers = self._made.touching(place)
        # No pointer: never made. Not cached: cannot be restored. Otherwise the file may be in a directory
        # whose listing is missing here.
        absent = all(out.pointer is None or not out.cached for out in producers)
        if dep.startswith(("/", "../")):
            return outside if outside != UNKNOWN else OUTSIDE
        return "deleted" if absent else outside

    def _out(self, out: Output, found: _Findings) -> None:
        if "://" in out.path:
            return
        if out.pointer is None:
            # Data that was imported without downloading it has no hash yet.
            if out.source is None or self._hashes.exists(out.path):
                found.reasons.append(f"new output {out.path}")
            return
        md5 = self._hashes.md5(out.path, legacy=out.pointer.legacy)
        if md5 == out.pointer.md5 or (out.cached and (md5 is None or md5 in _NOT_CHECKED.keys() - {MIXED})):
            return
        if md5 is None:
            found.reasons.append(f"deleted output {out.path}")
            return
        doubt = md5 if md5 in _NOT_CHECKED else None if out.cached else self._hashes.doubt(out.path)
        if doubt is None:
            found.reasons.append(f"changed output {out.path}")
        else:
            sentence = f"output {out.path} was not checked: {_NOT_CHECKED[doubt]}"
            found.unchecked.append(sentence)
            found.unknown.append(sentence)

    def tracked_files(
        self, tracked: Iterable[Output], shared: Mapping[str, Sequence[str]]
    ) -> list[StageState]:
        """A state for every .dvc file with a reason, something unchecked or a `shared` output."""
        by_file: dict[str, _Findings] = {}
        for out in tracked:
            found = _Findings()
            if out.origin is not None:
                self._origin(out.origin, found)
            self._out(out, found)
            if out.source and out.origin is None:
                found.unchecked.append(_unknown_upstream(out.path))
            found.unproven += [
                shared_text(path, owners) for path, owners in shared.items() if out.owner in owners
            ]
            if found.reasons or found.unchecked or found.unproven:
                known = by_file.setdefault(out.owner, _Findings())
                known.unproven += [text for text in found.unproven if text not in known.unproven]
                known.reasons += [reason for reason in found.reasons if reason not in known.reasons]
                known.unchecked += found.unchecked
                known.unknown += found.unknown
        return [found.state(owner) for owner, found in by_file.items()]

    def _origin(self, origin: Origin, found: _Findings) -> None:
        """Add a reason if the local path that data was imported from has other content now."""
        if origin.frozen:
            return
        if origin.pointer is None:
            word = self._unrecorded(origin.path)
        else:
            word = self._compare(origin.path, origin.pointer, outside="deleted")
        if word and word not in _NOT_CHECKED:
            found.reasons.append(f"{word} dep {origin.path}")
