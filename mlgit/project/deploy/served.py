"""Served: what the target of an environment serves now, if it is a folder on this machine; no network."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.deploy.folders import fill
from mlgit.core.registry.entries import Served
from mlgit.core.registry.tags import any_of
from mlgit.core.stated_time import parse_time
from mlgit.core.wording import after_colon, cut, word, words
from mlgit.errors import MlgitError, ToolError, as_known
from mlgit.project.deploy.attempts import deployed_to, known_here
from mlgit.project.registry.models import declares_only

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mlgit.adapters.target.local import LocalFolder
    from mlgit.core.deploy.journal import Journal
    from mlgit.core.deploy.manifest import Manifest
    from mlgit.core.registry.entries import EnvironmentEntry, ModelEntry
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

_ERROR = 160  # characters of an error in one line


def served(project: Project, here: EnvironmentState) -> Served | None:
    """What the target serves of a model, compared with what the environment holds; digests are not checked.

    None if there is nothing to compare: trunk declares no target `local`, its folder is not on this machine,
    or it is not known what the environment holds. A folder that is there and cannot be read, or belongs to
    something else, has a `problem`.
    """
    declared = project.trunk_config.deploy.get(here.environment)
    if declared is None or declared.target != "local" or here.doubt is not None:
        return None
    from mlgit.adapters.target.local import LocalFolder

    path = declared.keys["path"]
    root = target_folder(project, path, here.environment, here.model)
    if not os.path.lexists(root):
        started = here.holder is not None and _deploys_here(project, path)
        gone = here.holder is not None and not started
        if gone and deployed_to(project, here.model, here.environment) == root:
            problem = f"{root}, to which this clone deployed, is not there any more"
            return Served(folder=root, label=None, problem=problem)
        return Served(folder=root, label=None) if started else None
    try:
        folder = LocalFolder(root, here.environment)
        folder.check()
        return _compared(folder, here)
    except (MlgitError, OSError) as error:
        return Served(folder=root, label=None, problem=_problem(error), repair=_repair(error))


def served_instead(project: Project, here: EnvironmentState) -> str | None:
    """What the target serves instead, in a sentence with its folder; None if it is right or elsewhere."""
    found = served(project, here)
    return None if found is None else found.wrong(f"`{found.folder}`")


def _problem(error: MlgitError | OSError) -> str:
    """What is wrong with a folder, without backticks."""
    return after_colon(as_known(error).message.partition("; ")[0].replace("`", ""))


def _repair(error: MlgitError | OSError) -> str | None:
    """The command that moves away what is in the way of every deployment."""
    hint = error.hint if isinstance(error, ToolError) else None
    found = re.match(r"run `(mv [^`]*)`", hint or "")
    return None if found is None else found[1]


def _deploys_here(project: Project, path: str) -> bool:
    """Whether other models were deployed on this machine, next to the folder that is missing."""
    above = os.path.join(project.root, path.partition("{")[0].rpartition("/")[0])
    try:
        return any(os.path.isdir(os.path.join(above, name, "deployments")) for name in os.listdir(above))
    except OSError:
        return False


def with_served(project: Project, entry: ModelEntry, state: ModelState) -> ModelEntry:
    """The entry with what the targets of its environments serve."""
    if not project.trunk_config.deploy:
        return entry
    shown = (environment_with_served(project, each, state) for each in entry.environments)
    return replace(entry, environments=tuple(shown))


def environment_with_served(project: Project, entry: EnvironmentEntry, state: ModelState) -> EnvironmentEntry:
    """The entry with what its target serves, if it is known what should be there."""
    if entry.refused is not None or entry.known == "no":
        return entry
    here = state.environment(entry.environment)
    found = served(project, here)
    attempt, unseen = known_here(project, here, found)
    return replace(entry, served=found, attempt=attempt, unseen=unseen)


def target_folder(project: Project, path: str, environment: str, model: str) -> str:
    """The folder that a model is deployed to: `path` of `deploy:`, filled in, absolute and without links."""
    filled = fill(path, model=model, environment=environment)
    return os.path.realpath(os.path.join(project.root, filled))


def deploy_command(project: Project, model: str, environment: str, *, unpushed: Iterable[str] = ()) -> str:
    """The command that deploys one model; it names the model only if trunk declares several.

    Tags of the environment that are only here may mean that the remote does not answer.
    """
    named = [] if declares_only(project, model) else [model]
    offline = ["--offline"] if any_of(unpushed, model, environment) else []
    return words(("mlgit", "deploy", "--env", environment, *named, *offline))


def switched_at(journal: Journal, release: str) -> datetime | None:
    """When the link was set to this release; None if the journal does not say."""
    switches = (each for each in reversed(journal.entries) if each.step == "switched")
    newest = next(switches, None)
    return None if newest is None or newest.release != release else parse_time(newest.at)


def _other_deployed(journal: Journal, current: str) -> str | None:
    """What was deployed last, if `current` leads to another release by now."""
    switches = (each for each in reversed(journal.entries) if each.step in {"switched", "done"})
    last = next(switches, None)
    if last is None or last.release in {None, current}:
        return None
    return last.version or last.commit[:7]


def _failed(journal: Journal, here: EnvironmentState, lock: str) -> str | None:
    """`deploying v1.1.0 failed: no space left on device`, if that is the newest entry of the journal."""
    from mlgit.adapters.target.journal import is_locked

    last = journal.entries[-1] if journal.entries else None
    if last is None or here.holder is None or last.oid != here.holder.oid or last.step == "done":
        return None
    why = f": {cut(after_colon(last.error), _ERROR)}" if last.error else ""
    label = last.version or last.commit[:7]
    if last.step == "failed":
        return f"deploying {label} failed{why}"
    return f"{label} is being deployed" if is_locked(lock) else f"deploying {label} was interrupted"


def _compared(folder: LocalFolder, here: EnvironmentState) -> Served | None:
    state = folder.state()
    failed = _failed(state.journal, here, folder.lock)
    if state.current is None:
        return Served(folder=folder.root, label=None, matches=here.holder is None, failed=failed)
    newest = state.journal.newest(here.model, here.environment)
    later = newest.tag if newest is not None and newest.sequence > here.counter else None
    if not os.path.lexists(folder.release_path(state.current)):
        return Served(folder=folder.root, label=None)  # the link leads nowhere
    manifests = (each.manifest for each in state.releases if each.name == state.current)
    manifest = next(manifests, None)
    if manifest is None:
        text = f"{folder.root}/current leads to releases/{state.current}, which mlgit did not create"
        return Served(folder=folder.root, label=None, problem=text)
    if manifest.model != here.model:
        return Served(
            folder=folder.root, label=None, problem=f"{folder.root} serves the model {manifest.model}"
        )
    matches = _matches(manifest, here)
    label = manifest.version or manifest.commit[:7]
    damage = _damage(folder.release_path(state.current), manifest)
    if not matches and label == here.label:
        label = f"another {label} ({manifest.commit[:7]})"
    return Served(
        folder=folder.root,
        label=label,
        commit=manifest.commit,
        since=switched_at(state.journal, state.current),
        matches=matches,
        damaged=damage is not None,
        damage=damage,
        later=None if matches else later,
        deployed=None if matches else _other_deployed(state.journal, state.current),
        failed=None if matches else failed,
        stop=f"rm {word(os.path.join(folder.root, 'current'))}" if here.holder is None else None,
    )


def _matches(manifest: Manifest, here: EnvironmentState) -> bool:
    if here.holder is None or manifest.commit != here.holder.commit:
        return False
    version = here.version
    if version is None:
        return manifest.version is None
    return (manifest.version, manifest.oid) == (str(version.version), version.oid)


def _damage(release: str, manifest: Manifest) -> str | None:
    """`its line.json is missing`, of the first file that is not as the manifest says."""
    from mlgit.adapters.target.local import whole_file

    for file in manifest.files:
        path = whole_file(release, file.path)
        if path is None:
            return f"its {file.path} is missing"
        if os.path.getsize(path) != file.size_bytes:
            return f"its {file.path} is not the size that was deployed"
    return None
