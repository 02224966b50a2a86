"""Newest release: the tags that leave open which release of a model is the newest, and what ends that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import doubtful_release, lost_newest, lost_releases
from mlgit.core.registry.state import Refusal
from mlgit.core.registry.tags import TagName

if TYPE_CHECKING:
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import ModelState

ANOTHER = "promote another version, or roll back"
_OTHERWISE = re.compile(rf"(otherwise |if none has, )?{ANOTHER}; ")


def doubtful_refusal(state: ModelState) -> Refusal | None:
    """The refused tag, but not a rejection, that leaves open which release is the newest.

    That is a newer release, or the tag of an environment that names one which no tag registers any more.
    """
    releases = {each.fact.tag: each for each in refused_releases(state)}
    latest = None if state.latest is None else state.latest.version
    tag = doubtful_release(state.name, latest=latest, ignored=dict.fromkeys(releases, ""))
    return lost_refusal(state) if tag is None else releases[tag]


def lost_refusal(state: ModelState) -> Refusal | None:
    """The tag of an environment that names the newest release, which no tag registers any more."""
    version = lost_newest(state)
    return None if version is None else lost_refusals(state)[version]


def lost_refusals(state: ModelState) -> dict[Version, Refusal]:
    """The versions that no tag registers any more, with the newest tag of an environment that names each."""
    named = {each.fact.release: each for each in state.refused if each.fact.name.action == "assign"}
    found = {}
    for version, fact in lost_releases(state).items():
        why = f"it names the release `{TagName(state.name, 'register', version)}`, which is not here"
        refusal = named.get(fact.release, Refusal(fact, why, missing=True))
        found[version] = still_lost(refusal)
    return found


def still_lost(refusal: Refusal) -> Refusal:
    """The refusal of a tag whose release is lost, without the advice that only ends an environment's doubt.

    Gates compare with the newest release, so that no higher version can be released, either.
    """
    return refusal._replace(advice=refusal.advice and _OTHERWISE.sub("", refusal.advice))


def refused_releases(state: ModelState) -> tuple[Refusal, ...]:
    """The releases that do not count, by ascending version.

    A tag with a counter leaves nothing open where another one registers its version.
    """
    registered = {each.version for each in state.versions}
    found = [
        (version, each)
        for each in state.refused
        if each.fact.name.action == "register" and (version := each.fact.name.version) is not None
        if each.fact.name.counter is None or version not in registered
    ]
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))
