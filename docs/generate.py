"""Reference: write docs/reference/cli.md from the `--help` of each command; `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlgit.cli.main import COMMANDS, cli
from mlgit.cli.shell.groups import GlobalOption
from mlgit.cli.shell.session import Session

TARGET = Path(__file__).parent / "reference" / "cli.md"
_HEAD = """\
# Commands

Written by `python docs/generate.py` from `--help`; do not edit. The JSON of every command has a schema in
[`schemas/`](../../schemas). Exit codes: 0 done, 1 blocked or refused, 2 wrong usage, 3 a declarative file is
invalid, 4 the repository is not in a state for it, 5 a tool or remote failed, 70 a bug, 130 interrupted.

Every command also takes these options, before or after its name:

"""
_WIDTH = 100


def reference() -> str:
    # Verbose, because the short help of a command explains only its common options.
    session = Session()
    session.verbosity = 1
    root = click.Context(cli, info_name="mlgit", obj=session, **cli.context_settings)
    everywhere = (each.get_help_record(root) for each in cli.params if isinstance(each, GlobalOption))
    rows = "".join(f"| `{record[0]}` | {record[1]} |\n" for record in everywhere if record is not None)
    parts = [f"{_HEAD}| option | what it does |\n|---|---|\n{rows}"]
    for group, names in COMMANDS.items():
        parts.append(f"## {group}\n")
        for name in names:
            parts += _described(cli, name, root)
    return "\n".join(parts)


def _described(group: click.Group, name: str, parent: click.Context) -> list[str]:
    """The help of a command and of its subcommands."""
    found = group.get_command(parent, name)
    if found is None:
        raise SystemExit(f"there is no command {name}")
    context = click.Context(
        found, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    parts = [f"### {context.command_path}\n\n```text\n{found.get_help(context)}\n```\n"]
    if isinstance(found, click.Group):
        for below in found.list_commands(context):
            parts += _described(found, below, context)
    return parts


def main() -> int:
    """Returns 1 if `--check` finds the page out of date, otherwise 0."""
    text = reference()
    if "--check" not in sys.argv:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET} is out of date; run `python docs/generate.py`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
