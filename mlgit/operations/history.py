"""History: list events, what environments held at a time, or a metric over the versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import find, near_names
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.core.progress import Silent
from mlgit.core.registry.completeness import KNOWN, Known
from mlgit.core.registry.events import Held, History, Point, events_of, held_entry, newest_first
from mlgit.core.registry.replay import replay
from mlgit.core.registry.tags import parse_tag
from mlgit.core.release.stated_values import Stated
from mlgit.core.wording import count, listed, quoted, word
from mlgit.errors import MlgitError, UnknownReference
from mlgit.project.compare.revision_values import RevisionReader
from mlgit.project.deploy.attempts import unfinished
from mlgit.project.deploy.served import served
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.completeness import doubts
from mlgit.project.registry.models import require_model
from mlgit.project.registry.read import read_registry, read_registry_tags, tags_as_of, unpublished_notes
from mlgit.project.trust.marks import as_counted, of_other_tools, trust_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from mlgit.core.registry.events import Dated
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


def history(
    project: Project,
    *,
    model: str | None = None,
    environment: str | None = None,
    at: datetime | None = None,
    metric: str | None = None,
    last: int | None = None,
    fetch: bool = False,
) -> History:
    """List the events of all tags, of a `model` or of an `environment`, newest first.

    With `at`, list what was where then instead, by the times that mlgit stated; with `metric`, its values in
    all versions. `last` limits the events or the versions of each model. `fetch` fetches tags first.

    Raises:
        UnknownReference: no such model, environment or metric.
    """
    notes = _fetch(project) if fetch else ()
    registry, ignored = read_registry_tags(project, model=model)
    _require_model(project, registry, model, alone=environment is None)
    _require_environment(project, registry, environment)
    states = registry.models.values() if at is None and metric is None else ()
    events = newest_first(dated for state in states for dated in _marked(project, state, environment))
    known = doubts(project, {}).clone
    return History(
        model=model,
        environment=environment,
        at=at,
        metric=metric,
        events=events[:last],
        several=len(registry.models) > 1,
        held=() if at is None else tuple(_held_at(project, registry, environment, at)),
        points=() if metric is None else _points(project, registry, metric, last),
        notes=(*(notes or unpublished_notes(project, registry)), *_failed(project, registry, environment)),
        remote=project.remote,
        tags_as_of=tags_as_of(project) if known.known == "yes" else None,
        told_at=project.now,
        tags_known=_with_ignored(project, registry, known, ignored),
    )


def _with_ignored(project: Project, registry: Registry, known: Known, ignored: Mapping[str, str]) -> Known:
    """What is `known` of the tags; where none counts, those that do not may be what was done."""
    if known.known == "no" or any(state.facts for state in registry.models.values()):
        return known
    others = of_other_tools(project)
    names = ((tag, parse_tag(tag)) for tag in sorted(ignored))
    mine = [tag for tag, name in names if name is not None and not others(name.model)]
    if not mine:
        return KNOWN
    why = f"{quoted(mine[0])} does not count here: {ignored[mine[0]]}"
    why += f" (and {count(len(mine) - 1, 'other tag')})" if len(mine) > 1 else ""
    return Known(known="no", why=why, repair="mlgit doctor")


def _failed(project: Project, registry: Registry, environment: str | None) -> Iterator[str]:
    """The deployments that did not succeed from this clone: they wrote no tag."""
    for name, state in registry.models.items():
        for place, here in state.environments.items():
            if environment not in {None, place}:
                continue
            attempt = unfinished(project, here, served(project, here))
            if attempt is not None:
                yield attempt.text(project.now, f"to {place} of {name}")


def _require_model(project: Project, registry: Registry, name: str | None, *, alone: bool) -> None:
    """Refuse an unknown model; of an environment that was named `alone`, say how to ask for it."""
    if name is None or name in registry.models:
        return
    if alone and name in {*project.trunk_config.environments, *_in_tags(project)}:
        hint = f"run `mlgit history --env {word(name)}`"
        raise UnknownReference(f"`{name}` is an environment, not a model", hint=hint)
    require_model(project, name)


def _in_tags(project: Project) -> set[str]:
    """The environments that tags mention."""
    return {name for state in read_registry(project).models.values() for name in state.environments}


def _marked(project: Project, state: ModelState, environment: str | None) -> Iterator[Dated]:
    trust = trust_in(project, state, whole=True)
    return events_of(as_counted(project, state), environment, why=trust.why)


def _fetch(project: Project) -> tuple[str, ...]:
    from mlgit.project.release.fetching import fetch_all_tags

    return fetch_all_tags(project)


def _require_environment(project: Project, registry: Registry, name: str | None) -> None:
    if name is None:
        return
    known = {each for state in registry.models.values() for each in state.environments}
    known |= set(project.trunk_config.environments)
    if name not in known:
        hint = f"there are {listed(sorted(known), None)}" if known else None
        raise UnknownReference(f"There is no environment `{name}`", hint=hint)


def _held_at(project: Project, registry: Registry, environment: str | None, at: datetime) -> Iterator[Held]:
    """The state after the tags up to that time and the releases that they name, whose clocks may be ahead."""
    every = [fact for state in registry.models.values() for fact in state.facts]
    named = {
        (fact.name.model, fact.parsed_summary.version)
        for fact in every
        if fact.at <= at and fact.name.environment is not None
    }
    facts = [
        fact
        for fact in every
        if fact.at <= at
        or (fact.name.action == "register" and (fact.name.model, str(fact.name.version)) in named)
    ]
    for name, state in replay(facts).models.items():
        for each in registry.model(name).environments:
            if environment in {None, each}:
                yield held_entry(as_counted(project, state).environment(each))


def _points(project: Project, registry: Registry, metric: str, last: int | None) -> tuple[Point, ...]:
    points = []
    for state in registry.models.values():
        usable = [version for version in state.versions if not version.deregistered]
        newest = usable if last is None else usable[max(0, len(usable) - last) :]
        stated = {version.tag: found for version in newest if (found := _stated_value(version, metric))}
        read = _values_of_commits(
            project, [(each.commit, stated[each.tag][0]) for each in newest if each.tag in stated]
        )
        points += [
            _point(project, state, version, metric, stated.get(version.tag), read) for version in newest
        ]
    if points and all(point.value is None for point in points):
        raise UnknownReference(
            f"No version has a metric `{metric}`", details=tuple(point.problem or "" for point in points[-1:])
        )
    return tuple(points)


def _point(
    project: Project,
    state: ModelState,
    version: RegisteredVersion,
    metric: str,
    stated: tuple[str, str] | None,
    read: Mapping[tuple[str, str], str | None],
) -> Point:
    if stated is None:
        value, name, problem = _measured_value(project, state, version, metric)
    else:
        name, text = stated
        key = (version.commit, name)
        each = Stated(text, read.get(key), known=key in read)
        value = each.there if each.known else text
        problem = _about(each)
    return Point(
        model=state.name,
        version=str(version.version),
        commit=version.commit,
        registered_at=version.registered_at,
        value=value,
        name=name,
        problem=problem,
    )


def _about(each: Stated) -> str | None:
    if each.confirmed:
        return None
    if not each.known:
        return "as its tag states"
    return f"{'not in its commit; ' if each.there is None else ''}its tag states {each.text}"


def _stated_value(version: RegisteredVersion, metric: str) -> tuple[str, str] | None:
    """The name and value in the release's statement, if exactly one key matches."""
    statement = version.statement
    if statement is None:
        return None
    names = [
        full
        for full in statement.metrics
        if metric in {full, full.partition(":")[2]} or full.partition(":")[2].endswith(f".{metric}")
    ]
    return (names[0], statement.metrics[names[0]]) if len(names) == 1 else None


