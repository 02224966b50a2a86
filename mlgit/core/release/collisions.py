"""Collisions: concurrent changes that both succeed because their tag names differ.

Two people who give one commit different versions create different tags. So do one person who rejects a
version and another who promotes it. Both pushes arrive, and the second person sees the other tag after their
own push.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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
