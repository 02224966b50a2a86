"""Tag names: GTO's grammar, read whole and written in its plain part.

::

    release    name@v1.2.3      deregister   name@v1.2.3!
    assign     name#env#N       unassign     name#env!#N
    deprecate  name@deprecated  monorepo     model `dir/sub:name`  <->  tag `dir/sub=name@v1.2.3`

Read are also a counter on any tag and assignments without one. What does not parse is not ours.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mlgit.core.names import read_environment_name, read_model_name
from mlgit.core.semver import Version

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]

TAGS = "refs/tags/"
# A number of thousands of digits would be refused by Python; names this long are nobody's.
_LONGEST = 512
_COUNTED = re.compile(r"(.+)#([0-9]+)", re.DOTALL)


class TagName(NamedTuple):
    """What the name of a tag says; `version` or `environment` as the action needs."""

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
    """What a tag's name (without `refs/tags/`) means; None when it is not one of ours."""
    if len(text) > _LONGEST:
        return None
    left, at, right = text.partition("@")
    if at:
        return _parse_version_tag(left, right)
    left, hash_sign, right = text.partition("#")
    return _parse_environment_tag(left, right) if hash_sign else None


def looks_like_ours(text: str) -> bool:
    """Whether a name parses, or is GTO's `name@created`, which gto itself cannot read."""
    return parse_tag(text) is not None or text.endswith("@created")


def release_tag(model: str, version: Version) -> TagName:
    """`name@v1.2.3`."""
    return TagName(model, "register", version=version)


def deregister_tag(model: str, version: Version) -> TagName:
    """`name@v1.2.3!`."""
    return TagName(model, "deregister", version=version)


def assign_tag(model: str, environment: str, counter: int) -> TagName:
    """`name#env#N`."""
    return TagName(model, "assign", environment=environment, counter=counter)


def unassign_tag(model: str, environment: str, counter: int) -> TagName:
    """`name#env!#N`."""
    return TagName(model, "unassign", environment=environment, counter=counter)


def ref_patterns(model: str) -> tuple[str, str]:
    """The refs of one model, as patterns of a refspec, where `*` also stands for `/`."""
    name = model.replace(":", "=")
    return f"{TAGS}{name}@*", f"{TAGS}{name}#*"


def _parse_model(text: str) -> str | None:
    if ":" in text or text.count("=") > 1:
        return None
    return read_model_name(text.replace("=", ":"))


def _parse_version_tag(left: str, right: str) -> TagName | None:
    model = _parse_model(left)
    if model is None:
        return None
    right, counter = _split_counter(right)
    if right == "deprecated":
        return TagName(model, "deprecate", counter=counter)
    cancelled = right.endswith("!")
    version = Version.parse(right[:-1] if cancelled else right)
    if version is None:
        return None
    return TagName(model, "deregister" if cancelled else "register", version=version, counter=counter)


def _parse_environment_tag(left: str, right: str) -> TagName | None:
    model = _parse_model(left)
    if model is None:
        return None
    right, counter = _split_counter(right)
    cancelled = right.endswith("!")
    environment = read_environment_name(right[:-1] if cancelled else right)
    if environment is None:
        return None
    return TagName(model, "unassign" if cancelled else "assign", environment=environment, counter=counter)


def _split_counter(text: str) -> tuple[str, int | None]:
    counted = _COUNTED.fullmatch(text)
    return (text, None) if counted is None else (counted[1], int(counted[2]))
