"""DVC's answers in mlgit's words: the table between `dvc status`, `dvc data status` and `mlgit status`."""

from __future__ import annotations

import contextlib
import os
import posixpath
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.differential.answers import Data
    from tests.support.shell import Folder

_GONE = "deleted"
_WORDS = {"modified": "changed", "deleted": "deleted", "new": "new"}


class Facts:
    """DVC's knowledge about its stages beyond the output of `dvc status`.

    `dvc status` reports `not in cache` instead of what happened to the file, and does not distinguish files
    that dvc.lock never recorded from those that it recorded differently.
    """

    def __init__(self, repo: Any) -> None:  # noqa: ANN401 (DVC has no types)
        self._repo = repo
        self._stages: dict[str, Any] = {stage.addressing: stage for stage in repo.index.stages}

    def all_reasons(self, status: Mapping[str, list[Any]]) -> dict[str, frozenset[str]]:
        """All of `dvc status`; only stages that have a reason."""
        found = {address: frozenset(self.reasons(address, entries)) for address, entries in status.items()}
        return {address: reasons for address, reasons in found.items() if reasons}

    def reasons(self, address: str, entries: list[Any]) -> set[str]:
        """One stage's entries of `dvc status`, in mlgit's words."""
        stage = self._stages[address]
        if not _was_run(stage):
            return {"never run"}
        found: set[str] = set()
        for entry in entries:
            if entry == "changed command":
                found.add("changed cmd")
            elif entry == "always changed":
                continue  # Not stale for mlgit: no run could change that.
            elif isinstance(entry, dict):
                deps, outs = entry.get("changed deps", {}), entry.get("changed outs", {})
                assert entry.keys() <= {"changed deps", "changed outs"}, entry
                names = [str(dep) for dep in stage.deps]
                for name, dep in zip(names, stage.deps, strict=True):
                    # If a file is a dependency and has parameters, `dvc status` reports only one of the two.
                    change = deps.get(name) if names.count(name) == 1 else dep.status().get(name)
                    if change is not None:
                        found |= self._dep(dep, change)
                for out in stage.outs:
                    if str(out) in outs:
                        found |= self._out(out, outs[str(out)])
            else:
                found.add(str(entry))
        return found

    def respelled(self) -> dict[str, frozenset[str]]:
        """Stage -> dependencies that dvc.lock has under another spelling of the same path."""
        found = {}
        for address, stage in self._stages.items():
            recorded = {os.path.normpath(each["path"]) for each in _locked(stage).get("deps", ())}
            found[address] = frozenset(
                self._path(dep)
                for dep in stage.deps
                if not dep.hash_info and os.path.normpath(dep.def_path) in recorded
            )
        return {address: paths for address, paths in found.items() if paths}

    def _path(self, thing: Any) -> str:  # noqa: ANN401
        return str(os.path.relpath(thing.fs_path, self._repo.root_dir))

    def _dep(self, dep: Any, change: Any) -> set[str]:  # noqa: ANN401
        path = self._path(dep)
        if isinstance(change, dict):
            return {f"{_WORDS[word]} param {key}" for key, word in change.items()}
        if hasattr(dep, "params"):
            return {f"{change} params file {path}"}
        if not dep.hash_info:
            return {f"new dep {path}"}
        if change == _GONE:
            # Not checked out: the recorded hash replaces its own.
            recorded_hash = self._recorded(path)
            if recorded_hash is not None:
                return set() if recorded_hash == dep.hash_info.value else {f"changed dep {path}"}
        return {f"{_WORDS[change]} dep {path}"}

    def _recorded(self, path: str) -> str | None:
        """The hash that DVC recorded for an output, or for a path inside one."""
        for out in self._repo.index.outs:
            place = self._path(out)
            if not out.hash_info or not out.use_cache:
                continue
            if place == path:
                return str(out.hash_info.value)
            if path.startswith(f"{place}/"):
                inside = out.get_obj(filter_info=os.path.join(self._repo.root_dir, path))
                return None if inside is None else str(inside.hash_info.value)
        return None

    def _out(self, out: Any, change: str) -> set[str]:  # noqa: ANN401
        if change == "not in cache":
            change = out.workspace_status().get(str(out), "")
        if not change:
            return set()
        if change == _GONE and out.use_cache and out.hash_info:
            return set()
        path = self._path(out)
        return {f"{_WORDS[change] if out.hash_info else 'new'} output {path}"}

    def before(self) -> dict[str, frozenset[str]] | None:
        """All stages before each stage, by the graph of `dvc repro`.

        A frozen stage is cut off from what is before it (`dvc.repo.reproduce._get_steps`), and data that
        a .dvc file tracks is not made by running anything.
        """
        from dvc.exceptions import DvcException

        try:
            graph = self._repo.index.graph.copy()
        except DvcException:  # a circle, or two stages for one output, which `dvc status` accepts
            return None
        for stage in self._repo.index.graph:
            if stage.frozen:
                graph.remove_edges_from(self._repo.index.graph.out_edges(stage))
        return {
            stage.addressing: frozenset(one.addressing for one in _behind(graph, stage) if one.cmd)
            for stage in graph
        }

    def data(self, status: Mapping[str, Any]) -> dict[str, Data]:
        """`dvc data status --granular` by output."""
        changed = status.get("uncommitted", {})
        missing = set(status.get("not_in_cache", ()))
        found = {}
        for out in self._repo.index.outs:
            if not out.use_cache:
                continue
            path = self._path(out)
            state = _workspace(path, changed)
            if not out.hash_info and state == "same":
                # `dvc data status` does not report outputs that were never made.
                state = "absent"
            cached = None if not out.hash_info else not any(_within(each, path) for each in missing)
            if state != "same" or cached is False:
                found[path] = (state, cached)
        return found


