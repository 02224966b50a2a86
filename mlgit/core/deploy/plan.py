"""Plan of a deployment into a folder: the action that follows from the state of the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.deploy.journal import Journal
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.deploy.deployment import Desired, Step
    from mlgit.core.deploy.manifest import Manifest

_STAGED = ".incoming-"
_SHORT = 12

Action = Literal["superseded", "already", "record", "switch", "fetch"]
STEPS: dict[Action, tuple[Step, ...]] = {
    "superseded": (),
    "already": (),
    "record": ("done",),
    "switch": ("intent", "verified", "switched", "done"),
    "fetch": ("intent", "fetched", "verified", "switched", "done"),
}


@record
class ReleaseFolder:
    """A folder below `releases/` that the journal names; `sound` if its files were found to be whole."""

    name: str
    manifest: Manifest | None
    sound: bool = False


@record
class TargetState:
    """The state of a target's folder.

    `current` is the release that the link leads to. `taken` are all names below `releases/`, also those that
    mlgit did not make.
    """

    current: str | None = None
    releases: tuple[ReleaseFolder, ...] = ()
    taken: frozenset[str] = frozenset()
    journal: Journal = Journal()


@record
class Plan:
    """The action to take.

    `release` is the folder to serve, `before` the one served now. `remove` are folders to remove after the
    switch, `leftovers` those of deployments that never finished.
    """

    action: Action
    release: str | None = None
    before: str | None = None
    resumed: bool = False
    superseded_by: str | None = None
    remove: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return STEPS[self.action]


def staged_name(oid: str) -> str:
    """The folder that gathers the files of a deployment."""
    return f"{_STAGED}{oid[:_SHORT]}"


def plan(desired: Desired, state: TargetState, *, keep: int) -> Plan:
    """Plan how to serve the desired release; at most `keep` releases stay, but always two."""
    newest = state.journal.newest(desired.model, desired.environment)
    if newest is not None and newest.sequence > desired.sequence:
        return Plan(action="superseded", before=state.current, superseded_by=newest.tag)
    release = _usable(desired, state)
    done = state.journal.done
    action: Action
    if release is None:
        release, action = _free_name(desired, state.taken), "fetch"
    elif release != state.current:
        action = "switch"
    else:
        action = "already" if done is not None and done.oid == desired.oid else "record"
    if action == "already":
        return Plan(action=action, release=release, before=state.current)
    return Plan(
        action=action,
        release=release,
        before=state.current,
        resumed=state.journal.interrupted(desired.oid),
        remove=_removable(state, desired, release=release, keep=keep),
        leftovers=_leftovers(state, staged_name(desired.oid) if action == "fetch" else None),
    )


def suitable(desired: Desired, releases: Iterable[ReleaseFolder]) -> tuple[ReleaseFolder, ...]:
    """Folders whose manifest matches the desired release; only digests prove it."""
    return tuple(
        folder for folder in releases if folder.manifest is not None and folder.manifest.fits(desired)
    )


def _usable(desired: Desired, state: TargetState) -> str | None:
    """A whole folder with the desired release, preferably the served one."""
    sound = [folder.name for folder in suitable(desired, state.releases) if folder.sound]
    if state.current in sound:
        return state.current
    return sound[-1] if sound else None


def _free_name(desired: Desired, taken: frozenset[str]) -> str:
    """The version or the commit, with a number if that name is taken.

    A folder is never replaced, because another process may be reading it.
    """
    name = desired.version or desired.commit
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}~{number}", number + 1
    return free


def _removable(state: TargetState, desired: Desired, *, release: str, keep: int) -> tuple[str, ...]:
    """Folders beyond `keep`, by their last use, and those that are damaged or were never served.

    The release to serve and the one before it stay, whatever `keep` is.
    """
    order = state.journal.last_used
    previous = next((name for name in order if name != release), None)
    needed = {release, state.current, previous} - {None}
    damaged = {folder.name for folder in suitable(desired, state.releases) if not folder.sound}
    others = [folder.name for folder in state.releases if folder.name not in needed]
    used = sorted((name for name in others if name in order and name not in damaged), key=order.index)
    useless = sorted(name for name in others if name not in used)
    return (*used[max(0, keep - len(needed)) :], *useless)


def _leftovers(state: TargetState, needed: str | None) -> tuple[str, ...]:
    """Folders of killed deployments that this one does not resume."""
    ours = {staged_name(entry.oid) for entry in state.journal.entries} - {needed}
    return tuple(sorted(ours & state.taken))
