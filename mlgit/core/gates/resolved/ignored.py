"""Ignored: which files that a pipeline or a gate names a change hides from DVC or Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.pipeline.evidence import Evidence

_SHOWN = 3


def declared_paths(known: Evidence) -> dict[str, str]:
    """Path -> who uses it, of all that the stages read, and of what they and others write for Git to keep."""
    found: dict[str, str] = {}
    for stage in known.pipeline.stages:
        for path in (*stage.deps, *stage.params):
            found.setdefault(path, f"read by stage {stage.address}")
        for out in stage.outs:
            if not out.cached:
                found.setdefault(out.path, f"written by stage {stage.address}")
    for file in known.metric_files:
        found.setdefault(file.path, "a metric file")
    return found


def used_files(
    paths: Iterable[str], declared: Mapping[str, str], known: Iterable[Evidence]
) -> dict[str, str]:
    """Path -> who uses it, of the files that are declared, or in a declared folder, and that Git keeps."""
    cached = {out.path: out for each in known for out in each.pipeline.outputs if out.cached}
    found = {}
    for path in paths:
        place = path
        while place and place not in declared:
            place = place.rpartition("/")[0]
        if place and output_at(path, cached) is None:
            found[path] = declared[place]
    return found


def hidden_findings(hidden: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """A finding for each file with patterns; `hidden` are the files that it hides now, with who uses them."""
    for file, paths in sorted(hidden.items()):
        names = [f"`{path}` ({words})" for path, words in sorted(paths.items())[:_SHOWN]]
        more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
        tool = "DVC" if file.endswith(".dvcignore") else "Git"
        text = f"`{file}` now hides {', '.join(names)}{more} from {tool}, so later changes of it may not show"
        yield Finding(code="evidence_weakened", subjects=(file,), text=text, kind="file", whole=True)
