"""Numbers: which numbers of a model count, and those that trunk has since a branch left it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import Case, Rules, evaluate
from mlgit.core.gates.verdict import Note, Result
from mlgit.core.pipeline.model_files import files_of_model, made_by_stage
from mlgit.core.wording import listed, word
from mlgit.errors import ConfigError
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from mlgit.core.config.file import Config, Model, Numbers
    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.gates.rules import Change
    from mlgit.project.open import Branch, Project

_WORSE = ("fail", "error", "inconclusive")


def numbers_rule(
    project: Project,
    model: Model | None,
    files: Sequence[MetricFile],
    *,
    rules: tuple[Config, Config | None],
    own: Evidence,
) -> Numbers:
    """The rule for a model of a candidate with the evidence `own`; `files` are its metric files there.

    `rules` are the config of trunk and, for a change, the one that it will have. The stricter one counts: a
    change cannot choose less than trunk asks for, and what passes before the merge passes after it.
    """
    trunk, merged = rules
    if all(file.stage is not None for file in files):
        # The rule makes no difference, and trunk need not be read.
        return trunk.numbers or "pipeline"
    now = _on_trunk(project, model, trunk=trunk, own=own)
    if now == "pipeline" or merged is None:
        return now
    return merged.numbers or ("pipeline" if _made(model, own, merged) else "committed")


def _on_trunk(project: Project, model: Model | None, *, trunk: Config, own: Evidence) -> Numbers:
    """The rule of trunk as it is: it says it, or a stage makes the model or its numbers there.

    For a model that trunk does not know, the candidate's own pipeline decides.
    """
    if trunk.numbers is not None:
        return trunk.numbers
    try:
        there = own if project.trunk is None else evidence(project, project.trunk.commit, staleness=False)
    except ConfigError:
        there = own
    declared = None if model is None else trunk.models.get(model.name)
    if model is None or declared is not None:
        made = _made(declared, there, trunk) or _made(model, there, trunk)
    else:
        made = _made(model, there, trunk) or _made(model, own, trunk)
    return "pipeline" if made else "committed"


def _made(model: Model | None, found: Evidence, config: Config) -> bool:
    """Whether a stage makes the model or one of its metric files."""
    files = files_of_model(model, found, alone=len(config.models) <= 1)
    return made_by_stage(model, found.pipeline) or any(file.stage is not None for file in files)


def behind_notes(
    change: Change | None,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    finder: Baselines,
    *,
    day: dt.date,
) -> Iterator[Note]:
    """Notes about numbers that the target has since the change left it.

    A gate that passes next to where the branch left may fail next to the target as it is now. Only numbers
    that the change has changed count: the merge takes the target's for the others.
    """
    if change is None or change.target.commit == change.base:
        return
    rules = Rules(purpose="check", evaluated_on=day)
    now = replace(finder, base=change.target.commit, after=None)
    for model, case in zip(models, cases, strict=True):
        then = case.baselines.get("base")
        if then is None or then.baseline.commit != change.base:
            continue
        compared = [
            (gate, found)
            for gate in case.gates
            if gate.vs == "base" and (found := evaluate(gate, case, rules)).change not in {None, "0"}
        ]
        if not compared:
            continue
        there = now.find("base", model)
        other = case._replace(baselines={**case.baselines, "base": there})
        moved = [
            (found, result)
            for gate, found in compared
            if (result := evaluate(gate, other, rules)).baseline not in {None, found.baseline}
        ]
        if moved:
            yield _behind(change.target, change.base, case.model, moved)


def _behind(target: Branch, base: str, model: str | None, moved: Sequence[tuple[Result, Result]]) -> Note:
    """A warning if a gate would not pass next to the target, otherwise a note."""
    worse = [there for here, there in moved if here.outcome not in _WORSE and there.outcome in _WORSE]
    since = f"this branch left it at {base[:7]}, and {target.commit[:7]} has other numbers"
    hint = f"to compare with it, run `mlgit check --base {word(target.short)}`"
    if worse:
        names = listed([each.gate for each in worse])
        text = f"{names} would not pass next to `{target.short}` as it is now: {worse[0].message}; {since}"
        return Note(code="target_moved_on", message=text, effect="warn", model=model, hint=hint)
    metrics = listed(list(dict.fromkeys(there.metric for _, there in moved)))
    text = f"`{target.short}` has other numbers for {metrics} since {base[:7]}, where this branch left it"
    return Note(code="target_moved_on", message=text, model=model, hint=hint)
