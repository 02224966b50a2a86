"""Since push: what trunk's gates compare otherwise than before a push, which no check of a change has seen.

Two changes may each be fine, and take a model out of its gates together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import parents
from mlgit.core.gates.decision import finding_notes
from mlgit.core.gates.evaluate import Rules
from mlgit.core.gates.resolved.rules import Merged
from mlgit.core.gates.verdict import Note
from mlgit.core.gates.waivers import usable
from mlgit.core.record import record
from mlgit.errors import MlgitError
from mlgit.project.compare.base import before_push
from mlgit.project.compare.baselines import Baselines
from mlgit.project.gates.resolve import compare_with_target, renamed_by
from mlgit.project.gates.rules import Change
from mlgit.project.gates.waivers import known_names, trunk_waivers
from mlgit.project.open import Branch
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.core.config.file import Config
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


@record
class SincePush:
    """What differs from the gates of `commit`, trunk's tip before; None if there was nothing before."""

    commit: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether trunk says that this fails (`on_loosened: fail`), and no waiver agrees to it."""
        return any(note.effect == "block" for note in self.notes)


def since_push(project: Project, tip: str, ci: Mapping[str, str]) -> SincePush:
    """Compare the gates of trunk's tip with those before the push that CI runs for, or of its first parent.

    A waiver agrees to a finding, also that of an author: the check of the change asked about that.

    Raises:
        ConfigError: the rules at the tip are invalid.
    """
    own = project.config(tip)
    stated = before_push(ci)
    before = None if stated is None else project.commit(stated)
    before = before or next(iter(parents(project.objects, tip)), None)
    if before is None or before == tip or project.trunk is None:
        return SincePush()
    try:
        here = evidence(project, tip)
    except MlgitError as error:
        return SincePush(commit=before, notes=_unknown(f"compare at {tip[:7]}", error))
    try:
        notes = _notes(project, before, tip, own, here, ci)
    except MlgitError as error:
        notes = _unknown(f"compared at {before[:7]}, before this push,", error)
    return SincePush(commit=before, notes=notes)


def _unknown(what: str, error: MlgitError) -> tuple[Note, ...]:
    text = f"What the gates {what} is not known: {error.message}"
    return (Note(code="target_not_read", message=text, effect="warn", hint=error.hint),)


def _notes(
    project: Project, before: str, tip: str, own: Config, here: Evidence, ci: Mapping[str, str]
) -> tuple[Note, ...]:
    rules = project.config(before)
    trunk = Branch(ref="" if project.trunk is None else project.trunk.ref, commit=before)
    change = Change(target=trunk, base=before, rules=rules, merged=Merged(config=own, strict=own))
    renamed = renamed_by(project, change, here)
    finder = Baselines(
        project=project,
        purpose="check",
        candidate=tip,
        base=None,
        ci=ci,
        environments=own.environments,
        alone=len(own.models or here.pipeline.artifacts) <= 1,
        names=renamed,
        metric_files=tuple(file.path for file in here.metric_files),
    )
    compared = compare_with_target(project, change, here, finder, renamed)
    stages = [stage.address for stage in here.pipeline.stages]
    known = known_names((own, rules), own.models, stages, compared)
    day = project.now.date()
    waivers, _ = usable(trunk_waivers(project).waivers, evaluated_on=day, authors=(), known=known)
    asked = Rules(
        purpose="check",
        evaluated_on=day,
        waivers=waivers,
        on_loosened=rules.on_loosened,
        names=compared.names,
    )
    found = finding_notes(compared.changes, compared.findings, asked)
    return (*dict.fromkeys(found), *_ungated(rules, own, renamed))


def _ungated(rules: Config, own: Config, renamed: Mapping[str, str]) -> Iterator[Note]:
    """A warning for each model that is new or had a gate before, and that has none now."""
    for name in sorted(own.models):
        old = renamed.get(name, name)
        if not own.is_gated(name) and (old not in rules.models or rules.is_gated(old)):
            text = f"No gate applies to `{name}`, so every change of it passes"
            hint = "add one under `gates:` in `mlgit.yaml`"
            yield Note(code="no_gates", message=text, effect="warn", model=name, hint=hint)
