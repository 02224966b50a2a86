"""Footer: the facts about the run, and the hidden marker of a comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.render.escape import prose
from mlgit.render.report.layout import is_plain_url

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check
    from mlgit.render.report.layout import ReportContext

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9_./-]")
_MODES = {"verify": "committed results, not retrained", "run": "pipeline run here", "check": ""}
_MOST = 3


def marker(key: str) -> str:
    """The hidden text by which mlgit finds its earlier comment."""
    return f"<!-- mlgit-report:{_NOT_IN_KEY.sub('-', key)[:200]} -->"


def key_of(project: str | None, job: str) -> str:
    """The key of a job's comment; each job of a repository has its own."""
    return f"{project or 'mlgit'}/{job}"


def run_link(url: str | None) -> list[str]:
    """A link to the run's page; nothing if its address is not plain."""
    return [f"[run]({url})"] if url is not None and is_plain_url(url) else []


def footer(record: Check, context: ReportContext) -> list[str]:
    """Commits, rules, run, date and versions in one line; then the marker."""
    verdict = record.verdict
    known = (*verdict.baselines, *record.references)
    found = [each for each in known if each.commit]
    found.sort(key=lambda each: each.vs != "base")
    base = found[0].commit if found else None
    place = verdict.candidate.place
    checked = verdict.candidate.commit or verdict.candidate.head
    if context.commit is not None and checked not in {None, context.commit}:
        place = f"{context.commit[:7]} (as {place})"  # GitHub's merge commit, which is in no clone
    parts = [f"{prose(base[:7]) if base else 'no base'}…{prose(place)}"]
    parts += [f"results committed as {prose(context.pushed[:7])}"] if context.pushed else []
    parts += run_link(context.run_url)
    parts += [_MODES[context.mode]] if _MODES[context.mode] else []
    parts += [f"trunk at {prose(verdict.policy.waivers[:7])}"] if verdict.policy.waivers else []
    parts += [
        f"digest of the gates and what they read {prose(verdict.gates_sha[:7])}",
        verdict.evaluated_on.isoformat(),
    ]
    parts += [f"{prose(name)} {prose(version)}" for name, version in sorted(record.tools.items())[:_MOST]]
    return [f"<sub>{' · '.join(parts)}</sub>", "", marker(context.key)]
