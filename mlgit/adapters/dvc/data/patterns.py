"""Patterns: match paths with lines of `.dvcignore` as DVC does, and of `.gitignore` as Git does.

The last line that matches a path decides. What hides a folder above it is asked before.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    _Rule = tuple[bool, bool, str]
    """Whether it hides, whether it is for folders only, and a regular expression."""


class Matcher(Protocol):
    """Whether lines hide a path."""

    def __call__(self, path: str, *, is_folder: bool) -> bool | None:
        """None if none of the lines matches."""


_NEVER = "(?!)"


def dvc_matcher(lines: Iterable[str]) -> Matcher:
    """What the lines of a `.dvcignore` hide; `re.error` is a `ValueError` only in newer versions of Python.

    Raises:
        ValueError, re.error: one of them is not a pattern.
    """
    import warnings

    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    rules: list[_Rule] = []
    for line in lines:
        regex, hides = GitIgnoreSpecPattern.pattern_to_regex(line)
        if regex is not None and hides is not None:
            rules.append((hides, line.endswith("/"), regex.replace("(?P<ps_d>", "(?:")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class such as `[[:alpha:]]`, which Python takes for a mistake
        return _decided_by(rules, slash=True)


def git_matcher(lines: Iterable[str]) -> Matcher:
    """What the lines of a `.gitignore` hide; Git compares bytes."""
    rules = []
    for line in lines:
        hides = not line.startswith("!")
        pattern = _bytes(line if hides else line[1:])
        of_folders = pattern.endswith("/")
        pattern = pattern[:-1] if of_folders else pattern
        anywhere = "" if "/" in pattern else "(?:.*/)?"
        rules.append((hides, of_folders, f"{anywhere}{_git_regex(pattern.removeprefix('/'))}\\Z"))
    decide = _decided_by(rules, slash=False)
    return lambda path, *, is_folder: decide(_bytes(path), is_folder=is_folder)


def from_root(line: str, folder: str) -> str:
    """A line of a folder's file as it would be in the root; DVC reads all files as one, in this way."""
    if not folder:
        return line
    shown, rule = ("!", line[1:]) if line.startswith("!") else ("", line)
    anywhere = "/" not in rule[:-1] or rule.startswith("**/")
    rule = rule.removeprefix("**/" if anywhere else "/").removeprefix("\\")
    return f"{shown}/{folder}/{'**/' if anywhere else ''}{rule}"


def _decided_by(rules: Iterable[_Rule], *, slash: bool) -> Matcher:
    """A matcher of rules; `slash`: whether a folder may also be written with a slash at its end."""
    groups: list[tuple[bool, bool, re.Pattern[str]]] = []
    for (hides, of_folders), same in groupby(rules, key=lambda rule: rule[:2]):
        regex = "|".join(f"(?:{regex})" for _, _, regex in same)
        groups.insert(0, (hides, of_folders, re.compile(regex, re.DOTALL)))

    def decide(path: str, *, is_folder: bool) -> bool | None:
        for hides, of_folders, regex in groups:
            if of_folders and not is_folder:
                continue
            if regex.match(path) or (slash and is_folder and regex.match(f"{path}/")):
                return hides
        return None

    return decide


def _bytes(text: str) -> str:
    """Each byte of a text as one character."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _git_regex(pattern: str) -> str:
    """A pattern as Git's `wildmatch` reads it, without slashes at its ends."""
    # Git compares what is before the first special character first, so that `**` after it begins a pattern.
    start = at = re.match(r"[^*?\[\\]*", pattern).end()  # type: ignore[union-attr]
    parts = [re.escape(pattern[:start])]
    while at < len(pattern):
        char = pattern[at]
        end = at + 1
        if char == "*":
            while pattern[end : end + 1] == "*":
                end += 1
            bounded = at == start or pattern[at - 1] == "/"
            if end - at > 1 and bounded and pattern[end : end + 1] in {"", "/"}:
                parts.append(".*" if end == len(pattern) else "(?:.*/)?")
                end += end < len(pattern)
            else:
                parts.append("[^/]*")
        elif char == "?":
            parts.append("[^/]")
        elif char == "[":
            chars, end = _bracket(pattern, end)
            parts.append(f"[{''.join(map(re.escape, sorted(chars)))}]" if chars else _NEVER)
        elif char == "\\":
            parts.append(re.escape(pattern[end]) if end < len(pattern) else _NEVER)
            end += 1
        else:
            parts.append(re.escape(char))
        at = end
    return "".join(parts)


def _in_class(name: str) -> set[str]:
    """The characters of a class such as `[:alpha:]`. Raises KeyError if there is no such class."""
    import string  # it compiles a regular expression, and few patterns have a class

    classes = {
        "alnum": string.ascii_letters + string.digits,
        "alpha": string.ascii_letters,
        "blank": " \t",
        "cntrl": "".join(map(chr, [*range(32), 127])),
        "digit": string.digits,
        "graph": "".join(map(chr, range(33, 127))),
        "lower": string.ascii_lowercase,
        "print": "".join(map(chr, range(32, 127))),
        "punct": string.punctuation,
        "space": " \t\n\r",
        "upper": string.ascii_uppercase,
        "xdigit": string.hexdigits,
    }
    return set(classes[name])


def _bracket(pattern: str, at: int) -> tuple[set[str], int]:
    """The characters that a bracket matches, and where it ends; none if it never does."""
    negated = pattern[at : at + 1] in {"!", "^"}
    inside = pattern[at + negated :]
    try:
        chars, length = _set(iter(enumerate(inside)), inside)
    except (StopIteration, KeyError):
        return set(), len(pattern)
    if negated:
        chars = {chr(code) for code in range(1, 256)} - chars
    return chars - {"/"}, at + negated + length


def _set(chars: Iterator[tuple[int, str]], text: str) -> tuple[set[str], int]:
    """The set until a `]` that is not the first character; with an unknown class it is a `KeyError`."""
    found: set[str] = set()
    before = ""
    for at, char in chars:
        if char == "]" and at:
            return found, at + 1
        if char == "\\":
            _, before = next(chars)
            found.add(before)
        elif char == "-" and before and text[at + 1 : at + 2] not in {"", "]"}:
            _, last = next(chars)
            if last == "\\":
                _, last = next(chars)
            found |= {chr(code) for code in range(ord(before), ord(last) + 1)}
            before = ""
        elif text.startswith("[:", at):
            end = text.index("]", at + 2) if "]" in text[at + 2 :] else -1
            if end < 0:
                raise StopIteration
            if end > at + 2 and text[end - 1] == ":":
                found |= _in_class(text[at + 2 : end - 1])
                while next(chars)[0] < end:
                    pass
                before = ""
            else:
                found.add(before := char)
        else:
            found.add(before := char)
    raise StopIteration
