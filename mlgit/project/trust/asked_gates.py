"""Asked gates: those whose outcomes a statement must have, each with the outcomes that block."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.config.file import Config, Gate
    from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
    from mlgit.project.open import Project


def gates_of_promotion(
    project: Project, statement: EnvironmentStatement, policy: str | None
) -> Mapping[str, frozenset[str]]:
    """The gates that `promote` asks by the rules of a commit or trunk.

    A waiver of that commit may have lifted a gate: what it says then is not looked at.
    """
    from mlgit.core.gates.evaluate import select

    try:
        config = project.trunk_config if policy is None else project.config(policy)
    except ConfigError:
        return {}
    gates = select(config, purpose="promote", model=statement.model, environment=statement.environment)
    if not gates:
        return {}
    commit = policy or (None if project.trunk is None else project.trunk.commit)
    waived = _waived_at(project, commit)
    return {
        gate.id: frozenset() if is_waived(gate.id, statement.model, waived) else _blocking(gate)
        for gate in gates
    }


def gates_of_releases(
    project: Project, releases: Iterable[ReleaseStatement]
) -> Mapping[str, Mapping[str, Collection[str]]]:
    """Commit -> the gates that `release` asked for there, by the rules of that commit.

    A waiver on trunk may have lifted a gate: it need not be there any more, nor be older than the commit.
    """
    known = list(releases)
    files = project.objects.get_many(f"{each.commit}:{CONFIG_FILE}" for each in known)
    asked: dict[tuple[bytes, str], Mapping[str, frozenset[str]]] = {}
    found: dict[str, Mapping[str, Collection[str]]] = {}
    for each in known:
        file = files[f"{each.commit}:{CONFIG_FILE}"]
        if file is None:
            continue
        key = (file.content, each.model)
        if key not in asked:
            asked[key] = _of_release(_config(project, each.commit), each.model)
        found[each.commit] = _without_waived(project, each, asked[key])
    return found


def _of_release(config: Config | None, model: str) -> Mapping[str, frozenset[str]]:
    from mlgit.core.gates.evaluate import select

    gates = () if config is None else select(config, purpose="release", model=model)
    return {gate.id: _blocking(gate) for gate in gates}


def _config(project: Project, commit: str) -> Config | None:
    try:
        return project.config(commit)
    except ConfigError:
        return None


def _without_waived(
    project: Project, statement: ReleaseStatement, asked: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    if not any(each.outcome in asked.get(each.gate, ()) for each in statement.gates):
        return asked
    waived = waived_ever(project)
    return {
        gate: frozenset() if is_waived(gate, statement.model, waived) else outcomes
        for gate, outcomes in asked.items()
    }


def waived_ever(project: Project) -> frozenset[str]:
    """What the waivers of trunk are about (`gate` or `model/gate`), as they are and as they were."""
    tip = None if project.trunk is None else project.trunk.commit
    changes = (
        [] if tip is None else project.git.run_text("log", "--format=%H", tip, "--", WAIVERS_FILE).split()
    )
    return frozenset().union(*(_waived_at(project, commit) for commit in (tip, *changes)))


def is_waived(gate: str, model: str | None, waived: Collection[str]) -> bool:
    """Whether one of these ids is that of a gate, or of its result for a model."""
    return gate in waived or f"{model}/{gate}" in waived


def _waived_at(project: Project, commit: str | None) -> frozenset[str]:
    """The ids in the waivers of a commit; an invalid file lets nothing through."""
    content = project.tree(commit).read(WAIVERS_FILE)
    if content is None:
        return frozenset()
    from mlgit.adapters.config.waivers import load_waivers

    try:
        return frozenset(each.gate for each in load_waivers(content, name=WAIVERS_FILE))
    except ConfigError:
        return frozenset()


def _blocking(gate: Gate) -> frozenset[str]:
    from mlgit.core.gates.evaluate import effect_of
    from mlgit.core.gates.verdict import Outcome

    return frozenset(outcome for outcome in get_args(Outcome) if effect_of(gate, outcome) == "block")
