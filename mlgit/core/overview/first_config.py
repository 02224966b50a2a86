"""First config: the text of the first `mlgit.yaml`, and what is added to one that has no gate yet."""

from __future__ import annotations

import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.config.file import Model
    from mlgit.core.overview.init import SuggestedGate

SCHEMA_URL = "https://raw.githubusercontent.com/mlgit/mlgit/main/schemas/mlgit.schema.json"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.()-]+)*")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_LONGEST_DESCRIPTION = 120
_NONE: Mapping[str, str] = MappingProxyType({})

_FOREIGN = (
    "",
    "# GTO wrote the tags here, without a statement that mlgit can check. This line lets them count.",
    "# Without it, mlgit does not promote, deploy, get or roll back to a version that GTO registered.",
    "foreign_tags: allow",
)


def compose(
    models: Sequence[Model],
    gates: Sequence[SuggestedGate],
    environments: Sequence[str],
    *,
    doubtful: Iterable[tuple[Model, str]] = (),
    pathless: Iterable[str] = (),
    takes_pre: Collection[str] = (),
    inactive: Mapping[str, str] = _NONE,
    foreign_tags: bool = False,
) -> str:
    """The text of the file.

    Comments are the `inactive` gates (with the reason), models that are `doubtful` (with where they were
    found), and `pathless` ones, which have tags but no declared path. `takes_pre` are the environments that
    have a pre-release. With `foreign_tags`, those of other tools count.
    """
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_URL}",
        "# What should hold in this repository. Every part is optional; `mlgit check` evaluates the gates.",
        "version: 1",
        "",
        *_models(models, tuple(doubtful), tuple(pathless)),
        "",
        *_gates(gates, inactive),
        "",
        *_environments(environments, takes_pre),
        *(_FOREIGN if foreign_tags else ()),
    ]
    return "\n".join(lines) + "\n"


def extended(content: str, models: Sequence[Model], gates: Sequence[SuggestedGate]) -> str:
    """The text of a file with more in it: gates, models, and for models that are there their metric files.

    What is in the file stays as it is. A key that is not written as a block stays unchanged, so that the
    caller has to look whether everything is there now.
    """
    new = []
    for model in models:
        found = _with_metrics(content, model)
        if found is None:
            new += _model(model)
        content = content if found is None else found
    if new:
        content = _below(content, "models", new)
    lines = [line for gate in gates for line in _gate(gate)]
    return _below(content, "gates", lines) if lines else content


def _with_metrics(content: str, model: Model) -> str | None:
    """The text with the metric files of a model added; None if the model is not in it."""
    name = re.escape(quoted(model.name))
    metrics = "" if model.metrics is None else f"metrics: [{', '.join(map(quoted, model.metrics))}]"
    block = re.search(rf"(?m)^(?P<indent>[ ]+){name}:[ ]*(?:#.*)?\n", content)
    if block is not None:
        more = f"{block['indent']}  {metrics}\n" if metrics else ""
        return content[: block.end()] + more + content[block.end() :]
    flow = re.search(rf"(?m)^[ ]+{name}:[ ]*\{{(?P<inside>[^{{}}\n]*)(?=\}})", content)
    if flow is None:
        return None
    comma = ", " if flow["inside"].strip() and metrics else ""
    return content[: flow.end()] + comma + metrics + content[flow.end() :]


def _below(content: str, key: str, lines: Sequence[str]) -> str:
    """The text with lines at the start of a block, or with a new block at the end."""
    added = "\n".join(lines) + "\n"
    start = re.search(rf"(?m)^{key}:[ ]*(?:\{{[ ]*\}}[ ]*)?(?P<comment>#.*)?$\n?", content)
    if start is None:
        return f"{content.rstrip()}\n\n{key}:\n{added}"
    comment = f" {start['comment']}" if start["comment"] else ""
    return f"{content[: start.start()]}{key}:{comment}\n{added}{content[start.end() :]}"


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


def _models(
    models: Sequence[Model], doubtful: Sequence[tuple[Model, str]], pathless: Sequence[str]
) -> list[str]:
    lines = ["# What is released. The name is part of tags: `name@v1.0.0`, `name#prod#3`.", "models:"]
    for model in models:
        lines += _model(model)
    for model, where in doubtful:
        path = quoted(model.path or "")
        lines.append(f"  # {quoted(model.name)}: {{path: {path}}}  # {where}; is it released?")
    lines += [f"  # {quoted(name)}: {{path: …}}  # tags know it; where is its file?" for name in pathless]
    if not models and not doubtful and not pathless:
        lines.append("  # my-model: {path: models/my-model.onnx}")
    return lines


def _model(model: Model) -> list[str]:
    name = quoted(model.name)
    if model.path is None and model.metrics is None:
        return [f"  {name}: {{}}  # its path is in dvc.yaml"]
    lines = [f"  {name}:"]
    if model.path is None:
        lines.append("    # path: …  # the file that is released")
    else:
        lines.append(f"    path: {quoted(model.path)}")
    if model.metrics is not None:
        lines.append(f"    metrics: [{', '.join(map(quoted, model.metrics))}]")
    if described := one_line(model.description or ""):
        lines.append(f"    description: {quoted(described)}")
    return lines


def _gates(gates: Sequence[SuggestedGate], inactive: Mapping[str, str]) -> list[str]:
    lines = ["# Conditions that a change must meet.", "gates:"]
    for gate in gates:
        lines += _gate(gate, inactive.get(gate.id))
    if not gates:
        lines += [
            "  # auc-floor: {metric: auc, min: 0.9}",
            "  # auc-vs-base: {metric: auc, vs: base, max_drop: 0.01}",
        ]
    return lines


def _gate(gate: SuggestedGate, why_not: str | None = None) -> list[str]:
    change = "max_drop" if gate.direction == "up" else "max_rise"
    limit = "0.01" if gate.direction == "up" and 0 < gate.value <= 1 else "2%"
    bound, amount = _floor(gate)
    name = gate.id.removesuffix("-vs-base")
    owner = f"model: {quoted(gate.model)}, " if gate.model else ""
    metric = f"{owner}metric: {quoted(gate.metric)}"
    side = "floor" if bound == "min" else "ceiling"
    mark, remark = ("", f"now {text(gate.value)}") if why_not is None else ("# ", one_line(why_not))
    lines = [f"  {mark}{gate.id}: {{{metric}, vs: {quoted(gate.vs)}, {change}: {limit}}}  # {remark}"]
    if gate.vs == "base":
        lines.append(f"  # {name}-{side}: {{{metric}, {bound}: {amount}}}")
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
