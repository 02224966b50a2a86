"""Refused: the lines about versions that are marked because their tags do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.overview.status import ModelLine
    from mlgit.core.registry.entries import ModelEntry

_SHOWN = 5


def refused_lines(refused: Mapping[str, str], *, indent: int = 0) -> Page:
    """What does not count, each with its reason; nothing if all count."""
    lines: Page = []
    for label, why in list(refused.items())[:_SHOWN]:
        lines.append(line(Span("! ", "bad"), f"{label} does not count: {why}", indent=indent))
    if len(refused) > _SHOWN:
        rest = f"{len(refused) - _SHOWN:,} more do not count; `mlgit doctor` names them"
        lines.append(line(Span("! ", "bad"), rest, indent=indent))
    return lines


def refused_of(models: Iterable[ModelEntry]) -> Mapping[str, str]:
    """What does not count -> why, of entries."""
    found = {}
    for model in models:
        if model.latest is not None and model.latest.refused is not None:
            found[f"{model.name}@{model.latest.version}"] = model.latest.refused
        for each in model.environments:
            if each.refused is not None:
                found[f"{each.label} in {model.name}#{each.environment}"] = each.refused
    return found


def refused_in(models: Iterable[ModelLine]) -> Mapping[str, str]:
    """What does not count -> why, of the lines of a status."""
    found = {}
    for model in models:
        if model.refused is not None:
            found[f"{model.model}@{model.latest}"] = model.refused
        for each in model.environments:
            if each.refused is not None:
                found[f"{each.version} in {model.model}#{each.environment}"] = each.refused
    return found
