"""Waiting: how long to wait before a request is repeated. Reads the response's headers, and no clock."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES = 4
PATIENCE_S = 150.0
"""The limit for all waits of one request together."""
_FIRST_S = 1.0
_DEFAULT_S = 60.0
_SECONDS = re.compile(r"[0-9]{1,12}")
_LIMITED, _FORBIDDEN = 429, 403


def limited(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether the response is a rate limit: 429, and 403 as GitHub uses it.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#rate-limit-errors
    """
    if status == _LIMITED:
        return True
    if status != _FORBIDDEN:
        return False
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in message.lower()
    )


def limit_pause_s(headers: Mapping[str, str], attempt: int) -> float:
    """The wait that a rate limit asks for.

    It is Retry-After in seconds or as a date, or GitHub's time of reset. Both times are compared with the
    response's own Date, so that the local clock does not matter. The default is a minute, doubled each time.
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
        # A second more, because both are rounded down.
        return max(0.0, then - now + 1)
    return float(_DEFAULT_S * 2**attempt)


def fault_pause_s(attempt: int) -> float:
    """The wait after a fault of the server or the network: 1, 2, 4 s."""
    return float(_FIRST_S * 2**attempt)


def _epoch_s(date: str | None) -> float | None:
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
