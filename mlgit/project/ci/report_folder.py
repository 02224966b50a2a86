"""Report folder: refuse one that is in Git, where a branch could bring its own report."""

from __future__ import annotations

import os
from contextlib import suppress

from mlgit.adapters.git.binary import Git
from mlgit.core.wording import word
from mlgit.errors import StateError


class CommittedReport(StateError):  # noqa: N818 (what happened, as GitFailed)
    """The folder of the report, or something on the way to it, is tracked by Git."""

    code = "report_committed"


def require_uncommitted(folder: str) -> None:
    """Refuse a folder for a job's files if Git tracks it, a file in it, or a link that leads to it.

    Raises:
        CommittedReport: Git does.
    """
    root = _repository(os.path.abspath(folder))
    if root is None:
        return
    inside = os.path.relpath(os.path.abspath(folder), root)
    parts = inside.split(os.sep)
    steps = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    listed = Git(root).run("ls-files", "-z", "--", *(f":(top,literal){step}" for step in steps))
    tracked = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    # A file or a link on the way to the folder, or anything in it.
    found = next((path for path in tracked if path in steps or path.startswith(f"{steps[-1]}/")), None)
    if found is not None:
        raise CommittedReport(
            f"`{found}` is in Git, and a job's report must not come from the branch",
            hint=f"run `git rm -r --cached -- {word(steps[-1])}`, add it to `.gitignore`, and commit",
        )


def make_ignored(folder: str) -> None:
    """Create the folder for a job's files, if it is missing; inside a working tree, Git does not see it."""
    if os.path.lexists(folder) or _repository(os.path.abspath(folder)) is None:
        return
    with suppress(OSError):  # the first file that is written there reports it
        os.makedirs(folder)
        with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("*\n")


def _repository(folder: str) -> str | None:
    """The root of the repository around a folder, which need not exist yet."""
    place = folder
    while not os.path.lexists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    return place if place != folder else None
