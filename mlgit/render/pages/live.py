"""Live: what each environment holds, since when and by whom, and the one-line status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.status import furthest_first
from mlgit.core.wording import count, format_since
from mlgit.render.console import text_width
from mlgit.render.page import Page, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mlgit.core.overview.status import EnvironmentLine, ModelLine, Status
    from mlgit.render.pages.shortening import Shortening

TITLE = 10
"""The width of a section's title and the gap after it."""
_FURTHEST = 48
"""The widest hanging indent: at 80 columns, words need some room."""
_ROWS, _NAMES, _VERSIONS = 8, 5, 3
_VERBS = {"promote": "promoted", "rollback": "rolled back", "unassign": "emptied"}


def title(name: str, *parts: str | Span) -> Page:
    """The first line of a section."""
    return [line(name.ljust(TITLE), *parts, hang=TITLE)]


def live(found: Status, now: datetime, short: Shortening, *, verbose: bool) -> Page:
    """One row per environment and model, then what needs attention."""
    rows = list(_rows(found.models))
    blocks = _table(rows, found, now, short, verbose=verbose) if rows else title("Live", *_nothing(found))
    refused = [each.refused for model in found.models for each in model.environments]
    if any((*refused, *(model.refused for model in found.models))):
        from mlgit.render.pages.refused import refused_in, refused_lines

        blocks += refused_lines(refused_in(found.models), indent=TITLE)
    unverified = [model.model for model in found.models if not model.verified]
    if unverified:
        from mlgit.render.pages.refused import unverified_lines

        blocks += unverified_lines(unverified, indent=TITLE)
    for name in _pending(found):
        text = f"declared here, but not yet in mlgit.yaml on {found.trunk}, which counts: {name}"
        blocks.append(line(Span("! ", "careful"), text, indent=TITLE, hang=2))
    return blocks


def live_in_short(found: Status) -> str:
    """`prod v1.0.0 held`: the last environment, that is the one furthest from development."""
    rows = list(_rows(found.models))
    names = list(dict.fromkeys(each.environment for _, each in rows))
    failed = any(failure.part == "models" for failure in found.failures)
    if failed or (found.tags_known.known == "no" and not any(each.version for _, each in rows)):
        return f"{names[0]} unknown" if names else "live unknown"
    if not names:
        released = any(model.latest for model in found.models)
        return "nothing promoted" if released else "nothing released"
    here = [(model, each) for model, each in rows if each.environment == names[0]]
    several = len(found.models) > 1  # a model that was never there is not named
    texts = [f"{_name(*row) if several else ''} {_short_version(row[1])}".strip() for row in here]
    more = f" +{len(texts) - _VERSIONS}" if len(texts) > _VERSIONS else ""
    return f"{names[0]} {'; '.join(texts[:_VERSIONS])}{more}{_left_out(rows, names)}"


def _left_out(rows: Sequence[tuple[ModelLine, EnvironmentLine]], names: Sequence[str]) -> str:
    """Environments that trunk no longer declares, and that still hold something."""
    if not any(each.declared for _, each in rows):
        return ""  # as other tools make them, none is declared
    held = {each.environment: each for _, each in rows if each.version and not each.declared}
    found = [f"{name} {_short_version(each)}" for name, each in held.items() if name != names[0]]
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    return f" · {found[0]}{more}, not declared" if found else ""


def _short_version(each: EnvironmentLine) -> str:
    if each.known == "no":
        return "unknown"
    mark = "!" if each.refused is not None else ""
    served = each.served
    other = served is not None and not served.matches and (served.label or each.version)
    still = f", {(served and served.label) or 'nothing'} served" if other else ""
    still = ", deployment failed" if each.attempt is not None and each.attempt.error is not None else still
    unseen = each.version is not None and each.unseen is not None and each.unseen.deployed_at is None
    unknown = (unseen and not still) or (served is not None and served.problem is not None)
    still = ", served unknown" if unknown else still
    still = ", damaged" if served is not None and served.matches and served.damaged else still
    return f"{each.version or 'empty'}{mark}{' held' if each.held else ''}{still}"


def _rows(models: Sequence[ModelLine]) -> Iterator[tuple[ModelLine, EnvironmentLine]]:
    """Each environment with the models that it holds, or held; the one furthest from development first.

    An environment that no model was ever promoted to has one row.
    """
    every = furthest_first(models)
    for name in dict.fromkeys(each.environment for _, each in every):
        here = [(model, each) for model, each in every if each.environment == name]
        used = [(model, each) for model, each in here if each.version or each.action or each.known == "no"]
        yield from used or here[:1]


