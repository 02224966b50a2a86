"""Collisions: concurrent changes that both succeed because their tag names differ.

Two people who give one commit different versions create different tags. So do one person who rejects a
version and another who promotes it. Both pushes arrive, and the second person sees the other tag after their
own push.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.tags import deletion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mlgit.core.registry.state import ModelState, RegisteredVersion


def collisions(state: ModelState, written: Collection[str]) -> tuple[str, ...]:
    """The problems of a model since these tags of ours were written, each with its fix."""
    return (*_same_commit(state, written), *_rejected_and_live(state, written))


def _same_commit(state: ModelState, written: Collection[str]) -> Iterator[str]:
    for version in state.versions:
        if version.tag not in written:
            continue
        for other in state.at_commit(version.commit):
            if other.tag != version.tag:
                yield (
                    f"{other.author} released this commit as `{other.tag}` at the same time, and gto "
                    "fails on two versions of one commit: run `mlgit doctor`"
                )


def ways_apart(
    versions: Sequence[RegisteredVersion], raw: ModelState, state: ModelState, remote: str | None
) -> str:
    """What to do about versions of one commit: which to delete, or each choice where that is not known.

    One stays that an environment holds or held; a rejection needs none. `raw` has all tags of the model,
    `state` only those that count. A deletion alone might end a rejection that is meant.
    """
    refused = {each.fact.tag for each in state.refused}
    moves = [each for each in raw.facts if each.name.environment]
    named = {each.release for each in moves}
    held = {each.release for each in moves if each.tag not in refused}
    live = {each.version.tag for each in state.environments.values() if each.version is not None}

    def spare(version: RegisteredVersion) -> tuple[bool, ...]:
        return version.oid not in held, version.oid not in named, version.tag in refused

    def order(version: RegisteredVersion) -> tuple[object, ...]:
        return *spare(version), version.tag not in live, version.fact.tagged_at_s, version.version

    first, *others = sorted(versions, key=order, reverse=True)
    alike = [first, *(each for each in others if spare(each) == spare(first))]
    if len(alike) == 1 and first.rejected is None:
        return deletion([first.tag], remote)
    everyone = "" if remote is None else " for everyone"
    ways = [f"if `{each.tag}` is the mistake, `{_delete(each, remote)}` deletes it" for each in alike]
    last = f"otherwise promote another version of `{raw.name}`"
    rejected = any(each.rejected is not None for each in alike)
    return "; ".join([f"{each}{everyone}" for each in ways] + ([last] if rejected else []))


def _delete(version: RegisteredVersion, remote: str | None) -> str:
    rejected = [] if version.rejected is None else [version.rejected.tag]
    return deletion([version.tag, *rejected], remote)


def _rejected_and_live(state: ModelState, written: Collection[str]) -> Iterator[str]:
    for name, environment in state.environments.items():
        version = environment.version
        if version is None or version.rejected is None or environment.holder is None:
            continue
        if version.rejected.tag in written:
            yield (
                f"{environment.author} put `{version.tag}` into `{name}` at the same time: it is live in "
                f"`{name}`, {_fix(version, name)}"
            )
        elif environment.holder.tag in written:
            yield (
                f"{version.rejected.tagger} rejected `{version.tag}` at the same time "
                f"(`{version.rejected.tag}`): {_fix(version, name)}"
            )


def _fix(version: RegisteredVersion, environment: str) -> str:
    return f"run `mlgit rollback {version.model} --env {environment} -m REASON`"
