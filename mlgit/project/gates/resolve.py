"""Resolve: what each gate of a change compares, and what those of its target did."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.gates.gate_changes import compare_gates, only_repointed
from mlgit.core.gates.measured.numbers import measure
from mlgit.core.gates.resolved.findings import Finding, compare_resolved, finding_of, reported_losses
from mlgit.core.gates.resolved.models import model_findings
from mlgit.core.gates.resolved.renames import (
    rename_notes,
    renamed_gates,
    with_gate_names,
    without_gone_models,
    without_only_model,
)
from mlgit.core.gates.resolved.settings import addition_notes, compare_settings
from mlgit.core.gates.waived_names import declared_names, waived_names
from mlgit.core.pipeline.known_models import renamed_models
from mlgit.core.pipeline.model_files import is_content, measured_files
from mlgit.project.gates.ignored import ignore_findings
from mlgit.project.gates.places import places_at
from mlgit.project.gates.replaced import replacement_findings
from mlgit.project.gates.resolved.earlier import Earlier, earlier_numbers
from mlgit.project.gates.resolved.held import held
from mlgit.project.gates.resolved.measured import changed_between, measured_otherwise
from mlgit.project.gates.resolved.side import Side, resolve_side
from mlgit.project.gates.rules import Change, Compared
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.valid_rules import last_readable, read_before, unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlgit.core.config.file import Config
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.gates.verdict import GateChange, Note
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.inputs import Places
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project


def renamed_by(project: Project, change: Change, here: Evidence) -> Mapping[str, str]:
    """New name -> old name of each model that the change renames."""
    before = _before(project, change, change.rules)
    if before is None:
        return {}
    return renamed_models(
        before.known(project), Side(config=change.merged.config, evidence=here).known(project)
    )


def compare_with_target(
    project: Project, change: Change, here: Evidence, finder: Baselines, renamed: Mapping[str, str]
) -> Compared:
    """The gates that differ from the target's, and what they compare; `finder` is the candidate's."""
    new = Side(config=change.merged.config, evidence=here)
    if not change.rules.declared:
        own = resolve_side(new, finder.after or finder, finder) if new.config.declared else []
        return Compared(findings=measure((), own, (here.pipeline, here.pipeline)).findings)
    found = _compare(project, change, new, finder, renamed)
    before = _before(project, change, change.rules)
    stages = [() if side is None else _stages(side) for side in (before, new)]
    models = change.rules.models if before is None else before.paths
    names = waived_names(
        change.rules,
        change.merged.strict,
        declared=(
            declared_names(change.rules, models=models, stages=stages[0]),
            declared_names(change.merged.strict, models=new.paths, stages=stages[1]),
        ),
        renamed=(renamed_gates(change.rules, _with_old_names(new.config, renamed)), renamed),
        found={name for each in found.findings if each.kind == "gate" for name in each.subjects},
    )
    return replace(found, names=names)


def _stages(side: Side) -> tuple[str, ...]:
    return tuple(stage.address for stage in side.evidence.pipeline.stages)


def _compare(
    project: Project, change: Change, new: Side, finder: Baselines, renamed: Mapping[str, str]
) -> Compared:
    config = _with_old_names(new.config, renamed)
    names = renamed_gates(change.rules, config)
    rules = with_gate_names(change.rules, names)
    models = {*(renamed.get(name, name) for name in new.paths), *change.newer}
    before = _before(project, change, rules)
    known = set() if before is None else {*before.paths}
    added = models - known if known else set()  # otherwise, any of them may be the one without a name
    notes = (*rename_notes(rules, config, names, models, added), *addition_notes(rules, config))
    config = without_only_model(rules, config, models, added)
    changes = compare_gates(without_gone_models(rules, config, known - models).gates, config.gates)
    settings = tuple(compare_settings(rules, config))
    if before is None:
        findings = (unread(change.base), *settings, *_changed(changes, rules, config, resolved=False))
        return Compared(changes=changes, findings=findings, notes=notes)
    notes = (*notes, *read_before(change.base, before.evidence.commit))
    places = places_at(project, before.evidence), places_at(project, new.evidence)
    notes = (*notes, *_deployed(project, (before, new), (rules, config), places))
    own = resolve_side(new, finder.after or finder, finder)
    old_finder = replace(finder, alone=before.alone, names={}, after=None)
    resolved = resolve_side(before, old_finder, replace(old_finder, candidate=before.evidence.commit))
    named = _named(own, renamed)
    both = before.known(project), new.known(project)
    reported = reported_losses(resolved, named, places=places)
    findings = (
        *model_findings(*both, partial(held, project)),
        *replacement_findings(project, change, both, (before.evidence, new.evidence)),
        *settings,
        *_changed(changes, rules, config, resolved=True),
        *ignore_findings(project, before.evidence, new.evidence, new.named),
        *_made_otherwise(project, before, new, renamed, gates=resolved, covered=reported, places=places),
        *compare_resolved(resolved, named, places=places),
    )
    stages = _stage_changes(project, before, new, (resolved, named), places, findings)
    found = Compared(changes=changes, findings=(*findings, *stages.findings), notes=(*notes, *stages.notes))
    for each in earlier_numbers(project, rules, resolved, named, old_finder):
        found = _with_earlier(project, found, each, new)
    return found


def _with_earlier(project: Project, known: Compared, earlier: Earlier, new: Side) -> Compared:
    """With how numbers that are there again are measured otherwise than those before."""
    places = places_at(project, earlier.side.evidence), places_at(project, new.evidence)
    weaker = compare_resolved(*earlier.gates, places=places)
    found = _stage_changes(project, earlier.side, new, earlier.gates, places, weaker)
    findings = [each for each in (*weaker, *found.findings) if each not in known.findings]
    notes = [each for each in found.notes if each not in known.notes]
    return replace(
        known,
        findings=(*known.findings, *(replace(each, text=each.text + earlier.end) for each in findings)),
        notes=(*known.notes, *(replace(each, message=each.message + earlier.end) for each in notes)),
    )


def _made_otherwise(
    project: Project,
    old: Side,
    new: Side,
    renamed: Mapping[str, str],
    *,
    gates: Sequence[ResolvedGate],
    covered: frozenset[str],
    places: tuple[Places, Places],
) -> Iterator[Finding]:
    """What makes the models, if anything that could change it differs."""
    files = [_in_models(project, side) for side in (old, new)]
    if old.evidence.pipeline == new.evidence.pipeline and old.paths == new.paths and files[0] == files[1]:
        return
    from mlgit.core.gates.resolved.model_origins import compare_origins, model_origin

    before, after = (
        [
            model_origin(
                renamed.get(name, name) if side is new else name,
                path,
                side.evidence.pipeline,
                files[index],
                measured=measured_files(side.evidence.metric_files, old.evidence.metric_files),
            )
            for name, path in side.paths.items()
        ]
        for index, side in enumerate((old, new))
    )
    names = {each.model for each in gates}
    known = {each.name for each in before if each.name in names or (None in names and len(before) == 1)}
    yield from compare_origins(before, after, reported=known, covered=covered, places=places)


def _deployed(
    project: Project, sides: tuple[Side, Side], configs: tuple[Config, Config], places: tuple[Places, Places]
) -> Iterator[Note]:
    """What a change edits of the programs that deployments run, and whether they run one for all models."""
    if not configs[1].deploy:
        return
    from mlgit.core.gates.unmeasured.deployed import program_notes
    from mlgit.core.gates.unmeasured.one_command import shared_notes

    ends = [each.evidence.commit for each in sides]
    yield from program_notes(*configs, places, partial(changed_between, project, *ends))
    yield from shared_notes(configs, (sides[0].paths, sides[1].paths), places)


def _in_models(project: Project, side: Side) -> list[str]:
    """The files that Git has at the models' paths or below."""
    wanted = tuple({path.rstrip("/") for path in side.paths.values() if path is not None})
    if not wanted:
        return []
    paths = project.tree(side.evidence.commit).paths()
    return [path for path in paths if path.startswith(wanted)]


