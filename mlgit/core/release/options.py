"""Options: what a release is asked for, besides its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping


@record
class ReleaseOptions:
    """The options of a release.

    `commit` adds an empty commit for the version. `committed` checks only committed files for whether the
    pipeline is up to date: a runner's clone has no data, or that of another run. `force` accepts a model
    whose content another version has. `data_elsewhere` accepts a model that neither Git nor the DVC
    remote has; the tag states that. `ci` are the environment variables of a CI.
    """

    bump: Literal["major", "minor", "patch", "auto"] | None = None
    pre: str | None = None
    text: str | None = None
    commit: bool = False
    committed: bool = False
    force: bool = False
    push_data: bool = False
    data_elsewhere: bool = False
    local: bool = False
    dry_run: bool = False
    ci: Mapping[str, str] | None = None

    def typed(self, **changed: object) -> list[str]:
        """The options as they are typed, for a command that asks for the same; some may be `changed`."""
        from dataclasses import fields

        found: list[str] = []
        for each in fields(self):
            value, name = changed.get(each.name, getattr(self, each.name)), _NAMES.get(each.name)
            if name is not None and value:
                found += [name] if value is True else [name, str(value)]
        return found


_NAMES = {
    "bump": "--bump",
    "pre": "--pre",
    "text": "-m",
    "commit": "--commit",
    "force": "--force",
    "push_data": "--push-data",
    "data_elsewhere": "--data-elsewhere",
    "local": "--local",
    "dry_run": "--dry-run",
}
