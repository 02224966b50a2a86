"""Stated outcomes: whether what a gate compares with passed that gate, as its tag states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.git.trees import list_at_once
from mlgit.core.gates.evaluate import Case, Rules, evaluate, vs_key
from mlgit.core.gates.verdict import Note
from mlgit.core.record import NamedTuple
from mlgit.core.registry.moves import held_before
from mlgit.core.registry.state import label_of
from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
from mlgit.core.trust.proof import parse_statement
from mlgit.core.wording import word
from mlgit.errors import MlgitError
from mlgit.project.compare.baseline_files import found_at, read_baseline

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from mlgit.core.config.file import Gate, Model
    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project

_MOST = 10
"""Of what was there before, only so many commits are compared: each is read."""


class _Step(NamedTuple):
    """A tag that put a commit into the place of another one, with the names of both versions."""

    fact: TagFact
    commit: str
    label: str
    before: str
    label_before: str


def stated_notes(
    project: Project,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    finder: Baselines,
    *,
    day: dt.date,
) -> Iterator[Note]:
    """A warning for each gate that its baseline passed by its tag, and not by the numbers in Git.

    Only where the baseline is still worse than what was there before. Numbers that are not here, and rules
    that cannot be read, say nothing.
    """
    for model, case in zip(models, cases, strict=True):
        for gate in case.gates:
            if not isinstance(gate.vs, str) or gate.vs not in {"release", *finder.environments}:
                continue
            name, entry = finder.registry_name(case.model), case.baselines[gate.vs]
            # Other reasons are findings already.
            if name is not None and entry.baseline.state == "found" and entry.baseline.reason is None:
                yield from _Asked(project, model, gate, finder, day).notes(entry, finder.state_of(name))


def _releases(project: Project, versions: Sequence[RegisteredVersion]) -> Iterator[_Step]:
    """Each release, the newest first, with the highest one before it that is behind it in Git.

    A higher commit may have a lower number.
    """
    for number, new in enumerate(versions, 1):
        earlier = (each for each in versions[number:] if is_ancestor(project.git, each.commit, new.commit))
        if (before := next(earlier, None)) is not None:
            yield _Step(new.fact, new.commit, str(new.version), before.commit, str(before.version))


def _promotions(here: EnvironmentState) -> Iterator[_Step]:
    """How what an environment holds came to its place, the newest step first."""
    for old, change in held_before(here):
        fact = change.assigned
        if fact is not None and change.action == "promote":
            labels = [label_of(each, here.registered) for each in (fact, old)]
            yield _Step(fact, fact.commit, labels[0], old.commit, labels[1])


class _Asked(NamedTuple):
    """One gate of one model."""

    project: Project
    model: Model | None
    gate: Gate
    finder: Baselines
    day: dt.date

    def notes(self, now: BaselineFiles, state: ModelState) -> Iterator[Note]:
        if self.gate.vs == "release":
            versions = [
                each for each in reversed(state.versions) if not each.withdrawn and each.version.final
            ]
            better = self._better(now, [(each.commit, str(each.version)) for each in versions[1:]])
            # Where no release was better, git need not be asked which is behind which.
            steps = _releases(self.project, versions) if better else iter(())
        else:
            here = state.environment(str(self.gate.vs))
            if here.commit != now.baseline.commit:
                return
            promoted = [*_promotions(here)]
            better = self._better(now, [(each.before, each.label_before) for each in promoted])
            steps = iter(promoted)
        for step in steps:
            if step.before in better and (note := self._note(now, step, better[step.before])) is not None:
                yield note
                return

    def _better(self, now: BaselineFiles, before: Sequence[tuple[str, str]]) -> dict[str, BaselineFiles]:
        """Commit -> its files, of the newest ones with which what is there now fails the gate."""
        labels = {commit: label for commit, label in before if commit != now.baseline.commit}
        newest = [*labels][:_MOST]
        list_at_once(self.project.tree(now.baseline.commit), map(self.project.tree, newest))
        read = {commit: self._read(commit, labels[commit]) for commit in newest}
        return {commit: old for commit, old in read.items() if self._why_failed(self.gate, now, old)}

    def _note(self, now: BaselineFiles, step: _Step, before: BaselineFiles) -> Note | None:
        """The note about a step whose tag states that the gate passed, though it did not."""
        rule = self._rule_then(step.fact)
        there = now if step.commit == now.baseline.commit else self._read(step.commit, step.label)
        why = None if rule is None else self._why_failed(rule, there, before)
        if why is None:
            return None
        where = "" if self.model is None else f" of `{self.model.name}`"
        tag = f"`{step.fact.tag}` of {step.fact.tagger}"
        message = (
            f"`{self.gate.id}`{where}: it compares with {now.baseline.label}, and {tag} states that "
            f"{step.label} passed it after {step.label_before}; by the numbers in Git it did not: {why}"
        )
        return Note(
            code="baseline_not_passed",
            message=message,
            effect="warn",
            hint=f"see `mlgit history {word(step.fact.name.model)}`",
        )

    def _read(self, commit: str, label: str) -> BaselineFiles:
        name = None if self.model is None else self.model.name
        baseline = found_at(vs_key(self.gate.vs or ""), name, label, "what was there before", commit)
        own = self.finder.registry_name(name)
        return read_baseline(
            self.project,
            baseline,
            self.model,
            alone=self.finder.alone,
            name=own,
            wanted=self.finder.metric_files,
        )

    def _why_failed(self, gate: Gate, new: BaselineFiles, old: BaselineFiles) -> str | None:
        """How a version fails a gate against an older one; None if it does not, or that is not known."""
        name = None if self.model is None else self.model.name
        case = Case(name, (gate,), new.files, {vs_key(gate.vs or ""): old})
        found = evaluate(gate, case, Rules(purpose="check", evaluated_on=self.day))
        return found.message if found.outcome == "fail" else None

    def _rule_then(self, fact: TagFact) -> Gate | None:
        """The gate by the rules of a tag that states that it passed, also under another name; else None."""
        statement = parse_statement(fact.message()).statement
        if isinstance(statement, EnvironmentStatement):
            rules = statement.policy
        elif isinstance(statement, ReleaseStatement):
            rules = fact.commit
        else:
            return None
        stated = {each.gate: each.outcome for each in statement.gates}
        try:
            gates = {} if rules is None else self.project.config(rules).gates
        except MlgitError:
            return None
        own = gates.get(self.gate.id)
        same = (
            [own] if own is not None else [each for each in gates.values() if each.metric == self.gate.metric]
        )
        passed = (each for each in same if each.vs == self.gate.vs and stated.get(each.id) == "pass")
        return next(passed, None)
