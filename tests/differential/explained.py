"""Disagreements that are explained: each has a name, its reason in docs/disagreements.md, and a test."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.differential.answers import NOT_HERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.answers import Answer, Difference

_OF_A_DATE = "ERROR: unexpected error - Unsupported value of type 'date' in "


def explain(difference: Difference, theirs: Answer, ours: Answer) -> str:
    """The name of the known disagreement behind this difference; empty if there is none."""
    for name, applies in EXPLANATIONS.items():
        if applies(difference, theirs, ours):
            return name
    return ""


def _listing_is_not_here(difference: Difference, _: Answer, ours: Answer) -> bool:
    """DVC reports a file of a folder without a cached listing as deleted; mlgit reports it as unchecked."""
    if difference.part != "reasons" or not isinstance(difference.theirs, frozenset):
        return False
    reported = difference.ours if isinstance(difference.ours, frozenset) else frozenset()
    more = difference.theirs - reported
    unsure = ours.unsure.get(difference.key, ())
    return (
        bool(more)
        and not reported - difference.theirs
        and all(f"{one.removeprefix('deleted ')}{NOT_HERE}" in unsure for one in more)
    )


def _another_spelling(difference: Difference, theirs: Answer, _: Answer) -> bool:
    """DVC treats `./in` as a new path if dvc.lock has `in`; mlgit compares the contents."""
    if difference.part != "reasons" or not isinstance(difference.theirs, frozenset):
        return False
    reported = difference.ours if isinstance(difference.ours, frozenset) else frozenset()
    paths = theirs.respelled.get(difference.key, ())
    more, less = difference.theirs - reported, reported - difference.theirs
    return (
        bool(more)
        and more <= {f"new dep {path}" for path in paths}
        and less <= {f"{word} dep {path}" for path in paths for word in ("changed", "deleted")}
    )


def _ignored_by_git(difference: Difference, theirs: Answer, _: Answer) -> bool:
    """DVC passes over .dvc and dvc.yaml files that Git ignores, although it has them; mlgit reads them."""
    hidden = theirs.passed_over
    if not hidden:
        return False
    if difference.part == "complaint":  # an invalid one
        return difference.theirs is None and str(difference.ours).startswith(
            tuple(f"{each}:" for each in hidden)
        )
    if any(difference.key in {name, f"{name}:{difference.key.rpartition(':')[2]}"} for name in hidden):
        return True
    sides = [
        each if isinstance(each, frozenset) else frozenset() for each in (difference.theirs, difference.ours)
    ]
    differing = sides[0] ^ sides[1]
    if difference.part == "upstream":  # a stage before it may be one that DVC does not see
        return True
    about = [text.partition(" dep ")[2] or text.partition(" output ")[2] for text in differing]
    near = all(
        any(f"{path}/".startswith(f"{name}/") or f"{name}/".startswith(f"{path}/") for name in hidden)
        for path in about
    )
    return difference.part == "reasons" and bool(about) and near


def _old_keys(difference: Difference, _: Answer, ours: Answer) -> bool:
    """DVC refuses every command because of a key of its older versions; mlgit reads the file, and says so."""
    return difference.part == "complaint" and ours.refused_by_dvc


def _refuses(*words: str) -> Callable[[Difference, Answer, Answer], bool]:
    """DVC fails with these words; mlgit answers, and reports something."""

    def applies(difference: Difference, theirs: Answer, ours: Answer) -> bool:
        complaint = theirs.complaint or ""
        return difference.part == "complaint" and not ours.clean and any(word in complaint for word in words)

    return applies


def _crashes(difference: Difference, theirs: Answer, ours: Answer) -> bool:
    """DVC crashes on a broken link, or on a date; no other cause is known."""
    complaint = theirs.complaint or ""
    missing = re.search(r"unexpected error - \[Errno 2\] No such file or directory: '(.+)'$", complaint)
    known = _dangles(Path(missing[1])) if missing else complaint.startswith(_OF_A_DATE)
    return difference.part == "complaint" and not ours.clean and known


def _dangles(path: Path) -> bool:
    return any(each.is_symlink() and not os.path.exists(each) for each in (path, *path.parents))


EXPLANATIONS: dict[str, Callable[[Difference, Answer, Answer], bool]] = {
    "listing-is-not-here": _listing_is_not_here,
    "another-spelling": _another_spelling,
    "ignore-file-inside-data": _refuses(".dvcignore file should not be in collected dir path"),
    "parameters-are-a-folder": _refuses("is a directory, expected a parameters file"),
    "dvc-crashes": _crashes,
    "ignored-by-git": _ignored_by_git,
    "old-keys": _old_keys,
}
"""Name, as in docs/disagreements.md -> whether it is behind a difference."""
