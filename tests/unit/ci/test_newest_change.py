"""The run of any tag deploys the environment's newest change, so that a forge that cancels runs loses none.

GitHub's rule: in a group one job runs and one waits; a job that comes cancels the one that waits.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mlgit.core.ci.tag_event import TagEvent, newest_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Job = Callable[[TagEvent, Callable[[str], TagEvent]], TagEvent]


def event(tag: str, *, superseded: str | None = None, verified: bool = True) -> TagEvent:
    taken = "!" in tag
    return TagEvent(
        tag=tag,
        event="unassignment" if taken else "assignment",
        name="net",
        environment="prod",
        verified=verified,
        deploy=not taken and superseded is None and verified,
        superseded=superseded,
    )


class Forge(NamedTuple):
    """How far each tag is (`""`, pushed, parsed, queued), the group's jobs, and what the target serves."""

    steps: tuple[str, ...]
    running: int | None = None
    waiting: int | None = None
    served: str | None = None


def ends(tags: tuple[str, ...], job: Job) -> set[str | None]:
    """What the target serves at the end, over every order in which pushes, parses and jobs can come."""

    def read(forge: Forge, tag: str) -> TagEvent:
        pushed = [each for each, step in zip(tags, forge.steps, strict=True) if step]
        return event(tag, superseded=None if tag == pushed[-1] else pushed[-1])

    def started(forge: Forge, number: int) -> Forge:
        """The job reads the tags when it starts."""
        found = job(read(forge, tags[number]), lambda tag: read(forge, tag))
        return forge._replace(running=number, served=found.tag if found.deploy else forge.served)

    def follow(forge: Forge) -> Iterator[Forge]:
        for number, tag in enumerate(tags):
            step, steps = forge.steps[number], list(forge.steps)
            if not step and (number == 0 or forge.steps[number - 1]):
                steps[number] = "done" if "!" in tag else "pushed"  # it starts no run
                yield forge._replace(steps=tuple(steps))
            elif step == "pushed":
                steps[number] = "parsed" if read(forge, tag).deploy else "done"
                yield forge._replace(steps=tuple(steps))
            elif step == "parsed":
                steps[number] = "done"
                queued = forge._replace(steps=tuple(steps))
                yield started(queued, number) if forge.running is None else queued._replace(waiting=number)
        if forge.running is not None:
            ended = forge._replace(running=None, waiting=None)
            yield ended if forge.waiting is None else started(ended, forge.waiting)

    @cache
    def last(forge: Forge) -> frozenset[str | None]:
        later = list(follow(forge))
        return frozenset().union(*map(last, later)) if later else frozenset({forge.served})

    return set(last(Forge(("",) * len(tags))))


def own(found: TagEvent, read: object) -> TagEvent:
    """A job that deploys its own tag or nothing."""
    del read
    return found


TAGS = tuple(f"net#prod#{number}" for number in range(1, 5))


@pytest.mark.parametrize("number", range(1, 5))
def test_in_every_order_of_events_the_newest_change_is_served(number: int) -> None:
    assert ends(TAGS[:number], newest_change) == {TAGS[number - 1]}


def test_a_job_that_deploys_only_its_own_tag_loses_a_change() -> None:
    assert ends(TAGS[:2], own) == {TAGS[1]}
    assert ends(TAGS[:3], own) == {None, *TAGS[:3]}


def test_a_change_after_the_environment_was_empty_is_served() -> None:
    assert ends(("net#prod#1", "net#prod!#2", "net#prod#3", "net#prod#4"), newest_change) == {"net#prod#4"}


def test_an_environment_that_is_empty_now_asks_for_nothing() -> None:
    found = event("net#prod#1", superseded="net#prod!#2")
    assert newest_change(found, event) is found


def test_a_newer_tag_that_is_not_verified_is_neither_deployed_nor_passed_over() -> None:
    found = event("net#prod#1", superseded="net#prod#2")
    newest = newest_change(found, lambda tag: event(tag, verified=False))
    assert (newest.tag, newest.verified, newest.deploy) == ("net#prod#2", False, False)


def test_tags_that_come_while_tags_are_read_are_followed() -> None:
    newer = {"net#prod#2": "net#prod#3", "net#prod#3": None}
    found = event("net#prod#1", superseded="net#prod#2")
    assert newest_change(found, lambda tag: event(tag, superseded=newer[tag])).tag == "net#prod#3"


def test_a_version_is_not_followed() -> None:
    found = TagEvent(
        tag="net@v1.0.0", event="registration", name="net", superseded="net@v1.0.0!", verified=True
    )
    assert newest_change(found, event) is found
