"""Places: where the number of a gate is, in the candidate and in its baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.limits import Finding
from mlgit.core.pipeline import metrics
from mlgit.core.pipeline.evidence import other_kind
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.config.file import Gate
    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.pipeline.evidence import MetricFile
    from mlgit.core.pipeline.metrics import Place

_WAIVER = f"add a waiver for this gate with `covers: [error]` to `{WAIVERS_FILE}` on trunk"
_NAMES = 5
_NO_NUMBERS = ("unreadable", "not_fetched", "missing")


class BaselineFiles(NamedTuple):
    """A baseline and its metric files: the model's by the candidate's rules, and `others` for exact paths.

    `own` are the model's files by the rules of the baseline's own mlgit.yaml, and `named` the metrics there:
    (gate, metric) pairs.
    """

    baseline: Baseline
    files: tuple[MetricFile, ...] = ()
    others: tuple[MetricFile, ...] = ()
    own: tuple[MetricFile, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


def candidate_place(
    gate: Gate, files: Sequence[MetricFile], before: Iterable[BaselineFiles] = ()
) -> Place | Finding:
    """The only place that the metric's name can mean, or why there is none.

    `before` are baselines; where one has the metric in one file only, the hint names that file.
    """
    places = metrics.find(gate.metric, files)
    if len(places) == 1:
        return places[0]
    if places:
        found = _ambiguous(gate, places, "")
        known = {place.full_name for place in places}
        for entry in before:
            there = metrics.find(gate.metric, entry.files)
            if len(there) == 1 and there[0].full_name in known:
                name, label = there[0].full_name, entry.baseline.label
                return found._replace(hint=f"{_in_full(gate, name)}, as in {label}")
        return found
    if (other := _no_number(gate.metric, files)) is not None:
        return Finding("error", "not_a_number", other)
    named_first = sorted(files, key=lambda file: (not gate.metric.startswith(f"{file.path}:"), file.path))
    for file in named_first:
        for problem in file.problems:
            if problem.code in _NO_NUMBERS:
                return Finding("error", problem.code, problem.message, problem.hint)
    near = metrics.near_names(gate.metric, files)
    hint = (
        ("there are " if len(near) > 1 else "there is ") + ", ".join(f"`{name}`" for name in near)
        if near
        else None
    )
    message = f"There is no metric `{gate.metric}`" if files else f"No metric file has `{gate.metric}`"
    return Finding("error", "unknown_metric", message, hint)


def _ambiguous(gate: Gate, places: Sequence[Place], where: str) -> Finding:
    *names, last = (f"`{place.full_name}`" for place in places)
    if len(names) >= _NAMES:
        names, last = [*names[:_NAMES]], f"{len(names) + 1 - _NAMES} more"
    message = f"`{gate.metric}` could mean {', '.join(names)} or {last}{where}"
    hint = f"{_in_full(gate, places[0].full_name)}, for example"
    return Finding("error", "ambiguous_metric", message, hint)


def _in_full(gate: Gate, name: str) -> str:
    line = "" if gate.line is None else f":{gate.line}"
    return f'write `metric: "{name}"` in `mlgit.yaml{line}`'


def baseline_place(gate: Gate, place: Place, entry: BaselineFiles) -> Place | Finding:
    """The same file and key; after a rename, the only metric that the name matches in the baseline."""
    label = entry.baseline.label
    for file in (*entry.files, *entry.others):
        if file.path == place.file.path:
            if place.key in file.values:
                return metrics.Place(file, place.key)
            if (unread := _unread(file, label)) is not None:
                return unread
    name = gate.metric.removeprefix(f"{place.file.path}:")
    places = metrics.find(name, entry.files)
    if len(places) > 1:
        return _ambiguous(gate, places, f" in {label}")
    if not places:
        places = _by_own_rules(gate, name, entry)
    if places:
        return places[0]
    files = (*entry.files, *entry.own)
    return _absent(gate, place, entry, files)


def own_place(gate: Gate, entry: BaselineFiles) -> Place | None:
    """Where the gate of that id reads its number by the baseline's own mlgit.yaml."""
    metric = dict(entry.named).get(gate.id)
    places = () if metric is None else metrics.find(metric, entry.own)
    return places[0] if len(places) == 1 else None


def place_of_gone(gates: Sequence[Gate], files: Sequence[MetricFile], entry: BaselineFiles) -> Place | None:
    """What a gate of the baseline's own mlgit.yaml reads whose id is gone, and that no gate reads now.

    A gate that has a new id may have been that one.
    """
    ids = {gate.id for gate in gates}
    here = [candidate_place(gate, files) for gate in gates]
    read = {(each.file.path, each.key) for each in here if isinstance(each, metrics.Place)}
    for name, metric in entry.named:
        places = () if name in ids else metrics.find(metric, entry.own)
        if len(places) == 1 and (places[0].file.path, places[0].key) not in read:
            return places[0]
    return None


def _by_own_rules(gate: Gate, name: str, entry: BaselineFiles) -> tuple[Place, ...]:
    """The only metric of that name by the baseline's own rules; of several, the one that its gate reads."""
    places = metrics.find(name, entry.own)
    return places if len(places) == 1 else tuple(each for each in places if each == own_place(gate, entry))


def _absent(gate: Gate, place: Place, entry: BaselineFiles, files: Sequence[MetricFile]) -> Finding:
    """Why the baseline has no number: it has something else, cannot be read, or the metric is new."""
    label, every = entry.baseline.label, (*files, *entry.others)
    other = _no_number(place.full_name, every) or _no_number(gate.metric, files)
    if other is not None:
        return Finding("error", "baseline_not_a_number", f"{other}, in {label}")
    for file in files:
        # What DVC does not have here may have the metric, and so may a folder whose files are not known.
        unread = _unread(file, label)
        if unread is not None and (
            unread.reason == "not_fetched" or place.file.path.startswith(f"{file.path}/")
        ):
            return unread
    elsewhere = metrics.find(gate.metric, entry.others)
    if elsewhere:
        about = "" if entry.baseline.model is None else f" for `{entry.baseline.model}`"
        message = f"`{gate.metric}` is new{about}: {label} has it only in `{elsewhere[0].file.path}`"
        return Finding("skipped", "new_metric", message)
    return Finding("skipped", "new_metric", f"`{gate.metric}` is new: {label} does not have it")


def _no_number(name: str, files: Sequence[MetricFile]) -> str | None:
    """What the metric's value is, if the name means a null or a list."""
    kinds = [{key: other_kind(text) for key, text in file.others.items()} for file in files]
    found = metrics.find(
        name, [replace(file, values=values) for file, values in zip(files, kinds, strict=True)]
    )
    return None if not found else f"`{found[0].full_name}` is {found[0].value}, not a number"


def _unread(file: MetricFile, label: str) -> Finding | None:
    """Why a file of the baseline has no numbers here, although it may have some."""
    for problem in file.problems:
        if problem.code in {"unreadable", "not_fetched"}:
            reason = "not_fetched" if problem.code == "not_fetched" else "baseline_unreadable"
            # Nothing that is committed now changes an older commit.
            hint = _WAIVER if (problem.hint or "").startswith("run `git add ") else problem.hint
            return Finding("error", reason, f"In {label}: {problem.message}", hint)
    return None
