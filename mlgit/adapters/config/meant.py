"""Meant: valid YAML for what people write by habit: `0,3`, `95%`, `r2 > 0.3`, `threshold: 0.3`."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.yaml12 import scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

# Our keys <- words of other tools and of everyday language, in the sections of mlgit.yaml.
_KEYS: Mapping[str, Mapping[str, str]] = {
    "models": {"path": "file artifact output", "metrics": "metric", "description": "desc"},
    "gates": {
        "min": "> >= => ≥ gt gte ge above at_least minimum floor threshold lower lower_bound",
        "max": "< <= =< ≤ lt lte le below at_most maximum ceiling upper upper_bound",
        "max_drop": "tolerance drop loss decrease max_decrease max_loss max_fall",
        "max_rise": "rise increase max_increase max_gain",
        "vs": "baseline against than compare compare_to compare_with reference",
        "metric": "name key metrics value",
        "severity": "level",
    },
    "environments": {
        "from": "after source requires needs previous parent",
        "auto": "automatic auto_promote auto_deploy",
        "gates": "gate",
        "pre": "prerelease pre_release prereleases",
    },
    "deploy": {
        "target": "type kind to",
        "path": "dir folder directory destination",
        "command": "cmd run script program",
    },
}
_COMPARISON = re.compile(r"(.+?)\s*(>=|<=|=>|=<|[<>≥≤])\s*([-+]?[\d.,]+\s*%?)")
_TURNED = re.compile(r"([-+]?[\d.,]+\s*%?)\s*(>=|<=|=>|=<|[<>≥≤])\s*(.+)")
# `min: 0,3` in a `{…}`, where YAML reads the comma as the end of the entry.
_SPLIT = re.compile(r"([\w.-]+)\s*:\s*([-+]?\d[\d.]*(?:,\d+)+%?)(?=\s*(?:[,}#]|$))")
_PLAIN = re.compile(r"[\w./][\w ./%+-]*")


class SplitNumber(NamedTuple):
    """A number that YAML takes apart at its commas; `column` counts from 1."""

    key: str
    text: str
    column: int


def key_meant(section: object, key: object) -> str | None:
    """Our key for a word, in a section of the file."""
    rows = _KEYS.get(str(section), {}).items()
    return next((ours for ours, words in rows if str(key) in words.split()), None)


def split_number(line: str, column: int) -> SplitNumber | None:
    """The number with commas at a column (from 1) of a line."""
    for found in _SPLIT.finditer(line):
        if found.start(2) < column <= found.end(2):
            return SplitNumber(found[1], found[2], found.start(2) + 1)
    return None


def number_hint(key: str, text: str, *, relative: bool) -> str | None:
    """How to write a limit that is not a number; `relative`: it may be in per cent."""
    stripped = re.sub(r"^[<>=≥≤\s]+|[\s,;]+$", "", text.strip("'\"“”„ "))
    percent = stripped.endswith("%")
    digits = re.sub(r"\s+|_", "", stripped.removesuffix("%"))
    numbers = _readings(digits)
    if not numbers:
        return None
    if percent and not relative:
        return f"write `{key}: {_share(numbers[0])}`, or `{key}: {numbers[0]}` if the metric is in per cent"
    end = "%" if percent else ""
    return "write " + " or ".join(f"`{key}: {number}{end}`" for number in numbers)


def _share(percent: str) -> str:
    return f"{Decimal(percent).scaleb(-2).normalize():f}"


def _readings(digits: str) -> list[str]:
    """The numbers that digits with commas can mean, as YAML."""
    if re.fullmatch(r"[-+]?\d+,\d+", digits):
        whole, _, end = digits.partition(",")
        decimal, thousands = f"{whole}.{end}", f"{whole}{end}"
        return [thousands, decimal] if len(end) == 3 and whole.strip("+-0") else [decimal]  # noqa: PLR2004
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "").replace(",", ".")
    value = scalar(digits, floats_as_decimal=True) if digits else None
    return [digits] if isinstance(value, (int, Decimal)) and Decimal(value).is_finite() else []


def gate_meant(gate_id: str | None, text: object, others: Mapping[str, object] | None = None) -> str | None:
    """The entry of a gate that a comparison such as `r2 > 0.3` means; `others` are its other keys."""
    if not isinstance(text, str):
        return None
    found, turned = _COMPARISON.fullmatch(text.strip()), _TURNED.fullmatch(text.strip())
    if turned is not None and found is None:
        metric, sign, number = turned[3], turned[2].translate(str.maketrans("<>≤≥", "><≥≤")), turned[1]
    elif found is not None:
        metric, sign, number = found.groups()
    else:
        return None
    limit = "min" if sign.strip("=") in {">", "≥"} else "max"
    numbers = _readings(re.sub(r"[\s%]+", "", number))
    if not numbers:
        return None
    value = _share(numbers[0]) if "%" in number else numbers[0]
    named = gate_id or _gate_id(metric, "floor" if limit == "min" else "ceiling")
    entry = {"metric": metric, limit: scalar(value, floats_as_decimal=True), **(others or {})}
    return f"write `{named}: {flow(entry)}`"


def _gate_id(metric: str, end: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9._]+', '-', metric).strip('-._') or 'gate'}-{end}"


def listed_gate(item: object) -> str | None:
    """The entry of a gate that was written as an item of a list."""
    if not isinstance(item, dict) or not isinstance(item.get("metric"), str):
        return gate_meant(None, item)
    named = item.get("id") or item.get("name")
    others = {key: value for key, value in item.items() if key not in {"id", "name"}}
    end = "floor" if "min" in item else "ceiling" if "max" in item else f"vs-{item.get('vs', 'base')}"
    return f"write `{named or _gate_id(item['metric'], end)}: {flow(others)}`"


def flow(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if not isinstance(value, str):
        return str(value)
    return value if _PLAIN.fullmatch(value) and isinstance(scalar(value), str) else json.dumps(value)
