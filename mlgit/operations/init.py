"""Init: look at the repository and write its first `mlgit.yaml`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.config.loader import load
from mlgit.adapters.runner.files import write_whole
from mlgit.core.ci.other_tools import GUIDE
from mlgit.core.config.file import CONFIG_FILE, RESERVED_ENVIRONMENTS, Model
from mlgit.core.config.names import read_environment_name, read_model_name
from mlgit.core.forge.hosts import host_of_file
from mlgit.core.overview.init import (
    Found,
    FoundKind,
    Initialized,
    SuggestedGate,
    compose,
    own_files,
    suggest_gate,
)
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.core.wording import listed
from mlgit.errors import MlgitError, StateError
from mlgit.project.ci.other_tools import read_foreign_uses
from mlgit.project.gates.judge import Question, judge
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.read import read_registry
from mlgit.project.registry.readiness import problem_of_model
from mlgit.yaml12 import load as load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project

_MODEL_FILE = re.compile(
    r"(?i)\.(?:bin|cbm|ckpt|gguf|h5|joblib|keras|onnx|pb|pickle|pkl|pt|pth|safetensors|skops|tflite)$"
)
_ARTIFACTS_FILE = "artifacts.yaml"
_GTO_FILE = ".gto"


def write_config(project: Project, *, force: bool = False, dry_run: bool = False) -> Initialized:
    """Compose `mlgit.yaml` from the findings and write it to the root of the repository.

    Raises:
        StateError: the file exists, and neither `force` nor `dry_run` is set.
    """
    path = os.path.join(project.root, CONFIG_FILE)
    exists = os.path.lexists(path)
    if exists and not force and not dry_run:
        raise StateError(
            f"There is already a `{CONFIG_FILE}`",
            hint="edit it; `mlgit init --dry-run` shows what would be written, `--force` replaces it",
        )
    findings = _Findings(project)
    content = findings.compose()
    if not dry_run:
        write_whole({path: content})
    return Initialized(
        path=CONFIG_FILE,
        written=not dry_run,
        replaced=exists and not dry_run,
        dry_run=dry_run,
        content=content,
        found=findings.found(),
        offers=findings.offers(),
    )


class _Findings:
    """The models, metrics, params, environments and gates of dvc.yaml, of tags and of GTO's files."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._problems: list[str] = []
        self._evidence: Evidence = evidence(project, None)
        self._registry: Registry = read_registry(project)
        self._foreign = read_foreign_uses(project)
        self._old_artifacts = _text_entries(self._read_yaml(_ARTIFACTS_FILE))
        gto = self._read_yaml(_GTO_FILE)
        stages = gto.get("stages") if isinstance(gto, dict) else None
        self._gto_stages = tuple(str(stage) for stage in stages) if isinstance(stages, list) else None
        self._sources: dict[str, str] = {}
        self._models = self._find_models()
        self._environments = self._find_environments()

    def compose(self) -> str:
        """The file's text; its gates are comments if they would block the current state."""
        gates = self._suggest_gates()
        content = self._text(gates, active=True)
        if gates and not self._passes(content):
            self._problems.append("the gates are comments, because they would block what is here now")
            content = self._text(gates, active=False)
        return content

    def found(self) -> tuple[Found, ...]:
        """All findings, models first."""
        seen = [Found(kind="model", name=name, where=where) for name, where in self._sources.items()]
        for file in self._evidence.metric_files:
            kind: FoundKind = "dvclive" if "dvclive" in file.path.split("/") else "metrics"
            where = f"stage {file.stage}" if file.stage else "dvc.yaml"
            seen.append(Found(kind=kind, name=file.path, where=where))
        seen += [Found(kind="params", name=path, where="dvc.yaml") for path in self._evidence.params]
        seen += [
            Found(kind="environment", name=name, where=where) for name, where in self._environments.items()
        ]
        if self._gto_stages is not None:
            seen.append(Found(kind="gto", name=", ".join(self._gto_stages), where=_GTO_FILE))
        seen += [Found(kind="ci", name=use.thing, where=use.path) for use in self._foreign]
        return tuple(seen)

    def offers(self) -> tuple[str, ...]:
        """Suggestions for the user, one sentence each."""
        offers = list(self._problems)
        if self._gto_stages is not None:
            hidden = [name for name in self._environments if name not in self._gto_stages]
            names = ", ".join(dict.fromkeys((*self._gto_stages, *hidden)))
            text = "lists `stages:`; an environment added here has to be added there too"
            if hidden:
                text = f"hides environments from gto; its line should be `stages: [{names}]`"
            offers.append(f"`{_GTO_FILE}` {text}")
        if self._old_artifacts:
            offers.append(
                f"`{_ARTIFACTS_FILE}` is read by old GTO only; "
                "move its entries to `artifacts:` in dvc.yaml, where dvc and gto look now"
            )
        offers += [f"instead of {use.thing} in `{use.path}`: {use.equivalent}" for use in self._foreign]
        hosts = sorted({host_of_file(use.path) for use in self._foreign})
        offers += [f"`mlgit ci init --host {host}` writes CI for it; {GUIDE} compares" for host in hosts]
        return tuple(offers)

    def _text(self, gates: Sequence[SuggestedGate], *, active: bool) -> str:
        known = {model.name for model in self._models}
        return compose(
            self._models,
            gates,
            tuple(self._environments),
            pathless=[name for name in self._registry.models if name not in known],
            takes_pre=self._with_pre_releases(),
            gates_active=active,
            foreign_tags=self._made_by_gto(),
        )

    def _made_by_gto(self) -> bool:
        """Whether there are tags and none of them is mlgit's, or only GTO's own file."""
        facts = [fact for model in self._registry.models.values() for fact in model.facts]
        if not facts:
            return self._project.worktree.read(_GTO_FILE) is not None
        return all(fact.parsed_summary.at_s is None for fact in facts)

    def _with_pre_releases(self) -> set[str]:
        """The environments that have a pre-release, which would not count without `pre: true`."""
        there = [each for model in self._registry.models.values() for each in model.environments.values()]
        return {
            each.environment for each in there if each.version is not None and not each.version.version.final
        }

    def _passes(self, content: str) -> bool:
        """Whether `mlgit check` would pass with this file."""
        self._project.set_config(load(content.encode(), name=CONFIG_FILE, cache_dir=None))
        try:
            return judge(self._project, Question()).decision != "block"
        except MlgitError:
            return False

    def _suggest_gates(self) -> tuple[SuggestedGate, ...]:
        if len(self._models) < 2:  # noqa: PLR2004 (one model needs no name in its gate)
            gates = [suggest_gate(self._evidence.metric_files)]
        else:
            files = {
                each.path or "": files_of_model(each, self._evidence, alone=False) for each in self._models
            }
            gates = [self._gate_of(model, files) for model in self._models]
            self._models = tuple(self._with_metrics(model, files) for model in self._models)
        return tuple({gate.id: gate for gate in gates if gate is not None}.values())

    def _gate_of(self, model: Model, files: Mapping[str, Sequence[MetricFile]]) -> SuggestedGate | None:
        found = _own(model, files)
        if found is None:
            named = listed(file.path for file in files[model.path or ""])
            self._problems.append(
                f"`{model.name}` has no gate: which of {named} are its metrics is not known; "
                "say it with `metrics: [FILE]` below the model"
            )
        return None if found is None else suggest_gate(found, model=model.name)

    def _with_metrics(self, model: Model, files: Mapping[str, Sequence[MetricFile]]) -> Model:
        """The model, with its metric files where others share its stage."""
        found = _own(model, files)
        if found is None or len(found) == len(files[model.path or ""]):
            return model
        return replace(model, metrics=tuple(file.path for file in found))

    def _find_models(self) -> tuple[Model, ...]:
        """Models of `artifacts:` and old GTO files; without any, outputs that look like models."""
        pipeline = self._evidence.pipeline
        models = [
            Model(name=item.name, path=item.path, description=item.description)
            for item in pipeline.artifacts
            if item.type in {None, "model"} or item.name in self._registry.models
        ]
        self._sources = dict.fromkeys((model.name for model in models), "artifacts in dvc.yaml")
        for name, path in self._old_artifacts.items():
            if name not in self._sources:
                models.append(Model(name=name, path=path))
                self._sources[name] = _ARTIFACTS_FILE
        if not models:
            for output in pipeline.outputs:
                if _MODEL_FILE.search(output.path) and not output.metric and not output.plot:
                    name = _new_name(output.path)
                    models.append(Model(name=name, path=output.path))
                    self._sources.setdefault(name, f"an output of {output.owner}")
        for name in self._registry.models:
            self._sources.setdefault(name, "tags")
        return tuple(model for model in _usable(models) if self._is_there(model))

    def _is_there(self, model: Model) -> bool:
        """Whether an output or a file in Git has the model's path; otherwise it is left out, and why."""
        found = problem_of_model(self._project, None, model.name, model.path)
        if found is None or found.code != "model_not_found":
            return True
        where = self._sources.pop(model.name, "")
        self._problems.append(f"the model `{model.name}` ({where}) is left out: {found.message}")
        return False

    def _find_environments(self) -> Mapping[str, str]:
        """The source of each environment by name: tags first, then `.gto`."""
        names: dict[str, str] = {}
        for model in self._registry.models.values():
            names.update(dict.fromkeys(model.environments, "tags"))
        for stage in self._gto_stages or ():
            names.setdefault(stage, _GTO_FILE)
        kept = {}
        for name, where in names.items():
            if name in RESERVED_ENVIRONMENTS:
                why = "is left out: the name is reserved in mlgit"
                self._problems.append(f"the environment `{name}` ({where}) {why}")
            elif read_environment_name(name) is not None:
                kept[name] = where
        return kept

    def _read_yaml(self, path: str) -> object:
        content = self._project.worktree.read(path)
        if content is None:
            return None
        try:
            return load_yaml(content, name=path)
        except MlgitError as error:
            self._problems.append(f"`{path}` could not be read: {error.message}")
            return None


