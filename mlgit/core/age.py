"""Age: a time span as people say it."""

from __future__ import annotations

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def tell_age(seconds: float) -> str:
    """`3 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; never in the future."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s ago"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min ago"
    return f"{whole // _HOUR_S} h ago" if whole < 2 * _DAY_S else f"{whole // _DAY_S} d ago"