def _content(project: Project, side: Side, target: Side) -> list[str]:
    """The files of Git that are part of models."""
    metrics = measured_files(side.evidence.metric_files, target.evidence.metric_files)
    return [path for path in _in_models(project, side) if is_content(path) and path not in metrics]


def _stage_changes(
    project: Project,
    old: Side,
    new: Side,
    gates: tuple[Sequence[ResolvedGate], Sequence[ResolvedGate]],
    places: tuple[Places, Places],
    reported: Sequence[Finding],
) -> Compared:
    """What the stages of the gates' numbers and models do otherwise, and what they do not measure."""
    before, after = gates
    was, now = old.evidence.pipeline, new.evidence.pipeline
    files = _content(project, old, old), _content(project, new, old)
    measured = measure(before, after, (was, now), reported, files)
    otherwise = measured_otherwise(project, (old.evidence, new.evidence), gates, places)
    if (was.stages, was.tracked) == (now.stages, now.tracked):
        return Compared(findings=measured.findings, notes=(*measured.notes, *otherwise))
    from mlgit.core.gates.measured.gone import gone_notes
    from mlgit.core.gates.resolved.stage_changes import stage_notes, undeclared_files

    known = {*project.tree(new.evidence.commit).paths(), *(out.path for out in now.outputs)}
    return Compared(
        findings=(*measured.findings, *undeclared_files(was, now, gates, known, places=places)),
        notes=(
            *measured.notes,
            *stage_notes(was, now, gates),
            *gone_notes(before, after, (was, now), (*reported, *measured.findings)),
            *otherwise,
        ),
    )


def _before(project: Project, change: Change, rules: Config) -> Side | None:
    found = last_readable(project.git, change.base, partial(evidence, project, staleness=False))
    return None if found is None else Side(config=rules, evidence=found)


def _changed(changes: Iterable[GateChange], old: Config, new: Config, *, resolved: bool) -> list[Finding]:
    """Gates that are neither looser nor stricter; what they read is compared resolved if that is possible."""
    return [
        finding_of(each)
        for each in changes
        if each.kind == "changed"
        and not (resolved and only_repointed(old.gates[each.gate], new.gates[each.gate]))
    ]


def _named(gates: Iterable[ResolvedGate], renamed: Mapping[str, str]) -> list[ResolvedGate]:
    """The gates with the models' old names."""
    return [replace(each, model=renamed.get(each.model or "", each.model)) for each in gates]


def _with_old_names(config: Config, renamed: Mapping[str, str]) -> Config:
    if not renamed:
        return config
    gates = {
        name: gate
        if gate.models is None
        else replace(gate, models=tuple(renamed.get(model, model) for model in gate.models))
        for name, gate in config.gates.items()
    }
    return replace(config, gates=gates)
