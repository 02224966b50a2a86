"""Judge: join evidence, registry and config into one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.config.file import Config, Model
from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import BaselineFiles, Case, Rules, is_gated, select, vs_key
from mlgit.core.gates.verdict import Candidate, Decision, GateChange, Note, Policy, Purpose, Verdict
from mlgit.core.gates.waivers import Waiver, usable
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.errors import ConfigError
from mlgit.project.compare.baselines import Baselines
from mlgit.project.gates.declarations import declaration_notes, waiver_notes, waivers_or_note
from mlgit.project.gates.numbers import numbers_rule
from mlgit.project.gates.waivers import TrunkWaivers, change_authors, trunk_waivers
from mlgit.project.open import Branch
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


class Question(NamedTuple):
    """Which candidate is evaluated, and how.

    Args:
        purpose: `check` and `release` use the candidate's own gates, `promote` those of trunk.
        models: only these; empty for all.
        environment: the target of a promotion.
        candidate: a full commit id, None for the working tree.
        base: the reference that `base` means, None for the default one.
        allow_stale: accept metrics from stale stages, with a warning; ignored for a release.
        date: the day (UTC) that waivers are checked against, None for today.
        ci: the environment variables of a CI, which may name `base` and the target branch.
    """

    purpose: Purpose = "check"
    models: Sequence[str] = ()
    environment: str | None = None
    candidate: str | None = None
    base: str | None = None
    allow_stale: bool = False
    date: dt.date | None = None
    ci: Mapping[str, str] | None = None


class Judgement(NamedTuple):
    """A verdict with its evidence; `references` are the baselines to show each model's metrics with."""

    verdict: Verdict
    evidence: Evidence
    config: Config
    references: Mapping[str | None, BaselineFiles]
    cases: tuple[Case, ...]


def judge(project: Project, question: Question) -> Verdict:
    """Evaluate all gates that apply to a candidate.

    Raises:
        ConfigError: mlgit.yaml or the waivers are invalid.
        UnknownReference: a model or `base` is not known.
    """
    return _Evaluation(project, question).judge()


def judge_in_full(project: Project, question: Question) -> Judgement:
    """Like `judge`, but also return the evidence, for reports."""
    evaluation = _Evaluation(project, question)
    return evaluation.judgement(evaluation.judge())


