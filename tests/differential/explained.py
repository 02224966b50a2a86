"""Disagreements that are explained: each has a name, its reason in docs/disagreements.md, and a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.answers import Answer, Difference


def explain(difference: Difference, theirs: Answer, ours: Answer) -> str:
    """The name of the known disagreement behind this difference, else nothing."""
    for name, applies in EXPLANATIONS.items():
        if applies(difference, theirs, ours):
            return name
    return ""


def _listing_is_not_here(difference: Difference, _: Answer, ours: Answer) -> bool:
    """DVC calls a file of a folder in no cache deleted; mlgit says that it could not look."""
    if difference.part != "reasons" or not isinstance(difference.theirs, frozenset):
        return False
    said = difference.ours if isinstance(difference.ours, frozenset) else frozenset()
    more = difference.theirs - said
    unsure = ours.unsure.get(difference.key, ())
    return (
        bool(more)
        and not said - difference.theirs
        and all(f"{one.removeprefix('deleted ')} was not checked: it is not here" in unsure for one in more)
    )


def _refuses(*words: str) -> Callable[[Difference, Answer, Answer], bool]:
    """DVC gives no answer at all with these words; mlgit does, and tells of something."""

    def applies(difference: Difference, theirs: Answer, ours: Answer) -> bool:
        said = theirs.complaint or ""
        return difference.part == "complaint" and not ours.clean and any(word in said for word in words)

    return applies


EXPLANATIONS: dict[str, Callable[[Difference, Answer, Answer], bool]] = {
    "listing-is-not-here": _listing_is_not_here,
    "ignore-file-inside-data": _refuses(".dvcignore file should not be in collected dir path"),
    "parameters-are-a-folder": _refuses("is a directory, expected a parameters file"),
    "dvc-crashes": _refuses("unexpected error - "),
}
"""Name, as in docs/disagreements.md -> whether it is behind a difference."""
