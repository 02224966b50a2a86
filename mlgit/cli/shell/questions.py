"""Questions: ask on a terminal for what a command needs; elsewhere a missing answer is an error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlgit.errors import UsageError

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session


def can_ask(session: Session) -> bool:
    """Whether a person reads stderr and can type the answer."""
    return not session.as_json and sys.stdin.isatty() and sys.stderr.isatty()


def require_reason(session: Session, reason: str | None, *, usage: str) -> str:
    """The reason of a change, asked for on a terminal; `usage` is the command with one.

    Raises:
        UsageError: there is none, and there is no one to ask.
    """
    if reason is not None:
        return reason
    if not can_ask(session):
        raise UsageError("A reason is missing: `-m` or `--message`", hint=f"run `{usage}`")
    answer: str = click.prompt("Why? It is recorded in the tag", prompt_suffix=" ", err=True)
    return answer


def confirmed(question: str) -> bool:
    """Whether a person at the terminal agrees; Enter alone means no."""
    return click.confirm(question, err=True)
