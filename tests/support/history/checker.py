"""Checker: whether calls and final tags are those of a linearizable register per environment.

The tags give the total order: an environment's state after its n-th change is known. What is checked is that
each change was legal in the state that it met, that no call's answer differs from what the log has of it,
and that the order of the log is one in which the calls can have happened.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tests.support.history.reads import reads_were_current
from tests.support.history.register import is_final, lower, sort_out
from tests.support.history.rules import conflicts_were_told, moves_were_legal, refusals_had_a_reason
from tests.support.history.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.history.calls import Call, History
    from tests.support.history.register import Step


def check(history: History) -> list[str]:
    """Everything that is wrong; empty for a legal history."""
    view = View(history, sort_out(history), {call.id: call for call in history.calls})
    laws: tuple[Callable[[View], Iterator[str]], ...] = (
        log_is_whole,
        versions_are_unique,
        numbers_ascend,
        answers_are_true,
        nothing_is_left_of_what_failed,
        order_is_that_of_time,
        moves_were_legal,
        conflicts_were_told,
        reads_were_current,
        refusals_had_a_reason,
        trunk_has_what_was_released,
        clones_agree,
        readers_agree,
    )
    return [f"{law.__name__}: {problem}" for law in laws for problem in law(view)]


def log_is_whole(view: View) -> Iterator[str]:
    """Counters without gaps; each change is the whole work of one call; what left is what was there."""
    for tag in view.history.tags:
        if view.caller(tag) is None:
            yield f"`{tag.name}` was written by nobody who was asked ({tag.by})"
    for name, register in view.log.registers.items():
        for number, (step, before) in enumerate(zip(register.steps, register.states, strict=False), start=1):
            if step.counter != number:
                yield f"`{name}` has no change {number}, but {step.counter}"
                break
            yield from _step_is_whole(step, before.commit, f"change {number} of `{name}`")
    for call in view.history.calls:
        subjects = {
            (tag.means.environment, tag.means.counter, tag.means.version) for tag in view.tags_of(call)
        }
        if len(subjects) > 1:
            yield f"{call.id} made {len(subjects)} changes: {[tag.name for tag in view.tags_of(call)]}"


def _step_is_whole(step: Step, held: str | None, what: str) -> Iterator[str]:
    if step.out is not None and step.into is not None and step.out.by != step.into.by:
        yield f"{what} is by {step.out.by} and {step.into.by}"
    if step.into is None and step.action != "unassign":
        yield f"{what} is half of a {step.action}"
    if step.into is not None and step.action not in {"promote", "rollback"}:
        yield f"{what} puts a version there and states `{step.action}`"
    left = None if step.out is None else step.out.commit
    if left != held:
        yield f"{what} takes out {left}, and {held} was there"


def versions_are_unique(view: View) -> Iterator[str]:
    """No tag twice; a rejection is of a version; who registered two versions on one commit did so at once."""
    names = [tag.name for tag in view.history.tags]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"`{name}` is there twice"
    for version, tag in view.log.rejected.items():
        released = view.log.released.get(version)
        if released is None or released.commit != tag.commit:
            yield f"`{tag.name}` rejects what was never registered there"
    for one, other in combinations(view.log.released.values(), 2):
        callers = view.caller(one), view.caller(other)
        if one.commit == other.commit and callers[0] and callers[1] and not callers[0].overlaps(callers[1]):
            yield f"`{one.name}` and `{other.name}` stand on one commit, and not by an accident of time"


def numbers_ascend(view: View) -> Iterator[str]:
    """A number that nobody named is higher than all that were given before."""
    for version, tag in view.log.released.items():
        call = view.caller(tag)
        if call is None or call.version is not None:
            continue
        for other, before in view.log.released.items():
            if lower(version, other) and view.surely(before, call):
                yield f"{call.id} gave {version}, and {other} was given before"


def answers_are_true(view: View) -> Iterator[str]:
    """What a call says that it wrote is in the log, that and no more, and it met the state that it names."""
    for call in view.history.calls:
        if not call.done:
            continue
        told = {(tag["name"], tag["oid"], tag["commit"]) for tag in call.answer["tags"]}
        found = {(tag.name, tag.oid, tag.commit) for tag in view.tags_of(call)}
        if told != found:
            yield f"{call.id} says {sorted(told)}, and the log has {sorted(found)} of it"
        version = call.answer["version"]
        for tag in view.tags_of(call):
            name = tag.means
            about = str(name.version) if name.environment is None else tag.version
            if about not in {None, version} and name.action != "unassign":
                yield f"{call.id} says that it is about {version}, and `{tag.name}` is about {about}"
            if name.environment is None or name.counter is None:
                continue
            states = view.log.register(name.environment).states
            before = states[min(name.counter, len(states)) - 1].version
            if call.answer["before"] != before:
                yield f"{call.id} says that {call.answer['before']} was in `{name.environment}`, not {before}"


def nothing_is_left_of_what_failed(view: View) -> Iterator[str]:
    """Who was refused, lost or had nothing to do left no tag; nobody met a bug or half of a push."""
    for call in view.history.calls:
        if call.status not in {None, 0, 1, 4, 5}:
            yield f"{call.id} ({call.verb}) ended with {call.status}: {call.error.get('message')}"
        if "only some of the tags" in str(call.error.get("message")):
            yield f"{call.id} was told that half of a push arrived"
        if not call.done and not call.unsure and view.tags_of(call):
            names = [tag.name for tag in view.tags_of(call)]
            yield f"{call.id} ({call.verb}, {call.status}, {call.error.get('message')}) left {names}"
    yield from (f"`{path}` was left behind" for path in view.history.leftovers)


def order_is_that_of_time(view: View) -> Iterator[str]:
    """What was over before something else began has the lower counter."""
    for name, register in view.log.registers.items():
        latest: Call | None = None
        for step in register.steps:
            call = view.caller(step.main_tag)
            if call is None:
                continue
            # Of all that come before, the one that began last must not have begun after this was over.
            if latest is not None and latest.start > call.over:
                yield f"{latest.id} is before {call.id} in `{name}`, and began after it was over"
            latest = call if latest is None or call.start > latest.start else latest


def trunk_has_what_was_released(view: View) -> Iterator[str]:
    """A final version stands on trunk, and a commit made for a release came there with its tag."""
    trunk = view.history.trunk
    if not trunk:
        return
    for version, tag in view.log.released.items():
        if is_final(version) and tag.commit not in trunk:
            yield f"`{tag.name}` is not on trunk"
    registered = {tag.commit for tag in view.log.released.values()}
    for commit, by in trunk.items():
        call = view.calls.get(by)
        if call is not None and commit not in registered:
            yield f"{by} left {commit[:7]} on trunk without a version"


def clones_agree(view: View) -> Iterator[str]:
    """No clone has a tag that the repository has not; after a fetch all answer what the log says."""
    there = {tag.name: tag.oid for tag in view.history.tags}
    for name, clone in view.history.clones.items():
        phantoms = sorted(tag for tag, oid in clone.tags.items() if there.get(tag) != oid)
        if phantoms:
            yield f"{name} has {phantoms}, which the repository has not"
        entries = clone.answer.get("models", ())
        if view.history.tags and not entries:
            yield f"{name} says nothing of its models: {clone.answer}"
        for entry in entries:
            told = {each["environment"] for each in entry["environments"]}
            if view.log.registers.keys() - told:
                yield f"{name} leaves out {sorted(view.log.registers.keys() - told)}"
            standing = len(view.log.released) - len(view.log.rejected)
            if entry["versions"] != standing:
                yield f"{name} counts {entry['versions']} versions of {standing}"
            for each in entry["environments"]:
                last = view.log.register(each["environment"]).states[-1]
                found = each["version"], each["author"], each["held"]
                if found != (last.version, last.by, last.held):
                    yield f"{name} says {found} of `{each['environment']}`, and it is {last}"


def readers_agree(view: View) -> Iterator[str]:
    """Other tools see what is there and was not rejected; two versions on one commit make gto fail."""
    commits = [tag.commit for tag in view.log.released.values()]
    if len(commits) != len(set(commits)):
        return
    for name, register in view.log.registers.items():
        last = register.states[-1]
        if last.commit is None or last.version in view.log.rejected:
            continue
        for reader, right in (("gto", last.version), ("dvc", last.commit)):
            found = view.history.readers.get(reader, {}).get(name, right)
            if found != right:
                yield f"{reader} says {found} of `{name}`, and it is {right}"
