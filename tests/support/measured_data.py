"""Measured data: pipelines in memory whose numbers are measured on data, and the notes about other data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.inputs import LinkTarget, Places
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "models/line.json"
START = "The numbers were computed on different data: "
Hashes = dict[str, str]


def stage(
    name: str, deps: Mapping[str, str], outs: Mapping[str, str], marks: Mapping[str, str] | None = None
) -> Stage:
    """A stage with the hashes that its last run recorded: a letter, with `/` after it for a folder."""
    read, made = ({path: pointer(text) for path, text in each.items()} for each in (deps, outs))
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=(*deps,),
        outs=tuple(Output(path=path, owner=name, pointer=made[path]) for path in outs),
        locked=LockedStage(cmd=(name,), deps=read, params={}, outs=made, marks=marks or {}),
    )


def pointer(text: str) -> Pointer | None:
    return Pointer(md5=f"{text[0] * 32}{'.dir' if text.endswith('/') else ''}") if text else None


def side(
    evaluate: Hashes, *, train: Hashes | None = None, clean: str = "c", tracked: Hashes | None = None
) -> Pipeline:
    """Clean data of raw data, a model of these and a number of both and more."""
    return Pipeline(
        stages=(
            stage("clean", {"data/raw.csv": "r"}, {"data/clean.csv": clean}),
            stage("train", {"data/clean.csv": clean, **(train or {})}, {MODEL: "m"}),
            stage("evaluate", {MODEL: "m", **evaluate}, {"m.json": "n"}),
        ),
        tracked=tuple(
            Output(path=path, owner=f"{path}.dvc", pointer=pointer(text))
            for path, text in (tracked or {}).items()
        ),
    )


def gate(known: Pipeline) -> ResolvedGate:
    origin = origin_of("m.json", known)
    source = Source(file="m.json", key="mae", origin=origin, link=link_of(MODEL, origin, known))
    return ResolvedGate(gate="g", model="line", metric="mae", path=MODEL, source=source)


def places(files: Hashes) -> Places:
    """What Git has; the name of a link has `@`, that of a submodule `&`.

    The content of a link is the path that it leads to, of more than one letter and one word. Files that
    `.gitattributes` has get other bytes on disk.
    """

    def content(path: str) -> str:
        return " ".join(files[name] for name in sorted(files) if f"{name}/".startswith(f"{path}/"))

    def is_link(name: str) -> bool:
        return "@" in name and len(files.get(name, "")) > 1 and " " not in files[name]

    def link(path: str) -> LinkTarget | None:
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        name = next((each for each in above if is_link(each)), None)
        return LinkTarget(f"{files[name]}{path[len(name) :]}", "") if name else None

    return Places(
        link=link,
        links=lambda path: {
            name: LinkTarget(files[name], content(files[name]))
            for name in files
            if name.startswith(f"{path}/") and is_link(name)
        },
        submodules=lambda: frozenset(name for name in files if "&" in name),
        written=lambda names: {name: f"{name in files.get('.gitattributes', '')}" for name in names},
        file=lambda path: any(f"{name}/".startswith(f"{path}/") for name in files),
        paths=lambda: frozenset(files),
        read=lambda paths: {path: files[path].encode() for path in paths if path in files},
    )


def texts(old: Pipeline, new: Pipeline, files: tuple[Hashes, Hashes] = ({}, {})) -> list[str]:
    """The notes; `files` are those of Git on both sides, with a letter for their content."""
    changed = {path for path in {*files[0], *files[1]} if files[0].get(path) != files[1].get(path)}
    found = compare_data(
        [gate(old)],
        [gate(new)],
        (old, new),
        places=(places(files[0]), places(files[1])),
        changed=lambda: changed,
    )
    return [each.message.removeprefix(START) for each in found.notes]
