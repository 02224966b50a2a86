"""`mlgit diff`: the differences between two states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.compare.changes import Diff, Side
from mlgit.core.wording import listed
from mlgit.errors import StateError, UnknownReference
from mlgit.project.compare.diff import PARTS, compare

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.project.open import Project

_NO_BASE = {
    "no_commit": "there is no commit yet",
    "root_commit": "HEAD is the first commit",
}


def diff(
    project: Project,
    old: str | None = None,
    new: str | None = None,
    *,
    parts: Collection[str] = PARTS,
    show_unchanged: bool = False,
    ci: Mapping[str, str] | None = None,
) -> Diff:
    """Compare two references.

    `old` None is the base of the change, or an empty state if there is no base; `new` None is the working
    tree. `ci` are environment variables, for the base in CI.

    Raises:
        UnknownReference: a reference is not known.
        StateError: no reference was given, and the clone is too shallow to find the base.
        ConfigError: dvc.yaml, dvc.lock or a .dvc file is invalid.
    """
    notes: list[str] = []
    if old is not None and new is None:
        old, new = _ends(project, old)
    before = _base(project, ci or {}, notes) if old is None else _side(project, old, notes)
    after = (
        Side(text="working tree", label="working tree", commit=None)
        if new is None
        else _side(project, new, notes)
    )
    found = compare(project, before, after, parts=parts, show_unchanged=show_unchanged)
    if "data" in parts and before.commit is not None:
        from mlgit.project.pipeline.git_files import changed_inputs

        inputs = changed_inputs(project, before.commit, after.commit)
        notes += [f"files of Git that stages read differ: {listed(inputs)}"] if inputs else []
    # `replace` first describes all fields, which takes as long as comparing fifty values.
    return replace(found, notes=tuple(dict.fromkeys(notes))) if notes else found


def _ends(project: Project, text: str) -> tuple[str, str | None]:
    """Both ends of a range as `git diff` means it: `A..B`, and `A...B` from their merge base."""
    start, dots, end = text.partition("..")
    if not dots or text.startswith(":/") or not (start or end.strip(".")):
        return text, None
    first, last = start or "HEAD", end.removeprefix(".") or "HEAD"
    if end.startswith("."):
        from mlgit.adapters.git.refs import merge_bases

        sides = [_side(project, each, []).commit or "" for each in (first, last)]
        bases = merge_bases(project.git, *sides)
        if not bases:
            raise UnknownReference(f"`{first}` and `{last}` share no history")
        first = bases[0]
    return first, last


def _side(project: Project, text: str, notes: list[str]) -> Side:
    from mlgit.project.trust.compared import compared_reference

    found = compared_reference(project, text)
    notes += found.notes
    return Side(text=text, label=found.label, commit=found.commit, version=found.version)


def _base(project: Project, ci: Mapping[str, str], notes: list[str]) -> Side:
    from mlgit.project.compare.base import base_commit

    base = base_commit(project, candidate=None, explicit=None, ci=ci)
    if base.reason == "history_too_shallow":
        from mlgit.project.registry.completeness import clone_repair

        hint = f"run `{clone_repair(project)}`"
        raise StateError("This clone is too shallow to find the base", hint=hint)
    if base.reason == "trunk_not_here":
        from mlgit.project.registry.completeness import trunk_repair

        raise StateError(
            "Trunk is not in this clone, so the base is not known",
            hint=f"run `{trunk_repair(project)}`, or name a revision to compare with",
        )
    if base.commit is None:
        notes.append(f"there is no base ({_NO_BASE[base.reason]}): compared with an empty state")
        return Side(text="base", label="nothing", commit=None, empty=True)
    if base.reason == "unrelated_history":
        notes.append("the target branch shares no history with HEAD: compared with its newest commit")
    if base.reason == "unborn_branch":
        notes.append("there is no commit yet on this branch: compared with the target's newest commit")
    return Side(text="base", label=f"base ({base.commit[:7]})", commit=base.commit)
