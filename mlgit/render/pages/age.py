"""Age: how long ago something happened, and how old the fetched tags are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import format_since
from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from datetime import datetime


def as_of(remote: str | None, known_at: datetime | None, told_at: datetime) -> Page:
    """`tags fetched 3 h ago`, after a day with the option that fetches; nothing without a remote."""
    if remote is None:
        return []
    age = "of this clone" if known_at is None else f"fetched {format_since(known_at, told_at)}"
    old = known_at is None or (told_at - known_at).days != 0
    more = f"; `--fetch` asks {remote} for newer ones" if old else ""
    return [line(Span(f"tags {age}{more}", "dim"))]


def when(then: datetime, now: datetime, *, utc: bool) -> str:
    """`3 h ago`, or the time in UTC."""
    return f"{then:%Y-%m-%d %H:%M:%S} UTC" if utc else format_since(then, now)