def _table(
    rows: Sequence[tuple[ModelLine, EnvironmentLine]],
    found: Status,
    now: datetime,
    short: Shortening,
    *,
    verbose: bool,
) -> Page:
    if all(each.known == "no" for _, each in rows) and found.tags_known.why:
        return title("Live", Span("unknown: ", "careful"), found.tags_known.why)
    # What needs attention is not what is left out.
    worst = short.first(sorted(rows, key=lambda row: not _needs_attention(row[0], row[1], now)), _ROWS)
    places = list(dict.fromkeys(each.environment for _, each in rows))
    shown = sorted(worst, key=lambda row: places.index(row[1].environment))
    several = len(found.models) > 1
    names = max(text_width(each.environment) for _, each in shown)
    models = max(text_width(_name(*row)) for row in shown) if several else 0
    versions = max(text_width(_version(each).text) for _, each in shown)
    blocks: Page = []
    for model, each in shown:
        version = _version(each)
        parts = [Span(_padded(each.environment, names))]
        if several:
            parts.append(Span(_padded(_name(model, each), models)))
        parts.append(Span(_padded(version.text, versions), version.style))
        hang = TITLE + names + 2 + (models + 2 if several else 0)
        label = ("" if blocks else "Live").ljust(TITLE)
        words = _words(each, found, now, verbose=verbose)
        blocks.append(line(label, *parts, words, hang=min(hang + versions + 2, _FURTHEST)))
        remarks = _remarks(model, each, now)
        indent = min(hang, _FURTHEST)
        blocks += [line(Span("! ", "careful"), text, indent=indent, hang=2) for text in remarks]
    more = len(rows) - len(shown)
    if more:
        blocks.append(line(Span(f"and {more} more (`mlgit models` lists all)", "dim"), indent=TITLE))
    return blocks


def _needs_attention(model: ModelLine, each: EnvironmentLine, now: datetime) -> bool:
    return each.known == "no" or each.refused is not None or any(_remarks(model, each, now))


def _remarks(model: ModelLine, each: EnvironmentLine, now: datetime) -> Iterator[str]:
    """What is not as it should be with what an environment holds, a sentence each."""
    if each.known == "no":
        return  # a tag that is not here may have ended any of it
    wrong = None if each.served is None else each.served.wrong("the target")
    if wrong is not None:
        yield wrong
    if each.attempt is not None:
        yield each.attempt.text(now)
    if each.held:
        why = f' ("{each.reason}")' if each.reason else ""
        yield f"held: no automatic promotion{why}"
    if model.deprecated:
        yield f"{model.model} is deprecated"
    if each.rejected:
        yield f"{model.model} {each.version} is deregistered"


def _name(model: ModelLine, each: EnvironmentLine) -> str:
    """The model of a row; nothing if no model was ever promoted to its environment."""
    return model.model if each.action or each.version or each.known == "no" else ""


def _padded(text: str, width: int) -> str:
    return text + " " * (width - text_width(text) + 2)


def _version(each: EnvironmentLine) -> Span:
    if each.known == "no":
        return Span("?", "careful")
    if each.version is None:
        return Span("-" if each.refused is None else "-!", "dim")
    mark = "" if each.refused is None else "!"
    return Span(f"{each.version}{mark}", "strong")


def _words(each: EnvironmentLine, found: Status, now: datetime, *, verbose: bool) -> Span:
    """`promoted 3 h ago by Ada`."""
    if each.known == "no":
        return Span(f"unknown: {found.tags_known.why or 'its newest tag does not count'}", "careful")
    if each.action is None or each.since is None:
        return Span("nothing promoted", "dim")
    before = f" from {each.before}" if each.action == "rollback" and each.before else ""
    age = format_since(each.since, now)
    text = f"{_VERBS[each.action]}{before} {age} by {each.by}"
    is_served = each.served is not None and each.served.right
    text += ", served" if is_served and each.version else ""
    text += "" if each.unseen is None else f", {each.unseen.text(now)}"
    behind = f", {count(each.behind, 'commit')} before HEAD" if verbose and each.behind else ""
    style: Style = "" if before else "dim"
    return Span(text + behind, style)


def _nothing(found: Status) -> tuple[Span | str, ...]:
    """What to say when no environment is known."""
    if any(failure.part == "models" for failure in found.failures):
        return (Span("unknown: ", "careful"), "see the error below")
    if found.tags_known.known == "no":
        return (Span("unknown: ", "careful"), found.tags_known.why or "")
    released = [model for model in found.models if model.latest is not None]
    if released:
        texts = [f"{model.model} {model.latest}{_ago(model)}" for model in released[:_NAMES]]
        more = f" and {len(released) - _NAMES} more" if len(released) > _NAMES else ""
        return (f"nothing promoted; released: {', '.join(texts)}{more}",)
    rejected = [model.model for model in found.models if model.rejected]
    if rejected:
        return (f"nothing: every version of {', '.join(rejected[:_NAMES])} is deregistered",)
    return ("nothing released yet",)


def _ago(model: ModelLine) -> str:
    mark = "" if model.refused is None else "!"
    return f"{mark} ({count(model.behind, 'commit')} ago)" if model.behind else mark


def _pending(found: Status) -> Iterator[str]:
    names = found.environments_pending
    if names and found.trunk is not None:
        yield " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
