"""Limits: texts, names and addresses in a form that forges accept."""

from __future__ import annotations

import re

from mlgit.adapters.forge.failure import ForgeFailed

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+")


def sendable(text: str) -> str:
    """The text without control characters and half characters, for which a forge would refuse all of it."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    return text.encode("utf-8", "replace").decode("utf-8")


def shortened(text: str, characters: int) -> str:
    """The text, sendable and cut to so many characters, with `…` if it was cut."""
    text = sendable(text)
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def commit(sha: str) -> str:
    """A full commit id, checked because it comes from outside and becomes part of a path."""
    if not _COMMIT.fullmatch(sha):
        raise ForgeFailed(f"`{shortened(sha, 80)}` is not a full commit id")
    return sha


def repository(name: str) -> str:
    """`owner/name` or deeper, checked because it comes from outside and becomes part of a path."""
    parts = name.split("/")
    if len(parts) == 1 or not all(_SEGMENT.fullmatch(part) and set(part) != {"."} for part in parts):
        raise ForgeFailed(f"`{shortened(name, 80)}` is not the name of a repository")
    return name


def web_address(url: str | None, characters: int) -> str | None:
    """The address if a forge accepts it."""
    fits = url is not None and len(url) <= characters and url.startswith(("http://", "https://"))
    return url if fits else None
