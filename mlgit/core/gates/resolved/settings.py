"""Settings of a change: which environments and rules of mlgit.yaml let more through, or reach more."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.renames import renamed_environments
from mlgit.core.config.steps import is_still_asked, steps_after
from mlgit.core.gates.evaluate import select
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.metrics import direction_of
from mlgit.core.wording import cut, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mlgit.core.config.file import Config, Deploy, Environment
    from mlgit.core.gates.waived_names import Kind

_LOOSER: Mapping[str, Mapping[str, tuple[str | None, ...]]] = {
    "numbers": {"committed": ("pipeline", None)},
    "on_loosened": {"warn": ("fail",)},
    "foreign_tags": {"allow": ("refuse", None)},
    "comment": {"blocked": ("always", "changed"), "changed": ("always",)},
}
"""Setting -> value -> the values that let less through; a setting that is not written has its default."""
_SHOWN = {"comment": "`comment` of `ci:`"}
_NOT_REACHED_BY = frozenset({"timeout", "keep"})
"""Keys of `deploy:` that do not say where."""
_WIDTH = 100
_DEFAULTS: Mapping[str, str | None] = {
    "numbers": None,
    "on_loosened": "warn",
    "foreign_tags": None,
    "comment": "always",
}


def compare_settings(old: Config, new: Config) -> Iterator[Finding]:
    """Every environment and setting of `new` that lets more through."""
    renamed = renamed_environments(old.environments, new.environments)
    for name, environment in sorted(old.environments.items()):
        after = new.environments.get(name)
        if after is None:
            to = f"renamed to `{renamed[name]}`, which holds nothing of it" if name in renamed else "removed"
            yield _finding(name, f"Environment `{name}` was {to}{_still_compared(name, new)}")
            continue
        if environment.source is not None and is_still_asked(environment.source, after, old, new):
            after = replace(after, source=environment.source)
        for text in _environment(environment, after):
            yield _finding(name, f"Environment `{name}` {text}")
        if after.auto and not environment.auto:
            text = f"Environment `{name}` is now `auto`: CI promotes to it, without a person"
            yield _finding(name, text, code="policy_changed")
        lost = _gates(old, name) & {*new.gates} - _gates(new, name)
        if lost:
            verb = "decides" if len(lost) == 1 else "decide"
            yield Finding(
                code="gates_loosened",
                subjects=tuple(sorted(lost)),
                text=f"{listed(sorted(lost))} no longer {verb} promotions to `{name}`",
                whole=True,
            )
    yield from _looser(old, new)
    yield from _deployed(old, new)
    yield from _directions(old, new)


def _looser(old: Config, new: Config) -> Iterator[Finding]:
    for key, values in _LOOSER.items():
        before, now = getattr(old, key), getattr(new, key)
        if _default(key, before) in values.get(_default(key, now) or "", ()):
            text = f"{_SHOWN.get(key, f'`{key}`')} was {_written(before)}; it is now {_written(now)}"
            yield _finding(key, text, kind="setting")
    if old.numbers == "pipeline" and new.numbers is None:
        yield _finding("numbers", "`numbers` was `pipeline`; it is now not written", kind="setting")


def _environment(old: Environment, new: Environment) -> Iterator[str]:
    if old.source is not None and old.source != new.source:
        now = f"`from: {new.source}`" if new.source else "no `from`"
        yield f"was `from: {old.source}`; it now has {now}"
    if new.pre and not old.pre:
        yield "now takes pre-releases"


def _deployed(old: Config, new: Config) -> Iterator[Finding]:
    """Every environment whose target is another one, or is now that of another environment, too."""
    for name, entry in sorted(old.deploy.items()):
        after = new.deploy.get(name)
        if after is None:
            yield _finding(name, f"`deploy:` of `{name}` was removed", code="policy_changed")
        elif _place(entry) != _place(after):
            text = f"`deploy:` of `{name}` changed: it has another target, or reaches it in another way"
            yield _finding(name, text, code="policy_changed")
    for name, after in sorted(new.deploy.items()):
        served = _served(old, after, {*old.models, *new.models})
        if served and name not in served:
            text = f"The target that served {listed(served)} now serves `{name}`"
            yield _finding(name, text, code="policy_changed")


def _still_compared(environment: str, config: Config) -> str:
    """What stays of an environment that is gone: the gates that go on comparing with what it held last."""
    gates = sorted(gate.id for gate in config.gates.values() if gate.vs == environment)
    if not gates:
        return ""
    return f"; {listed(gates)} still {'compares' if len(gates) == 1 else 'compare'} with what it held last"


def _place(entry: Deploy) -> tuple[str, Mapping[str, object]]:
    return entry.target, {key: value for key, value in entry.keys.items() if key not in _NOT_REACHED_BY}


def addition_notes(old: Config, new: Config) -> Iterator[Note]:
    """A note for each new environment that is `auto`, deployed to or between others, and each new target."""
    renamed = renamed_environments(old.environments, new.environments).values()
    for name, environment in sorted(new.environments.items()):
        added = name not in {*old.environments, *renamed}
        entry = None if name in old.deploy else new.deploy.get(name)
        texts = []
        if added and environment.auto:
            texts.append("CI promotes to it, without a person")
        if added and (texts or entry is not None):
            texts += _not_asked(environment, new)
        if added and (after := steps_after(name, old, new)):
            texts.append(f"a version must be in it before {listed(after)}")
        if entry is not None and (added or not _served(old, entry, {*old.models, *new.models})):
            texts.append(f"`mlgit deploy` {_deploys(entry, old)}")
        if texts:
            what = f"Environment `{name}`" if added else f"`deploy:` of `{name}`"
            yield Note(code="environment_added", message=f"{what} is new: {'; '.join(texts)}")


def _not_asked(environment: Environment, config: Config) -> Iterator[str]:
    usual = replace(config, environments={environment.name: replace(environment, gates=None)})
    left = sorted(_gates(usual, environment.name) - _gates(config, environment.name))
    if left:
        yield f"{listed(left)} {'does' if len(left) == 1 else 'do'} not decide promotions to it"


def _deploys(entry: Deploy, old: Config) -> str:
    """What a deployment does, next to what one does that runs the same program."""
    command = entry.keys.get("command")
    if entry.target == "local":
        return f"writes to `{_line(entry.keys['path'])}`"
    if entry.target != "command" or not command:
        return f"uses the target `{entry.target}`"
    same = [
        f"`{_line(*each.keys['command'])}` for `{name}`"
        for name, each in sorted(old.deploy.items())
        if each.target == "command" and _program(each.keys["command"]) == _program(command)
    ]
    return ", and ".join([f"runs `{_line(*command)}` for it", *same[:1]])


def _line(*texts: str) -> str:
    """The texts in one line, without marks that would end the quotation."""
    return cut(" ".join(" ".join(texts).replace("`", "'").split()), _WIDTH)


def _program(command: Sequence[str]) -> str:
    return posixpath.normpath(command[0])


def _served(config: Config, entry: Deploy, models: Collection[str]) -> list[str]:
    """The environments that an entry's target serves in a config, for one of the models at least."""
    here = _reached(entry, models)
    return sorted(name for name, each in config.deploy.items() if _reached(each, models) & here)


