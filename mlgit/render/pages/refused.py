"""Refused: the lines about versions that are marked because their tags do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import word
from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.overview.status import ModelLine
    from mlgit.core.registry.entries import ModelEntry

_SHOWN, _NAMED = 5, 3


def refused_lines(sentences: Sequence[str], *, indent: int = 0) -> Page:
    """What does not count, each with its reason; nothing if all count."""
    lines: Page = [line(Span("! ", "bad"), text, indent=indent) for text in sentences[:_SHOWN]]
    if len(sentences) > _SHOWN:
        rest = f"{len(sentences) - _SHOWN:,} more do not count; `mlgit doctor` names them"
        lines.append(line(Span("! ", "bad"), rest, indent=indent))
    return lines


def unverified_lines(names: Sequence[str], *, indent: int = 0) -> Page:
    """Which models were not verified, and what verifies them; nothing if all were."""
    if not names:
        return []
    text = (
        f"not all tags of `{names[0]}` were checked in this run; `mlgit models {word(names[0])}` checks them"
    )
    if len(names) > 1:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        named = f"{', '.join(names[:_NAMED])}{more}"
        text = f"not all tags of {len(names):,} models were checked in this run: {named}; "
        text += "`mlgit models MODEL` checks those of one"
    return [line(Span("? ", "careful"), text, indent=indent, hang=2)]


def refused_of(models: Iterable[ModelEntry]) -> tuple[str, ...]:
    """What does not count and why, of entries."""
    found = []
    for model in models:
        if model.latest is not None and model.latest.refused is not None:
            found.append(_version(f"{model.name}@{model.latest.version}", model.latest.refused))
        for each in model.environments:
            if each.refused is not None:
                place = f"{model.name}#{each.environment}"
                found.append(_environment(place, each.label, each.refused, each.counts))
    return tuple(found)


def refused_in(models: Iterable[ModelLine]) -> tuple[str, ...]:
    """What does not count and why, of the lines of a status."""
    found = []
    for model in models:
        if model.refused is not None:
            found.append(_version(f"{model.model}@{model.latest}", model.refused))
        for each in model.environments:
            if each.refused is not None:
                place = f"{model.model}#{each.environment}"
                found.append(_environment(place, each.version, each.refused, each.counts))
    return tuple(found)


def not_counting(label: str | None, why: str, counts: str | None) -> str:
    """Why what an environment shows does not count, and what does."""
    subject = "what emptied it does" if label is None else "does"
    return f"{subject} not count: {why}; {counts or 'nothing'} counts there"


def _version(name: str, why: str) -> str:
    return f"{name} does not count: {why}"


def _environment(place: str, label: str | None, why: str, counts: str | None) -> str:
    subject = f"{place} is empty:" if label is None else f"{label} in {place}"
    return f"{subject} {not_counting(label, why, counts)}"
