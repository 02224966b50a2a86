"""Asked gates: those whose outcomes a statement must have, each with the outcomes that block."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, get_args

from mlgit.adapters.git.refs import came_s
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.errors import ConfigError
from mlgit.project.valid_rules import last_valid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mlgit.core.config.file import Config, Environment, Gate
    from mlgit.core.gates.verdict import Result
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.registry.statement import Statement
    from mlgit.project.open import Project


class GatesOfPromotions(Mapping[tuple[str, str], Mapping[str, frozenset[str]]]):
    """(policy, environment) -> the gates that a promotion of a model there had to state; each is read once.

    The policy is a commit of trunk, or empty for trunk as it is. A waiver of that commit may have lifted a
    gate: what it says then is not looked at.
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
        if not gates:
            return {}
        commit = policy or (None if project.trunk is None else project.trunk.commit)
        waived = _waived_at(project, commit)
        return {
            gate.id: frozenset() if is_waived(gate.id, self._model, waived) else _blocking(gate)
            for gate in gates
        }


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
    return {gate.id: _blocking(gate) for gate in gates}


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
    if not any(each.outcome in asked.get(each.gate, ()) for each in statement.gates):
        return asked
    waived = waived_since(project, statement.commit)
    return {
        gate: frozenset() if is_waived(gate, statement.model, waived) else outcomes
        for gate, outcomes in asked.items()
    }


def waived_since(project: Project, commit: str) -> frozenset[str]:
    """What waivers are about (`gate` or `model/gate`) that may let a commit through: `waivers_since`."""
    return frozenset(each.gate for each in waivers_since(project, commit))


def waivers_since(project: Project, commit: str) -> tuple[Waiver, ...]:
    """The waivers that trunk had when a commit came there, or later.

    One whose last day was before that could not let it through. What a commit inside a pull request has was
    never trunk's, and its date is that of its author.
    """
    from mlgit.project.trust.default_branch import own_branch_counts, trunk_tips
    from mlgit.project.trust.trunk_line import TrunkLine

    line = TrunkLine(project, trunk_tips(project, local=own_branch_counts(project)))
    brought = None if line.place(commit) is not None else line.brought(commit)
    came = commit if brought is None else brought.merge
    tip = None if project.trunk is None else project.trunk.commit
    listed = project.git.run_text("log", "--format=%H", f"{commit}..{tip or commit}", "--", WAIVERS_FILE)
    changes = [each for each in listed.split() if line.place(each) is not None]
    day = datetime.fromtimestamp(came_s(project.git, came), UTC).date()
    states = dict.fromkeys((came, *([] if tip is None else [tip]), *changes))
    return tuple(waiver for each in states for waiver in _waivers_at(project, each, day=day))


def let_through(waivers: Collection[Waiver], result: Result) -> bool:
    """Whether one of these waivers covers a result, of which each may have another floor."""
    from mlgit.core.gates.limits import is_too_high
    from mlgit.core.gates.waivers import waive

    rising = is_too_high(result)
    return any(waive(result, (each,), rising=rising) is each for each in waivers)


def is_waived(gate: str, model: str | None, waived: Collection[str]) -> bool:
    """Whether one of these ids is that of a gate, or of its result for a model."""
    return gate in waived or f"{model}/{gate}" in waived


def _waived_at(project: Project, commit: str | None) -> frozenset[str]:
    """The ids in the waivers of a commit."""
    return frozenset(each.gate for each in _waivers_at(project, commit))


def _waivers_at(project: Project, commit: str | None, *, day: date = date.min) -> tuple[Waiver, ...]:
    """The waivers of a commit that were valid on a day; an invalid file lets nothing through."""
    content = project.tree(commit).read(WAIVERS_FILE)
    if content is None:
        return ()
    from mlgit.adapters.config.waivers import load_waivers

    try:
        found = load_waivers(content, name=WAIVERS_FILE)
    except ConfigError:
        return ()
    return tuple(each for each in found if each.expires >= day)


def _blocking(gate: Gate) -> frozenset[str]:
    from mlgit.core.gates.evaluate import effect_of
    from mlgit.core.gates.verdict import Outcome

    return frozenset(outcome for outcome in get_args(Outcome) if effect_of(gate, outcome) == "block")
