"""Checkout: whether stages are stale only because outputs here are those of another branch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.overview.status import DataState
    from mlgit.core.pipeline.evidence import StageState

COMMAND = "dvc checkout"
_RUN = "run `mlgit run "


def left_behind(stale: Sequence[StageState], data: Sequence[DataState]) -> DataState | None:
    """The first output of another branch, if `dvc checkout` ends the staleness of all these stages.

    This is so after `git switch`: git changed dvc.lock, and not the files that DVC keeps.
    """
    foreign = [each for each in data if each.found_in is not None and each.in_cache]
    paths = [each.path for each in foreign]
    return foreign[0] if foreign and all(_explained(stage, paths) for stage in stale) else None


def _explained(stage: StageState, paths: Sequence[str]) -> bool:
    """Whether a stage is stale only because of these outputs."""
    texts = [reason.removeprefix("changed ").partition(" ") for reason in stage.reasons]
    return all(
        kind in {"dep", "output"} and any(f"{name}/".startswith(f"{path}/") for path in paths)
        for kind, _, name in texts
    )


def explain_left_behind(output: DataState) -> str:
    """Whose output is there, in a sentence."""
    return f"`{output.path}` is that of `{output.found_in}`"


def needs_run(verdict: Verdict) -> bool:
    """Whether a gate's hint is to run the pipeline."""
    return any((each.hint or "").startswith(_RUN) for each in verdict.results)


def checks_out(result: Result) -> bool:
    """Whether a gate's hint is to check out what DVC keeps."""
    return (result.hint or "").startswith(f"run `{COMMAND}`")


def with_checkout(verdict: Verdict, output: DataState) -> Verdict:
    """The verdict whose hints are to check the outputs out, and not to run the pipeline."""

    def checked_out(result: Result) -> Result:
        if not (result.hint or "").startswith(_RUN):
            return result
        return replace(result, hint=f"run `{COMMAND}`: {explain_left_behind(output)}")

    return replace(verdict, results=tuple(map(checked_out, verdict.results)))
