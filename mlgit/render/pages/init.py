"""Page of `mlgit init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count
from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.overview.init import Found, Initialized, NewGate

_KINDS: dict[str, str] = {"dvclive": "DVCLive", "gto": "GTO stages", "ci": "CI"}
_MOST = 3
_OUTCOMES = {"pass": "passes now", "skipped": "has nothing to compare with yet"}


def page(done: Initialized, *, verbose: bool = False) -> Page:
    """The findings, the written file and the next step; `verbose` lists every finding."""
    page: Page = []
    if done.found:
        page += [line(Span("Found", "strong")), table(("", ""), _rows(done.found, verbose=verbose))]
    else:
        page.append(
            line("Found no pipeline, no model, no metrics and no tags; the file begins with examples")
        )
    if done.dry_run:
        page.append(line(Span(f"Would write {done.path}:", "strong")))
        page += [line(text, indent=2) for text in done.content.splitlines()]
    else:
        verb = "Added to" if done.added else "Replaced" if done.replaced else "Wrote"
        page.append(line(Span(f"{verb} ", "ok"), Span(done.path, "name"), f": {_counts(done)}"))
        page += _gates(done, verbose=verbose)
    page += [line(Span("note: ", "careful"), offer) for offer in done.offers]
    if not done.dry_run:
        page.append(line(Span("next: ", "dim"), _next(done)))
    return page


def _rows(found: Sequence[Found], *, verbose: bool) -> list[tuple[Span, str]]:
    rows = []
    for kind in dict.fromkeys(each.kind for each in found):
        texts = [_text(each) for each in found if each.kind == kind]
        shown = texts if verbose or len(texts) <= _MOST + 1 else texts[:_MOST]
        if len(shown) < len(texts):
            shown = [*shown, f"and {len(texts) - len(shown)} more (-v)"]
        name = _KINDS.get(kind, kind)
        rows += [(Span("" if number else name, "dim"), text) for number, text in enumerate(shown)]
    return rows


def _text(found: Found) -> str:
    where = found.where if found.where.endswith(")") else f"({found.where})"
    value = "" if found.value is None else f": {found.value}"
    return f"{found.name}, {where}" if found.where.endswith(")") else f"{found.name} {where}{value}"


def _counts(done: Initialized) -> str:
    active = [gate for gate in done.gates if gate.active]
    gates = count(len(active), "gate")
    if len(active) == 1:
        gates += f" ({', '.join(_gate(active[0]))})"
    parts = [count(done.models, "model"), gates]
    if done.environments:
        parts.append(count(done.environments, "environment"))
    return ", ".join(parts)


def _gates(done: Initialized, *, verbose: bool) -> Page:
    """A row for each gate, if there are several."""
    rows = [(*_gate(gate), "")[:2] for gate in done.gates if gate.active]
    if len(rows) < 2:  # noqa: PLR2004 (one is in the line above)
        return []
    shown = rows if verbose or len(rows) <= _MOST + 1 else rows[:_MOST]
    more = [] if shown == rows else [line(f"and {len(rows) - len(shown)} more (-v)", indent=2)]
    return [table(("", ""), shown), *more]


def _gate(gate: NewGate) -> tuple[str, ...]:
    """The name of a gate and, if that is worth saying, how the current state meets it."""
    outcome = _OUTCOMES.get(gate.outcome or "")
    return (gate.id,) if outcome is None else (gate.id, outcome)


def _next(done: Initialized) -> str:
    if done.gates:
        return "mlgit check"
    if any(each.kind in {"metrics", "dvclive"} for each in done.found):
        return f"write `gates:` in {done.path} for the metrics that are there, then run `mlgit check`"
    return f"look at {done.path}, and run `mlgit init` again after the first metrics"
