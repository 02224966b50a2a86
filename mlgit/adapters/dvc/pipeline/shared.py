"""Shared: outputs that several stages or .dvc files have, so that DVC runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.evidence import SHARED
from mlgit.core.pipeline.model_files import meets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.pipeline.stages import Stage


def shared_by(stage: Stage, shared: Mapping[str, Sequence[str]]) -> list[str]:
    """A reason for each output with several owners that a stage makes or reads."""
    near = (*stage.deps, *stage.params, *(out.path for out in stage.outs))
    return [
        shared_text(path, owners)
        for path, owners in shared.items()
        if stage.address in owners or any(meets(path, each) for each in near)
    ]


def shared_text(path: str, owners: Sequence[str]) -> str:
    names = " and of ".join(f"`{each}`" for each in owners)
    return f"`{path}` is an output of {names}, {SHARED}"
