"""Rules: whether an assignment keeps the rules that trunk had when it was written."""

from __future__ import annotations

from functools import partial
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.registry.moves import departure, qualified
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import version_of
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.stated_time import LAST_DAY
from mlgit.core.trust.proof import gates_problem, parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import Change, EnvironmentState, ModelState, TagFact


class Brought(NamedTuple):
    """The merge that brought a commit to trunk, and what trunk's tip may have been before it.

    `record` is the command that records that on trunk; None if the merge says that it is of a branch.
    """

    merge: str
    tip: str = ""
    record: str | None = None

    @property
    def advice(self) -> str | None:
        """What to do if trunk was there, and git does not show it; None if it was not."""
        if self.record is None:
            return None
        return f"if trunk's tip was {self.tip[:7]} once, `{self.record}` records that"


class Facts(NamedTuple):
    """What the rules need to know apart from the tags of a model.

    `names` are the names that tag objects were made for, by object id. `elsewhere` are the commits that are
    not on trunk, with the reason as a part of a sentence. `rules` are trunk's environments at each commit
    that a statement names as its policy; `today` are those of now, None if trunk has no `mlgit.yaml`.
    `gates` are those that a policy (empty: trunk now) asks for in an environment, each with the outcomes that
    are refused; `release_gates` are those of releases, by commit. `lifts` says whether a waiver of a policy
    let an outcome of a gate through that a promotion states. `precedes` says whether a commit is the same as
    another one or before it, `had_rules_of` whether trunk had the rules of a policy when a commit was there,
    `had_gates_of` whether it ever had the gates of a commit, `was_tip` whether its tip ever was that commit,
    or a merged branch ended there, and `had_model_of` whether it then had the model as it is there.
    `brought` is the merge that brought a commit to trunk whose tip it never was, as far as git shows.
    `shows` has the commit of trunk that a tag was written with, by name: its policy, or that of a release;
    `place` says where a commit is in trunk's line.
    `fetch` is the command that fetches tags again, if that may help. `deepen` is the one that fetches what is
    cut off of a history, where it is not known which commits are on trunk; None if it is whole. `complete`
    is the one that fetches all tags; None if this clone takes all. `asked`: all tags that the remote has of
    the model are here.
    `now_s` is the time in epoch seconds, `committed_s` that of a commit. `declared` says whether a commit, or
    trunk at any time, declares the model.
    """

    names: Mapping[str, str | None]
    foreign: bool
    elsewhere: Mapping[str, str]
    rules: Mapping[str, Mapping[str, Environment]]
    gates: Mapping[tuple[str, str], Mapping[str, Collection[str]]] = {}
    release_gates: Mapping[str, Mapping[str, Collection[str]]] = {}
    lifts: Callable[[str, TagFact, str, str], bool] = lambda *_: False
    today: Mapping[str, Environment] | None = None
    precedes: Callable[[str, str], bool] = lambda _, __: True
    had_rules_of: Callable[[str, str], bool] = lambda _, __: True
    had_gates_of: Callable[[str], bool] = lambda _: True
    was_tip: Callable[[str], bool] = lambda _: True
    had_model_of: Callable[[str], bool] = lambda _: True
    brought: Callable[[str], Brought | None] = lambda _: None
    shows: Mapping[str, str] = {}
    place: Callable[[str], float | None] = lambda _: None
    fetch: str | None = "git fetch --force --tags"
    deepen: str | None = None
    complete: str | None = None
    asked: bool = False
    remote: str | None = None
    has: Callable[[str], bool] = lambda _: True
    now_s: float = inf
    committed_s: Callable[[str], float] = lambda _: 0.0
    declared: Callable[[str], bool] = lambda _: True


class Broken(NamedTuple):
    """Why an assignment broke a rule; `by` is another tag of which only its date shows that."""

    why: str
    by: TagFact | None = None


