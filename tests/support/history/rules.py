"""Rules: what a promotion, rollback or rejection may do in the state before it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.history.calls import READS
from tests.support.history.register import is_final, lower
from tests.support.history.wounds import blamed, may_follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.history.calls import Call
    from tests.support.history.register import Register, State, Step
    from tests.support.history.view import View


_NOT_BY_TAGS = ("half of a change", "has commits that are not here", "pushed to `")
"""Messages of a clone that was cut off between two tags and may not ask again, or about trunk."""


def moves_were_legal(view: View) -> Iterator[str]:
    """Each change followed the rules of its verb in the state before it."""
    for register in view.log.registers.values():
        for number, step in enumerate(register.steps):
            call = view.caller(step.main_tag)
            if call is None:
                continue
            if call.verb != step.action:
                yield f"{call.id} was asked to {call.verb}, and `{step.main_tag.name}` states {step.action}"
            yield from (
                f"{call.id}: `{step.main_tag.name}` {why}" for why in _faults(view, register, number, call)
            )
    for version, tag in view.log.rejected.items():
        call = view.caller(tag)
        if call is not None and any(_surely_holds(view, name, version, call) for name in view.log.registers):
            yield f"{call.id} rejected {version}, which was live all the time"


def _faults(view: View, register: Register, number: int, call: Call) -> Iterator[str]:
    before, step = register.states[number], register.steps[number]
    if step.into is None or may_follow(view, register.environment, step):
        return
    version = step.into.version or ""
    released = view.log.released.get(version)
    if released is None or released.commit != step.into.commit or not view.maybe(released, call):
        yield f"puts {version} there, which is no version of that commit"
    if call.version not in {None, version}:
        yield f"puts {version} there instead of {call.version}"
    if view.surely(view.log.rejected.get(version), call):
        yield f"puts {version} there, which was rejected"
    if step.action == "rollback":
        yield from _wrong_rollback(view, before, step, call)
    else:
        yield from _wrong_promotion(view, register, number, call)


def _wrong_promotion(view: View, register: Register, number: int, call: Call) -> Iterator[str]:
    before, into = register.states[number], register.steps[number].into
    assert into is not None
    version = into.version or ""
    if version == before.version and not before.held:
        yield f"puts {version} there, which is there already"
    if lower(version, before.version) and not call.downgrade:
        yield f"puts {version} in the place of {before.version}"
    if not is_final(version) and register.environment not in view.history.takes_pre:
        yield f"puts the pre-release {version} there"
    source = view.history.sources.get(register.environment)
    if source is not None:
        origin = view.log.register(source)
        if all(into.commit not in origin.states[n].qualified for n in view.window(origin, call)):
            yield f"puts {version} there, which did not qualify in `{source}`"
    if call.version is None:
        yield from _wrong_choice(view, register, version, call)


def _wrong_choice(view: View, register: Register, version: str, call: Call) -> Iterator[str]:
    """A version that the caller did not name is the source's or, without one, the highest final one."""
    source = view.history.sources.get(register.environment)
    if source is not None:
        origin = view.log.register(source)
        if all(origin.states[n].version != version for n in view.window(origin, call)):
            yield f"puts {version} there, which was not in `{source}`"
        return
    for other, tag in view.log.released.items():
        rejected = view.maybe(view.log.rejected.get(other), call)
        if is_final(other) and lower(version, other) and view.surely(tag, call) and not rejected:
            yield f"puts {version} there, and {other} is higher"


def _wrong_rollback(view: View, before: State, step: Step, call: Call) -> Iterator[str]:
    assert step.into is not None
    earlier = before.earlier
    if step.into.commit not in earlier:
        yield f"goes back to {step.into.version}, which was not there before"
        return
    if call.version is not None:
        return
    for commit in earlier[earlier.index(step.into.commit) + 1 :]:
        versions = view.log.version_at(commit)
        if not any(view.maybe(view.log.rejected.get(version), call) for version in versions):
            yield f"goes back over {versions}, which is not rejected"


def _surely_holds(view: View, environment: str, version: str, call: Call) -> bool:
    register = view.log.register(environment)
    return all(register.states[number].version == version for number in view.window(register, call))


def conflicts_were_reported(view: View) -> Iterator[str]:
    """Of two concurrent calls whose tag names differ, the later one reports it, unless it cannot know."""
    for one, other in combinations(view.log.released.values(), 2):
        callers = [call for call in (view.caller(one), view.caller(other)) if call]
        if one.commit == other.commit and not _mentions(callers, (f"`{one.name}`", f"`{other.name}`")):
            yield f"no one reported that `{one.name}` and `{other.name}` are on one commit"
    for version, tag in view.log.rejected.items():
        for name, register in view.log.registers.items():
            if register.states[-1].version != version:
                continue
            callers = [call for call in (view.caller(tag), view.caller(register.steps[-1].main_tag)) if call]
            if not _mentions(callers, (f"`{tag.name}`", "is live in")):
                yield f"no one reported that {version} is rejected and in `{name}`"


