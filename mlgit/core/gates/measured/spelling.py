"""Spelling: values in files of parameters that DVC and a script may read as different ones."""

from __future__ import annotations

import ast
import re
from datetime import date
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, is_of_another_model, pairs
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY, as_text, key_text
from mlgit.core.wording import cut, joined, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline

    Both = Callable[[bytes], tuple[object, object] | None]
    """Gives the value of a document for DVC and for a script that uses YAML 1.1, if both can read it."""

_CODE = "params_changed"
_NOT_YAML = (".json", ".toml")
_PYTHON = ".py"
_ABSENT = object()
_WIDTH = 60
# YAML 1.1, as PyYAML reads it: octal, in base 60, truth values. DVC reads YAML 1.2.
_VALUE = r"[-+]?(?:0[0-9]+|0o[0-7]+|[0-9]+(?::[0-5]?[0-9])+|yes|no|on|off)"
_BEFORE = r"(?:[:,-][ \t]+[\[{]?|[\[{,])[ \t]*"
_ODD = re.compile(rf"(?im)^.*{_BEFORE}{_VALUE}[ \t]*(?:[,\]}}#].*)?\r?$".encode())


def spelling_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipeline: Pipeline,
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    both: Both = lambda _: None,
) -> tuple[Note, ...]:
    """A note about values that come to the parameter files of measuring stages, and that have two meanings.

    The value that DVC compares may be the same, although the stage reads another one; of a Python file, also
    by other code there. `pipeline` is the one of the change. Without `both`, lines are compared.
    """
    side = Measuring(pipeline)
    files = {
        file
        for gates in pairs(old, new)
        if all(gate.source is not None and not is_of_another_model(gate) for gate in gates)
        for stage in side.stages(gates[1])
        for file in stage.params
        if not file.lower().endswith(_NOT_YAML)
    }
    if not files:
        return ()
    was, now = (each.read(sorted(files)) for each in places)
    edited = [file for file in sorted(now) if _is_yaml(file) and was.get(file) != now[file]]
    texts = [text for file in edited for text in _two_values(file, was, now, both)]
    texts += _other_code(was, now)
    return tuple(Note(code=_CODE, message=text) for text in texts)


def _is_yaml(file: str) -> bool:
    """Whether DVC reads a file as YAML: any other than JSON, TOML and Python."""
    return not file.lower().endswith((*_NOT_YAML, _PYTHON))


def _two_values(file: str, was: Mapping[str, bytes], now: Mapping[str, bytes], both: Both) -> Iterator[str]:
    """The values, or the lines of a file that one of them cannot read, with two meanings that are new."""
    before, after = both(was.get(file, b"")), both(now[file])
    if before is None or after is None:
        yield from _other_lines(file, was, now)
        return
    known = {*_differing("", *before)}
    came = [each for each in _differing("", *after) if each not in known]
    texts = [
        f"`{name[1:]}` ({cut(ours, _WIDTH)} for DVC, {cut(theirs, _WIDTH)} for a script that uses YAML 1.1)"
        for name, ours, theirs in came
    ]
    if texts:
        yield f"`{file}` now has {joined(texts)}"


def _differing(name: str, ours: object, theirs: object) -> Iterator[tuple[str, str, str]]:
    """(name, value for DVC, value for YAML 1.1) of each value that is not the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        # For Python, 1 and true are the same key.
        sides = [{(type(key), key): value for key, value in each.items()} for each in (ours, theirs)]
        for own in dict.fromkeys((*sides[0], *sides[1])):
            inner = f"{name}.{key_text(own[1])}"
            yield from _differing(inner, sides[0].get(own, _ABSENT), sides[1].get(own, _ABSENT))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differing(f"{name}[{index}]", one, other)
    elif not _same(ours, theirs):
        yield name, _shown(ours), _shown(theirs)


def _shown(value: object) -> str:
    return "not there" if value is _ABSENT else as_text(value)


def _same(ours: object, theirs: object) -> bool:
    """Whether a script that expects one value gets along with the other: a date, `1e-3` as text."""
    if isinstance(ours, str) and isinstance(theirs, (date, float)):
        return isinstance(theirs, date)
    if isinstance(ours, float) and isinstance(theirs, str):
        return as_text(ours) == _float_text(theirs)
    return as_text(ours) == as_text(theirs) and isinstance(ours, str) is isinstance(theirs, str)


def _float_text(text: str) -> str:
    try:
        return as_text(float(text))
    except ValueError:
        return ""


def _other_lines(file: str, was: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[str]:
    """The lines with a value of two meanings that are new, in words."""
    before, after = _lines(was.get(file, b"")), _lines(now[file])
    came = [line for line in after if line not in before]
    if came:
        end = "which DVC and scripts that use YAML 1.1 read as different values"
        yield f"`{file}` now has {listed(cut(line, _WIDTH) for line in came)}, {end}"


def _other_code(was: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[str]:
    """The Python files that have other code than before next to plain values, in words."""
    for file, content in sorted(now.items()):
        if file.endswith(_PYTHON) and _code(content) != _code(was.get(file, b"")):
            yield f"`{file}` has other code next to the values that DVC compares; it may change them"


def _code(content: bytes) -> object:
    """What a Python file has other than plain values of names: each name once, with a literal."""
    try:
        return [*_not_plain(ast.parse(content).body)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return content


def _not_plain(body: Sequence[ast.stmt]) -> Iterator[str]:
    seen: set[str] = set()
    for statement in body:
        name = _plain_name(statement)
        if isinstance(statement, ast.ClassDef) or (
            isinstance(statement, ast.FunctionDef) and statement.name == "__init__"
        ):
            inner, statement.body = statement.body, []
            yield from (ast.dump(statement), *_not_plain(inner), "end")
        elif name is None or name in seen:
            yield ast.dump(statement)
        else:
            seen |= {name} - {""}


def _plain_name(statement: ast.stmt) -> str | None:
    """The name that a statement gives a literal; empty for a text alone, None for anything else."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return ""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return None
    # `NAME` or `self.NAME`
    plain = len(targets) == 1 and isinstance(targets[0], (ast.Name, ast.Attribute))
    return ast.unparse(targets[0]) if plain else None


def _lines(content: bytes) -> Sequence[str]:
    return [match[0].decode("utf-8", "replace").strip() for match in _ODD.finditer(content)]
