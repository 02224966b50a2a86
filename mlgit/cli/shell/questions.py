"""Questions: ask on a terminal for what a command needs; elsewhere a missing answer is an error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mlgit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.cli.shell.session import Session
    from mlgit.core.release.tag_plan import ChangeReport

_WHY = "Why? It is recorded in the tag"


def can_ask(session: Session) -> bool:
    """Whether a person reads stderr and can type the answer."""
    return not session.as_json and sys.stdin.isatty() and sys.stderr.isatty()


def require_reason(session: Session, reason: str | None, planned: str = "") -> str:
    """The reason of a change, asked for on a terminal after the sentence about what is `planned`.

    Raises:
        UsageError: there is none, and there is no one to ask.
    """
    if reason is not None:
        return reason
    if not can_ask(session):
        raise UsageError("A reason is missing: `-m` or `--message`", hint=_with_reason(session))
    with _answered(session):
        answer: str = click.prompt(f"{planned}. {_WHY}" if planned else _WHY, err=True)
    if session.typed is not None:
        session.typed.answer("-m", answer)
    return answer


def offer_reason(
    session: Session, text: Callable[[ChangeReport], str], plan: Callable[[], ChangeReport]
) -> str | None:
    """A reason that may be left out, asked for on a terminal once `plan` shows what will change.

    None without a terminal, or if there is nothing to do.
    """
    if not can_ask(session):
        return None
    planned = plan()
    if planned.already:
        return None
    asked = f"{text(planned)}. {_WHY} (Enter for none)"
    with _answered(session):
        answer: str = click.prompt(asked, default="", show_default=False, err=True)
    if answer and session.typed is not None:
        session.typed.answer("-m", answer)
    return answer or None


def the_model(session: Session, *options: tuple[str, ...], environment: str | None = None) -> str:
    """The only model, for a command without one; `options` are those that it lacks as well.

    With an `environment`, the hint names the models that were in it.

    Raises:
        UsageError: there are several.
        UnknownReference: there is none, or none is known here.
    """
    from mlgit.project.registry.models import only_model

    def hint(names: Sequence[str]) -> str | None:
        from mlgit.cli.shell.typed import named
        from mlgit.project.registry.environments import models_that_were_in

        if session.typed is None:
            return None
        if environment is not None:
            names = models_that_were_in(session.project(), environment, names)
        return named(session.typed, names, *options)

    return only_model(session.project(), hint=hint)


def the_model_in(session: Session, environment: str, *options: tuple[str, ...]) -> str:
    """The only model, by the name that it has in an environment: after a rename that is the earlier one."""
    from mlgit.project.ci.before_rename import name_there

    return name_there(session.project(), the_model(session, *options, environment=environment), environment)


def confirmed(question: str) -> bool:
    """Whether a person at the terminal agrees; Enter alone means no, and so does Ctrl-D."""
    try:
        return click.confirm(question, err=True)
    except click.Abort as error:
        click.echo(err=True)
        if not _ended(error):
            raise
        return False


@contextmanager
def _answered(session: Session) -> Iterator[None]:
    """Start a new line after a question without an answer; Ctrl-D does not interrupt.

    Raises:
        UsageError: the input ended.
    """
    try:
        yield
    except click.Abort as error:
        click.echo(err=True)
        if not _ended(error):
            raise
        text = "No answer; nothing was written"
        raise UsageError(text, hint=_with_reason(session)) from error


def _ended(error: click.Abort) -> bool:
    """Whether the input ended, as Ctrl-D ends it; click says the same of Ctrl-C."""
    return isinstance(error.__context__, EOFError)


def _with_reason(session: Session) -> str | None:
    return None if session.typed is None else f"run `{session.typed.again(('-m', 'REASON'))}`"
