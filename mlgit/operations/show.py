"""Show: one model, version or environment, with what its tags state."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from mlgit.core.registry.entries import environment_entry, model_entry, version_entry
from mlgit.core.registry.events import Details, events_of, is_about, newest_first
from mlgit.core.registry.message import human_part
from mlgit.core.release.stated_values import compare_stated
from mlgit.core.wording import listed, word
from mlgit.errors import MlgitError, UnknownReference
from mlgit.project.deploy.served import deploy_command, environment_with_served, with_served
from mlgit.project.deploy.targets import can_deploy
from mlgit.project.registry.completeness import doubts, unknown_note
from mlgit.project.registry.models import declared_models, is_model, model_names
from mlgit.project.registry.pushed import taken_names
from mlgit.project.registry.read import (
    read_model,
    read_model_tags,
    read_registry,
    tags_as_of,
    tags_only_here,
    unpublished_notes,
)
from mlgit.project.registry.references import Reference, resolve
from mlgit.project.trust.marks import as_counted, trust_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypedDict

    from mlgit.core.registry.completeness import Doubts, Trust
    from mlgit.core.registry.entries import EnvironmentEntry
    from mlgit.core.registry.events import Dated, Event
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project

    class _Events(TypedDict):
        """The fields of Details about events."""

        events: tuple[Event, ...]
        older: int


_EVENTS = 10


def show(project: Project, text: str, *, fetch: bool = False) -> Details:
    """Show what `text` names: `tumor`, `tumor@v1.2.0`, `tumor#prod`, `prod`, or a revision that is a version.

    Raises:
        UnknownReference: there is no such thing.
    """
    notes: tuple[str, ...] = ()
    if fetch:
        from mlgit.project.release.fetching import fetch_all_tags

        notes = fetch_all_tags(project)
    found = _shown(project, text)
    if found.environment is None and found.model.known == "no":
        notes = (*notes, unknown_note(project))
    return replace(found, notes=(*notes, *found.notes))


def _shown(project: Project, text: str) -> Details:
    if text not in project.trunk_config.environments and is_model(project, text):
        return _model(project, text)
    empty = _empty_environment(project, text)
    if empty is not None:
        return empty
    reference = resolve(project, text, read=partial(_read, project), shows=True)
    if reference.model is None:
        reference = _at_commit(project, reference)
    state = _read(project, reference.model or "")
    if reference.environment is not None:
        return _environment(project, state, reference.environment, reference.text, reference.notes)
    return _version(project, state, reference)


def _read(project: Project, name: str) -> ModelState:
    return as_counted(project, read_model(project, name))


def _model(project: Project, name: str) -> Details:
    state = _read(project, name)
    trust = trust_in(project, state, whole=True)
    return replace(
        _details(project, state, "model", name, trust),
        versions=tuple(version_entry(state, each, trust) for each in reversed(state.versions)),
        **_newest(events_of(state, why=trust.why)),
    )


def _version(project: Project, state: ModelState, reference: Reference) -> Details:
    version = next((each for each in state.versions if str(each.version) == reference.version), None)
    if version is None:
        raise UnknownReference(f"`{reference.text}` is not a version of `{state.name}`")
    trust = trust_in(project, state, whole=True)
    mine = (dated for dated in events_of(state, why=trust.why) if is_about(dated.event, version))
    return replace(
        _details(project, state, "version", reference.text, trust),
        version=version_entry(state, version, trust),
        message=human_part(version.fact.message()),
        stated=version.statement,
        instead=_instead(project, version),
        events=newest_first(mine),
        notes=(*reference.notes, *_otherwise(project, version)),
    )


def _instead(project: Project, version: RegisteredVersion) -> Mapping[str, Mapping[str, str]]:
    """What to print in place of values that a release states and its commit does not confirm."""
    from mlgit.project.release.provenance import compare_release

    statement = version.statement
    if statement is None:
        return {}
    try:
        path = declared_models(project, version.commit).get(version.model)
        parts = compare_release(project, statement, version.commit, path=path)
    except MlgitError:
        stated = {"metrics": statement.metrics, "params": statement.params, "inputs": statement.inputs}
        parts = {name: compare_stated(values, {}) for name, values in stated.items()}
    return {
        name: {key: each.shown for key, each in part.items() if not each.confirmed}
        for name, part in parts.items()
    }


def _otherwise(project: Project, version: RegisteredVersion) -> Iterator[str]:
    """How the release states other files than its commit has."""
    from mlgit.project.trust.tag_proof import wrong_files

    try:
        wrong = wrong_files(project, version.fact)
    except MlgitError:
        return
    if wrong is not None:
        yield f"`{version.tag}` does not state the files of its commit: {wrong}"


def _environment(
    project: Project, state: ModelState, name: str, text: str, notes: tuple[str, ...]
) -> Details:
    here = state.environment(name)
    version = here.version
    trust = trust_in(project, state, whole=True)
    known = _doubts(project, state).environment(state, name, trust)
    doubt = trust.instead.get(name, here).doubt
    if doubt is not None:
        notes = (*notes, f"{doubt.sentence}; {doubt.hint}")
    elif known == "no":
        notes = (*notes, unknown_note(project))
    if version is not None and version.withdrawn:
        notes = (*notes, f"`{state.name}@{version.version}` is deregistered; roll `{name}` back")
    declared = name in project.trunk_config.environments
    entry = environment_entry(here, declared=declared, known=known, trust=trust)
    entry = environment_with_served(project, entry, state)
    registry = read_registry(project, model=state.name)
    return replace(
        _details(project, state, "environment", text, trust),
        environment=entry,
        next=_next(project, entry, registry, state.name),
        version=None if version is None else version_entry(state, version, trust),
        message=None if here.holder is None else human_part(here.holder.message()),
        stated=None if version is None else version.statement,
        **_newest(events_of(state, name, why=trust.why)),
        notes=(*notes, *unpublished_notes(project, registry)),
    )


def _next(project: Project, entry: EnvironmentEntry, registry: Registry, model: str) -> str | None:
    """The command that makes the target serve what the environment holds, or others see that."""
    served, found = entry.served, taken_names(project, registry)
    if found is not None:  # no deployment is accepted while the remote has other tags of these names
        return found.repair
    if served is not None and entry.label is None and served.stop is not None and served.label is not None:
        return served.stop
    only_here = tags_only_here(project, registry) or ()
    if served is None or served.right or entry.label is None:
        if not only_here:
            return None
        from mlgit.project.release.change import publishing

        return publishing(project, pushed=False)
    if served.later is not None and project.remote is not None:
        return f"git fetch --tags {word(project.remote)}"
    deploy = deploy_command(project, model, entry.environment, unpushed=only_here)
    return served.repair or (deploy if can_deploy(project) else "mlgit doctor")


def _newest(events: Iterator[Dated]) -> _Events:
    """The newest events, and how many older ones there are."""
    every = newest_first(events)
    return {"events": every[:_EVENTS], "older": max(0, len(every) - _EVENTS)}


def _doubts(project: Project, state: ModelState) -> Doubts:
    return doubts(project, read_model_tags(project, state.name).ignored)


def _details(
    project: Project,
    state: ModelState,
    kind: Literal["model", "version", "environment"],
    text: str,
    trust: Trust,
) -> Details:
    environments, unsure = project.trunk_config.environments, _doubts(project, state)
    entry = model_entry(state, declared_models(project, tagged=(state.name,)), environments, unsure, trust)
    return Details(
        kind=kind,
        reference=text,
        model=with_served(project, entry, state),
        remote=project.remote,
        tags_as_of=tags_as_of(project) if unsure.clone.known == "yes" else None,
        told_at=project.now,
    )


def _empty_environment(project: Project, text: str) -> Details | None:
    """An environment that holds nothing: it has no commit to resolve, but it can be shown."""
    owner, hash_sign, name = text.rpartition("#")
    if not hash_sign:
        # Only if there is a single model is it known whose environment this is.
        names = model_names(project) if text in project.trunk_config.environments else ()
        if len(names) != 1:
            return None
        owner = names[0]
    elif not is_model(project, owner):
        return None
    state = read_model(project, owner)
    known = name in project.trunk_config.environments or (bool(hash_sign) and name in state.environments)
    if not known or state.environment(name).commit is not None:
        return None
    return _environment(project, state, name, text, ())


def _at_commit(project: Project, reference: Reference) -> Reference:
    """The version of a plain revision."""
    models = read_registry(project).models
    found = [each for name in sorted(models) for each in models[name].at_commit(reference.commit)]
    if not found:
        raise UnknownReference(
            f"{reference.label} is not a version of a model",
            hint="see `mlgit models`, or `git show` for a commit",
        )
    if len(found) > 1:
        raise UnknownReference(
            f"{reference.label} names several versions",
            hint="choose one: " + listed(f"{each.model}@{each.version}" for each in found),
        )
    return resolve(project, f"{found[0].model}@{found[0].version}")
