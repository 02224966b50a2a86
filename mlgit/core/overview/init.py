"""Init: what `mlgit init` found and did, and the gate that it proposes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.metrics import direction_of, find, number
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from mlgit.core.config.file import Direction, Model
    from mlgit.core.gates.verdict import Outcome, Result
    from mlgit.core.pipeline.evidence import Evidence, MetricFile

# From what users see to what only developers see; other environments are between the two.
_SEEN_FIRST = ("prod", "production", "live")
_SEEN_LAST = ("staging", "stage", "preprod", "test", "dev", "development")
# The metrics that people look at first.
_PREFERRED = ("auc", "roc_auc", "average_precision", "f1", "f1_score", "accuracy", "r2", "ndcg", "map")
_SLUG = re.compile(r"[^a-z0-9]+")

FoundKind = Literal["model", "metrics", "params", "environment", "dvclive", "gto", "ci"]


@record
class Found:
    """One finding in the repository; `where` names the file, the stage or the tags.

    `value` is the metric to look at first, with its number.
    """

    kind: FoundKind
    name: str
    where: str
    value: str | None = None


@record
class SuggestedGate:
    """A gate that the current metrics pass, with a limit slightly below or above them."""

    id: str
    metric: str
    direction: Direction
    value: Decimal
    model: str | None = None
    vs: str = "base"


@record
class SuggestedGates:
    """Gates, the models with the metric files that these need, and why a model has no gate."""

    models: tuple[Model, ...]
    gates: tuple[SuggestedGate, ...]
    problems: tuple[str, ...] = ()


@record
class NewGate:
    """A gate of the file and how the current state meets it; one that is not `active` is a comment.

    `message` says what it found, or why it is a comment.
    """

    id: str
    active: bool
    outcome: Outcome | None = None
    message: str | None = None

    @property
    def why_not(self) -> str | None:
        """Why it is a comment; None if it is not."""
        if self.active:
            return None
        return f"would {'compare nothing' if self.outcome == 'skipped' else 'block'} now: {self.message}"


@record
class Initialized:
    """The result of `mlgit init`, or its plan.

    `added`: the file was there, and what it lacked was added to it. The counts are of what was written.
    """

    path: str
    written: bool
    replaced: bool
    dry_run: bool
    content: str
    added: bool = False
    models: int = 0
    environments: int = 0
    gates: tuple[NewGate, ...] = ()
    found: tuple[Found, ...] = ()
    offers: tuple[str, ...] = ()


def suggest_gate(files: Sequence[MetricFile], *, model: str | None = None) -> SuggestedGate | None:
    """The gate on the most important metric, if there is one; the caller decides whether it is active."""
    candidates = [
        (_rank(key, direction), file.path, key, value, direction)
        for file in files
        for key, text_or_number in file.values.items()
        if (value := number(text_or_number)) is not None
        and value.is_finite()
        and value
        and (direction := direction_of(key, {})) is not None
    ]
    if not candidates:
        return None
    _, path, key, value, direction = min(candidates)
    name = _shortest_name(path, key, files)
    last = key.rpartition(".")[2].partition(",")[0]
    slug = _words(last + (f"-{model}" if model else ""))
    gate = f"{slug or 'metric'}-vs-base"
    return SuggestedGate(id=gate, metric=name, direction=direction, value=value, model=model)


def suggest_gates(models: Sequence[Model], evidence: Evidence) -> SuggestedGates:
    """A gate for each model, and the metric files of models that share their stage."""
    if len(models) < 2:  # noqa: PLR2004 (one model needs no name in its gate)
        gate = suggest_gate(evidence.metric_files)
        return SuggestedGates(models=tuple(models), gates=() if gate is None else (gate,))
    files = {each.path or "": files_of_model(each, evidence, alone=False) for each in models}
    own = {each.name: own_files(each, files) for each in models}
    gates = [suggest_gate(found, model=name) for name, found in own.items() if found is not None]
    return SuggestedGates(
        models=tuple(_with_metrics(each, own[each.name], files) for each in models),
        gates=tuple({gate.id: gate for gate in gates if gate is not None}.values()),
        problems=tuple(_no_gate(each, files) for each in models if own[each.name] is None),
    )


def with_live(
    gates: Iterable[SuggestedGate], live: Mapping[str, Sequence[str]], models: Sequence[Model]
) -> tuple[SuggestedGate, ...]:
    """The gates, each after one that compares with the version that users see.

    `live` has the environments that hold a version, by model; a model without one gets no such gate.
    """
    found = []
    for gate in gates:
        name = gate.model or (models[0].name if len(models) == 1 else "")
        environment = min(live.get(name, ()), key=_seen, default=None)
        if environment is not None:
            id_ = f"{gate.id.removesuffix('-vs-base')}-vs-{_words(environment)}"
            found.append(replace(gate, id=id_, vs=environment))
        found.append(gate)
    return tuple({gate.id: gate for gate in found}.values())


def in_order(environments: Iterable[str]) -> list[str]:
    """The environments in the order of a promotion: what users see comes last."""
    return sorted(environments, key=lambda name: (-_seen(name)[0], name))


def _seen(environment: str) -> tuple[int, str]:
    for names, first in ((_SEEN_FIRST, 0), (_SEEN_LAST, 100)):
        if environment.lower() in names:
            return first + names.index(environment.lower()), environment
    return 50, environment


def _words(name: str) -> str:
    return _SLUG.sub("-", name.lower()).strip("-")


def new_gate(gate: SuggestedGate, result: Result | None, blocking: Sequence[str]) -> NewGate:
    """The gate as it is written; `blocking` are the verdict's notes that block without a gate.

    A gate against a live version is active only if it passes: a skipped one would look like a comparison.
    """
    if blocking and (result is None or result.effect != "block"):
        return NewGate(id=gate.id, active=False, message=blocking[0])
    if result is None:
        return NewGate(id=gate.id, active=True)
    active = result.effect != "block" and (gate.vs == "base" or result.outcome == "pass")
    return NewGate(id=gate.id, active=active, outcome=result.outcome, message=result.message)


def own_files(model: Model, files: Mapping[str, Sequence[MetricFile]]) -> Sequence[MetricFile] | None:
    """The metric files of a model that shares its stage; None if it is not known which those are.

    `files` are those of all models by their path. A file with the name of a model is that model's.
    """
    mine = files[model.path or ""]
    others = {path: found for path, found in files.items() if path != (model.path or "")}
    return _own_files(model, mine, others)


def _with_metrics(
    model: Model, own: Sequence[MetricFile] | None, files: Mapping[str, Sequence[MetricFile]]
) -> Model:
    """The model, with its metric files where others share its stage."""
    if own is None or len(own) == len(files[model.path or ""]):
        return model
    return replace(model, metrics=tuple(file.path for file in own))


def _no_gate(model: Model, files: Mapping[str, Sequence[MetricFile]]) -> str:
    named = listed(file.path for file in files[model.path or ""])
    return (
        f"`{model.name}` has no gate: which of {named} are its metrics is not known; "
        "write `metrics: [FILE]` below the model"
    )


def _own_files(
    model: Model, files: Sequence[MetricFile], others: Mapping[str, Sequence[MetricFile]]
) -> Sequence[MetricFile] | None:
    paths = {file.path for file in files}
    shared = {path for path, theirs in others.items() if any(file.path in paths for file in theirs)}
    if not shared or len(files) == 1:
        return files
    owners = {file.path: _owner(file.path, [model.path or "", *shared]) for file in files}
    mine = [file for file in files if owners[file.path] == model.path]
    left = mine or [file for file in files if owners[file.path] is None]
    return left if len(left) == 1 or mine else None


def _owner(path: str, models: Iterable[str]) -> str | None:
    """The model whose name the file has; of several the one with the longest."""
    words = f"-{_slug(path)}-"
    named = [each for each in models if f"-{_slug(each)}-" in words]
    return max(named, key=len, default=None)


def _slug(path: str) -> str:
    """The words of a file's name without its ending; letters of every language count."""
    name = path.rpartition("/")[2]
    return "-".join(re.findall(r"\w+", (name.rpartition(".")[0] or name).lower()))


def _rank(key: str, direction: Direction) -> int:
    last = key.rpartition(".")[2].lower()
    return _PREFERRED.index(last) if last in _PREFERRED else len(_PREFERRED) + (direction == "down")


def _shortest_name(path: str, key: str, files: Sequence[MetricFile]) -> str:
    """The shortest dotted suffix of a key that matches one metric only."""
    words = key.split(".")
    for count in range(1, len(words) + 1):
        name = ".".join(words[-count:])
        if len(find(name, files)) == 1:
            return name
    return f"{path}:{key}"
