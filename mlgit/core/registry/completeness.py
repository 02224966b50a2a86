"""Completeness: whether a clone has all tags of its remote, and whether each of them counts.

Nothing in a clone may be called absent (no release yet, an empty environment) unless this says `yes`.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.semver import Version
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trunk import fetch_every_branch
from mlgit.core.wording import listed, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlgit.core.fetch_settings import Obstacle
    from mlgit.core.registry.state import EnvironmentState, ModelState, TagFact
    from mlgit.core.registry.tags import TagName

    Why = Callable[[TagFact | None], str | None]

# Variables by which a CI says that it is one. `CI` may also be false.
CI_VARIABLES = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD")
# The path of a listing of the remote's tags, which a step of CI wrote.
REMOTE_TAGS = "MLGIT_REMOTE_TAGS"
_HEX = frozenset("0123456789abcdef")
_FALSE = frozenset({"", "0", "false", "no", "off"})


@record
class Known:
    """Whether it is known; otherwise `why` not, in one clause, and `repair`, the command that changes it."""

    known: Literal["yes", "no"]
    why: str | None = None
    repair: str | None = None


KNOWN = Known(known="yes")


@record
class CloneFacts:
    """What a clone is, from its configuration.

    `remote` is None if there is none, or none of `unchosen` is chosen. `obstacles` are settings that keep its
    tags away. `fetched`: whether anything was ever fetched from it or pushed to it. `trunk`: it is here.
    """

    remote: str | None
    shallow: bool = False
    obstacles: tuple[Obstacle, ...] = ()
    fetched: bool = True
    trunk: bool = True
    unchosen: tuple[str, ...] = ()


def in_ci(variables: Mapping[str, str]) -> bool:
    """Whether a CI runs this: Buildkite, CircleCI, Travis and most others set `CI`; `CI=false` says no."""
    if variables.get("CI", "").strip() and variables["CI"].strip().lower() in _FALSE:
        return False
    return any(variables.get(name, "").strip().lower() not in _FALSE for name in CI_VARIABLES)


def target_of_fork(variables: Mapping[str, str]) -> str | None:
    """The address of the repository that a pipeline in a fork is about, or an impossible one; None elsewhere.

    GitLab runs a merge request's pipeline in the fork, unless a member of the target runs it there.
    """
    target = variables.get("CI_MERGE_REQUEST_PROJECT_PATH")
    if not target or variables.get("CI_PROJECT_PATH") == target:
        return None
    return f"{variables.get('CI_MERGE_REQUEST_PROJECT_URL') or f'/dev/null/{target}'}.git"


def fetch_only(address: str) -> str:
    """The command after which a clone has the tags of an address and no others."""
    return f"git fetch --prune {word(address)} '+refs/tags/*:refs/tags/*'"


def knows_tags(clone: CloneFacts) -> Known:
    """Whether this clone takes all tags of its remote whenever it fetches."""
    if clone.unchosen:
        why = "this clone may lack tags: none of its remotes is chosen for releases"
        return Known(known="no", why=why, repair=f"git config mlgit.remote {word(clone.unchosen[0])}")
    reasons = ["its history is shallow"] if clone.shallow else []
    if clone.remote is not None:
        never = f"this clone has never fetched from `{clone.remote}`"
        reasons += [*(each.why for each in clone.obstacles), *([] if clone.fetched else [never])]
    if not reasons:
        return KNOWN
    mirror = reasons == [each.why for each in clone.obstacles if each.kind == "mirror"]
    what = "trunk is not known in this clone" if mirror else "this clone may lack tags"
    return Known(known="no", why=f"{what}: {' and '.join(reasons)}", repair=repair(clone))


def repair(clone: CloneFacts, *, set_head: bool = False, branches: bool = False) -> str:
    """The command after which a clone has all tags, with `branches` all branches; a failure hides nothing.

    With `set_head`, or without trunk, it also learns which branch is trunk.
    """
    remote, set_head = clone.remote or "REMOTE", set_head or not clone.trunk
    last = [each.repair for each in clone.obstacles if each.overridden]
    steps = [each.repair for each in clone.obstacles if not each.overridden]
    fetch = f"git fetch {'--unshallow ' if clone.shallow else ''}--tags {word(remote)}"
    if (set_head or branches) and any(each.kind == "narrow" for each in clone.obstacles):
        fetch = fetch_every_branch(remote, fetch=fetch)
    head = [f"git remote set-head {word(remote)} --auto"][: int(set_head)]
    return " && ".join(dict.fromkeys([*steps, fetch, *last, *head]))


def compare_tags(
    model: str | None,
    *,
    here: Mapping[str, str],
    there: Mapping[str, str],
    source: str,
    repair: str,
    only: str | None = None,
) -> Known:
    """Whether the tags of a model that are `here` are those of `there`, a listing of the remote.

    Both map names to object ids; without a model, all tags that look like a model's. Tags that are only here
    may be newer than the listing; with `only`, the command that deletes them, they make the answer unknown.
    """
    wanted = {
        tag: oid
        for tag, oid in there.items()
        if (name := parse_tag(tag)) is not None and model in {None, name.model}
    }
    missing = sorted(wanted.keys() - here.keys())
    if missing:
        why = f"{source} has tags that this clone lacks: {listed(missing, 3)}"
        return Known(known="no", why=why, repair=repair)
    other = sorted(tag for tag, oid in wanted.items() if here[tag] != oid)
    if other:
        why = f"the tag `{other[0]}` here differs from the one in {source}"
        return Known(known="no", why=why, repair=f"git tag -d {word(other[0])} && {repair}")
    only_here = next((tag for tag, _ in _of_model(model, here) if tag not in there), None)
    if only is not None and only_here is not None:
        why = f"{source} has no tag `{only_here}`, which is here"
        return Known(known="no", why=why, repair=only)
    return KNOWN


def parse_listing(text: str) -> Mapping[str, str] | None:
    """Tag name -> object id from the output of `git ls-remote`; None if it is not such output."""
    found = {}
    for line in text.split("\n"):
        oid, _, ref = line.partition("\t")
        if not line or ref.endswith("^{}"):
            continue
        if not oid or set(oid) - _HEX or not ref.startswith(("refs/", "HEAD")):
            return None
        if ref.startswith("refs/tags/"):
            found[ref.removeprefix("refs/tags/")] = oid
    return found


def listed_branch(text: str, name: str) -> str | None:
    """The commit of a branch in the output of `git ls-remote`; None if it is not there."""
    found = re.search(rf"^([0-9a-f]+)\trefs/heads/{re.escape(name)}$", text, re.MULTILINE)
    return None if found is None else found[1]


def doubtful_environment(
    model: str | None, environment: str, *, state: ModelState | None, ignored: Mapping[str, str]
) -> str | None:
    """The tag that leaves open what an environment holds: a newest one that does not count.

    `ignored` maps tags that do not count to the reason. None if there is no such tag.
    """
    changes = () if state is None else state.environment(environment).changes
    newest = max((change.fact.name.counter or 0 for change in changes), default=0)
    tags = (
        tag
        for tag, name in _of_model(model, ignored)
        if name.environment == environment and (name.counter or 0) >= newest
    )
    return next(tags, None)


def doubtful_release(model: str | None, *, latest: Version | None, ignored: Mapping[str, str]) -> str | None:
    """The tag that leaves open which release is the newest: a newer one that does not count."""
    tags = (
        tag
        for tag, name in _of_model(model, ignored)
        if name.version is not None
        and (latest is None or (name.version >= latest and (name.version.final or not latest.final)))
    )
    return next(tags, None)


def lost_releases(state: ModelState) -> Mapping[Version, TagFact]:
    """The versions that tags of environments name and no tag registers, with the newest of those tags."""
    facts = (*state.facts, *(each.fact for each in state.refused))
    registered = {"", *(fact.oid for fact in facts if fact.name.action == "register")}
    names = [fact.name for fact in facts] + [name for tag in state.ignored if (name := parse_tag(tag))]
    numbers = {name.version for name in names if name.action == "register"}
    found: dict[Version, TagFact] = {}
    lost = [fact for fact in facts if fact.name.environment and fact.release not in registered]
    for fact in sorted(lost, key=lambda each: (each.name.counter or 0, each.name.action == "assign")):
        version = Version.parse(fact.parsed_summary.version or "")
        if version is not None and version not in numbers:
            found[version] = fact
    return found


def lost_newest(state: ModelState) -> Version | None:
    """The final version that was the newest, and that no tag registers any more; None if there is none."""
    latest = None if state.latest is None else state.latest.version
    lost = (each for each in lost_releases(state) if each.final)
    return max((each for each in lost if latest is None or not latest.final or each > latest), default=None)


@record
class Doubts:
    """What this clone does not know: whether it has all tags, and the tags that do not count."""

    clone: Known = KNOWN
    ignored: Mapping[str, str] = field(default_factory=dict)

    def environment(self, state: ModelState, name: str, trust: Trust | None = None) -> Literal["yes", "no"]:
        """Whether it is known what an environment holds; `trust` has what commands that act see."""
        if trust is not None and name in trust.instead and not trust.refused(state.environment(name)):
            return "no" if trust.instead[name].doubt is not None else self.clone.known
        doubt = doubtful_environment(state.name, name, state=state, ignored=self.ignored)
        return "no" if doubt or state.environment(name).unfinished else self.clone.known

    def release(self, state: ModelState) -> Literal["yes", "no"]:
        """Whether it is known which release of a model is the newest."""
        latest = None if state.latest is None else state.latest.version
        doubt = doubtful_release(state.name, latest=latest, ignored=self.ignored) is not None
        return "no" if doubt or lost_newest(state) is not None else self.clone.known


NO_DOUBTS = Doubts()


def unmarked(_: TagFact | None) -> None:
    """The caller does not know whether the tags count."""


@record
class Trust:
    """What counts of one model's tags: `why` says why a tag does not.

    `instead` has the environments whose newest change does not count, as commands that act see them.
    Without `verified`, not every rule was asked, and tags for which `why` has no reason may not count.
    """

    why: Why = unmarked
    instead: Mapping[str, EnvironmentState] = field(default_factory=dict)
    verified: bool = True

    def refused(self, environment: EnvironmentState) -> str | None:
        """Why what an environment shows does not count."""
        return self.why(deciding_tag(environment))

    def counts(self, environment: EnvironmentState) -> str | None:
        """What an environment holds for commands that act; None if they find nothing there, or refuse."""
        found = self.instead.get(environment.environment, environment)
        return None if found.doubt is not None else found.label


UNMARKED = Trust()


def deciding_tag(environment: EnvironmentState) -> TagFact | None:
    """The tag that decides what an environment shows: the one that filled it, or the one that emptied it."""
    if environment.holder is not None or not environment.changes:
        return environment.holder
    return environment.changes[-1].fact


def _of_model(model: str | None, tags: Iterable[str]) -> Iterator[tuple[str, TagName]]:
    for tag in sorted(tags):
        name = parse_tag(tag)
        if name is not None and model in {None, name.model}:
            yield tag, name
