"""Values: metric and parameter files as DVC reads them, flattened, with decimal numbers."""

from __future__ import annotations

import errno
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import LFS_POINTER
from mlgit.adapters.dvc.files.formats.exact import decimal, fraction, whole
from mlgit.core.pipeline.evidence import NotFetched, Problem, Unreadable, Value
from mlgit.core.pipeline.metrics import usable
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from json import JSONDecoder

    from mlgit.adapters.dvc.files.documents import Documents
    from mlgit.adapters.dvc.files.plugged_in import Loader

MAX_BYTES = 16 << 20
MAX_VALUES = 100_000
_TOO_DEEP = "is nested too deeply"
LFS_PULL = "run `git lfs pull`, or `git lfs fetch --all` for a commit that is not checked out"
_CONFLICT = b"<<<<<<< "


def metric_values(
    content: bytes, *, path: str, documents: Documents, others: dict[str, str] | None = None
) -> Mapping[str, Value] | Problem:
    """The numbers and texts of a metric file by dotted key, or the reason why there are none.

    As in `dvc metrics`, lists and nulls inside are left out, and added to `others` with what they are; a lone
    number has the empty key.
    """
    try:
        tree = parse(content, path=path, documents=documents, exact=True)
        if not isinstance(tree, list):
            return flatten(tree, lists=False, others=others)
        reason = "is a list; a metric file is a mapping of names to numbers"
    except Unreadable as error:
        return _problem(path, error)
    return Problem(code="unreadable", message=f"`{path}` {reason}")


def param_values(
    content: bytes, *, path: str, documents: Documents, keys: Iterable[str] | None = None
) -> Mapping[str, Value] | Problem:
    """The parameters of a file by dotted key, or the reason why there are none.

    As in `dvc params`, a list is one value in Python's notation; so is an empty group, which DVC leaves out.
    With `keys`, only these dotted keys and the ones below them (`train.*` is allowed) count.
    """
    try:
        found = flatten(parse(content, path=path, documents=documents), lists=True)
    except Unreadable as error:
        return _problem(path, error)
    return dict(found) if keys is None else selected(found, keys)


def _problem(path: str, error: Unreadable) -> Problem:
    if isinstance(error, NotFetched):
        return Problem(code="not_fetched", message=f"`{path}` {error}", hint=LFS_PULL)
    return Problem(code="unreadable", message=f"`{path}` {error}")


def selected(values: Mapping[str, Value], keys: Iterable[str]) -> dict[str, Value]:
    """The values that these dotted keys name (`train` also means everything below it)."""
    patterns = [key.split(".") for key in keys]
    return {
        name: value
        for name, value in values.items()
        if any(_below(name.split("."), pattern) for pattern in patterns)
    }


def _below(name: list[str], pattern: list[str]) -> bool:
    if not any("*" in step or "?" in step or "[" in step for step in pattern):
        return name[: len(pattern)] == pattern
    from fnmatch import fnmatchcase

    return len(name) >= len(pattern) and all(map(fnmatchcase, name, pattern))


@lru_cache(maxsize=1024)  # leaderboards ask ten thousand times for a few paths
def ending_of(path: str) -> str:
    """The ending of a file's name in lower case, with its dot; empty if there is none."""
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :].lower() if "." in name else ""


def parse(content: bytes, *, path: str, documents: Documents, exact: bool = False) -> object:
    """The value tree of a file by its ending; unknown ones are YAML.

    With `exact`, fractions are decimals as they are written; DVC compares parameters as binary floats.

    Raises:
        Unreadable: the content is not in that format.
    """
    ending = ending_of(path)
    _require_text(content, path)
    try:
        load = FORMATS[ending] if ending in FORMATS else _plugged_in(ending)
        if load is None:
            return documents.parse(content, name=path, exact=exact) or {}
        return (_EXACT.get(ending, load) if exact else load)(content)
    except ConfigError as error:
        line = f" (line {error.location.line})" if error.location and error.location.line else ""
        start, file, end = error.message.partition(f"`{path}` ")
        reason = end if file and not start else f"cannot be read: {error.message}"
        raise Unreadable(f"{reason}{line}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text") from error
    except SyntaxError as error:
        raise Unreadable(f"is not valid Python: {error.msg} (line {error.lineno})") from error
    except (RecursionError, MemoryError) as error:  # Python's parser has too little memory, not the machine
        raise Unreadable(_TOO_DEEP) from error
    except ValueError as error:
        from mlgit.adapters.dvc.files.formats.invalid import invalid

        conflict = content.startswith(_CONFLICT) or b"\n" + _CONFLICT in content
        reason = "has an unresolved merge conflict" if conflict else invalid(error, ending)
        raise Unreadable(reason) from error


def _require_text(content: bytes, path: str) -> None:
    if len(content) > MOST_BYTES.get(ending_of(path), MAX_BYTES):
        raise Unreadable(too_large(path))
    if content.startswith(LFS_POINTER):
        raise NotFetched("is a pointer of Git LFS; `git lfs pull` fetches it")
    if b"\0" in content:
        raise Unreadable("is a binary file")


