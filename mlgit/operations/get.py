"""Get: fetch the files of a version or environment into a folder, checked."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from mlgit.core.deploy.fetching import Fetched, FetchedFile, destination_below
from mlgit.errors import StateError, UsageError
from mlgit.project.deploy.model_files import (
    kept_elsewhere,
    model_files,
    require_stated,
    stage,
    stated_sums,
    whole_files,
)
from mlgit.project.deploy.staging import (
    OtherContent,
    conflict,
    existing_files,
    refuse_links,
    staging,
    swap_in,
)
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.references import Reference, resolve
from mlgit.project.trust.accept import accepted_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mlgit.core.deploy.kept import Tag
    from mlgit.core.progress import Progress
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.deploy.model_files import ModelFiles
    from mlgit.project.open import Project
    from mlgit.project.registry.references import Reader

_FRESH_S = 60


def get(
    project: Project,
    text: str,
    *,
    folder: str,
    model: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch the model files that a reference names into `folder` (absolute).

    A file model becomes `folder/NAME`, a directory model `folder/NAME/…`; NAME is the last part of its path.

    Raises:
        UnknownReference: the reference names nothing, or no path is declared for its model.
        StateError: the destination has other content, and not `force`.
        AnswerNo: a file is not the one the release stated.
        ToolError: a file cannot be fetched, or is damaged.
    """
    reference = resolve(project, text, model=model, read=_reader(project))
    return _get(project, reference, folder=folder, model=model, force=force, progress=progress)


def _get(
    project: Project,
    reference: Reference,
    *,
    folder: str,
    model: str | None,
    force: bool,
    progress: Progress | None,
) -> Fetched:
    name = reference.model or model or _only_model(project, reference)
    statement = _statement(project, name, reference.version)
    files = model_files(project, name, reference.commit, label=reference.label, statement=statement)
    placed = _place(project, reference.commit, files, statement, folder, force=force, progress=progress)
    stated = stated_sums(statement)
    return Fetched(
        reference=reference.text,
        model=name,
        version=reference.version,
        environment=reference.environment,
        commit=reference.commit,
        folder=folder,
        stated=all(each.source.path in stated for each in files.files),
        files=placed,
        notes=(*reference.notes, *_age(project, reference)),
    )


def _age(project: Project, reference: Reference) -> tuple[str, ...]:
    """A note about how old the tags are that lead to a version which may have changed since."""
    if project.remote is None or not (reference.environment or reference.text.endswith("latest")):
        return ()
    from mlgit.core.wording import format_since, word
    from mlgit.project.registry.read import tags_as_of, tags_seen_at

    seen = tags_seen_at(project)  # a clone that was just made has the newest ones
    if seen is not None and (project.now - seen).total_seconds() < _FRESH_S:
        return ()
    seen = tags_as_of(project)
    when = "" if seen is None else f", fetched {format_since(seen, project.now)}"
    fetch = f"`git fetch --tags {word(project.remote)}` fetches newer ones, if there are any"
    return (f"`{reference.text}` was looked up in the tags of this clone{when}; {fetch}",)


