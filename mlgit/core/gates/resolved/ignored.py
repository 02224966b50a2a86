"""Ignored: which files that a pipeline or a gate names a change hides from DVC or Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output

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


def used_files(paths: Iterable[str], declared: Mapping[str, str], known: Evidence) -> dict[str, str]:
    """Path -> who uses it, of the files that are declared, or in a declared folder, and that Git keeps."""
    cached = {out.path: out for out in known.pipeline.outputs if out.cached}
    return {
        path: words
        for path in paths
        if (words := _used_by(path, declared)) is not None and output_at(path, cached) is None
    }


def used_data(out: Output, names: Iterable[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Path -> who uses it, of the files in a folder of DVC that is declared, as a whole or in part."""
    paths = (f"{out.path}/{name}" for name in names)
    return {path: words for path in paths if (words := _used_by(path, declared)) is not None}


def _used_by(path: str, declared: Mapping[str, str]) -> str | None:
    while path and path not in declared:
        path = path.rpartition("/")[0]
    return declared.get(path)


def hidden_findings(hidden: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """A finding for each file with patterns; `hidden` are the files that it hides now, with who uses them."""
    for file, paths in sorted(hidden.items()):
        names = [f"`{path}` ({words})" for path, words in sorted(paths.items())[:_SHOWN]]
        more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
        which = f"{', '.join(names)}{more}"
        text = f"`{file}` now hides {which} from DVC, so later changes of it may not show"
        if not file.endswith(".dvcignore"):
            text = f"`{file}` now ignores {which}, and DVC refuses its own files where Git ignores them"
        yield Finding(code="evidence_weakened", subjects=(file,), text=text, kind="file", whole=True)
