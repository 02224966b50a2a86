"""Get: the files of a version or environment, checked, into a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.core.deploy.fetching import Fetched, FetchedFile, destination_below
from mlgit.errors import StateError, UsageError
from mlgit.project.deploy.model_files import model_files, require_stated, stage, stated_sums
from mlgit.project.deploy.staging import conflict, existing_files, refuse_links, staging, swap_in
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.references import Reference, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mlgit.core.progress import Progress
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.deploy.model_files import ModelFile
    from mlgit.project.deploy.staging import Sums
    from mlgit.project.open import Project


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
    files = model_files(project, name, reference.commit, label=reference.label, statement=statement)
    wanted = files.files
    places = [each.destination for each in wanted]
    top = os.path.join(folder, destination_below(files.path, files.path))
    refuse_links(folder, places)
    stated = stated_sums(statement)
    there = existing_files(folder, top, places)
    with staging(folder) as staged:
        sums = _known(wanted, there) or stage(
            project, reference.commit, files, staging=staged, progress=progress
        )
        for each in wanted:
            require_stated(each.source.path, sums[each.destination], stated)
        fresh = frozenset(place for place in sums if there.get(place) != sums[place])
        extra = sorted(set(there) - set(sums))
        if (extra or fresh & there.keys()) and not force:
            raise conflict(top, [*sorted(fresh & there.keys()), *extra])
        if fresh or extra:
            swap_in(staged, folder, top)
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
                destination=os.path.join(folder, each.destination),
                md5=sums[each.destination].md5,
                sha256=sums[each.destination].sha256,
                size_bytes=sums[each.destination].size_bytes,
                state="written" if each.destination in fresh or extra else "already",
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
    from mlgit.project.opening import open_project

    if os.path.exists(os.path.join(url, ".git")):
        project = open_project(url, now=now)
        try:
            return get(project, text, folder=folder, model=model, force=force, progress=progress)
        finally:
            project.close()
    from mlgit.adapters.git.clone import check_out, temporary_clone

    if progress is not None:
        progress.say(f"Cloning {url}")
    with temporary_clone(url) as root:
        project = open_project(root, now=now)
        try:
            reference = resolve(project, text, model=model)
            check_out(project.git, reference.commit)
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
    from mlgit.core.registry.semver import Version
    from mlgit.project.registry.read import read_registry

    number = Version.parse(version)
    found = read_registry(project, model=model).model(model).find(number) if number else None
    return None if found is None else found.statement


def _known(wanted: Sequence[ModelFile], there: Mapping[str, Sums]) -> dict[str, Sums] | None:
    """The sums of what stands there, when by DVC's hashes it is exactly what is wanted; else None."""
    if set(there) != {each.destination for each in wanted}:
        return None
    for each in wanted:
        pointer = each.source.pointer
        if pointer is None or pointer.legacy or pointer.md5 != there[each.destination].md5:
            return None
    return dict(there)
