"""Status: the state of the working tree, its pipeline, models and tags, without the network."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.git.worktree import underway
from mlgit.core.compare.changes import Side, ValueChange, value_changes
from mlgit.core.compare.metric_tables import metric_tables
from mlgit.core.config.file import WAIVERS_FILE, Environment
from mlgit.core.overview.next_step import last_step, next_step, typed_in
from mlgit.core.overview.status import (
    ChangedParam,
    ExpiringWaiver,
    Failure,
    ModelLine,
    NextStep,
    Status,
    VerdictCounts,
)
from mlgit.core.pipeline.stages import Pipeline
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.compare.base import base_commit
from mlgit.project.overview.data_states import can_pull, data_states, publishing, unseen_owners
from mlgit.project.overview.model_lines import model_lines
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.git_files import new_results, without_mergetool
from mlgit.project.registry.completeness import doubts
from mlgit.project.registry.pushed import taken_fields
from mlgit.project.registry.read import read_registry_tags, tags_as_of, tags_only_here
from mlgit.project.remote_commits import stayed_since

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, TypedDict, TypeVar

    from mlgit.core.pipeline.remote_data import RemoteData
    from mlgit.core.progress import Progress
    from mlgit.core.registry.readiness import Unready
    from mlgit.project.open import Project

    T = TypeVar("T")

    class _Policy(TypedDict):
        """The fields of a Status about the config."""

        remote: str | None
        pushed: bool | None
        trunk: str | None
        config: Literal["declared", "absent", "invalid"]
        gates_declared: int
        environments_pending: tuple[str, ...]


_EXPIRES_SOON_DAYS = 14
_OF_GATES = frozenset({"no_gates", "gate_not_evaluated"})


def status(
    project: Project,
    *,
    ci: Mapping[str, str] | None = None,
    remote: bool = False,
    progress: Progress | None = None,
) -> Status:
    """Every part of the status; a part that cannot be read becomes one of `failures`.

    `ci` are environment variables, for the base in CI. `remote` asks the DVC remotes, over the network.
    """
    reader = _StatusReader(project, ci or {})
    return reader.status(reader.remote_data(progress) if remote else None)


def _failure(part: str, error: MlgitError) -> Failure:
    return Failure(
        part=part,
        code=error.code,
        message=error.message,
        location=None if error.location is None else str(error.location),
        hint=error.hint,
    )


class _StatusReader:
    """Reads the parts of one status; each may fail without the others."""

    def __init__(self, project: Project, ci: Mapping[str, str]) -> None:
        self._project = project
        self._ci = ci
        self._failures: list[Failure] = []
        self._evidence = self._part("pipeline", lambda: evidence(project, None))
        self._config = self._part("config", lambda: project.config(None))
        tags = self._part("models", lambda: read_registry_tags(project))
        self._registry = None if tags is None else tags[0]
        self._doubts = doubts(project, {} if tags is None else tags[1])

    def remote_data(self, progress: Progress | None) -> RemoteData | None:
        """The outputs that the DVC remotes lack; each remote that does not answer is a failure."""
        state = self._evidence
        if state is None:
            return None
        from mlgit.project.pipeline.remote_data import remote_data

        found = self._part("remote_data", lambda: remote_data(self._project, state, progress))
        if found is None:
            return None
        self._failures += [_failure("remote_data", each) for each in found[1]]
        return found[0]

    def status(self, remote_data: RemoteData | None) -> Status:
        project, head = self._project, self._project.head
        seen_at, state = self._part("remote", lambda: tags_as_of(project)), self._evidence
        base, rule = self._part("base", self._base) or (None, None)
        metrics, problems = self._part("metrics", lambda: self._metrics(base)) or ((), ())
        found = Status(
            branch=head.branch,
            commit=head.commit,
            upstream=head.upstream,
            ahead=head.ahead,
            behind=head.behind,
            changed=head.changed,
            untracked=head.untracked,
            conflicted=head.conflicted,
            underway=underway(project.git_dir),
            remote_seen_at=seen_at,
            remote_seen_age_s=None if seen_at is None else int((project.now - seen_at).total_seconds()),
            upstream_as_fetched=stayed_since(project, head.upstream, seen_at),
            pipeline_stages=0 if state is None else len(state.pipeline.stages),
            stages=() if state is None else tuple(one for one in state.stages if not one.up_to_date),
            data=() if state is None else self._part("data", lambda: data_states(self._project, state)) or (),
            base=base,
            base_rule=rule,
            metrics=metrics,
            unready=self._part("readiness", self._unready) or (),
            verdict=None if state is None else self._part("gates", self._verdict),
            models=self._part("models", self._models) or (),
            unpushed_tags=self._part("tags", lambda: tags_only_here(project, self._registry)),
            waivers=self._part("waivers", self._waivers) or (),
            problems=problems,
            failures=tuple(self._failures),
            remote_data=remote_data,
            tags_known=self._doubts.clone,
            handed_over=() if state is None else state.pipeline.handed_over,
            changed_params=self._changed_params(),
            **self._policy(),
            **taken_fields(project, self._registry),
        )
        return self._with_next(found)

    def _changed_params(self) -> tuple[ChangedParam, ...]:
        state = self._evidence
        if state is None or not any(stage.reasons for stage in state.stages):
            return ()
        from mlgit.project.overview.changed_params import changed_params

        return changed_params(state)

    def _with_next(self, found: Status) -> Status:
        step = self._next(found)
        if step is None:
            return found
        with suppress(OSError):
            folder, root = os.path.realpath(os.getcwd()), os.path.realpath(self._project.root)
            step = replace(step, command=typed_in(folder, step.command, root=root))
        return replace(found, next=step)

    def _policy(self) -> _Policy:
        """What the config here declares, and what of it trunk does not have yet."""
        project, config, head = self._project, self._config, self._project.head
        trunk = self._part("trunk", lambda: project.trunk)
        here = {} if config is None else config.environments
        there = self._trunk_environments
        known = project.remote is not None and head.branch is not None
        return {
            "remote": project.remote,
            "pushed": f"refs/remotes/{project.remote}/{head.branch}" in project.branches if known else None,
            "trunk": None if trunk is None else trunk.short,
            "config": "invalid" if config is None else "declared" if config.declared else "absent",
            "gates_declared": 0 if config is None else len(config.gates),
            "environments_pending": tuple(name for name in here if there is not None and name not in there),
        }

    def _part(self, name: str, read: Callable[[], T]) -> T | None:
        """The part; None if it fails, with the reason among the failures."""
        try:
            return read()
        except MlgitError as error:
            self._failures.append(_failure(name, error))
            return None

    def _base(self) -> tuple[Side | None, str | None]:
        base = base_commit(self._project, candidate=None, explicit=None, ci=self._ci)
        if base.commit is None:
            return None, base.reason
        return Side(text="base", label=f"base ({base.commit[:7]})", commit=base.commit), base.reason

    def _metrics(self, base: Side | None) -> tuple[tuple[ValueChange, ...], tuple[str, ...]]:
        """The metrics of the working tree next to those of the base, and problems with their files."""
        state = self._evidence
        if state is None or self._config is None:  # which files are metrics is then not known
            return (), ()
        problems = tuple(problem.message for file in state.metric_files for problem in file.problems)
        problems += tuple(problem.message for problem in state.problems)
        here = Side(text="working tree", label="working tree", commit=None)
        if base is None:
            _, values, _ = metric_tables((), state.metric_files)
            alone = value_changes({}, values)
            return tuple(each._replace(kind="not_compared") for each in alone), problems
        from mlgit.project.compare.diff import compare

        found = compare(self._project, base, here, parts=("metrics",), show_unchanged=True)
        return found.metrics or (), tuple(dict.fromkeys((*problems, *found.problems)))

    def _verdict(self) -> VerdictCounts | None:
        if self._config is None or not self._config.gates or self._project.head.commit is None:
            return None
        from mlgit.core.overview.reason import glance
        from mlgit.project.gates.judge import Question, judge

        return glance(judge(self._project, Question(ci=self._ci)))

    def _unready(self) -> tuple[Unready, ...]:
        if self._evidence is None or self._config is None:
            return ()  # the failures already say why
        from mlgit.project.registry.readiness import unready

        return unready(self._project, None, registry=self._registry)

    def _models(self) -> tuple[ModelLine, ...]:
        if self._registry is None:
            return ()
        return model_lines(
            self._project,
            self._registry,
            declared=self._model_paths(),
            environments=list(self._trunk_environments or ()),
            doubts=self._doubts,
        )

    def _model_paths(self) -> Mapping[str, str | None]:
        """The path of each declared model by name; those of dvc.yaml if mlgit.yaml declares none."""
        declared = () if self._evidence is None else self._evidence.pipeline.artifacts
        artifacts = {each.name: each.path for each in declared if each.type in {None, "model"}}
        models = {} if self._config is None else self._config.models
        return {name: model.path or artifacts.get(name) for name, model in models.items()} or artifacts

    @cached_property
    def _trunk_environments(self) -> Mapping[str, Environment] | None:
        """Those that trunk declares; None if its `mlgit.yaml` cannot be read, or never was valid."""

        def read() -> Mapping[str, Environment] | None:
            with suppress(ConfigError):
                return self._project.trunk_config.environments
            return None

        return self._part("environments", read)

    def _waivers(self) -> tuple[ExpiringWaiver, ...]:
        trunk = self._project.trunk
        if self._project.tree(None if trunk is None else trunk.commit).read(WAIVERS_FILE) is None:
            return ()
        from mlgit.project.gates.waivers import expiring_waivers

        return expiring_waivers(self._project, _EXPIRES_SOON_DAYS)

    def _next(self, found: Status) -> NextStep | None:
        pipeline = Pipeline() if self._evidence is None else self._evidence.pipeline
        declared = self._config is None or self._config.declared
        step = next_step(
            found,
            declared=declared,
            can_pull=self._evidence is None or can_pull(self._project, pipeline, found.data),
            refused=[path for path, _ in pipeline.refused],
            unseen=unseen_owners(self._project, found.data),
            deleted=self._project.head.deleted,
            results=new_results(self._project) if found.untracked and pipeline.stages else (),
            written=without_mergetool(self._project, pipeline, found.conflicted),
        )
        if step is None and declared and found.commit and all(each.known == "yes" for each in found.models):
            from mlgit.project.overview.next_release import next_release

            step = self._part(
                "next",
                lambda: next_release(
                    self._project,
                    found.models,
                    registry=self._registry,
                    state=self._evidence,
                    paths=self._model_paths(),
                    environments=self._trunk_environments or {},
                    unready={each.subject for each in found.unready if each.code not in _OF_GATES},
                ),
            )
        return publishing(self._project, self._registry, found, step or last_step(found))
