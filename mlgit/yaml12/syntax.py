"""Syntax: what is wrong with text that is not YAML, in words, and how to write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import yaml


class Mistake(NamedTuple):
    """A mistake and how to write it; `line` and `column` count from 0, `width` in characters."""

    what: str
    hint: str | None
    line: int
    column: int
    width: int = 1


class Found(NamedTuple):
    """What libyaml found: its words, its place, and where the value began that it was reading."""

    problem: str
    line: int
    column: int
    begun: tuple[int, int] | None


_CONFLICT = re.compile(r"(?m)^(?:<{7}|={7}|>{7})(?: |$)")
_COMPARED = re.compile(r"([\w.-]+)\s*:\s*((?:[<>]=?|==?)\s*([-+]?[.\d][\w.]*%?))")
_COMPARED_KEY = re.compile(r"\s*([<>]=?|==?)\s*:\s")
_NO_SPACE = re.compile(r"\s*(?:- )?([\w.-]+):([^\s:/{\[][^:]*)$")
_NO_VALUE = re.compile(r"([\w.-]+):(?=[,}\]])")
_LONGEST_LINE = 1000
_RESERVED = "*&%@`!|>"


def explain(error: yaml.YAMLError, text: str, *, name: str, place: Callable[..., Location]) -> ConfigError:
    """The error for the user; `place` makes the location of a line, column and width."""
    begun = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or begun
    problem = getattr(error, "problem", None) or str(error)
    made = None
    if mark is not None:
        begins = None if begun is None else (begun.line, begun.column)
        made = mistake(text, Found(problem, mark.line, mark.column, begins))
    if made is not None:
        where = place(made.line, made.column, width=made.width)
        return ConfigError(f"`{name}` is not valid YAML: {made.what}", location=where, hint=made.hint)
    context = getattr(error, "context", None)
    return ConfigError(
        f"`{name}` is not valid YAML: {problem}",
        location=place(mark.line, mark.column) if mark else Location(name),
        details=(context,) if context else (),
    )


def mistake(text: str, found: Found) -> Mistake | None:
    """The mistake that libyaml met; None if it is not one of the usual ones."""
    if conflict := _CONFLICT.search(text):
        hint = "choose one side of `<<<<<<<` … `>>>>>>>`, then run `git add` on the file"
        line = text.count("\n", 0, conflict.start())
        return Mistake("it has an unresolved merge conflict", hint, line, 0, 7)
    lines = text.splitlines()
    return next((made for rule in _RULES if (made := rule(lines, found)) is not None), None)


def _line(lines: Sequence[str], number: int) -> str:
    """A line; empty for one that no one typed, which the rules would take very long for."""
    found = lines[number] if 0 <= number < len(lines) else ""
    return found if len(found) <= _LONGEST_LINE else ""


def _tab(lines: Sequence[str], found: Found) -> Mistake | None:
    indent = re.match(r" *\t[ \t]*", _line(lines, found.line))
    if indent is None:
        return None
    spaces = indent[0].replace("\t", "  ")
    shown = f"`{spaces}{_line(lines, found.line).strip()}`"
    return Mistake(
        "a tab cannot indent a line", f"write {shown}, with spaces", found.line, indent[0].index("\t")
    )


def _comparison(lines: Sequence[str], found: Found) -> Mistake | None:
    here = _line(lines, found.line)
    for hit in _COMPARED.finditer(here):
        if hit.start() <= found.column <= hit.end():
            what = f"`{hit[2]}` is not a value"
            return Mistake(what, f"write `{hit[1]}: {hit[3]}`", found.line, hit.start(2), len(hit[2]))
    key = _COMPARED_KEY.match(here)
    if key is None:
        return None
    value = here[key.end() :].strip()
    limit = "min" if key[1].startswith(">") else "max"
    hint = None if "=" in key[1][:1] else f"write `{limit}: {value}`"
    return Mistake(f"`{key[1]}` is not a key", hint, found.line, key.start(1), len(key[1]))


def _missing_space(lines: Sequence[str], found: Found) -> Mistake | None:
    if not re.search("mapping values|expected ':'", found.problem):
        return None
    for number in (found.line, found.line - 1):
        hit = _NO_SPACE.match(_line(lines, number))
        if hit is not None:
            hint = f"write `{hit[1]}: {hit[2].strip()}`"
            return Mistake("a space is missing after `:`", hint, number, hit.end(1), 1)
    return None


def _missing_value(lines: Sequence[str], found: Found) -> Mistake | None:
    for hit in _NO_VALUE.finditer(_line(lines, found.line)):
        if hit.start() <= found.column <= hit.end():
            hint = f"write a value after `{hit[1]}: `, or leave `{hit[1]}` out"
            return Mistake(f"`{hit[1]}` has no value", hint, found.line, hit.start(), hit.end() - hit.start())
    return None


def _reserved(lines: Sequence[str], found: Found) -> Mistake | None:
    here = _line(lines, found.line)
    for column in (found.column, found.column - 1):
        begins = column == 0 or here[column - 1 : column] in {" ", "[", "{", ","}
        if begins and here[column : column + 1] and here[column] in _RESERVED:
            ends = " #" if "{" not in here[:column] and "[" not in here[:column] else ",}]"
            value = re.split("|".join(map(re.escape, ends)) if ends != " #" else " #", here[column:])[
                0
            ].rstrip()
            hint = (
                f'write `"{value}"`, in quotes' if len(value) > 1 and '"' not in value else "put it in quotes"
            )
            return Mistake(
                f"a value cannot begin with `{here[column]}`", hint, found.line, column, len(value)
            )
    return None


def _unclosed(lines: Sequence[str], found: Found) -> Mistake | None:
    if "or '}'" not in found.problem and "or ']'" not in found.problem:
        return None
    opened, closed = ("{", "}") if "}" in found.problem else ("[", "]")
    here = _line(lines, found.line)
    semicolon = here.find(";", max(0, found.column - 40), found.column + 1)
    if semicolon >= 0:
        return Mistake("`;` does not separate keys", "write `,` instead", found.line, semicolon)
    if found.begun is None:
        return None
    line, column = found.begun
    if line == found.line and here.count(opened) <= here.count(closed):
        return Mistake(f"`,` or `{closed}` is missing", None, found.line, found.column)
    hint = f"write `{_line(lines, line).strip()}{closed}`" if _line(lines, line).count(":") > 1 else None
    return Mistake(f"the `{opened}` is not closed", hint or f"add `{closed}`", line, column)


def _indent(lines: Sequence[str], found: Found) -> Mistake | None:
    if "did not find expected key" in found.problem:
        before = next((line for line in reversed(lines[: found.line]) if line.strip()), "")
        shown = before[: len(before) - len(before.lstrip())] + _line(lines, found.line).strip()
        what = "the indentation differs from the lines above"
        return Mistake(what, f"write `{shown}`", found.line, found.column)
    if "mapping values are not allowed" in found.problem:
        return Mistake(
            "this `:` is inside another value", "put the value in quotes", found.line, found.column
        )
    return None


_RULES: tuple[Callable[[Sequence[str], Found], Mistake | None], ...] = (
    _tab,
    _comparison,
    _missing_space,
    _missing_value,
    _reserved,
    _unclosed,
    _indent,
)
