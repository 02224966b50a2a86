"""Metric history: values of gated metrics at the last releases, or commits, before a candidate."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import text
from mlgit.core.pipeline.report_context import HistoryPoint, MetricHistory
from mlgit.core.progress import Silent
from mlgit.errors import MlgitError
from mlgit.project.compare.revision_values import RevisionReader, RevisionValues
from mlgit.project.pipeline.declared import record_file
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.gates.verdict import Baseline, Verdict
    from mlgit.project.open import Project

_MOST_POINTS = 12
_ENOUGH_RELEASES = 3
_MOST_METRICS = 24
_FARTHEST = 1000


_State = tuple[str, str]
"""The label of a commit in a picture, and its id."""


def metric_history(
    project: Project, verdict: Verdict, references: Iterable[Baseline]
) -> tuple[MetricHistory, ...]:
    """The last values of every gated metric, oldest first.

    They are from the releases of the model if there are three or more, otherwise from the first-parent
    commits up to the base that changed its metric files. Unreadable values are left out: the report must
    not fail because of a picture.
    """
    wanted: dict[str | None, dict[tuple[str, str], None]] = {}
    for result in verdict.results:
        if result.file is not None and result.key is not None:
            wanted.setdefault(result.model, {})[result.file, result.key] = None
    bases = {each.model: each.commit for each in (*references, *verdict.baselines) if each.vs == "base"}
    found: list[MetricHistory] = []
    candidate = verdict.candidate
    clean = candidate.head is not None and candidate.label == candidate.head[:7]
    here = candidate.commit or (candidate.head if clean else None)
    reader = RevisionReader(project, Silent())
    for model, places in wanted.items():
        chosen = list(places)[:_MOST_METRICS]
        try:
            files = list(dict.fromkeys(file for file, _ in chosen))
            releases = [state for state in _releases(project, model) if state[1] != here]
            states = releases[-_MOST_POINTS:]
            if len(releases) < _ENOUGH_RELEASES:
                states = _commits(project, bases.get(model), files)
            values = reader.read([commit for _, commit in states], metrics=files, params=False)
        except (MlgitError, OSError, ValueError):
            continue
        found += [_history(model, place, states, values) for place in chosen]
    return tuple(each for each in found if each.points)


def _history(
    model: str | None, place: tuple[str, str], states: Sequence[_State], values: Mapping[str, RevisionValues]
) -> MetricHistory:
    file, key = place
    known = [
        (label, values[commit].metrics.get(file, {}).get(key)) for label, commit in states if commit in values
    ]
    points = (
        HistoryPoint(label=label, value=text(value)) for label, value in known if isinstance(value, Decimal)
    )
    return MetricHistory(model=model, file=file, key=key, points=tuple(points))


def _releases(project: Project, model: str | None) -> list[_State]:
    from mlgit.project.registry.models import model_names
    from mlgit.project.registry.read import read_model

    if model is None:
        names = model_names(project)
        if len(names) != 1:
            return []
        model = names[0]
    versions = read_model(project, model).versions
    return [(str(each.version), each.commit) for each in versions if not each.deregistered]


def _commits(project: Project, base: str | None, files: Sequence[str]) -> list[_State]:
    """The last first-parent commits up to the base that changed the files or their records in dvc.lock."""
    if base is None:
        return []
    outputs = {out.path: out for out in evidence(project, base, staleness=False).pipeline.outputs}
    paths = [
        *files,
        *(record_file(outputs[file].owner) for file in files if file in outputs and outputs[file].cached),
    ]
    # Limit the walk: for a metric that never changes, git would read the whole history.
    edge = project.git.run_text("rev-list", "--first-parent", "--max-count=1", f"--skip={_FARTHEST}", base)
    listing = project.git.run(
        "rev-list",
        "--first-parent",
        f"--max-count={_MOST_POINTS}",
        base,
        *([f"^{edge}"] if edge else []),
        "--",
        *(f":(top,literal){path}" for path in dict.fromkeys(paths)),
    )
    return [(commit[:7], commit) for commit in reversed(listing.decode().split())]
