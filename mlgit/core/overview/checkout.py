"""Checkout: stages that are stale only because files here are not those that Git and DVC keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.record import record
from mlgit.core.wording import listed, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.overview.status import DataState
    from mlgit.core.pipeline.evidence import StageState

CHECK_OUT, _PULL = "dvc checkout", "dvc pull"
_RUN = "run `mlgit run "
_READ = frozenset({"mlgit.yaml", "dvc.yaml", "dvc.lock"})
_INPUTS = ("deleted params file ", "deleted dep ")


@record
class LeftBehind:
    """An output that is still that of another branch or commit, and the command that replaces it."""

    output: DataState
    command: str

    @property
    def why(self) -> str:
        """Whose output is there, in a sentence."""
        return f"`{self.output.path}` is that of `{self.output.found_in}`"


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
    return LeftBehind(output=(lacking or foreign)[0], command=_PULL if lacking else CHECK_OUT)


def _explained(stage: StageState, paths: Sequence[str]) -> bool:
    """Whether a stage is stale only because of these outputs."""
    texts = [reason.removeprefix("changed ").partition(" ") for reason in stage.reasons]
    return all(
        kind in {"dep", "output"} and any(f"{name}/".startswith(f"{path}/") for path in paths)
        for kind, _, name in texts
    )


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


def with_checkout(verdict: Verdict, found: LeftBehind) -> Verdict:
    """The verdict whose hints are to check the outputs out or pull them, and not to run the pipeline."""

    def checked_out(result: Result) -> Result:
        if not (result.hint or "").startswith(_RUN):
            return result
        return replace(result, hint=f"run `{found.command}`: {found.why}")

    return replace(verdict, results=tuple(map(checked_out, verdict.results)))
