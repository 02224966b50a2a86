"""Candidate: the name of the state that is evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.verdict import Candidate

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


def candidate_of(project: Project, commit: str | None, evidence: Evidence) -> Candidate:
    """The candidate at a full commit id; None is the working tree, whose evidence is given."""
    label = project.tree(commit).label
    if commit is not None:
        return Candidate(label=label, commit=commit)
    head = project.head
    if head.commit is not None and not (head.dirty or head.untracked or _outputs_changed(evidence)):
        label = head.commit[:7]
    return Candidate(label=label, commit=None, head=head.commit)


def _outputs_changed(evidence: Evidence) -> bool:
    """Whether an output that DVC tracks, and Git does not, differs from what the commit recorded."""
    return any(reason.startswith("changed output") for state in evidence.stages for reason in state.reasons)
