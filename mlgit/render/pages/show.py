"""Show: the page of `mlgit show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import words
from mlgit.render.page import Page, Span, field, line, table
from mlgit.render.pages.age import as_of, when
from mlgit.render.pages.events import event_lines, events_table
from mlgit.render.pages.refused import not_counting
from mlgit.render.pages.served import difference, next_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.registry.entries import EnvironmentEntry, ModelEntry, VersionEntry
    from mlgit.core.registry.events import Details, Event
    from mlgit.core.registry.statement import ReleaseStatement

_SHORT = 12
_VERSIONS = 20


def page(record: Details, *, width: int, whole: bool = False) -> Page:
    """The model, version or environment, then its events: one line each, unless `whole`, then in UTC, too."""
    parts = {"model": _model, "version": _version, "environment": _environment}
    shown = parts[record.kind](record, utc=whole)
    if record.events:
        lines = event_lines(record.events, record.told_at, width=width, indent=2)
        shown.append(line(Span("History", "strong")))
        shown += [events_table(record.events, indent=2)] if whole else lines
    if record.older:
        command = f"mlgit history {words((record.model.name, *_place(record)))}"
        shown.append(line(Span(f"and {record.older:,} older (`{command}`)", "dim"), indent=2))
    shown += [line(Span("note: ", "careful"), note) for note in record.notes]
    shown += as_of(record.remote, record.tags_as_of, record.told_at)
    return shown + next_line(record.next)


def _place(record: Details) -> tuple[str, ...]:
    return () if record.environment is None else ("--env", record.environment.environment)


def _model(record: Details, *, utc: bool) -> Page:
    model = record.model
    shown: Page = [line(Span(model.name, "strong"), " (deprecated)" if model.deprecated else "")]
    shown.append(field("path", model.path or "not declared"))
    shown.append(field("latest", _latest(model)))
    # The one furthest from development first, as in `status`.
    undeclared = [each for each in model.environments if not each.declared]
    declared = [each for each in model.environments if each.declared]
    for each in (*reversed(declared), *undeclared):
        known = each.known == "yes"
        held = Span(", held by a rollback", "careful") if each.held and known else Span("")
        since = (
            "" if each.since is None else f", {when(each.since, record.told_at, utc=utc)} by {each.author}"
        )
        shown.append(field(each.environment, _held(each) + since, held))
        wrong = None if each.served is None else difference(each.served)
        failed = None if each.attempt is None else each.attempt.text(record.told_at)
        shown += [line(Span("! ", "careful"), text, indent=4) for text in (wrong, failed) if text is not None]
    if record.versions:
        rows = [
            (
                Span(each.version, "dim" if each.deregistered else "name"),
                each.commit[:7],
                when(each.registered_at, record.told_at, utc=utc),
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


def _version(record: Details, *, utc: bool) -> Page:
    version = record.version
    if version is None:
        return []
    gone = Span(" deregistered", "bad") if version.deregistered else Span("")
    shown: Page = [line(Span(f"{record.model.name}@{version.version}", "strong"), gone)]
    shown += [
        field("released", f"{when(version.registered_at, record.told_at, utc=utc)} by {version.author}"),
        field("commit", version.commit),
        field("live in", ", ".join(version.environments) or _nowhere(record.model)),
    ]
    for each in record.model.environments:
        about = each.served is not None and version.version in {each.version, each.served.label}
        wrong = difference(each.served) if about and each.served is not None else None
        if wrong is not None:
            shown.append(line(Span("! ", "careful"), f"{each.environment}: {wrong}", indent=4))
    if version.refused is not None:
        shown.insert(1, line(Span(f"does not count: {version.refused}", "bad"), indent=2))
    if record.stated is not None:
        return shown + _stated(record.stated, record.instead)
    if record.message:
        shown += [line(text, indent=4) for text in record.message.splitlines()]
    return shown


def _nowhere(model: ModelEntry) -> str:
    unknown = any(each.known == "no" for each in model.environments)
    return "not known here" if unknown else "no environment"


def _environment(record: Details, *, utc: bool) -> Page:
    entry = record.environment
    if entry is None:
        return []
    empty = entry.label is None and entry.known == "yes" and entry.refused is None
    commit = "" if entry.commit is None else f" at {entry.commit[:7]}"
    holds = "empty" if empty else _held(entry)
    shown: Page = [
        line(Span(entry.environment, "strong"), f" of {record.model.name}: ", Span(holds, "strong"), commit)
    ]
    newest = record.events[0] if record.events else None
    facts: list[tuple[str, tuple[str | Span, ...]]] = []
    if entry.since is not None or (empty and newest is not None):
        facts.append(("since", (_since(entry, newest, record, utc=utc),)))
    facts += _served(entry, record, utc=utc)
    if entry.unseen is not None:
        at = entry.unseen.deployed_at
        since = "" if at is None else f"; deployed {when(at, record.told_at, utc=utc)} from this clone"
        facts.append(("served", (f"not known here{since}",)))
    if entry.attempt is not None:
        text, known = entry.attempt.text(record.told_at), any(name == "served" for name, _ in facts)
        fact = ("deploy", text) if known else ("served", f"not known: {text}")
        facts.append((fact[0], (Span("! ", "careful"), fact[1])))
    if entry.held and entry.known == "yes":
        back = next((each for each in record.events if each.action == "rollback"), None)
        why = f': "{back.reason}"' if back is not None and back.reason else ""
        facts.append(("held", (Span(f"no automatic promotion{why}", "careful"),)))
    shown += [line(Span(name.ljust(8), "dim"), *parts, indent=2, hang=8) for name, parts in facts]
    if not entry.declared:
        shown.append(line(Span("not declared in `mlgit.yaml` on trunk", "careful"), indent=2))
    return shown


def _since(entry: EnvironmentEntry, newest: Event | None, record: Details, *, utc: bool) -> str:
    """`3 min ago, rolled back from v1.1.0 by Ada`."""
    at = newest.at if entry.since is None and newest is not None else entry.since
    age = "" if at is None else when(at, record.told_at, utc=utc).removeprefix("on ")
    # Another tool may have put several versions there, and taken the newest out.
    if newest is None or (newest.action == "unassign") != (entry.label is None) or newest.refused is not None:
        return f"{age} by {entry.author}"
    before = f" (was {newest.before})" if newest.before not in {None, newest.label} else ""
    match newest.action:
        case "unassign":
            return f"{age}, emptied by {newest.author} (was {newest.label})"
        case "rollback":
            left = "" if newest.before is None else f" from {newest.before}"
            return f"{age}, rolled back{left} by {newest.author}"
        case _:
            return f"{age}, promoted by {newest.author}{before}"


def _served(
    entry: EnvironmentEntry, record: Details, *, utc: bool
) -> list[tuple[str, tuple[str | Span, ...]]]:
    served = entry.served
    if served is None:
        return []
    wrong = difference(served)
    if wrong is not None and served.problem is not None:
        return [("served", (Span("! ", "careful"), f"not known: {served.problem}"))]
    if wrong is not None:
        no = "" if served.matches else "no: "
        return [("served", (Span("! ", "careful"), f"{no}{wrong}"))]
    if served.label is None:
        return []
    age = "" if served.since is None else f", deployed {when(served.since, record.told_at, utc=utc)}"
    return [("served", (Span("yes", "ok"), f", by {served.folder}{age}"))]


def _stated(stated: ReleaseStatement, instead: Mapping[str, Mapping[str, str]]) -> Page:
    builder = " ".join(filter(None, (stated.builder.kind, stated.builder.run)))
    shown: Page = [field("built by", f"{builder}, as its tag states")]
    if stated.data_elsewhere:
        text = "elsewhere: as its tag states, neither Git nor the DVC remote had the model"
        shown.append(field("data", Span(text, "careful")))
    for file in stated.files:
        digest = f"sha256:{file.sha256[:_SHORT]}" if file.sha256 else f"md5:{file.md5}"
        shown.append(field("file", f"{file.path} {digest}"))
    shown += _values("Metrics", stated.metrics, instead.get("metrics", {}))
    shown += _values("Params", stated.params, instead.get("params", {}))
    shown += _values(
        "Inputs",
        {path: digest[: 4 + _SHORT] for path, digest in stated.inputs.items()},
        instead.get("inputs", {}),
    )
    if stated.gates:
        rows = [
            (gate.gate, Span(gate.outcome, "ok" if gate.outcome == "pass" else "careful"))
            for gate in stated.gates
        ]
        shown += [line(Span("Gates", "strong"), ", as its tag states"), table(("", ""), rows)]
    return shown


def _values(title: str, values: Mapping[str, str], instead: Mapping[str, str]) -> Page:
    """The values that a release states, as far as its commit has them."""
    if not values:
        return []
    rows = sorted({**values, **instead}.items())
    return [line(Span(title, "strong")), table(("", ""), rows)]
