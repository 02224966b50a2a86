"""Soundness: which versions a rollback passes over, because gates block what put them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.registry.state import RegisteredVersion, TagFact


class Blocked(NamedTuple):
    """A version with the newest promotion that put it into an environment, and why gates block that."""

    version: RegisteredVersion
    by: TagFact
    problem: str


class Soundness:
    """Answers whether gates let versions pass that one environment can go back to, and keeps what it found.

    `problem_of` is the newest promotion that put a version there and why gates block it, None if they do not.
    """

    def __init__(
        self, environment: str, problem_of: Callable[[RegisteredVersion], tuple[TagFact, str] | None]
    ) -> None:
        self._environment, self._problem_of = environment, problem_of
        self._asked, self._blocked = False, list[Blocked]()

    def __call__(self, version: RegisteredVersion) -> bool:
        """Whether gates let a version pass, as far as they can be evaluated."""
        self._asked, found = True, self._problem_of(version)
        if found is not None:
            self._blocked.append(Blocked(version, *found))
        return found is None

    def notes(self, target: RegisteredVersion) -> tuple[str, ...]:
        """What a rollback to a version has to say; one that was named was not asked about before."""
        named = not self._asked
        if named:
            self(target)
        name = self._environment
        for each in self._blocked:
            if each.version == target:
                left = "" if named else f"; there is nothing else that `{name}` can go back to"
                if len(self._blocked) > 1:
                    left = f"; the gates block everything that `{name}` can go back to"
                text = f"The gates block `{each.by.tag}`, which put `{target.tag}` into `{name}`"
                return (f"{text}: {each.problem}{left}",)
        return tuple(
            f"`{each.version.tag}` is passed over: the gates block `{each.by.tag}`, which put it into "
            f"`{name}`: {each.problem}; to go there all the same, run `{_command(each.version, name)}`"
            for each in self._blocked
        )


def _command(version: RegisteredVersion, environment: str) -> str:
    named = f"{version.model}@{version.version}"
    return words(("mlgit", "rollback", named, "--env", environment, "-m", "REASON"))
