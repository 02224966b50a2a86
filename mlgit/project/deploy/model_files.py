"""Model files: fetch the files of a model at a commit, and check them against its release."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.core.deploy.fetching import Source, destination_below, members
from mlgit.core.digest import sha256_hex
from mlgit.core.pipeline.model_files import is_content, outputs_of
from mlgit.core.record import NamedTuple
from mlgit.core.wording import word
from mlgit.errors import AnswerNo, StateError, ToolError
from mlgit.project.deploy.staging import Sums, sums_of
from mlgit.project.pipeline.large_files import content_id
from mlgit.project.registry.models import declared_models, declared_path
from mlgit.project.registry.readiness import require_own_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.progress import Progress
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.open import Project


class ModelFile(NamedTuple):
    """One file of a model: where its content is, and its destination below the folder."""

    source: Source
    destination: str


class ModelFiles(NamedTuple):
    """The files of a model at a commit; `path` is the model's own."""

    path: str
    files: tuple[ModelFile, ...]


def model_files(
    project: Project, model: str, commit: str, *, label: str, statement: ReleaseStatement | None
) -> ModelFiles:
    """List every file of a model at a commit, in DVC and in Git.

    A file model becomes `NAME` below the folder, a directory model `NAME/…`; NAME is the last part of its
    path.

    Raises:
        StateError: no path is declared for the model, or it was never made, or it would leave the folder.
        AnswerNo: its release states other files.
        ToolError: the listing of a directory is missing or damaged.
    """
    with kept_elsewhere(statement):
        path = _model_path(project, model, commit, label, statement)
        found = _sources(project, commit, path)
    return ModelFiles(
        path, tuple(ModelFile(source, destination_below(source.path, path)) for source in found)
    )


@contextmanager
def kept_elsewhere(statement: ReleaseStatement | None) -> Iterator[None]:
    """Add to the error of a release whose data was elsewhere that mlgit cannot know where it is."""
    try:
        yield
    except (StateError, ToolError) as error:
        if statement is not None and statement.data_elsewhere:
            name = f"{statement.model}@{statement.version}"
            why = f"`{name}` was released with `--data-elsewhere`: neither Git nor the DVC remote had it"
            error.details = (why, *error.details)
            error.hint = f"run `mlgit show {word(name)}` to see who released it"
        raise


def stage(
    project: Project, commit: str, files: ModelFiles, *, staging: str, progress: Progress | None
) -> dict[str, Sums]:
    """Fetch every file into the staging folder, checked against DVC's hash; destination -> sums."""
    paths = {each.destination: os.path.join(staging, each.destination) for each in files.files}
    for path in paths.values():
        os.makedirs(os.path.dirname(path), exist_ok=True)
    stored = {
        paths[each.destination]: each.source.pointer
        for each in files.files
        if each.source.pointer is not None
    }
    if stored:
        from mlgit.adapters.dvc.engine import open_contents
        from mlgit.project.pipeline.local_files import require_dvc_here

        require_dvc_here(project, [files.path])
        with open_contents(project.root, files.path) as contents:
            contents.fetch(stored, path=files.path, progress=progress)
    tree = project.tree(commit)
    for each in files.files:
        if each.source.pointer is None:
            content = tree.read(each.source.path)
            if content is None:
                raise ToolError(f"`{each.source.path}` cannot be read from Git at {tree.label}")
            if content_id(content) is not None:
                raise StateError(
                    f"`{each.source.path}` at {tree.label} is a pointer of Git LFS, not the model",
                    hint=f"run `git lfs pull`, and take the file from a checkout of {tree.label}",
                )
            with open(paths[each.destination], "wb") as file:
                file.write(content)
    return {destination: sums_of(path) for destination, path in paths.items()}


def staged_before(files: ModelFiles, staging: str) -> dict[str, Sums]:
    """The complete files that a killed run left in the staging folder."""
    top = os.path.realpath(staging)
    paths = {each.destination: os.path.join(top, each.destination) for each in files.files}
    # A killed run leaves no links, so mlgit did not write the target of a link.
    left = {name: path for name, path in paths.items() if os.path.realpath(path) == path}
    return whole_files(files, {name: sums_of(path) for name, path in left.items() if os.path.isfile(path)})


def whole_files(files: ModelFiles, found: Mapping[str, Sums]) -> dict[str, Sums]:
    """The files, of those found at these destinations, whose content matches DVC's hashes."""
    whole = {}
    for each in files.files:
        pointer, sums = each.source.pointer, found.get(each.destination)
        if pointer is not None and sums is not None and not pointer.legacy and sums.md5 == pointer.md5:
            whole[each.destination] = sums
    return whole


