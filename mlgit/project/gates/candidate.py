"""Candidate: the name of the state that is evaluated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.verdict import Candidate
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output
    from mlgit.project.open import Project


def candidate_of(project: Project, commit: str | None, evidence: Evidence) -> Candidate:
    """The candidate at a full commit id; None is the working tree, whose evidence is given."""
    label = project.tree(commit).label
    if commit is not None:
        return Candidate(label=label, commit=commit)
    head = project.head
    if head.commit is not None and not (head.dirty or head.untracked or _outputs_changed(evidence)):
        label = label if outside_git(project, evidence) else head.commit[:7]
    return Candidate(label=label, commit=None, head=head.commit)


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


def _outputs_changed(evidence: Evidence) -> bool:
    """Whether an output that DVC tracks, and Git does not, differs from what the commit recorded."""
    return any(reason.startswith("changed output") for state in evidence.stages for reason in state.reasons)
