"""Evidence: metrics, parameters, pipeline and staleness at a commit or in the working tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.paths import folders_of, repositories
from mlgit.adapters.dvc.files.values import metric_values, param_values
from mlgit.adapters.dvc.pipeline.pointers import DEFAULT_PARAMS, join, read_pipeline
from mlgit.adapters.git.objects import CommitTree
from mlgit.core.pipeline.evidence import Evidence, MetricFile, Problem, StageState, Value
from mlgit.core.pipeline.stages import output_at
from mlgit.errors import ConfigError
from mlgit.project.pipeline.metric_origin import trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.adapters.dvc.data.cache import Cache
    from mlgit.adapters.dvc.data.hashes import Hashes
    from mlgit.adapters.dvc.data.workspace import WorkspaceHashes
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project

_DVCLIVE = "dvclive/metrics.json"


class _Memory:
    """What was read already, for one project."""

    def __init__(self, project: Project) -> None:
        self.index, self.searches = project.take_prefetched()
        self.documents = Documents(project.cache_dir, index=self.index)
        self.evidence: dict[tuple[str | None, bool], Evidence] = {}
        self.caches: dict[str, Cache | None] = {}
        self.on_disk: WorkspaceHashes | None = None


_MEMORIES: WeakKeyDictionary[Project, _Memory] = WeakKeyDictionary()


def _memory(project: Project) -> _Memory:
    if project not in _MEMORIES:
        _MEMORIES[project] = _Memory(project)
    return _MEMORIES[project]


def evidence(project: Project, commit: str | None, *, staleness: bool = True) -> Evidence:
    """What is known about one state; read once per project and state.

    Args:
        project: the repository.
        commit: a full commit id; None for the working tree.
        staleness: whether to look at stages too; without it `stages` is empty and no metric file is
            called stale, which is all that a baseline needs.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file there is invalid.
    """
    known = _memory(project).evidence
    asked = (commit, staleness)
    if asked not in known:
        known[asked] = known.get((commit, True)) or _Reader(project, commit).read(staleness=staleness)
    return known[asked]


def forget_evidence(project: Project) -> None:
    """Read everything anew; for whoever brought contents that were missing."""
    _MEMORIES.pop(project, None)


def documents_of(project: Project) -> Documents:
    """The project's memory of parsed texts."""
    return _memory(project).documents


def hashes_on_disk(project: Project) -> WorkspaceHashes:
    """The hashes of the working tree, each taken once."""
    memory = _memory(project)
    if memory.on_disk is None:
        from mlgit.adapters.dvc.data.workspace import WorkspaceHashes

        memory.on_disk = WorkspaceHashes(
            project.root, memory.index, searches=memory.searches, progress=project.progress
        )
    return memory.on_disk


def cache_of(project: Project, path: str) -> Cache | None:
    """The DVC cache that a path belongs to: that of the nearest folder above with `.dvc`."""
    caches = _memory(project).caches
    folder = os.path.dirname(path)
    if folder == path:  # an absolute path, and the root of it all
        return None
    if folder not in caches:
        place = os.path.join(project.root, folder)
        if os.path.isdir(os.path.join(place, ".dvc")):
            from mlgit.adapters.dvc.data.cache import Cache

            caches[folder] = Cache(os.path.normpath(place))
        else:
            caches[folder] = cache_of(project, folder) if folder else None
    return caches[folder]


