"""Journal of a target: one appended JSON line per step, so that a killed deployment is found and finished.

An unreadable line is skipped: the journal is a history, while the link and digests decide what is served.
"""

from __future__ import annotations

import json
from typing import Literal, get_args

from mlgit.core.deploy.deployment import Desired, Step
from mlgit.core.record import record

EntryStep = Step | Literal["failed"]
_STEPS = frozenset({*get_args(Step), "failed"})
_SWITCHED = frozenset({"switched", "done"})
SCHEMA_VERSION = 1


@record
class Entry:
    """One step of one deployment.

    `oid` is the environment's tag object, the key of the deployment. `release` is the folder below
    `releases/`, `before` the one that was served. Only a failed step has `during` and `error`.
    """

    at: str
    step: EntryStep
    model: str
    environment: str
    tag: str
    oid: str
    sequence: int
    commit: str
    version: str | None = None
    release: str | None = None
    before: str | None = None
    during: Step | None = None
    error: str | None = None


@record
class Journal:
    """The entries of a journal file; `unreadable` counts the lines that were skipped."""

    entries: tuple[Entry, ...] = ()
    unreadable: int = 0

    @property
    def done(self) -> Entry | None:
        """The newest deployment that was finished."""
        return next((entry for entry in reversed(self.entries) if entry.step == "done"), None)

    def newest(self, model: str, environment: str) -> Entry | None:
        """A model's switch with the highest sequence, which a late job must not undo.

        Entries of an environment's former name have sequences of their own.
        """
        ours = (entry for entry in self.entries if (entry.model, entry.environment) == (model, environment))
        switched = [entry for entry in ours if entry.step in _SWITCHED]
        return max(switched, key=lambda entry: entry.sequence, default=None)

    @property
    def releases(self) -> frozenset[str]:
        """The release folders that deployments made or began to make."""
        return frozenset(entry.release for entry in self.entries if entry.release is not None)

    @property
    def last_used(self) -> tuple[str, ...]:
        """The release folders that were served, the latest first."""
        used = (entry.release for entry in reversed(self.entries) if entry.step in _SWITCHED)
        return tuple(dict.fromkeys(release for release in used if release is not None))

    def interrupted(self, oid: str) -> bool:
        """Whether this deployment was started, and neither finished nor failed."""
        last = next((entry for entry in reversed(self.entries) if entry.oid == oid), None)
        return last is not None and last.step not in {"done", "failed"}


def entry(
    desired: Desired,
    step: EntryStep,
    *,
    at: str,
    release: str | None,
    before: str | None,
    during: Step | None = None,
    error: str | None = None,
) -> Entry:
    return Entry(
        at=at,
        step=step,
        model=desired.model,
        environment=desired.environment,
        tag=desired.tag,
        oid=desired.oid,
        sequence=desired.sequence,
        commit=desired.commit,
        version=desired.version,
        release=release,
        before=before,
        during=during,
        error=error,
    )


def write_entry(written: Entry) -> str:
    """One line of JSON with its line break, without fields that are None."""
    values = {name: getattr(written, name) for name in written.__dataclass_fields__}
    tree = {name: value for name, value in values.items() if value is not None}
    return json.dumps({"schema_version": SCHEMA_VERSION, **tree}, sort_keys=True) + "\n"


def read_journal(text: str) -> Journal:
    """Read a journal; a last line without a line break is torn, and so unreadable."""
    *lines, torn = text.split("\n")
    found = [_read_entry(line) for line in lines]
    entries = tuple(each for each in found if each is not None)
    return Journal(entries=entries, unreadable=len(found) - len(entries) + bool(torn))


def _read_entry(line: str) -> Entry | None:
    try:
        tree = json.loads(line)
        if tree.pop("schema_version") != SCHEMA_VERSION:
            return None
        made = Entry(**tree)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    texts = (made.at, made.model, made.environment, made.tag, made.oid, made.commit)
    maybe = (made.version, made.release, made.before, made.error)
    sound = (
        made.step in _STEPS
        and type(made.sequence) is int
        and all(isinstance(text, str) for text in texts)
        and all(text is None or isinstance(text, str) for text in maybe)
    )
    return made if sound else None
