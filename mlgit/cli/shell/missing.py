"""Missing: what to write for an environment or a version that a command needs, by what the repository has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.cli.shell.session import Session
from mlgit.core.wording import joined, words
from mlgit.errors import MlgitError, UsageError

if TYPE_CHECKING:
    import click

    from mlgit.core.registry.entries import ModelList

_MOST = 4


def missing_argument(parameter: click.Parameter, ctx: click.Context, given: list[str]) -> UsageError | None:
    """The error for a missing environment or version; None if what is in the repository says nothing.

    `given` are the words after the command.
    """
    if parameter.name not in {"environment", "reference"}:
        return None
    session = ctx.find_object(Session)
    try:
        from mlgit.operations.models import list_models

        known = None if session is None else list_models(session.project())
    except (MlgitError, OSError):
        return None
    if known is None or not known.models:
        return None
    if parameter.name == "reference":
        return _reference(known, given, ctx)
    return _environment(parameter, known, ctx)


def _environment(parameter: click.Parameter, known: ModelList, ctx: click.Context) -> UsageError | None:
    """The environments that there are, where whole commands would be too many."""
    option = parameter.opts[0]
    choices = [f"`{words([option, each])}`" for each in known.environments]
    if not choices:
        return None
    either = " or ".join(choices) if len(choices) <= _MOST else joined(choices, _MOST)
    message = f"`{ctx.command.name}` needs the environment, as `{option} ENV`"
    return UsageError(message, hint=f"add {either}")


def _reference(known: ModelList, given: list[str], ctx: click.Context) -> UsageError:
    """The versions and environments whose files can be fetched, each as a whole command."""
    message = f"`{ctx.command.name}` needs a version or an environment"
    if any(each.startswith("--repo") for each in given):  # they are in that repository
        return UsageError(message, hint=f"see `{ctx.command_path} --help`")
    one = len(known.models) == 1
    names: list[str] = []
    for each in known.models:
        held = [at for at in each.environments if at.version is not None and at.refused is None]
        held = [at for at in held if at.known == "yes"]
        names += [at.environment if one else f"{each.name}#{at.environment}" for at in held]
        if each.latest is not None and each.latest.refused is None and each.known == "yes":
            names.append("latest" if one else f"{each.name}@latest")
    commands = [f"`{words([*ctx.command_path.split(), name, *given])}`" for name in names or ["HEAD"]]
    if names:
        return UsageError(message, hint=f"run {joined(commands, _MOST)}")
    if known.tags_known.repair is not None:
        return UsageError(message, hint=f"see which there are: run `{known.tags_known.repair}`")
    hint = f"for the model at HEAD, run {commands[0]}" if one else "see `mlgit models`"
    return UsageError(message, hint=hint)
