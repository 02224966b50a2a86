"""Spelling: values in files of parameters that DVC and a script may read as different ones."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, pairs
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import cut, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline

_CODE = "params_changed"
_YAML = (".yaml", ".yml")
_PYTHON = ".py"
_WIDTH = 60
# YAML 1.1, as PyYAML reads it: octal, in base 60, truth values. DVC reads YAML 1.2.
_VALUE = r"[-+]?(?:0[0-9]+|0o[0-7]+|[0-9]+(?::[0-5]?[0-9])+|yes|no|on|off)"
_BEFORE = r"(?:[:,-][ \t]+[\[{]?|[\[{,])[ \t]*"
_ODD = re.compile(rf"(?im)^.*{_BEFORE}{_VALUE}[ \t]*(?:[,\]}}#].*)?$".encode())


def spelling_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipeline: Pipeline,
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> tuple[Note, ...]:
    """A note about lines that come to the parameter files of measuring stages, with such a value.

    The value that DVC compares may be the same, although the stage reads another one; of a Python file, also
    by other code there. `pipeline` is the one of the change.
    """
    side = Measuring(pipeline)
    files = {
        file
        for gates in pairs(old, new)
        if all(gate.source is not None and gate.source.link != "none" for gate in gates)
        for stage in side.stages(gates[1])
        for file in stage.params
        if file.endswith((*_YAML, _PYTHON))
    }
    if not files:
        return ()
    was, now = (each.read(sorted(files)) for each in places)
    texts = [*_other_values(was, now), *_other_code(was, now)]
    return tuple(Note(code=_CODE, message=text) for text in texts)


def _other_values(was: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[str]:
    """The lines with a value of two meanings that are new, in words."""
    before, after = _lines(was), _lines(now)
    end = "which DVC and scripts that use YAML 1.1 read as different values"
    for file in sorted(after):
        came = [line for line in after[file] if line not in before.get(file, ())]
        if came:
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


def _lines(contents: Mapping[str, bytes]) -> Mapping[str, Sequence[str]]:
    return {
        file: [match[0].decode("utf-8", "replace").strip() for match in _ODD.finditer(content)]
        for file, content in contents.items()
        if file.endswith(_YAML)
    }
