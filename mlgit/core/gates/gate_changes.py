"""Gate changes: how the gates of a change differ from the target's, and which are looser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.config.file import Gate, Limit, LimitKind
from mlgit.core.gates.limits import KINDS, absolute_limits
from mlgit.core.gates.verdict import GateChange, GateChangeKind
from mlgit.core.pipeline.metrics import compare, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_STRICTNESS = {
    "severity": ("info", "warn", "error"),
    "when": ("promote", "check"),
    "on_no_baseline": ("skip", "fail"),
    "on_inconclusive": ("allow", "warn", "fail"),
}


_Difference = tuple[bool | None, str]
"""Whether a difference is looser, None if it is neither looser nor stricter; and its text."""


def compare_gates(target: Mapping[str, Gate], candidate: Mapping[str, Gate]) -> tuple[GateChange, ...]:
    """Every gate that was added, removed, loosened, tightened or otherwise changed, by id."""
    changes = []
    for name in sorted({*target, *candidate}):
        if name not in candidate:
            changes.append(GateChange(gate=name, kind="removed", message=f"Gate `{name}` was removed"))
        elif name not in target:
            changes.append(GateChange(gate=name, kind="added", message=f"Gate `{name}` is new"))
        elif differences := tuple(_differences(target[name], candidate[name])):
            changes.append(_describe(name, differences))
    return tuple(changes)


def strictness(old: Gate, new: Gate) -> Literal["looser", "stricter"] | None:
    """Whether every difference of the new gate is looser, or every one stricter; None if neither."""
    found = {is_looser for is_looser, _ in _differences(old, new)}
    if found == {True}:
        return "looser"
    return "stricter" if found == {False} else None


def only_repointed(old: Gate, new: Gate) -> bool:
    """Whether only the names of what the gate compares differ, not its limits or effects."""
    return replace(old, metric=new.metric, vs=new.vs) == new


def _describe(name: str, differences: tuple[_Difference, ...]) -> GateChange:
    looser = [text for is_looser, text in differences if is_looser]
    if looser:
        message = f"Gate `{name}` was loosened: {', '.join(looser)}"
        return GateChange(gate=name, kind="loosened", message=message)
    texts = ", ".join(text for _, text in differences)
    stricter = all(is_looser is False for is_looser, _ in differences)
    kind: GateChangeKind = "tightened" if stricter else "changed"
    return GateChange(gate=name, kind=kind, message=f"Gate `{name}` was {kind}: {texts}")


def _differences(old: Gate, new: Gate) -> Iterator[_Difference]:
    if old.metric != new.metric:
        yield None, f"metric `{old.metric}` → `{new.metric}`"
    if old.vs != new.vs:
        yield None, f"vs {_named(old)} → {_named(new)}"
    yield from _models(old, new)
    for key, order in _STRICTNESS.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield after in order[: order.index(before)], f"{key} {before} → {after}"
    before, after = _limits(old), _limits(new)
    for kind in sorted({*before, *after}, key=lambda kind: (kind != "min", kind)):
        yield from _limit(kind, before.get(kind), after.get(kind))


def _limits(gate: Gate) -> dict[LimitKind, Limit]:
    limits = {kind: Limit(amount=limit) for kind, limit in absolute_limits(gate).items()}
    return limits | dict(gate.change.items())


def _limit(kind: LimitKind, old: Limit | None, new: Limit | None) -> Iterator[_Difference]:
    if old is None or new is None:
        gone = new is None
        yield gone, f"{kind} was {'removed' if gone else 'added'}"
    elif old.relative != new.relative:
        yield None, f"{kind} {old} → {new}"
    elif order := compare(new.amount, old.amount):
        suffix = "%" if new.relative else ""
        looser = (order == -1) == (KINDS[kind].side == "least")
        yield looser, f"{kind} {text(old.amount)}{suffix} → {text(new.amount)}{suffix}"


def _models(old: Gate, new: Gate) -> Iterator[_Difference]:
    before, after = (None if gate.models is None else set(gate.models) for gate in (old, new))
    if before != after:
        words = " → ".join("all" if names is None else ", ".join(sorted(names)) for names in (before, after))
        fewer = after is not None and (before is None or bool(before - after))
        yield fewer, f"models {words}"


def _named(gate: Gate) -> str:
    if gate.vs is None:
        return "nothing"
    return f"`{gate.vs if isinstance(gate.vs, str) else gate.vs.path}`"
