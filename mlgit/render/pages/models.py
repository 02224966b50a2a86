"""Models: the page of `mlgit models`, one line per model and one column per environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Cell, Page, Span, line, table
from mlgit.render.pages.age import as_of
from mlgit.render.pages.refused import refused_lines, refused_of, unverified_lines
from mlgit.render.pages.served import difference, served_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.registry.completeness import Known
    from mlgit.core.registry.entries import ModelEntry, ModelList


def page(record: ModelList) -> Page:
    """The table and its age."""
    if not record.models:
        places = "under `models:` in `mlgit.yaml` or `artifacts:` in `dvc.yaml`"
        hint = f"declare one {places}, then run `mlgit release MODEL`"
        if record.tags_known.known == "no":
            return [line("No models are known here"), *unknown_lines(record.tags_known)]
        return [line("No models yet"), line(Span("hint: ", "careful"), hint, indent=2)]
    columns = record.columns or record.environments
    whole = record.tags_known.known == "yes"
    rows = [_row(entry, columns, whole=whole) for entry in sorted(record.models, key=_badness)]
    header = ("model", *columns, "latest", "versions")
    shown: Page = [table(header, rows, right=(len(header) - 1,), indent=0)]
    several = len(record.models) > 1
    every = [(entry, each) for entry in record.models for each in entry.environments]
    for entry, each in sorted(every, key=lambda pair: columns.index(pair[1].environment)):
        name = f"{entry.name}#{each.environment}" if several else each.environment
        shown += served_lines(each.served, place=f"{name}: ")
        if each.attempt is not None:
            where = f"to {each.environment} of {entry.name}"
            shown.append(line(Span("! ", "careful"), each.attempt.text(record.told_at, where)))
    shown += refused_lines(refused_of(record.models))
    shown += unverified_lines([each.name for each in record.models if not each.verified])
    shown += unknown_lines(record.tags_known, entries=record.models)
    shown += [line(Span("note: ", "careful"), note) for note in record.notes]
    return shown + as_of(record.remote, record.tags_as_of, record.told_at)


def _badness(entry: ModelEntry) -> tuple[bool, bool, bool]:
    """Models that need attention first, then those that are live somewhere, then those with a version."""
    places = entry.environments
    wrong = any(each.known == "no" or each.refused is not None or each.held for each in places)
    wrong |= any(each.attempt is not None or (each.served and difference(each.served)) for each in places)
    return not (wrong or entry.known == "no"), not any(each.label for each in places), entry.latest is None


def unknown_lines(tags: Known, *, entries: Sequence[ModelEntry] = ()) -> Page:
    """Why something is not known here, and the command that changes it; nothing if all is known."""
    if tags.known == "no":
        return [
            line(Span("? ", "careful"), tags.why or ""),
            line(Span("hint: ", "careful"), f"run `{tags.repair}`", indent=2),
        ]
    if any("no" in {entry.known, *(each.known for each in entry.environments)} for entry in entries):
        text = "not known, because the newest tag does not count; `mlgit doctor` shows it"
        return [line(Span("? ", "careful"), text)]
    return []


def _row(entry: ModelEntry, environments: tuple[str, ...], *, whole: bool) -> tuple[Cell, ...]:
    there = {each.environment: each for each in entry.environments}
    name: Cell = Span(entry.name, "name")
    if entry.deprecated:
        name = (Span(entry.name, "name"), Span(" (deprecated)", "dim"))
    latest: Cell = Span("-", "dim") if entry.latest is None else Span(entry.latest.version)
    if entry.latest is not None and entry.latest.refused is not None:
        latest = (Span(entry.latest.version), Span("!", "bad"))
    if entry.known == "no":
        latest = Span("?", "careful")
    cells: list[Cell] = [name]
    for environment in environments:
        state = there.get(environment)
        if state is not None and state.known == "no":
            cells.append(Span("?", "careful"))
        elif state is not None and state.refused is not None:
            cells.append((Span(state.label or "-"), Span("!", "bad")))
        elif state is not None and state.label is None and state.held:
            cells.append((Span("-", "dim"), Span(" held", "careful")))
        elif state is None or state.label is None:
            cells.append(Span("-", "dim"))
        elif state.held:
            cells.append((Span(state.label, "strong"), Span(" held", "careful")))
        else:
            cells.append(Span(state.label, "strong" if state.version else "careful"))
    counted = whole and (entry.versions or entry.known == "yes")
    versions: Cell = str(entry.versions) if counted else Span("?", "careful")
    return (*cells, latest, versions)
