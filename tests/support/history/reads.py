"""Reads: check that a read shows a state between its start and end, never older than an earlier read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.history.wounds import excused, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.history.calls import Call
    from tests.support.history.register import Register
    from tests.support.history.view import View

_LOST_SIGHT = "could not be fetched back"
"""What a writer reports if its own change was not fetched back into its clone."""
CHANGES = ("promote", "rollback", "unassign")


@dataclass(frozen=True, slots=True)
class Look:
    """What a call saw of an environment: one of `states`."""

    call: Call
    states: tuple[int, ...]
    what: str


def reads_were_current(view: View) -> Iterator[str]:
    """Each read shows a state between its start and its end, never older than an earlier read."""
    looks: dict[str, list[Look]] = {}
    for call in view.history.calls:
        if call.status == Exit.DONE:
            for environment, look in _looks(view, call):
                if look is not None:
                    looks.setdefault(environment, []).append(look)
            if call.verb == "history":
                yield from _versions_read(view, call)
            elif call.verb == "models":
                yield from _versions_counted(view, call)
    for environment, each in looks.items():
        yield from _in_order(view, view.log.register(environment), each)


def _in_order(view: View, register: Register, looks: list[Look]) -> Iterator[str]:
    """Choose the earliest possible state for each read, which leaves later reads the most choice."""
    chosen: list[tuple[Call, int]] = []
    for look in sorted(looks, key=lambda look: look.call.end):
        window = view.window(register, look.call)
        known = [state for call, state in chosen if _knows(look.call, call)]
        known += [
            number
            for number, step in enumerate(register.steps, start=1)
            for call in [view.caller(step.main_tag)]
            if call is not None and call.done and _LOST_SIGHT not in call.notes and _knows(look.call, call)
        ]
        least = max(known, default=0)
        found = min((state for state in look.states if state in window and state >= least), default=None)
        if found is None:
            yield (
                f"{look.call.id} ({look.call.verb}) saw {look.what} in `{register.environment}`, states "
                f"{list(look.states)}; it can only have been one of {list(window)}, not before {least}"
            )
        else:
            chosen.append((look.call, found))


def _knows(call: Call, earlier: Call) -> bool:
    """Whether a call read after another was over, or in the clone that has what the other saw."""
    return earlier.end < call.seen or (earlier.clone == call.clone and earlier.end < call.start)


def _looks(view: View, call: Call) -> Iterator[tuple[str, Look | None]]:
    if call.verb in CHANGES and call.answer.get("already") and call.environment is not None:
        if excused(view, call, call.environment):
            return
        version = None if call.verb == "unassign" else call.answer["version"]
        register = view.log.register(call.environment)
        states = tuple(n for n, state in enumerate(register.states) if state.version == version)
        yield call.environment, Look(call, states, f"already {version}")
    elif call.verb == "models":
        for entry in call.answer["models"]:
            for each in entry["environments"]:
                yield each["environment"], _value(view, call, each)
    elif call.verb == "show":
        yield call.answer["environment"]["environment"], _value(view, call, call.answer["environment"])
    elif call.verb == "history":
        yield from _events(view, call)


def _events(view: View, call: Call) -> Iterator[tuple[str, Look]]:
    """The changes that `history` shows, without tags that someone spoiled."""
    events: dict[str, set[str]] = {name: set() for name in view.log.registers}
    spoiled = {wound.tag for wound in view.history.wounds} - {tag.name for tag in view.history.tags}
    for event in call.answer["events"]:
        if event["environment"] is not None and event["tag"] not in spoiled:
            events.setdefault(event["environment"], set()).add(event["tag"])
    for environment, tags in events.items():
        steps = {step.counter for step in view.log.register(environment).steps}
        # A tag by hand with the number of a change is shown as that change.
        shared = any(
            wound.environment == environment and wound.kind == "foreign" and wound.counter in steps
            for wound in view.history.wounds
        )
        if not shared and not excused(view, call, environment):
            yield environment, _prefix(view.log.register(environment), call, tags)


def _value(view: View, call: Call, entry: dict[str, Any]) -> Look | None:
    """What a call shows of an environment; None if it says that this is not known."""
    register = view.log.register(str(entry["environment"]))
    if excused(view, call, register.environment):
        if (version := shown(entry)) is None:
            return None
        found = tuple(number for number, state in enumerate(register.states) if state.version == version)
        return Look(call, found, f"{version}, next to a spoiled tag,")
    # What was promoted before it was emptied may have been a tag by hand.
    by_hand = any(wound.environment == register.environment for wound in view.history.wounds)
    states = tuple(
        number
        for number, state in enumerate(register.states)
        if (state.version, state.by) == (entry["version"], entry["author"])
        if state.held == entry["held"] or (by_hand and state.version is None)
    )
    return Look(call, states, f"{entry['version']} by {entry['author']}")


def _prefix(register: Register, call: Call, tags: set[str]) -> Look:
    """The state whose whole history has exactly these tags."""
    names = [step.main_tag.name for step in register.steps]
    states = (len(tags),) if set(names[: len(tags)]) == tags else ()
    return Look(call, states, f"{len(tags)} changes")


def _versions_counted(view: View, call: Call) -> Iterator[str]:
    """The count is between the versions that were surely there and those that may have been."""
    released, rejected = view.log.released, view.log.rejected
    least = sum(
        view.surely(tag, call) and not view.maybe(rejected.get(version), call)
        for version, tag in released.items()
    )
    most = sum(
        view.maybe(tag, call) and not view.surely(rejected.get(version), call)
        for version, tag in released.items()
    )
    for entry in () if excused(view, call, None) else call.answer["models"]:
        if not least <= entry["versions"] <= most:
            yield f"{call.id} counts {entry['versions']} versions, and there were {least} to {most}"


def _versions_read(view: View, call: Call) -> Iterator[str]:
    seen = {event["tag"] for event in call.answer["events"] if event["environment"] is None}
    there = {tag.name: tag for tag in (*view.log.released.values(), *view.log.rejected.values())}
    for name in seen - {name for name, tag in there.items() if view.maybe(tag, call)}:
        yield f"{call.id} saw `{name}` before it was there"
    for name, tag in there.items():
        if view.surely(tag, call) and name not in seen:
            yield f"{call.id} did not see `{name}`, which was there"
