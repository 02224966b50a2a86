"""Stated outcomes: whether what a gate compares with passed that gate, as its tag states."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import metric_values
from mlgit.adapters.git.trees import list_at_once
from mlgit.core.gates.evaluate import REPLACED, Case, Rules, evaluate, vs_key
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.evidence import MetricFile, Problem
from mlgit.core.record import NamedTuple
from mlgit.core.registry.moves import earlier_versions
from mlgit.core.registry.state import version_of
from mlgit.core.trust.relied_on import release_steps
from mlgit.core.wording import word
from mlgit.project.compare.baseline_files import found_at, read_baseline
from mlgit.project.compare.renames.named_models import meant
from mlgit.project.gates.trunk.lowered import before_of, rollback_notes
from mlgit.project.gates.trunk.outcomes import covers, is_alike, stated_of, unsettled
from mlgit.project.gates.trunk.steps import commits_of, releases_until, steps_of_promotions
from mlgit.project.pipeline.local_files import local_files
from mlgit.project.trust.lifted import waivers_since

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.config.file import Gate, Model
    from mlgit.core.gates.verdict import Result
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.trust.relied_on import Step
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project

_MOST = 10
"""Of what was there before, only so many commits with other numbers are compared: each is read.

Which ones is found in the metric files of more."""
_MOST_LOOKED_AT = 100
_SMALL = 64 * 1024
"""Only metric files of so many bytes are read of each of these."""
NOT_PASSED = "baseline_not_passed"
"""The code of the note: it blocks a release that is compared with a release which its own gates block."""


def stated_notes(
    project: Project,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    finder: Baselines,
    day: dt.date,
    *,
    to: str | None = None,
) -> Iterator[Note]:
    """A warning for each gate that its baseline passed by its tag, and not by the numbers in Git.

    It blocks what would take the baseline's place: a release, or a promotion `to` the same environment.
    Only where the baseline is still worse than what was there before. Numbers that are not here, and rules
    that cannot be read, say nothing.
    """
    for model, case in zip(models, cases, strict=True):
        for gate in case.gates:
            if not isinstance(gate.vs, str):
                continue
            baseline = case.baselines[gate.vs].baseline
            name = finder.registry_name(case.model)
            plain = _without_model(project, finder, gate.vs, name)
            if plain == "base" and finder.purpose != "check" and finder.base is None:
                plain = "release"
            replaces = to if finder.purpose == "promote" else "release"
            strict = finder.purpose != "check" and plain == replaces
            # Other reasons are findings already.
            if baseline.state != "found" or not (strict or baseline.reason in {None, REPLACED}):
                continue
            if plain in {"release", *finder.environments}:
                place, found = _found_under(finder, plain, name)
                if found is not None:
                    asked = Asked(project, model, gate, place, found, finder, day, strict, case.files)
                    yield from asked.notes(case.baselines[gate.vs], finder.state_of(found))


def _without_model(project: Project, finder: Baselines, vs: str, name: str | None) -> str:
    """What a gate compares with, without the name of its own model, which may be that before a rename."""
    places, in_tags, read = finder.environments, finder.registry_name, finder.state_of
    named = meant(project, vs, own=name, environments=places, in_tags=in_tags, read=read)
    return vs if named is None or named[1] != name else named[0]


def _found_under(finder: Baselines, vs: str, name: str | None) -> tuple[str, str | None]:
    """The environment and the model's name in tags where a baseline was: perhaps those before a rename."""
    if name is None or vs != "release":
        return finder.place(vs, name)
    return vs, finder.name_of_releases(name)


def grouped(keys: Mapping[str, object], fails: Callable[[object, object], bool]) -> Sequence[Sequence[str]]:
    """The commits with the same key together; `keys` has the newest first.

    First are those that what followed them fails against, and what is there now (the key None) as well, then
    others that this fails against.
    """
    groups: dict[object, list[str]] = {}
    ranks: dict[object, int] = {}
    worse = {key: fails(None, key) for key in {*keys.values()}}
    after: object = None
    for commit, key in keys.items():
        groups.setdefault(key, []).append(commit)
        drops = worse[key] and key != after and fails(after, key)
        ranks[key] = min(ranks.get(key, 2), 0 if drops else 1 if worse[key] else 2)
        after = key
    return [groups[key] for key in sorted(groups, key=ranks.__getitem__)]


