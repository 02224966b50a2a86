"""Belief: whether the report of another job is of the run and the commit that it is posted for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.report import CiReport, Failure
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.protocol import Forge

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CONCLUSION = re.compile(r"[a-z_]{1,30}")


def of_this_run(found: CiReport, event: CiEvent | None, connected: Callable[[], Forge | None]) -> CiReport:
    """Replace a report of another run, or its check of another commit, by a failure.

    A runner may have kept the report, or the checkout brought it. A run is about the commit of its event, or
    about the one that it pushed on top of that. `connected` returns the forge, or None without a token.
    """
    if event is None:
        return found
    if (other := _other_run(found, event)) is not None:
        return _without_check(found, "report_of_another_run", other)
    if found.pushed is None and found.commit == event.sha:
        return found
    if found.pushed is not None and _is_child(found.pushed, event.sha, connected):
        return replace(found, commit=found.pushed)
    if found.check is None:
        return replace(found, pushed=None)
    about = "no commit" if found.commit is None else f"`{found.commit[:7]}`"
    return _without_check(found, "report_of_another_commit", f"is about {about}, not `{event.sha[:7]}`")


def _other_run(found: CiReport, event: CiEvent) -> str | None:
    """What is wrong with the report, as a clause; None if it is of the event's run and request.

    A commit may be the head of several requests, whose targets have other rules.
    """
    run = None if event.run is None else str(event.run)
    for what, theirs, ours in (
        ("run", found.run, run),
        ("pull request", found.number, event.number),
        ("target", found.target, event.base_branch),
    ):
        if ours is not None and theirs != ours:
            return f"names no {what}" if theirs is None else f"is of the {what} `{theirs}`, not `{ours}`"
    return None


def _without_check(found: CiReport, code: str, why: str) -> CiReport:
    failure = Failure(
        code=code,
        exit_code=StateError.exit_code,
        message=f"The run left no report: the one that is here {why}",
        hint="look at the run's log; keep the folder of the report out of Git and of later runs, "
        "and let both jobs install the same mlgit",
    )
    return replace(found, exit_code=failure.exit_code, check=None, failure=failure, pushed=None)


def _is_child(sha: str, parent: str, connected: Callable[[], Forge | None]) -> bool:
    """Whether the forge has the commit, with that one parent; True without a forge, where nothing is set."""
    if not _COMMIT.fullmatch(sha):
        return False
    try:
        forge = connected()
        return forge is None or list(forge.parents(sha) or ()) == [parent]
    except ToolError:
        return False  # what the forge does not confirm is not believed


def of_successful_run(found: CiReport, event: CiEvent) -> CiReport:
    """Replace a check that allows the change by a failure if its own run did not succeed."""
    ended = event.conclusion
    if ended in {None, "success"} or not found.allowed:
        return found
    word = ended if _CONCLUSION.fullmatch(ended or "") else "an unknown word"
    failure = Failure(
        code="run_not_successful",
        exit_code=StateError.exit_code,
        message=f"The run ended with `{word}`, though its report allows the change",
        hint="look at its log",
    )
    return replace(found, exit_code=failure.exit_code, check=None, failure=failure)
