"""Waiting: how long to wait before asking a forge again, from what its answer says; no clock is read."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES = 4
PATIENCE_S = 150.0
"""How long all waits for one request may take together."""
_FIRST_S = 1.0
_UNTOLD_S = 60.0
_SECONDS = re.compile(r"[0-9]{1,12}")
_LIMITED, _FORBIDDEN = 429, 403


def limited(status: int, headers: Mapping[str, str], said: str) -> bool:
    """Whether we asked too often; GitHub says so with 403 as well as with 429.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#rate-limit-errors
    """
    if status == _LIMITED:
        return True
    if status != _FORBIDDEN:
        return False
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in said.lower()
    )


def limit_pause_s(headers: Mapping[str, str], attempt: int) -> float:
    """How long the forge wants us to wait.

    Retry-After in seconds or as a date, else GitHub's time of reset; both are compared with the answer's
    own Date, so that our clock does not matter. Else a minute, twice as long each time.
    """
    after = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(after):
        return float(after)
    now = _epoch_s(headers.get("date"))
    then = _epoch_s(after)
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    if then is None and _SECONDS.fullmatch(reset) and not after:
        then = float(reset)
    if now is not None and then is not None:
        # A second more, for both are cut to whole ones.
        return max(0.0, then - now + 1)
    return float(_UNTOLD_S * 2**attempt)


def fault_pause_s(attempt: int) -> float:
    """How long to wait after a fault of the server or the network: 1, 2, 4 s."""
    return float(_FIRST_S * 2**attempt)


def _epoch_s(date: str | None) -> float | None:
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
