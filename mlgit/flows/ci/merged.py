"""Merge job: release the models that trunk's tip changed, and promote them automatically.

It compares the registry with trunk instead of replaying an event: runs may overlap, be killed, be repeated
or come late, and the last one finds nothing to do. Tags are created by compare-and-swap: of two runs, one
writes and the other looks again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import commits_between, is_ancestor
from mlgit.core.ci.after_merge import (
    auto_environments,
    current_assignments,
    failed_step,
    planned_step,
    promotion_need,
    release_need,
    step_of,
)
from mlgit.core.ci.merged import Merged, MergeStep
from mlgit.core.release.options import ReleaseOptions
from mlgit.core.release.promotion import require_counting
from mlgit.errors import AnswerNo, LostRace, MlgitError, StateError, ToolError
from mlgit.operations.promote import promote
from mlgit.operations.release import release
from mlgit.project.ci.before_rename import deregistered_before, environment_before
from mlgit.project.ci.fetch_metrics import fetch_gate_metrics, fetch_release_metrics
from mlgit.project.ci.fetch_model import fetch_model
from mlgit.project.ci.trunk_tip import trunk_checked_out
from mlgit.project.compare.base import before_push
from mlgit.project.gates.trunk.since_push import SincePush, since_push
from mlgit.project.history import unshallow
from mlgit.project.registry.models import declared_models, model_content, version_content
from mlgit.project.registry.read import read_model, read_registry
from mlgit.project.registry.readiness import problem_of_model
from mlgit.project.release.fetching import fresh_model, refresh
from mlgit.project.release.gate_check import require_gates
from mlgit.project.release.readiness import branch_name
from mlgit.project.release.tag_rules import BlockedReleaseError, require_unblocked
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.ci.after_merge import Need
    from mlgit.core.ci.event import CiEvent
    from mlgit.core.config.file import Environment
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

# After a lost race, the other run has mostly done what this one wanted to do.
_ATTEMPTS = 8


class _TrunkMovedError(Exception):
    """Someone merged meanwhile: trunk's tip has moved away from the checkout."""


def merged(
    project: Project,
    *,
    dry_run: bool = False,
    event: CiEvent | None = None,
    ci: Mapping[str, str],
    progress: Progress,
) -> Merged:
    """Release every model that trunk's tip changed, and promote it along the environments with `auto`.

    The checkout is the same afterwards. `ci` are the environment variables.

    Raises:
        StateError: the run is not about trunk, or the working tree is not clean.
        ToolError: the remote does not answer.
    """
    _require_merge(project, event)
    if unshallow(project):
        progress.say("The clone was shallow; the rest of the history was fetched")
    earlier = _EarlierPasses()
    for _ in range(_ATTEMPTS):
        refresh(project)
        with trunk_checked_out(project) as here, suppress(_TrunkMovedError):
            return _MergePass(here, dry_run=dry_run, ci=ci, progress=progress).finish(earlier)
    raise StateError("Trunk keeps moving while this run works", hint="run it again later")


def _require_merge(project: Project, event: CiEvent | None) -> None:
    if event is None:
        return
    trunk = f"refs/heads/{project.default_branch}" if project.default_branch else None
    elsewhere = trunk is not None and event.ref not in {None, trunk}
    refused = {"pull_request": trunk is None or event.ref != trunk, "tag": True, "push": elsewhere}
    if refused.get(event.kind, False):
        what = "a pull request" if event.kind == "pull_request" else f"`{event.ref}`"
        raise StateError(
            f"Versions are released from the default branch, and this run is about {what}",
            hint="run `mlgit ci merged` for pushes to the default branch",
        )


@dataclass
class _EarlierPasses:
    """The steps done and the outputs fetched so far, also by passes during which trunk moved."""

    steps: list[MergeStep] = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)


