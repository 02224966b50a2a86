"""Comparisons: what a gate compares with, before a change and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.gates.resolved.resolution import Reference, ResolvedGate


def compared_with(
    old: ResolvedGate, new: ResolvedGate, before: Reference, after: Reference
) -> Iterator[tuple[str, str]]:
    """Code and text of each way in which a gate is not compared with what it was compared with."""
    was = f"it compared with {before.label}"
    if before.state == "found" and after.state == "none":
        yield "gates_loosened", f"{was}; there is nothing to compare with now{_empty(after)}"
    elif before.state == "none" and before.vs == after.vs:
        return  # nothing was compared
    elif before.state == "found" and after.state != "found":
        yield "gate_repointed", f"{was}; what it compares with now is not known"
    elif _meaning(before) != _meaning(after):
        yield "gate_repointed", f"{was}; it now compares with {after.label}"
    elif before.source is not None and after.source is None and new.source is not None:
        yield "gates_loosened", f"{was}, which has no `{new.source.key}` of `{new.source.file}`"
    elif before.source is not None and _place(before) != _place(after) and _place(old) == _place(new):
        was = f"it compared with {_where(before)}"
        yield "gate_repointed", f"{was}; it now compares with {_where(after)}"
    elif before.source is not None and before.content != after.content and after.source is not None:
        yield "reference_edited", f"{before.label} had {before.content}; it now has {after.content}"
    elif before.problem not in {None, "new_metric", after.problem}:
        # The gate was not merely skipped: it may have been an error, which is a way to block.
        code = "reference_edited" if before.vs.startswith("file:") else "gate_repointed"
        now = "no number for it" if after.source is None else _where(after)
        yield code, f"{before.label} could not be used for it; now there is {now}"


def _meaning(reference: Reference) -> tuple[str | None, ...]:
    """What `vs` means: an environment is the same one under its name from before a rename."""
    if reference.place is not None:
        return "environment", reference.place, reference.commit
    return reference.vs, reference.commit, reference.rule


def _empty(reference: Reference) -> str:
    if reference.place is None:
        return ""
    of = "it" if reference.model is None else f"`{reference.model}`"
    return f": the environment `{reference.place}` holds nothing of {of}"


def _place(owner: ResolvedGate | Reference) -> tuple[str, str] | None:
    return None if owner.source is None else (owner.source.file, owner.source.key)


def _where(reference: Reference) -> str:
    source = reference.source
    return reference.label if source is None else f"`{source.key}` of `{source.file}` in {reference.label}"
