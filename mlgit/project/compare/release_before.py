"""Release baseline: the newest release, or the newest that a commit comes after, and why it is that one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_after, is_ancestor
from mlgit.core.gates.evaluate import DEREGISTERED, EMPTIED, HELD, OLDER
from mlgit.core.registry.completeness import refused_releases
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.wording import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.registry.state import EnvironmentState, ModelState, Refusal, RegisteredVersion
    from mlgit.project.open import Project

_FIRST_ONES = 5
"""Former names are asked about so many versions or changes: anyone may have chosen the first ones."""


def withdrawn_before(project: Project, state: ModelState, commit: str) -> Iterator[RegisteredVersion]:
    """The deregistered releases that a commit comes after, newest first."""
    for each in reversed(state.versions):
        if each.withdrawn and each.commit != commit and is_ancestor(project.git, each.commit, commit):
            yield each


def is_newest(state: ModelState, commit: str | None) -> bool:
    """Whether the newest release is of this commit, so that it would be compared with itself."""
    return state.latest is not None and state.latest.commit == commit


def release_before(
    project: Project, state: ModelState, commit: str
) -> tuple[RegisteredVersion | None, Refusal | None]:
    """The release, and a newer one whose tag does not count: then it is not known which one it is."""

    def before(other: str) -> bool:
        return other != commit and is_ancestor(project.git, other, commit)

    versions = (each for each in reversed(state.versions) if not each.withdrawn)
    found = next((each for each in versions if before(each.commit)), None)
    newer = [
        each
        for each in reversed(refused_releases(state))
        if found is None or (each.fact.name.version or found.version) > found.version
    ]
    return found, next((each for each in newer if before(each.fact.commit)), None)


def explained(
    project: Project,
    found: Baseline,
    state: ModelState,
    version: RegisteredVersion | None,
    others: Iterable[RegisteredVersion],
) -> Baseline:
    """The baseline with what made it lower than it was; `others` are those that could be in its place."""
    gone = sorted((each for each in others if each.withdrawn), key=lambda each: each.version)
    if version is None:
        return _emptied(found, state, gone)
    if found.state != "found":
        return found
    final = version.version.final
    newer = _of_newer_commit(project, state, version) or _of_a_former_name(project, state, version)
    if newer is not None:
        message = (
            f"it compares with {found.label}, {found.rule}, although that is of an older commit than "
            f"{newer}; {version.author} made its tag, {version.registered_at:%Y-%m-%d %H:%M} UTC"
        )
        return replace(found, reason=OLDER, message=message, hint=f"see `mlgit history {word(state.name)}`")
    higher = [each for each in gone if each.version > version.version and each.version.final >= final]
    rejected = higher[-1].rejected if higher else None
    if rejected is None:
        return found
    message = (
        f"`vs: {found.vs}` compares with {found.label}, because {rejected.tagger} deregistered "
        f"{higher[-1].version} on {rejected.at:%Y-%m-%d %H:%M} UTC"
    )
    return replace(found, reason=DEREGISTERED, message=message)


def _of_newer_commit(project: Project, state: ModelState, version: RegisteredVersion) -> str | None:
    """What has a lower number than a version and a newer commit of trunk, also if it does not count any more.

    It decided what others were compared with before that number came.
    """
    final = version.version.final
    lower = {
        each.commit: f"`{each.tag}`" + (", which was deregistered" if each.withdrawn else "")
        for each in sorted(state.versions, key=lambda each: not each.withdrawn)
        if each.version < version.version and each.version.final >= final
    }
    for refusal in refused_releases(state):
        number = refusal.fact.name.version
        if number is not None and number < version.version and number.final >= final:
            lower.setdefault(refusal.fact.commit, f"`{refusal.fact.tag}`, which does not count")
    for tag, name in ((tag, parse_tag(tag)) for tag in state.ignored):
        number = None if name is None or name.action != "register" else name.version
        if number is not None and number < version.version and number.final >= final:
            commit = project.commit(f"{TAGS}{tag}")
            lower |= {} if commit is None else {commit: f"`{tag}`, which does not count"}
    counting = {each.commit for each in state.versions}
    trunk = project.trunk
    for commit in lower if first_after(project.git, version.commit, tuple(lower)) else ():
        here = commit in counting or (trunk is not None and is_ancestor(project.git, commit, trunk.commit))
        if here and commit != version.commit and is_ancestor(project.git, version.commit, commit):
            return lower[commit]
    return None


def _of_a_former_name(project: Project, state: ModelState, version: RegisteredVersion) -> str | None:
    """The newest release under a former name of a model, if its commit is newer than the first ones now."""
    if len(state.versions) > _FIRST_ONES:
        return None
    from mlgit.project.registry.former_names import releases_before

    for former in releases_before(project, state.name, None, partial(_counting, project)):
        newest = former.latest
        if newest is not None and first_after(project.git, version.commit, [newest.commit]) is not None:
            return f"`{newest.tag}`, which is of the model's name before"
    return None


def held_formerly(
    project: Project, found: Baseline, here: EnvironmentState, candidate: str | None
) -> Baseline:
    """The baseline of an environment's first versions, with what the one whose place it took still holds."""
    if here.commit is None or len(here.changes) > _FIRST_ONES:
        return found
    from mlgit.project.registry.former_environments import holders_before

    read = partial(_counting, project)
    for former in holders_before(project, here.model, here.environment, candidate, read):
        was, now = former.version, here.version
        higher = was and now and former.model == here.model and was.version > now.version
        if not higher and first_after(project.git, here.commit, [str(former.commit)]) is None:
            continue
        message = (
            f"`{former.environment}`, whose place `{here.environment}` took on trunk, holds {former.label} "
            f"of `{former.model}`; `{here.environment}` holds {here.label}, and `vs: {found.vs}` compares "
            "with that"
        )
        see = f"see `mlgit history {word(former.model)} --env {word(former.environment)}`"
        return replace(found, reason=HELD, message=message, hint=see)
    return found


def _counting(project: Project, name: str) -> ModelState:
    from mlgit.project.registry.read import read_model
    from mlgit.project.trust.accept import accept

    return accept(project, read_model(project, name))


def _emptied(found: Baseline, state: ModelState, gone: Sequence[RegisteredVersion]) -> Baseline:
    """The baseline where every version that it could be was deregistered, with the newest tag."""
    facts = {each.rejected: each for each in gone if each.rejected is not None}
    if not facts:
        return found
    last = max(facts, key=lambda fact: (fact.at, fact.tag))
    message = (
        f"`{state.name}` has no release that counts any more: the tag `{last.tag}` of {last.tagger} "
        f"deregistered {facts[last].version} on {last.at:%Y-%m-%d %H:%M} UTC"
    )
    return replace(found, reason=EMPTIED, message=message, hint=f"see `mlgit history {word(state.name)}`")
