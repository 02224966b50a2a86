"""Scalars: values of unquoted words by the 1.2 core schema, with DVC's additions."""

from __future__ import annotations

import re

_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_INT = re.compile(r"[-+]?0b[01_]+|[-+]?0o[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+")
_BASES = {"0b": 2, "0o": 8, "0x": 16}
# As many digits as int() reads and str() writes, which take time with the square of the digits.
_LONGEST_BITS = 14_000
_NULL = frozenset({"~", "null", "Null", "NULL", ""})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def scalar(text: str, *, floats_as_decimal: bool = False) -> object:
    """The value of an unquoted scalar: number, boolean, None or the text itself."""
    if not text or text[0] in "+-.0123456789":
        if _INT.fullmatch(text) and text.strip("+-_"):
            return integer(text)
        if _FLOAT.fullmatch(text):
            return _floating(text, as_decimal=floats_as_decimal)
    if text in _BOOL:
        return _BOOL[text]
    return None if text in _NULL else text


def integer(text: str, *, base: int = 10) -> object:
    """The value of digits with `_` between them; the text itself if there are too many."""
    digits = text.replace("_", "")
    try:
        found = int(digits, _BASES.get(digits.lstrip("+-")[:2], base))
    except ValueError:  # more digits than int() reads
        return text
    return text if found.bit_length() > _LONGEST_BITS else found


def _floating(text: str, *, as_decimal: bool) -> object:
    digits = text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
    if as_decimal:
        from decimal import Decimal, InvalidOperation

        try:
            return Decimal(digits)
        except InvalidOperation:  # an exponent of 19 digits
            return text
    return float(digits)