def _own(model: Model, files: Mapping[str, Sequence[MetricFile]]) -> Sequence[MetricFile] | None:
    path = model.path or ""
    return own_files(model, files[path], {each: found for each, found in files.items() if each != path})


def _text_entries(entries: object) -> dict[str, str]:
    """The path of each entry of an old `artifacts.yaml` that has one, by name."""
    if not isinstance(entries, dict):
        return {}
    return {
        name: entry["path"]
        for name, entry in entries.items()
        if isinstance(name, str) and isinstance(entry, dict) and isinstance(entry.get("path"), str)
    }


def _usable(models: Iterable[Model]) -> tuple[Model, ...]:
    """The models with a valid name and path, each name and each path once."""
    kept: dict[str, Model] = {}
    paths: set[str] = set()
    for model in models:
        path = model.path or ""
        inside = path and not path.startswith(("/", "~", "../")) and "://" not in path and path.isprintable()
        if read_model_name(model.name) is None or model.name in kept or not inside or path in paths:
            continue
        paths.add(path)
        kept[model.name] = model
    return tuple(kept.values())


def _new_name(path: str) -> str:
    stem = os.path.splitext(os.path.basename(path))[0].lower()
    name = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:63].strip("-")
    # `models/churn/model.pkl` is the model `churn`.
    generic = {"", "model", "weights", "best", "final", "checkpoint"}
    folder = os.path.dirname(path)
    return _new_name(folder) if name in generic and folder else name or "model"
