"""Targets: the table of deploy targets, with the keys of each under `deploy:` and the record they become.

The entry-point group `mlgit.targets` extends the table. A plug-in's entry point is a `Target`, and
tests/contracts/targets.py checks how it deploys.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from mlgit.core.record import record

GROUP = "mlgit.targets"
_SECONDS = {"s": 1, "m": 60, "h": 3600}

Keys = Mapping[str, Any]
"""One entry of `deploy:` without `target`, as its schema allows it."""


@record
class Target:
    """A row of the table: one kind of deploy target.

    `required` and `optional` are its keys, `filled` those whose texts have placeholders. A key `path` is
    always a folder of this machine: the deployer gets it absolute and filled in, and no two models share it.
    `read` makes the target's record from valid keys. `deployer` is `module:function`; the function takes a
    Job, that record and `dry_run`, and returns a Deployment (see project/deploy/job.py). `schema` maps each
    key of a plug-in to its JSON Schema; schemas/mlgit.schema.json has those of our own.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    read: Callable[[Keys], Any]
    deployer: str
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.required + self.optional


@record
class LocalTarget:
    """A folder of this machine with `keep` releases and the link `current` to one of them.

    `path` is absolute or from the root of the repository; `{model}` and `{environment}` are not filled in.
    """

    path: str
    keep: int = 3


@record
class CommandTarget:
    """The user's own program; its placeholders are not filled in."""

    command: tuple[str, ...]
    timeout_s: int = 600


def _local(keys: Keys) -> LocalTarget:
    return LocalTarget(path=posixpath.normpath(keys["path"]), keep=keys.get("keep", 3))


def _command(keys: Keys) -> CommandTarget:
    timeout = keys.get("timeout", "10m")
    return CommandTarget(command=tuple(keys["command"]), timeout_s=int(timeout[:-1]) * _SECONDS[timeout[-1]])


TARGETS: Mapping[str, Target] = {
    "local": Target(
        required=("path",),
        optional=("keep",),
        filled=("path",),
        read=_local,
        deployer="mlgit.project.deploy.local:deploy",
    ),
    "command": Target(
        required=("command",),
        optional=("timeout",),
        filled=("command",),
        read=_command,
        deployer="mlgit.project.deploy.command:deploy",
    ),
}
