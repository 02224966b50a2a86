"""Spelling: values in files of parameters that DVC and a script may read as different ones."""

from __future__ import annotations

import ast
import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, TypeGuard

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.measuring import Measuring, number_stages, pairs
from mlgit.core.gates.measured.runs.last_runs import NO_RUNS
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY, as_text, key_text
from mlgit.core.wording import cut, joined, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.last_runs import LastRuns
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

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
# What names a type in an annotation, such as `dict[str, int | None]`.
_TYPES = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List, ast.BinOp)
_ODD = re.compile(rf"(?im)^.*{_BEFORE}{_VALUE}[ \t]*(?:[,\]}}#].*)?\r?$".encode())


def spelling_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipeline: Pipeline,
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    both: Both = lambda _: None,
    runs: LastRuns = NO_RUNS,
) -> tuple[Note, ...]:
    """Notes about values that come to the parameter files of measuring stages, and that have two meanings.

    The value that DVC compares may be the same, although the stage reads another one; of a Python file, also
    by other code there. `pipeline` is the one of the change. Without `both`, lines are compared.
    """
    side = Measuring(pipeline)
    both_sides = [*pairs(old, new)]
    stages = {
        stage.address: stage
        for gates in both_sides
        if gates[0].source is not None and side.is_known(gates[1])
        for stage in side.stages(gates[1])
        if stage.address not in side.shared(gates[1])
    }
    texts = _texts(stages.values(), places, both)
    for made, own in runs.made_at([(stage, stage) for stage in stages.values()], number_stages(both_sides)):
        end = f"; {made.start[0].lower()}{made.start[1:]}, before that"
        earlier = _texts((stage for stage, _ in own), (made.places, places[1]), both)
        texts += [f"{text}{end}" for text in earlier if text not in texts]
    return tuple(Note(code=_CODE, message=text) for text in texts)


def _texts(stages: Iterable[Stage], places: tuple[Places, Places], both: Both) -> list[str]:
    """What comes to the parameter files of stages, in words."""
    names = {file for stage in stages for file in stage.params}
    files = sorted(file for file in names if not file.lower().endswith(_NOT_YAML))
    if not files:
        return []
    was, now = (each.read(files) for each in places)
    edited = [file for file in sorted(now) if is_yaml(file) and was.get(file) != now[file]]
    texts = [text for file in edited for text in _two_values(file, was, now, both)]
    return [*texts, *_other_code(was, now)]


def is_yaml(file: str) -> bool:
    """Whether DVC reads a file as YAML: any other than JSON, TOML and Python."""
    return not file.lower().endswith((*_NOT_YAML, _PYTHON))


def _two_values(file: str, was: Mapping[str, bytes], now: Mapping[str, bytes], both: Both) -> Iterator[str]:
    """The values, or the lines of a file that one of them cannot read, with two meanings that are new."""
    texts = two_meanings(was.get(file, b""), now[file], both)
    if texts is None:
        yield from _other_lines(file, was, now)
    elif texts:
        yield f"`{file}` now has {joined(texts.values())}"


def two_meanings(was: bytes, now: bytes, both: Both) -> dict[str, str] | None:
    """Each value with two meanings that is new, in words, by its name; None if a side cannot be read."""
    before, after = both(was), both(now)
    if before is None or after is None:
        return None
    known = {*_differing("", *before)}
    texts = {}
    for name, *values in (each for each in _differing("", *after) if each not in known):
        ours, theirs = (cut(value, _WIDTH) for value in values)
        texts[name[1:]] = f"`{name[1:]}` ({ours} for DVC, {theirs} for a script that uses YAML 1.1)"
    return texts


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
        return [*_not_plain(parse(content).body)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return content


def _not_plain(body: Sequence[ast.stmt], *, of_self: bool = False) -> Iterator[str]:
    """What statements have other than plain values, of which DVC reads in `__init__` only `self.NAME`."""
    counted = Counter(_names(body, of_self=of_self))
    again = {name for name in counted if counted[name] > 1}
    for statement in body:
        names = [*_names([statement], of_self=of_self)]
        if isinstance(statement, ast.ClassDef) or _is_init(statement):
            inner, statement.body = statement.body, []
            yield ast.dump(statement)
            yield from () if again.isdisjoint(names) else map(ast.dump, inner)
            yield from (*_not_plain(inner, of_self=_is_init(statement)), "end")
        elif not (names or _is_text(statement)) or not again.isdisjoint(names):
            yield ast.dump(statement)
        elif isinstance(statement, ast.AnnAssign) and any(map(_runs, ast.walk(statement.annotation))):
            yield f"{names} {ast.dump(statement.annotation)}"


def _names(body: Sequence[ast.stmt], *, of_self: bool) -> Iterator[str]:
    """The names of which DVC reads plain values; those of `__init__` are of the class."""
    for statement in body:
        if _is_init(statement):
            yield from _names(statement.body, of_self=True)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_literal(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            name = _name(targets[0], of_self=of_self)
            yield from [name] if name and len(targets) == 1 else []


def _name(target: ast.expr, *, of_self: bool) -> str:
    if not of_self:
        return target.id if isinstance(target, ast.Name) else ""
    plain = isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
    return target.attr if isinstance(target, ast.Attribute) and plain else ""


def _is_init(statement: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(statement, ast.FunctionDef) and statement.name == "__init__"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_literal(value: ast.expr | None) -> bool:
    if value is None:
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _runs(node: ast.AST) -> bool:
    """Whether a part of an annotation may do more than name a type."""
    return isinstance(node, ast.expr) and not isinstance(node, _TYPES)


def _lines(content: bytes) -> Sequence[str]:
    return [match[0].decode("utf-8", "replace").strip() for match in _ODD.finditer(content)]
