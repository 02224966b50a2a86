"""Tag names: GTO's grammar; mlgit reads all of it and writes the plain part.

::

    release    name@v1.2.3      deregister   name@v1.2.3!
    assign     name#env#N       unassign     name#env!#N
    deprecate  name@deprecated  monorepo     model `dir/sub:name`  <->  tag `dir/sub=name@v1.2.3`

mlgit also reads a counter on any tag, and assignments without one. It ignores tags that do not parse, such as
those with a counter of more than 15 digits.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mlgit.core.config.names import read_environment_name, read_model_name
from mlgit.core.record import NamedTuple
from mlgit.core.registry.semver import Version
from mlgit.core.wording import word, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]

TAGS = "refs/tags/"
_Parts = tuple[Action, Version | None, str | None, int | None]
# Python refuses to convert thousands of digits to a number; no one uses names this long.
_LONGEST = 512
# As GTO counts: from 1, without leading zeros, so that no two names are one change.
_COUNTED = r"(?s)(.+)#([1-9][0-9]{0,14})"


_MOVING = re.compile(r"([^@#^~]+)@latest|(?:(?:refs/)?tags/)?([^@#^~]+)#([^@#^~]+?)((?:[\^~]|@\{).*)?")


class TagName(NamedTuple):
    """The parts of a tag's name; it has a `version` or an `environment`, depending on the action."""

    model: str
    action: Action
    version: Version | None = None
    environment: str | None = None
    counter: int | None = None

    def __str__(self) -> str:
        name = self.model.replace(":", "=")
        cancel = "!" if self.action in {"deregister", "unassign"} else ""
        counter = "" if self.counter is None else f"#{self.counter}"
        if self.action == "deprecate":
            return f"{name}@deprecated{counter}"
        if self.environment is not None:
            return f"{name}#{self.environment}{cancel}{counter}"
        return f"{name}@{self.version}{cancel}{counter}"


def parse_tag(text: str) -> TagName | None:
    """Parse a tag's name (without `refs/tags/`); None if it is not a name of a model's tag."""
    if len(text) > _LONGEST:
        return None
    left, mark, right = text.partition("@")
    parse = _parse_version_part
    if not mark:
        left, mark, right = text.partition("#")
        parse = _parse_environment_part
    model = _parse_model(left) if mark else None
    parts = None if model is None else parse(right)
    return None if model is None or parts is None else TagName(model, *parts)


def name_in_the_way(text: str) -> TagName | None:
    """The name that no tag can have because this one has it as a folder, such as `m#prod#3/x`."""
    if parse_tag(text) is not None:
        return None
    parts = text.split("/")
    names = (parse_tag("/".join(parts[:end])) for end in range(1, len(parts)))
    return next((each for each in names if each and (each.version or each.counter)), None)


def looks_like_ours(text: str) -> bool:
    """Whether a name parses or is GTO's `name@created`, which gto itself cannot read."""
    return parse_tag(text) is not None or text.endswith("@created")


def ref_patterns(model: str) -> tuple[str, str]:
    """The refs of one model, as patterns of a refspec, in which `*` also matches `/`."""
    name = model.replace(":", "=")
    return f"{TAGS}{name}@*", f"{TAGS}{name}#*"


def any_of(tags: Iterable[str], model: str, environment: str) -> bool:
    """Whether one of these tags is of an environment of a model."""
    names = (parse_tag(tag) for tag in tags)
    return any(each is not None and (each.model, each.environment) == (model, environment) for each in names)


def deletion(tags: Sequence[str], remote: str | None) -> str:
    """The command that deletes tags here and, if there is a remote, for everybody."""
    if remote is None:
        return f"git tag -d {words(tags)}"
    there = (f":{TAGS}{tag}" for tag in tags)
    return f"git push {word(remote)} {words(there)} && git tag -d {words(tags)}"


