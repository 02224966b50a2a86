"""Ignored: which files that a pipeline or a gate names a change hides from DVC or Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage

_SHOWN = 3
_OF_TOOLS = (".gitignore", ".gitattributes", ".dvc/config")


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
        which = _named(paths)
        text = f"`{file}` now hides {which} from DVC, so later changes of it may not show"
        if not file.endswith(".dvcignore"):
            text = f"`{file}` now ignores {which}, and DVC refuses its own files where Git ignores them"
        yield Finding(code="evidence_weakened", subjects=(file,), text=text, kind="file", whole=True)


def read_below(paths: Iterable[str], pipeline: Pipeline) -> Iterator[tuple[str, Stage]]:
    """The files in the folders that each stage reads, other than what it names itself or DVC keeps."""
    cached = {out.path: out for out in pipeline.outputs if out.cached}
    files = [path for path in paths if not path.endswith(_OF_TOOLS) and output_at(path, cached) is None]
    for stage in pipeline.stages:
        folders = tuple("" if dep == "." else f"{dep}/" for dep in stage.deps)
        named = {*stage.deps, *stage.params}
        yield from ((path, stage) for path in files if path.startswith(folders) and path not in named)


def unseen_findings(
    unseen: Mapping[str, tuple[str, str | None]], read: Mapping[str, str]
) -> Iterator[Finding]:
    """A finding for each place that hides files from DVC which a change touches.

    `unseen` are these files, each with the path or folder above it that is not seen and the file whose
    pattern hides it, None for a folder that DVC never looks into; `read` says who reads them.
    """
    places: dict[str, dict[str, str]] = {}
    for path, (top, file) in unseen.items():
        places.setdefault(file or f"{top}/", {})[path] = top
    for place, paths in sorted(places.items()):
        which = _named({path: read[path] for path in paths})
        them = "it" if len(paths) == 1 else "them"
        text = f"`{place}` hides {which} from DVC, so changes of {them} do not show"
        if place.endswith("/"):
            text = f"DVC does not look into `{place[:-1]}`, so changes of {which} do not show"
        tops = tuple(sorted(set(paths.values())))
        yield Finding(code="evidence_weakened", subjects=tops, text=text, kind="file", whole=True)


def _named(paths: Mapping[str, str]) -> str:
    """The first paths, each with who uses it."""
    names = [f"`{path}` ({words})" for path, words in sorted(paths.items())[:_SHOWN]]
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(names)}{more}"
