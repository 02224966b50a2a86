"""Checker: whether calls and final tags are those of a linearizable register per environment.

The tags give the total order, so an environment's state after its n-th change is known. The checker requires
that each change was legal in the state before it, that each call's answer agrees with the log, and that the
calls can have happened in the order of the log.
"""

from __future__ import annotations

from itertools import combinations, count
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.history.reads import reads_were_current
from tests.support.history.register import is_final, lower, sort_out
from tests.support.history.rules import conflicts_were_reported, moves_were_legal, refusals_had_a_reason
from tests.support.history.view import View
from tests.support.history.wounds import (
    by_hand_before,
    changes_follow_what_is_known,
    excused,
    may_follow,
    touched,
    what_is_not_known_is_shown_so,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.history.calls import Call, History
    from tests.support.history.register import Step


def check(history: History) -> list[str]:
    """The problems of a history; none if it is legal."""
    view = View(history, sort_out(history), {call.id: call for call in history.calls})
    laws: tuple[Callable[[View], Iterator[str]], ...] = (
        log_is_whole,
        versions_are_unique,
        numbers_ascend,
        answers_are_true,
        nothing_is_left_of_what_failed,
        order_is_that_of_time,
        moves_were_legal,
        conflicts_were_reported,
        reads_were_current,
        refusals_had_a_reason,
        trunk_has_what_was_released,
        clones_agree,
        readers_agree,
        changes_follow_what_is_known,
        what_is_not_known_is_shown_so,
    )
    return [f"{law.__name__}: {problem}" for law in laws for problem in law(view)]


def log_is_whole(view: View) -> Iterator[str]:
    """Counters have no gaps; each change is made by one call and replaces the version that was there."""
    for tag in view.history.tags:
        if view.caller(tag) is None:
            yield f"`{tag.name}` was written by an unknown caller ({tag.by})"
    for name, register in view.log.registers.items():
        used = {step.counter for step in register.steps}
        spoiled = {wound.counter for wound in view.history.wounds if wound.environment == name} - used
        numbers = (number for number in count(1) if number not in spoiled)
        for step, before, number in zip(register.steps, register.states, numbers, strict=False):
            if step.counter != number:
                yield f"`{name}` has no change {number}, but {step.counter}"
                break
            if not may_follow(view, name, step):
                yield from _step_is_whole(step, before.commit, f"change {number} of `{name}`")
    for call in view.history.calls:
        subjects = {
            (tag.means.environment, tag.means.counter, tag.means.version) for tag in view.tags_of(call)
        }
        if len(subjects) > 1 and not by_hand_before(view, call, call.environment):
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
    """Tags are unique, rejections are of versions, and two versions on one commit are concurrent."""
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
            yield f"`{one.name}` and `{other.name}` are on one commit, and their calls were not concurrent"


def numbers_ascend(view: View) -> Iterator[str]:
    """A number that the caller did not name is higher than all earlier ones."""
    for version, tag in view.log.released.items():
        call = view.caller(tag)
        if call is None or call.version is not None:
            continue
        for other, before in view.log.released.items():
            if lower(version, other) and view.surely(before, call):
                yield f"{call.id} gave {version}, and {other} was registered before"


def answers_are_true(view: View) -> Iterator[str]:
    """A call reports exactly its tags in the log, and the state that was there before."""
    for call in view.history.calls:
        if not call.done:
            continue
        reported = {(tag["name"], tag["oid"], tag["commit"]) for tag in call.answer["tags"]}
        found = {(tag.name, tag.oid, tag.commit) for tag in view.tags_of(call)}
        if reported != found:
            yield f"{call.id} says {sorted(reported)}, and the log has {sorted(found)} of it"
        version = call.answer["version"]
        for tag in view.tags_of(call):
            name = tag.means
            about = str(name.version) if name.environment is None else tag.version
            if about not in {None, version} and name.action != "unassign":
                yield f"{call.id} says that it is about {version}, and `{tag.name}` is about {about}"
            if name.environment is None or name.counter is None:
                continue
            if not excused(view, call, name.environment) and not by_hand_before(view, call, name.environment):
                yield from _wrong_before(view, call, name.environment, name.counter)


def _wrong_before(view: View, call: Call, environment: str, counter: int) -> Iterator[str]:
    register = view.log.register(environment)
    for step, state in zip(register.steps, register.states, strict=False):
        reported, before = call.answer["before"], state.version
        if step.counter == counter and reported != before:
            yield f"{call.id} says that {reported} was in `{environment}`, not {before}"


def nothing_is_left_of_what_failed(view: View) -> Iterator[str]:
    """A call that was refused, lost or did nothing left no tag; mlgit had no bug, and no push was split."""
    for call in view.history.calls:
        if call.status not in {None, Exit.DONE, Exit.BLOCKED, Exit.STATE, Exit.TOOL}:
            yield f"{call.id} ({call.verb}) ended with {call.status}: {call.error.get('message')}"
        if touched(view, call):
            continue
        if "only some of the tags" in str(call.error.get("message")):
            yield f"{call.id} reported that half of a push arrived"
        if not call.done and not call.unsure and view.tags_of(call):
            names = [tag.name for tag in view.tags_of(call)]
            yield f"{call.id} ({call.verb}, {call.status}, {call.error.get('message')}) left {names}"
    yield from (f"`{path}` was left behind" for path in view.history.leftovers)


def order_is_that_of_time(view: View) -> Iterator[str]:
    """A change that was over before another began has the lower counter."""
    for name, register in view.log.registers.items():
        latest: Call | None = None
        for step in register.steps:
            call = view.caller(step.main_tag)
            if call is None:
                continue
            # No earlier change may have begun after this one was over: check the one that began last.
            if latest is not None and latest.start > call.over:
                yield f"{latest.id} is before {call.id} in `{name}`, and began after it was over"
            latest = call if latest is None or call.start > latest.start else latest


def trunk_has_what_was_released(view: View) -> Iterator[str]:
    """A final version is on trunk, and a commit made for a release is there only with its tag."""
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
    """No clone has a tag that the repository lacks; after a fetch all answers agree with the log."""
    there = {tag.name: tag.oid for tag in view.history.tags}
    for name, clone in view.history.clones.items():
        phantoms = sorted(tag for tag, oid in clone.tags.items() if there.get(tag) != oid)
        if phantoms:
            yield f"{name} has {phantoms}, which the repository lacks"
        entries = clone.answer.get("models", ())
        if view.history.tags and not entries:
            yield f"{name} says nothing of its models: {clone.answer}"
        for entry in entries:
            listed = {each["environment"] for each in entry["environments"]}
            if view.log.registers.keys() - listed:
                yield f"{name} leaves out {sorted(view.log.registers.keys() - listed)}"
            usable = len(view.log.released) - len(view.log.rejected)
            if entry["versions"] != usable:
                yield f"{name} counts {entry['versions']} versions of {usable}"
            for each in entry["environments"]:
                last = view.log.register(each["environment"]).states[-1]
                found = each["version"], each["author"], each["held"]
                if found != (last.version, last.by, last.held):
                    yield f"{name} says {found} of `{each['environment']}`, and it is {last}"


def readers_agree(view: View) -> Iterator[str]:
    """Other tools agree on versions that were not rejected; skipped if two are on one commit (gto fails)."""
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
