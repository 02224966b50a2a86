"""Evidence: metrics, parameters, pipeline and staleness at a commit or in the working tree."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.data.hashes import LFS_POINTER
from mlgit.adapters.dvc.files.paths import folders_of, repositories
from mlgit.adapters.dvc.files.values import MAX_BYTES, metric_values, param_values, unread
from mlgit.adapters.dvc.pipeline.pointers import DEFAULT_PARAMS, join, read_pipeline
from mlgit.core.pipeline.evidence import Evidence, MetricFile, Problem, StageState, Value
from mlgit.core.pipeline.model_files import with_repeated
from mlgit.core.pipeline.stages import Output, Pipeline, output_at
from mlgit.core.wording import word
from mlgit.errors import ConfigError, StateError
from mlgit.project.pipeline.declared import DVCLIVE, matching, metric_globs, outside, param_keys
from mlgit.project.pipeline.local_files import (
    KeptFiles,
    cached_content,
    cached_listing,
    compared_hashes,
    forget_local_files,
    hashes_on_disk,
    local_files,
)
from mlgit.project.pipeline.metric_origin import MadeFile, Owners, at_commit, not_there, trust, with_way_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.adapters.dvc.data.hashes import Hashes
    from mlgit.adapters.git.attributes.checkout import Checkout
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project

_Key = tuple[str | None, bool, tuple[str, ...]]
_EVIDENCE: WeakKeyDictionary[Project, dict[_Key, Evidence]] = WeakKeyDictionary()


def evidence(
    project: Project, commit: str | None, *, staleness: bool = True, globs: tuple[str, ...] = ()
) -> Evidence:
    """The evidence at a full commit id, or in the working tree (None); read once per project and state.

    Without `staleness`, `stages` is empty and no metric file is stale, which is enough for a baseline.
    `globs` are metric files to read in addition to those that are declared there.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file there is invalid.
    """
    known = _EVIDENCE.setdefault(project, {})
    key = (commit, staleness, globs)
    if key not in known:
        full = known.get((commit, True, globs))
        known[key] = full or _Reader(project, commit, globs).read(staleness=staleness)
    return known[key]


def forget_evidence(project: Project) -> None:
    """Read everything again: missing contents have been fetched."""
    _EVIDENCE.pop(project, None)
    forget_local_files(project)


class _Reader:
    """Reads one state, in few round trips."""

    def __init__(self, project: Project, commit: str | None, globs: tuple[str, ...]) -> None:
        self._project = project
        self._more = globs
        self._commit = commit
        self._tree: Tree = project.tree(commit)
        self._documents = local_files(project).documents
        self._problems: list[Problem] = []
        self._listing = partial(cached_listing, project)
        self._kept = KeptFiles(project)

    def read(self, *, staleness: bool) -> Evidence:
        paths = self._tree.paths()
        pipeline = read_pipeline(
            self._tree,
            root=self._project.root,
            documents=self._documents,
            paths=paths,
            folder=self._project.cache_dir,
        )
        hashes = self._hashes(pipeline) if staleness else None
        stages = () if hashes is None else self._stages(pipeline, hashes)
        found = Evidence(
            label=self._tree.label,
            commit=self._commit,
            pipeline=pipeline,
            metric_files=with_repeated(self._metrics(pipeline, stages, hashes), pipeline),
            params=self._params(pipeline),
            stages=stages,
            problems=tuple(self._problems),
            absent=tuple(self._kept.absent),
        )
        self._documents.save()
        if self._commit is None:
            local_files(self._project).index.save()
        return found

    def _hashes(self, pipeline: Pipeline) -> Hashes:
        if self._commit is None:
            return compared_hashes(self._project, pipeline)
        from mlgit.project.pipeline.beyond import commit_hashes

        return commit_hashes(
            self._project, self._tree, pipeline, listing=self._listing, on_disk=self._checkout
        )

    @cached_property
    def _checkout(self) -> Checkout:
        from mlgit.adapters.git.attributes.checkout import Checkout

        project = self._project
        return Checkout(project.git, self._tree, git_dir=project.git_dir, common_dir=project.common_dir)

    def _stages(self, pipeline: Pipeline, hashes: Hashes) -> tuple[StageState, ...]:
        from mlgit.adapters.dvc.pipeline.params import Stored
        from mlgit.adapters.dvc.pipeline.staleness import stage_states
        from mlgit.project.pipeline.large_files import content_or_pointer
        from mlgit.project.pipeline.merged_records import merged_by_git, with_deleted_locks

        def ask(addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
            from mlgit.adapters.dvc.engine import status

            return status(self._project.root, addresses)

        found = stage_states(
            pipeline,
            tree=self._tree,
            hashes=hashes,
            documents=self._documents,
            listing=self._listing,
            ask=ask if self._commit is None else None,
            merged=merged_by_git(self._project, self._commit, pipeline),
            stored=Stored(partial(content_or_pointer, self._project), self._kept.read),
        )
        if self._commit is None:
            found = with_deleted_locks(self._project, self._tree, found)
            self._problems += [
                Problem(code="unreadable", message=f"`{path}` cannot be read: {why}")
                for path, why in hashes_on_disk(self._project).unreadable.items()
            ]
        return found

    def _metrics(
        self, pipeline: Pipeline, stages: tuple[StageState, ...], hashes: Hashes | None
    ) -> tuple[MetricFile, ...]:
        owners, found = Owners(pipeline), []
        outputs = owners.outputs
        states = {state.address: state for state in stages}
        addresses = {stage.address for stage in pipeline.stages}
        paths = self._metric_paths(pipeline, outputs)
        # Read the files of a commit in one round trip; on disk, each may fail for its own reason.
        committed = {} if self._commit is None else self._tree.read_many(paths, most_bytes=MAX_BYTES)
        on_disk = self._checkout.converted(committed) if stages and committed else {}
        for path in paths:
            out = output_at(path, outputs)
            stage = out.owner if out is not None and out.owner in addresses else None
            content = self._whole(path, committed[path] if path in committed else self._content(path, out))
            values: Mapping[str, Value] = {}
            others: dict[str, str] = {}
            problems: list[Problem] = []
            if isinstance(content, Problem):
                problems = [content]
            elif isinstance(
                read := metric_values(content, path=path, documents=self._documents, others=others), Problem
            ):
                problems = [read if stage is None or self._commit else with_way_out(read, stage, states)]
            else:
                values = read
                if out is not None and stage is not None:
                    content = on_disk.get(path, content) if content == committed.get(path) else content
                    problems = self._trust(self._made_file(content, path, out, hashes), states)
            found.append(
                MetricFile(
                    path=path,
                    values=values,
                    stage=stage,
                    tracked_by=out.owner if out is not None and stage is None else None,
                    problems=(*owners.problems(path), *problems),
                    others=others,
                )
            )
        return tuple(found)

    def _made_file(self, content: bytes, path: str, out: Output, hashes: Hashes | None) -> MadeFile:
        if out.path == path:
            return MadeFile(content, path, out)
        listing = self._listing(out)
        committed = listing is None and self._commit is not None and path in self._tree.paths()
        named = path[len(out.path) + 1 :] in (listing or ())
        covered = named or hashes is None or hashes.covers(out.path, path)
        return MadeFile(content, path, out, listing, committed, covered)

    def _metric_paths(self, pipeline: Pipeline, outputs: Mapping[str, Output]) -> list[str]:
        """Declared files (or the files in declared folders), DVCLive's, and matches of the models' globs."""
        declared = [path for path, out in outputs.items() if out.metric]
        declared += pipeline.metrics
        listed = self._tree.paths()
        known_paths = set(listed)
        above = folders_of(listed) if any(path not in known_paths for path in declared) else set()
        paths: list[str] = []
        for path in declared:
            inside = [name for name in listed if name.startswith(f"{path}/")] if path in above else []
            paths += inside or self._inside_directory(path, outputs.get(path)) or [path]
        if DVCLIVE not in paths and DVCLIVE in known_paths:
            paths.append(DVCLIVE)
        globs = [glob for glob in self._globs() if glob not in paths]
        paths += matching(globs, lambda: [*listed, *outputs])
        return list(dict.fromkeys(paths))

    def _inside_directory(self, path: str, out: Output | None) -> list[str]:
        if out is None or out.pointer is None or not out.pointer.directory:
            return []
        return [f"{path}/{name}" for name in sorted(self._listing(out) or ())]

    def _globs(self) -> tuple[str, ...]:
        try:
            return (*metric_globs(self._project.config(self._commit)), *self._more)
        except ConfigError:  # callers that need the config get this error themselves
            return self._more

    def _content(self, path: str, out: Output | None) -> bytes | Problem:
        """The file at that state: from Git or disk, otherwise from the DVC cache by its hash."""
        if outside(path):
            return Problem(code="unreadable", message=f"`{path}` is outside the repository")
        try:
            if (content := self._tree.read(path, most_bytes=MAX_BYTES)) is not None:
                return content
        except OSError as error:
            return unread(path, error)
        where = "" if self._commit is None else f" at {self._tree.label}"
        if out is None or out.pointer is None or not out.cached:
            return not_there(path, out, where)
        return self._cached(path, out, where)

    def _linked(self, path: str, outputs: Mapping[str, Output]) -> bytes | Problem:
        """The content of a file that Git does not have, or only as a link to an output."""
        from mlgit.project.pipeline.beyond import linked_path

        place = linked_path(self._project, self._commit, path)
        return self._content(place, output_at(place, outputs))

    def _whole(self, path: str, content: bytes | Problem) -> bytes | Problem:
        """The content, also of a file that Git LFS keeps."""
        if isinstance(content, Problem) or not content.startswith(LFS_POINTER):
            return content
        from mlgit.project.pipeline.large_files import fetched

        return fetched(self._project, content, path)

    def _cached(self, path: str, out: Output, where: str) -> bytes | Problem:
        """The file in the DVC cache, if it is what its hash says."""
        try:
            content = cached_content(self._project, out, path)
        except StateError as error:
            message = f"`{path}`{where} cannot be trusted: {error.message}"
            return Problem(code="unreadable", message=message, hint=error.hint)
        except OSError as error:
            return unread(path, error)
        if content is not None:
            return content
        pull = f"dvc pull {word(path)}" if self._commit is None else "dvc fetch --all-commits"
        message = f"`{path}`{where} is not in the DVC cache of this machine"
        return Problem(code="not_fetched", message=message, hint=f"run `{pull}`")

    def _trust(self, made: MadeFile, states: Mapping[str, StageState]) -> list[Problem]:
        found, commit = trust(made, states), self._commit
        return (
            found if commit is None else at_commit(found, commit, lambda: commit == self._project.head.commit)
        )

    def _params(self, pipeline: Pipeline) -> Mapping[str, Mapping[str, Value]]:
        """File -> values, the same as `dvc params show`."""
        listed = set(self._tree.paths())
        defaults = (join(folder, DEFAULT_PARAMS) for folder in repositories(listed))
        wanted = param_keys(pipeline) | dict.fromkeys(path for path in defaults if path in listed)
        found: dict[str, Mapping[str, Value]] = {}
        outputs = {out.path: out for out in pipeline.outputs}
        contents = self._tree.read_many((path for path in wanted if not outside(path)), most_bytes=MAX_BYTES)
        for path, keys in wanted.items():
            content = self._whole(path, contents.get(path) or self._linked(path, outputs))
            values: Mapping[str, Value] | Problem = (
                content
                if isinstance(content, Problem)
                else param_values(content, path=path, documents=self._documents, keys=keys)
            )
            if isinstance(values, Problem):
                self._problems.append(replace(values, path=path))
            else:
                found[path] = values
        return found
