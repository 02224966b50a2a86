"""Init: compose the first `mlgit.yaml` of a repository from the findings in it."""

from __future__ import annotations

import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.metrics import direction_of, find, number, text
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.config.file import Direction, Model
    from mlgit.core.pipeline.evidence import MetricFile

SCHEMA_URL = "https://raw.githubusercontent.com/mlgit/mlgit/main/schemas/mlgit.schema.json"

# The metrics that people look at first.
_PREFERRED = ("auc", "roc_auc", "average_precision", "f1", "f1_score", "accuracy", "r2", "ndcg", "map")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.()-]+)*")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_DESCRIPTION = 120

_FOREIGN = (
    "",
    "# GTO wrote the tags here, without a statement that mlgit can check. This line lets them count.",
    "# Without it, mlgit does not promote, deploy, get or roll back to a version that GTO registered.",
    "foreign_tags: allow",
)

FoundKind = Literal["model", "metrics", "params", "environment", "dvclive", "gto", "ci"]


@record
class Found:
    """One finding in the repository; `where` names the file, or the tags."""

    kind: FoundKind
    name: str
    where: str


@record
class SuggestedGate:
    """A gate that the current metrics pass, with a limit slightly below or above them."""

    id: str
    metric: str
    direction: Direction
    value: Decimal
    model: str | None = None


@record
class Initialized:
    """The result of `mlgit init`, or its plan."""

    path: str
    written: bool
    replaced: bool
    dry_run: bool
    content: str
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
    slug = _SLUG.sub("-", (key.rpartition(".")[2] + (f"-{model}" if model else "")).lower()).strip("-")
    gate = f"{slug or 'metric'}-vs-base"
    return SuggestedGate(id=gate, metric=name, direction=direction, value=value, model=model)


def own_files(
    model: Model, files: Sequence[MetricFile], others: Mapping[str, Sequence[MetricFile]]
) -> Sequence[MetricFile] | None:
    """The metric files of a model that shares its stage; None if it is not known which those are.

    `others` are the files of the other models by their path. A file with the name of a model is that model's.
    """
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


def compose(
    models: Sequence[Model],
    gates: Sequence[SuggestedGate],
    environments: Sequence[str],
    *,
    pathless: Iterable[str] = (),
    takes_pre: Collection[str] = (),
    gates_active: bool = True,
    foreign_tags: bool = False,
) -> str:
    """The text of the file; `pathless` models, which have tags but no declared path, become comments.

    So do the gates, unless they are active. `takes_pre` are the environments that have a pre-release. With
    `foreign_tags`, those of other tools count.
    """
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_URL}",
        "# What should hold in this repository. Every part is optional; `mlgit check` evaluates the gates.",
        "version: 1",
        "",
        *_models(models, tuple(pathless)),
        "",
        *_gates(gates, active=gates_active),
        "",
        *_environments(environments, takes_pre),
        *(_FOREIGN if foreign_tags else ()),
    ]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """A text as YAML: plain if that is safe, otherwise in double quotes."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT:
        return value
    # JSON keeps some characters that YAML must escape.
    shown = json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in shown)


def one_line(description: str) -> str:
    """The first line of a description, not too long."""
    first = next(iter(description.strip().splitlines()), "").strip()
    return first if len(first) <= _LONGEST_DESCRIPTION else first[: _LONGEST_DESCRIPTION - 1] + "…"


def _models(models: Sequence[Model], pathless: Sequence[str]) -> list[str]:
    lines = ["# What is released. The name is part of tags: `name@v1.0.0`, `name#prod#3`.", "models:"]
    for model in models:
        if model.path is None:
            lines.append(f"  {quoted(model.name)}: {{}}  # its path is in dvc.yaml")
            continue
        lines += [f"  {quoted(model.name)}:", f"    path: {quoted(model.path)}"]
        if model.metrics is not None:
            lines.append(f"    metrics: [{', '.join(map(quoted, model.metrics))}]")
        if described := one_line(model.description or ""):
            lines.append(f"    description: {quoted(described)}")
    lines += [f"  # {quoted(name)}: {{path: …}}  # tags know it; where is its file?" for name in pathless]
    if not models and not pathless:
        lines.append("  # my-model: {path: models/my-model.onnx}")
    return lines


def _gates(gates: Sequence[SuggestedGate], *, active: bool) -> list[str]:
    lines = ["# Conditions that a change must meet.", "gates:"]
    mark = "" if active else "# "
    for gate in gates:
        change = "max_drop" if gate.direction == "up" else "max_rise"
        limit = "0.01" if gate.direction == "up" and 0 < gate.value <= 1 else "2%"
        bound, amount = _floor(gate)
        name = gate.id.removesuffix("-vs-base")
        owner = f"model: {quoted(gate.model)}, " if gate.model else ""
        metric = f"{owner}metric: {quoted(gate.metric)}"
        side = "floor" if bound == "min" else "ceiling"
        lines += [
            f"  {mark}{gate.id}: {{{metric}, vs: base, {change}: {limit}}}  # now {text(gate.value)}",
            f"  # {name}-{side}: {{{metric}, {bound}: {amount}}}",
        ]
    if not gates:
        lines += [
            "  # auc-floor: {metric: auc, min: 0.9}",
            "  # auc-vs-base: {metric: auc, vs: base, max_drop: 0.01}",
        ]
    return lines


def _floor(gate: SuggestedGate) -> tuple[str, str]:
    """A bound that the current value passes with a margin, in two digits."""
    margin = abs(gate.value) / 20
    if gate.direction == "up":
        return "min", text(Context(prec=2, rounding=ROUND_FLOOR).plus(gate.value - margin))
    return "max", text(Context(prec=2, rounding=ROUND_CEILING).plus(gate.value + margin))


def _environments(environments: Sequence[str], takes_pre: Collection[str]) -> list[str]:
    lines = ["# Where versions are promoted to.", "environments:"]
    for name in environments:
        rules = "{pre: true}  # it has a pre-release now" if name in takes_pre else "{}"
        lines.append(f"  {quoted(name)}: {rules}")
    if environments:
        lines.append("  # `auto: true` promotes what passes; `from: NAME` names the environment before")
    else:
        lines += ["  # staging: {auto: true}", "  # prod: {from: staging}"]
    return lines
