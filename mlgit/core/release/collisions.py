"""Collisions: two changes at the same moment that no name of a tag keeps apart.

Two people who give one commit different versions create different tags, and so do one who rejects a version
and one who promotes it: both pushes arrive. Whoever was second sees the other's tag after the own push.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mlgit.core.registry.state import ModelState, RegisteredVersion


def collisions(state: ModelState, written: Collection[str]) -> tuple[str, ...]:
    """What is wrong with a model since these tags of ours are there, each with its repair."""
    return (*_same_commit(state, written), *_rejected_and_live(state, written))


def _same_commit(state: ModelState, written: Collection[str]) -> Iterator[str]:
    for version in state.versions:
        if version.tag not in written:
            continue
        for other in state.at_commit(version.commit):
            if other.tag != version.tag:
                yield (
                    f"`{other.author}` released this commit as `{other.tag}` at the same moment, and gto "
                    "fails on two versions of one commit: run `mlgit doctor`"
                )


def _rejected_and_live(state: ModelState, written: Collection[str]) -> Iterator[str]:
    for name, environment in state.environments.items():
        version = environment.version
        if version is None or version.rejected is None or environment.holder is None:
            continue
        if version.rejected.tag in written:
            yield (
                f"`{environment.author}` put `{version.tag}` into `{name}` at the same moment: it is live in "
                f"`{name}`, {_repair(version, name)}"
            )
        elif environment.holder.tag in written:
            yield (
                f"`{version.rejected.tagger}` rejected `{version.tag}` at the same moment "
                f"(`{version.rejected.tag}`): "
                f"{_repair(version, name)}"
            )


def _repair(version: RegisteredVersion, environment: str) -> str:
    return f"run `mlgit rollback {version.model} --env {environment} -m REASON`"
