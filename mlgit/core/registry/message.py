"""Message: the text of a tag, for people and for machines.

A message is a subject and a paragraph for people, then the line `--- mlgit/v1` and a statement on one line. A
signature that git appends covers all of it. Messages of other tools have no statement, which is not an error.
"""

from __future__ import annotations

from mlgit.core.registry.statement import Statement, decode, encode
from mlgit.errors import StateError

MARK = "--- mlgit/v1"
LARGEST_BYTES = 64 * 1024


def write_message(subject: str, paragraph: str, statement: Statement) -> str:
    """The whole message of a tag, ending with a line break.

    Raises:
        StateError: it would be larger than 64 KiB.
    """
    return _refuse_large(f"{_human(subject, paragraph)}\n{MARK}\n{encode(statement)}\n")


def parse_message(message: str) -> Statement | None:
    """The statement in a tag's message; None if there is none or it cannot be understood."""
    text = statement_text(message)
    return None if text is None else decode(text)


def statement_text(message: str) -> str | None:
    """The line after the last mark; None without a mark or with more than a statement may hold."""
    head, mark, rest = message.rpartition(f"\n{MARK}\n")
    return rest.partition("\n")[0] if mark and head and len(rest) <= LARGEST_BYTES else None


def human_part(message: str) -> str:
    """The text before the statement; the whole message of another tool's tag. Never a signature."""
    text = message.partition(f"\n{MARK}\n")[0]
    return text.partition("-----BEGIN ")[0].strip()


def _human(subject: str, paragraph: str) -> str:
    """The subject and, if there is one, the paragraph, each ending with a line break."""
    lines = [_keep_human(line) for line in paragraph.strip().splitlines()]
    return "\n".join([_keep_human(" ".join(subject.split())), *(["", *lines] if lines else []), ""])


def _refuse_large(message: str) -> str:
    if len(message.encode()) > LARGEST_BYTES:
        raise StateError("The tag's message would be larger than 64 KiB", hint="give a shorter `-m TEXT`")
    return message


def _keep_human(line: str) -> str:
    """A line that cannot be read as the mark or as a signature."""
    text = "".join(char if char.isprintable() else " " for char in line).rstrip()
    return f" {text}" if text.startswith(("---", "#")) else text