class Asked(NamedTuple):
    """One gate of one model, with the place of its baseline and the model's name in tags there."""

    project: Project
    model: Model | None
    gate: Gate
    place: str
    name: str
    finder: Baselines
    day: dt.date
    strict: bool
    candidate: tuple[MetricFile, ...] = ()

    def notes(self, now: BaselineFiles, state: ModelState) -> Iterator[Note]:
        """The first note that blocks, otherwise the first one."""
        found: Note | None = None
        for step, before in self._steps(now, state):
            # For `base`, what was only released afterwards was not there.
            if step.later and self.gate.vs == "base":
                continue
            note = self._note(now, step, before)
            found = found or note
            if note is not None and (note.effect == "block" or not self.strict):
                found = note
                break
        if found is not None:
            yield found
            return
        yield from islice(rollback_notes(self, now, state), 1)

    def _steps(self, now: BaselineFiles, state: ModelState) -> Iterator[tuple[Step, BaselineFiles]]:
        """The steps from what was better than what is there now, with its numbers."""
        at, read = self.finder.candidate, self.finder.state_of
        if self.place == "release":
            versions = releases_until(self.project, state, now.baseline.commit or "", at=at, read=read)
            better = self.better(now, [(each.commit, str(each.version), each.model) for each in versions[1:]])
            # Where no release was better, git need not be asked which is behind which.
            steps = release_steps(versions, commits_of(self.project)) if better else iter(())
        else:
            here = state.environment(self.place)
            if here.commit not in {None, now.baseline.commit}:
                return
            promoted = steps_of_promotions(self.project, state, self.place, at=at, read=read)
            better = self.better(
                now, [(each.before, each.label_before, before_of(each)) for each in promoted]
            )
            steps = iter(promoted)
        yield from ((step, better[step.before]) for step in steps if step.before in better)

    def better(self, now: BaselineFiles, before: Sequence[tuple[str, str, str]]) -> dict[str, BaselineFiles]:
        """Commit -> its files, of those with which what is there now fails the gate.

        `before` has each commit with the names of its version and its model.
        """
        labels = {commit: names for commit, *names in before if commit != now.baseline.commit}
        groups = [*self._by_numbers(now, [*labels])][:_MOST]
        newest = [commits[0] for commits in groups]
        list_at_once(self.project.tree(now.baseline.commit), map(self.project.tree, newest))
        read = [(commits, self.read(commits[0], *labels[commits[0]])) for commits in groups]
        better = [(commits, old) for commits, old in read if self.why_failed(self.gate, now, old)]
        return {commit: old for commits, old in better for commit in commits}

    def _by_numbers(self, now: BaselineFiles, commits: Sequence[str]) -> Iterable[Sequence[str]]:
        """The commits, `grouped` by their metric files in Git; many may follow one change."""
        files = self.finder.metric_files
        if len(commits) <= _MOST or not files:
            return [[each] for each in commits]
        looked = commits[:_MOST_LOOKED_AT]
        found = self.project.objects.get_many(f"{each}:{file}" for each in looked for file in files)
        read: dict[object, BaselineFiles] = {}
        keys: dict[str, object] = {}
        for each in looked:
            blobs = {file: found[f"{each}:{file}"] for file in files}
            texts = {file: blob.content for file, blob in blobs.items() if blob is not None}
            keys[each] = key = tuple(texts.values()) if len(texts) == len(blobs) else each
            if key not in read:
                read[key] = self._in_git(now, texts)

        def fails(new: object, old: object) -> bool:
            return self.why_failed(self.gate, read.get(new, now), read[old]) is not None

        return grouped(keys, fails)

    def _in_git(self, now: BaselineFiles, texts: Mapping[str, bytes]) -> BaselineFiles:
        """The numbers of small metric files, as if they were where those of now are."""
        documents = local_files(self.project).documents
        small = ((path, text) for path, text in texts.items() if len(text) <= _SMALL)
        values = [(path, metric_values(text, path=path, documents=documents)) for path, text in small]
        files = [MetricFile(path=path, values=each) for path, each in values if not isinstance(each, Problem)]
        return BaselineFiles(now.baseline, tuple(files))

    def _note(self, now: BaselineFiles, step: Step, before: BaselineFiles) -> Note | None:
        """The note about a step whose gate failed, if its tag states otherwise or no waiver covers that."""
        rules = [*stated_of(self.project, step.fact, self.gate, partial(self.is_meant, step.fact))]
        if not rules:
            return None
        there = (
            now
            if step.commit == now.baseline.commit
            else self.read(step.commit, step.label, step.fact.name.model)
        )
        for rule, outcome in rules:
            why = self.why_failed(rule, there, before)
            states = None if why is None else unsettled(self.project, step, outcome, why)
            if why is not None and states is not None:
                return self._note_of(now, step, states, why, self._blocks(step, why, before))
        return None

    def _note_of(self, now: BaselineFiles, step: Step, states: str, why: Result, blocks: bool) -> Note:  # noqa: FBT001
        where = "" if self.model is None else f" of `{self.model.name}`"
        tag = f"`{step.fact.tag}` of {step.fact.tagger}"
        message = (
            f"`{self.gate.id}`{where}: it compares with {now.baseline.label}, and {tag} states "
            f"{states}: {why.message}"
        )
        hint = f"see `mlgit history {word(step.fact.name.model)}`"
        if blocks:
            hint = self._way_back(step) or hint
        return Note(
            code=NOT_PASSED,
            message=message,
            effect="block" if blocks else "warn",
            gate=self.gate.id,
            hint=hint,
        )

    def _way_back(self, step: Step) -> str | None:
        """How to reject what did not pass, or to take it out, if it is there now."""
        if self.place == "release":
            return f"`mlgit deregister {word(step.fact.tag)} -m REASON` rejects it"
        state = self.finder.state_of(self.name)
        here = state.environment(self.place)
        model, place = word(self.name), word(self.place)
        if here.holder is not None and earlier_versions(here, state):
            return f"`mlgit rollback {model} --env {place} -m REASON` puts back what was there before"
        version = version_of(step.fact, here.registered)
        if version is None or step.fact.name.model != self.name:
            return None
        reject = f"`mlgit deregister {word(version.tag)} -m REASON` rejects it"
        if here.holder is None:
            return reject
        return f"`mlgit unassign {model} --env {place} -m REASON` takes it out, and {reject}"

    def _blocks(self, step: Step, why: Result, before: BaselineFiles) -> bool:
        """Whether nothing must take the place of what did not pass and no waiver let through since.

        Unless that passes after what was there before.
        """
        if not self.strict or step.later or why.effect != "block":
            return False
        if self.why_failed(self.gate, BaselineFiles(before.baseline, self.candidate), before) is None:
            return False
        return not covers(waivers_since(self.project, step.commit), step.fact, why)

    def read(self, commit: str, label: str, named: str) -> BaselineFiles:
        name = None if self.model is None else self.model.name
        baseline = found_at(vs_key(self.gate.vs or ""), name, label, "what was there before", commit)
        return read_baseline(
            self.project,
            baseline,
            self.model,
            alone=self.finder.alone,
            name=named,
            wanted=self.finder.metric_files,
        )

    def why_failed(self, gate: Gate, new: BaselineFiles, old: BaselineFiles) -> Result | None:
        """How a version fails a gate against an older one; None if it does not, or that is not known."""
        name = None if self.model is None else self.model.name
        case = Case(name, (gate,), new.files, {vs_key(gate.vs or ""): old})
        found = evaluate(gate, case, Rules(purpose="check", evaluated_on=self.day))
        return found if found.outcome == "fail" else None

    def is_meant(self, fact: TagFact, gate: Gate) -> bool:
        now = self.finder.registry_name(None if self.model is None else self.model.name)
        return is_alike(gate, self.gate, fact, place=self.place, names=(now, self.name))
