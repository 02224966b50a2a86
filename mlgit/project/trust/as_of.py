"""As of: read the registry and trunk's rules as they were when a tag was written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.core.registry.replay import in_order
from mlgit.core.trust.earlier import late_changes
from mlgit.project.open import Branch
from mlgit.project.trust.accept import commits_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


@contextmanager
def as_of(project: Project, fact: TagFact, raw: ModelState, policy: str | None) -> Iterator[None]:
    """Read models and rules as they were before an assignment, with trunk at its policy.

    Left out are its own change and later ones of its environment, and all that is on newer commits. What
    other environments held at that moment is not known exactly.
    """
    trunk = project.trunk
    late = commits_after(project, raw, policy or fact.commit) - {policy, fact.commit}
    aside = {each.tag for each in raw.facts if each.name.version is not None and each.commit in late}
    for name in raw.environments:
        ordered = in_order(each for each in raw.facts if each.name.environment == name)
        own = name == fact.name.environment
        starts = {fact.tag} if own else {each.tag for each in ordered if each.commit in late}
        aside |= late_changes(ordered, starts)
    project.set_aside = frozenset(aside)
    if policy is not None and trunk is not None:
        project.__dict__["trunk"] = Branch(ref=trunk.ref, commit=policy)
    try:
        yield
    finally:
        project.set_aside = frozenset()
        project.__dict__["trunk"] = trunk
