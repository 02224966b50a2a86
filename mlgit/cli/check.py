"""Command `mlgit check`: evaluate the gates."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.completion import environments_offer, gates_offer, models_offer, references_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.core.wording import listed, near
from mlgit.errors import Exit, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from mlgit.core.gates.verdict import Check, Result
    from mlgit.render.page import Page

# The options that `check` and `report` share.
_VERDICT_OPTIONS = (
    click.option(
        "--base",
        metavar="REV",
        shell_complete=references_offer,
        help="Compare with REV wherever a gate says `vs: base`.",
    ),
    click.option(
        "--rev", metavar="REV", shell_complete=references_offer, help="Evaluate REV, not the working tree."
    ),
    click.option(
        "--model",
        "models",
        multiple=True,
        metavar="MODEL",
        shell_complete=models_offer,
        help="Only this model; repeatable.",
    ),
    click.option(
        "--purpose",
        type=click.Choice(["check", "release"]),
        default="check",
        show_default=True,
        help="Evaluate as on a pull request, or as `mlgit release` does.",
    ),
    click.option(
        "--promote-to",
        "environment",
        metavar="ENV",
        shell_complete=environments_offer,
        help="Evaluate as `mlgit promote --to ENV` does.",
    ),
    click.option("--allow-stale", is_flag=True, help="Accept metrics from stale stages, with a warning."),
    click.option("--date", metavar="YYYY-MM-DD", help="Apply the waivers of this day (UTC), not of today."),
)


def verdict_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_VERDICT_OPTIONS):
        function = option(function)
    return function


def run_check(session: Session, *, lines: bool, **options: Any) -> Check:  # noqa: ANN401 (as click has them)
    session.begin(compares=True)
    from mlgit.adapters.runner.event import CI_VARIABLES
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question

    environment = options["environment"]
    if environment is not None and options["purpose"] == "release":
        raise UsageError("`--promote-to` and `--purpose release` exclude each other")
    question = Question(
        purpose="promote" if environment is not None else options["purpose"],
        environment=environment,
        base=options["base"],
        models=options["models"],
        allow_stale=options["allow_stale"],
        date=_date(options["date"]),
        ci={name: os.environ[name] for name in CI_VARIABLES if name in os.environ},
    )
    return check(session.project(), question, revision=options["rev"], lines=lines)


def exit_code(record: Check) -> int:
    return Exit.BLOCKED if record.verdict.decision == "block" else Exit.DONE


@command("check", common=("--base", "--rev", "--model", "--promote-to", "--explain"))
@verdict_options
@click.option(
    "--explain",
    "gate",
    metavar="GATE",
    shell_complete=gates_offer,
    help="Show where each number of a gate came from.",
)
@pass_session
def entry(session: Session, /, gate: str | None, **options: Any) -> int:  # noqa: ANN401 (the shared options)
    """Evaluate the gates; exit 1 if blocked.

    Checks the metrics of the working tree (or of --rev) against the gates of mlgit.yaml. Metrics that are
    missing, not finite, stale or edited by hand are errors, and errors block. -v lists every changed metric.

    \b
    Exit codes: 0 allowed (also with warnings), 1 blocked, 3 a file is invalid.

    \b
    Examples:
      mlgit check
      mlgit check --explain auc-floor
      mlgit check --promote-to prod --rev tumor@v1.2.0
    """  # noqa: D301 (click wants the character)
    record = run_check(session, lines=False, **options)
    if gate is None:
        from mlgit.render.pages.check import page

        page_of = partial(page, record, verbose=session.verbosity > 0)
        session.print_result(record, lambda: page_of() + _first_step(session, record))
    else:
        from mlgit.render.pages.explain import page as explain_page

        chosen = _chosen(record, gate)
        session.print_result(record, lambda: explain_page(record, chosen))
    return exit_code(record)


def _first_step(session: Session, record: Check) -> Page:
    """The step that declares gates, where neither this folder nor trunk has a `mlgit.yaml`."""
    if record.verdict.summary.gates:
        return []
    from mlgit.core.config.file import CONFIG_FILE
    from mlgit.render.pages.served import next_line

    project = session.project()
    trunk = None if project.trunk is None else project.trunk.commit
    there = any(
        project.policy_file(commit, CONFIG_FILE) is not None for commit in dict.fromkeys((None, trunk))
    )
    return [] if there else next_line("mlgit init")


def _chosen(record: Check, gate: str) -> tuple[Result, ...]:
    results = record.verdict.results
    chosen = tuple(result for result in results if gate in {result.id, result.gate})
    if chosen:
        return chosen
    known = sorted({name for result in results for name in (result.id, result.gate)})
    others = f"there are {listed(known, None)}" if known else "no gate applies here"
    raise UsageError(f"No gate `{gate}` was evaluated", hint=near(gate, known) or others)


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"`{text}` is not a date", hint="write it as YYYY-MM-DD") from error
