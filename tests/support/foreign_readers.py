"""What gto and DVC answer about a registry, beside what mlgit answers; and which differences are known."""

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
"""How a reader's refusal (`there is no such …`) and its empty answer are written."""


@dataclass(slots=True)
class Answers:
    """What one reader says: the latest version and the commits of models, what environments hold."""

    latest: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    active: dict[str, bool] = field(default_factory=dict)
    tags: set[tuple[str, str, str, str]] = field(default_factory=set)


def ask_mlgit(project: Project) -> Answers:
    """What mlgit says."""
    said = Answers()
    for name, state in read_registry(project).models.items():
        said.latest[name] = NOTHING if state.latest is None else str(state.latest.version)
        said.active[name] = not state.deprecated
        for environment, each in state.environments.items():
            said.held[name, environment] = _label(each)
        said.tags |= {(fact.tag, fact.commit, fact.tagger, fact.email) for fact in state.facts}
    return said


def ask_gto(folder: Folder) -> Answers:
    """What `gto show` and `gto history` say, in process."""
    import gto.api

    said = Answers()
    for name, state in gto.api.show(str(folder.path), deprecated=True).items():
        said.latest[name] = state["version"] or NOTHING
        said.active[name] = state["active"]
        for environment, version in state["stage"].items():
            said.held[name, environment] = version or NOTHING
    for event in gto.api.history(str(folder.path)):
        said.tags.add((event["ref"], event["commit"], event["author"], event["author_email"]))
    return said


def ask_dvc(folder: Folder, cells: Iterator[tuple[str, dict[str, str]]]) -> dict[str, str]:
    """The commits that DVC's own look-up gives for (model, `stage=` or `version=` or nothing)."""
    from dvc.exceptions import ArtifactNotFoundError
    from dvc.repo import Repo

    said: dict[str, str] = {}
    with warnings.catch_warnings(), chdir(folder.path):
        warnings.simplefilter("ignore")
        with Repo.open(str(folder.path), subrepos=True, uninitialized=True) as repo:
            for model, wanted in cells:
                try:
                    found: Any = repo.artifacts.get_rev(model, **wanted)
                except ArtifactNotFoundError:
                    found = NOTHING
                said[cell(model, wanted)] = found
    return said


def artifact(folder: Folder, name: str, stage: str) -> dict[str, str]:
    """What `dvc.api` says: the commit and the path."""
    import dvc.api

    with warnings.catch_warnings(), chdir(folder.path):
        warnings.simplefilter("ignore")
        return dict(dvc.api.artifacts_show(name, stage=stage))


def cell(model: str, wanted: dict[str, str]) -> str:
    """How a question to DVC is called."""
    return " ".join([model, *(f"{key}={value}" for key, value in wanted.items())])


def dvc_questions(project: Project) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything that DVC can be asked about a registry."""
    for name, state in read_registry(project).models.items():
        for environment in state.environments:
            yield name, {"stage": environment}
        for version in state.versions:
            yield name, {"version": str(version.version)}


def expected_of_dvc(project: Project) -> dict[str, str]:
    """The same answers by mlgit."""
    said: dict[str, str] = {}
    for name, state in read_registry(project).models.items():
        for environment, each in state.environments.items():
            said[cell(name, {"stage": environment})] = each.commit or NOTHING
        for version in state.versions:
            said[cell(name, {"version": str(version.version)})] = version.commit
    return said


def why_latest_differs(state: ModelState, *, skewed: bool) -> str | None:
    """Why GTO takes another version for the latest; None when it should not."""
    standing = [each.version for each in state.versions if not each.deregistered]
    if standing and not max(standing).final:
        return "GTO takes a pre-release for the latest"
    if skewed and any(_stands_for_gto(each) for each in state.versions):
        return "GTO orders by the tagger's clock"
    return None


def _stands_for_gto(version: RegisteredVersion) -> bool:
    """Whether a rejected version stands for GTO, because the clock of whoever rejected it was behind."""
    return version.rejected is not None and version.rejected.tagged_at_s < version.fact.tagged_at_s


def why_active_differs(state: ModelState) -> str | None:
    """GTO forgets a deprecation as soon as anything happens to the model."""
    return "something happened after the deprecation" if state.deprecated else None


def why_held_differs(state: ModelState, environment: EnvironmentState, *, skewed: bool) -> str | None:
    """Why GTO says something else of an environment; None when it should not."""
    facts = [fact for fact in state.facts if fact.name.environment == environment.environment]
    if skewed and not _clocks_tell(environment):
        return "GTO orders by the tagger's clock"
    gone = {each.commit for each in state.versions if each.deregistered}
    if gone & {fact.commit for fact in facts}:
        return "GTO passes over a version that was deregistered while it was live"
    versions = {each.commit for each in state.versions}
    if any(fact.name.action == "unassign" and fact.commit not in versions for fact in facts):
        return "GTO does not close what stands on a commit without a version"
    return None


def why_dvc_differs(state: ModelState, environment: EnvironmentState, *, skewed: bool) -> str | None:
    """DVC takes the newest tag that names the environment, whatever it says."""
    facts = [fact for fact in state.facts if fact.name.environment == environment.environment]
    if skewed and not _clocks_tell(environment):
        return "DVC orders by the tagger's clock"
    if max(facts, key=lambda fact: (fact.tagged_at_s, fact.tag)).name.action == "unassign":
        return "DVC takes the newest unassignment for an assignment"
    return None


def _label(state: EnvironmentState) -> str:
    """As GTO writes it: the version, or the commit where there is none."""
    if state.commit is None:
        return NOTHING
    return state.commit if state.version is None else str(state.version.version)


def _clocks_tell(environment: EnvironmentState) -> bool:
    """Whether each tag of an environment is at least a second younger than the one before."""
    facts = [fact for change in environment.changes for fact in (change.unassigned, change.assigned) if fact]
    return all(one.tagged_at_s < next_one.tagged_at_s for one, next_one in pairwise(facts))