class MovingName(NamedTuple):
    """`tumor@latest` or, with an `environment`, `tumor#prod`, and what follows it of Git's `^` and `~`."""

    model: str
    environment: str | None
    suffix: str


def moving_name(text: str) -> MovingName | None:
    """The parts of a name of what a model has newest or in an environment; None of any other name."""
    found = _MOVING.fullmatch(text) if "@" in text or "#" in text else None
    if found is None:
        return None
    model = read_model_name((found[1] or found[2]).replace("=", ":"))
    if model is None or (found[3] is not None and read_environment_name(found[3]) is None):
        return None
    return MovingName(model, found[3], found[4] or "")


def plain_baseline(vs: str, model: str | None) -> str:
    """What a gate of a model compares with, without that model's name: `prod` for `tumor#prod`."""
    named = moving_name(vs)
    if named is None or named.suffix or named.model != model:
        return vs
    return named.environment or "release"


def put_back_or_delete(tags: Sequence[str], remote: str) -> str:
    """What to do about tags of this clone that the remote had once and has no more."""
    them = "it" if len(tags) == 1 else "them"
    push = words(("git", "push", remote, *(TAGS + tag for tag in tags)))
    return (
        f"to put {them} back for everyone, run `{push}`; if someone meant to delete {them}, run "
        f"`git tag -d {words(tags)}`"
    )


def theirs_instead(remote: str, taken: Collection[str], left: Collection[str]) -> str:
    """The command that takes the remote's tags in the place of ours, and deletes the others of our change."""
    fetch = words(
        ("git", "fetch", remote, "--force", *(each for tag in sorted(taken) for each in ("tag", tag)))
    )
    return f"{fetch} && git tag -d {words(sorted(left))}" if left else fetch


class Taken(NamedTuple):
    """Tags of this clone that were never published, and whose names the remote has for others.

    `repair` is the command that takes the remote's tags, and drops ours that build on these.
    """

    tags: tuple[str, ...]
    repair: str


def built_on(taken: Collection[TagName], others: Mapping[str, TagName]) -> tuple[str, ...]:
    """Those of other tags that belong to a change with a taken name, or to a later one of its environment."""
    first: dict[tuple[str, str | None], int] = {}
    for name in taken:
        place, counter = (name.model, name.environment), name.counter or 0
        first[place] = min(first.get(place, counter), counter)
    return tuple(
        tag
        for tag, name in others.items()
        if name.environment is not None
        and (place := (name.model, name.environment)) in first
        and (name.counter or 0) >= first[place]
    )


# Many tags share a model, a version or an environment with its counter.
@lru_cache(maxsize=1024)
def _parse_model(text: str) -> str | None:
    if ":" in text:
        return None
    return read_model_name(text.replace("=", ":"))


@lru_cache(maxsize=1024)
def _parse_version_part(text: str) -> _Parts | None:
    text, counter = _split_counter(text)
    if text == "deprecated":
        return "deprecate", None, None, counter
    cancelled = text.endswith("!")
    version = Version.parse(text[:-1] if cancelled else text)
    return None if version is None else ("deregister" if cancelled else "register", version, None, counter)


@lru_cache(maxsize=1024)
def _parse_environment_part(text: str) -> _Parts | None:
    text, counter = _split_counter(text)
    cancelled = text.endswith("!")
    environment = read_environment_name(text[:-1] if cancelled else text)
    action: Action = "unassign" if cancelled else "assign"
    return None if environment is None else (action, None, environment, counter)


def _split_counter(text: str) -> tuple[str, int | None]:
    counted = re.fullmatch(_COUNTED, text)
    return (text, None) if counted is None else (counted[1], int(counted[2]))


def after_fetch(fetch: str | None, last: str, *, still: str = "still does not count") -> str:
    """What to do about a tag: fetch it again, if that may help, and otherwise `last`."""
    return last if fetch is None else f"run `{fetch}`; if the tag {still}, {last}"
