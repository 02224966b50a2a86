"""Calls and tags: the commands of a history with their answers, and the final tags of the repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlgit.core.registry.tags import TagName, parse_tag
from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

READS = ("models", "show", "history")
FOREVER = float("inf")
UNSURE = ("may still arrive", "does not say whether")
"""With these words mlgit reports that a push may still arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command: its start and end (seconds of the monotonic clock), and its answer.

    `id` is also the tagger's name of its tags. `seen` is the earliest time of the state that it saw: `start`,
    or earlier in a clone that did not fetch. `status` is None if it was killed.
    """

    id: str
    clone: str
    verb: str
    environment: str | None = None
    version: str | None = None
    downgrade: bool = False
    start: float
    end: float
    seen: float
    status: int | None
    answer: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def error(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.answer.get("error", {})
        return found

    @property
    def unsure(self) -> bool:
        """Whether the change may or may not have been published."""
        if self.status is None:
            return True
        return self.status == Exit.TOOL and any(
            words in str(self.error.get("message")) + str(self.error.get("hint")) for words in UNSURE
        )

    @property
    def over(self) -> float:
        """The time after which it can have no further effect."""
        return FOREVER if self.unsure else self.end

    @property
    def done(self) -> bool:
        """Whether it reports a change that it published."""
        return self.status == Exit.DONE and self.answer.get("pushed") is True

    @property
    def notes(self) -> str:
        return "\n".join(self.answer.get("notes", ()))

    def overlaps(self, other: Call) -> bool:
        """Whether neither was over when the other read the state."""
        return self.seen < other.over and other.seen < self.over


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of the bare repository; `by` is the tagger, `action` and `version` come from its statement."""

    name: str
    oid: str
    commit: str
    by: str
    action: str | None = None
    version: str | None = None

    @property
    def means(self) -> TagName:
        name = parse_tag(self.name)
        assert name is not None, self.name
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wound:
    """A tag that someone spoiled with plain git: made by hand, as a branch is, deleted, or moved.

    It was surely so from `done` to `healing`, and not before `start` or after `healed`.
    """

    kind: str
    tag: str
    start: float
    done: float
    healing: float
    healed: float

    @property
    def _name(self) -> TagName:
        name = parse_tag(self.tag)
        assert name is not None, self.tag
        return name

    @property
    def environment(self) -> str | None:
        return self._name.environment

    @property
    def counter(self) -> int:
        return self._name.counter or 0

    @property
    def version(self) -> str | None:
        return None if self._name.version is None else str(self._name.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneEnd:
    """A clone in the end: its tags, and then the answer of `mlgit models --fetch`."""

    tags: Mapping[str, str]
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that the checker reads.

    `trunk` maps the commits of trunk to their committers, `leftovers` are lock and temporary files. `sources`
    maps an environment to the one whose versions it takes. `readers` has the final answers of gto (a version)
    and dvc (a commit) by environment. `wounds` are the tags that were spoiled meanwhile; none is in the end.
    """

    calls: tuple[Call, ...]
    tags: tuple[Tag, ...]
    clones: Mapping[str, CloneEnd] = field(default_factory=dict)
    trunk: Mapping[str, str] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    takes_pre: frozenset[str] = frozenset()
    readers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wounds: tuple[Wound, ...] = ()
