"""Resolution: the numbers that a gate compares, with the file, key, origin and commit of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import FileBaseline
from mlgit.core.gates.evaluate import IN_ENVIRONMENT, vs_key
from mlgit.core.gates.limits import Finding
from mlgit.core.gates.places import baseline_place, candidate_place
from mlgit.core.pipeline.metrics import Place, number, text
from mlgit.core.pipeline.origin import HAND, Link, NumbersOrigin, link_of, origin_of
from mlgit.core.record import record

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate
    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.gates.verdict import BaselineState
    from mlgit.core.pipeline.evidence import MetricFile
    from mlgit.core.pipeline.stages import Pipeline


@record
class Source:
    """Where one number is: a key of a metric file, and what makes that file.

    `command` is the folder and command of the stage that makes it: a stage with the same was only renamed.
    `link` says how its stages know the model.
    """

    file: str
    key: str
    origin: NumbersOrigin = HAND
    command: tuple[str, ...] = ()
    link: Link = "none"

    @property
    def words(self) -> str:
        return f"`{self.key}` of `{self.file}` ({self.origin.words})"


@record
class Reference:
    """What a gate compares with: `rule` says how `vs` was understood, `source` where its number is.

    `place` is the environment in tags, if it is one: it may have another name than `vs` since.
    `content` is the number of a reference file; None for every other baseline, which a commit pins.
    `problem` is the reason why there is no source; None if the gate itself reads nothing.
    """

    vs: str
    state: BaselineState
    rule: str
    label: str
    model: str | None = None
    place: str | None = None
    commit: str | None = None
    source: Source | None = None
    content: str | None = None
    problem: str | None = None


@record
class ResolvedGate:
    """One gate for one model; `path` is the model's file.

    `source` is None if the metric cannot be found, for the `reason` of that. `unread` are then the metric
    files that may have it, and whose content is not here; their keys are empty. Only
    promotions use a gate that is not `evaluated` by checks.
    """

    gate: str
    model: str | None
    metric: str
    path: str | None = None
    source: Source | None = None
    reason: str | None = None
    unread: tuple[Source, ...] = ()
    reference: Reference | None = None
    evaluated: bool = True


def resolve_case(case: Case, pipeline: Pipeline, *, path: str | None = None) -> tuple[ResolvedGate, ...]:
    """Resolve every gate of a model; `pipeline` is the one of the case's metric files."""
    return tuple(_resolve(gate, case, pipeline, path) for gate in case.gates)


def _resolve(gate: Gate, case: Case, pipeline: Pipeline, path: str | None) -> ResolvedGate:
    place = candidate_place(gate, case.files)
    entry = None if gate.vs is None else case.baselines[vs_key(gate.vs)]
    found = place if isinstance(place, Place) else None
    return ResolvedGate(
        gate=gate.id,
        model=case.model,
        metric=gate.metric,
        path=path,
        source=None if found is None else _source(found, pipeline, path),
        reason=place.reason if isinstance(place, Finding) else None,
        unread=tuple(_source(Place(file, ""), pipeline, path) for file in case.files if _is_unread(file))
        if found is None
        else (),
        reference=None if entry is None else _reference(gate, found, entry),
        evaluated=gate.when == "check",
    )


def _is_unread(file: MetricFile) -> bool:
    return any(problem.code in {"not_fetched", "unreadable"} for problem in file.problems)


def _source(place: Place, pipeline: Pipeline, path: str | None) -> Source:
    origin = origin_of(place.file.path, pipeline)
    makers = [(stage.wdir, *stage.cmd) for stage in pipeline.stages if stage.address == origin.name]
    return Source(
        file=place.file.path,
        key=place.key,
        origin=origin,
        command=makers[0] if makers else (),
        link=link_of(path, origin, pipeline),
    )


def _reference(gate: Gate, place: Place | None, entry: BaselineFiles) -> Reference:
    baseline = entry.baseline
    found = baseline_place(gate, place, entry) if place is not None and baseline.state == "found" else None
    there = found if isinstance(found, Place) else None
    return Reference(
        vs=baseline.vs,
        state=baseline.state,
        rule=baseline.rule,
        label=baseline.label,
        model=baseline.model,
        place=_environment(baseline.rule),
        commit=None if isinstance(gate.vs, FileBaseline) else baseline.commit,
        problem=_problem(baseline.state, found),
        source=None if there is None else Source(file=there.file.path, key=there.key),
        content=_content(there) if isinstance(gate.vs, FileBaseline) and there is not None else None,
    )


def _environment(rule: str) -> str | None:
    start, _, rest = rule.partition("`")
    return rest.partition("`")[0] if start == IN_ENVIRONMENT else None


def _problem(state: BaselineState, found: Place | Finding | None) -> str | None:
    if state != "found":
        return state
    return found.reason if isinstance(found, Finding) else None


def _content(place: Place) -> str:
    value = number(place.value)
    return str(place.value) if value is None else text(value)
