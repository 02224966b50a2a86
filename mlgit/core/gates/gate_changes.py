"""Loosening: how the gates of a change differ from the target's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.gates.verdict import GateChange
from mlgit.core.pipeline.metrics import compare, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from mlgit.core.config.file import Gate

_STRICTNESS = {
    "severity": ("info", "warn", "error"),
    "when": ("promote", "check"),
    "on_no_baseline": ("skip", "fail"),
    "on_inconclusive": ("allow", "warn", "fail"),
}


class _Move(NamedTuple):
    """One thing that differs; `looser` is None when that cannot be told."""

    looser: bool | None
    text: str


def compare_gates(target: Mapping[str, Gate], candidate: Mapping[str, Gate]) -> tuple[GateChange, ...]:
    """Every gate that was added, removed, loosened, tightened or otherwise changed, by id."""
    changes = []
    for name in sorted({*target, *candidate}):
        if name not in candidate:
            changes.append(GateChange(gate=name, kind="removed", message=f"Gate `{name}` was removed"))
        elif name not in target:
            changes.append(GateChange(gate=name, kind="added", message=f"Gate `{name}` is new"))
        elif target[name] != candidate[name]:
            changes.append(_describe(name, tuple(_moves(target[name], candidate[name]))))
    return tuple(changes)


def _describe(name: str, moves: tuple[_Move, ...]) -> GateChange:
    looser = [move.text for move in moves if move.looser]
    if looser:
        message = f"Gate `{name}` was loosened: {', '.join(looser)}"
        return GateChange(gate=name, kind="loosened", message=message)
    texts = ", ".join(move.text for move in moves)
    kind = "tightened" if all(move.looser is False for move in moves) else "changed"
    return GateChange(gate=name, kind=kind, message=f"Gate `{name}` was {kind}: {texts}")


def _moves(old: Gate, new: Gate) -> Iterator[_Move]:
    if old.metric != new.metric:
        yield _Move(None, f"metric `{old.metric}` -> `{new.metric}`")
    if old.vs != new.vs:
        yield _Move(None, f"vs {_named(old)} -> {_named(new)}")
    if old.models != new.models:
        yield _models(old, new)
    for key, order in _STRICTNESS.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield _Move(order.index(after) < order.index(before), f"{key} {before} -> {after}")
    yield from _limit("min", old.minimum, new.minimum, lower_is_looser=True)
    yield from _limit("max", old.maximum, new.maximum, lower_is_looser=False)
    for kind in sorted({*old.change, *new.change}):
        old_limit, new_limit = old.change.get(kind), new.change.get(kind)
        if old_limit and new_limit and old_limit.relative != new_limit.relative:
            yield _Move(None, f"{kind} {old_limit} -> {new_limit}")
            continue
        yield from _limit(
            kind,
            old_limit.amount if old_limit else None,
            new_limit.amount if new_limit else None,
            lower_is_looser=kind.startswith("min"),
            suffix="%" if any(limit.relative for limit in (old_limit, new_limit) if limit) else "",
        )


def _limit(
    kind: str, old: Decimal | None, new: Decimal | None, *, lower_is_looser: bool, suffix: str = ""
) -> Iterator[_Move]:
    if old is None and new is None:
        return
    if old is None or new is None:
        gone = new is None
        yield _Move(gone, f"{kind} was {'removed' if gone else 'added'}")
        return
    side = compare(new, old)
    if side:
        looser = (side < 0) == lower_is_looser
        yield _Move(looser, f"{kind} {text(old)}{suffix} -> {text(new)}{suffix}")


def _models(old: Gate, new: Gate) -> _Move:
    before, after = (None if gate.models is None else set(gate.models) for gate in (old, new))
    words = " -> ".join("all" if names is None else ", ".join(sorted(names)) for names in (before, after))
    fewer = after is not None and (before is None or not before <= after)
    return _Move(fewer, f"models {words}")


def _named(gate: Gate) -> str:
    if gate.vs is None:
        return "nothing"
    return f"`{gate.vs if isinstance(gate.vs, str) else gate.vs.path}`"
