"""Declarations: what a change declares that trunk would refuse after the merge, and what it only claims."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.pipeline.hidden import Hidden
from mlgit.adapters.git.refs import merge_bases
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.gates.verdict import Effect, Note
from mlgit.core.gates.waivers import changed_waivers, usable
from mlgit.errors import ConfigError
from mlgit.project.gates.adoption import adoption_notes
from mlgit.project.gates.resolved.dvc_settings import dvc_setting_notes
from mlgit.project.gates.resolved.git_settings import git_setting_notes
from mlgit.project.gates.waivers import TrunkWaivers, trunk_waivers
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.merged_records import confirmation_notes
from mlgit.project.registry.readiness import unready

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from mlgit.core.config.file import Config
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.registry.readiness import Unready
    from mlgit.project.gates.rules import Change
    from mlgit.project.open import Branch, Project

_EFFECTS: Mapping[str, Effect] = {"error": "block", "warn": "warn", "info": "note"}
_ONCE = frozenset({"model_kept_back"})
"""Noted only in the change that brings it: a release may well state that its data is elsewhere."""


def declaration_notes(
    project: Project, commit: str | None, target: Branch | None, rules: Config
) -> tuple[Note, ...]:
    """What no release or promotion could use after the merge, and what only the change's own words confirm.

    The former blocks, because later it would be found only on trunk. What the target has already only warns:
    this change did not bring it. `rules` are those that trunk will have.

    Raises:
        ConfigError: the candidate's `mlgit.yaml` or pipeline is invalid, or a `.dvcignore` hides an output.
    """
    tree = project.tree(commit)
    if commit is not None:
        Hidden(tree, tree.paths()).refuse_outputs(evidence(project, commit, staleness=False).pipeline)
    # The decision itself adds a note about models without gates.
    found = [each for each in unready(project, commit) if each.code != "no_gates"]
    known = set()
    if target is not None and any(each.severity == "error" or each.code in _ONCE for each in found):
        known = {(each.code, each.subject) for each in _unready_before(project, target)}
    notes = []
    for each in found:
        effect = _EFFECTS[each.severity]
        if each.code in _ONCE and (each.code, each.subject) in known:
            continue
        if effect == "block" and (each.code, each.subject) in known:
            effect = "warn"
        where = "" if each.line is None else f"{CONFIG_FILE}:{each.line}: "
        notes.append(Note(code=each.code, message=where + each.message, effect=effect, hint=each.hint))
    pipeline = evidence(project, commit, staleness=False).pipeline
    end = None if target is None else target.commit
    adopted = adoption_notes(project, commit, rules)
    settings = (*dvc_setting_notes(project, commit, target), *git_setting_notes(project, commit, target))
    return (*notes, *settings, *adopted, *confirmation_notes(project, commit, pipeline, target=end))


def environment_notes(change: Change) -> tuple[Note, ...]:
    """That the environments of a change are not those of its target."""
    if change.rules.environments == change.merged.config.environments:
        return ()
    there = change.target.short
    text = f"`environments:` differs from {there}, whose rules apply until this is merged"
    if not change.rules.environments:
        text = f"{there} does not declare `environments:`; those of this change apply once it is merged"
    return (Note(code="environments_changed", message=text),)


def _unready_before(project: Project, target: Branch) -> tuple[Unready, ...]:
    try:
        return unready(project, target.commit)
    except ConfigError:
        return ()


def waivers_or_note(project: Project, commit: str | None) -> tuple[TrunkWaivers, tuple[Note, ...]]:
    """Trunk's waivers; none and a warning if a change repairs the invalid file, so that it gets a verdict.

    Raises:
        ConfigError: the file is invalid, and the candidate has the same.
    """
    try:
        return trunk_waivers(project), ()
    except ConfigError as error:
        trunk = None if project.trunk is None else project.trunk.commit
        if project.tree(commit).read(WAIVERS_FILE) == project.tree(trunk).read(WAIVERS_FILE):
            raise
        text = f"`{WAIVERS_FILE}` on trunk is invalid, so no waiver counts: {error.message}"
        note = Note(code="trunk_waivers_invalid", message=text, effect="warn", hint=error.hint)
        return TrunkWaivers(trunk), (note,)


def waiver_notes(
    project: Project, commit: str | None, *, trunk: str | None, evaluated_on: date, known: Collection[str]
) -> tuple[Note, ...]:
    """What a change of the waivers will let through, and a warning for each that would not count on trunk.

    `trunk` is trunk's commit, `known` are the ids of gates and results.

    Raises:
        ConfigError: the change makes the file invalid, so that no later change could be evaluated.
    """
    own = project.policy_file(commit, WAIVERS_FILE)
    there = project.tree(trunk).read(WAIVERS_FILE)
    former = None if own == there else _before(project, commit, trunk)
    if own in {there, former}:  # the merge keeps trunk's
        return ()
    before = tuple(each for content in (there, former) if content for each in _waivers(content, valid=False))
    known_before = {replace(each, line=None) for each in before}
    after = () if own is None else _waivers(own, valid=True)
    added = [each for each in after if replace(each, line=None) not in known_before]
    text = f"`{WAIVERS_FILE}` differs from trunk's, which is the one that counts"
    unusable = usable(added, evaluated_on=evaluated_on, authors=(), known=known)[1]
    ignored = {note.waiver for note in unusable if note.waiver is not None}
    changed = changed_waivers(before, after, ignored=ignored)
    notes = changed or [Note(code="waivers_changed", message=text)]
    for note in unusable:
        reason = note.message.partition(" is ignored: ")[2]
        text = f"Waiver `{note.waiver}` would be ignored after the merge: {reason}"
        notes.append(replace(note, message=text))
    return tuple(notes)


def _before(project: Project, commit: str | None, trunk: str | None) -> bytes | None:
    """The file where the change left trunk; None if it was not there, or that commit is not known."""
    tip = commit or project.head.commit
    bases = () if tip is None or trunk is None else merge_bases(project.git, tip, trunk)
    return project.tree(bases[0]).read(WAIVERS_FILE) if len(bases) == 1 else None


def _waivers(content: bytes, *, valid: bool) -> tuple[Waiver, ...]:
    from mlgit.adapters.config.waivers import load_waivers

    try:
        return load_waivers(content, name=WAIVERS_FILE)
    except ConfigError:
        if valid:
            raise
        return ()
