"""Numbers: which version numbers of a model are in use, so that no release takes one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import lost_releases
from mlgit.core.registry.tags import name_in_the_way, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import ModelState
    from mlgit.core.registry.tags import TagName


def numbers_in_use(accepted: ModelState) -> tuple[frozenset[Version], frozenset[Version]]:
    """The numbers that were released, and those of tags by other tools or by hand that do not count.

    A release is not forgotten because its commit is not on trunk, or because only its rejection or its
    promotion is left.
    """
    refused = {each.fact.tag: each.fact for each in accepted.refused}
    facts = {fact.tag: fact for fact in accepted.facts} | refused
    plain = [fact.name for fact in refused.values() if fact.flaw is not None]
    plain += [name for tag in accepted.ignored if (name := parse_tag(tag) or name_in_the_way(tag))]
    released = [fact.name for fact in facts.values() if fact.tag not in refused or fact.flaw is None]
    return _versions(released) | lost_releases(accepted).keys(), _versions(plain)


def _versions(names: Iterable[TagName]) -> frozenset[Version]:
    return frozenset(name.version for name in names if name.version is not None)