def _values_of_commits(
    project: Project, wanted: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str | None]:
    """(commit, `file:key`) -> the text of its value, None if there is no such, as far as Git has them."""
    from mlgit.project.release.provenance import as_text

    files = [*dict.fromkeys(name.partition(":")[0] for _, name in wanted)]
    reader = RevisionReader(project, Silent())
    try:
        found = reader.read({commit for commit, _ in wanted}, metrics=files, params=False)
    except MlgitError:
        return {}
    texts: dict[tuple[str, str], str | None] = {}
    for commit, name in wanted:
        file, _, key = name.partition(":")
        values = found[commit].metrics.get(file) if commit in found else None
        if values is not None:
            texts[commit, name] = as_text(values[key]) if key in values else None
    return texts


def _measured_value(
    project: Project, state: ModelState, version: RegisteredVersion, metric: str
) -> tuple[str | None, str | None, str | None]:
    """The value in the metric files of the version's commit."""
    try:
        found = evidence(project, version.commit, staleness=False)
        models = project.config(version.commit).models
    except MlgitError as error:
        return None, None, error.message
    files = files_of_model(models.get(state.name), found, alone=len(models) <= 1)
    places = find(metric, files)
    if len(places) == 1:
        return str(places[0].value), places[0].full_name, None
    if places:
        return None, None, "it may mean " + ", ".join(place.full_name for place in places)
    near = near_names(metric, files)
    return None, None, f"no such metric; there are {', '.join(near)}" if near else "no metric can be read"