def unread(path: str, error: OSError) -> Problem:
    """The problem of a file that cannot be read, or is too large to be."""
    reason = too_large(path) if error.errno == errno.EFBIG else f"cannot be read: {error.strerror}"
    return Problem(code="unreadable", message=f"`{path}` {reason}")


def too_large(path: str) -> str:
    """The end of a sentence about a file that is larger than its format is read."""
    limit = MOST_BYTES.get(ending_of(path), MAX_BYTES)
    return f"is larger than {limit >> 20} MiB" if limit >> 20 else f"is larger than {limit >> 10} KiB"


@cache
def _plugged_in(ending: str) -> Loader | None:
    from mlgit.adapters.dvc.files.plugged_in import plugged_in

    return plugged_in(ending)


def _load_json(content: bytes, *, exact: bool = False) -> object:
    if not content.strip():
        raise Unreadable("is empty")
    text = content.decode("utf-8-sig")
    if not exact:
        return _json_decoder().decode(text)
    try:
        return _json_decoder(Decimal, whole).decode(text)
    except InvalidOperation:  # an exponent that no decimal has
        return _json_decoder(fraction, whole).decode(text)


@cache
def _json_decoder(
    fractions: Callable[[str], object] | None = None, integers: Callable[[str], object] | None = None
) -> JSONDecoder:
    """Made once: making it takes as long as decoding a small file."""
    from json import JSONDecoder

    return JSONDecoder(object_pairs_hook=_unique, parse_float=fractions, parse_int=integers)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Unreadable(f"has the key `{twice}` twice")
    return found


def _load_toml(content: bytes, *, exact: bool = False) -> object:
    import tomllib

    from mlgit.adapters.dvc.files.formats.toml_keys import deep_key

    text = content.decode("utf-8-sig")
    line = deep_key(text)
    if line is not None:
        raise Unreadable(f"{_TOO_DEEP}: a dotted key has too many parts (line {line})")
    return tomllib.loads(text, parse_float=fraction if exact else float)


def _load_python(content: bytes) -> object:
    from mlgit.adapters.dvc.files.formats.python_params import parse_python

    return parse_python(content.decode("utf-8-sig"))


def _load_table(content: bytes, delimiter: str, *, exact: bool = False) -> object:
    from mlgit.adapters.dvc.files.formats.tables import TableError, parse_table

    try:
        return parse_table(content.decode("utf-8-sig"), delimiter=delimiter, exact=exact)
    except TableError as error:
        raise Unreadable(str(error)) from error


FORMATS: Mapping[str, Loader | None] = {
    "": None,  # YAML, whose values are cached
    ".csv": partial(_load_table, delimiter=","),
    ".json": _load_json,
    ".py": _load_python,
    ".toml": _load_toml,
    ".tsv": partial(_load_table, delimiter="\t"),
    ".yaml": None,
    ".yml": None,
}
"""File ending -> loader. Installed distributions add others in the entry-point group `mlgit.metrics`."""

MOST_BYTES: Mapping[str, int] = {
    "": 4 << 20,
    ".csv": 4 << 20,
    ".py": 512 << 10,
    ".toml": 1 << 20,
    ".tsv": 4 << 20,
    ".yaml": 4 << 20,
    ".yml": 4 << 20,
}
"""File ending -> the largest file that is parsed in about two seconds; `MAX_BYTES` for all others."""

_EXACT: Mapping[str, Loader] = {
    ".csv": partial(_load_table, delimiter=",", exact=True),
    ".json": partial(_load_json, exact=True),
    ".toml": partial(_load_toml, exact=True),
    ".tsv": partial(_load_table, delimiter="\t", exact=True),
}


def flatten(tree: object, *, lists: bool, others: dict[str, str] | None = None) -> dict[str, Value]:
    """Leaves by dotted key.

    With `lists`, a list and an empty group are one value (in Python's notation); otherwise lists and nulls
    are left out, as in `dvc metrics`, and added to `others` with what they are.

    Raises:
        Unreadable: two places have the same dotted key, or there are too many.
    """
    try:
        return _flat(tree, lists=lists, others=others)
    except RecursionError as error:  # the text of a list
        raise Unreadable(_TOO_DEEP) from error


def _flat(tree: object, *, lists: bool, others: dict[str, str] | None) -> dict[str, Value]:
    found: dict[str, Value] = {}
    stack: list[tuple[str, object]] = [("", tree)]
    while stack:
        prefix, value = stack.pop()
        # DVC leaves an empty group out; but a script can see whether it is there.
        if isinstance(value, dict) and (value or not prefix or not lists):
            start = f"{prefix}." if prefix else ""
            stack += [(f"{start}{key}", item) for key, item in reversed(value.items())]
            continue
        # Nearly every leaf is a decimal or a float; leaderboards have a hundred thousand.
        leaf: Value
        if type(value) is Decimal:
            leaf = value if usable(value) else str(value)
        else:
            leaf = Decimal(repr(value)) if type(value) is float else _leaf(value, lists=lists)
        if leaf is None and not lists:
            if others is not None and len(others) < MAX_VALUES:
                from mlgit.adapters.dvc.files.lists import null_or_list

                others[prefix] = null_or_list(value)
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
    if isinstance(value, int):  # its decimal digits would take minutes
        return f"{value:#x}"
    return None if isinstance(value, (list, tuple, set)) and not lists else str(value)
