"""Packed: value trees with decimals as JSON, for caches."""

from __future__ import annotations

from decimal import Decimal

_NUMBER = "#"
_KEY = "="


def packed(value: object) -> object:
    """A value without decimals, from which `unpacked` makes the same; keys of mappings get a prefix."""
    if isinstance(value, dict):
        return {f"{_KEY}{key}" if isinstance(key, str) else key: packed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [packed(item) for item in value]
    return {_NUMBER: str(value)} if isinstance(value, Decimal) else value


def unpacked(value: object) -> object:
    if isinstance(value, dict):
        if _NUMBER in value:
            return Decimal(value[_NUMBER])
        return {key[1:] if isinstance(key, str) else key: unpacked(item) for key, item in value.items()}
    return [unpacked(item) for item in value] if isinstance(value, list) else value
