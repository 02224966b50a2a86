"""Stated time: a time as statements write it, in UTC with seconds (`2026-05-03T12:00:00Z`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last one a datetime can hold
# The start of the last day: no tag of mlgit is dated later, so that each reader can read it.
LAST_DAY = LAST_SECOND - 86_399
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"


def parse_time(text: str) -> datetime | None:
    """The time; None if the text is not one."""
    if re.fullmatch(_TIME, text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def write_time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_time(seconds: int) -> datetime:
    """Epoch seconds as UTC, limited to the times that a datetime can hold from 1970 on."""
    return datetime.fromtimestamp(min(max(seconds, 0), LAST_SECOND), UTC)