def broken_rule(fact: TagFact, here: EnvironmentState, state: ModelState, facts: Facts) -> Broken | None:
    """The rule that an assignment broke; one that states no policy is judged by trunk's rules of now.

    Rules that trunk tightened later do not take a version away.
    """
    found = _environment_statement(fact)
    policy = None if found is None else found.policy
    if policy is not None:
        strange = _strange_policy(policy, fact.commit, facts)
        if strange is not None:
            return Broken(strange)
    why = _undeclared_or_pre(fact, found, policy, here, facts)
    if why is None and found is not None:
        why = _outdated(fact, found, here, facts)
    if why is not None or found is None:
        return None if why is None else Broken(why)
    if found.action == "rollback" and not _was_there(fact, here, state, facts):
        return Broken(_not_before(here.environment))
    if found.action != "promote":
        return None
    broken = _not_promoted(fact, found, policy, state, facts)
    if broken is None and policy is not None:
        broken = _by_newer_rules(fact, found, policy, here, state, facts)
    return broken


def _undeclared_or_pre(
    fact: TagFact,
    found: EnvironmentStatement | None,
    policy: str | None,
    here: EnvironmentState,
    facts: Facts,
) -> str | None:
    rules = facts.today if policy is None else facts.rules.get(policy, {})
    declared = None if rules is None else rules.get(here.environment)
    if policy is not None and declared is None and found is not None and found.action == "promote":
        return f"trunk did not declare `{here.environment}` when it was written"
    version = version_of(fact, here.registered)
    takes_pre = rules is None if declared is None else declared.pre
    if version is not None and not version.version.final and not takes_pre:
        return f"{version.version} is a pre-release, and `{here.environment}` did not accept pre-releases"
    return None


def _by_newer_rules(
    fact: TagFact,
    found: EnvironmentStatement,
    policy: str,
    here: EnvironmentState,
    state: ModelState,
    facts: Facts,
) -> Broken | None:
    """The rule that trunk had by then, which the rules that a promotion states do not have yet.

    Earlier tags of the model show which commits of trunk were there. Who promotes fetches trunk first. A tag
    that is dated before the commit whose rules it states is as old as that commit.
    """
    places = {commit: place for commit in {policy, *facts.shows.values()} if (place := facts.place(commit))}
    if policy not in places:
        return None
    earlier = [each for each in state.facts if each.tagged_at_s < fact.tagged_at_s]
    shown = {facts.shows[each.tag] for each in earlier if each.tag in facts.shows}
    newer = {each for each in shown if places.get(each, 0) > places[policy]}
    newer = {each for each in newer if facts.committed_s(each) < fact.tagged_at_s}
    newest = max(newer, key=places.__getitem__, default=None)
    if newest is None or not facts.precedes(policy, newest):
        return None
    alone = _undeclared_or_pre(fact, found, newest, here, facts)
    broken = _not_promoted(fact, found, newest, state, facts) if alone is None else Broken(alone)
    if broken is None:
        return None
    showing = (each for each in earlier if facts.shows.get(each.tag) == newest)
    by = min(showing, key=lambda each: (each.tagged_at_s, each.tag))
    why = (
        f"{broken.why}, by the rules of {newest[:7]}, which trunk had by then, as the date of `{by.tag}` of "
    )
    return Broken(f"{why}{by.tagger} shows", by)


def _strange_policy(policy: str, commit: str, facts: Facts) -> str | None:
    if policy in facts.elsewhere:
        if facts.deepen is not None:
            return facts.elsewhere[policy]
        return f"it was written by the rules of {policy[:7]}, which are not trunk's"
    if facts.had_rules_of(policy, commit):
        return None
    if facts.deepen is not None:
        return f"whether the rules of {policy[:7]} were trunk's is not known: this clone is shallow"
    return f"it was written by the rules of {policy[:7]}, and nothing in Git shows that trunk had them"


def record_of_rules(fact: TagFact, facts: Facts) -> str | None:
    """What to do if trunk had the rules by which a tag was written, and git does not show it."""
    found = _environment_statement(fact)
    policy = None if found is None else found.policy
    if policy is None or policy in facts.elsewhere or facts.had_rules_of(policy, fact.commit):
        return None
    brought = facts.brought(policy)
    return None if brought is None else brought.advice


