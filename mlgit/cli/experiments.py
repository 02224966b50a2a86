"""Command `mlgit experiments`: show a leaderboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.completion import references_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.output import write_document
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from mlgit.core.compare.leaderboard import Leaderboard

_WIDTH = 120  # if the terminal does not report its width
# The keys of `_KINDS` in project/compare/revisions.py, which `--help` does not load.
_KINDS = ("branches", "tags", "experiments", "pull-requests")


@command("experiments", common=("--sort", "--where", "--limit", "--num", "--only"))
@click.argument("revisions", metavar="[REVISION]...", nargs=-1, shell_complete=references_offer)
@click.option(
    "-n",
    "--num",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="The last N commits of REVISION or HEAD.",
)
@click.option("--all-commits", is_flag=True, help="Every commit of all branches and tags.")
@click.option(
    "--only",
    "kinds",
    type=click.Choice(_KINDS),
    multiple=True,
    help="Only revisions with such a name; repeatable.",
)
@click.option(
    "--sort", "sort", metavar="NAME", multiple=True, help="Sort by a metric or parameter, best first."
)
@click.option("--reverse", is_flag=True, help="With --sort: worst first.")
@click.option(
    "--where",
    "where",
    metavar="TEST",
    multiple=True,
    help="Only where this holds: `auc > 0.9`; repeatable.",
)
@click.option(
    "--pareto",
    "pareto",
    metavar="METRIC",
    multiple=True,
    help="Only revisions that no other beats in all these metrics.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N lines.")
@click.option(
    "--metrics", metavar="GLOB", multiple=True, help="Only these metrics: `test.*`, `*/val.json:*`."
)
@click.option("--params", metavar="GLOB", multiple=True, help="Only these parameters.")
@click.option("--all", "show_all", is_flag=True, help="Also show parameters that are the same everywhere.")
@click.option("--csv", "as_csv", is_flag=True, help="Print all columns as CSV.")
@click.option("--md", "as_markdown", is_flag=True, help="Print a Markdown table.")
@pass_session
def entry(session: Session, /, revisions: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 (each its own)
    r"""Show a leaderboard of branches, tags and DVC experiments.

    One line per commit, and one for the working tree; nothing is run or fetched. `auc` means `test.auc`, as
    in gates. Which direction is better follows from the name, or from `directions:` in `mlgit.yaml`.

    \b
    Examples:
      mlgit experiments --sort auc --limit 10
      mlgit experiments --where "auc > 0.9" --where "lr <= 0.01"
      mlgit experiments --pareto auc --pareto latency.p95_ms
    """
    session.begin(compares=True)
    _check(session, revisions, options)
    from mlgit.operations.experiments import RowOptions, experiments
    from mlgit.project.compare.revisions import RevisionQuery

    query = RevisionQuery(
        revisions=revisions, number=options["number"], history=options["all_commits"], kinds=options["kinds"]
    )
    rows = RowOptions(**{name: options[name] for name in RowOptions._fields})
    record = experiments(session.project(), query, rows, progress=session.progress(patient=True))
    _print(session, record, options)


def _check(session: Session, revisions: tuple[str, ...], options: dict[str, Any]) -> None:
    pairs = (
        ("--all-commits", options["all_commits"], "a REVISION", bool(revisions)),
        ("--all-commits", options["all_commits"], "--num", options["number"] is not None),
        ("--csv", options["as_csv"], "--md", options["as_markdown"]),
        ("--json", session.as_json, "--csv", options["as_csv"]),
        ("--json", session.as_json, "--md", options["as_markdown"]),
    )
    for one, first, other, second in pairs:
        if first and second:
            names = " and ".join(f"`{name}`" if name.startswith("-") else name for name in (one, other))
            raise UsageError(f"{names} cannot be used together")
    if options["reverse"] and not options["sort"]:
        raise UsageError("`--reverse` needs `--sort`", hint="write `--sort NAME --reverse`")


def _print(session: Session, record: Leaderboard, options: dict[str, Any]) -> None:
    if session.as_json:
        session.print_result(record, list)
        return

    if options["as_csv"] or options["as_markdown"]:
        from mlgit.render.formats.leaderboard import as_csv, as_markdown

        shown = as_csv(record) if options["as_csv"] else as_markdown(record, show_all=options["show_all"])
        write_document(shown)
        return
    from shutil import get_terminal_size

    from mlgit.render.pages.experiments import page

    # A pipe gets the same columns as a terminal; `--csv` is for programs.
    width = get_terminal_size(fallback=(_WIDTH, 0)).columns
    session.print_result(record, lambda: page(record, width=width, show_all=options["show_all"]))
