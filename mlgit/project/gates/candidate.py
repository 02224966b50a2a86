"""Candidate: the name of the state that is evaluated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.measured.programs import is_code, is_setting
from mlgit.core.gates.verdict import UNTRACKED, Candidate
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.stages import output_at
from mlgit.project.compare.base import VALUE_FILES
from mlgit.project.pipeline.git_files import untracked_files

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output
    from mlgit.project.open import Project

_CHANGED = "changed output "
_CONFIG = frozenset({"dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore", ".gitattributes", "Makefile"})


def candidate_of(project: Project, commit: str | None, evidence: Evidence) -> Candidate:
    """The candidate at a full commit id; None is the working tree, whose evidence is given."""
    label = project.tree(commit).label
    if commit is not None:
        return Candidate(label=label, commit=commit)
    head = project.head
    if head.commit is None or head.dirty:
        return Candidate(label=label, commit=None, head=head.commit)
    untracked = untracked_files(project)
    committed = frozenset(project.worktree.paths()) - untracked
    if not outputs_changed(evidence, committed) and not any(is_read(path, evidence) for path in untracked):
        shown = f"{head.commit[:7]} {UNTRACKED}" if untracked else head.commit[:7]
        label = label if outside_git(project, evidence) else shown
    return Candidate(label=label, commit=None, head=head.commit)


def is_read(path: str, evidence: Evidence) -> bool:
    """Whether the gates, the pipeline or a program may read a file, as far as is known without a run."""
    pipeline = evidence.pipeline
    declared = {dep for stage in pipeline.stages for dep in stage.deps} | {*evidence.params, *pipeline.plots}
    declared |= {out.path for out in pipeline.outputs} | {file.path for file in evidence.metric_files}
    name = path.rpartition("/")[2]
    config = (
        is_setting(path)
        or path.startswith((".dvc/", ".mlgit/"))
        or name in _CONFIG
        or name.endswith((".dvc", *VALUE_FILES))
    )
    return config or is_code(path) or covered(path, declared)


def outside_git(project: Project, evidence: Evidence) -> tuple[str, ...]:
    """The files that were read here and that Git ignores, so that the commit lacks them.

    What is in a submodule, in another repository or behind a link is not ignored.
    """
    if evidence.commit is not None:
        return ()
    known = frozenset(project.worktree.paths())
    outputs = {out.path: out for out in evidence.pipeline.outputs}
    wanted = [CONFIG_FILE, *(file.path for file in evidence.metric_files if file.values)]
    wanted += [dep for stage in evidence.pipeline.stages for dep in stage.deps]
    return tuple(
        path
        for path in dict.fromkeys(wanted)
        if path not in known
        and not path.startswith(("/", "../"))
        and not _is_data(output_at(path, outputs))
        and not any(folder in known or f"{folder}/" in known for folder in folders_above(path))
        and os.path.isfile(os.path.join(project.root, path))
    )


def _is_data(output: Output | None) -> bool:
    return output is not None and output.cached


def outputs_changed(evidence: Evidence, committed: Collection[str]) -> bool:
    """Whether an output that the commit lacks differs from what it recorded; `committed` are its files."""
    reasons = (reason for state in evidence.stages for reason in state.reasons)
    changed = (reason.removeprefix(_CHANGED) for reason in reasons if reason.startswith(_CHANGED))
    return any(path not in committed for path in changed)
