"""Publication: what `mlgit push` sends to the remotes: data, then the branch, then tags."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record
from mlgit.core.registry.tags import parse_tag

Step = Literal["planned", "pushed", "already", "skipped"]


@record
class DataPush:
    """Data for the DVC remote: `paths` are outputs that it lacks, wholly or in part; `files` were pushed.

    `reason` says why the step was skipped.
    """

    step: Step
    paths: tuple[str, ...] = ()
    files: int = 0
    reason: str | None = None


@record
class BranchPush:
    """The branch, from `old` to `new` on the remote's `ref`; `old` is None if the branch is new there.

    `commits` counts the new commits, None for a new branch. `sets_upstream`: the branch had no upstream.
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
    """One tag that the remote lacks."""

    step: Step
    tag: str
    oid: str
    commit: str


@record
class Publication:
    """What `mlgit push` did or, with `dry_run`, would do."""

    dry_run: bool
    remote: str
    data: DataPush
    branch: BranchPush
    tags: tuple[TagPush, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        return not self.tags and self.data.step != "planned" and self.branch.step != "planned"

    @property
    def published_already(self) -> bool:
        """Whether the remotes already had everything that was not skipped."""
        return not self.tags and {self.data.step, self.branch.step} <= {"already", "skipped"}


def batches(tags: tuple[TagPush, ...], size: int = 3) -> list[tuple[TagPush, ...]]:
    """Group tags into pushes of at most `size`: GitHub creates no event if a push has more than three tags.

    The two tags of one change go in one push, so that no one sees the environment empty in between.
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
    """A key that the tags of one change share; the tag's own name if it is a change alone."""
    name = parse_tag(tag)
    if name is None or name.environment is None or name.counter is None:
        return tag
    return name.model, name.environment, name.counter