def _mentions(callers: list[Call], words: tuple[str, ...]) -> bool:
    return any(call.unsure or any(word in call.notes for word in words) for call in callers)


def refusals_had_a_reason(view: View) -> Iterator[str]:
    """A lost race has a winner, and a refused call broke a rule in a state that it may have seen."""
    for call in view.history.calls:
        message = call.error.get("message")
        if call.verb == "deregister" and call.answer.get("already"):
            if not view.maybe(view.log.rejected.get(call.version or ""), call):
                yield f"{call.id} says that {call.version} is rejected already"
        elif call.status not in {Exit.BLOCKED, Exit.STATE} or blamed(view, call):
            continue
        elif call.verb in READS:
            yield f"{call.id} ({call.verb}) was refused: {message}"
        elif any(words in str(message) for words in _NOT_BY_TAGS):
            continue
        elif call.error.get("code") == "lost_race":
            if not any(other is not call and other.overlaps(call) for other in _competitors(view, call)):
                what = f"`{call.environment}`" if call.environment else f"a {call.verb}"
                yield f"{call.id} lost {what} without a winner: {message}"
        elif _surely_allowed(view, call):
            yield f"{call.id} was refused without a reason: {message}"


def _competitors(view: View, call: Call) -> Iterator[Call]:
    """The callers of the tags that can block such a call."""
    if call.environment is not None:
        tags = [step.main_tag for step in view.log.register(call.environment).steps]
    elif call.verb == "deregister":
        tags = [tag for version, tag in view.log.rejected.items() if version == call.version]
    else:
        tags = [*view.log.released.values()]
    yield from (caller for caller in map(view.caller, tags) if caller is not None)


def _surely_allowed(view: View, call: Call) -> bool:
    """Whether a call follows the rules in every state that it may have seen."""
    allowed = {"promote": _may_promote, "rollback": _may_roll_back, "deregister": _may_reject}
    if call.verb == "release":
        return False  # a release depends on much more than tags
    return call.verb == "unassign" or allowed[call.verb](view, call)


def _may_promote(view: View, call: Call) -> bool:
    register = view.log.register(call.environment or "")
    source = view.history.sources.get(register.environment)
    if call.version is None:
        # The version that it finds may be refused; only that there is one is sure.
        return call.status == Exit.STATE and _finds_one(view, source, call)
    if not is_final(call.version) or not _usable(view, call.version, call):
        return False
    held = [version for number in view.window(register, call) for version in _there(register, number)]
    if not call.downgrade and any(lower(call.version, version) for version in held):
        return False
    if source is None:
        return True
    commit = view.log.released[call.version].commit
    origin = view.log.register(source)
    return all(commit in origin.states[number].qualified for number in view.window(origin, call))


def _there(register: Register, number: int) -> list[str | None]:
    """The version in a state or, if it is empty, all those before it: the last one counts then."""
    version = register.states[number].version
    return [version] if version is not None else [each.version for each in register.states[:number]]


def _finds_one(view: View, source: str | None, call: Call) -> bool:
    """Whether there always was a version to promote without naming one."""
    if source is None:
        return any(is_final(version) and _usable(view, version, call) for version in view.log.released)
    origin = view.log.register(source)
    return all(origin.states[number].version for number in view.window(origin, call))


def _may_roll_back(view: View, call: Call) -> bool:
    """Whether there always was an earlier version, or the named one."""
    register = view.log.register(call.environment or "")
    return all(_leads_back(view, register.states[number], call) for number in view.window(register, call))


def _leads_back(view: View, state: State, call: Call) -> bool:
    for commit in state.earlier:
        versions = view.log.version_at(commit)
        # Only one of two versions on one commit was promoted, and which one is unknown here.
        meant = call.version is None or versions == [call.version]
        if meant and all(_usable(view, version, call) for version in versions):
            return True
    return False


def _may_reject(view: View, call: Call) -> bool:
    """Whether the version was registered and in no environment."""
    if not view.surely(view.log.released.get(call.version or ""), call):
        return False
    return all(
        register.states[number].version != call.version
        for register in view.log.registers.values()
        for number in view.window(register, call)
    )


def _usable(view: View, version: str, call: Call) -> bool:
    """Whether a version was surely registered and surely not rejected."""
    rejected = view.maybe(view.log.rejected.get(version), call)
    return view.surely(view.log.released.get(version), call) and not rejected
