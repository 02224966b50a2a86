"""`mlgit rollback`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.completion import models_offer, numbers_offer
from mlgit.cli.shell.options import command, environment_option, reason_option, write_options
from mlgit.cli.shell.session import Session, pass_session

if TYPE_CHECKING:
    from mlgit.flows.rollback import Deployed
    from mlgit.operations.rollback import RolledBackBefore
    from mlgit.render.page import Page


@command("rollback")
@click.argument("model", required=False, metavar="[MODEL[@VERSION]]", shell_complete=models_offer)
@environment_option("The environment.")
@reason_option()
@click.option(
    "--to",
    metavar="VERSION",
    shell_complete=numbers_offer,
    help="An earlier version  [default: the one before]",
)
@click.option("--again", is_flag=True, help="Go back further, even just after another rollback.")
@click.option("--deploy", is_flag=True, help="Deploy the version at once.")
@write_options("Write the tags here only; `mlgit push` publishes them.")
@pass_session
def entry(session: Session, /, model: str | None, *, deploy: bool, **options: Any) -> int:  # noqa: ANN401 (those above)
    r"""Go back to the previous version.

    No gates are evaluated. The environment is held from then on: no automatic promotion until someone
    promotes. Within an hour of another rollback it asks first; without a terminal it needs --again. MODEL
    may be left out if there is only one; a reason is asked for on a terminal.

    \b
    Examples:
      mlgit rollback --env prod -m "false alarms since noon"
      mlgit rollback tumor --env prod --deploy -m "false alarms since noon"
      mlgit rollback tumor@v1.0.0 --env prod -m "v1.1.0 is wrong, too"
    """
    from mlgit.cli.shell.failure import print_failures
    from mlgit.cli.shell.output import flush, write_page
    from mlgit.cli.shell.questions import the_model_in
    from mlgit.render.pages.served import next_line

    if model is None:
        missing = [] if options["reason"] else [("-m", "REASON")]
        model = the_model_in(session, options["environment"], *missing)
    model, options["to"] = _target(model, options["to"])
    if options["reason"] is None:
        options |= _reason(session, model, deploy=deploy, **options)
    done = _roll_back(session, model, deploy=deploy, **options)
    session.print_result(done.change, lambda: _page(done))
    flush()  # what failed came after that
    print_failures(done.deployments, done.error)
    if not session.as_json:
        write_page(next_line(done.change.next), sys.stdout)
    return done.exit_code


def _target(text: str, to: str | None) -> tuple[str, str | None]:
    """The model and the version of `MODEL[@VERSION]` and `--to`."""
    from mlgit.core.release.promotion import split_target

    model, version = split_target(text)
    if version is not None and to not in {None, version}:
        raise click.UsageError(f"`{text}` and `--to {to}` name two versions")
    return model, version or to


def _roll_back(
    session: Session,
    model: str,
    *,
    deploy: bool,
    **options: Any,  # noqa: ANN401 (those of the command)
) -> Deployed:
    """Roll back; after another rollback of the last hour, only if a person at the terminal agrees."""
    from mlgit.cli.shell.questions import can_ask
    from mlgit.operations.rollback import RolledBackBefore

    try:
        return _once(session, model, deploy=deploy, **options)
    except RolledBackBefore as error:
        if options["dry_run"] or not can_ask(session):
            raise
        return _once(session, model, deploy=deploy, **options | _agreed(error))


def _agreed(error: RolledBackBefore) -> dict[str, Any]:
    """The options of a rollback just after another one, if a person agrees; otherwise the error is raised."""
    from mlgit.cli.shell.output import say
    from mlgit.cli.shell.questions import confirmed

    for text in (error.earlier, *error.details):
        say(text)
    if confirmed(f"Roll back again, to {error.version}?"):
        return {"again": True, "counter": error.counter}
    # Not the way further back, which they refused, but what is served and how to change that.
    error.message, error.again = "Nothing was written", None
    error.details, error.hint = (), next(iter(error.details), None)
    raise error


def _reason(
    session: Session,
    model: str,
    *,
    deploy: bool,
    **options: Any,  # noqa: ANN401 (those of the command)
) -> dict[str, Any]:
    """The reason, asked for next to what will be done, and the options that keep it at that."""
    from mlgit.cli.shell.output import say
    from mlgit.cli.shell.questions import can_ask, require_reason
    from mlgit.operations.rollback import RolledBackBefore, require_place
    from mlgit.project.registry.read import read_model

    require_place(session.project(), model, options["environment"])
    if options["dry_run"]:
        return {"reason": ""}  # nothing is recorded
    if not can_ask(session):
        return {"reason": require_reason(session, None)}
    look, more = options | {"dry_run": True, "reason": ""}, {}
    try:
        planned = _once(session, model, deploy=deploy, **look).change
    except RolledBackBefore as error:
        more = _agreed(error)
        planned = _once(session, model, deploy=deploy, **look | more).change
    if planned.already:
        return {"reason": ""}
    here = read_model(session.project(), model).environment(options["environment"])
    for note in planned.notes:
        say(f"note: {note}")
    left = "" if planned.before is None else f" from {planned.before}"
    text = f"Roll back {here.environment} of {model}{left} to {planned.version}"
    return more | {"counter": here.counter, "reason": require_reason(session, None, text)}


def _once(
    session: Session,
    model: str,
    *,
    deploy: bool,
    **options: Any,  # noqa: ANN401 (those of the command)
) -> Deployed:
    from mlgit.flows.rollback import Deployed, rollback_and_deploy

    if not deploy:
        from mlgit.operations.rollback import rollback

        return Deployed(rollback(session.project(), model, **options))
    return rollback_and_deploy(session.project(), model, progress=session.progress(), **options)


def _page(done: Deployed) -> Page:
    """The change, then its deployments; what is left to do comes after what failed."""
    from dataclasses import replace

    from mlgit.render.pages.change import page
    from mlgit.render.pages.deploy import deployment_lines

    shown = page(replace(done.change, next=None))
    for each in () if done.deployments is None else done.deployments.deployments:
        if each.failure is None:  # which is an error on stderr
            shown += deployment_lines(each)
    return shown
