"""Earlier baselines: what a release or an environment gave before, and why it is another one now."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_after, is_ancestor, not_behind
from mlgit.core.gates.evaluate import DEREGISTERED, EMPTIED, OLDER, UNPROMOTED
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.trust.earlier import held_ever
from mlgit.core.trust.newest_release import lost_refusals, refused_releases
from mlgit.core.wording import joined, word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.verdict import Baseline
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import EnvironmentState, ModelState, Refusal, RegisteredVersion
    from mlgit.core.trust.earlier import Earlier
    from mlgit.project.open import Project


def gone_before(project: Project, state: ModelState, commit: str) -> Iterator[RegisteredVersion]:
    """The deregistered releases that a commit comes after, newest first."""
    for each in reversed(state.versions):
        if each.withdrawn and each.commit != commit and is_ancestor(project.git, each.commit, commit):
            yield each


def is_newest(state: ModelState, commit: str | None) -> bool:
    """Whether the newest release is of this commit, so that it would be compared with itself."""
    return state.latest is not None and state.latest.commit == commit


def newest_of(project: Project, state: ModelState | None, *, pre: bool) -> RegisteredVersion | None:
    """The newest release; before the first final one, a pre-release of trunk's tip, or any if `pre`."""
    if state is None or state.latest is None or state.latest.version.final or pre:
        return None if state is None else state.latest
    usable = (each for each in reversed(state.versions) if not each.withdrawn)
    return next((each for each in usable if _was_tip(project, each.commit)), None)


def release_before(
    project: Project, state: ModelState, commit: str, *, pre: bool
) -> tuple[RegisteredVersion | None, Refusal | None]:
    """The release, and a newer one whose tag does not count: then it is not known which one it is.

    What is final comes after what is final: the author of a change may make a pre-release of it. Before the
    first final release, trunk's tip must have been there. `pre`: it may be a pre-release.
    """

    def before(other: str) -> bool:
        return other != commit and is_ancestor(project.git, other, commit)

    pre = pre and not any(each.version.final for each in state.at_commit(commit))
    usable = [each for each in reversed(state.versions) if not each.withdrawn]
    found = next((each for each in usable if (pre or each.version.final) and before(each.commit)), None)
    if found is None and not pre:
        found = next(
            (each for each in usable if before(each.commit) and _was_tip(project, each.commit)), None
        )

    def newer(version: Version | None) -> bool:
        if found is None or version is None:
            return True
        return version > found.version and (pre or version.final >= found.version.final)

    refused = [(each.fact.name.version, each) for each in reversed(refused_releases(state))]
    uncounted = (each for version, each in [*refused, *lost_refusals(state).items()] if newer(version))
    return found, next((each for each in uncounted if before(each.fact.commit)), None)


def _was_tip(project: Project, commit: str) -> bool:
    from mlgit.project.trust.accept import was_tip

    return was_tip(project, commit)


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
        from mlgit.project.compare.renames.never_there import never_released

        found = _emptied(found, state, gone)
        return never_released(project, found, name=state.name, read=partial(_counting, project))
    if found.state != "found":
        return found
    final = version.version.final
    newer = _of_newer_commit(project, state, version) or _of_a_former_name(project, state, version)
    if newer is not None:
        message = (
            f"it compares with {found.label}, {found.rule}, although {newer}; "
            f"{version.author} made its tag, {version.registered_at:%Y-%m-%d %H:%M} UTC"
        )
        return replace(found, reason=OLDER, message=message, hint=f"see `mlgit history {word(state.name)}`")
    higher = [each for each in gone if each.version > version.version and each.version.final >= final]
    rejected = higher[-1].rejected if higher else None
    if rejected is None:
        return _unpromoted(found, state, version)
    message = (
        f"`vs: {found.vs}` compares with {found.label}, because {rejected.tagger} deregistered "
        f"{higher[-1].version} on {rejected.at:%Y-%m-%d %H:%M} UTC"
    )
    return replace(found, reason=DEREGISTERED, message=message)


def _unpromoted(found: Baseline, state: ModelState, version: RegisteredVersion) -> Baseline:
    """The baseline of the newest release's promotion; with a note if no environment ever held that release.

    Its own promotion may have failed, and what environments hold may be better.
    """
    held = {name: each for name, each in sorted(state.environments.items()) if each.holder is not None}
    assigned = [change.assigned for each in state.environments.values() for change in each.changes]
    ever = {each.commit for each in assigned if each is not None}
    if found.vs != "release" or version is state.latest or not held or version.commit in ever:
        return found
    now = joined([f"`{name}` holds {each.label}" for name, each in held.items()], 2)
    message = f"`vs: release` compares with {found.label}, which was never in an environment; {now}"
    return replace(found, reason=UNPROMOTED, message=message)


def _of_newer_commit(project: Project, state: ModelState, version: RegisteredVersion) -> str | None:
    """What has a lower number than a version and a newer commit of trunk, also if it does not count any more.

    It decided what others were compared with before that number came.
    """
    lower = _releases(project, state, version.version, below=True)
    found = _newest(project, version, lower, {each.commit for each in state.versions})
    if found is None:
        return None
    tag, why, how = found
    return f"{how} `{tag}`, which {why}" if why else f"{how} `{tag}`"


