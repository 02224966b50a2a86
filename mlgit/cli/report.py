"""`mlgit report`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.check import exit_code, run_check, verdict_options
from mlgit.cli.shell.completion import files_offer
from mlgit.cli.shell.destinations import file_destination
from mlgit.cli.shell.options import command
from mlgit.cli.shell.output import write_document, write_page
from mlgit.cli.shell.session import Session, pass_session
from mlgit.core.addresses import without_passwords
from mlgit.core.forge.hosts import HOSTS
from mlgit.errors import MlgitError, UsageError, as_known
from mlgit.render.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.posting import PostResult
    from mlgit.core.forge.protocol import Forge
    from mlgit.core.gates.verdict import Check


@command("report", common=("--format", "--output", "--as", "--post", "--base"))
@verdict_options
@click.option(
    "--format",
    "form",
    type=click.Choice(tuple(FORMATS)),
    default=None,
    help="What to write; console by default.",
)
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=files_offer, help="Write to FILE instead of stdout."
)
@click.option(
    "--as",
    "host",
    type=click.Choice(tuple(HOSTS)),
    default=None,
    help="Write the Markdown that CI posts there.",
)
@click.option("--post", "posts", is_flag=True, help="Put it on the pull request of what is checked out.")
@pass_session
def entry(
    session: Session,
    /,
    *,
    form: str | None,
    output: str | None,
    host: Host | None,
    posts: bool,
    **options: Any,  # noqa: ANN401
) -> int:
    """Write the check as Markdown, HTML, JSON, JUnit or text.

    Exit codes as for `mlgit check`: 0 allowed, 1 blocked, 3 and above no verdict; then it writes the error.
    --post updates one comment on the pull request of the event or branch, with the token in GH_TOKEN or
    GITLAB_TOKEN; in CI it also sets the check `mlgit`.

    \b
    Examples:
      mlgit report --format markdown -o report.md
      mlgit report --post
    """  # noqa: D301 (click wants the character)
    form = _form(session, form, host, posts=posts)
    output = file_destination(session.folder, output, example=_file_name(form))
    try:
        record = _checked(session, options, posts=posts)
    except UsageError:
        raise
    except Exception as error:
        known = as_known(error)
        result = _post(session, known, options) if posts else None
        _write_failure(session, known, form or _default_form(result), output)
        raise
    result = _post(session, record, options) if posts else None
    _write_check(session, record, form or _default_form(result), output, host=host)
    return exit_code(record) if result is None else result.exit_code or exit_code(record)


def _checked(session: Session, options: Mapping[str, Any], *, posts: bool) -> Check:
    """The check; if it is to be posted in CI, what is checked out must be the event's change."""
    record = run_check(session, lines=True, **options)
    if posts and options["rev"] is None:
        from mlgit.adapters.runner.event import read_event
        from mlgit.project.ci.checked_out import require_change

        require_change(session.project(), read_event(os.environ), os.environ)
    return record


def _form(session: Session, form: str | None, host: Host | None, *, posts: bool) -> str | None:
    """The format that the options select; None if they leave it open."""
    if host is not None and (posts or session.as_json or form not in {None, "markdown"}):
        raise UsageError("`--as` writes Markdown, and takes no `--json`, `--post` and other `--format`")
    return form or ("json" if session.as_json else "markdown" if host is not None else None)


def _file_name(form: str | None) -> str:
    chosen = form or "console"
    ending = {"markdown": "md", "console": "txt"}.get(chosen, chosen)
    return FORMATS[chosen].ci_file or f"report.{ending}"


def _default_form(result: PostResult | None) -> str:
    """The console, or Markdown if the report could not be posted."""
    return "markdown" if result is not None and not result.posted else "console"


def _write_failure(session: Session, known: MlgitError, form: str, output: str | None) -> None:
    # With --json and without a file, the error itself is the document, and it is printed once.
    if not (session.as_json and output is None):
        _write(session, FORMATS[form].failure(known), output)


def _write_check(
    session: Session, record: Check, form: str, output: str | None, *, host: Host | None
) -> None:
    if host is not None:
        from mlgit.flows.ci.posting import shown_as

        _write(session, shown_as(record, host=host, project=session.project()), output)
    elif form == "console" and output is None:
        from mlgit.render.pages.check import page

        write_page(page(record), sys.stdout)
    else:
        _write(session, FORMATS[form].render(record), output)


def _post(session: Session, found: Check | MlgitError, options: Mapping[str, Any]) -> PostResult:
    """Post to the pull request; set the check only if `options` select all gates of the checkout."""
    from mlgit.adapters.forge.detect import connect, forge_of
    from mlgit.adapters.runner.event import read_event
    from mlgit.cli.ci.comment import warn
    from mlgit.flows.ci.posting import check_posting
    from mlgit.flows.post import post

    event, project = read_event(os.environ), session.project_if_open
    whole = options["rev"] is None and not options["models"] and options["environment"] is None
    gates = whole and options["purpose"] == "check"

    def connected() -> Forge | None:
        if event is not None:
            return connect(event, os.environ)
        url = None if project is None or project.remote is None else project.remotes.get(project.remote)
        return None if url is None else forge_of(url, os.environ)

    posting = check_posting(found, event=event, project=project, gates=gates)
    result = post(posting, connected=connected, variables=os.environ)
    for comment in result.comments:
        session.note(f"{comment.action.capitalize()} the comment on pull request {comment.number}")
    warn(session, result)
    return result


def _write(session: Session, text: str, output: str | None) -> None:
    if output is None:
        write_document(text)
        return
    from mlgit.adapters.runner.files import write_whole

    write_whole({output: without_passwords(text)})
    session.note(f"Wrote `{output}`")
