"""Footer: the commands to copy, the facts about the run, and the hidden marker of a comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.verdict import NOT_COMMITTED, Check, Verdict
from mlgit.render.escape import prose

if TYPE_CHECKING:
    from mlgit.render.report.layout import ReportContext

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9_./-]")
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%=&?+#-]*)?")
_MODES = {"verify": "nothing trained here", "run": "pipeline run here", "check": ""}
_RUN = ("mlgit run", "run what is stale; then commit the results")
_REPAIRS = {
    "stale": _RUN,
    "stale_stage": _RUN,
    "not_from_pipeline": _RUN,
    "lock_missing": _RUN,
    "not_in_remote": ("mlgit push", "upload what the DVC remote lacks"),
}
_MOST = 3


def marker(key: str) -> str:
    """The hidden text by which mlgit finds its earlier comment."""
    return f"<!-- mlgit-report:{_NOT_IN_KEY.sub('-', key)[:200]} -->"


def key_of(project: str | None, job: str) -> str:
    """The key of a job's comment; each job of a repository has its own."""
    return f"{project or 'mlgit'}/{job}"


def run_link(url: str | None) -> list[str]:
    """A link to the run's page; nothing if its address is not plain."""
    return [f"[run]({url})"] if url is not None and _URL.fullmatch(url) else []


def commands(record: Check, context: ReportContext) -> list[str]:
    """Commands to copy: repeat the check, explain it, repair it, release."""
    verdict = record.verdict
    repairs = _repairs(verdict)
    check = " ".join(["mlgit check", *_options(verdict)])
    if context.mode == "run" and context.pushed is None:
        whole = _RUN[0]  # the numbers are not committed
    else:
        # `mlgit check` alone does not check the pipeline and the remote.
        whole = "mlgit ci pr --pipeline verify" if repairs and context.mode == "verify" else check
    lines = ["# the same verdict in your clone", whole]
    for command, why in repairs:
        lines += [f"# {why}", command] if command != whole else []
    blocking = (each for each in verdict.results if each.effect == "block")
    failed = next((each for each in blocking if each.outcome == "fail"), None)
    if failed is not None:
        gate = _word(failed.id)
        lines += ["# where its numbers come from", f"{check} --explain {gate}"]
        lines.append(f"# to let it pass all the same: an entry for {gate} in trunk's {WAIVERS_FILE}")
    elif verdict.purpose == "check" and verdict.decision != "block" and not _unreleasable(record, context):
        models = sorted({result.model for result in verdict.results if result.model})[:_MOST]
        releases = [f"mlgit release {_word(model)}" for model in models]
        lines += ["# after the merge", *releases] if models else []
    return ["```sh", *lines, "```"]


def _unreleasable(record: Check, context: ReportContext) -> bool:
    """Whether a merge of this state cannot be released."""
    return context.unfinished or any(note.code == NOT_COMMITTED for note in record.verdict.notes)


def footer(record: Check, context: ReportContext) -> list[str]:
    """Commits, rules, run, date and versions in one line; then the marker."""
    verdict = record.verdict
    known = (*verdict.baselines, *record.references)
    base = next((each.commit for each in known if each.vs == "base" and each.commit), None)
    place = verdict.candidate.place
    checked = verdict.candidate.commit or verdict.candidate.head
    if context.commit is not None and checked not in {None, context.commit}:
        place = f"{context.commit[:7]} (as {place})"  # GitHub's merge commit, which is in no clone
    parts = [f"{prose(base[:7]) if base else 'no base'}…{prose(place)}"]
    parts += [f"results committed as {prose(context.pushed[:7])}"] if context.pushed else []
    parts += [_MODES[context.mode]] if _MODES[context.mode] else []
    parts += run_link(context.run_url)
    parts += [f"trunk {prose(verdict.policy.waivers[:7])}"] if verdict.policy.waivers else []
    parts += [f"gates {prose(verdict.gates_sha[:7])}", verdict.evaluated_on.isoformat()]
    parts += [f"{prose(name)} {prose(version)}" for name, version in sorted(record.tools.items())[:_MOST]]
    return [f"<sub>{' · '.join(parts)}</sub>", "", marker(context.key)]


def _repairs(verdict: Verdict) -> list[tuple[str, str]]:
    """The commands that repair what blocks, each once, with their purpose."""
    codes = {note.code for note in verdict.notes if note.effect == "block"}
    codes |= {result.reason or "" for result in verdict.results if result.effect == "block"}
    return list(dict.fromkeys(repair for code, repair in _REPAIRS.items() if code in codes))


def _options(verdict: Verdict) -> list[str]:
    options = []
    base = next((each.commit for each in verdict.baselines if each.vs == "base" and each.commit), None)
    if verdict.purpose == "promote" and verdict.environment:
        options += ["--promote-to", _word(verdict.environment)]
    elif verdict.purpose == "release":
        options += ["--purpose", "release"]
    elif base:
        options += ["--base", _word(base[:12])]
    if verdict.candidate.commit:
        options += ["--rev", _word(verdict.candidate.commit[:12])]
    return options


def _word(text: str) -> str:
    """A name as a safe word for a shell line; characters that a shell could interpret become `?`."""
    plain = _NOT_IN_KEY.sub("?", text)[:100]
    return f"?{plain[1:]}" if plain.startswith("-") else plain
