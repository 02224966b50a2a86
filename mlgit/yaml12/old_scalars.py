"""Old scalars: values of unquoted words in a document that begins with `%YAML 1.1`, as DVC reads them."""

from __future__ import annotations

import re
from decimal import Decimal

from mlgit.yaml12.scalars import integer, scalar

_OCTAL = re.compile(r"(?:[-+]_*)?0[0-7_]+")
_NEW = re.compile(r"[-+]?(?:0o.*|(?:0|(?<=[-+])_)[0-9_]*[89][0-9_]*)|[-+]\.[0-9_].*")
"""Words that are numbers only in YAML 1.2."""
_BASE_60 = re.compile(r"([-+]?)([1-9][0-9_]*(?::[0-5]?[0-9])+)")
_BASE_60_FLOAT = re.compile(r"([-+]?)([0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)")
_BOOL = {"y": True, "yes": True, "on": True, "n": False, "no": False, "off": False}


def old_scalar(text: str, *, floats_as_decimal: bool = False) -> object:
    """The value of an unquoted scalar: number, boolean, None or the text itself."""
    word = text.lower()
    if word in _BOOL and text in {word, word.upper(), word.capitalize()}:
        return _BOOL[word]
    if _OCTAL.fullmatch(text):
        return integer(text, base=8)
    if _NEW.fullmatch(text):
        return text
    if (found := _BASE_60.fullmatch(text)) is not None:
        *parts, last = found[2].replace("_", "").split(":")
        value = _minutes(parts) * 60 + int(last)
        return -value if found[1] == "-" else value
    if (found := _BASE_60_FLOAT.fullmatch(text)) is not None:
        *parts, last = found[2].replace("_", "").split(":")
        kind = Decimal if floats_as_decimal else float
        size = kind(_minutes(parts) * 60) + kind(last)  # type: ignore[operator]  # both of one kind
        return -size if found[1] == "-" else size
    return scalar(text, floats_as_decimal=floats_as_decimal)


def _minutes(parts: list[str]) -> int:
    value = 0
    for part in parts:
        value = value * 60 + int(part)
    return value
