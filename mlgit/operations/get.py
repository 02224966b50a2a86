"""Get: the files of a version or environment, checked, into a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.fetching import Fetched, FetchedFile, Source, members, outputs_of, place_below
from mlgit.errors import AnswerNo, StateError, ToolError, UsageError
from mlgit.project.models import declared_models
from mlgit.project.placement import occupied, present, put, refuse_links, staging, sums_of
from mlgit.project.references import Reference, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mlgit.core.progress import Progress
    from mlgit.core.statement import ReleaseStatement
    from mlgit.project.open import Project
    from mlgit.project.placement import Sums


class _Wanted(NamedTuple):
    """One file of the model: where its content is, where it goes below the folder."""

    source: Source
    place: str


def get(
    project: Project,
    text: str,
    *,
    folder: str,
    model: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch the model files that a reference means into `folder` (absolute).

    A file model becomes `folder/NAME`, a directory model `folder/NAME/…`; NAME is the last part of its path.

    Raises:
        UnknownReference: the reference means nothing, or its model declares no path.
        StateError: something else stands there, and not `force`.
        AnswerNo: a file is not the one the release stated.
        ToolError: a file is nowhere, or damaged.
    """
    reference = resolve(project, text, model=model)
    name = reference.model or model or _only_model(project, reference)
    statement = _statement(project, name, reference.version)
    path = _model_path(project, name, reference, statement)
    wanted = [
        _Wanted(source, place_below(source.path, path))
        for source in _sources(project, reference.commit, path)
    ]
    places = [each.place for each in wanted]
    top = os.path.join(folder, place_below(path, path))
    refuse_links(folder, places)
    stated = _stated(statement)
    there = present(folder, top, places)
    with staging(folder) as staged:
        sums = _known(wanted, there) or _stage(
            project, reference.commit, path, wanted, staging=staged, progress=progress
        )
        for each in wanted:
            _check(each.source.path, sums[each.place], stated)
        fresh = frozenset(place for place in sums if there.get(place) != sums[place])
        extra = sorted(set(there) - set(sums))
        if (extra or fresh & there.keys()) and not force:
            raise occupied(top, [*sorted(fresh & there.keys()), *extra])
        if fresh or extra:
            put(staged, folder, top)
    return Fetched(
        reference=text,
        model=name,
        version=reference.version,
        environment=reference.environment,
        commit=reference.commit,
        folder=folder,
        stated=any(each.source.path in stated for each in wanted),
        files=tuple(
            FetchedFile(
                path=each.source.path,
                place=os.path.join(folder, each.place),
                md5=sums[each.place].md5,
                sha256=sums[each.place].sha256,
                size_bytes=sums[each.place].size_bytes,
                state="written" if each.place in fresh or extra else "already",
            )
            for each in wanted
        ),
        notes=reference.notes,
    )


