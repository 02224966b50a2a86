"""Spoiled: a legal week of calls and tags, and functions that change one thing of a history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.history.scenario import Scenario

if TYPE_CHECKING:
    from tests.support.history.calls import History, Tag


def week() -> Scenario:
    """Three versions, and changes of staging and prod with a killed promotion, a lost race and a refusal."""
    scenario = Scenario()
    for number, version in enumerate(("v1.0.0", "v2.0.0", "v3.0.0"), start=1):
        scenario.release(version, f"c{number}", at=number)
    scenario.move("promote", "staging", "v1.0.0", at=10)
    scenario.move("promote", "staging", "v2.0.0", at=12)
    scenario.call(
        "late",
        "promote",
        12,
        status=Exit.STATE,
        answer={"error": {"code": "lost_race"}},
        environment="staging",
    )
    scenario.look("look", "staging", at=13.5, end=13.6)
    scenario.read("early", at=13.7, end=13.9)
    already = {"already": True, "pushed": False, "version": "v2.0.0", "tags": []}
    scenario.call("again", "promote", 14, answer=already, environment="staging", version="v2.0.0")
    scenario.move("promote", "prod", "v2.0.0", at=16)
    scenario.move("promote", "staging", "v3.0.0", at=20, status=None, end=20.1)
    scenario.move("rollback", "staging", "v2.0.0", at=22)
    scenario.move("unassign", "prod", None, at=24)
    scenario.reject("v1.0.0", at=26)
    scenario.call("no", "promote", 28, status=Exit.BLOCKED, environment="staging", version="v1.0.0")
    scenario.read("late-look", at=30)
    return scenario


def change(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of a call)
    calls = [replace(call, **fields) if call.id == name else call for call in history.calls]
    return replace(history, calls=tuple(calls))


def retag(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of a tag)
    tags = [replace(tag, **fields) if tag.name == name else tag for tag in history.tags]
    return replace(history, tags=tuple(tags))


def without(history: History, *names: str) -> History:
    return replace(history, tags=tuple(tag for tag in history.tags if tag.name not in names))


def with_tag(history: History, tag: Tag) -> History:
    return replace(history, tags=(*history.tags, tag))


def answered(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of an answer)
    (call,) = [call for call in history.calls if call.id == name]
    return change(history, name, answer={**call.answer, **fields})


def swapped(history: History, one: int, other: int, environment: str = "staging") -> History:
    """Two changes of an environment with each other's counters."""

    def renamed(tag: Tag) -> Tag:
        for mine, theirs in ((one, other), (other, one)):
            if tag.name.startswith(f"m#{environment}") and tag.name.endswith(f"#{mine}"):
                return replace(tag, name=f"{tag.name.rpartition('#')[0]}#{theirs}")
        return tag

    return replace(history, tags=tuple(renamed(tag) for tag in history.tags))


def with_call(history: History, name: str, verb: str, **fields: Any) -> History:  # noqa: ANN401
    """The history with one more call."""
    scenario = Scenario()
    scenario.call(name, verb, **fields)
    return replace(history, calls=(*history.calls, *scenario.calls))


def shown(version: str, number: int) -> dict[str, object]:
    """The answer of `show` about staging after its n-th promotion."""
    return {
        "environment": "staging",
        "version": version,
        "author": f"p-staging-{number}",
        "held": False,
    }


def tag_named(history: History, name: str) -> Tag:
    return next(tag for tag in history.tags if tag.name == name)


def events(history: History, name: str) -> list[dict[str, str | None]]:
    (call,) = [call for call in history.calls if call.id == name]
    found: list[dict[str, str | None]] = call.answer["events"]
    return found
