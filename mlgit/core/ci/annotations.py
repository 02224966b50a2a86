"""Annotations: the results of a check on the lines of mlgit.yaml that declare the gates."""

# No `from __future__ import annotations`: the function would replace that name.
import re

from mlgit.core.ci.report import Failure
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.forge.protocol import Annotation, Level
from mlgit.core.gates.verdict import Check, Effect, Note, Result

_LEVELS: dict[Effect, Level] = {"block": "failure", "warn": "warning", "waived": "notice", "note": "notice"}
_PLACE = re.compile(
    r"(?:[0-9a-f]{7,64}:)?(?P<path>[^:\x00-\x1f]+?)(?::(?P<line>[0-9]{1,9}))?(?::[0-9]{1,9})?"
)
_LONGEST_TITLE = 250
_LONGEST_LINE = 2000
_RANK: dict[Level, int] = {"failure": 0, "warning": 1, "notice": 2}


def annotations(record: Check) -> tuple[Annotation, ...]:
    """A remark for every gate that did not simply pass and every note with an effect, worst first.

    The remark is on the gate's line. A forge shows no remark without a line, so the others are on the first
    line of mlgit.yaml.
    """
    verdict = record.verdict
    lines = {result.gate: result.line for result in verdict.results if result.line is not None}
    found = [
        _of_result(result, _LEVELS[result.effect]) for result in verdict.results if result.effect in _LEVELS
    ]
    found += [
        _of_note(note, _LEVELS[note.effect], lines.get(note.gate or "", 1))
        for note in verdict.notes
        if note.effect in _LEVELS and note.effect != "note"
    ]
    return tuple(sorted(found, key=lambda each: (_RANK[each.level], each.line, each.title, each.message)))


def _of_result(result: Result, level: Level) -> Annotation:
    by = f" (waived by `{result.waiver}`)" if result.waiver else ""
    text = _sentences(f"{result.message}{by}", result.hint)
    title = _plain(f"Gate {result.id}", _LONGEST_TITLE)
    return Annotation(path=CONFIG_FILE, line=result.line or 1, level=level, title=title, message=text)


def _of_note(note: Note, level: Level, line: int) -> Annotation:
    by = f" (waived by `{note.waiver}`)" if note.effect == "waived" and note.waiver else ""
    subject = f" of {note.model}" if note.model else ""
    title = _plain(f"{note.code.replace('_', ' ').capitalize()}{subject}", _LONGEST_TITLE)
    text = _sentences(f"{note.message}{by}", note.hint)
    return Annotation(path=CONFIG_FILE, line=line, level=level, title=title, message=text)


def _sentences(message: str, hint: str | None) -> str:
    texts = [message, *([f"hint: {hint}"] if hint else [])]
    return "\n".join(_plain(text, _LONGEST_LINE) for text in texts)


def _plain(text: str, longest: int) -> str:
    """One line of printable characters, cut if it is long; a forge shows it unchanged."""
    words = " ".join(text.split())
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def failure_annotation(failure: Failure) -> Annotation:
    """A remark where the error is, or on the first line of mlgit.yaml."""
    path, line = _place(failure.place or "")
    expected = f"; expected {failure.expected}" if failure.expected else ""
    text = _sentences(f"{failure.message}{expected}", failure.hint)
    return Annotation(path=path, line=line, level="failure", title="No verdict", message=text)


def _place(text: str) -> tuple[str, int]:
    """`mlgit.yaml:3:1` -> file and line; a revision before the file is left out."""
    found = _PLACE.fullmatch(text)
    path = "" if found is None else found["path"]
    # A forge refuses a whole check for one path that cannot be in the repository.
    if found is None or len(path) > _LONGEST_TITLE or {"", ".", ".."} & {*path.split("/")}:
        return CONFIG_FILE, 1
    return path, max(1, int(found["line"] or 1))
