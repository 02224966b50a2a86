"""Waivers: read them from trunk, each with the commit that wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.waivers import usable
from mlgit.core.overview.status import ExpiringWaiver
from mlgit.core.record import NamedTuple
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.project.trust.lifted import day_of, waivers_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.config.file import Config, OnLoosened
    from mlgit.core.gates.verdict import Note
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.registry.state import TagFact
    from mlgit.project.gates.rules import Compared
    from mlgit.project.open import Project


_PEOPLE = "<%ce>%n<%ae>%n%(trailers:key=Co-authored-by,valueonly,unfold)"
_FORGES = frozenset({"noreply@github.com"})
"""Who commits what other people do on the pages of a forge."""
_ORIGIN = f"%H %ct%n%P%n{_PEOPLE}"
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999: Python knows no later day, but git does."""


class TrunkWaivers(NamedTuple):
    """The waivers on trunk; if trunk has no commit, `commit` is None and they are from the working tree."""

    commit: str | None
    waivers: tuple[Waiver, ...] = ()


def trunk_waivers(project: Project) -> TrunkWaivers:
    """`.mlgit/waivers.yaml` on trunk; the candidate's own file never counts.

    Raises:
        ConfigError: the file on trunk is invalid.
    """
    commit = None if project.trunk is None else project.trunk.commit
    if project.trunk_is_unknown:
        return TrunkWaivers(None)
    content = project.policy_file(commit, WAIVERS_FILE)
    waivers = () if content is None else _parse(content, commit)
    if commit is not None and waivers:
        waivers = _with_origins(project, commit, waivers)
    return TrunkWaivers(commit, waivers)


def expiring_waivers(project: Project, days: int) -> tuple[ExpiringWaiver, ...]:
    """The waivers on trunk that end within so many days, or ended."""
    today = project.now.date()
    return tuple(
        ExpiringWaiver(id=waiver.id, gate=waiver.gate, expires=waiver.expires, days_left=left)
        for waiver in trunk_waivers(project).waivers
        if (left := (waiver.expires - today).days) <= days
    )


def waivers_then(project: Project, fact: TagFact) -> tuple[Waiver, ...]:
    """The waivers that were valid when a promotion was made, by the rules that it states.

    Where history is cut off, an entry of unknown origin may have been valid.
    """
    statement = fact.statement
    policy = statement.policy if isinstance(statement, EnvironmentStatement) else None
    commit = policy or (None if project.trunk is None else project.trunk.commit)
    waivers = waivers_at(project, commit)
    if commit is None or not waivers:
        return waivers
    waivers = _with_origins(project, commit, waivers)
    if project.shallow:
        waivers = tuple(replace(each, traced=True) for each in waivers)
    day, known = day_of(project, fact, commit), {each.gate for each in waivers}
    return usable(waivers, evaluated_on=day, authors=(), known=known)[0]


def change_authors(project: Project, *, candidate: str | None, target: str | None) -> frozenset[str]:
    """E-mail addresses (lower case) of authors, co-authors and committers of target..candidate.

    For the working tree, the configured ones also count, because uncommitted changes are theirs.
    `.mailmap` is ignored, because a change could add one that hides its author.
    """
    tip = candidate or project.head.commit
    lines = []
    if candidate is None and project.head.dirty:
        lines += [project.git.try_text("var", f"GIT_{role}_IDENT") or "" for role in ("AUTHOR", "COMMITTER")]
    if tip is not None and target is not None:
        output = project.git.run("log", "-z", f"--format={_PEOPLE}", tip, f"^{target}", "--")
        lines += output.decode("utf-8", "replace").replace("\0", "\n").splitlines()
    return frozenset(addresses(lines))


def usable_waivers(
    project: Project,
    found: TrunkWaivers,
    *,
    date: date,
    candidate: str | None,
    target: str | None,
    known: Collection[str],
) -> tuple[tuple[Waiver, ...], tuple[Note, ...]]:
    """The waivers that count for target..candidate, and why others do not; `known` are all ids of gates."""
    if not found.waivers:
        return (), ()
    authors = change_authors(project, candidate=candidate, target=target)
    return usable(found.waivers, evaluated_on=date, authors=authors, known=known)


