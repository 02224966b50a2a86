"""Meant: the command that is meant if a model, version or environment is not where it takes it."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.session import Session
from mlgit.core.record import NamedTuple
from mlgit.core.wording import nearest, words
from mlgit.errors import MlgitError, UnknownReference

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

ARGUMENTS = "mlgit.arguments"
"""The key of a context's `meta` for the words after the command."""
_MOST = 5  # commands of one hint
BEFORE = frozenset(
    {"--env", "--environment", "--to", "--into", "--from", "--in", "--stage", "-e", "--version"}
)
"""What people write before an environment or a version; `_LITTLE` without dashes."""
_LITTLE = frozenset({"to", "into", "from", "in", "on", "of", "back"})
_OF_NO_VERSION = ("deploy", "unassign")  # without it, the command would do something else
_ONE_OF_MANY = "name the model as well, for example"


class Meant(NamedTuple):
    """The hint with the command that is meant, what it takes how, and why a name is not known."""

    hint: str
    takes: str | None
    absent: str | None = None


class _Parts(NamedTuple):
    """What the words of a command line name, and the options as they were typed."""

    options: tuple[str, ...]
    environment: str | None
    model: str | None
    version: str | None
    moved: bool = False


def meant(ctx: click.Context, *, moved: bool = False) -> Meant | None:
    """The command that is meant; None if that is not known.

    With `moved`, only if an environment or a version was where the model belongs.
    """
    option = next((each for each in ctx.command.params if each.name == "environment"), None)
    named = any(each.name == "reference" for each in ctx.command.params)
    if option is None and (moved or not named):
        return None
    models, environments = _known(ctx)
    given = list(ctx.meta.get(ARGUMENTS, []))
    found = _parts(ctx, given, models, environments)
    if found is None or (moved and not found.moved):
        return None
    if option is None:
        return _as_reference(ctx, found, models, environments)
    if any(each.name == "models" for each in ctx.command.params):
        return _with_options(ctx, option, found, models)
    names, places = _names(ctx, found, models), _places(found, environments, _offered(ctx, environments))
    commands = [_command(ctx, option, found, name, place) for name, place in product(names, places)]
    first = "run"
    if len(commands) > _MOST and found.environment:
        # A deployment without a model is one of all models.
        name, first = (None, first) if ctx.command.name == "deploy" else (names[0], _ONE_OF_MANY)
        commands = [_command(ctx, option, found, name, places[0])]
    if not commands or len(commands) > _MOST:
        return None
    takes = None
    if found.environment and option.opts[0] not in given:
        takes = f"the environment with `{option.opts[0]}`"
    elif found.version and found.moved and ctx.command.name == "rollback":
        takes = "the version with `--to`"
    hint = f"{first} " + " or ".join(f"`{each}`" for each in commands)
    return Meant(hint, takes, _absent(ctx, found, models, environments))


def _as_reference(
    ctx: click.Context, found: _Parts, models: Sequence[str], environments: Sequence[str]
) -> Meant | None:
    """The hint for a command that takes what it shows or fetches as one word, such as `tumor#prod`."""
    model = found.model or (models[0] if len(models) == 1 else None)
    if model not in {*models, None}:
        return None
    there = found.environment if found.environment in environments else None
    reference = found.version or there
    if reference is None:
        return None
    if found.version is not None and model is not None:
        reference = f"{model}@{reference}"
    elif found.version is None and found.model is not None:
        reference = f"{model}#{reference}"
    typed, own = ctx.ensure_object(Session).typed, (reference, *found.options)
    command = words((*ctx.command_path.split(), *own)) if typed is None else typed.instead(own)
    return Meant(f"run `{command}`", None)


def _names(ctx: click.Context, found: _Parts, models: Sequence[str]) -> list[str | None]:
    """The models that may be meant: the named one, or all if there is no such model."""
    if ctx.command.name == "deploy" and found.model is None:
        return [None]  # a deployment without a model is one of all models
    if found.model in models or not models or (found.model is None and len(models) == 1):
        return [found.model]
    return list(models)


def _offered(ctx: click.Context, environments: Sequence[str]) -> Sequence[str]:
    """The environments that a command without one offers: `deploy` those that trunk has a target for."""
    if ctx.command.name != "deploy":
        return environments
    try:
        targets = ctx.ensure_object(Session).project().trunk_config.deploy
    except MlgitError:
        return environments
    return [each for each in environments if each in targets] or environments


def _places(found: _Parts, environments: Sequence[str], offered: Sequence[str]) -> list[str]:
    """The environments that may be meant: the named one, the one most like it, or all that are offered."""
    name = found.environment
    if name is None or (environments and name not in environments):
        alike = None if name is None else nearest(name, environments)
        return list(offered) if alike is None else [alike]
    return [name]


def _absent(
    ctx: click.Context, found: _Parts, models: Collection[str], environments: Collection[str]
) -> str | None:
    """Why a name is not the model or the environment that it is written as, if there are others."""
    from mlgit.project.registry.environments import require_environment
    from mlgit.project.registry.models import require_model

    project = ctx.ensure_object(Session).project
    try:
        if models and found.model is not None and found.model not in models:
            require_model(project(), found.model)
        if environments and found.environment is not None and found.environment not in environments:
            require_environment(project(), found.environment)
    except UnknownReference as error:
        return error.message
    except MlgitError:
        return None
    return None


