"""Tag health: tags that do not count, that clash, or that gto and dvc read differently."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import filterfalse
from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.objects import list_tags
from mlgit.core.overview.doctor import Finding, fault, remark, warning
from mlgit.core.registry.tags import name_in_the_way, parse_tag
from mlgit.core.release.collisions import ways_apart
from mlgit.core.release.going_back import rollback_target
from mlgit.core.release.promotion import end_of_rejection, uncounted_rejection
from mlgit.core.stated_time import as_time
from mlgit.core.trust.doubt import ways_out
from mlgit.core.trust.marks import unless_needed
from mlgit.core.wording import listed, word
from mlgit.errors import AnswerNo, StateError
from mlgit.project.registry.completeness import doubts
from mlgit.project.registry.read import read_registry
from mlgit.project.registry.tag_settings import tag_repair
from mlgit.project.trust.accept import accept
from mlgit.project.trust.marks import as_counted, of_other_tools

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact
    from mlgit.project.open import Project

_CLOCK_TOLERANCE = timedelta(minutes=10)
_SHOWN = 5


def check_malformed_tags(project: Project) -> Iterator[Finding]:
    """Tags that start with a known model's name and are invalid: `tumor@1.0.0`, `tumor@v1.0`."""
    others = of_other_tools(project)
    known = {*filterfalse(others, read_registry(project).models), *project.config(None).models}
    for tag in list_tags(project.git):
        name = re.split("[@#]", tag, maxsplit=1)[0].replace("=", ":")
        ours = parse_tag(tag) or name_in_the_way(tag)
        if name != tag and name in known and ours is None and not tag.endswith("@created"):
            yield warning(
                "malformed_tag",
                f"The tag `{tag}` does not count: it is neither a version such as `{name}@v1.2.3` "
                f"nor an assignment such as `{name}#prod#1`",
                repair=unless_needed([tag], project.remote, why=""),
                subjects=(tag,),
            )


def check_clashes(project: Project) -> Iterator[Finding]:
    """Two versions of one model on one commit; deregistered versions that an environment still holds."""
    for model in read_registry(project).models.values():
        yield from _rejected_and_live(project, model)
        by_commit: dict[str, list[RegisteredVersion]] = {}
        for version in model.versions:
            by_commit.setdefault(version.commit, []).append(version)
        for commit, versions in by_commit.items():
            if len(versions) > 1:
                tags = tuple(each.tag for each in versions)
                names = " and ".join(f"`{tag}`" for tag in tags)
                yield fault(
                    "clashing_versions",
                    f"{names} are at the same commit {commit[:7]}: "
                    "every gto command fails as soon as one of them is assigned",
                    repair=ways_apart(versions, model, accept(project, model), project.remote),
                    subjects=tags,
                )


def check_other_readers(project: Project) -> Iterator[Finding]:
    """Environments that gto or dvc read differently than mlgit."""
    whole = doubts(project, {}).clone.known == "yes"  # else the clone itself is a finding
    for model in read_registry(project).models.values():
        for environment in model.environments.values():
            yield from _half_a_change(project, environment) if whole else ()
            yield from _open_assignments(project, model, environment)
            yield from _emptied(model, environment)


def check_clocks(project: Project) -> Iterator[Finding]:
    """Tags of a clock that is ahead, which readers that order by time sort last."""
    latest = project.now + _CLOCK_TOLERANCE
    for model in read_registry(project).models.values():
        ahead = [fact for fact in model.facts if as_time(fact.tagged_at_s) > latest]
        refused = {each.fact.tag for each in accept(project, model).refused} if ahead else set[str]()
        wrong = _of_wrong_clocks(ahead, latest)
        for counting in (True, False):
            times = {fact: fact.tagged_at_s for fact in wrong if (fact.tag not in refused) is counting}
            newest = max(times.values(), default=0)
            tags = tuple(fact.tag for fact, time in times.items() if time == newest)
            if not tags:
                continue
            who = next(fact.tagger for fact in times if fact.tag == tags[0])
            repair = f"correct the clock of {who}'s machine; mlgit dates its next tags after that time"
            yield warning(
                "tag_from_the_future",
                f"`{tags[0]}` of {who} is dated {as_time(newest):%Y-%m-%d %H:%M} UTC, in the future; "
                "mlgit orders by counter, gto and dvc by that time",
                repair=repair if counting else unless_needed(tags[:_SHOWN], project.remote, why=""),
                subjects=tags,
            )


