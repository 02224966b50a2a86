"""Semantic versions: parse, order, and what the next number is (semver.org 2.0.0, with a leading `v`)."""

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
# Python refuses to turn thousands of digits into a number; no version needs that many.
_LONGEST = 256


@total_ordering
class Version:
    """One version number; immutable, ordered by precedence, then by build text so that the order is total."""

    __slots__ = ("_key", "_text", "build", "major", "minor", "patch", "pre")

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...]
    build: tuple[str, ...]

    def __init__(
        self, major: int, minor: int, patch: int, *, pre: tuple[str, ...] = (), build: tuple[str, ...] = ()
    ) -> None:
        self.major = major
        self.minor = minor
        self.patch = patch
        self.pre = pre
        self.build = build
        text = f"v{major}.{minor}.{patch}"
        if pre:
            text += "-" + ".".join(pre)
        if build:
            text += "+" + ".".join(build)
        self._text = text
        # No pre-release is higher than any; numbers are lower than words; a longer list is higher.
        ranks = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre)
        self._key = (major, minor, patch, not pre, ranks, build)

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """The version that `text` (`v1.2.3-rc.1`) is, None when it is none."""
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
        """Whether it is no pre-release."""
        return not self.pre

    @property
    def core(self) -> Version:
        """The same numbers without pre-release and build."""
        return Version(self.major, self.minor, self.patch)

    def bump(self, part: Bump) -> Version:
        """The next final version; a pre-release of it already counts as having been bumped to."""
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

    # `max` asks for this, thousands of times, and what total_ordering makes of the two above is slow.
    def __gt__(self, other: Version) -> bool:
        return self._key > other._key


FIRST = Version(1, 0, 0)


def propose(taken: Collection[Version], *, bump: Bump = "patch", pre: str | None = None) -> Version:
    """The next version: the first is v1.0.0, a number once given (also if deregistered) is never given again.

    With `pre` (`rc`) the next pre-release of what the bump leads to: `v2.0.0-rc.1`, then `v2.0.0-rc.2`.
    """
    number = max(taken).bump(bump) if taken else FIRST
    if pre is None:
        return number
    siblings = (version.pre for version in taken if version.core == number and version.pre[:1] == (pre,))
    counters = (int(parts[1]) for parts in siblings if len(parts) > 1 and parts[1].isdigit())
    return Version(number.major, number.minor, number.patch, pre=(pre, str(1 + max(counters, default=0))))


def is_label(text: str) -> bool:
    """Whether `text` may stand before the counter of a pre-release (`rc`, `beta`)."""
    return re.fullmatch(_LABEL, text) is not None


def latest(versions: Collection[Version]) -> Version | None:
    """The highest that is no pre-release, else the highest."""
    return max((version for version in versions if version.final), default=max(versions, default=None))
