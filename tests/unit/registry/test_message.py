"""The statement in a message: after words and the mark, and of at most 64 KiB."""

from __future__ import annotations

import pytest

from mlgit.core.registry.message import MARK, statement_text, write_message
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.errors import StateError

MOVE = EnvironmentStatement(
    model="m", environment="prod", sequence=1, action="promote", at="2026-05-03T12:00:00Z"
)
MOST = 65_536


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (f"x\n{MARK}\n{{}}\nmore", "{}"),
        (f"x\n{MARK}\n", ""),
        (f"x\n{MARK}\na\n{MARK}\nb\n", "b"),
        # without words, or without the mark
        (f"\n{MARK}\n{{}}\n", None),
        (f"{MARK}\n{{}}\n", None),
        ("x\n{}\n", None),
        ("", None),
        # at most so much
        (f"x\n{MARK}\n{'a' * MOST}", "a" * MOST),
        (f"x\n{MARK}\n{'a' * (MOST + 1)}", None),
        (f"x\n{MARK}\na\n{'b' * MOST}", None),
    ],
)
def test_the_statement_is_the_line_after_the_last_mark(message: str, text: str | None) -> None:
    assert statement_text(message) == text


def test_no_message_is_larger_than_64_kib() -> None:
    least = len(write_message("x", "", MOVE).encode())
    assert len(write_message("x" * (MOST - least + 1), "", MOVE).encode()) == MOST
    with pytest.raises(StateError) as raised:
        write_message("x" * (MOST - least + 2), "", MOVE)
    assert raised.value.hint == "give a shorter `-m TEXT`"
