"""DVC index: DVC's own view of a repository as mlgit's records, to check mlgit's reader."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlgit.adapters.dvc.engine.opening import quiet
from mlgit.core.pipeline.stages import Artifact, LockedStage, Output, Pipeline, Pointer, Stage, is_hash
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dvc.repo import Repo

_LEGACY_HASH = "md5-dos2unix"


def resolve_pipeline(root: str, commit: str | None) -> Pipeline:
    """The pipeline at a commit (full id) or in the working tree, templates filled in.

    Args:
        root: the root of the Git working tree, absolute.
        commit: None for the working tree.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file is invalid.
    """
    from mlgit.adapters.dvc.engine.opening import dvc_roots, opened

    pipeline = Pipeline()
    if commit is not None:
        with opened_at(root, commit) as repos:
            for repo in repos:
                pipeline = _joined(pipeline, _Reader(repo, "/").pipeline())
        return pipeline
    for relative in dvc_roots(root) or (".",):
        with opened(root, relative) as repo:
            pipeline = _joined(pipeline, _Reader(repo, root).pipeline())
    return pipeline


@contextmanager
def opened_at(root: str, commit: str) -> Iterator[tuple[Repo, ...]]:
    """The DVC repositories at a commit; their paths begin with `/`, which is the Git root."""
    with quiet(root):
        from dvc.fs import GitFileSystem
        from dvc.repo import Repo
        from dvc.scm import SCM

        scm = SCM(root)
        files = GitFileSystem(scm=scm, rev=commit)
        repos: list[Any] = []
        try:
            for folder in _roots_at(files) or ("/",):
                has_dvc = files.exists(files.join(folder, ".dvc"))
                repos.append(Repo(folder, fs=files, scm=scm, uninitialized=not has_dvc))
            yield tuple(repos)
        finally:
            for repo in repos:
                repo.close()
            scm.close()


def _roots_at(files: Any) -> tuple[str, ...]:  # noqa: ANN401 (dvc has no types)
    if files.exists("/.dvc"):
        return ("/",)
    found = []
    for folder, names, _ in files.walk("/"):
        if ".dvc" in names and files.exists(files.join(folder, ".dvc", "config")):
            found.append(folder)
            names.clear()
    return tuple(sorted(found))


def _joined(one: Pipeline, other: Pipeline) -> Pipeline:
    return Pipeline(
        stages=one.stages + other.stages,
        tracked=one.tracked + other.tracked,
        metrics=one.metrics + other.metrics,
        params=one.params + other.params,
        plots=one.plots + other.plots,
        artifacts=one.artifacts + other.artifacts,
    )


class _Reader:
    """DVC's index of one repository, turned into mlgit's records.

    Args:
        repo: open.
        top: the Git root in the repository's own file system.
    """

    def __init__(self, repo: Repo, top: str) -> None:
        self._repo = repo
        self._files = repo.fs
        self._top = top

    def pipeline(self) -> Pipeline:
        """Everything in the index, in the order of the files."""
        index = self._repo.index
        index.check_graph()
        stages, tracked = [], []
        for entry in sorted(index.stages, key=lambda entry: str(self._path(entry.path))):
            if entry.cmd is None:
                tracked += [self._output(out, self._path(entry.path)) for out in entry.outs]
            else:
                stages.append(self._stage(entry))
        return Pipeline(
            stages=tuple(stages),
            tracked=tuple(tracked),
            metrics=self._listed(index._metrics),
            params=self._listed(index._params),
            plots=self._plots(index._plots),
            artifacts=self._artifacts(index._artifacts),
        )

    def _path(self, path: str) -> str:
        """A path of the repository's file system, from the Git root."""
        relative: str = self._files.relpath(path, self._top)
        return relative.replace(os.sep, "/")

    def _from_file(self, file: str, path: str) -> str:
        """A path that a file declares relative to itself, from the Git root."""
        return self._path(self._files.normpath(self._files.join(self._files.parent(file), path)))

    def _stage(self, entry: Any) -> Stage:  # noqa: ANN401 (dvc has no types)
        from dvc.dependency import ParamsDependency

        file = self._path(entry.path)
        name = getattr(entry, "name", None) or file
        address = name if file in {"dvc.yaml", name} else f"{file}:{name}"
        wdir = self._path(entry.wdir)
        params: dict[str, tuple[str, ...] | None] = {}
        for dep in entry.deps:
            if isinstance(dep, ParamsDependency):
                params[self._path(dep.fs_path)] = tuple(dep.params) or None
        return Stage(
            address=address,
            name=name,
            file=file,
            wdir=wdir,
            cmd=_commands(entry.cmd),
            cmd_listed=not isinstance(entry.cmd, str),
            deps=tuple(self._place(dep) for dep in entry.deps if not isinstance(dep, ParamsDependency)),
            params=params,
            outs=tuple(self._output(out, address) for out in entry.outs),
            frozen=bool(entry.frozen),
            always_changed=bool(entry.always_changed),
            locked=self._locked(entry, name),
        )

    def _place(self, item: Any) -> str:  # noqa: ANN401 (dvc has no types)
        """The path of a dependency or output from the Git root, or its URL as declared."""
        if item.fs is self._files or (item.protocol == "local" and item.is_in_repo):
            return self._path(item.fs_path)
        return str(item.def_path)

    def _output(self, out: Any, owner: str) -> Output:  # noqa: ANN401 (dvc has no types)
        return Output(
            path=self._place(out),
            owner=owner,
            pointer=_pointer(out.hash_info.value, out.meta, legacy=out.hash_name == _LEGACY_HASH),
            cached=bool(out.use_cache),
            metric=bool(out.metric),
            plot=bool(out.plot),
            source=_source(out.stage),
            foreign=bool(out.stage.is_repo_import),
            remote=out.remote,
            push=bool(out.can_push),
            persist=bool(out.persist),
        )

    def _locked(self, entry: Any, name: str) -> LockedStage | None:  # noqa: ANN401 (dvc has no types)
        """The entries of dvc.lock, also those that the stage no longer declares."""
        recorded = getattr(entry.dvcfile, "lockfile_contents", {}).get("stages", {}).get(name)
        if recorded is None:
            return None
        return LockedStage(
            cmd=_commands(recorded.get("cmd", ())),
            cmd_listed=not isinstance(recorded.get("cmd", ""), str),
            deps=self._recorded(entry, recorded.get("deps", ())),
            params={
                self._path(self._files.normpath(self._files.join(entry.wdir, file))): dict(values)
                for file, values in recorded.get("params", {}).items()
            },
            outs=self._recorded(entry, recorded.get("outs", ())),
        )

    def _recorded(self, entry: Any, items: Iterable[Mapping[str, Any]]) -> dict[str, Pointer | None]:  # noqa: ANN401
        from dvc_data.hashfile.meta import Meta

        found = {}
        for item in items:
            place = item["path"]
            if "://" not in place:
                place = self._path(self._files.normpath(self._files.join(entry.wdir, place)))
            found[place] = _pointer(item.get("md5"), Meta.from_dict(dict(item)), legacy="hash" not in item)
        return found

    def _listed(self, per_file: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        return tuple(self._from_file(file, path) for file in sorted(per_file) for path in per_file[file])

    def _plots(self, per_file: Mapping[str, Iterable[Any]]) -> tuple[str, ...]:
        """Paths of the top-level plots; an entry is a path, or a name with its properties."""
        found = []
        for file in sorted(per_file):
            for entry in per_file[file]:
                names = [entry] if isinstance(entry, str) else list(entry)
                for name in names:
                    properties = entry.get(name) if isinstance(entry, dict) else None
                    y = properties.get("y") if isinstance(properties, dict) else None
                    found += [self._from_file(file, path) for path in (y if isinstance(y, dict) else [name])]
        return tuple(dict.fromkeys(found))

    def _artifacts(self, per_file: Mapping[str, Mapping[str, Any]]) -> tuple[Artifact, ...]:
        found = []
        for file in sorted(per_file):
            folder = self._path(self._files.parent(file))
            for name, entry in per_file[file].items():
                found.append(
                    Artifact(
                        name=name if folder == "." else f"{folder}:{name}",
                        path=self._from_file(file, entry["path"]),
                        type=entry.get("type"),
                        description=entry.get("desc"),
                        labels=tuple(entry.get("labels") or ()),
                    )
                )
        return tuple(found)


def _commands(cmd: str | Iterable[str]) -> tuple[str, ...]:
    return (cmd,) if isinstance(cmd, str) else tuple(cmd)


def _pointer(value: str | None, meta: Any, *, legacy: bool) -> Pointer | None:  # noqa: ANN401 (dvc has no types)
    if not value:
        return None
    if not is_hash(value):
        raise ConfigError(f"`{value}` in `dvc.lock` or a `.dvc` file is not a hash of DVC's")
    return Pointer(md5=value, size=meta.size, nfiles=meta.nfiles, legacy=legacy)


def _source(stage: Any) -> str | None:  # noqa: ANN401 (dvc has no types)
    """The source of an import: a URL, or a repository."""
    if not stage.is_import:
        return None
    dependency = stage.deps[0]
    definition = getattr(dependency, "def_repo", None)
    return str(definition["url"] if definition else dependency.def_path)