def _of_a_former_name(project: Project, state: ModelState, version: RegisteredVersion) -> str | None:
    """What has a newer commit of trunk under a former name of a model, also if it does not count any more."""
    from mlgit.project.registry.former_names import may_be_released_before, releases_before

    commits, every = may_be_released_before(project)
    if not every and not not_behind(project.git, version.commit, commits):
        return None
    for former in releases_before(project, state.name, None, partial(_counting, project)):
        releases = _releases(project, former, version.version, below=False)
        found = _newest(project, version, releases, {each.commit for each in former.versions})
        if found is not None:
            tag, why, how = found
            return f"{how} `{tag}`, which is of the model's name before{f' and {why}' if why else ''}"
    return None


def _releases(
    project: Project, state: ModelState, than: Version, *, below: bool
) -> Mapping[str, tuple[str, str]]:
    """The tags of a model's releases by commit, each with why it may not count, those that count first.

    Pre-releases only where `than` is one; with `below`, only lower numbers.
    """

    def fits(number: Version | None) -> bool:
        return number is not None and number.final >= than.final and (number < than or not below)

    found: dict[str, tuple[str, str]] = {}
    for each in sorted(state.versions, key=lambda each: (not each.withdrawn, each.version), reverse=True):
        if fits(each.version):
            found.setdefault(each.commit, (each.tag, "was deregistered" if each.withdrawn else ""))
    for refusal in reversed(refused_releases(state)):
        if fits(refusal.fact.name.version):
            found.setdefault(refusal.fact.commit, (refusal.fact.tag, "does not count"))
    for tag, name in ((tag, parse_tag(tag)) for tag in sorted(state.ignored, reverse=True)):
        if name is not None and name.action == "register" and fits(name.version):
            commit = _commit_of(project, tag)
            found |= {} if commit is None else {commit: (tag, "does not count")}
    return found


def _newest(
    project: Project,
    version: RegisteredVersion,
    found: Mapping[str, tuple[str, str]],
    counting: Collection[str],
) -> tuple[str, str, str] | None:
    """The first of those by commit that is on trunk, or counts, and newer than a version, with how it is.

    Newer is what comes after it, and what trunk's tip was after the branch of the version had left trunk.
    """
    trunk, commit = project.trunk, version.commit
    later = not_behind(project.git, commit, tuple(found))
    for each in later if first_after(project.git, commit, later) else ():
        here = each in counting or (trunk is not None and is_ancestor(project.git, each, trunk.commit))
        if here and is_ancestor(project.git, commit, each):
            return *found[each], "that is of an older commit than"
    if not later or trunk is None or not version.version.final or project.shallow:
        return None
    if _was_tip(project, commit) or not is_ancestor(project.git, commit, trunk.commit):
        return None
    beside = (each for each in later if _was_tip(project, each))
    return next(((*found[each], "its branch left trunk before") for each in beside), None)


def more_before(
    project: Project, here: EnvironmentState, state: ModelState
) -> tuple[EnvironmentState, Earlier] | None:
    """What is, or was, higher than what an environment holds, or of a newer commit, and where.

    That is the environment itself, or one whose place it took, and each under the model's names before, too.
    """
    commit_of = partial(_commit_of, project)
    own = [each for each in held_ever(here, state, commit_of) if each.ended or each.uncounted]
    found = _more(project, here, own, numbers=True)
    if found is not None:
        return here, found
    if not _may_be_elsewhere(project, here):
        return None
    from mlgit.project.registry.former_environments import places_before

    read = partial(_counting, project)
    for there in places_before(project, here.model, here.environment, None, read):
        every = [*held_ever(there, read(there.model), commit_of)]
        found = _more(project, here, every, numbers=there.model == here.model)
        if found is not None:
            return there, found
    return None


def _more(
    project: Project, here: EnvironmentState, every: Sequence[Earlier], *, numbers: bool
) -> Earlier | None:
    """The one with the highest number, or one of a newer commit than what an environment holds.

    One that was deregistered is not missed where something of a newer commit took its place.
    """
    now, commit = here.version, here.commit
    if commit is None:
        return None
    higher = [
        (each.version.version, each)
        for each in every
        if numbers and each.version is not None and now is not None and each.version.version > now.version
    ]
    lost = [pair for pair in higher if pair[1].rejected is None] or [
        pair
        for pair in higher
        if pair[1].commit == commit or not is_ancestor(project.git, pair[1].commit, commit)
    ]
    if lost:
        return max(lost, key=itemgetter(0))[1]
    later = first_after(project.git, commit, [each.commit for each in every])
    return next((each for each in every if each.commit == later), None)


def _may_be_elsewhere(project: Project, here: EnvironmentState) -> bool:
    """Whether tags under a name that trunk does not declare show more: whose it was takes longer to ask."""
    from mlgit.project.registry.former_environments import under_former_names

    commit_of = partial(_commit_of, project)
    every: dict[bool, list[Earlier]] = {True: [], False: []}
    for state, there in under_former_names(project):
        every[state.name == here.model] += held_ever(there, state, commit_of)
    return any(_more(project, here, each, numbers=same) for same, each in every.items())


def _commit_of(project: Project, tag: str) -> str | None:
    return project.commit(f"{TAGS}{tag}")


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
