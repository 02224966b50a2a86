"""Run: pull what is missing, run the pipeline, store its results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.overview.run import Run
from mlgit.core.pipeline.stages import addresses_of
from mlgit.core.wording import listed, near, word
from mlgit.errors import StateError, ToolError, UsageError
from mlgit.project.pipeline.local_files import require_dvc_here

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.adapters.dvc.engine import Repro
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.core.progress import Progress
    from mlgit.errors import MlgitError
    from mlgit.project.open import Project
    from mlgit.project.overview.before_run.left_behind import Edited

_SHOWN = 10


def run(  # noqa: PLR0913 (the options of the command)
    project: Project,
    stages: Sequence[str] = (),
    *,
    pull: bool = True,
    force: bool = False,
    dry_run: bool = False,
    show: bool = True,
    again: Sequence[str] = (),
    edited: Edited = "keep",
    progress: Progress,
) -> Run:
    """Run stages (all if none is named) and every stale stage before them; `project` is outdated afterwards.

    Args:
        stages: their names in DVC, from the root of the repository.
        pull: whether to fetch recorded outputs that are missing here.
        force: also run stages that are up to date.
        dry_run: run nothing; the result has the stages that would run.
        again: stages to run first, each alone, even if they are up to date for DVC.
        show: whether the output of the stages goes to stderr.
        edited: what to do with data that is not what its .dvc file records, and that no commit has.

    Raises:
        ConfigError: dvc.yaml is invalid.
        StateError: no DVC repository or stage, a merge is not resolved, or data is not the recorded one.
        ToolError: a stage failed (code `stage_failed`), or DVC did.
        KeyboardInterrupt: interrupted; no stage is running any more.
    """
    _require_merged(project)
    require_dvc_here(project, [project.prefix])
    notes: list[str] = []
    pulled = () if dry_run else _get(project, stages, notes, progress, edited=edited, pull=pull)
    dry = ["--dry"] if dry_run else []
    runs = [_repro(project, again, ["--force", "--single-item", *dry], show=show)] if again else []
    runs.append(_repro(project, stages, [*(["--force"] if force else []), *dry], show=show))
    return _outcome(project, runs, Run(dry_run=dry_run, stages=(), pulled=pulled, notes=tuple(notes)))


def _outcome(project: Project, runs: Sequence[Repro], bare: Run) -> Run:
    """The run with its stages; where there are none, whether there are any to run."""
    every = tuple(dict.fromkeys(stage for done in runs for stage in done.ran))
    executed = {stage for done in runs for stage in done.ran if stage not in done.restored}
    restored = tuple(stage for stage in every if stage not in executed)
    declared = bool(every or _pipeline(project).stages)
    return replace(bare, stages=every, restored=restored, declared=declared)


def addresses(project: Project, names: Sequence[str], folder: str) -> tuple[str, ...]:
    """The stages that names typed in a folder mean, by their addresses from the root.

    Raises:
        UsageError: a name is empty, or several pipelines have it.
        StateError: there is no DVC repository, or no such stage.
        ConfigError: dvc.yaml is invalid.
    """
    if any(not name.strip() for name in names):
        raise UsageError("The name of a stage is empty", hint="for all stages, run `mlgit run`")
    if not names:
        return ()
    from mlgit.adapters.dvc.engine.opening import require_dvc_roots

    require_dvc_roots(project.root)
    known = [stage.address for stage in _pipeline(project).stages]
    found: list[str] = []
    for name in names:
        meant = addresses_of(name, folder, known)
        if len(meant) > 1:
            hint = f"name one of them, for example `mlgit run {word(meant[0])}`"
            raise UsageError(f"There are several stages `{name}`: {listed(meant)}", hint=hint)
        if not meant:
            others = f"the stages are {listed(known)}" if known else "no `dvc.yaml` declares stages"
            raise StateError(f"There is no stage `{name}`", hint=near(name, known) or others)
        found += meant
    return tuple(found)


def _require_merged(project: Project) -> None:
    """Refuse to run while a file that no stage writes has markers of a merge conflict."""
    if not project.head.conflicted:
        return
    from mlgit.adapters.git.worktree import unresolved

    written = {out.path for out in _pipeline(project).outputs}
    left = [path for path in unresolved(project.root, project.head.conflicted) if path not in written]
    if left:
        raise StateError(
            f"The merge is not resolved: there are conflict markers in {listed(left)}",
            hint="run `git mergetool`, or edit the files, then run `mlgit run` again",
        )


def _repro(project: Project, stages: Sequence[str], options: Sequence[str], *, show: bool) -> Repro:
    from mlgit.adapters.dvc import engine

    done = engine.repro(project.root, stages, options=options, show=show)
    if done.status:
        raise _failed(done, show=show)
    return done


def store_results(project: Project, progress: Progress) -> int | None:
    """Push the outputs of the working tree's pipeline to the DVC remote.

    Raises:
        ToolError: the remote cannot be reached, or the content of an output is missing.

    Returns:
        The number of files, None without a remote.
    """
    from mlgit.adapters.dvc import engine

    outputs = _outputs(project)
    if not outputs:
        return 0
    if not engine.has_remote(project.root):
        return None
    files = engine.push_outputs(project.root, outputs, progress, even_private=False)
    left = engine.missing_in_remote(project.root, outputs, even_private=False)
    if left:
        raise ToolError(
            f"{len(left)} outputs of the run are not in the DVC remote, although they were sent",
            details=left[:_SHOWN],
            hint="see `dvc status --cloud`",
        )
    return files


def _outputs(project: Project) -> list[Output]:
    """The outputs that DVC stores, from the working tree as it is now."""
    outputs = _pipeline(project).outputs
    return [out for out in outputs if out.cached and out.pointer is not None and "://" not in out.path]


def _pipeline(project: Project) -> Pipeline:
    from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
    from mlgit.adapters.git.worktree import WorkingTree

    tree = WorkingTree(project.git, project.root)
    return read_pipeline(tree, root=project.root, folder=project.cache_dir)


def _get(
    project: Project,
    stages: Sequence[str],
    notes: list[str],
    progress: Progress,
    *,
    edited: Edited,
    pull: bool,
) -> tuple[str, ...]:
    """Have the recorded content here before DVC records what it finds; the paths that were fetched."""
    from mlgit.project.overview.before_run.left_behind import replace_left_behind

    replaced = replace_left_behind(project, stages, edited=edited, pull=pull, progress=progress)
    return (*replaced, *_pull(project, stages, notes, progress)) if pull else ()


def _pull(project: Project, stages: Sequence[str], notes: list[str], progress: Progress) -> tuple[str, ...]:
    """Fetch from the DVC remote; the pipeline may be able to make what is not there."""
    from mlgit.adapters.dvc import engine

    missing = engine.missing_here(project.root, stages)
    if not missing:
        return ()
    failure, damaged = _fetch(project, missing, progress)
    if failure is not None:
        notes.append("; ".join((f"not everything could be pulled: {failure.message}", *failure.details[:2])))
    lost = frozenset(engine.missing_here(project.root)) & frozenset(missing)
    _require_made(project, lost, damaged, failure)
    if lost and not notes:
        from mlgit.project.overview.before_run.lost_data import why_lost

        why = "damaged in the DVC remote" if lost.issubset(damaged) else why_lost(project, lost)
        notes.append(f"{why}, so they are made again: {', '.join(sorted(lost))}")
    for note in notes:
        progress.say(note)
    return tuple(path for path in missing if path not in lost)


def _fetch(
    project: Project, missing: Sequence[str], progress: Progress
) -> tuple[MlgitError | None, tuple[str, ...]]:
    """Pull these outputs: the error of it, and those that are damaged in the DVC remote."""
    from mlgit.adapters.dvc import engine
    from mlgit.project.overview.before_run.damaged import drop_damaged

    damaged: tuple[str, ...] = ()
    try:
        engine.pull(project.root, missing, progress)
        damaged = drop_damaged(project, missing)
        if damaged:  # perhaps only in the cache
            engine.pull(project.root, damaged, progress)
            damaged = drop_damaged(project, damaged)
    except (ToolError, StateError) as error:
        return error, damaged
    return None, damaged


def _require_made(
    project: Project, lost: Collection[str], damaged: Collection[str], failure: MlgitError | None
) -> None:
    """Refuse to run without data that no stage makes, and that DVC cannot import again."""
    tracked = _pipeline(project).tracked if lost else ()
    given = sorted(out.path for out in tracked if out.path in lost and out.source is None)
    if given:
        from mlgit.project.overview.before_run.lost_data import damaged_data, lost_data

        what = f"No stage makes {listed(given)}"
        if failure is None and {*given} <= {*damaged}:
            raise damaged_data(f"{what}, and what the DVC remote has is damaged")
        raise lost_data(project, given, failure, what=what)


def _failed(done: Repro, *, show: bool) -> ToolError:
    dvc_errors = tuple(line for line in done.last_lines if line.startswith("ERROR: "))
    # The output of the stages was shown already.
    details = dvc_errors if show else done.last_lines
    if done.failed is None:
        return ToolError(f"`dvc repro` failed with exit code {done.status}", details=details)
    error = ToolError(
        f"Stage `{done.failed}` failed",
        details=details,
        hint="fix it and run `mlgit run` again; finished stages are skipped",
    )
    error.code = "stage_failed"
    return error
