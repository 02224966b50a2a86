"""Publication: what `mlgit push` brings to the remotes, in the order data, branch, tags."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record
from mlgit.core.registry.tags import parse_tag

Step = Literal["planned", "pushed", "already", "skipped"]


@record
class DataPush:
    """The DVC part: `paths` are outputs the DVC remote does not have (all) yet, `files` how many went there.

    `reason` says why it was skipped.
    """

    step: Step
    paths: tuple[str, ...] = ()
    files: int = 0
    reason: str | None = None


@record
class BranchPush:
    """The branch: from `old` (None: new there) to `new` on the remote's `ref`.

    `commits` counts what is new there, None when it is a new branch. `sets_upstream` when it had none.
    """

    step: Step
    name: str | None = None
    ref: str | None = None
    old: str | None = None
    new: str | None = None
    commits: int | None = None
    sets_upstream: bool = False
    reason: str | None = None


@record
class TagPush:
    """One tag that the remote does not have."""

    step: Step
    tag: str
    oid: str
    commit: str


@record
class Publication:
    """What `mlgit push` did, or with `dry_run` would do."""

    dry_run: bool
    remote: str
    data: DataPush
    branch: BranchPush
    tags: tuple[TagPush, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything is published already."""
        return not self.tags and self.data.step != "planned" and self.branch.step != "planned"

    @property
    def published_already(self) -> bool:
        """Whether there was nothing to do, and nothing was left out either."""
        return not self.tags and {self.data.step, self.branch.step} <= {"already", "skipped"}


def batches(tags: tuple[TagPush, ...], size: int = 3) -> list[tuple[TagPush, ...]]:
    """Tags in pushes of at most `size`: GitHub creates no event for more than three tags at once.

    The pair of one change goes in one push, so that nobody ever sees the environment emptied in between.
    """
    changes: dict[object, list[TagPush]] = {}
    for tag in tags:
        changes.setdefault(_change_of(tag.tag), []).append(tag)
    found: list[tuple[TagPush, ...]] = []
    for change in changes.values():
        if found and len(found[-1]) + len(change) <= size:
            found[-1] = (*found[-1], *change)
        else:
            found.append(tuple(change))
    return found


def _change_of(tag: str) -> object:
    """What tags of one change have in common; the name itself when it is a change alone."""
    name = parse_tag(tag)
    if name is None or name.environment is None or name.counter is None:
        return tag
    return name.model, name.environment, name.counter
