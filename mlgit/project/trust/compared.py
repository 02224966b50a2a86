"""Compared: resolve what something is compared with; tags are read only if the text may name one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.config.names import read_model_name
from mlgit.core.record import NamedTuple
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.errors import ConfigError
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.read import read_model
from mlgit.project.registry.references import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project
    from mlgit.project.registry.references import Reference

_REVISION = re.compile(r"(?:refs/)?(?:tags/|remotes/)?([^\^~:]+?)(?:[\^~:].*|@\{.*)?")
_FIXED = re.compile(r"HEAD|[0-9a-fA-F]{7,64}")
_OF_MODEL = re.compile(r"(?:(?:refs/)?tags/)?([^@#]+)[@#].+")


class Elsewhere(NamedTuple):
    """Models, and full names that refs may have at the remote."""

    models: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()


def compared_elsewhere(project: Project, model: str) -> Elsewhere:
    """What gates of a model may be compared with, apart from trunk and the tags of its name.

    These are its former names, and what gates name on trunk and at HEAD.
    """
    from mlgit.project.registry.former_names import names_before

    models, refs = set(names_before(project, model, None)), set()
    for text in _compared(project, known=False):
        of_model = _OF_MODEL.fullmatch(text)
        name = None if of_model is None else read_model_name(of_model[1])
        if name is not None:
            models.add(name)
        elif found := _REVISION.fullmatch(text):
            branch = found[1].removeprefix(f"{project.remote}/")
            refs |= {f"refs/heads/{branch}", f"{TAGS}{found[1]}"}
    return Elsewhere(frozenset(models - {model}), frozenset(refs))


def compared_branches(project: Project) -> frozenset[str]:
    """What may be a branch of the remote, of what gates compare with on trunk and at HEAD."""
    texts = _compared(project, known=False)
    found = (_REVISION.fullmatch(text) for text in texts if not _OF_MODEL.fullmatch(text))
    names = {each[1] for each in found if each is not None and not _FIXED.fullmatch(each[1])}
    return frozenset(
        each.removeprefix("heads/").removeprefix(f"{project.remote}/")
        for each in names
        if project.commit(f"{TAGS}{each}") is None
    )


def lacks_baseline(project: Project, model: str) -> bool:
    """Whether a model has nothing, by the tags of its own name, in a place that gates compare with.

    Only then may it have something there under another name.
    """
    state = read_model(project, model)
    places = {*_compared(project, known=True)}
    releases = places & {"base", "release"}
    if releases and not any(each.version.final for each in state.versions):
        return True
    return not places - releases <= {*state.environments}


def undeclared_models(project: Project, tags: Iterable[str]) -> frozenset[str]:
    """The models that some tags are of, and that trunk does not declare."""
    trunk = None if project.trunk is None else project.trunk.commit
    try:
        declared = declared_models(project, trunk)
    except ConfigError:
        return frozenset()  # whatever asks trunk's rules says so
    return frozenset(name.model for name in map(parse_tag, tags) if name is not None) - {*declared}


def _compared(project: Project, *, known: bool) -> Iterator[str]:
    """What gates compare with: the revisions, versions and tags, or the places that are `known` by name."""
    trunk = None if project.trunk is None else project.trunk.commit
    for commit in dict.fromkeys((trunk, project.head.commit)):
        try:
            config = project.config(commit)
        except ConfigError:
            continue  # whatever asks the gates says so
        names = {"base", "release", *config.environments}
        yield from (
            gate.vs
            for gate in config.gates.values()
            if isinstance(gate.vs, str) and (gate.vs in names) is known
        )


def compared_reference(project: Project, text: str, *, model: str | None = None) -> Reference:
    """Resolve what something is compared with, for commands that only show.

    An environment is what the tags that count say; a version whose tag does not count gets a note.

    Raises:
        StateError: this clone does not know what the environment holds, or which version is the latest.
        UnknownReference: there is no such thing.
    """
    one_version = "@" in text and not text.endswith("@latest")

    def read(name: str) -> ModelState:
        if one_version and project.trunk_is_unknown:
            return read_model(project, name)
        from mlgit.project.trust.accept import accepted_model

        return accepted_model(project, name)

    return resolve(project, text, model=model, read=read, compares=True)