def get_from(
    url: str,
    text: str,
    *,
    folder: str,
    now: datetime,
    model: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Fetched:
    """The same from another clone on this machine, or from any URL that git can clone."""
    from mlgit.project.open import open_project

    if os.path.exists(os.path.join(url, ".git")):
        project = open_project(url, now=now)
        try:
            return get(project, text, folder=folder, model=model, force=force, progress=progress)
        finally:
            project.close()
    from mlgit.adapters.git.clone import cloned, fill

    if progress is not None:
        progress.say(f"Cloning {url}")
    with cloned(url) as root:
        project = open_project(root, now=now)
        try:
            reference = resolve(project, text, model=model)
            fill(project.git, reference.commit)
            return get(project, text, folder=folder, model=model, force=force, progress=progress)
        finally:
            project.close()


def _only_model(project: Project, reference: Reference) -> str:
    names = sorted(declared_models(project, reference.commit))
    if len(names) == 1:
        return names[0]
    if not names:
        raise StateError(
            f"No model is declared at {reference.label}",
            hint="declare it under `models:` in `mlgit.yaml`, or under `artifacts:` in `dvc.yaml`",
        )
    raise UsageError(
        f"{reference.label} has several models", hint="say which with `--model`: " + ", ".join(names)
    )


def _statement(project: Project, model: str, version: str | None) -> ReleaseStatement | None:
    """What the release of this version stated, when mlgit made it."""
    if version is None:
        return None
    from mlgit.core.semver import Version
    from mlgit.project.registry import read_registry

    number = Version.parse(version)
    found = read_registry(project, model=model).model(model).find(number) if number else None
    return None if found is None else found.statement


def _model_path(
    project: Project, model: str, reference: Reference, statement: ReleaseStatement | None
) -> str:
    path = declared_models(project, reference.commit).get(model)
    if path is None and statement is not None and len(statement.files) == 1:
        path = statement.files[0].path
    if path is None:
        # Tags of other tools may be older than any declaration: then today's one is the best there is.
        path = declared_models(project).get(model)
    if path is None:
        raise StateError(
            f"Nobody says where `{model}` lies at {reference.label}",
            hint=f"declare `models: {{{model}: {{path: …}}}}` in `mlgit.yaml`",
        )
    return path.rstrip("/")


def _sources(project: Project, commit: str, path: str) -> Sequence[Source]:
    """Every file of the model, in DVC and in Git."""
    from mlgit.adapters.dvc.pointers import read_pipeline

    tree = project.tree(commit)
    pipeline = read_pipeline(tree, root=project.root)
    found: dict[str, Source] = {}
    for output in outputs_of(path, pipeline.outputs):
        if output.pointer is None:
            raise StateError(
                f"`{output.path}` was declared at {tree.label}, but never made",
                hint="run the pipeline with `mlgit run`, commit `dvc.lock`, and release that",
            )
        if output.pointer.directory:
            from mlgit.adapters.dvc.engine import open_contents

            with open_contents(project.root, output.path) as contents:
                listing = contents.listing(output.pointer)
            found.update({source.path: source for source in members(output, listing, path)})
        else:
            found[output.path] = Source(path=output.path, pointer=output.pointer)
    for name in tree.paths():
        if (name == path or name.startswith(f"{path}/")) and not name.endswith("/.gitignore"):
            found.setdefault(name, Source(path=name, pointer=None))
    if not found:
        raise StateError(
            f"`{path}` is neither an output of DVC nor a file in Git at {tree.label}",
            hint=f"see `dvc list --rev {tree.label} .`",
        )
    return [found[name] for name in sorted(found)]


def _stage(
    project: Project,
    commit: str,
    path: str,
    wanted: Sequence[_Wanted],
    *,
    staging: str,
    progress: Progress | None,
) -> dict[str, Sums]:
    """Bring every file into the staging folder, each checked against DVC's hash."""
    places = {each.place: os.path.join(staging, each.place) for each in wanted}
    for place in places.values():
        os.makedirs(os.path.dirname(place), exist_ok=True)
    stored = {places[each.place]: each.source.pointer for each in wanted if each.source.pointer is not None}
    if stored:
        from mlgit.adapters.dvc.engine import open_contents

        with open_contents(project.root, path) as contents:
            contents.fetch(stored, path=path, progress=progress)
    tree = project.tree(commit)
    for each in wanted:
        if each.source.pointer is None:
            content = tree.read(each.source.path)
            if content is None:
                raise ToolError(f"`{each.source.path}` cannot be read from Git at {tree.label}")
            with open(places[each.place], "wb") as file:
                file.write(content)
    return {each.place: sums_of(places[each.place]) for each in wanted}


def _stated(statement: ReleaseStatement | None) -> Mapping[str, str]:
    files = () if statement is None else statement.files
    return {file.path: file.sha256 for file in files if file.sha256 is not None}


def _check(path: str, sums: Sums, stated: Mapping[str, str]) -> None:
    expected = stated.get(path)
    if expected is not None and expected != sums.sha256:
        raise AnswerNo(
            f"`{path}` is not the file that was released",
            details=(f"stated sha256 {expected}", f"found sha256  {sums.sha256}"),
            hint="somebody changed the storage: look at it before you use anything from it",
        )


def _known(wanted: Sequence[_Wanted], there: Mapping[str, Sums]) -> dict[str, Sums] | None:
    """The sums of what stands there, when by DVC's hashes it is exactly what is wanted; else None."""
    if set(there) != {each.place for each in wanted}:
        return None
    for each in wanted:
        pointer = each.source.pointer
        if pointer is None or pointer.legacy or pointer.md5 != there[each.place].md5:
            return None
    return dict(there)
