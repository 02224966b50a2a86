"""Synonyms: the command that is meant by a word of Git, DVC, GTO, MLflow or everyday language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.session import Session
from mlgit.core.record import NamedTuple
from mlgit.core.wording import nearest, words
from mlgit.errors import MlgitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Meant(NamedTuple):
    """A purpose and a command line; `whole` if what follows the word may be repeated after the command."""

    purpose: str
    command: str
    whole: bool = False


# Words with one meaning -> what they mean, for each group. Names of commands never get here.
SYNONYMS: Mapping[str, Mapping[str, Meant]] = {
    "mlgit": {
        "register log-model create-version tag bump": Meant(
            "register a version", "mlgit release", whole=True
        ),
        "assign transition stage ship alias set-alias": Meant(
            "put a version into an environment", "mlgit promote", whole=True
        ),
        "undo revert reset back demote restore-version": Meant(
            "go back to the previous version", "mlgit rollback", whole=True
        ),
        "unpromote unstage clear empty": Meant("empty an environment", "mlgit unassign", whole=True),
        "delete remove rm reject deprecate archive yank": Meant(
            "reject a version", "mlgit deregister", whole=True
        ),
        "repro reproduce train execute exec build make pipeline": Meant(
            "run the pipeline", "mlgit run", whole=True
        ),
        "compare cmp changes": Meant("compare two states", "mlgit diff", whole=True),
        "describe view cat which inspect": Meant(
            "show a model, version or environment", "mlgit show", whole=True
        ),
        "download export install artifact": Meant("fetch the files of a model", "mlgit get", whole=True),
        "log reflog blame events who": Meant("see who changed what, and when", "mlgit history"),
        "list ls registry versions tags artifacts stages environments envs latest": Meant(
            "see models, versions and environments", "mlgit models"
        ),
        "metrics params plots": Meant("see what changed", "mlgit diff"),
        "test validate evaluate eval gate gates verdict": Meant("evaluate the gates", "mlgit check"),
        "st state info overview stale live dashboard ui": Meant(
            "see what is live, stale and changed", "mlgit status"
        ),
        "exp experiment runs search leaderboard rank trials": Meant(
            "compare experiments", "mlgit experiments"
        ),
        "upload sync publish": Meant("publish data, the branch and tags", "mlgit push"),
        "redeploy apply rollout": Meant("make a target serve a version", "mlgit deploy", whole=True),
        "new start setup create config configure": Meant("write `mlgit.yaml`", "mlgit init"),
        "fix health diagnose lint fsck": Meant("check this clone", "mlgit doctor"),
        "tutorial example quickstart try": Meant("see the whole loop", "mlgit demo"),
        "summary markdown junit html": Meant("write the report", "mlgit report"),
        "workflow workflows github gitlab": Meant("set up CI", "mlgit ci"),
        "pull": Meant("fetch missing data and run what is stale", "mlgit run"),
        "fetch": Meant("fetch trunk and tags", "mlgit models --fetch"),
        "checkout restore": Meant("restore the files that DVC tracks", "dvc checkout"),
        "switch branch branches": Meant("see the branches", "git branch"),
        "add commit stash": Meant("see what to commit", "git status"),
        "merge rebase": Meant("see which branches are not merged", "git branch --no-merged"),
        "dag": Meant("see the graph of stages", "dvc dag"),
        "remote remotes": Meant("see where DVC stores data", "dvc remote list"),
        "version ver": Meant("see the version of mlgit", "mlgit --version"),
        "commands usage man": Meant("see the commands", "mlgit --help"),
    },
    "mlgit ci": {
        "setup install start": Meant("write the CI templates", "mlgit ci init", whole=True),
        "upgrade": Meant("update the CI templates", "mlgit ci update", whole=True),
        "run check verify": Meant("verify a pull request", "mlgit ci pr", whole=True),
        "report post": Meant("post the report", "mlgit ci comment", whole=True),
        "merge": Meant("release and promote what was merged", "mlgit ci merged", whole=True),
        "schedule cron nightly": Meant("check the default branch", "mlgit ci monitor", whole=True),
    },
}
# Options of GTO and MLflow that name an environment or a version.
_ENVIRONMENT = ("--stage", "--env", "--to", "--alias")


def unknown_command(ctx: click.Context, args: Sequence[str]) -> UsageError:
    """The error for a command that does not exist; its hint is the command that is meant."""
    name, *others = args
    return UsageError(f"There is no command `{name}`", hint=_hint(ctx, name.lower(), others))


def _hint(ctx: click.Context, name: str, others: list[str]) -> str:
    group = ctx.command
    assert isinstance(group, click.Group)  # noqa: S101 (of a group)
    path, known = ctx.command_path, group.list_commands(ctx)
    if name == "help":
        topic = next((f"{path} {other}" for other in others if other in known), path)
        return f"see `{topic} --help`"
    meant = next((row for each, row in SYNONYMS[path].items() if name in each.split()), None)
    if meant is not None:
        return f"to {meant.purpose}, {_runnable(ctx, meant, others)}"
    other = "mlgit" if ctx.parent is not None else "mlgit ci"
    if name in _commands_of(ctx, other):
        return f"did you mean `{other} {name}`?"
    nearest_name = nearest(name, known)
    return f"see `{path} --help`" if nearest_name is None else f"did you mean `{path} {nearest_name}`?"


def _commands_of(ctx: click.Context, path: str) -> list[str]:
    root = ctx.find_root().command
    assert isinstance(root, click.Group)  # noqa: S101 (mlgit itself)
    group = root if path == "mlgit" else root.get_command(ctx, path.rpartition(" ")[2])
    return group.list_commands(ctx) if isinstance(group, click.Group) else []


def _runnable(ctx: click.Context, meant: Meant, others: list[str]) -> str:
    """How to run the command: with the user's arguments if it takes them, or without any, or its help."""
    tool, *rest = meant.command.split()
    if tool != "mlgit" or rest[0].startswith("-"):
        return f"run `{meant.command}`"
    group, name, options = ctx.command, rest[0], rest[1:]
    if ctx.parent is not None:
        name, options = rest[1], rest[2:]
    assert isinstance(group, click.Group)  # noqa: S101 (of a group)
    command = group.get_command(ctx, name)
    assert command is not None  # noqa: S101 (a test knows every row)
    for given in _arguments(command, others) if meant.whole else ():
        if _is_accepted(ctx, command, [*options, *given]):
            lacks_reason = name == "rollback" and not {"-m", "--message"} & set(given)
            reason = ["-m", "REASON"] if lacks_reason else []
            return f"run `{words([*meant.command.split(), *given, *reason])}`"
    return (
        f"run `{meant.command}`" if _is_accepted(ctx, command, options) else f"see `{meant.command} --help`"
    )


def _arguments(command: click.Command, others: list[str]) -> Iterator[list[str]]:
    """What a user may mean by these arguments, most likely first; nothing that leaves one of them out."""
    if not others:
        return
    yield others
    names, values = [], {}
    rest = iter(others)
    for each in rest:
        if each in (*_ENVIRONMENT, "--version"):
            values[each] = next(rest, "")
        elif each.startswith("-"):
            return
        else:
            names.append(each)
    version = values.pop("--version", None)
    given = [*values.values(), *names[1:]]
    if names and len(given) == 1:
        yield with_environment(command, [f"{names[0]}@{version}" if version else names[0]], given[0])


def with_environment(command: click.Command, words_before: list[str], environment: str) -> list[str]:
    """Words followed by the environment as this command takes it, such as `--to prod`."""
    option = next((each for each in command.params if each.name == "environment"), None)
    return words_before if option is None else [*words_before, option.opts[0], environment]


def _is_accepted(ctx: click.Context, command: click.Command, args: list[str]) -> bool:
    """Whether the command can be run with these arguments, as far as the command line says."""
    try:
        command.make_context(str(command.name), list(args), parent=ctx, obj=Session())
    except (click.ClickException, click.exceptions.Exit, MlgitError):
        return False
    return True
