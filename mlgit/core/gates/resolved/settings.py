"""Settings of a change: which environments and rules of mlgit.yaml let more through than the target's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.renames import renamed_environments
from mlgit.core.gates.evaluate import select
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.metrics import direction_of
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.core.config.file import Config, Deploy, Environment
    from mlgit.core.gates.waived_names import Kind

_LOOSER: Mapping[str, Mapping[str, tuple[str | None, ...]]] = {
    "numbers": {"committed": ("pipeline", None)},
    "on_loosened": {"warn": ("fail",)},
    "foreign_tags": {"allow": ("refuse", None)},
}
"""Setting -> value -> the values that let less through; a setting that is not written has its default."""
_DEFAULTS: Mapping[str, str | None] = {"numbers": None, "on_loosened": "warn", "foreign_tags": None}


def compare_settings(old: Config, new: Config) -> Iterator[Finding]:
    """Every environment and setting of `new` that lets more through."""
    renamed = renamed_environments(old.environments, new.environments)
    for name, environment in sorted(old.environments.items()):
        after = new.environments.get(name)
        if after is None:
            to = f"renamed to `{renamed[name]}`, which holds nothing of it" if name in renamed else "removed"
            yield _finding(name, f"Environment `{name}` was {to}")
            continue
        if environment.source in renamed and renamed[environment.source] == after.source:
            after = replace(after, source=environment.source)
        for text in _environment(environment, after):
            yield _finding(name, f"Environment `{name}` {text}")
        if after.auto and not environment.auto:
            text = f"Environment `{name}` is now `auto`: CI promotes to it, without a person"
            yield _finding(name, text, code="policy_changed")
        lost = _gates(old, name) & {*new.gates} - _gates(new, name)
        if lost:
            verb = "holds" if len(lost) == 1 else "hold"
            yield Finding(
                code="gates_loosened",
                subjects=tuple(sorted(lost)),
                text=f"{listed(sorted(lost))} no longer {verb} a promotion to `{name}`",
                whole=True,
            )
    for key, values in _LOOSER.items():
        before, now = getattr(old, key), getattr(new, key)
        if _default(key, before) in values.get(_default(key, now) or "", ()):
            yield _finding(key, f"`{key}` was {_written(before)}; it is now {_written(now)}", kind="setting")
    yield from _deployed(old, new)
    yield from _directions(old, new)
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
            text = f"`deploy:` of `{name}` changed: what serves it is another target, or is reached otherwise"
            yield _finding(name, text, code="policy_changed")
    for name, after in sorted(new.deploy.items()):
        before = [each for each in old.deploy.values() if _place(each) == _place(after)]
        if before and name not in {each.environment for each in before}:
            served = listed(sorted(each.environment for each in before))
            text = f"The target that served {served} now serves `{name}`"
            yield _finding(name, text, code="policy_changed")


def _place(entry: Deploy) -> tuple[str, Mapping[str, object]]:
    return entry.target, entry.keys


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
