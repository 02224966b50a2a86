"""Wording: how messages tell ages, sizes and lists of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTED = 5


_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def tell_age(seconds: float) -> str:
    """`3 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; never in the future."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s ago"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min ago"
    return f"{whole // _HOUR_S} h ago" if whole < 2 * _DAY_S else f"{whole // _DAY_S} d ago"


_STEP = 1024


def size_text(size_bytes: int) -> str:
    """A size with its unit: `512 B`, `1.5 KiB`."""
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= _STEP
        if amount < _STEP:
            return f"{amount:.1f} {unit}"
    return f"{amount / _STEP:.1f} TiB"


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    shown = ", ".join(f"`{name}`" for name in every[:_LISTED])
    return shown if len(every) <= _LISTED else f"{shown} and {len(every) - _LISTED} more"
