"""Judge: join evidence, registry and config into one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import Config, Gate, Model
from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import Case, Rules, select, vs_key
from mlgit.core.gates.resolved.lost import lost_comparisons
from mlgit.core.gates.verdict import Decision, Note, Policy, Purpose, Verdict
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.core.record import NamedTuple
from mlgit.project.compare.base import branch_names, target_of
from mlgit.project.compare.baselines import Baselines
from mlgit.project.gates.candidate import candidate_of
from mlgit.project.gates.declarations import (
    declaration_notes,
    environment_notes,
    waiver_notes,
    waivers_or_note,
)
from mlgit.project.gates.model_changes import model_change_notes
from mlgit.project.gates.numbers import behind_notes, numbers_rule
from mlgit.project.gates.rules import Change, Compared, declared_after, find_change, rules_of_trunk
from mlgit.project.gates.trunk.unpromoted import baseline_notes
from mlgit.project.gates.waivers import TrunkWaivers, known_names, taken, trunk_waivers, usable_waivers
from mlgit.project.pipeline.declared import added_globs
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.gates.waivers import Waiver
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
        pre: the release is a pre-release.
        written: its tag is already there, so that trunk's last valid rules apply if those of now are invalid.
    """

    purpose: Purpose = "check"
    models: Sequence[str] = ()
    environment: str | None = None
    candidate: str | None = None
    base: str | None = None
    allow_stale: bool = False
    date: dt.date | None = None
    ci: Mapping[str, str] | None = None
    pre: bool = False
    written: bool = False


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
        self._purpose, self._environment = question.purpose, question.environment
        self._commit = question.candidate
        self._date, self._ci = question.date or project.now.date(), question.ci or {}
        self._own = project.config(self._commit)
        self._trunk, self._rules_from, found = rules_of_trunk(
            project, self._own, self._commit, strict=self._purpose != "check" and not question.written
        )
        self._notes: list[Note] = [*found]
        more = self._purpose == "promote" or not self._own.declared
        globs = added_globs(self._trunk, self._own) if more else ()
        self._evidence = evidence(project, self._commit, globs=globs)
        self._target = target_of(project, self._ci)
        self._change = self._find_change()
        change = self._change if self._purpose == "check" else None
        self._rules = self._own if change is None else change.merged.strict
        self._config = self._trunk if self._purpose == "promote" else self._rules
        self._renamed = self._renames()
        self._finders: dict[Purpose, Baselines] = {}
        self._cases: tuple[Case, ...] = ()
        self._models: list[Model | None] = []

    def judge(self) -> Verdict:
        self._models = self._chosen(self._question.models)
        self._cases = self._gather(self._purpose)
        models, cases, finder = self._models, self._cases, self._baselines(self._purpose)
        self._notes += baseline_notes(self._project, models, cases, finder, self._date, to=self._environment)
        if self._purpose == "check":
            self._notes += model_change_notes(self._project, models, cases, own=self._evidence, finder=finder)
            self._notes += behind_notes(self._change, models, cases, finder, day=self._date)
        compared = self._compared()
        trunk_waivers = self._trunk_waivers()
        waivers, ignored = self._usable(trunk_waivers, compared)
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
                on_loosened=self._trunk.on_loosened,
                names=compared.names,
                loosened=self._loosened(compared),
            ),
            candidate=candidate_of(self._project, self._commit, self._evidence),
            policy=self._policy(trunk_waivers),
            gates_changed=compared.changes,
            findings=[*compared.findings, *lost_comparisons(self._cases, compared.findings)],
            notes=[*self._notes, *ignored],
        )

    def judgement(self, verdict: Verdict) -> Judgement:
        """The verdict with its evidence, and each model's main baseline even if no gate names it."""
        first = (self._environment if self._purpose == "promote" else None) or "base"
        finder = self._baselines(self._purpose)
        references = {
            None if model is None else model.name: case.baselines.get(first) or finder.find(first, model)
            for model, case in zip(self._models, self._cases, strict=True)
        }
        return Judgement(verdict, self._evidence, self._rules, references, self._cases)

    def _chosen(self, names: Sequence[str]) -> list[Model | None]:
        declared = self._rules.models
        if not names:
            return [*declared.values()] or [None]
        chosen: list[Model | None] = []
        change = self._change if self._purpose == "check" else None
        for name in dict.fromkeys(names if change is None else map(change.name_in_merge, names)):
            if name not in declared and self._purpose == "check":
                from mlgit.project.registry.models import require_model

                require_model(self._project, name)
            chosen.append(declared.get(name) or Model(name=name))
        return chosen

    @property
    def _alone(self) -> bool:
        artifacts = [each for each in self._evidence.pipeline.artifacts if each.type in {None, "model"}]
        return len(self._rules.models or artifacts) <= 1

    def _baselines(self, purpose: Purpose) -> Baselines:
        """The finder of baselines for a purpose; it reads the tags of a model once."""
        if purpose in self._finders:
            return self._finders[purpose]
        there = self._trunk.environments.get(self._environment or "")
        self._finders[purpose] = Baselines(
            project=self._project,
            purpose=purpose,
            candidate=self._commit,
            base=self._question.base,
            ci=self._ci,
            environments=self._trunk.environments,
            announced=self._own.environments,
            alone=self._alone,
            names=self._renamed,
            metric_files=tuple(file.path for file in self._evidence.metric_files),
            pre=self._question.pre if there is None else there.pre,
        ).before_merge(declared_after(self._project, self._change, self._commit))
        return self._finders[purpose]

    def _gather(self, purpose: Purpose) -> tuple[Case, ...]:
        finder = self._baselines(purpose)
        rules = (self._trunk, self._rules if purpose == "check" else None)
        cases = []
        for model in self._models:
            name = None if model is None else model.name
            gates = select(self._config, purpose=purpose, model=name, environment=self._environment)
            wanted = {vs_key(gate.vs): gate.vs for gate in gates if gate.vs is not None}
            found = {key: finder.find(vs, model) for key, vs in wanted.items()}
            files = files_of_model(model, self._evidence, alone=self._alone)
            rule = numbers_rule(self._project, model, files, rules=rules, own=self._evidence)
            cases.append(Case(name, gates, files, found, rule, self._config.is_gated(name)))
        return tuple(cases)

    def _environment_empty(self) -> bool:
        if self._purpose != "promote" or self._environment is None:
            return False
        finder, place = self._baselines("promote"), self._environment
        return all(finder.locate(place, case.model).state == "none" for case in self._cases)

    def _release_decision(self, waivers: tuple[Waiver, ...]) -> Decision:
        """The decision of the release gates, which an environment's first version depends on."""
        return decide(
            self._gather("release"),
            rules=Rules(purpose="release", evaluated_on=self._date, waivers=waivers),
            candidate=candidate_of(self._project, self._commit, self._evidence),
            policy=Policy(),
        ).decision

    def _find_change(self) -> Change | None:
        if self._purpose == "promote":
            return None
        found, notes = find_change(self._project, self._target, self._commit, self._own)
        self._notes += notes
        return found

    def _renames(self) -> Mapping[str, str]:
        """New name -> old name of the models that the change renames."""
        if self._change is None:
            return {}
        from mlgit.project.gates.resolve import renamed_by

        return renamed_by(self._project, self._change, self._evidence)

    def _compared(self) -> Compared:
        """What the change compares other than its target; the notes of that are added."""
        if (change := self._change) is None:
            return Compared()
        from mlgit.project.gates.resolve import compare_with_target as compare

        found = compare(self._project, change, self._evidence, self._baselines(self._purpose), self._renamed)
        self._notes += [*found.notes, *environment_notes(change)]
        if change.merged.older and self._purpose == "check":
            from mlgit.core.gates.resolved.merged import older_note

            self._notes.append(older_note(change.merged, branch_names(self._project, change.target)))
        return found

    def _loosened(self, compared: Compared) -> Mapping[str, Gate]:
        """Trunk's form of the gates that the change loosens."""
        there = {} if self._change is None else self._change.rules.gates
        looser = {each.gate for each in compared.changes if each.kind == "loosened"}
        return {name: gate for name, gate in there.items() if name in looser}

    def _trunk_waivers(self) -> TrunkWaivers:
        if self._purpose != "check":
            return trunk_waivers(self._project)
        found, notes = waivers_or_note(self._project, self._commit)
        self._notes += notes
        return found

    def _readiness(self, found: TrunkWaivers, known: Collection[str]) -> None:
        """Note what trunk would refuse after the merge."""
        if self._purpose == "check":
            self._notes += declaration_notes(self._project, self._commit, self._target, self._rules)
        if self._purpose != "promote" and found.commit != self._commit:
            self._notes += waiver_notes(
                self._project, self._commit, trunk=found.commit, evaluated_on=self._date, known=known
            )

    def _usable(self, found: TrunkWaivers, compared: Compared) -> tuple[tuple[Waiver, ...], tuple[Note, ...]]:
        stages = [stage.address for stage in self._evidence.pipeline.stages]
        models = [model.name for model in self._models if model]
        known = known_names((self._rules, self._own, self._trunk), models, stages, compared)
        self._readiness(found, known)
        target = None if self._target is None else self._target.commit
        ends = {"candidate": self._commit, "target": target}
        good, ignored = usable_waivers(self._project, found, date=self._date, known=known, **ends)
        return good, (*ignored, *taken(compared, found, self._trunk.on_loosened, date=self._date))

    def _policy(self, found: TrunkWaivers) -> Policy:
        trunk = None if self._project.trunk is None else self._project.trunk.commit
        return Policy(
            gates=trunk if self._purpose == "promote" else self._commit,
            environments=self._rules_from,
            waivers=found.commit,
        )