class _Reader:
    """Reads one state."""

    def __init__(self, project: Project, commit: str | None) -> None:
        self._project = project
        self._commit = commit
        self._tree: Tree = project.tree(commit)
        self._documents = documents_of(project)
        self._problems: list[Problem] = []

    def read(self, *, staleness: bool) -> Evidence:
        """Everything, in few round trips."""
        paths = self._tree.paths()
        pipeline = read_pipeline(
            self._tree,
            root=self._project.root,
            documents=self._documents,
            paths=paths,
            folder=self._project.cache_dir,
        )
        stages = self._stages(pipeline) if staleness else ()
        found = Evidence(
            label=self._tree.label,
            commit=self._commit,
            pipeline=pipeline,
            metric_files=self._metrics(pipeline, stages),
            params=self._params(pipeline),
            stages=stages,
            problems=tuple(self._problems),
        )
        self._documents.save()
        if self._commit is None:
            _memory(self._project).index.save()
        return found

    def _stages(self, pipeline: Pipeline) -> tuple[StageState, ...]:
        if self._commit is None:
            on_disk = hashes_on_disk(self._project)
            on_disk.prefetch(_compared(pipeline))
            found = self._look(pipeline, on_disk)
            self._problems += [
                Problem(code="unreadable", message=f"`{path}` cannot be read: {why}")
                for path, why in on_disk.unreadable.items()
            ]
            return found
        from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
        from mlgit.adapters.dvc.pipeline.committed import CommitHashes

        committed = CommitHashes(
            self._tree, made=OutputsByPath(pipeline.outputs), listing=self._listing, link=self._link
        )
        committed.prefetch(dep for stage in pipeline.stages for dep in stage.deps)
        return self._look(pipeline, committed)

    def _listing(self, out: Output) -> Mapping[str, str] | None:
        cache = cache_of(self._project, out.path)
        return None if cache is None or out.pointer is None else cache.listing(out.pointer)

    def _link(self, path: str) -> str | None:
        """The text of a link of the commit."""
        if not isinstance(self._tree, CommitTree):
            return None
        found = self._project.objects.get(self._tree.blobs()[path])
        return None if found is None else found.content.decode("utf-8", "surrogateescape")

    def _look(self, pipeline: Pipeline, hashes: Hashes) -> tuple[StageState, ...]:
        from mlgit.adapters.dvc.pipeline.staleness import stage_states

        def ask(addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
            from mlgit.adapters.dvc.engine import status

            return status(self._project.root, addresses)

        return stage_states(
            pipeline,
            tree=self._tree,
            hashes=hashes,
            documents=self._documents,
            listing=self._listing,
            ask=ask if self._commit is None else None,
        )

    def _metrics(self, pipeline: Pipeline, stages: tuple[StageState, ...]) -> tuple[MetricFile, ...]:
        outputs = {out.path: out for out in pipeline.outputs}
        states = {state.address: state for state in stages}
        owners = {stage.address for stage in pipeline.stages}
        found = []
        paths = self._metric_paths(pipeline, outputs)
        # A commit's files come in one round trip; on disk each may be unreadable in its own way.
        committed = {} if self._commit is None else self._tree.read_many(paths)
        for path in paths:
            out = output_at(path, outputs)
            content, problem = (committed[path], None) if path in committed else self._content(path, out)
            stage = out.owner if out is not None and out.owner in owners else None
            if content is None:
                found.append(MetricFile(path=path, stage=stage, problems=(problem,) if problem else ()))
                continue
            values = metric_values(content, path=path, documents=self._documents)
            if isinstance(values, Problem):
                found.append(MetricFile(path=path, stage=stage, problems=(values,)))
                continue
            problems = [] if out is None or stage is None else trust(content, out, path, stage, states)
            found.append(MetricFile(path=path, values=values, stage=stage, problems=tuple(problems)))
        return tuple(found)

    def _metric_paths(self, pipeline: Pipeline, outputs: Mapping[str, Output]) -> list[str]:
        """Declared files (folders opened), DVCLive's, and what the models' globs match."""
        declared = [path for path, out in outputs.items() if out.metric]
        declared += pipeline.metrics
        listed = self._tree.paths()
        known_paths = set(listed)
        above = folders_of(listed) if any(path not in known_paths for path in declared) else set()
        paths: list[str] = []
        for path in declared:
            inside = [name for name in listed if name.startswith(f"{path}/")] if path in above else []
            paths += inside or self._inside_directory(path, outputs.get(path)) or [path]
        if _DVCLIVE not in paths and _DVCLIVE in known_paths:
            paths.append(_DVCLIVE)
        globs = [glob for glob in self._globs() if glob not in paths]
        if globs:
            from mlgit.core.pipeline.model_files import glob_pattern

            known = [*listed, *outputs]
            for glob in globs:
                pattern = glob_pattern(glob)
                matched = [name for name in known if pattern.fullmatch(name)]
                paths += matched or ([glob] if not set(glob) & set("*?[") else [])
        return list(dict.fromkeys(paths))

    def _inside_directory(self, path: str, out: Output | None) -> list[str]:
        """The files of a metric directory that DVC tracks."""
        if out is None or out.pointer is None or not out.pointer.directory:
            return []
        cache = cache_of(self._project, path)
        listing = None if cache is None else cache.listing(out.pointer)
        return [f"{path}/{name}" for name in sorted(listing or ())]

    def _globs(self) -> list[str]:
        try:
            config = self._project.config(self._commit)
        except ConfigError:  # whoever needs the config will meet the error itself
            return []
        return [glob for model in config.models.values() for glob in model.metrics or ()]

    def _content(self, path: str, out: Output | None) -> tuple[bytes | None, Problem | None]:
        """The file at that state: from Git or disk, else from the DVC cache by its hash."""
        if _outside(path):
            return None, Problem(code="unreadable", message=f"`{path}` lies outside the repository")
        try:
            content = self._tree.read(path)
        except OSError as error:
            return None, Problem(code="unreadable", message=f"`{path}` cannot be read: {error.strerror}")
        if content is not None:
            return content, None
        where = "" if self._commit is None else f" at {self._tree.label}"
        if out is None or out.pointer is None or not out.cached:
            hint = None if out is None else f"run `mlgit run {out.owner}`"
            return None, Problem(code="missing", message=f"`{path}` is missing{where}", hint=hint)
        cache = cache_of(self._project, path)
        content = None if cache is None else self._from_cache(cache, path, out)
        if content is not None:
            return content, None
        pull = "dvc pull" if self._commit is None else "dvc fetch --all-commits"
        return None, Problem(
            code="not_fetched",
            message=f"`{path}`{where} is not in the DVC cache of this machine",
            hint=f"run `{pull} {path if self._commit is None else ''}".rstrip() + "`",
        )

    @staticmethod
    def _from_cache(cache: Cache, path: str, out: Output) -> bytes | None:
        from mlgit.core.pipeline.stages import Pointer

        if out.pointer is None:
            return None
        if not out.pointer.directory:
            return cache.read(out.pointer)
        md5 = (cache.listing(out.pointer) or {}).get(path[len(out.path) + 1 :])
        return None if md5 is None else cache.read(Pointer(md5=md5, legacy=out.pointer.legacy))

    def _params(self, pipeline: Pipeline) -> Mapping[str, Mapping[str, Value]]:
        wanted = self._param_keys(pipeline)
        found: dict[str, Mapping[str, Value]] = {}
        outputs = {out.path: out for out in pipeline.outputs}
        contents = self._tree.read_many(path for path in wanted if not _outside(path))
        for path, keys in wanted.items():
            content = contents.get(path)
            if content is None:
                content, problem = self._content(path, output_at(path, outputs))
                if problem is not None:
                    self._problems.append(problem)
            if content is None:
                continue
            values = param_values(content, path=path, documents=self._documents, keys=keys)
            if isinstance(values, Problem):
                self._problems.append(values)
            else:
                found[path] = values
        return found

    def _param_keys(self, pipeline: Pipeline) -> dict[str, tuple[str, ...] | None]:
        """File -> keys (None for all), as `dvc params show` would look at them."""
        wanted: dict[str, tuple[str, ...] | None] = {}
        for stage in pipeline.stages:
            for path, keys in stage.params.items():
                before = wanted.get(path, ())
                wanted[path] = None if keys is None or before is None else (*before, *keys)
        whole = list(pipeline.params)
        listed = set(self._tree.paths())
        for folder in repositories(listed):
            default = join(folder, DEFAULT_PARAMS)
            if default in listed:
                whole.append(default)
        wanted.update(dict.fromkeys(whole))
        return wanted


def _compared(pipeline: Pipeline) -> Iterator[tuple[str, bool]]:
    """What is on disk to be compared with a recorded hash, and whether it was taken as DVC 2 did."""
    for stage in pipeline.stages:
        if stage.locked is not None and not stage.frozen:
            for dep in stage.deps:
                pointer = stage.locked.deps.get(dep)
                if pointer is not None and "://" not in dep:
                    yield dep, pointer.legacy
    for out in pipeline.outputs:
        if out.pointer is not None and "://" not in out.path:
            yield out.path, out.pointer.legacy


def _outside(path: str) -> bool:
    """Whether a path from the root leaves the repository; DVC reads no such metrics either."""
    return path.startswith(("/", "../")) or "://" in path