def was_promoted(commit: str, there: EnvironmentState, state: ModelState, facts: Facts) -> bool:
    """Whether a promotion that broke no rule ever put a commit there, so that a rollback to it counts."""
    return _promoted(commit, there.changes, there, state, facts)


def _not_promoted(
    fact: TagFact, statement: EnvironmentStatement, policy: str | None, state: ModelState, facts: Facts
) -> Broken | None:
    rules = facts.today if policy is None else facts.rules.get(policy, {})
    declared = None if rules is None else rules.get(statement.environment)
    if declared is None:
        return None
    if declared.source is not None:
        earlier = [each for each in state.facts if _is_dated_before(each, fact)]
        before = replay(earlier).model(state.name)
        source = before.environment(declared.source)
        if fact.commit not in qualified(source) or not _was_there(fact, source, before, facts):
            return _left_or_never_there(fact, source)
    demanded = facts.gates.get((policy or "", statement.environment), {})
    lifted = partial(facts.lifts, policy or "", fact)
    why = gates_problem(statement, demanded, what="a promotion", lifted=lifted)
    return None if why is None else Broken(why)


def _left_or_never_there(fact: TagFact, source: EnvironmentState) -> Broken:
    """Why a version did not qualify: what took it out of `from` may only be dated before the promotion."""
    gone = departure(fact.commit, source)
    if gone is None:
        return Broken(_not_before(source.environment))
    by = gone.fact
    why = f"its version was not in `{source.environment}` any more, as the date of `{by.tag}` of {by.tagger}"
    return Broken(f"{why} shows", by)


def _is_dated_before(fact: TagFact, other: TagFact) -> bool:
    """Whether a tag is older; a clock at the end of time, after which none can be dated, says nothing."""
    return fact.tagged_at_s < other.tagged_at_s or fact.tagged_at_s >= LAST_DAY


def _not_before(environment: str) -> str:
    return f"its version was not in `{environment}` before"


def _was_there(fact: TagFact, there: EnvironmentState, state: ModelState, facts: Facts) -> bool:
    """Whether a promotion that broke no rule put the commit of a tag there before it."""
    earlier = takewhile(lambda change: change.assigned is not fact, there.changes)
    return _promoted(fact.commit, earlier, there, state, facts)


def _promoted(
    commit: str, changes: Iterable[Change], there: EnvironmentState, state: ModelState, facts: Facts
) -> bool:
    return any(
        change.action == "promote" and broken_rule(change.fact, there, state, facts) is None
        for change in changes
        if change.fact.commit == commit
    )


def _outdated(
    fact: TagFact, statement: EnvironmentStatement, here: EnvironmentState, facts: Facts
) -> str | None:
    """Why the rules that a tag states were no longer trunk's when it was written."""
    policy = statement.policy
    if policy is None:
        return None
    version = version_of(fact, here.registered)
    # A pre-release may be merged after its promotion.
    final = version is None or version.version.final
    if final and not facts.precedes(fact.commit, policy):
        return f"it was written by the rules of {policy[:7]}, which are older than its commit"
    previous = _policy_before(fact, here)
    if previous is not None and previous not in facts.elsewhere and not facts.precedes(previous, policy):
        return f"it was written by the rules of {policy[:7]}, which are older than those of the tag before"
    return None


def _policy_before(fact: TagFact, here: EnvironmentState) -> str | None:
    earlier = takewhile(lambda change: change.assigned is not fact, here.changes)
    stated = (_environment_statement(change.fact) for change in earlier)
    policies = [found.policy for found in stated if found is not None and found.policy is not None]
    return policies[-1] if policies else None


def _environment_statement(fact: TagFact) -> EnvironmentStatement | None:
    found = parse_statement(fact.message()).statement
    return found if isinstance(found, EnvironmentStatement) else None