class _MergePass:
    """One pass over all models at one commit of trunk, which is checked out in `project`."""

    def __init__(self, project: Project, *, dry_run: bool, ci: Mapping[str, str], progress: Progress) -> None:
        assert project.head.commit is not None  # noqa: S101 (trunk's tip)
        self._project = project
        self._commit = project.head.commit
        self._dry_run = dry_run
        self._ci = ci
        self._progress = progress
        self._paths = declared_models(project)
        self._environments = auto_environments(project.trunk_config.environments)
        self._precedes = partial(is_ancestor, project.git)
        self._since = SincePush()

    def finish(self, earlier: _EarlierPasses) -> Merged:
        """Process all models; `earlier` keeps the steps that were done, even if trunk moves before the end.

        Raises:
            _TrunkMovedError: trunk moved.
        """
        found: list[MergeStep] = []
        self._since = since_push(self._project, self._commit, self._ci)
        for model in () if self._since.blocks else sorted(self._paths):
            for step in self._model(model, earlier.fetched):
                (earlier.steps if step.outcome == "done" else found).append(step)
        self._require_tip()
        done = {(step.model, step.environment, step.version) for step in earlier.steps}
        others = (step for step in found if (step.model, step.environment, step.version) not in done)
        return self._result((*earlier.steps, *others))

    def _result(self, steps: Sequence[MergeStep]) -> Merged:
        project = self._project
        done = [step for step in steps if step.outcome == "done" and step.tag is not None]
        tags = tuple(str(step.tag) for step in done if step.environment is not None)
        registry = read_registry(project)
        return Merged(
            trunk="" if project.trunk is None else branch_name(project, project.trunk.ref),
            commit=self._commit,
            dry_run=self._dry_run,
            at=project.now,
            steps=tuple(sorted(steps, key=lambda step: (step.model, step.environment is not None))),
            released=tuple(str(step.tag) for step in done if step.environment is None),
            tags=tags,
            current=current_assignments(
                [accept(project, registry.model(model), local=False) for model in sorted(self._paths)],
                self._environments,
                commits=self._pushed(),
                tags=tags,
            ),
            changed=bool(done),
            since=self._since.commit,
            findings=self._since.notes,
        )

    def _pushed(self) -> frozenset[str]:
        """The commits that this push added to trunk, if CI reports them, and trunk's tip."""
        before = before_push(self._ci)
        known = None if before is None else self._project.commit(before)
        brought = [] if known is None else commits_between(self._project.git, known, self._commit)
        return frozenset([self._commit, *brought])

    def _model(self, model: str, fetched: set[str]) -> Iterator[MergeStep]:
        """Release a model, then promote it to each environment. An error in one does not stop the others."""
        try:
            step = self._released(model, fetched)
        except BlockedReleaseError as error:
            yield failed_step(model, None, error)
            return
        except MlgitError as error:
            step = failed_step(model, None, error)
        yield step
        coming = {""} if step.outcome == "planned" else set()
        for environment in self._environments:
            try:
                if coming and (environment.source or "") in coming:
                    found: MergeStep | None = self._planned(model, environment, step)
                    coming.add(environment.name)
                else:
                    found = self._promoted(model, environment)
            except MlgitError as error:
                found = failed_step(model, environment.name, error, version=step.version)
            if found is not None:
                yield found

    def _released(self, model: str, fetched: set[str]) -> MergeStep:
        """Release trunk's tip as a version of the model, if needed."""
        for attempt in range(1, _ATTEMPTS + 1):
            need = self._need(model)
            if need.step is not None:
                return need.step
            if not self._dry_run:
                fetch_model(self._project, self._paths[model], fetched=fetched, progress=self._progress)
            fetch_gate_metrics(self._project, model, self._progress)
            options = ReleaseOptions(
                bump="auto", committed=True, force=need.force, dry_run=self._dry_run, ci=self._ci
            )
            try:
                return step_of(release(self._project, model, options=options, progress=self._progress))
            except LostRace as error:
                self._look_again(error, attempt)
            except StateError:
                if self._need(model).release:
                    raise
        raise ToolError(f"`{model}` keeps changing while this run works")

    def _need(self, model: str) -> Need:
        """Whether trunk's tip must be released, according to the registry as it is now."""
        project, path = self._project, self._paths[model]
        state = fresh_model(project, model, local=False)
        self._require_tip()
        here, counting = state.at_commit(self._commit), accept(project, state, local=False)
        if here:
            require_counting(counting, here)
            fetch_gate_metrics(project, model, self._progress)
            require_unblocked(project, here[-1], state)
        versions = chain(reversed(counting.versions), deregistered_before(project))
        content = model_content(project, self._commit, path)
        contents = ((version, version_content(project, version, path, like=content)) for version in versions)
        missing = None if content is not None else problem_of_model(project, self._commit, model, path)
        return release_need(state, self._commit, content, contents, missing=missing)

    def _require_tip(self) -> None:
        """Stop if someone merged since: the registry must follow the new tip, not this checkout."""
        if self._project.trunk is None or self._project.trunk.commit != self._commit:
            raise _TrunkMovedError

    def _promoted(self, model: str, environment: Environment) -> MergeStep | None:
        """Promote the version that the environment needs now, if there is one."""
        for attempt in range(1, _ATTEMPTS + 1):
            state = self._counting(model)
            before = self._before(state, environment)
            version, step = promotion_need(state, environment, before, precedes=self._precedes)
            if version is None:
                return step
            with suppress(ToolError):  # then the gates say what is missing
                fetch_release_metrics(self._project, state, version, self._progress)
            try:
                report = promote(
                    self._project,
                    f"{model}@{version.version}",
                    environment=environment.name,
                    reason=f"merged to trunk at {self._commit[:7]}",
                    dry_run=self._dry_run,
                    ci=self._ci,
                    counter=state.environment(environment.name).counter,
                )
                return step_of(report)
            except LostRace as error:
                self._look_again(error, attempt)
            except AnswerNo:
                now = self._counting(model)
                needed, _ = promotion_need(now, environment, before, precedes=self._precedes)
                # Versions that were read twice are never equal: each has a reader of its own.
                if needed is not None and needed.oid == version.oid:
                    raise
        raise ToolError(f"`{environment.name}` keeps changing while this run works")

    def _counting(self, model: str) -> ModelState:
        """The model as it is now, without the tags that do not count."""
        return accept(self._project, fresh_model(self._project, model, local=False), local=False)

    def _before(self, state: ModelState, environment: Environment) -> EnvironmentState | None:
        if state.environment(environment.name).changes:
            return None
        return environment_before(self._project, state.name, environment.name, self._commit)

    def _look_again(self, error: LostRace, attempt: int) -> None:
        if attempt == _ATTEMPTS:
            raise error
        self._progress.say(f"Someone else was first, checking again: {error.message}")

    def _planned(self, model: str, environment: Environment, coming: MergeStep) -> MergeStep:
        """The step for a version that a dry run did not write."""
        state = read_model(self._project, model)
        here = self._before(state, environment) or state.environment(environment.name)
        if not here.held:
            require_gates(
                self._project,
                purpose="promote",
                model=model,
                commit=self._commit,
                environment=environment.name,
                ci=self._ci,
            )
        return planned_step(here, coming, environment.name)
