"""Metric origin: whether the numbers of a metric file were made by its stage from the current inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import bytes_md5
from mlgit.core.pipeline.evidence import Problem, StageState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Output


def trust(
    content: bytes, out: Output, path: str, stage: str, states: Mapping[str, StageState]
) -> list[Problem]:
    """Why the numbers of a stage's metric file do not match the stage's inputs."""
    problems = []
    run = f"run `mlgit run {stage}`"
    state = states.get(stage) or StageState(address=stage)
    reasons = list(state.reasons)
    edited = f"changed output {out.path}"
    foreign = _foreign(content, out, path, stage, edited=edited in reasons)
    if foreign is not None:
        problems.append(Problem(code="not_from_pipeline", message=f"`{path}` {foreign}", hint=run))
        reasons = [reason for reason in reasons if reason != edited]
    if reasons or state.upstream:
        why = ", ".join((*reasons, *(f"upstream {one}" for one in state.upstream)))
        problems.append(Problem(code="stale", message=f"Stage `{stage}` is stale: {why}", hint=run))
    return problems


def _foreign(content: bytes, out: Output, path: str, stage: str, *, edited: bool) -> str | None:
    """Why a metric file differs from the record in dvc.lock, in words that follow its name."""
    if out.pointer is None:
        return f"is not recorded in dvc.lock: stage `{stage}` has not made it yet"
    if out.path == path:
        edited = bytes_md5(content, legacy=out.pointer.legacy) != out.pointer.md5
    return f"is not what stage `{stage}` wrote" if edited else None