def passed_over(folder: Folder) -> frozenset[str]:
    """The .dvc and dvc.yaml files that Git has and ignores, which DVC passes over, and their outputs."""
    listing = folder.git("ls-files", "-z", "-ci", "--exclude-standard", "--", "*.dvc", "*dvc.yaml")
    found = {name for name in listing.split("\0") if name and (folder / name).is_file()}
    outs: set[str] = set()
    for name in found:
        with contextlib.suppress(yaml.YAMLError, AttributeError, TypeError):
            outs |= _outputs(yaml.safe_load((folder / name).read_bytes()), posixpath.dirname(name))
    return frozenset(found | outs)


def _outputs(document: Any, folder: str) -> set[str]:  # noqa: ANN401 (YAML)
    """The paths of outputs in a .dvc file or dvc.yaml of a folder."""
    if "stages" in document:
        every: set[str] = set()
        for stage in document["stages"].values():
            every |= _outputs(stage, posixpath.join(folder, stage.get("wdir", "")))
        return every
    entries = [each for kind in ("outs", "metrics", "plots") for each in document.get(kind) or ()]
    names = [each.get("path") or next(iter(each)) if isinstance(each, dict) else each for each in entries]
    return {posixpath.normpath(posixpath.join(folder, name)) for name in names}


def _behind(graph: Any, stage: Any) -> set[Any]:  # noqa: ANN401
    """All stages that a stage depends on."""
    found: set[Any] = set()
    waiting = [stage]
    while waiting:
        new = set(graph.successors(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _was_run(stage: Any) -> bool:  # noqa: ANN401
    """Whether dvc.lock has an entry for it."""
    name = getattr(stage, "name", None)
    return name is None or name in _lock(stage)


def _locked(stage: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """The entry of dvc.lock; empty for a .dvc file."""
    name = getattr(stage, "name", None)
    return {} if name is None else _lock(stage).get(name) or {}


def _lock(stage: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return stage.dvcfile._lockfile.load().get("stages") or {}


def _workspace(path: str, changed: Mapping[str, Any]) -> str:
    own = {path, f"{path}/"}
    moved = changed.get("renamed", ())
    added = [*changed.get("added", ()), *(each["new"] for each in moved)]
    deleted = [*changed.get("deleted", ()), *(each["old"] for each in moved)]
    if own & set(added):
        return "new"
    if own & set(deleted):
        return "absent"
    touched = [*changed.get("modified", ()), *added, *deleted]
    return "modified" if any(_within(each, path) for each in touched) else "same"


def _within(one: str, path: str) -> bool:
    return one.rstrip("/") == path or one.startswith(f"{path}/")