def _place(
    project: Project,
    commit: str,
    files: ModelFiles,
    statement: ReleaseStatement | None,
    folder: str,
    *,
    force: bool,
    progress: Progress | None,
) -> tuple[FetchedFile, ...]:
    """Fetch and check the files, unless they are there already, and swap them in."""
    destinations = [each.destination for each in files.files]
    top = os.path.join(folder, destination_below(files.path, files.path))
    refuse_links(folder, destinations)
    there = existing_files(folder, top, destinations)
    with staging(folder) as staged:
        sums = whole_files(files, there)
        if not set(sums) == set(there) == set(destinations):
            with kept_elsewhere(statement):
                sums = stage(project, commit, files, staging=staged, progress=progress)
        require_stated(files, sums, statement)
        fresh = frozenset(path for path in sums if there.get(path) != sums[path])
        extra = sorted(there.keys() - sums.keys())
        if (extra or fresh & there.keys()) and not force:
            raise conflict(top, [*sorted(fresh & there.keys()), *extra])
        if fresh or extra:
            swap_in(staged, folder, top)
    return tuple(
        FetchedFile(
            path=each.source.path,
            destination=os.path.join(folder, each.destination),
            md5=sums[each.destination].md5,
            sha256=sums[each.destination].sha256,
            size_bytes=sums[each.destination].size_bytes,
            state="written" if each.destination in fresh or extra else "already",
        )
        for each in files.files
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
    """Like `get`, from another clone on this machine or any URL that git can clone."""
    with _opened(url, now=now, progress=progress) as (project, check_out):
        reference = resolve(project, text, model=model, read=_reader(project))
        check_out(reference.commit)
        return _get(project, reference, folder=folder, model=model, force=force, progress=progress)


def get_kept(
    url: str,
    text: str,
    *,
    to: str,
    now: datetime,
    model: str | None = None,
    accept: Callable[[Tag], None] | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Like `get_from`, into the version's own folder below `to` (absolute).

    Returns the path of the model's file or directory, and notes for a person. A `MODEL@VERSION` that
    mlgit released is not asked for again while its files are whole. `accept` gets the tag before
    any file of the model is looked for, and raises to refuse it.

    Raises:
        StateError: the version's folder has other content.
        AnswerNo: `accept` is to be asked, and no tag led to the commit.
    """
    from mlgit.project.deploy import kept

    if (found := kept.find_kept(to, text, repository=url)) is not None:
        if accept is not None:
            accept(found[0].tag)
        return found[1], ()
    with _opened(url, now=now) as (project, check_out):
        read = _reader(project)
        reference = resolve(project, text, model=model, read=read)
        if accept is not None:
            accept(kept.tag_of(reference, read))
        check_out(reference.commit)
        fetched = _kept(project, url, reference, to, model=model)
    return kept.model_path(fetched), fetched.notes


def _kept(project: Project, url: str, reference: Reference, to: str, *, model: str | None) -> Fetched:
    """Fetch into the folder of the version, and record it if mlgit released it."""
    from mlgit.project.deploy import kept

    name = reference.model or model or _only_model(project, reference)
    folder = kept.version_folder(to, name, reference.version or reference.commit)
    try:
        with kept.one_at_a_time(folder):
            fetched = _get(project, reference, folder=folder, model=name, force=False, progress=None)
            if _statement(project, name, reference.version) is not None:
                release = replace(reference, environment=None, text=f"{name}@{reference.version}")
                kept.keep(fetched, kept.tag_of(release, _reader(project)), repository=url)
    except OtherContent as error:
        error.hint = f"remove `{folder}` if no program uses it, then run this again"
        raise
    return fetched


@contextmanager
def _opened(
    url: str, *, now: datetime, progress: Progress | None = None
) -> Iterator[tuple[Project, Callable[[str], None]]]:
    """The repository, and what puts the files of a commit there; a clone of a URL is removed afterwards."""
    from mlgit.project.opening import open_project

    if os.path.exists(os.path.join(url, ".git")):
        with closing(open_project(url, now=now)) as project:
            yield project, lambda _: None
        return
    from mlgit.adapters.git.clone import check_out, temporary_clone

    if progress is not None:
        progress.say(f"Cloning {url}")
    with temporary_clone(url) as root, closing(open_project(root, now=now)) as project:
        yield project, partial(check_out, project.git)


def _reader(project: Project) -> Reader:
    """Reads a model without the tags that do not count."""
    return cache(partial(accepted_model, project, fetch=True))


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
        f"{reference.label} has several models", hint="choose one with `--model`: " + ", ".join(names)
    )


def _statement(project: Project, model: str, version: str | None) -> ReleaseStatement | None:
    """The statement of this version's release, if mlgit made it."""
    if version is None:
        return None
    from mlgit.project.registry.read import read_model

    found = (each for each in read_model(project, model).versions if str(each.version) == version)
    return next((each.statement for each in found), None)
