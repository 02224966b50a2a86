"""Init: look at the repository and write its first `mlgit.yaml`, or add to one what it could not have yet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.config.loader import load
from mlgit.adapters.runner.files import write_whole
from mlgit.core.ci.other_tools import GUIDE
from mlgit.core.config.file import CONFIG_FILE, RESERVED_ENVIRONMENTS, Config
from mlgit.core.config.names import read_environment_name
from mlgit.core.forge.hosts import host_of_file
from mlgit.core.overview.first_config import compose, extended
from mlgit.core.overview.init import (
    Found,
    FoundKind,
    Initialized,
    NewGate,
    in_order,
    new_gate,
    suggest_gate,
    suggest_gates,
    with_live,
)
from mlgit.core.pipeline.metrics import text
from mlgit.errors import MlgitError, StateError
from mlgit.project.ci.other_tools import read_foreign_uses
from mlgit.project.gates.judge import Question, judge
from mlgit.project.overview.found_models import find_models
from mlgit.project.pipeline.evidence import evidence, forget_evidence
from mlgit.project.registry.completeness import doubts, unknown_note
from mlgit.project.registry.read import read_registry
from mlgit.yaml12 import load as load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.gates.verdict import Verdict
    from mlgit.core.pipeline.evidence import MetricFile
    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project

_ARTIFACTS_FILE = "artifacts.yaml"
_GTO_FILE = ".gto"


def write_config(project: Project, *, force: bool = False, dry_run: bool = False) -> Initialized:
    """Compose `mlgit.yaml` from the findings and write it to the root of the repository.

    A file that is there and has no gate gets those that are found now, and what they need.

    Raises:
        StateError: the file exists and there is nothing to add, and neither `force` nor `dry_run` is set.
    """
    path = os.path.join(project.root, CONFIG_FILE)
    exists = os.path.lexists(path)
    there = project.config(None) if exists and not force else None
    if force:  # what the old file declares would hide what is found without it
        project.set_config(Config(declared=False))
    if there is not None and there.gates and not dry_run:
        raise _already_there()
    findings = _Findings(project, there)
    extend = there is not None and not there.gates and bool(findings.gates)
    if there is not None and not extend and not dry_run:
        raise _already_there()
    content, gates = findings.extend() if extend else findings.compose()
    if not dry_run:
        write_whole({path: content})
    config = load(content.encode(), name=CONFIG_FILE, cache_dir=None)
    return Initialized(
        path=CONFIG_FILE,
        written=not dry_run,
        replaced=exists and not extend and not dry_run,
        dry_run=dry_run,
        content=content,
        added=extend,
        models=len(config.models),
        environments=len(config.environments),
        gates=gates,
        found=findings.found(),
        offers=findings.offers(),
    )


def _already_there() -> StateError:
    return StateError(
        f"There is already a `{CONFIG_FILE}`",
        hint="edit it; `mlgit init --dry-run` shows what would be written, `--force` replaces it",
    )


class _Findings:
    """The models, metrics, params, environments and gates of dvc.yaml, of files, of tags and of GTO's files.

    The models of `there`, a config that is to be extended, are kept.
    """

    def __init__(self, project: Project, there: Config | None) -> None:
        self._project = project
        self._problems: list[str] = []
        self._there = there
        self._registry: Registry = read_registry(project)
        if doubts(project, {}).clone.known == "no" and (why := unknown_note(project)):
            self._problems.append(f"what tags hold is not known: {why}, then `mlgit init --force`")
        self._foreign = read_foreign_uses(project)
        self._old_artifacts = _text_entries(self._read_yaml(_ARTIFACTS_FILE))
        gto = self._read_yaml(_GTO_FILE)
        stages = gto.get("stages") if isinstance(gto, dict) else None
        self._gto_stages = tuple(str(stage) for stage in stages) if isinstance(stages, list) else None
        self._found = find_models(
            project,
            evidence(project, None),
            tagged=self._registry.models,
            artifacts=self._old_artifacts,
            declared=() if there is None else tuple(there.models.values()),
        )
        self._problems += self._found.left_out
        self._evidence = self._found.evidence
        self._environments = self._find_environments()
        suggested = suggest_gates(self._found.models, self._evidence)
        self._models = suggested.models
        self.gates = with_live(suggested.gates, self._live(), suggested.models)
        self._problems += suggested.problems

    def compose(self) -> tuple[str, tuple[NewGate, ...]]:
        """The file's text; gates that would block the current state are comments."""
        return self._judged(self._text)

    def extend(self) -> tuple[str, tuple[NewGate, ...]]:
        """The text of the file that is there, with the gates and the models that it lacks.

        Raises:
            StateError: it is written in a way that the new lines do not fit into.
        """
        path = os.path.join(self._project.root, CONFIG_FILE)
        with open(path, encoding="utf-8") as file:
            before = file.read()

        def text(inactive: Mapping[str, str]) -> str:
            gates = [gate for gate in self.gates if gate.id not in inactive]
            return extended(before, self._models, gates)

        content, gates = self._judged(text, "left out")
        lines = extended("", self._models, self.gates)
        hint = f"write it yourself:\n{lines}"
        wanted = {gate.id for gate in gates if gate.active}
        try:
            config = load(content.encode(), name=CONFIG_FILE, cache_dir=None)
        except MlgitError as error:
            raise StateError(f"`{CONFIG_FILE}` cannot be added to: {error.message}", hint=hint) from error
        metrics = {model.name: model.metrics for model in self._models}
        if wanted - set(config.gates) or metrics != {
            name: config.models[name].metrics for name in metrics if name in config.models
        }:
            raise StateError(f"`{CONFIG_FILE}` is written in a way that nothing can be added to", hint=hint)
        return content, gates

    def _judged(
        self, text: Callable[[Mapping[str, str]], str], without: str = "a comment"
    ) -> tuple[str, tuple[NewGate, ...]]:
        """The text with the gates that cannot pass now being `without`, and what each gate says."""
        verdict = self._verdict(text({}))
        if isinstance(verdict, str):
            gates = [NewGate(id=gate.id, active=False, message=verdict) for gate in self.gates]
        else:
            results = {result.gate: result for result in verdict.results}
            notes = [note.message for note in verdict.notes if note.effect == "block"]
            gates = [new_gate(gate, results.get(gate.id), notes) for gate in self.gates]
        why_not = {gate.id: gate.why_not for gate in gates if gate.why_not is not None}
        self._problems += [f"`{gate}` is {without}, because it {why_not[gate]}" for gate in why_not]
        return text(why_not), tuple(gates)

    def _verdict(self, content: str) -> Verdict | str:
        """What `mlgit check` would say with this file, or why it could not."""
        try:
            self._project.set_config(load(content.encode(), name=CONFIG_FILE, cache_dir=None))
            forget_evidence(self._project)  # the file may name more metric files
            return judge(self._project, Question())
        except MlgitError as error:
            return error.message

    def found(self) -> tuple[Found, ...]:
        """All findings, models first."""
        seen = [Found(kind="model", name=name, where=where) for name, where in self._found.sources.items()]
        seen += [
            Found(kind="model", name=name, where="tags")
            for name in self._registry.models
            if name not in self._found.sources
        ]
        for file in self._evidence.metric_files:
            kind: FoundKind = "dvclive" if "dvclive" in file.path.split("/") else "metrics"
            where = f"stage {file.stage}" if file.stage else file.tracked_by or "not in a pipeline"
            seen.append(Found(kind=kind, name=file.path, where=where, value=_first_value(file)))
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

    def _text(self, inactive: Mapping[str, str]) -> str:
        known = {model.name for model in self._models}
        return compose(
            self._models,
            self.gates,
            tuple(self._environments),
            doubtful=self._found.doubtful,
            pathless=[name for name in self._registry.models if name not in known],
            takes_pre=self._with_pre_releases(),
            inactive=inactive,
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

    def _live(self) -> Mapping[str, list[str]]:
        """The environments that hold a version and may be declared, by model."""
        declared = self._environments if self._there is None else self._there.environments
        return {
            name: [each for each, state in model.environments.items() if state.version and each in declared]
            for name, model in self._registry.models.items()
        }

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
        return {name: kept[name] for name in in_order(kept)}

    def _read_yaml(self, path: str) -> object:
        content = self._project.worktree.read(path)
        if content is None:
            return None
        try:
            return load_yaml(content, name=path)
        except MlgitError as error:
            self._problems.append(f"`{path}` could not be read: {error.message}")
            return None


def _text_entries(entries: object) -> dict[str, str]:
    """The path of each entry of an old `artifacts.yaml` that has one, by name."""
    if not isinstance(entries, dict):
        return {}
    return {
        name: entry["path"]
        for name, entry in entries.items()
        if isinstance(name, str) and isinstance(entry, dict) and isinstance(entry.get("path"), str)
    }


def _first_value(file: MetricFile) -> str | None:
    """The metric of a file that people look at first, with its number."""
    gate = suggest_gate([file])
    return None if gate is None else f"{gate.metric.removeprefix(f'{file.path}:')} {text(gate.value)}"
