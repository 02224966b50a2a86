"""`mlgit report`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.check import exit_code, run_check, verdict_options
from mlgit.cli.options import command, pass_session
from mlgit.cli.types import files_offer
from mlgit.errors import MlgitError, ToolError, UsageError

if TYPE_CHECKING:
    from mlgit.cli.session import Session
    from mlgit.core.verdict import Check

_FORMATS = ("console", "markdown", "json", "junit")


@command("report")
@verdict_options
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default=None, help="What to write; console by default."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=files_offer,
    help="Write to FILE instead of stdout.",
)
@pass_session
def entry(
    session: Session,
    /,
    form: str | None,
    output: str | None,
    **options: Any,  # noqa: ANN401
) -> int:
    """Write the check as Markdown, JSON, JUnit or text.

    Takes the options of `mlgit check` except --explain, and ends with the same exit code: 0 allowed, 1
    blocked. When no verdict can be formed (exit 3 and above) it still writes a document that says so, so
    that no report of before is taken for this one's.

    \b
    Examples:
      mlgit report --format markdown -o report.md
      mlgit report --format junit -o gates.xml --base origin/main
    """  # noqa: D301 (click wants the character)
    form = form or ("json" if session.as_json else "console")
    try:
        record = run_check(session, lines=True, **options)
    except UsageError:
        raise
    except Exception as error:
        # With --json and no file the error itself is the document, and it is printed once.
        if not (session.as_json and output is None):
            _deliver(session, _failure(_known(error), form), output)
        raise
    if form == "console" and output is None:
        from mlgit.render.console import write
        from mlgit.render.pages.check import page

        write(page(record), sys.stdout)
    else:
        _deliver(session, _text(record, form), output)
    return exit_code(record)


def _known(error: Exception) -> MlgitError:
    """The error, or what a report says about a bug or a system that refused."""
    if isinstance(error, MlgitError):
        return error
    unknown = MlgitError(f"mlgit failed: {type(error).__name__}: {error}")
    if isinstance(error, OSError):
        unknown.exit_code = ToolError.exit_code
    return unknown


def _text(record: Check, form: str) -> str:
    if form == "markdown":
        from mlgit.render.markdown import markdown

        return markdown(record)
    if form == "json":
        from mlgit.render.jsonout import document

        return document(record)
    if form == "junit":
        from mlgit.render.junit import junit

        return junit(record)
    from mlgit.render.console import plain
    from mlgit.render.pages.check import page

    return plain(page(record))


def _failure(error: MlgitError, form: str) -> str:
    if form == "markdown":
        from mlgit.render.markdown import failure

        return failure(error)
    if form == "junit":
        from mlgit.render.junit import failure as junit_failure

        return junit_failure(error)
    if form == "json":
        from mlgit.cli.failure import failure_document
        from mlgit.render.jsonout import dumps

        return dumps(failure_document(error))
    return f"No verdict: {error.message}\n"


def _deliver(session: Session, text: str, output: str | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    import os

    path = os.path.join(session.folder, output)
    # Written beside and put in place, so that a full disk leaves no half report.
    half = f"{path}.{os.getpid()}.new"
    try:
        with open(half, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(half, path)
    except OSError:
        if os.path.exists(half):
            os.remove(half)
        raise
    session.note(f"Wrote `{output}`")