def stated_sums(statement: ReleaseStatement | None) -> Mapping[str, str]:
    """Path -> sha256 of the files that a release stated."""
    files = () if statement is None else statement.files
    return {file.path: file.sha256 for file in files if file.sha256 is not None}


def require_stated(files: ModelFiles, sums: Mapping[str, Sums], statement: ReleaseStatement | None) -> None:
    """Check files against their release's statement; `sums` are by destination.

    Raises:
        AnswerNo: a file differs.
    """
    stated = stated_sums(statement)
    for each in files.files:
        path, found = each.source.path, sums[each.destination].sha256
        expected = stated.get(path, found)
        if expected != found:
            raise AnswerNo(
                f"`{path}` is not the file that was released",
                details=(f"stated sha256 {expected}", f"found sha256  {found}"),
                hint="someone changed the storage, or wrote the release's tag by hand: "
                "look at both before you use anything from it",
            )


def require_stated_commit(project: Project, commit: str, path: str, statement: ReleaseStatement) -> None:
    """Check DVC's files at a commit against the release's statement about them.

    Raises:
        AnswerNo: dvc.lock, or a hash in it, differs.
    """
    from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
    from mlgit.project.release.provenance import lock_path

    tree = project.tree(commit)
    pipeline = read_pipeline(tree, root=project.root, folder=project.cache_dir)
    lock = lock_path(pipeline, path)
    content = None if lock is None else tree.read(lock)
    digest = None if content is None else sha256_hex(content)
    if statement.lock_sha256 not in {None, digest}:
        found = "nothing" if digest is None else f"sha256 {digest}"
        raise _not_as_stated(f"`{lock or 'dvc.lock'}`", f"sha256 {statement.lock_sha256}", found)
    pointers = {output.path: output.pointer for output in pipeline.outputs}
    for file in statement.files:
        pointer = pointers.get(file.path)
        if file.md5 is not None and (pointer is None or pointer.md5 != file.md5):
            found = "nothing" if pointer is None else f"md5 {pointer.md5}"
            raise _not_as_stated(f"`{file.path}`", f"md5 {file.md5}", found)


def _not_as_stated(subject: str, stated: str, found: str) -> AnswerNo:
    return AnswerNo(
        f"{subject} at the released commit is not what the release stated",
        details=(f"stated {stated}", f"found  {found}"),
        hint="the release's tag was written for other files: release again",
    )


def _model_path(
    project: Project, model: str, commit: str, label: str, statement: ReleaseStatement | None
) -> str:
    path = declared_path(project, model, commit)
    if path is None and statement is None:
        # Tags of other tools may be older than any declaration, so use today's.
        path = declared_models(project, tagged=(model,)).get(model)
    if path is None:
        raise StateError(
            f"No path is declared for `{model}` at {label}",
            hint=f"declare `models: {{{model}: {{path: …}}}}` in `mlgit.yaml`",
        )
    path = path.rstrip("/")
    if statement is not None:
        require_own_files(statement, path)
    return path


def _sources(project: Project, commit: str, path: str) -> Sequence[Source]:
    from mlgit.adapters.dvc.pipeline.pointers import read_pipeline

    tree = project.tree(commit)
    pipeline = read_pipeline(tree, root=project.root, folder=project.cache_dir)
    found: dict[str, Source] = {}
    for output in outputs_of(path, pipeline.outputs):
        if output.pointer is None:
            raise StateError(
                f"`{output.path}` is declared at {tree.label}, but no content of it is recorded",
                hint="run the pipeline with `mlgit run`, commit `dvc.lock`, and release that",
            )
        if output.pointer.directory:
            from mlgit.adapters.dvc.engine import open_contents
            from mlgit.project.pipeline.local_files import require_dvc_here

            require_dvc_here(project, [output.path])
            with open_contents(project.root, output.path) as contents:
                listing = contents.listing(output.pointer)
            found.update({source.path: source for source in members(output, listing, path)})
        else:
            found[output.path] = Source(path=output.path, pointer=output.pointer)
    for name in tree.paths():
        if (name == path or name.startswith(f"{path}/")) and is_content(name):
            found.setdefault(name, Source(path=name, pointer=None))
    if not found and "://" in path:
        raise StateError(
            f"`{path}` is kept outside the repository, where mlgit does not fetch from",
            hint="fetch it with the tool of that storage",
        )
    if not found:
        raise StateError(
            f"`{path}` is neither a DVC output nor a file in Git at {tree.label}",
            hint=f"see `dvc list --rev {word(tree.label)} .`",
        )
    return [found[name] for name in sorted(found)]
