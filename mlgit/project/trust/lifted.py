"""Lifted: the waivers that trunk had when a release or a promotion was made, and what they let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import came_s
from mlgit.adapters.git.tags.objects import parse_header
from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.verdict import with_notes
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

LIFTED = frozenset({"fail", "error"})
"""The outcomes that a waiver can let through; a gate that states another one had nothing to let through."""


class WaiversOfPromotions:
    """Whether a waiver may have let through what a promotion states of a gate; each policy is read once.

    What counts is the policy's own file: a waiver that came to trunk later let nothing through. Floors are
    not asked, because the numbers are not read here.
    """

    def __init__(self, project: Project, model: str) -> None:
        self._project = project
        self._model = model
        self._there: dict[str, tuple[Waiver, ...]] = {}

    def __call__(self, policy: str, fact: TagFact, gate: str, outcome: str) -> bool:
        project = self._project
        commit = policy or (None if project.trunk is None else project.trunk.commit)
        if policy not in self._there:
            self._there[policy] = waivers_at(project, commit)
        naming = [each for each in self._there[policy] if lifts([each], gate, self._model, outcome)]
        if not naming:
            return False
        day = day_of(project, fact, commit)
        return any(each.expires >= day for each in naming)


def lifts(waivers: Collection[Waiver], gate: str, model: str | None, outcome: str) -> bool:
    """Whether one of these waivers may let an outcome of a gate through, whatever its floor is."""
    return outcome in LIFTED and any(
        each.gate in {gate, f"{model}/{gate}"}
        and each.slice is None
        and (outcome == "fail" or outcome in each.covers)
        for each in waivers
    )


def let_through(waivers: Collection[Waiver], result: Result) -> bool:
    """Whether one of these waivers covers a result, of which each may have another floor."""
    from mlgit.core.gates.limits import is_too_high
    from mlgit.core.gates.waivers import waive

    rising = is_too_high(result)
    return any(waive(result, (each,), rising=rising) is each for each in waivers)


def lift(verdict: Verdict, covers: Callable[[Result], bool]) -> tuple[Verdict, tuple[str, ...]]:
    """A verdict with what a waiver of another time covers, and the gates that it lets through."""
    covered = tuple(each for each in verdict.results if each.effect == "block" and covers(each))
    results = tuple(replace(each, effect="waived") if each in covered else each for each in verdict.results)
    return with_notes(replace(verdict, results=results), ()), tuple(each.gate for each in covered)


def day_of(project: Project, fact: TagFact, policy: str | None) -> date:
    """The day (UTC) on which a promotion was made, at the earliest.

    Whatever its own date is, it is not older than the commit of trunk whose rules it states, nor than the
    tag of the release that it names.
    """
    days = [fact.at.date()]
    statement = fact.statement
    named = statement.release if isinstance(statement, EnvironmentStatement) else None
    release = None if named is None else project.objects.get(named.oid)
    header = None if release is None else parse_header(release.content)
    if header is not None and header.tagged_at_s <= project.now.timestamp():
        days.append(_day(header.tagged_at_s))
    return max(days if policy is None else (*days, _day_of_commit(project, policy)))


def waivers_since(project: Project, commit: str) -> tuple[Waiver, ...]:
    """The waivers that trunk had when a commit came there, or later.

    One whose last day was before that could not let it through. What a commit inside a pull request has was
    never trunk's, and its date is that of its author.
    """
    from mlgit.project.trust.default_branch import own_branch_counts, trunk_tips
    from mlgit.project.trust.trunk_line import TrunkLine

    line = TrunkLine(project, trunk_tips(project, local=own_branch_counts(project)))
    brought = None if line.place(commit) is not None else line.brought(commit)
    came = commit if brought is None else brought.merge
    tip = None if project.trunk is None else project.trunk.commit
    listed = project.git.run_text("log", "--format=%H", f"{commit}..{tip or commit}", "--", WAIVERS_FILE)
    changes = [each for each in listed.split() if line.place(each) is not None]
    day = _day_of_commit(project, came)
    states = dict.fromkeys((came, *([] if tip is None else [tip]), *changes))
    found = (waiver for each in states for waiver in waivers_at(project, each))
    return tuple(each for each in found if each.expires >= day)


def waivers_at(project: Project, commit: str | None) -> tuple[Waiver, ...]:
    """The waivers in a commit's file; an invalid file lets nothing through."""
    content = project.tree(commit).read(WAIVERS_FILE)
    if content is None:
        return ()
    from mlgit.adapters.config.waivers import load_waivers

    try:
        return load_waivers(content, name=WAIVERS_FILE)
    except ConfigError:
        return ()


def _day_of_commit(project: Project, commit: str) -> date:
    return _day(came_s(project.git, commit, now_s=project.now.timestamp()))


def _day(at_s: int) -> date:
    return datetime.fromtimestamp(at_s, UTC).date()
