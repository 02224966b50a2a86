"""Parts: which stages make what is trained in a model's folder, and which only write about it there."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.core.pipeline.model_files import meets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mlgit.core.pipeline.stages import Output

_WRITTEN = {
    # predictions, and other tables of rows
    **dict.fromkeys((".csv", ".tsv", ".parquet", ".feather", ".arrow", ".jsonl"), "table"),
    # a card, a report, a chart
    **dict.fromkeys((".md", ".html", ".pdf", ".png", ".jpg", ".jpeg", ".svg"), "document"),
}


def trainers(
    path: str, outputs: Iterable[Output], before: Callable[[str], Collection[str]]
) -> frozenset[str]:
    """The stages among the owners of these outputs that make what is trained at a model's path.

    One whose outputs in the model's folder are metrics and plots does not, and neither does one that only
    writes tables and documents there, after a stage that makes another part. `before` gives the stages
    before one.
    """
    kinds: dict[str, set[str]] = {}
    for out in outputs:
        if meets(out.path, path):
            kinds.setdefault(out.owner, set()).add(_kind(out, path))
    found = {owner for owner in kinds if "part" in kinds[owner]}
    written = {owner for owner in kinds.keys() - found if kinds[owner] != {"metric"}}
    return frozenset(found | {owner for owner in written if found.isdisjoint(before(owner))})


def _kind(out: Output, path: str) -> str:
    if not out.path.startswith(f"{path}/"):
        return "part"
    if out.metric or out.plot:
        return "metric"
    return _WRITTEN.get(posixpath.splitext(out.path)[1].lower(), "part")
