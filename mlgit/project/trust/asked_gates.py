"""Asked gates: those whose outcomes a statement must have, each with the outcomes that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.errors import ConfigError
from mlgit.project.trust.lifted import LIFTED, lifts, waivers_since
from mlgit.project.valid_rules import last_valid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mlgit.core.config.file import Config, Environment, Gate
    from mlgit.core.registry.statement import Statement
    from mlgit.project.open import Project


class GatesOfPromotions(Mapping[tuple[str, str], Mapping[str, frozenset[str]]]):
    """(policy, environment) -> the gates that a promotion of a model there had to state; each is read once.

    The policy is a commit of trunk, or empty for trunk as it is. A waiver may have lifted a gate:
    `WaiversOfPromotions`.
    """

    def __init__(self, project: Project, model: str) -> None:
        self._project = project
        self._model = model
        self._found: dict[tuple[str, str], Mapping[str, frozenset[str]]] = {}

    def __getitem__(self, key: tuple[str, str]) -> Mapping[str, frozenset[str]]:
        if key not in self._found:
            self._found[key] = self._gates(*key)
        return self._found[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _gates(self, policy: str, environment: str) -> Mapping[str, frozenset[str]]:
        from mlgit.core.gates.evaluate import select

        project = self._project
        try:
            config = project.config(policy) if policy else project.trunk_config
        except ConfigError:
            return {}
        gates = select(config, purpose="promote", model=self._model, environment=environment)
        return {gate.id: refused_outcomes(gate) for gate in gates}


class RulesOfCommits(Mapping[str, "Mapping[str, Environment]"]):
    """The environments of commits, none for those whose rules are invalid."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __getitem__(self, commit: str) -> Mapping[str, Environment]:
        try:
            return self._project.config(commit).environments
        except ConfigError:
            return {}

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def gates_of_releases(
    project: Project, statements: Iterable[Statement | None]
) -> Mapping[str, Mapping[str, Collection[str]]]:
    """Commit -> the gates that `release` asked for there, by the rules of that commit.

    A waiver that trunk had then or later may have lifted a gate: it need not be there any more.
    """
    known = [each for each in statements if isinstance(each, ReleaseStatement)]
    files = project.objects.get_many(f"{each.commit}:{CONFIG_FILE}" for each in known)
    asked: dict[tuple[bytes, str], Mapping[str, frozenset[str]]] = {}
    found: dict[str, Mapping[str, Collection[str]]] = {}
    for each in known:
        file = files[f"{each.commit}:{CONFIG_FILE}"]
        if file is None:
            continue
        key = (file.content, each.model)
        if key not in asked:
            asked[key] = _of_release(rules_then(project, each.commit), each.model)
        found[each.commit] = _without_waived(project, each, asked[key])
    return found


def _of_release(config: Config | None, model: str) -> Mapping[str, frozenset[str]]:
    from mlgit.core.gates.evaluate import select

    gates = () if config is None else select(config, purpose="release", model=model)
    return {gate.id: refused_outcomes(gate) for gate in gates}


def rules_then(project: Project, commit: str) -> Config | None:
    """The rules of a commit or, where these are invalid, the newest valid ones before it, if any."""
    try:
        return project.config(commit)
    except ConfigError:
        valid = last_valid(project.git, commit, project.config)
        return None if valid is None else project.config(valid)


def _without_waived(
    project: Project, statement: ReleaseStatement, asked: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    blocking = {each.outcome for each in statement.gates if each.outcome in asked.get(each.gate, ())}
    if blocking.isdisjoint(LIFTED):
        return asked
    waivers = waivers_since(project, statement.commit)
    return {
        gate: frozenset(each for each in outcomes if not lifts(waivers, gate, statement.model, each))
        for gate, outcomes in asked.items()
    }


def refused_outcomes(gate: Gate) -> frozenset[str]:
    """The outcomes that block, and those that a gate of this form never has."""
    from mlgit.core.gates.evaluate import effect_of, outcomes_of
    from mlgit.core.gates.verdict import Outcome

    possible = outcomes_of(gate)
    every: tuple[Outcome, ...] = get_args(Outcome)
    return frozenset(each for each in every if each not in possible or effect_of(gate, each) == "block")
