"""Side: one side of a change, and what each of its gates compares."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.config.file import FileBaseline
from mlgit.core.gates.evaluate import Case, vs_key
from mlgit.core.gates.resolved.resolution import ResolvedGate, resolve_case
from mlgit.core.pipeline.known_models import KnownModel
from mlgit.core.pipeline.model_files import files_of_model, model_path
from mlgit.core.record import record
from mlgit.project.registry.models import content_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Config, Gate, Model
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project


@record
class Side:
    """One side of a comparison: its rules, and the evidence that they are applied to."""

    config: Config
    evidence: Evidence

    @property
    def alone(self) -> bool:
        """Whether there is only one model."""
        return len(self.config.models or self.artifacts) <= 1

    @property
    def artifacts(self) -> Mapping[str, str]:
        """The models of dvc.yaml: name -> path."""
        found = self.evidence.pipeline.artifacts
        return {each.name: each.path for each in found if each.type in {None, "model"}}

    @property
    def paths(self) -> Mapping[str, str | None]:
        """The models' paths by name."""
        pipeline = self.evidence.pipeline
        return {name: model_path(each, pipeline) for name, each in self.config.models.items()} or {
            **self.artifacts
        }

    @property
    def named(self) -> Mapping[str, str]:
        """The files that mlgit.yaml names: models, and what gates compare with."""
        files = [gate.vs.path for gate in self.config.gates.values() if isinstance(gate.vs, FileBaseline)]
        models = {path: f"model `{name}`" for name, path in self.paths.items() if path is not None}
        return {**models, **dict.fromkeys(files, "a gate compares with it")}

    def known(self, project: Project) -> tuple[KnownModel, ...]:
        tree = project.tree(self.evidence.commit)
        artifacts = {each.name: each.path for each in self.evidence.pipeline.artifacts}
        return tuple(
            KnownModel(
                name=name,
                path=path,
                artifact=artifacts.get(name),
                digest=partial(content_digest, tree, self.evidence.pipeline, path),
            )
            for name, path in sorted(self.paths.items())
        )


def resolve_side(side: Side, finder: Baselines, files: Baselines) -> list[ResolvedGate]:
    """Every gate for every model of one side; `files` finds reference files in the side's own tree."""
    found: list[ResolvedGate] = []
    models: list[Model | None] = [*side.config.models.values()]
    for model in models or [None]:
        name = None if model is None else model.name
        gates = tuple(gate for gate in side.config.gates.values() if _applies(gate, name))
        wanted = {vs_key(gate.vs): gate.vs for gate in gates if gate.vs is not None}
        baselines = {
            key: (files if isinstance(vs, FileBaseline) else finder).find(vs, model)
            for key, vs in wanted.items()
        }
        case = Case(name, gates, files_of_model(model, side.evidence, alone=side.alone), baselines)
        path = _only(side.artifacts) if model is None else model_path(model, side.evidence.pipeline)
        found += resolve_case(case, side.evidence.pipeline, path=path)
    return found


def _applies(gate: Gate, model: str | None) -> bool:
    return gate.models is None or model is None or model in gate.models


def _only(paths: Mapping[str, str]) -> str | None:
    return next(iter(paths.values())) if len(paths) == 1 else None
