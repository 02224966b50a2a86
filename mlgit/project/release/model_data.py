"""Model data: require that others can fetch the model that is to be released."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.pipeline.model_files import outputs_of
from mlgit.core.record import record
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.core.wording import listed, word
from mlgit.errors import MlgitError, StateError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.git_files import lfs_pointers
from mlgit.project.pipeline.local_files import cache_of, local_files, require_dvc_here
from mlgit.project.registry.models import declared_models, model_content
from mlgit.project.registry.readiness import problem_of_model

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import TagFact
    from mlgit.project.open import Project

_INSIST = "release with `--data-elsewhere` if the model is kept somewhere else"


@record
class ModelData:
    """`elsewhere` if mlgit does not know where the model is and the user insisted; `notes` for the user."""

    elsewhere: bool = False
    notes: tuple[str, ...] = ()


def require_model_data(  # noqa: PLR0913 (one parameter per option)
    project: Project,
    model: str,
    path: str | None,
    commit: str,
    *,
    push: bool = False,
    elsewhere: bool = False,
    local: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ModelData:
    """Require the model in the commit's tree, or as outputs of DVC whose content others can fetch.

    With a Git remote, and unless `local`, the DVC remote must have it; otherwise this machine's cache is
    enough. With `push`, it is pushed first; a dry run only notes that. `elsewhere` accepts any model.

    Raises:
        StateError: it is not there.
        ToolError: the DVC remote fails.
    """
    try:
        _require_known(project, model, path, commit)
        outputs = outputs_of(path or "", evidence(project, commit).pipeline.outputs)
        require_dvc_here(project, [output.path for output in outputs])
        if local or project.remote is None:
            _require_reachable(project, outputs)
            return ModelData()
        return ModelData(
            notes=_require_published(project, outputs, push=push, dry_run=dry_run, progress=progress)
        )
    except StateError as error:
        if not elsewhere:
            raise
        return ModelData(
            elsewhere=True, notes=(f"{error.message}: the tag states that its data is elsewhere",)
        )


def kept_back(project: Project, facts: Iterable[TagFact], tags: Collection[str]) -> TagFact | None:
    """The first release among these tags without a DVC remote, if a push publishes none of them for that.

    It also keeps the changes of environments to such a release here.
    """
    every = [fact for fact in facts if fact.tag in tags]
    releases = [fact for fact in every if fact.name.action == "register" and _has_no_remote(project, fact)]
    oids = {fact.oid for fact in releases}
    about = all((fact.oid if fact.name.action == "register" else fact.release) in oids for fact in every)
    return releases[0] if releases and about else None


def _has_no_remote(project: Project, fact: TagFact) -> bool:
    stated = fact.statement
    if not isinstance(stated, ReleaseStatement) or stated.data_elsewhere:
        return False
    with suppress(MlgitError):  # the push says so itself
        path = declared_models(project, fact.commit).get(fact.name.model) or ""
        every = outputs_of(path, evidence(project, fact.commit, staleness=False).pipeline.outputs)
        return bool(_without_remote(project, [output for output in every if not output.foreign]))
    return False


def _without_remote(project: Project, outputs: Sequence[Output]) -> list[Output]:
    """The outputs that have no DVC remote, neither their own nor a default one."""
    caches = [(output, cache_of(project, output.path)) for output in outputs if output.remote is None]
    return [output for output, cache in caches if cache is None or cache.remote is None]


def unfetchable(project: Project, model: str, commit: str) -> str | None:
    """Why others could not fetch a model at a commit, even after this clone pushed its data, if so."""
    path = declared_models(project, commit).get(model)
    outputs = outputs_of(path or "", evidence(project, commit, staleness=False).pipeline.outputs)
    try:
        _require_known(project, model, path, commit)
        require_dvc_here(project, [output.path for output in outputs])
    except StateError as error:
        return error.message
    kept = [output for output in outputs if not output.foreign]
    if not kept:
        return None
    from mlgit.adapters.dvc.engine import missing_in_remote

    if _without_remote(project, kept):
        names = listed(each.path for each in kept)
        return f"there is no default DVC remote from which others could fetch {names}"
    missing = missing_in_remote(project.root, kept)
    absent = [each for each in kept if each.path in missing and (not each.push or not _cached(project, each))]
    if not absent:
        return None
    names = listed(each.path for each in absent)
    return f"{names} is neither in the DVC remote nor, to be pushed there, in the DVC cache here"


def _cached(project: Project, output: Output) -> bool:
    cache = cache_of(project, output.path)
    if cache is None or output.pointer is None:
        return False
    return cache.complete(output.pointer, local_files(project).index)


def _require_known(project: Project, model: str, path: str | None, commit: str) -> None:
    """Require the model's path to be an output of DVC or a file in Git."""
    found = problem_of_model(project, commit, model, path)
    if found is not None:
        hint = _INSIST if found.hint is None else f"{found.hint}; or {_INSIST}"
        raise StateError(found.message, hint=hint)
    pointers = () if path is None else lfs_pointers(project, commit, path)
    if pointers:
        first = "" if os.path.isdir(os.path.join(project.root, ".dvc")) else "dvc init && "
        move = f"{first}git rm -r --cached {word(path or '')} && dvc add {word(path or '')}"
        raise StateError(
            f"`{pointers[0]}` is a pointer of Git LFS, whose content `get` and `deploy` could not read",
            hint=f"to keep the model with DVC, run `git lfs pull`, then `{move}`, and commit; or {_INSIST}",
        )
    if model_content(project, commit, path) is None:
        raise StateError(
            f"`{path}` at {commit[:7]} has no content: it is an empty folder",
            hint=_INSIST,
        )


def _require_published(
    project: Project, outputs: Sequence[Output], *, push: bool, dry_run: bool, progress: Progress | None
) -> tuple[str, ...]:
    kept = [output for output in outputs if not output.foreign]
    if not kept:
        return ()
    from mlgit.adapters.dvc.engine import missing_in_remote, remote_command
    from mlgit.adapters.dvc.engine import push as push_data

    names = listed(output.path for output in kept)
    if _without_remote(project, kept):
        raise StateError(
            f"There is no default DVC remote from which others could fetch {names}",
            hint=f"run `{remote_command(project.root)}` and `dvc push`, or {_INSIST}",
        )
    if push and not dry_run:
        push_data(project.root, tuple(output.path for output in kept), progress)
    missing = missing_in_remote(project.root, kept)
    if missing and push and dry_run:
        return (f"{listed(missing)} would be pushed to the DVC remote first",)
    if missing:
        raise StateError(
            f"{listed(missing)} is not in the DVC remote, where others would fetch it from",
            hint="run `mlgit push` or `dvc push`, or release with `--push-data`",
        )
    return ()


def _require_reachable(project: Project, outputs: Sequence[Output]) -> None:
    """Require the outputs in the cache of this machine or, where there is one, in the DVC remote."""
    absent = [output for output in outputs if not output.foreign and not _cached(project, output)]
    if not absent:
        return
    from mlgit.adapters.dvc.engine import has_remote, missing_in_remote

    if has_remote(project.root):
        absent = [output for output in absent if output.path in missing_in_remote(project.root, absent)]
    if absent:
        names = listed(output.path for output in absent)
        raise StateError(
            f"{names} is neither in the DVC cache here nor in a DVC remote",
            hint=f"run `mlgit run`, or `dvc commit` if the file is here, then release; or {_INSIST}",
        )
