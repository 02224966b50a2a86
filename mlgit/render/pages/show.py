"""Show: the page of `mlgit show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, field, line, table
from mlgit.render.pages.age import ago, as_of
from mlgit.render.pages.events import events_table
from mlgit.render.pages.refused import not_counting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.registry.entries import EnvironmentEntry, ModelEntry, VersionEntry
    from mlgit.core.registry.events import Details
    from mlgit.core.registry.statement import ReleaseStatement

_SHORT = 12
_VERSIONS = 20


def page(record: Details) -> Page:
    """The model, version or environment, then its events."""
    parts = {"model": _model, "version": _version, "environment": _environment}
    shown = parts[record.kind](record)
    if record.events:
        shown += [line(Span("History", "strong")), events_table(record.events, indent=2)]
    shown += [line(Span("note: ", "careful"), note) for note in record.notes]
    return shown + as_of(record.remote, record.tags_as_of, record.told_at)


def _model(record: Details) -> Page:
    model = record.model
    shown: Page = [line(Span(model.name, "strong"), " (deprecated)" if model.deprecated else "")]
    shown.append(field("path", model.path or "not declared"))
    shown.append(field("latest", _latest(model)))
    for each in model.environments:
        held = Span(", held by a rollback", "careful") if each.held else Span("")
        since = "" if each.since is None else f" since {each.since:%Y-%m-%d %H:%M} by {each.author}"
        shown.append(field(each.environment, _held(each) + since, held))
    if record.versions:
        rows = [
            (
                Span(each.version, "dim" if each.deregistered else "name"),
                each.commit[:7],
                f"{each.registered_at:%Y-%m-%d}",
                each.author,
                _state(each),
            )
            for each in record.versions[:_VERSIONS]
        ]
        shown += [line(Span("Versions", "strong")), table(("version", "commit", "released", "who", ""), rows)]
        older = len(record.versions) - _VERSIONS
        if older > 0:
            shown.append(
                line(Span(f"and {older:,} lower; see `mlgit history {model.name}`", "dim"), indent=2)
            )
    return shown


def _state(each: VersionEntry) -> str:
    if each.refused is not None:
        return f"does not count: {each.refused}"
    return "deregistered" if each.deregistered else ", ".join(each.environments)


def _latest(model: ModelEntry) -> str:
    if model.known == "no":
        return "not known here" if model.latest is None else f"{model.latest.version} or newer"
    if model.latest is None:
        return "none"
    return f"{model.latest.version}{_mark(model.latest.refused)}"


def _mark(refused: str | None) -> str:
    return "" if refused is None else f" (does not count: {refused})"


def _held(each: EnvironmentEntry) -> str:
    if each.known == "no":
        return "not known here" if each.label is None else f"not known here ({each.label} by these tags)"
    mark = "" if each.refused is None else f" ({not_counting(each.label, each.refused, each.counts)})"
    return f"{each.label or 'empty'}{mark}"


def _version(record: Details) -> Page:
    version = record.version
    if version is None:
        return []
    gone = Span(" deregistered", "bad") if version.deregistered else Span("")
    shown: Page = [line(Span(f"{record.model.name}@{version.version}", "strong"), gone)]
    shown += [
        field("released", f"{version.registered_at:%Y-%m-%d %H:%M:%S} UTC by {version.author}"),
        field("commit", version.commit),
        field("live in", ", ".join(version.environments) or _nowhere(record.model)),
    ]
    if version.refused is not None:
        shown.insert(1, line(Span(f"does not count: {version.refused}", "bad"), indent=2))
    if record.stated is not None:
        return shown + _stated(record.stated)
    if record.message:
        shown += [line(text, indent=4) for text in record.message.splitlines()]
    return shown


def _nowhere(model: ModelEntry) -> str:
    unknown = any(each.known == "no" for each in model.environments)
    return "not known here" if unknown else "no environment"


def _environment(record: Details) -> Page:
    entry = record.environment
    if entry is None:
        return []
    shown: Page = [line(Span(entry.environment, "strong"), f" of {record.model.name}")]
    empty = entry.label is None and entry.known == "yes" and entry.refused is None
    shown.append(field("holds", "nothing" if empty else _held(entry)))
    if entry.since is not None and entry.commit is not None:
        shown.append(field("since", f"{ago(entry.since, record.told_at)} by {entry.author}"))
        shown.append(field("commit", entry.commit))
    if entry.held:
        shown.append(
            line(Span("held by a rollback: nothing is promoted here by itself", "careful"), indent=2)
        )
    if not entry.declared:
        shown.append(line(Span("not declared in `mlgit.yaml` on trunk", "careful"), indent=2))
    return shown


def _stated(stated: ReleaseStatement) -> Page:
    shown: Page = [field("built by", " ".join(filter(None, (stated.builder.kind, stated.builder.run))))]
    if stated.data_elsewhere:
        shown.append(
            field("data", Span("elsewhere: neither Git nor the DVC remote had the model", "careful"))
        )
    for file in stated.files:
        digest = f"sha256:{file.sha256[:_SHORT]}" if file.sha256 else f"md5:{file.md5}"
        shown.append(field("file", f"{file.path} {digest}"))
    shown += _values("Metrics", stated.metrics)
    shown += _values("Params", stated.params)
    shown += _values("Inputs", {path: digest[: 4 + _SHORT] for path, digest in stated.inputs.items()})
    if stated.gates:
        rows = [
            (gate.gate, Span(gate.outcome, "ok" if gate.outcome == "pass" else "careful"))
            for gate in stated.gates
        ]
        shown += [line(Span("Gates", "strong")), table(("", ""), rows)]
    return shown


def _values(title: str, values: Mapping[str, str]) -> Page:
    if not values:
        return []
    return [line(Span(title, "strong")), table(("", ""), sorted(values.items()))]
