"""Underway: the step that ends what git has begun, such as a merge with conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.status import NextStep
from mlgit.core.wording import count, words

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.core.overview.status import Status

_CONTINUED = frozenset({"rebase", "merge", "cherry-pick", "revert"})
_LOCK = "dvc.lock"


def unfinished(status: Status, written: Collection[str], outputs: NextStep | None) -> NextStep | None:
    """Resolve conflicts, make what belongs to both sides of a merge, and go on; None if nothing is begun.

    `written` are the files in conflict that the pipeline writes, which is known once its `dvc.lock` can be
    read, and those that someone has resolved. `outputs` brings or makes what the stages write.
    """
    step = _conflict(status, written)
    if step is not None:
        return step
    if status.stale and outputs is not None and (status.conflicted or status.underway == "merge"):
        return outputs
    if status.underway in _CONTINUED:
        add = "git add -u && " if status.changed or status.conflicted else ""
        reason = f"a {status.underway} is under way; `git {status.underway} --abort` ends it"
        return NextStep(command=f"{add}git {status.underway} --continue", reason=reason)
    if status.conflicted:
        return NextStep(command=words(("git", "add", *status.conflicted)), reason=_reason(status.conflicted))
    return None


def _conflict(status: Status, written: Collection[str]) -> NextStep | None:
    """Resolve what no run writes; of a `dvc.lock`, a run needs one whole side."""
    locks = tuple(path for path in status.conflicted if path.rpartition("/")[2] == _LOCK)
    if locks and any((failure.location or "").startswith(locks) for failure in status.failures):
        reason = f"`{locks[0]}` is in conflict; take one side of it, then run the pipeline"
        return NextStep(command=words(("git", "checkout", "--theirs", *locks)), reason=reason)
    others = [path for path in status.conflicted if path not in written and path not in locks]
    if not others:
        return None
    named = others if len(others) < len(status.conflicted) else ()
    return NextStep(command=words(("git", "mergetool", *named)), reason=_reason(others))


def _reason(files: Collection[str]) -> str:
    return f"{count(len(files), 'file')} in conflict"