def _reached(entry: Deploy, models: Collection[str]) -> set[str]:
    """What a target is reached by, filled in for each model, with plain paths."""
    keys = {key: value for key, value in entry.keys.items() if key not in _NOT_REACHED_BY}
    if isinstance(keys.get("path"), str):
        keys["path"] = posixpath.normpath(keys["path"])
    if keys.get("command"):
        keys["command"] = [_program(keys["command"]), *keys["command"][1:]]
    text = repr((entry.target, sorted(keys.items()))).replace("{environment}", entry.environment)
    return {text.replace("{model}", model) for model in (*models, "{model}")}


def _directions(old: Config, new: Config) -> Iterator[Finding]:
    """Every metric of which the other direction is now the better one."""
    for name in sorted({*old.directions, *new.directions}):
        before, after = direction_of(name, old.directions), direction_of(name, new.directions)
        if before is not None and before != after:
            now = f"`{after}`" if after else "not known"
            text = f"The better direction of `{name}` was `{before}`; it is now {now}"
            yield _finding(name, text, kind="metric", code="policy_changed")


def _gates(config: Config, environment: str) -> set[str]:
    """The gates that a promotion to an environment asks, whatever the model."""
    return {gate.id for gate in select(config, purpose="promote", model=None, environment=environment)}


def _default(key: str, value: str | None) -> str | None:
    return _DEFAULTS[key] if value is None else value


def _written(value: str | None) -> str:
    return "not written" if value is None else f"`{value}`"


def _finding(subject: str, text: str, *, kind: Kind = "environment", code: str = "gates_loosened") -> Finding:
    return Finding(code=code, subjects=(subject,), text=text, kind=kind, whole=True)
