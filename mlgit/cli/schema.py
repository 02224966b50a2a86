"""`mlgit schema`."""

from __future__ import annotations

import click

from mlgit.cli.shell.completion import files_offer, schemas_offer
from mlgit.cli.shell.destinations import file_destination
from mlgit.cli.shell.options import command
from mlgit.cli.shell.output import write_document
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import UsageError


@command("schema")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=schemas_offer)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    shell_complete=files_offer,
    help="Write it to FILE, for an editor; an older FILE is replaced.",
)
@pass_session
def entry(session: Session, *, name: str | None, out: str | None) -> None:
    r"""Print the JSON Schema of a file or of a command's JSON.

    Without NAME it lists the names: `mlgit` is `mlgit.yaml`, `waivers` is `.mlgit/waivers.yaml`, most others
    are what a command prints with --json. The schemas are those of the installed version; no network is used.

    \b
    Examples:
      mlgit schema                              # the names
      mlgit schema mlgit -o mlgit.schema.json   # for VS Code or PyCharm
      mlgit schema verdict                      # what `mlgit check --json` prints
    """
    from mlgit.operations.schema import list_schemas, read_schema
    from mlgit.render.pages.schema import page

    if name is None:
        if out is not None:
            raise UsageError("`-o` needs the name of a schema", hint="see `mlgit schema`")
        record = list_schemas()
    else:
        path = file_destination(session.folder, out, example=f"{name}.schema.json")
        record = read_schema(name, path=path, shown=None if path is None else out)
        if path is None and not session.as_json:
            from mlgit.resources import schema_text

            write_document(schema_text(name))
            return
    session.print_result(record, lambda: page(record))
