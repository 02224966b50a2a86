"""Values: metric and parameter files as DVC reads them, flat, with decimal numbers."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from mlgit.core.pipeline.evidence import Problem, Value
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from json import JSONDecoder

    from mlgit.adapters.dvc.files.documents import Documents

MAX_BYTES = 16 << 20
MAX_VALUES = 100_000
_TABLES = {".csv": ",", ".tsv": "\t"}
_CONFLICT = b"<<<<<<< "


class Unreadable(Exception):  # noqa: N818 (it is told as a Problem, not raised to the user)
    """A file holds no values; the text says why, in words that follow the file's name."""


def metric_values(content: bytes, *, path: str, documents: Documents) -> Mapping[str, Value] | Problem:
    """The numbers and texts of a metric file by dotted key, or why there are none.

    As in `dvc metrics`, lists and nulls inside are left out; a lone number has the empty key.
    """
    try:
        tree = parse(content, path=path, documents=documents)
        found = {} if isinstance(tree, list) else flatten(tree, lists=False)
    except Unreadable as error:
        return Problem(code="unreadable", message=f"`{path}` {error}")
    if isinstance(tree, list):
        reason = "is a list at its top; a metric file is a mapping of names to numbers"
        return Problem(code="unreadable", message=f"`{path}` {reason}")
    return found


def param_values(
    content: bytes, *, path: str, documents: Documents, keys: Iterable[str] | None = None
) -> Mapping[str, Value] | Problem:
    """The parameters of a file by dotted key, or why there are none.

    As in `dvc params`, a list is one value in Python's notation.

    Args:
        content: the file.
        path: its path, whose ending says the format.
        documents: a memory of parsed texts.
        keys: only these dotted keys and what is below them (`train.*` allowed); None for all.
    """
    try:
        found = flatten(parse(content, path=path, documents=documents), lists=True)
    except Unreadable as error:
        return Problem(code="unreadable", message=f"`{path}` {error}")
    return dict(found) if keys is None else selected(found, keys)


def selected(values: Mapping[str, Value], keys: Iterable[str]) -> dict[str, Value]:
    """Those of all values by dotted key that these keys name (`train` also means all below it)."""
    patterns = [key.split(".") for key in keys]
    return {
        name: value
        for name, value in values.items()
        if any(_below(name.split("."), pattern) for pattern in patterns)
    }


def _below(name: Sequence[str], pattern: Sequence[str]) -> bool:
    if len(name) < len(pattern):
        return False
    if not any("*" in step or "?" in step or "[" in step for step in pattern):
        return list(name[: len(pattern)]) == list(pattern)
    from fnmatch import fnmatchcase

    return all(fnmatchcase(part, step) for part, step in zip(name, pattern, strict=False))


def ending_of(path: str) -> str:
    """The ending of a file's name in lower case, with its dot; empty if there is none."""
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :].lower() if "." in name else ""


def parse(content: bytes, *, path: str, documents: Documents) -> object:
    """The value tree of a file; its ending says the format, YAML when it says nothing.

    Raises:
        Unreadable: it cannot be read as what its name says it is.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES >> 20} MiB")
    if b"\0" in content:
        raise Unreadable("is a binary file")
    ending = ending_of(path)
    try:
        return _parse_as(ending, content, path=path, documents=documents)
    except ConfigError as error:
        line = f" (line {error.location.line})" if error.location and error.location.line else ""
        reason = error.message.removeprefix(f"`{path}` ")
        raise Unreadable(f"cannot be read: {reason}{line}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text") from error
    except SyntaxError as error:
        raise Unreadable(f"is not valid Python: {error.msg} (line {error.lineno})") from error
    except (ValueError, RecursionError) as error:
        if content.startswith(_CONFLICT) or b"\n" + _CONFLICT in content:
            raise Unreadable("has an unresolved merge conflict") from error
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Unreadable(f"is not valid {ending[1:].upper()}: {reason}") from error


def _parse_as(ending: str, content: bytes, *, path: str, documents: Documents) -> object:
    if ending == ".json":
        return _parse_json(content)
    if ending == ".toml":
        return _parse_toml(content)
    if ending in _TABLES:
        return _parse_table(content, _TABLES[ending])
    if ending == ".py":
        from mlgit.adapters.dvc.files.python_params import parse_python

        return parse_python(content.decode("utf-8-sig"))
    return documents.parse(content, name=path) or {}


def _parse_json(content: bytes) -> object:
    if not content.strip():
        raise Unreadable("is empty")
    return _json_decoder().decode(content.decode("utf-8-sig"))


@cache
def _json_decoder() -> JSONDecoder:
    """Made once: making it takes as long as decoding a small file."""
    from json import JSONDecoder

    return JSONDecoder(object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"has the key `{twice}` twice")
    return found


def _parse_toml(content: bytes) -> object:
    import tomllib

    return tomllib.loads(content.decode("utf-8-sig"))


def _parse_table(content: bytes, delimiter: str) -> object:
    """One row under a header: column name -> value."""
    import csv

    from mlgit.yaml12 import scalar

    try:
        rows = [
            row for row in csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=delimiter) if row
        ]
    except csv.Error as error:
        raise Unreadable(f"is no table: {error}") from error
    if len(rows) != 2:  # noqa: PLR2004 (a header and a row)
        raise Unreadable(f"has {max(0, len(rows) - 1)} rows under its header; a metric table has exactly one")
    header, row = rows
    if len(header) != len(row) or len(set(header)) != len(header):
        raise Unreadable("has a header that does not fit its row")
    special = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
    return {
        name: special[text.lower()] if text.lower() in special else scalar(text)
        for name, text in zip(header, (field.strip() for field in row), strict=True)
    }


def flatten(tree: object, *, lists: bool) -> dict[str, Value]:
    """Leaves by dotted key.

    Args:
        tree: mappings, lists and scalars.
        lists: whether a list counts as one value (in Python's notation), else it is left out with
            nulls, as `dvc metrics` does.

    Raises:
        Unreadable: two places have the same dotted key, or there are too many.
    """
    found: dict[str, Value] = {}
    stack: list[tuple[str, object]] = [("", tree)]
    while stack:
        prefix, value = stack.pop()
        if isinstance(value, dict):
            start = f"{prefix}." if prefix else ""
            stack += [(f"{start}{key}", item) for key, item in reversed(value.items())]
            continue
        # Nearly every leaf is one; leaderboards have a hundred thousand.
        leaf = Decimal(repr(value)) if type(value) is float else _leaf(value, lists=lists)
        if leaf is None and not lists:
            continue
        if prefix in found:
            raise Unreadable(f"has two values for `{prefix}`")
        if len(found) >= MAX_VALUES:
            raise Unreadable(f"has more than {MAX_VALUES} values")
        found[prefix] = leaf
    return found


def _leaf(value: object, *, lists: bool) -> Value:
    if value is None or isinstance(value, (bool, str)):
        return value
    number = decimal(value)
    if number is not None:
        return number
    if isinstance(value, (list, tuple, set)):
        return str(value) if lists else None
    return str(value)


def decimal(value: object) -> Decimal | None:
    """A number by its shortest text, so that 0.1 is one tenth; None when it is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else None
