"""Rules of a change: its target, where it left, and the mlgit.yaml that its merge will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import merge_base
from mlgit.core.config.file import CONFIG_FILE, Config
from mlgit.core.gates.resolved.rules import Merged
from mlgit.core.gates.verdict import GateChange, Note
from mlgit.core.record import record
from mlgit.errors import ConfigError
from mlgit.project.open import Branch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.gates.waived_names import WaivedNames
    from mlgit.project.open import Project

_PIPELINE = (".dvc", "dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore")
_VALUES = (".json", ".yaml", ".yml", ".toml", ".csv", ".tsv")


@record
class Change:
    """What a candidate changes: `base` is the commit where it left the target, whose rules are `rules`."""

    target: Branch
    base: str
    rules: Config
    merged: Merged


@record
class Compared:
    """What a change compares other than its target; `names` are those that waivers use."""

    changes: tuple[GateChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    names: WaivedNames | None = None


def target_of(project: Project, ci: Mapping[str, str]) -> Branch | None:
    """The branch that the change will be merged into: the one that CI names, otherwise the project's."""
    name = ci.get("GITHUB_BASE_REF") or ci.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    ref = f"refs/remotes/{project.remote}/{name}"
    if name and ref in project.branches:
        return Branch(ref=ref, commit=project.branches[ref])
    return project.target


def find_change(
    project: Project, target: Branch | None, candidate: str | None, own: Config
) -> tuple[Change | None, tuple[Note, ...]]:
    """What the candidate (None: the working tree) changes; None if nothing that gates depend on."""
    if project.trunk_is_unknown:
        return None, (_trunk_unknown(project),)
    if target is None or candidate == target.commit:
        return None, ()
    try:
        rules = project.config(target.commit)
    except ConfigError as error:
        return None, () if target == project.trunk else (_invalid(target, error),)
    here = candidate or project.head.commit
    base = target.commit
    if here is not None and here != base:
        base = merge_base(project.git, here, base) or base
    if base == candidate or (base == here and not _touched(project)):
        return None, ()
    return Change(target=target, base=base, rules=rules, merged=_merge(project, base, rules, own)), ()


def _trunk_unknown(project: Project) -> Note:
    """The note that blocks where the gates and rules of the target are not known in this clone."""
    from mlgit.project.registry.completeness import trunk_repair

    return Note(
        code="trunk_unknown",
        message="Trunk is not known in this clone, so its gates and rules cannot be compared with these",
        effect="block",
        hint=f"run `{trunk_repair(project)}`",
    )


def _merge(project: Project, base: str, rules: Config, own: Config) -> Merged:
    try:
        before = project.config(base)
    except ConfigError:
        before = rules
    if before == rules:
        return Merged(config=own, strict=own)
    from mlgit.core.gates.resolved.merged import merge_rules

    return merge_rules(before, rules, own)


def _touched(project: Project) -> bool:
    """Whether the working tree differs from HEAD in a file that gates may depend on."""
    return any(_matters(path) for path in (*project.head.changed, *project.head.conflicted)) or any(
        path.endswith("/") or _matters(path) for path in project.head.untracked
    )


def _matters(path: str) -> bool:
    return path == CONFIG_FILE or path.endswith(_PIPELINE) or path.endswith(_VALUES)


def _invalid(target: Branch, error: ConfigError) -> Note:
    text = f"`mlgit.yaml` on {target.short} is invalid, so that loosened gates cannot be told"
    return Note(code="target_config_invalid", message=f"{text}: {error.message}", effect="warn")
