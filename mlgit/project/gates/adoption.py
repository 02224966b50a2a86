"""Adoption: the tags that stop to count with a change of the rules, such as the first `mlgit.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.verdict import Note
from mlgit.core.wording import count
from mlgit.project.registry.models import declared_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.config.file import Config
    from mlgit.project.open import Project


def adoption_notes(project: Project, commit: str | None, own: Config) -> Iterator[Note]:
    """A warning for each model whose tags count by trunk's rules of now, and not by its `own` of later."""
    if not own.declared or project.trunk is None or _as_strict(project.trunk_config, own):
        return
    from mlgit.core.trust.accept import accepted_state
    from mlgit.project.registry.read import read_model
    from mlgit.project.trust.accept import accept_with_facts

    for name in sorted(declared_models(project, commit)):
        raw = read_model(project, name)
        state, facts = accept_with_facts(project, raw)
        if facts is None:
            continue
        later = accepted_state(
            raw, facts._replace(foreign=own.foreign_tags == "allow", today=own.environments)
        )
        now = {each.fact.tag for each in state.refused}
        lost = [each for each in later.refused if each.fact.tag not in now]
        if lost:
            first = lost[0]
            more = f", and {count(len(lost) - 1, 'other tag')}" if len(lost) > 1 else ""
            text = f"After the merge, `{first.fact.tag}`{more} of `{name}` will not count: {first.why}"
            foreign = any(each.foreign for each in lost)
            way = "`foreign_tags: allow`" if foreign else "`pre: true` for the environment"
            yield Note(
                code="tags_will_not_count",
                message=text,
                effect="warn",
                model=name,
                hint=f"to keep what they say, write {way} in `mlgit.yaml`",
            )


def _as_strict(now: Config, later: Config) -> bool:
    """Whether no tag that counts now could be refused later."""
    if not now.declared or (now.foreign_tags == "allow") > (later.foreign_tags == "allow"):
        return False
    pre = {name for name, each in now.environments.items() if each.pre}
    return pre <= {name for name, each in later.environments.items() if each.pre}
