"""Tags: facts about tags for tests of the registry, made from names without a repository."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

from mlgit.core.registry.message import write_message
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.registry.tags import parse_tag

if TYPE_CHECKING:
    from mlgit.core.registry.statement import EnvironmentAction


def stated(action: EnvironmentAction, at: str = "2026-01-01T00:00:00Z", *, version: str | None = None) -> str:
    """The message of a tag of `m#prod`."""
    statement = EnvironmentStatement(
        model="m", environment="prod", sequence=1, action=action, at=at, version=version
    )
    return write_message(action, "", statement)


def commit(number: int) -> str:
    """A commit id made from a number."""
    return f"{number:040x}"


def fact(tag: str, at: int, *, seconds: int = 0, message: str = "") -> TagFact:
    """A tag on commit number `at`."""
    name = parse_tag(tag)
    assert name is not None, tag
    return TagFact(
        name=name,
        tag=tag,
        oid=sha1(tag.encode(), usedforsecurity=False).hexdigest(),
        commit=commit(at),
        tagged_at_s=seconds,
        tagger="Ada",
        email="ada@example.org",
        read=lambda _: message,
    )