def known_names(
    rules: Iterable[Config], models: Iterable[str], stages: Iterable[str], compared: Compared
) -> set[str]:
    """What a waiver may name: gates and results, and what a finding can be about, also with its kind."""
    configs = tuple(rules)
    gates = {name for each in configs for name in each.gates} | {each.gate for each in compared.changes}
    every = {*models, *(name for each in configs for name in each.models)}
    by_kind: dict[str, set[str]] = {
        "gate": gates,
        "model": {*every},
        "environment": {name for each in configs for name in each.environments},
        "stage": {*stages},
        "setting": {"numbers", "on_loosened", "foreign_tags"},
    }
    for finding in compared.findings:
        by_kind.setdefault(finding.kind, set()).update(finding.subjects)
    if compared.names is not None:
        for side in (compared.names.old, compared.names.new):
            for kind, names in side.items():
                by_kind.setdefault(kind, set()).update(names)
    known = {text for kind, names in by_kind.items() for name in names for text in (name, f"{kind}:{name}")}
    return known | {f"{model}/{gate}" for model in every for gate in gates}


def taken(
    compared: Compared, found: TrunkWaivers, on_loosened: OnLoosened | None, *, date: date
) -> tuple[Note, ...]:
    """A note for each waiver on trunk whose name the change gives to something else."""
    if compared.names is None or not found.waivers:
        return ()
    from mlgit.core.gates.waivers import taken_names

    return tuple(taken_names(compared.names, found.waivers, on_loosened, day=date))


def _parse(content: bytes, commit: str | None) -> tuple[Waiver, ...]:
    from mlgit.adapters.config.waivers import load_waivers

    return load_waivers(content, name=WAIVERS_FILE if commit is None else f"{commit[:7]}:{WAIVERS_FILE}")


def _with_origins(project: Project, tip: str, waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    """Add to each waiver the first-parent commit of trunk that wrote it in this form, its day and people.

    One that no such commit is known to have written is marked as untraced.
    """
    output = project.git.run("log", "-z", "--first-parent", f"--format={_ORIGIN}", tip, "--", WAIVERS_FILE)
    wanted = {waiver.id: replace(waiver, line=None) for waiver in waivers}
    origins: dict[str, _Origin] = {}
    for entry in output.decode("utf-8", "replace").split("\0"):
        if not entry.strip() or not wanted:
            break
        origin = _origin(entry)
        known = _known_at(project, origin.commit)
        for name in list(wanted):
            if known.get(name) == wanted[name]:
                origins[name] = origin
            elif name in origins:
                del wanted[name]
    people = {origin.commit: _people(project, origin) for origin in origins.values()}
    return tuple(
        replace(each, traced=False)
        if found is None
        else replace(each, commit=found.commit, since=found.since, brought_by=people[found.commit])
        for each in waivers
        for found in (origins.get(each.id),)
    )


class _Origin(NamedTuple):
    """A commit of trunk that changed the waivers, and the addresses in it."""

    commit: str
    since: date
    merge: bool
    people: tuple[str, ...]


def _origin(entry: str) -> _Origin:
    facts, parents, *lines = entry.strip().split("\n")
    commit, _, seconds = facts.partition(" ")
    since = datetime.fromtimestamp(min(int(seconds), _LAST_SECOND), UTC).date()
    return _Origin(commit, since, " " in parents, addresses(lines))


def _people(project: Project, origin: _Origin) -> tuple[str, ...]:
    """Addresses in a commit that brought waivers, and for a merge those in the commits that it merged."""
    if not origin.merge:
        return origin.people
    merged = (origin.commit, f"^{origin.commit}^1", "--", WAIVERS_FILE)
    output = project.git.run("log", "-z", f"--format={_PEOPLE}", *merged)
    lines = output.decode("utf-8", "replace").replace("\0", "\n").splitlines()
    return tuple(dict.fromkeys((*origin.people, *addresses(lines))))


def addresses(lines: Iterable[str]) -> tuple[str, ...]:
    """The e-mail addresses in `Name <address>` or `<address>` of these lines."""
    found = (line.rpartition("<")[2].partition(">")[0].strip().lower() for line in lines)
    return tuple(dict.fromkeys(each for each in found if each and each not in _FORGES))


def _known_at(project: Project, commit: str) -> Mapping[str, Waiver]:
    from mlgit.errors import ConfigError

    try:
        content = project.policy_file(commit, WAIVERS_FILE)
        waivers = () if content is None else _parse(content, commit)
    except ConfigError:
        return {}
    return {waiver.id: replace(waiver, line=None) for waiver in waivers}
