"""Failure: print an error for a person or as JSON, and a bug in one line."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.output import say, write_document, write_page
from mlgit.core.addresses import without_passwords
from mlgit.errors import (
    ConfigError,
    Exit,
    Location,
    MlgitError,
    StateError,
    ToolError,
    UnknownReference,
    UsageError,
    as_known,
)
from mlgit.render.page import Page, Span, clean, line

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session
    from mlgit.core.deploy.deployment import DeployReport

_LONGEST_LINE = 66
"""What of a line of a file takes one row of 80 columns, next to its number."""


def print_failure(error: click.ClickException | MlgitError | OSError, session: Session) -> int:
    """Print the error and return its exit code."""
    known = _as_mlgit_error(error)
    session.refused_rules = isinstance(known, ConfigError)
    if isinstance(error, (UnknownReference, UsageError)) and session.context is not None:
        from mlgit.cli.shell.meant import meant

        found = meant(session.context, moved=True)
        known.hint = known.hint if found is None else found.hint
    if known.again is not None:
        from mlgit.cli.shell.typed import complete

        complete(known, session.typed)
    if session.as_json:
        from mlgit.render.formats.jsonout import failure

        with suppress(ToolError):  # such as the full disk that is the error
            write_document(failure(known))
    write_page(session.typed_here(failure_page(known)), sys.stderr)
    if session.verbosity > 0:
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
    return known.exit_code


def print_failures(record: DeployReport | None, error: MlgitError | None = None) -> None:
    """Print the failures of single models like errors, or the error of all."""
    from mlgit.core.wording import after_colon, word

    if error is not None:
        write_page(failure_page(error), sys.stderr)
    for each in () if record is None else record.deployments:
        failed = each.failure
        if failed is not None:
            name = each.model if each.version is None else f"{each.model}@{each.version}"
            again = f"to try it again, run `mlgit deploy --env {word(each.environment)} {word(each.model)}`"
            message = f"`{name}` was not deployed: {after_colon(failed.message)}"
            # What is run again is the deployment, also after a rollback, which would go back once more.
            hint = re.sub(r"run (it|this) again", "deploy again", failed.hint or again)
            error = ToolError(message, hint=hint, details=failed.details)
            write_page(failure_page(error), sys.stderr)


def print_bug(error: Exception, session: Session) -> None:
    """Write the traceback to a file and report the bug in one line."""
    import traceback

    text = "".join(traceback.format_exception(error))
    path = _write_crash(text, session)
    where = f"; the traceback is in `{path}`" if path else f"\n{text}"
    bug = MlgitError(
        f"This is a bug in mlgit: {type(error).__name__}: {error}{where}",
        hint="please report it with that file",
    )
    bug.exit_code = Exit.BUG
    print_failure(bug, session)


def _write_crash(text: str, session: Session) -> str | None:
    """The file with the text; None if no folder takes it."""
    project = session.project_if_open
    folders = [] if project is None else [os.path.join(project.git_dir, "mlgit")]
    for folder in (*folders, tempfile.gettempdir()):
        path = os.path.join(folder, "crash.txt")
        try:
            os.makedirs(folder, exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(without_passwords(text))
        except OSError:
            continue
        return path
    return None


def _as_mlgit_error(error: click.ClickException | MlgitError | OSError) -> MlgitError:
    if isinstance(error, MlgitError):
        return error
    if isinstance(error, click.ClickException):
        from mlgit.cli.shell.usage import as_usage_error

        return as_usage_error(error)
    if _has_no_folder(error):
        hint = 'go to another folder; if this one was made again, `cd "$PWD"` enters it'
        return StateError("The current folder does not exist any more", hint=hint)
    return as_known(error)


def _has_no_folder(error: OSError) -> bool:
    """Whether a file was not found because the current folder was deleted."""
    if not isinstance(error, FileNotFoundError):
        return False
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def failure_page(error: MlgitError) -> Page:
    page: Page = []
    for problem in getattr(error, "problems", ()) or (error,):
        page += _problem(problem)
    return page


def _problem(error: MlgitError) -> Page:
    page: Page = [line(Span("error: ", "bad"), error.message)]
    if error.location is not None:
        page += _frame(error.location)
    if error.expected is not None:
        page.append(line(Span("expected: ", "dim"), error.expected, indent=2))
    page += [line(detail.expandtabs(2), indent=2) for detail in error.details]
    if error.hint is not None:
        page.append(line(Span("hint: ", "careful"), error.hint, indent=2))
    return page


def _frame(location: Location) -> Page:
    page: Page = [line(Span("--> ", "dim"), Span(str(location), "strong"), indent=2)]
    if location.snippet is not None and location.line is not None:
        number = str(location.line)
        text, start = _around(location.snippet.replace("\t", " "), location.column or 1)
        page.append(line(Span(f"{number} | ", "dim"), clean(text), indent=2))
        if location.column is not None:
            mark = " " * start + "^" * max(1, min(location.width, len(text) - start))
            page.append(line(Span(" " * len(number) + " | ", "dim"), Span(mark, "bad"), indent=2))
    return page


def _around(text: str, column: int) -> tuple[str, int]:
    """The part of a line around a column that takes one row, and how many characters come before it."""
    start = max(0, min(column - 1 - _LONGEST_LINE // 2, len(text) - _LONGEST_LINE))
    end = start + _LONGEST_LINE
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shown = text[start + len(before) : end - len(after)]
    return f"{before}{shown}{after}", column - 1 - start
