"""Starter: the first `mlgit.yaml` of a repository, composed from what was found in it."""

from __future__ import annotations

import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.metrics import direction_of, find, number, text
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.config.file import Direction, Model
    from mlgit.core.pipeline.evidence import MetricFile

SCHEMA_URL = "https://raw.githubusercontent.com/mlgit/mlgit/main/schemas/mlgit.schema.json"

# What people look at first, where a repository has several numbers.
_PREFERRED = ("auc", "roc_auc", "average_precision", "f1", "f1_score", "accuracy", "r2", "ndcg", "map")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.()-]+)*")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_DESCRIPTION = 120

FoundKind = Literal["model", "metrics", "params", "environment", "dvclive", "gto", "ci"]


@record
class Found:
    """One thing that stands in the repository already; `where` says in which file or tags."""

    kind: FoundKind
    name: str
    where: str


@record
class SuggestedGate:
    """A gate that the numbers of today pass, and a floor a little below (above) them."""

    id: str
    metric: str
    direction: Direction
    value: Decimal
    model: str | None = None


@record
class Initialized:
    """What `mlgit init` did, or would do."""

    path: str
    written: bool
    replaced: bool
    dry_run: bool
    content: str
    found: tuple[Found, ...] = ()
    offers: tuple[str, ...] = ()


def suggest_gate(files: Sequence[MetricFile], *, model: str | None = None) -> SuggestedGate | None:
    """The gate on the number that matters most, if there is any; whether it may be active is for others."""
    usable = [file for file in files if file.values]
    best: tuple[int, str, str] | None = None
    for file in usable:
        for key in file.values:
            value, direction = number(file.values[key]), direction_of(key, {})
            if value is None or not value.is_finite() or not value or direction is None:
                continue
            last = key.rpartition(".")[2].lower()
            rank = _PREFERRED.index(last) if last in _PREFERRED else len(_PREFERRED) + (direction == "down")
            best = min(best or (rank, file.path, key), (rank, file.path, key))
    if best is None:
        return None
    _, path, key = best
    chosen = next(file for file in usable if file.path == path)
    value, direction = number(chosen.values[key]), direction_of(key, {})
    assert value is not None  # noqa: S101 (chosen because both are known)
    assert direction is not None  # noqa: S101
    name = _shortest_name(path, key, files)
    slug = _SLUG.sub("-", (key.rpartition(".")[2] + (f"-{model}" if model else "")).lower()).strip("-")
    return SuggestedGate(
        id=f"{slug or 'metric'}-vs-base", metric=name, direction=direction, value=value, model=model
    )


def _shortest_name(path: str, key: str, files: Sequence[MetricFile]) -> str:
    """The shortest dotted end of a key that means one number only."""
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
    gates_active: bool = True,
) -> str:
    """The text of the file.

    Args:
        models: those to declare.
        gates: those to write.
        environments: names that tags or `.gto` know already.
        pathless: models that tags know and whose file nobody declares; written as comments.
        gates_active: False writes the gates as comments.
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
        *_environments(environments),
    ]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """A text as YAML: plain where that is safe, else in double quotes."""
    plain = _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT
    if plain:
        return value
    # JSON leaves some characters as they are that YAML does not take raw.
    shown = json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in shown)


def one_line(description: str) -> str:
    """The first line of a description, not too long."""
    first = next(iter(description.strip().splitlines()), "").strip()
    return first if len(first) <= _LONGEST_DESCRIPTION else first[: _LONGEST_DESCRIPTION - 1] + "…"


def _models(models: Sequence[Model], pathless: Sequence[str]) -> list[str]:
    lines = ["# What is released. The name stands in tags: `name@v1.0.0`, `name#prod#3`.", "models:"]
    for model in models:
        described = one_line(model.description or "")
        if model.path is None:
            lines.append(f"  {quoted(model.name)}: {{}}  # its path stands in dvc.yaml")
            continue
        lines += [f"  {quoted(model.name)}:", f"    path: {quoted(model.path)}"]
        if described:
            lines.append(f"    description: {quoted(described)}")
    lines += [f"  # {quoted(name)}: {{path: …}}  # tags know it; where is its file?" for name in pathless]
    if not models and not pathless:
        lines.append("  # my-model: {path: models/my-model.onnx}")
    return lines


def _gates(gates: Sequence[SuggestedGate], *, active: bool) -> list[str]:
    lines = ["# Sentences about a candidate that are true or not.", "gates:"]
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
    """A bound that the number of today passes with some room, in two digits."""
    room = abs(gate.value) / 20
    if gate.direction == "up":
        return "min", text(Context(prec=2, rounding=ROUND_FLOOR).plus(gate.value - room))
    return "max", text(Context(prec=2, rounding=ROUND_CEILING).plus(gate.value + room))


def _environments(environments: Sequence[str]) -> list[str]:
    lines = ["# Where versions are promoted to.", "environments:"]
    lines += [f"  {quoted(name)}: {{}}" for name in environments]
    if environments:
        lines.append("  # `auto: true` promotes what passes; `from: NAME` names the environment before")
    else:
        lines += ["  # staging: {auto: true}", "  # prod: {from: staging}"]
    return lines