class _Evaluation:
    """The evaluation of one candidate."""

    def __init__(self, project: Project, question: Question) -> None:
        self._project = project
        self._question = question
        self._purpose = question.purpose
        self._environment = question.environment
        self._commit = question.candidate
        self._date = question.date or project.now.date()
        self._ci = question.ci or {}
        self._own = project.config(self._commit)
        self._notes: list[Note] = []
        self._trunk_is_invalid = False
        self._trunk = self._trunk_config()
        self._config = self._trunk if self._purpose == "promote" else self._own
        self._evidence = evidence(project, self._commit)
        self._cases: tuple[Case, ...] = ()
        self._models: list[Model | None] = []

    def judge(self) -> Verdict:
        self._models = self._chosen(self._question.models)
        self._cases = self._gather(self._purpose)
        target = self._target()
        changed = self._gates_changed(target)
        trunk_waivers = self._trunk_waivers()
        waivers, ignored = self._usable(trunk_waivers, changed, target)
        empty = self._environment_empty()
        return decide(
            self._cases,
            rules=Rules(
                purpose=self._purpose,
                evaluated_on=self._date,
                environment=self._environment,
                environment_empty=empty,
                release_decision=self._release_decision(waivers) if empty else None,
                allow_stale=self._question.allow_stale,
                waivers=waivers,
            ),
            candidate=self._candidate(),
            policy=self._policy(trunk_waivers),
            gates_changed=changed,
            notes=[*self._notes, *ignored],
        )

    def judgement(self, verdict: Verdict) -> Judgement:
        """The verdict with its evidence, and each model's main baseline even if no gate names it."""
        first = self._environment if self._purpose == "promote" and self._environment else "base"
        finder = self._baselines(self._purpose)
        references = {
            None if model is None else model.name: case.baselines.get(first) or finder.find(first, model)
            for model, case in zip(self._models, self._cases, strict=True)
        }
        return Judgement(verdict, self._evidence, self._own, references, self._cases)

    def _candidate(self) -> Candidate:
        label = self._project.tree(self._commit).label
        if self._commit is not None:
            return Candidate(label=label, commit=self._commit)
        head = self._project.head
        if head.commit is not None and not (head.dirty or head.untracked or self._outputs_changed):
            label = head.commit[:7]
        return Candidate(label=label, commit=None, head=head.commit)

    @property
    def _outputs_changed(self) -> bool:
        """Whether an output that DVC tracks, and Git does not, differs from what the commit recorded."""
        return any(
            reason.startswith("changed output") for state in self._evidence.stages for reason in state.reasons
        )

    def _trunk_config(self) -> Config:
        """Trunk's rules; if its file is invalid, the change's own: a change that fixes it must be checked."""
        try:
            return self._project.trunk_config
        except ConfigError as error:
            if self._purpose != "check":
                raise
            text = f"`mlgit.yaml` on trunk is invalid, so this change's own rules apply: {error.message}"
            self._notes.append(Note(code="trunk_config_invalid", message=text, effect="warn"))
            self._trunk_is_invalid = True
            return self._own

    def _chosen(self, names: Sequence[str]) -> list[Model | None]:
        declared = self._own.models
        if not names:
            return [*declared.values()] or [None]
        chosen: list[Model | None] = []
        for name in dict.fromkeys(names):
            if name not in declared and self._purpose == "check":
                from mlgit.project.registry.models import require_model

                require_model(self._project, name)
            chosen.append(declared.get(name) or Model(name=name))
        return chosen

    @property
    def _alone(self) -> bool:
        if self._own.models:
            return len(self._own.models) == 1
        models = [each for each in self._evidence.pipeline.artifacts if each.type in {None, "model"}]
        return len(models) <= 1

    def _baselines(self, purpose: Purpose) -> Baselines:
        return Baselines(
            project=self._project,
            purpose=purpose,
            candidate=self._commit,
            base=self._question.base,
            ci=self._ci,
            environments={*self._trunk.environments, *self._own.environments},
            alone=self._alone,
        )

    def _gather(self, purpose: Purpose) -> tuple[Case, ...]:
        finder = self._baselines(purpose)
        cases = []
        for model in self._models:
            name = None if model is None else model.name
            gates = select(self._config, purpose=purpose, model=name, environment=self._environment)
            wanted = {vs_key(gate.vs): gate.vs for gate in gates if gate.vs is not None}
            found = {key: finder.find(vs, model) for key, vs in wanted.items()}
            files = files_of_model(model, self._evidence, alone=self._alone)
            rule = numbers_rule(self._project, model, files, trunk=self._trunk, own=self._evidence)
            cases.append(Case(name, gates, files, found, rule, is_gated(self._config, name)))
        return tuple(cases)

    def _environment_empty(self) -> bool:
        if self._purpose != "promote" or self._environment is None:
            return False
        finder = self._baselines("promote")
        names = [None if model is None else model.name for model in self._models]
        return all(finder.locate(self._environment, name).state == "none" for name in names)

    def _release_decision(self, waivers: tuple[Waiver, ...]) -> Decision:
        """The decision of the release gates, which an environment's first version depends on."""
        return decide(
            self._gather("release"),
            rules=Rules(purpose="release", evaluated_on=self._date, waivers=waivers),
            candidate=self._candidate(),
            policy=Policy(),
        ).decision

    def _target(self) -> Branch | None:
        """The branch that the change will be merged into: the one that CI names, otherwise the project's."""
        name = self._ci.get("GITHUB_BASE_REF") or self._ci.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
        ref = f"refs/remotes/{self._project.remote}/{name}"
        if name and ref in self._project.branches:
            return Branch(ref=ref, commit=self._project.branches[ref])
        return self._project.target

    def _gates_changed(self, target: Branch | None) -> tuple[GateChange, ...]:
        if self._purpose == "promote" or target is None or target.commit == self._commit:
            return ()
        from mlgit.core.gates.gate_changes import compare_gates

        try:
            before = self._project.config(target.commit)
        except ConfigError as error:
            if target != self._project.trunk:
                text = f"`mlgit.yaml` on {target.short} is invalid, so that loosened gates cannot be told"
                self._notes.append(
                    Note(code="target_config_invalid", message=f"{text}: {error.message}", effect="warn")
                )
            return ()
        if before.environments != self._own.environments:
            text = f"`environments:` differs from {target.short}, whose rules apply until this is merged"
            self._notes.append(Note(code="environments_changed", message=text))
        changes = compare_gates(before.gates, self._own.gates) if before.declared else ()
        return self._made_here(changes, target) if changes else ()

    def _made_here(self, changes: tuple[GateChange, ...], target: Branch) -> tuple[GateChange, ...]:
        """Leave out gates that only the target changed: a branch that is behind has not loosened them."""
        from mlgit.adapters.git.refs import merge_base

        here = self._commit or self._project.head.commit
        common = None if here is None else merge_base(self._project.git, here, target.commit)
        if common is None or common == target.commit:
            return changes
        try:
            origin = self._project.config(common).gates
        except ConfigError:
            return changes
        return tuple(each for each in changes if self._own.gates.get(each.gate) != origin.get(each.gate))

    def _trunk_waivers(self) -> TrunkWaivers:
        if self._purpose != "check":
            return trunk_waivers(self._project)
        found, notes = waivers_or_note(self._project, self._commit)
        self._notes += notes
        return found

    def _readiness(self, found: TrunkWaivers, known: Collection[str], target: Branch | None) -> None:
        """Note what trunk would refuse after the merge."""
        if self._purpose == "check":
            self._notes += declaration_notes(self._project, self._commit, target)
        if self._purpose != "promote" and found.commit != self._commit:
            self._notes += waiver_notes(
                self._project, self._commit, trunk=found.commit, evaluated_on=self._date, known=known
            )

    def _usable(
        self, found: TrunkWaivers, changed: Sequence[GateChange], target: Branch | None
    ) -> tuple[tuple[Waiver, ...], tuple[Note, ...]]:
        gates = {*self._own.gates, *self._trunk.gates, *(change.gate for change in changed)}
        models = {*self._own.models, *self._trunk.models, *(model.name for model in self._models if model)}
        known = gates | {f"{model}/{gate}" for model in models for gate in gates}
        self._readiness(found, known, target)
        if not found.waivers:
            return (), ()
        target_commit = None if target is None else target.commit
        authors = change_authors(self._project, candidate=self._commit, target=target_commit)
        return usable(found.waivers, evaluated_on=self._date, authors=authors, known=known)

    def _policy(self, found: TrunkWaivers) -> Policy:
        trunk = None if self._project.trunk is None else self._project.trunk.commit
        return Policy(
            gates=trunk if self._purpose == "promote" else self._commit,
            environments=self._commit if self._trunk_is_invalid else trunk,
            waivers=found.commit,
        )
