"""Merged: what a run after a merge did about each model, and what it found about the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.errors import Exit

if TYPE_CHECKING:
    from datetime import datetime

    from mlgit.core.gates.verdict import Note

Outcome = Literal["done", "planned", "already", "unchanged", "held", "left", "blocked", "failed"]


@record
class MergeStep:
    """The result for one model: its release if `environment` is None, or its promotion to that environment.

    `done`: a tag was written; `planned`: it would be. `already`: it exists. `unchanged`: the model equals the
    newest version. `held`: a rollback holds the environment. `left`: nothing was done, for the reason in
    `message`. `blocked`: gates, policy, or a pre-release of this commit refuse it. `failed`: another error.
    `tag` is the tag of the outcome.
    """

    model: str
    outcome: Outcome
    environment: str | None = None
    version: str | None = None
    tag: str | None = None
    message: str | None = None
    hint: str | None = None
    details: tuple[str, ...] = ()
    exit_code: int = Exit.DONE


@record
class Merged:
    """The result of `mlgit ci merged` for trunk's tip, `commit`.

    `released` are the release tags and `tags` the assignments that were written. `current` are the
    assignments to deploy: `tags`, and all others in environments with `auto` that hold a commit of this push.
    An earlier run may have written those and been killed before it could report them. `findings` are what
    the gates compare otherwise than at `since`, trunk's tip before; one that blocks leaves nothing to do.
    """

    trunk: str
    commit: str
    dry_run: bool
    at: datetime
    steps: tuple[MergeStep, ...] = ()
    released: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    changed: bool = False
    since: str | None = None
    findings: tuple[Note, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether a finding keeps everything from being released and promoted."""
        return any(note.effect == "block" for note in self.findings)

    @property
    def exit_code(self) -> int:
        """The highest of all steps: 0, 1 if something is blocked, or that of a failure."""
        codes = [step.exit_code for step in self.steps]
        return max([*codes, Exit.BLOCKED if self.blocked else Exit.DONE])


def outputs_of(merged: Merged | None) -> dict[str, str]:
    """The values for later jobs; None is a run that failed. Lists are JSON, for a matrix."""
    import json

    return {
        "changed": "true" if merged is not None and merged.changed else "false",
        "released": json.dumps([] if merged is None else merged.released),
        "tags": json.dumps([] if merged is None else merged.current),
    }
