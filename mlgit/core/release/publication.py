"""Publication: what `mlgit push` sends to the remotes: data, then the branch, then tags."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.registry.state import TagFact

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

    `commits` counts the new commits, None for a new branch, and `behind` those that only the remote has.
    `sets_upstream`: the branch had no upstream.
    `tracks` is its upstream (`origin/main`) if that has another name than `ref`. `messages` are the lines of
    hooks, here or on the remote.
    """

    step: Step
    name: str | None = None
    ref: str | None = None
    old: str | None = None
    new: str | None = None
    commits: int | None = None
    behind: int = field(default=0, metadata={"json": None})
    sets_upstream: bool = False
    reason: str | None = None
    tracks: str | None = None
    messages: tuple[str, ...] = ()


@record
class TagPush:
    """One tag that the remote lacks; `reason` says why it is not pushed."""

    step: Step
    tag: str
    oid: str
    commit: str
    reason: str | None = None


@record
class Publication:
    """What `mlgit push` did or, with `dry_run`, would do.

    The branch goes to `remote`, tags go to `tags_remote` if that is another one, as in a fork. `notes` say
    what further addresses of a remote lack.
    """

    dry_run: bool
    remote: str
    data: DataPush
    branch: BranchPush
    tags: tuple[TagPush, ...] = ()
    tags_remote: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def planned_tags(self) -> tuple[TagPush, ...]:
        return tuple(tag for tag in self.tags if tag.step == "planned")

    @property
    def nothing_to_do(self) -> bool:
        return not self.planned_tags and "planned" not in {self.data.step, self.branch.step}

    @property
    def published_already(self) -> bool:
        """Whether the remotes already had everything that was not skipped."""
        steps = {self.data.step, self.branch.step, *(tag.step for tag in self.tags)}
        return steps <= {"already", "skipped"}

    @property
    def skips_something(self) -> bool:
        reasons = (self.data.reason, self.branch.reason, *(tag.reason for tag in self.tags))
        return any(reason is not None for reason in reasons)


def plan_tags(
    missing: Iterable[TagFact],
    *,
    remote: str,
    versions: Mapping[tuple[str, str], str],
    withdrawn: Collection[str],
    kept: Mapping[str, str],
) -> tuple[TagPush, ...]:
    """What to do with the tags of this clone that a remote lacks, in the order in which they were made.

    `versions` are those of the remote: (model, commit) -> tag. `withdrawn` are the tags that the remote once
    had, and `kept` those that must stay for another reason, such as a model that no one else could fetch.
    None of these is pushed, nor a second version of a commit, nor a tag that depends on one of them.
    """
    facts = sorted(missing, key=_order)
    reasons = {
        tag: f"`{remote}` no longer has this tag; to delete it here: `git tag -d {word(tag)}`"
        for tag in withdrawn
    }
    reasons = {**kept, **reasons}
    _add_second_versions(facts, versions, reasons)
    _add_dependent(facts, reasons)
    return tuple(
        TagPush(
            step="skipped" if fact.tag in reasons else "planned",
            tag=fact.tag,
            oid=fact.oid,
            commit=fact.commit,
            reason=reasons.get(fact.tag),
        )
        for fact in facts
    )


def _add_second_versions(
    facts: Iterable[TagFact], versions: Mapping[tuple[str, str], str], reasons: dict[str, str]
) -> None:
    taken = dict(versions)
    for fact in facts:
        if fact.name.action != "register" or fact.tag in reasons:
            continue
        first = taken.setdefault((fact.name.model, fact.commit), fact.tag)
        if first != fact.tag:
            reasons[fact.tag] = (
                f"{fact.commit[:7]} is already `{first}`, and a commit can only be one version of a model"
            )


def _add_dependent(facts: Sequence[TagFact], reasons: dict[str, str]) -> None:
    """Add the tags about a version that is not pushed, and the other tag of a change."""
    left = [fact for fact in facts if fact.tag in reasons]
    versions = {
        (fact.name.model, str(fact.name.version)): fact.tag for fact in left if fact.name.action == "register"
    }
    for fact in facts:
        release = versions.get((fact.name.model, _version(fact)))
        if release is not None:
            reasons.setdefault(fact.tag, f"it is about `{release}`, which is not pushed")
    changes = {_change_of(fact.tag): fact.tag for fact in facts if fact.tag in reasons}
    for fact in facts:
        other = changes.get(_change_of(fact.tag))
        if other is not None:
            reasons.setdefault(fact.tag, f"it belongs to `{other}`, which is not pushed")


def _order(fact: TagFact) -> tuple[int, int, bool, str]:
    return fact.tagged_at_s, fact.name.counter or 0, fact.name.action != "unassign", fact.tag


def _version(fact: TagFact) -> str:
    """The version that a tag is about: its own, or the one that its statement names; empty if none."""
    return str(fact.name.version or fact.parsed_summary.version or "")


def batches(tags: Sequence[TagPush], size: int = 3) -> list[tuple[TagPush, ...]]:
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