def _of_wrong_clocks(ahead: Sequence[TagFact], latest: datetime) -> list[TagFact]:
    """The tags whose own clock was ahead: mlgit dates later ones after them and states their real time."""
    wrong = [fact for fact in ahead if fact.at > latest]
    return wrong or sorted(ahead, key=lambda fact: (fact.tagged_at_s, fact.tag))[:1]


def _rejected_and_live(project: Project, model: ModelState) -> Iterator[Finding]:
    live = {
        name: version
        for name, environment in model.environments.items()
        if (version := environment.version) is not None and version.deregistered
    }
    if live and model.deprecated:
        yield remark(
            "rejected_and_live",
            f"`{model.name}` is deprecated, and {listed(live)} hold deregistered versions of it"
            if len(live) > 1
            else f"`{model.name}` is deprecated, and {listed(live)} holds a deregistered version of it",
            repair=None,
            subjects=tuple(version.tag for version in live.values()),
        )
        return
    counted = as_counted(project, model)
    for name, version in live.items():
        end = end_of_rejection(counted.environment(name).version or version)
        if end is not None:
            yield warning(
                "rejected_and_live",
                f"`{version.tag}` is live in `{name}` of `{model.name}`, and {uncounted_rejection(version)}",
                repair=end,
                subjects=tuple(fact.tag for fact in (version.fact, version.rejected) if fact is not None),
            )
            continue
        verb = "rollback" if _can_go_back(project, model, name) else "unassign"
        yield fault(
            "rejected_and_live",
            f"`{version.tag}` is deregistered and live in `{name}` of `{model.name}`",
            repair=f"mlgit {verb} {model.name} --env {name} -m {word('it is deregistered')}",
            subjects=tuple(fact.tag for fact in (version.fact, version.rejected) if fact is not None),
        )


def _can_go_back(project: Project, model: ModelState, name: str) -> bool:
    """Whether `mlgit rollback` finds an earlier version that counts."""
    state = accept(project, model)
    try:
        rollback_target(state, state.environment(name))
    except (AnswerNo, StateError):
        return False
    return True


def _half_a_change(project: Project, environment: EnvironmentState) -> Iterator[Finding]:
    if environment.unfinished is not None:
        tag = environment.unfinished.tag
        missing = str(environment.unfinished.name._replace(action="assign"))
        fetch = tag_repair(project)
        yield warning(
            "half_a_change",
            f"`{tag}` was written together with `{missing}`, which is not here: for mlgit the change "
            f"did not happen, for gto `{environment.environment}` is empty; "
            f"{environment.unfinished.tagger} made it",
            repair=ways_out(environment.unfinished, fetch=fetch, remote=project.remote),
            subjects=(tag,),
        )


def _open_assignments(
    project: Project, model: ModelState, environment: EnvironmentState
) -> Iterator[Finding]:
    commits = dict.fromkeys(fact.commit for fact in environment.open_assignments)
    if len(commits) > 1:
        here = accept(project, model).environment(environment.environment)
        answer = here.label or "nothing"
        if here.doubt is not None:
            answer = f"that it is not known, because `{here.doubt.fact.tag}` does not count"
        yield warning(
            "readers_disagree",
            f"`{model.name}` has {len(commits)} open assignments to `{environment.environment}`; "
            f"mlgit answers {answer}, gto's Python API may answer differently",
            repair=f"mlgit promote {model.name} --to {environment.environment}"
            if environment.version is None
            else f"the next promotion by mlgit closes the newest; `mlgit history {model.name} --env "
            f"{environment.environment}` shows them",
            subjects=tuple(fact.tag for fact in environment.open_assignments),
        )


def _emptied(model: ModelState, environment: EnvironmentState) -> Iterator[Finding]:
    if environment.commit is None and environment.changes:
        last = environment.changes[-1].fact.tag
        yield remark(
            "emptied_environment",
            f"`{environment.environment}` of `{model.name}` is empty, "
            "but `dvc get` and `dvc.api` still return the version that was there",
            repair=None,
            subjects=(last,),
        )
