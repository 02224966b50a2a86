"""Comments: write or update the one comment of a report on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.forge.failure import NOT_FOUND, ForgeFailed
from mlgit.core.forge.comments import Posted, marked, ours, same_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.forge.protocol import Comment, Forge


def post(forge: Forge, number: int, body: str, *, marker: str, only_update: bool = False) -> Posted | None:
    """Write `body` into one comment: the oldest own one that ends with the hidden marker, or a new one.

    With `only_update` it is None if there is none, and nothing is written.

    The marker is added to a body that does not end with it. An equal text is not written again. Two
    simultaneous runs may both write a first comment: both look again afterwards, keep the oldest and write
    their text there, so that one remains, with the later text.

    Raises:
        ForgeFailed: the forge refused.
    """
    if not marked(body, marker):
        body = f"{body.rstrip()}\n\n{marker}\n"
    known = ours(forge.comments(number), marker)
    if known:
        try:
            return _settle(forge, number, body, known=known)
        except ForgeFailed as failure:
            # Someone deleted it meanwhile.
            if failure.status != NOT_FOUND:
                raise
    if only_update:
        return None
    written = forge.add_comment(number, body)
    # The forge's list may not contain it yet.
    seen = {each.id: each for each in (*ours(forge.comments(number), marker), written)}
    found = [each for _, each in sorted(seen.items())]
    if found[0].id != written.id:
        kept = _settle(forge, number, body, known=found)
        return Posted(action="updated", id=kept.id, url=kept.url, removed=kept.removed)
    removed = _remove(forge, number, found[1:])
    return Posted(action="created", id=written.id, url=written.url, removed=removed)


def _settle(forge: Forge, number: int, body: str, *, known: Sequence[Comment]) -> Posted:
    """Write the text into the oldest comment, if it differs, and delete the others."""
    oldest, *younger = known
    equal = same_text(oldest.body, body)
    url = oldest.url if equal else forge.edit_comment(number, oldest.id, body).url
    removed = _remove(forge, number, younger)
    return Posted(action="unchanged" if equal else "updated", id=oldest.id, url=url, removed=removed)


def _remove(forge: Forge, number: int, comments: Sequence[Comment]) -> int:
    for each in comments:
        forge.delete_comment(number, each.id)
    return len(comments)
