"""Semantic versions: parse, order, and propose the next number (semver.org 2.0.0, with a leading `v`)."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

Bump = Literal["major", "minor", "patch"]

_NUMBER = r"(0|[1-9][0-9]*)"
_WORDS = r"([0-9A-Za-z.-]+)"
_CORE = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_WORDS})?(?:\+{_WORDS})?"
_LABEL = r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*"
# Python refuses to convert thousands of digits to a number; no version needs that many.
_LONGEST = 256


@total_ordering
class Version:
    """One version number; immutable, ordered by precedence, then by build text so that the order is total."""

    __slots__ = ("_key", "_text", "build", "major", "minor", "patch", "pre")

    def __init__(
        self, major: int, minor: int, patch: int, *, pre: tuple[str, ...] = (), build: tuple[str, ...] = ()
    ) -> None:
        self.major, self.minor, self.patch = major, minor, patch
        self.pre, self.build = pre, build
        text = f"v{major}.{minor}.{patch}"
        text += f"-{'.'.join(pre)}" if pre else ""
        self._text = text + (f"+{'.'.join(build)}" if build else "")
        # No pre-release is higher than any; numbers are lower than words; a longer list is higher.
        ranks = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre)
        self._key = (major, minor, patch, not pre, ranks, build)

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Parse a version such as `v1.2.3-rc.1`; None if the text is not one."""
        match = re.fullmatch(_CORE, text) if len(text) <= _LONGEST else None
        if match is None:
            return None
        major, minor, patch, pre, build = match.groups()
        pre_parts = tuple(pre.split(".")) if pre else ()
        build_parts = tuple(build.split(".")) if build else ()
        if "" in pre_parts or "" in build_parts:
            return None
        if any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in pre_parts):
            return None
        return cls(int(major), int(minor), int(patch), pre=pre_parts, build=build_parts)

    @property
    def final(self) -> bool:
        return not self.pre

    @property
    def core(self) -> Version:
        return Version(self.major, self.minor, self.patch)

    def bump(self, part: Bump) -> Version:
        """The next final version; for a pre-release of that version, that version."""
        pending = not self.final
        if part == "major":
            ready = pending and self.minor == 0 and self.patch == 0
            return self.core if ready else Version(self.major + 1, 0, 0)
        if part == "minor":
            ready = pending and self.patch == 0
            return self.core if ready else Version(self.major, self.minor + 1, 0)
        return self.core if pending else Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Version({self._text!r})"

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._text == other._text

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    # `max` calls this thousands of times, and the one that total_ordering derives is slow.
    def __gt__(self, other: Version) -> bool:
        return self._key > other._key


FIRST = Version(1, 0, 0)


def propose(
    released: Collection[Version],
    *,
    taken: Collection[Version] = (),
    bump: Bump = "patch",
    pre: str | None = None,
) -> Version:
    """The next version after those that were released, even if they are deregistered; v1.0.0 is the first.

    The numbers of `taken` decide nothing, but none of them is used again. With `pre` (`rc`), the next
    pre-release of the bumped version: `v2.0.0-rc.1`, then `v2.0.0-rc.2`.
    """
    number = max(released).bump(bump) if released else FIRST
    while number in taken:
        number = number.bump(bump)
    taken = {*released, *taken}
    if pre is None:
        return number
    siblings = (version.pre for version in taken if version.core == number and version.pre[:1] == (pre,))
    counters = (int(parts[1]) for parts in siblings if len(parts) > 1 and parts[1].isdigit())
    return Version(number.major, number.minor, number.patch, pre=(pre, str(1 + max(counters, default=0))))


def is_label(text: str) -> bool:
    """Whether `text` can precede the counter of a pre-release (`rc`, `beta`)."""
    return re.fullmatch(_LABEL, text) is not None


def latest(versions: Collection[Version]) -> Version | None:
    """The highest final version; without one, the highest pre-release."""
    return max((version for version in versions if version.final), default=max(versions, default=None))
