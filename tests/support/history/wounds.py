"""Wounds: what a call may and what it must notice of a tag that someone spoiled with plain git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.history.spoiler import NEWCOMER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.history.calls import Call, Wound
    from tests.support.history.register import Step
    from tests.support.history.view import View


def excused(view: View, call: Call, environment: str | None) -> bool:
    """Whether a spoiled tag may be the reason for an answer about an environment (None: about a version)."""
    names = {environment, view.history.sources.get(environment or "")}
    return any(
        wound.start < call.over and call.seen < _forgotten(view, wound)
        for wound in view.history.wounds
        if environment is None or wound.environment is None or wound.environment in names
    )


def blamed(view: View, call: Call) -> bool:
    """Whether the reason that a call gives for its refusal is a spoiled tag, by its name.

    `deregister` names the environment. A moved release changes what counts in many ways.
    """
    moved = any(
        wound.kind == "moved" and wound.start < call.over and call.seen < wound.healed
        for wound in view.history.wounds
    )
    if moved or (call.verb == "deregister" and excused(view, call, None)):
        return True
    reason = f"{call.error.get('message')} {call.error.get('details')}"
    return any(
        wound.start < call.over and re.search(rf"{re.escape(wound.tag)}(?!\d)", reason)
        for wound in view.history.wounds
    )


def touched(view: View, call: Call) -> bool:
    """Whether someone deleted a tag of a call, or had one of that name, while the call looked at it."""
    tags = {tag.name for tag in view.tags_of(call)}
    return any(wound.tag in tags and wound.start < call.over for wound in view.history.wounds)


def by_hand_before(view: View, call: Call, environment: str | None) -> bool:
    """Whether a tag by hand may have been open: it is until the environment is emptied."""
    return any(
        wound.kind == "foreign" and wound.environment == environment and wound.start < call.over
        for wound in view.history.wounds
    )


def may_follow(view: View, environment: str, step: Step) -> bool:
    """Whether a step may follow a state that is not in the log, because of a spoiled tag."""
    call = view.caller(step.main_tag)
    if call is not None and by_hand_before(view, call, environment):
        return True
    return call is not None and any(
        wound.kind == "moved" or (wound.environment == environment and wound.counter < step.counter)
        for wound in view.history.wounds
        if wound.start < call.over and call.seen < _forgotten(view, wound)
    )


def shown(entry: dict[str, Any]) -> str | None:
    """The version that counts in an environment, as `models` has it."""
    if entry.get("known") == "no":
        return None
    found = entry["counts"] if entry.get("refused") else entry["version"]
    return None if found is None else str(found)


def changes_follow_what_is_known(view: View) -> Iterator[str]:
    """No change follows a lightweight tag that its caller must have seen."""
    for wound in view.history.wounds:
        if wound.kind != "lightweight" or _overtaken(view, wound):
            continue
        for step in _later(view, wound):
            call = view.caller(step.main_tag)
            if call is not None and wound.done <= call.seen and call.over <= wound.healing:
                yield f"{call.id} wrote `{step.main_tag.name}` after the lightweight `{wound.tag}`"


def what_is_not_known_is_shown_so(view: View) -> Iterator[str]:
    """A read says that an environment is not known while a spoiled tag is there, and only then."""
    for call in view.history.calls:
        if call.status != Exit.DONE or call.verb not in {"models", "show"}:
            continue
        for entry in _entries(call):
            name = str(entry["environment"])
            known = entry.get("known", "yes") == "yes"
            if not known and not excused(view, call, name):
                yield f"{call.id} does not know what is in `{name}`, and no tag was spoiled"
            for wound in view.history.wounds:
                surely = wound.done <= call.seen and call.over <= wound.healing
                if shown(entry) is not None and surely and _hides(view, wound, call, name):
                    yield f"{call.id} shows {shown(entry)} in `{name}`, and `{wound.tag}` was {wound.kind}"


def _entries(call: Call) -> list[dict[str, Any]]:
    if call.verb == "show":
        return [call.answer["environment"]]
    return [entry for model in call.answer["models"] for entry in model["environments"]]


def _hides(view: View, wound: Wound, call: Call, name: str) -> bool:
    """Whether a spoiled tag that the call must have seen leaves open what is in an environment."""
    register = view.log.register(name)
    states = [register.states[number] for number in view.window(register, call)]
    if wound.kind == "moved":
        return all(state.version == wound.version for state in states)
    if wound.environment != name or any(True for _ in _later(view, wound, before=call.over)):
        return False
    if wound.kind == "foreign":
        return all(state.version is None for state in states)
    # Who has a tag already keeps it when it is deleted elsewhere.
    return wound.kind == "lightweight" or call.clone.startswith(NEWCOMER)


def _later(view: View, wound: Wound, *, before: float = float("inf")) -> Iterator[Step]:
    """The changes with a higher counter than that of a spoiled tag."""
    for step in view.log.register(wound.environment or "").steps:
        call = view.caller(step.main_tag)
        if step.counter > wound.counter and call is not None and call.start < before:
            yield step


def _overtaken(view: View, wound: Wound) -> bool:
    """Whether someone who cannot have seen the spoiled tag wrote a later change."""
    calls = [view.caller(step.main_tag) for step in _later(view, wound)]
    return any(call is not None and call.seen < wound.done for call in calls)


def _forgotten(view: View, wound: Wound) -> float:
    """When the last clone knew the spoiled tag: it keeps one that was added until a change follows it."""
    if wound.kind in {"deleted", "moved"}:
        return wound.healed
    ends = [
        call.end
        for step in view.log.register(wound.environment or "").steps
        for call in [view.caller(step.main_tag)]
        if call is not None and call.done and (step.counter, step.into is not None) > (wound.counter, False)
    ]
    return min((end for end in ends if end > wound.start), default=float("inf"))