def _with_options(
    ctx: click.Context, option: click.Parameter, found: _Parts, models: Collection[str]
) -> Meant | None:
    """The hint and what is taken how, for a command that takes a model, a version and ENV as options."""
    if found.model is not None and found.model not in models:
        return None
    own = [*found.options]
    takes = []
    if found.version is not None:
        takes.append("the version with `--rev`")
        own += ["--rev", found.version if found.model is None else f"{found.model}@{found.version}"]
    elif found.model is not None:
        takes.append("the model with `--model`")
        own += ["--model", found.model]
    if found.environment is not None and not set(option.opts) & set(found.options):
        takes.append(f"the environment with `{option.opts[0]}`")
        own += [option.opts[0], found.environment]
    typed = ctx.ensure_object(Session).typed
    command = words((*ctx.command_path.split(), *own)) if typed is None else typed.instead(own)
    return Meant(f"run `{command}`", " and ".join(takes)) if takes else None


def _known(ctx: click.Context) -> tuple[Sequence[str], Sequence[str]]:
    """The models and environments of this repository, what is live first; none if it cannot be read."""
    from mlgit.project.registry.models import model_names
    from mlgit.project.registry.read import read_registry

    with suppress(MlgitError, OSError):
        project = ctx.ensure_object(Session).project()
        names = model_names(project)
        states = [state for state in read_registry(project).models.values() if state.name in names]
        tagged = sorted(name for state in states for name in state.environments)
        declared = project.trunk_config.environments
        first = list(reversed(tuple(declared)))
        if ctx.command.name == "promote":  # nothing can be promoted from what holds nothing yet
            first.sort(key=lambda name: declared[name].source is not None)
        return names, tuple(dict.fromkeys([*first, *tagged]))
    return (), ()


def _parts(
    ctx: click.Context, given: list[str], models: Collection[str], environments: Collection[str]
) -> _Parts | None:
    """Distinguish the words; None if one of them may be anything."""
    options, positional = _split(ctx, given)
    named = [options[at + 1] for at, each in enumerate(options[:-1]) if each in _environment_options(ctx)]
    environment: str | None = named[0] if named else None
    model = version = None
    unknown = []
    several, moved = len(positional) > 1, False
    for each in positional:
        if "#" in each and each.rpartition("#")[2]:
            model, _, environment = each.rpartition("#")
        elif "@" in each:
            model, _, version = each.rpartition("@")
        elif each in environments and each not in models and environment is None:
            environment, moved = each, True
        elif _is_version(each) and each not in models:
            version, moved = each, True
        elif each in models and model is None:
            model = each
        elif not (several and each in _LITTLE):
            unknown.append(each)
    model = model or (unknown.pop(0) if unknown else None)
    environment = environment or (unknown.pop(0) if unknown else None)
    twice = ctx.command.name == "rollback" and "--to" in options
    if unknown or (version is not None and (twice or ctx.command.name in _OF_NO_VERSION)):
        return None
    return _Parts(tuple(options), environment, model, version, moved)


def _environment_options(ctx: click.Context) -> Collection[str]:
    return next((each.opts for each in ctx.command.params if each.name == "environment"), ())


def _split(ctx: click.Context, given: list[str]) -> tuple[list[str], list[str]]:
    """The options of a command as they were typed, and the other words, such as an unknown option."""
    flags = {each: option for option in ctx.command.params for each in option.opts if each[:1] == "-"}
    options: list[str] = []
    positional: list[str] = []
    rest = iter(given)
    for each in rest:
        name = each.partition("=")[0]
        option = flags.get(name)
        if option is None and name in BEFORE:
            positional.append(each.partition("=")[2] or next(rest, ""))
        elif not each.startswith("-") or (option is None and not each.startswith("--")):
            positional.append(each)
        elif isinstance(option, click.Option) and not option.is_flag and not option.count and name == each:
            value = next(rest, "")
            if ctx.command.name == "rollback" and name == "--to" and not _is_version(value):
                positional.append(value)
            else:
                options += [each, value]
        else:
            options.append(each)
    return options, [each for each in positional if each]


def _is_version(text: str) -> bool:
    from mlgit.core.registry.semver import Version

    return Version.parse(text) is not None or Version.parse(f"v{text}") is not None


def _command(
    ctx: click.Context, option: click.Parameter, found: _Parts, model: str | None, environment: str
) -> str:
    """The command as it is written."""
    takes_to = ctx.command.name == "rollback"
    first = model
    if found.version is not None and not takes_to:
        first = found.version if model is None else f"{model}@{found.version}"
    own = [*(() if first is None else (first,)), *found.options]
    if found.version is not None and takes_to:
        own += ["--to", found.version]
    if not set(option.opts) & set(found.options):
        own += [option.opts[0], environment]
    if takes_to and not {"-m", "--message"} & set(found.options):
        own += ["-m", "REASON"]
    typed = ctx.ensure_object(Session).typed
    return words((*ctx.command_path.split(), *own)) if typed is None else typed.instead(own)
