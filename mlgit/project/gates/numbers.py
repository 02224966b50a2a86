"""Numbers: which numbers of a model count, those that its pipeline made or all that are committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.model_files import files_of_model, made_by_stage
from mlgit.errors import ConfigError
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.config.file import Config, Model, Numbers
    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.project.open import Project


def numbers_rule(
    project: Project,
    model: Model | None,
    files: Sequence[MetricFile],
    *,
    rules: tuple[Config, Config | None],
    own: Evidence,
) -> Numbers:
    """The rule for a model of a candidate with the evidence `own`; `files` are its metric files there.

    `rules` are the config of trunk and, for a change, the one that it will have. The stricter one counts: a
    change cannot choose less than trunk asks for, and what passes before the merge passes after it.
    """
    trunk, merged = rules
    if all(file.stage is not None for file in files):
        # The rule makes no difference, and trunk need not be read.
        return trunk.numbers or "pipeline"
    now = _on_trunk(project, model, trunk=trunk, own=own)
    if now == "pipeline" or merged is None:
        return now
    return merged.numbers or ("pipeline" if _made(model, own, merged) else "committed")


def _on_trunk(project: Project, model: Model | None, *, trunk: Config, own: Evidence) -> Numbers:
    """The rule of trunk as it is: it says it, or a stage makes the model or its numbers there.

    For a model that trunk does not know, the candidate's own pipeline decides.
    """
    if trunk.numbers is not None:
        return trunk.numbers
    try:
        there = own if project.trunk is None else evidence(project, project.trunk.commit, staleness=False)
    except ConfigError:
        there = own
    declared = None if model is None else trunk.models.get(model.name)
    if model is None or declared is not None:
        made = _made(declared, there, trunk) or _made(model, there, trunk)
    else:
        made = _made(model, there, trunk) or _made(model, own, trunk)
    return "pipeline" if made else "committed"


def _made(model: Model | None, found: Evidence, config: Config) -> bool:
    """Whether a stage makes the model or one of its metric files."""
    files = files_of_model(model, found, alone=len(config.models) <= 1)
    return made_by_stage(model, found.pipeline) or any(file.stage is not None for file in files)
