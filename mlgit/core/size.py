"""Size: how much a person reads it as."""

from __future__ import annotations

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
