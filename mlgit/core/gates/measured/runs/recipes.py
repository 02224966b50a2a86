"""Recipes: the commands that a Makefile, a justfile or settings of a project have for a name."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs.reading.commands import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
_RULE = re.compile(r"@?([^\s#:=][^#:=]*|[\w-]+[^#:]*)::?(?![:=])(.*)")
_VARIABLE = re.compile(r"(?:(?:export|override)\s+)*([\w.-]+)\s*(?:::?:?|[+?!])?=")
_NAME = re.compile(r"[\w.-]+")
_NAME_OR_PATTERN = re.compile(r"[^\s()|&]+")
_SECTION = re.compile(r"\s*\[+([^\]]+)\]")
_ENTRY = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(.*\))?(?:\s*\[.*\])?")
_GROUPS = frozenset({"scripts", "gui-scripts", "tasks"})


def whole(_text: str, _wanted: Sequence[str]) -> list[str]:
    """Nothing: all of the file is a program, which counts as such."""
    return []


def of_make(text: str, wanted: Sequence[str]) -> list[str]:
    """The lines of the targets with these names, of what they need, and of the variables in them.

    Without a name, the first target; all lines if no target has one of the names.
    """
    lines = [line for line in _CONTINUED.sub(" ", text).splitlines() if _is_code(line)]
    rules, others = _rules(lines)
    waiting = [each for each in wanted if "=" not in each and not each.startswith("-")]
    if not waiting:
        waiting = [name for names, *_ in rules for name in names if not name.startswith(".")][:1]
    seen: set[int] = set()
    while waiting:
        name = waiting.pop()
        for index, (names, needed, _) in enumerate(rules):
            if index not in seen and any(_is_target(name, each) for each in names):
                seen.add(index)
                waiting += needed
    if not seen:
        return lines
    found = [line for index in sorted(seen) for line in rules[index][2]]
    return [*_used(others, found), *found]


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _is_target(name: str, target: str) -> bool:
    return name == target or ("%" in target and fnmatchcase(name, target.replace("%", "*")))


def _rules(lines: Iterable[str]) -> tuple[list[tuple[list[str], list[str], list[str]]], list[str]]:
    """(names, what they need, lines) of each rule, and all other lines."""
    rules: list[tuple[list[str], list[str], list[str]]] = []
    others: list[str] = []
    is_open = False
    for line in lines:
        match = None if line[0].isspace() or _VARIABLE.match(line) else _RULE.match(line[:LONGEST_LINE])
        if match:
            rules.append((_NAME_OR_PATTERN.findall(match[1]), _NAME_OR_PATTERN.findall(match[2]), [line]))
        elif line[0].isspace() and is_open:
            rules[-1][2].append(line)
        else:
            others.append(line)
        is_open = bool(match) or (is_open and line[0].isspace())
    return rules, others


def _used(others: Iterable[str], found: Sequence[str]) -> list[str]:
    """The lines next to rules that may matter to these: variables that they have, and all that is not one."""
    own = [(match[1] if (match := _VARIABLE.match(line)) else "", line) for line in others]
    used: set[str] = set()
    new = {*found, *(line for name, line in own if not name or line.startswith("export"))}
    while new:
        used |= new
        words = {word for line in new for word in _NAME.findall(line)}
        new = {line for name, line in own if name in words} - used
    return [line for _, line in own if line in used]


def of_json(text: str, wanted: Sequence[str]) -> list[str]:
    """The script of this name in `package.json`, with those that run before and after it."""
    try:
        scripts = json.loads(text).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return []
    if not wanted or not isinstance(scripts, dict):
        return []
    names = (f"pre{wanted[0]}", wanted[0], f"post{wanted[0]}")
    return [scripts[name] for name in names if isinstance(scripts.get(name), str)]


def of_toml(text: str, wanted: Sequence[str]) -> list[str]:
    """The commands, or the module with the function, that settings of a project have for a name."""
    if not wanted:
        return []
    name = wanted[0].rpartition(":")[2]
    try:
        groups = [*_groups(tomllib.loads(text))]
    except (tomllib.TOMLDecodeError, RecursionError):  # setup.cfg
        found = re.findall(rf"(?m)^[ \t]*{re.escape(name)}[ \t]*=[ \t]*(\S.*?)[ \t]*$", text)
        return [_command(each) for each in found if _ENTRY.fullmatch(each)]
    return [_command(each) for group in groups for each in _of_group(group, name)]


def _groups(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _GROUPS and isinstance(inner, dict):
                yield inner
            yield from _groups(inner)


def _of_group(group: Mapping[str, object], name: str) -> Iterator[str]:
    """The texts under a name, and under the names in them."""
    waiting, seen = [name], {name}
    while waiting:
        texts = [*_texts(group.get(waiting.pop(0)))]
        yield from texts
        named = {word for each in texts for word in _NAME.findall(each) if word in group}
        waiting += sorted(named - seen)
        seen |= named


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


def _command(text: str) -> str:
    """A text as a command: a function of a module is run in that."""
    entry = _ENTRY.fullmatch(text)
    return f"python -m {entry[1]}" if entry else text


def of_tox(text: str, wanted: Sequence[str]) -> list[str]:
    """The sections for all environments and for those with these names."""
    names = {name for each in wanted for name in each.split(",")}
    found: list[str] = []
    is_wanted = False
    for line in text.splitlines():
        if section := _SECTION.fullmatch(line.split("#")[0].rstrip()):
            start, _, name = section[1].rpartition(":" if ":" in section[1] else ".")
            is_all = section[1] == "testenv" or name == "env_run_base"
            is_wanted = is_all or (
                start in {"testenv", "env", "tool.tox.env"} and (name in names or not names)
            )
        if is_wanted and _is_code(line):
            found.append(line)
    return found
