"""Foreign readers: the answers of gto, DVC and mlgit about a registry, and their known differences."""

from __future__ import annotations

import warnings
from contextlib import chdir
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.project.open import Project
    from tests.support.shell import Folder

NOTHING = "nothing"
"""A reader's refusal (`there is no such …`) or empty answer."""


@dataclass(slots=True)
class Answers:
    """One reader's answers: latest versions, what environments hold, active models, and tags."""

    latest: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    active: dict[str, bool] = field(default_factory=dict)
    tags: set[tuple[str, str, str, str]] = field(default_factory=set)


def ask_mlgit(project: Project) -> Answers:
    answers = Answers()
    for name, state in read_registry(project).models.items():
        answers.latest[name] = NOTHING if state.latest is None else str(state.latest.version)
        answers.active[name] = not state.deprecated
        for environment, each in state.environments.items():
            answers.held[name, environment] = _label(each)
        answers.tags |= {(fact.tag, fact.commit, fact.tagger, fact.email) for fact in state.facts}
    return answers


def ask_gto(folder: Folder) -> Answers:
    """The answers of `gto show` and `gto history`, in process."""
    import gto.api

    answers = Answers()
    for name, state in gto.api.show(str(folder.path), deprecated=True).items():
        answers.latest[name] = state["version"] or NOTHING
        answers.active[name] = state["active"]
        for environment, version in state["stage"].items():
            answers.held[name, environment] = version or NOTHING
    for event in gto.api.history(str(folder.path)):
        answers.tags.add((event["ref"], event["commit"], event["author"], event["author_email"]))
    return answers


def ask_dvc(folder: Folder, cells: Iterator[tuple[str, dict[str, str]]]) -> dict[str, str]:
    """The commits that DVC's own look-up returns for (model, `stage=` or `version=` or nothing)."""
    from dvc.exceptions import ArtifactNotFoundError
    from dvc.repo import Repo

    answers: dict[str, str] = {}
    with warnings.catch_warnings(), chdir(folder.path):
        warnings.simplefilter("ignore")
        with Repo.open(str(folder.path), subrepos=True, uninitialized=True) as repo:
            for model, wanted in cells:
                try:
                    found: Any = repo.artifacts.get_rev(model, **wanted)
                except ArtifactNotFoundError:
                    found = NOTHING
                answers[cell(model, wanted)] = found
    return answers


def artifact(folder: Folder, name: str, stage: str) -> dict[str, str]:
    """The answer of `dvc.api`: the commit and the path."""
    import dvc.api

    with warnings.catch_warnings(), chdir(folder.path):
        warnings.simplefilter("ignore")
        return dict(dvc.api.artifacts_show(name, stage=stage))


def cell(model: str, wanted: dict[str, str]) -> str:
    """The name of a query to DVC."""
    return " ".join([model, *(f"{key}={value}" for key, value in wanted.items())])


def dvc_questions(project: Project) -> Iterator[tuple[str, dict[str, str]]]:
    """All queries that DVC can answer about a registry."""
    for name, state in read_registry(project).models.items():
        for environment in state.environments:
            yield name, {"stage": environment}
        for version in state.versions:
            yield name, {"version": str(version.version)}


def expected_of_dvc(project: Project) -> dict[str, str]:
    """The answers of mlgit to the same queries."""
    answers: dict[str, str] = {}
    for name, state in read_registry(project).models.items():
        for environment, each in state.environments.items():
            answers[cell(name, {"stage": environment})] = each.commit or NOTHING
        for version in state.versions:
            answers[cell(name, {"version": str(version.version)})] = version.commit
    return answers


def why_latest_differs(state: ModelState, *, skewed: bool) -> str | None:
    """Why GTO's latest version differs; None if it should not."""
    usable = [each.version for each in state.versions if not each.deregistered]
    if usable and not max(usable).final:
        return "GTO treats a pre-release as the latest"
    if skewed and any(_usable_for_gto(each) for each in state.versions):
        return "GTO orders by the tagger's clock"
    return None


def _usable_for_gto(version: RegisteredVersion) -> bool:
    """Whether a rejected version is usable for GTO, because the rejecter's clock was behind."""
    return version.rejected is not None and version.rejected.tagged_at_s < version.fact.tagged_at_s


def why_active_differs(state: ModelState) -> str | None:
    """GTO forgets a deprecation after any later event of the model."""
    return "something happened after the deprecation" if state.deprecated else None


def why_held_differs(state: ModelState, environment: EnvironmentState, *, skewed: bool) -> str | None:
    """Why GTO's answer about an environment differs; None if it should not."""
    facts = [fact for fact in state.facts if fact.name.environment == environment.environment]
    if skewed and not _clocks_are_ordered(environment):
        return "GTO orders by the tagger's clock"
    gone = {each.commit for each in state.versions if each.deregistered}
    if gone & {fact.commit for fact in facts}:
        return "GTO passes over a version that was deregistered while it was live"
    versions = {each.commit for each in state.versions}
    if any(fact.name.action == "unassign" and fact.commit not in versions for fact in facts):
        return "GTO does not close an assignment on a commit without a version"
    return None


def why_dvc_differs(state: ModelState, environment: EnvironmentState, *, skewed: bool) -> str | None:
    """Why DVC's answer differs: it uses the newest tag of the environment, even an unassignment."""
    facts = [fact for fact in state.facts if fact.name.environment == environment.environment]
    if skewed and not _clocks_are_ordered(environment):
        return "DVC orders by the tagger's clock"
    if max(facts, key=lambda fact: (fact.tagged_at_s, fact.tag)).name.action == "unassign":
        return "DVC treats the newest unassignment as an assignment"
    return None


def _label(state: EnvironmentState) -> str:
    """The version as GTO writes it or, without one, the commit."""
    if state.commit is None:
        return NOTHING
    return state.commit if state.version is None else str(state.version.version)


def _clocks_are_ordered(environment: EnvironmentState) -> bool:
    """Whether each tag of an environment is dated after the one before."""
    facts = [fact for change in environment.changes for fact in (change.unassigned, change.assigned) if fact]
    return all(one.tagged_at_s < next_one.tagged_at_s for one, next_one in pairwise(facts))
