"""Comparisons: what a gate compares with, before a change and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.origin import is_renamed_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.gates.resolved.resolution import Reference, ResolvedGate, Source
    from mlgit.core.pipeline.inputs import Places


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
        if before.label == after.label and before.vs != after.vs:
            was, now = f"{was} (`vs: {before.vs}`)", f"{after.label} (`vs: {after.vs}`)"
        else:
            now = after.label
        yield "gate_repointed", f"{was}; it now compares with {now}"
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


def written_again(before: Source, after: Source, now: Places) -> bool:
    """Whether a stage wrote the same metric into its folder under another name, which may be the time."""
    same = (before.key, before.origin.name) == (after.key, after.origin.name)
    if not same or {before.origin.kind, after.origin.kind} != {"stage"}:
        return False
    in_git = now.paths()
    # Of a folder that Git keeps, Git also knows what is not in it.
    if before.file in in_git if after.file in in_git else now.file(before.file):
        return False
    folders = [
        {path for path, owner in each.origin.owners.items() if _is_folder(path, owner, each)}
        for each in (before, after)
    ]
    return bool(folders[0] & folders[1])


def _is_folder(path: str, owner: str, source: Source) -> bool:
    return owner == source.origin.name and source.file.startswith(f"{path}/")


def linked(old: Source, new: Source, places: tuple[Places, Places]) -> Iterator[tuple[str, str]]:
    """Code and text if the number of a metric file is the one of another file, to which Git has a link."""
    was, now = places[0].link(old.file), places[1].link(new.file)
    if now is not None and (was is None or was.path != now.path):
        start = "" if was is None else f"`{old.file}` was read from `{was.path}`; "
        now_read = "it is now read from" if start else f"`{new.file}` is now read from"
        yield "gate_repointed", f"{start}{now_read} `{now.path}`, to which Git has a link"


def made_otherwise(old: Source, new: Source, places: tuple[Places, Places]) -> bool:
    """Whether something else of no lesser kind makes the file; a renamed stage is the same stage."""
    if new.origin.kind == "stage":
        other = old.origin.kind == "stage" and old.command != new.command
        other = other and not is_renamed_stage(old.origin, new.origin, places)
    else:
        other = old.origin.kind == "import"
    return other and old.file == new.file and old.origin.name != new.origin.name
