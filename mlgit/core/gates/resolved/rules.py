"""Rules: what a branch is checked by, after its merge with the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from mlgit.core.config.file import Config


@record
class Merged:
    """The rules that a branch is checked by.

    `config` is what the branch changed, on top of what only trunk changed. `strict` has, in addition, the
    stricter gate where both changed one. `older` are the gates that only trunk changed. `replaced` are the
    branch's models that trunk has no more, while it has others since.
    """

    config: Config
    strict: Config
    older: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
