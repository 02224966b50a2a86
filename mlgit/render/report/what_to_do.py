"""What to do: commands to copy that explain, repair or repeat the verdict, or release the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.compare.git_changes import UNCHANGED
from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.verdict import NOT_COMMITTED
from mlgit.core.overview.checkout import way_back
from mlgit.core.overview.reason import ONLY_HERE, sorted_results
from mlgit.core.wording import joined
from mlgit.render.escape import code

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check, Note, Verdict
    from mlgit.render.report.layout import ReportContext

_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9_./:-]")
_RUN = ("mlgit run", "To fix it, run what is stale, then commit the results")
_GET = "To fix it, get the files of this branch that DVC keeps"
_REPAIRS = {
    "stale": _RUN,
    "stale_stage": _RUN,
    "not_from_pipeline": _RUN,
    "lock_missing": _RUN,
    "not_in_remote": ("mlgit push", "To upload what the DVC remote lacks"),
}
_NAMED = re.compile(r"`([^`]+)`")
_PUSH = "`mlgit push`"
_MOST = 3
_ASKED = frozenset({"--model", "--base", "--date"})


def what_to_do(record: Check, context: ReportContext) -> list[str]:
    """One line per command that a reader may want next."""
    verdict = record.verdict
    check = " ".join(["mlgit check", *_options(record)])
    repairs = _repairs(verdict)
    found = [f"- {why}: {code(command)}" for command, why in repairs]
    failed = [each for each in sorted_results(verdict) if each.effect == "block" and each.outcome == "fail"]
    if failed:
        found.append(f"- Where the numbers come from: {code(f'{check} --explain {_word(failed[0].id)}')}")
        found.append(_waiver([each.id for each in failed], verdict))
    if context.mode == "run" and context.pushed is None:
        whole = _RUN[0]  # the numbers are not committed
    else:
        # `mlgit check` alone does not check the pipeline and the remote.
        whole = "mlgit ci pr --pipeline verify" if repairs and context.mode == "verify" else check
    here = any(each.reason in ONLY_HERE for each in verdict.results if each.effect == "block")
    # Another clone may have what this one lacks.
    if not failed and not here and whole not in {command for command, _ in repairs}:
        found.append(f"- {_same_verdict(record, context)}: {code(whole)}")
    return [*found, *_releases(record, context)]


def _waiver(gates: list[str], verdict: Verdict) -> str:
    """How to let failed gates pass."""
    what = "a waiver" if len(gates) == 1 else "a waiver for each failed gate"
    goal = {"check": "merge", "release": "release", "promote": "promote"}[verdict.purpose]
    place = f"trunk's {code(WAIVERS_FILE)}"
    return f"- To {goal} it anyway: {what} in {place}, approved by someone who did not write the change"


def _releases(record: Check, context: ReportContext) -> list[str]:
    """How to release what is merged, if a merge of this state can be released."""
    verdict = record.verdict
    uncommitted = any(note.code == NOT_COMMITTED for note in verdict.notes)
    if _in_working_tree(verdict) and context.mode == "check":
        return ["- Not committed: these are results of the working tree, which no one else has"]
    if verdict.purpose != "check" or verdict.decision == "block" or context.unfinished or uncommitted:
        return []
    changed = record.changes.get("model")
    # Trunk has it already, or there is nothing new to release.
    here = verdict.candidate.commit or verdict.candidate.head
    if changed == UNCHANGED or here == verdict.policy.waivers:
        return []
    models = sorted({result.model for result in verdict.results if result.model})
    named = set(_NAMED.findall(changed or ""))
    models = [each for each in models if each in named] or models
    releases = [code(f"mlgit release {_word(model)}") for model in models]
    return [f"- To release it after the merge: {joined(releases, _MOST)}"] if releases else []


def _same_verdict(record: Check, context: ReportContext) -> str:
    """Where the command checks the same again; in no other clone before the commit is pushed."""
    where = _where(record.verdict, context)
    if record.published or not where.startswith("in your clone"):
        return f"To check it again {where}"
    return f"After a push, to check it again {where.replace('your', 'any', 1)}"


def _where(verdict: Verdict, context: ReportContext) -> str:
    """Where the command gives the same verdict: the working tree is what each clone has checked out."""
    found = verdict.candidate
    if context.mode != "check" or found.commit is not None or found.head is None:
        return "in your clone"
    if _in_working_tree(verdict) or found.label != found.head[:7]:
        return "in this working tree"
    return f"in your clone, with {code(found.head[:7])} checked out"


def _in_working_tree(verdict: Verdict) -> bool:
    """Whether files of it differ from its commit."""
    found = verdict.candidate
    return found.commit is None and found.head is not None and found.place != found.label


def _repairs(verdict: Verdict) -> list[tuple[str, str]]:
    """The commands that repair what blocks, each once, with their purpose."""
    codes = {each.code for each in verdict.notes if each.effect == "block" and not _is_unreachable(each)}
    blocking = [result for result in verdict.results if result.effect == "block"]
    codes |= {result.reason or "" for result in blocking}
    found = [repair for code, repair in _REPAIRS.items() if code in codes]
    commands = [command for result in blocking if (command := way_back(result)) is not None]
    if commands:
        found = [(commands[0], _GET) if repair == _RUN else repair for repair in found]
    return list(dict.fromkeys(found))


def _is_unreachable(note: Note) -> bool:
    """Whether there is no DVC remote that could be pushed to, or it did not answer."""
    return note.code == "not_in_remote" and _PUSH not in (note.hint or "")


def _options(record: Check) -> list[str]:
    options, verdict = [], record.verdict
    base = next((each.commit for each in verdict.baselines if each.vs == "base" and each.commit), None)
    if verdict.purpose == "promote" and verdict.environment:
        options += ["--promote-to", _word(verdict.environment)]
    elif verdict.purpose == "release":
        options += ["--purpose", "release"]
    elif base:
        options += ["--base", _word(base[:12])]
    if verdict.candidate.commit:
        options += ["--rev", _word(verdict.candidate.commit[:12])]
    if any(note.code == "stale_allowed" for note in verdict.notes):
        options.append("--allow-stale")
    waivers = [*(each.waiver for each in verdict.results), *(each.waiver for each in verdict.notes)]
    options += map(_word, record.asked)
    if any(waivers) and "--date" not in record.asked:  # they end on a day
        options += ["--date", verdict.evaluated_on.isoformat()]
    return options


def _word(text: str) -> str:
    """A name as a safe word for a shell line; characters that a shell could interpret become `?`."""
    plain = _NOT_IN_WORD.sub("?", text)[:100]
    return f"?{plain[1:]}" if plain.startswith("-") and text not in _ASKED else plain
