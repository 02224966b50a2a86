"""Checkout: stages that are stale only because files here are not those that Git and DVC keep."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from mlgit.core.overview.status import NextStep
from mlgit.core.record import record
from mlgit.core.wording import listed, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.overview.status import DataState, Status
    from mlgit.core.pipeline.evidence import StageState

CHECK_OUT, _PULL = "dvc checkout", "dvc pull"
_MOST_FILES = 8
_RUN = "run `mlgit run "
_READ = frozenset({"mlgit.yaml", "dvc.yaml", "dvc.lock"})
_INPUTS = ("deleted params file ", "deleted dep ")


@record
class LeftBehind:
    """An output that is still that of another branch or commit, and the command that replaces it.

    `every` are all such outputs; `of_stage` has the first of each stage, by address.
    """

    output: DataState
    command: str
    every: tuple[DataState, ...] = ()
    of_stage: Mapping[str, DataState] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """Whose output is there, in a sentence."""
        return _whose(self.output)

    def why_of(self, stage: str | None) -> str:
        """Whose output makes a stage stale; all of the outputs if none is the stage's own."""
        found = self.of_stage.get(stage or "")
        if found is not None or len(self.every) <= 1:
            return _whose(found or self.output)
        return f"{listed(each.path for each in self.every)} are not those of this commit"


def _whose(output: DataState) -> str:
    return f"`{output.path}` is that of `{output.found_in}`"


def left_behind(
    stale: Sequence[StageState], data: Sequence[DataState], *, can_pull: bool
) -> LeftBehind | None:
    """The first output of another branch, if DVC can end the staleness of all these stages without a run.

    This is so after `git switch` and `git pull`: git changed dvc.lock, and not the files that DVC keeps.
    `can_pull`: there is a DVC remote, which may have what the cache lacks.
    """
    foreign = [each for each in data if each.found_in is not None and (each.in_cache or can_pull)]
    paths = [each.path for each in foreign]
    if not foreign or not all(_explained(stage, paths) for stage in stale):
        return None
    lacking = [each for each in foreign if not each.in_cache]
    return LeftBehind(
        output=(lacking or foreign)[0],
        command=_PULL if lacking else CHECK_OUT,
        every=tuple(foreign),
        of_stage={stage.address: found for stage in stale if (found := _first(stage, lacking or foreign))},
    )


def _first(stage: StageState, outputs: Sequence[DataState]) -> DataState | None:
    """The first of the outputs because of which a stage is stale."""
    names = [name for _, name in _changed(stage)]
    return next((each for each in outputs if any(_below(name, each.path) for name in names)), None)


def _explained(stage: StageState, paths: Sequence[str]) -> bool:
    """Whether a stage is stale only because of these outputs."""
    return all(
        kind in {"dep", "output"} and any(_below(name, path) for path in paths)
        for kind, name in _changed(stage)
    )


def _changed(stage: StageState) -> list[tuple[str, str]]:
    """The kind and name of what makes a stage stale: `("dep", "data/raw.csv")`."""
    texts = (reason.removeprefix("changed ").partition(" ") for reason in stage.reasons)
    return [(kind, name) for kind, _, name in texts]


def _below(name: str, path: str) -> bool:
    return f"{name}/".startswith(f"{path}/")


def deleted_files(stale: Sequence[StageState], deleted: Collection[str]) -> tuple[str, ...]:
    """Those of the `deleted` files that mlgit or DVC needs, or that a stage reads; Git has them."""
    read = {reason.removeprefix(kind) for stage in stale for reason in stage.reasons for kind in _INPUTS}
    return tuple(path for path in deleted if path in read or path.rpartition("/")[2] in _READ)


def bring_back(paths: Sequence[str]) -> str:
    """The command for deleted files that Git has."""
    return words(("git", "checkout", "--", *paths))


def with_files_back(verdict: Verdict, paths: Sequence[str]) -> Verdict:
    """The verdict whose hints are to bring deleted files back, where a run would fail or there is no hint."""

    def brought_back(result: Result) -> Result:
        other = result.outcome != "error" or not (result.hint or _RUN).startswith(_RUN)
        hint = f"run `{bring_back(paths)}`: {listed(paths)} {'is' if len(paths) == 1 else 'are'} deleted here"
        return result if other else replace(result, hint=hint)

    return replace(verdict, results=tuple(map(brought_back, verdict.results)))


def needs_run(verdict: Verdict) -> bool:
    """Whether a gate's hint is to run the pipeline."""
    return any((each.hint or "").startswith(_RUN) for each in verdict.results)


def way_back(result: Result) -> str | None:
    """The command of a gate's hint that replaces what is left behind."""
    hint = result.hint or ""
    return next((each for each in (CHECK_OUT, _PULL) if hint.startswith(f"run `{each}`: ")), None)


def with_checkout(verdict: Verdict, found: LeftBehind, stages: Mapping[str, str | None]) -> Verdict:
    """The verdict whose hints are to check the outputs out or pull them, and not to run the pipeline.

    `stages` has the stage of each metric file.
    """

    def checked_out(result: Result) -> Result:
        if not (result.hint or "").startswith(_RUN):
            return result
        why = found.why_of(stages.get(result.file or ""))
        return replace(result, hint=f"run `{found.command}`: {why}")

    return replace(verdict, results=tuple(map(checked_out, verdict.results)))


def bring_back_step(status: Status, deleted: Collection[str]) -> NextStep | None:
    """Bring back what was deleted here, because without it a run fails or starts from nothing."""
    paths = deleted_files(status.stale, deleted)[:_MOST_FILES]
    if not paths:
        return None
    others = f" and {len(paths) - 1} more are" if len(paths) > 1 else " is"
    return NextStep(command=bring_back(paths), reason=f"`{paths[0]}`{others} deleted here")
