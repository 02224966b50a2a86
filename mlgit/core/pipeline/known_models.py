"""Known models: the models of one commit, and which of them is one of another commit under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mlgit.core.config.file import Environment


@record
class KnownModel:
    """A model of one side: its name in tags, its file, and how to get a digest of the content there."""

    name: str
    path: str | None = None
    digest: Callable[[], str | None] = lambda: None


@record
class Declared:
    """The models, by name, and the environments that trunk declares at one state."""

    models: Mapping[str, KnownModel]
    environments: Mapping[str, Environment]


def renamed_models(old: Sequence[KnownModel], new: Sequence[KnownModel]) -> Mapping[str, str]:
    """New name -> old name of each model with another name and the same path, otherwise the same content."""
    gone = without(old, {each.name for each in new})
    added = without(new, {each.name for each in old})
    found: dict[str, str] = {}
    for same in (_same_path, _same_content):
        for model in without(added, {*found}):
            match = next((each for each in without(gone, {*found.values()}) if same(each, model)), None)
            if match is not None:
                found[model.name] = match.name
    return found


def former_names(
    names: Collection[str],
    before: Mapping[str, KnownModel],
    after: Mapping[str, KnownModel],
    declared: Collection[str],
) -> frozenset[str]:
    """The models that a commit, between `before` and `after`, made to one of `names`.

    One of the names came or the other one went, and both had the same path or content. Models that are
    `declared` now have kept their names.
    """
    return frozenset(
        old
        for old in before
        if old not in names
        and old not in declared
        and any(
            is_same(one, other)
            for name in names
            if name not in before or old not in after
            for one in _of(old, before, after)
            for other in _of(name, after, before)
        )
    )


def is_same(one: KnownModel, other: KnownModel) -> bool:
    """Whether two models have the same path, otherwise the same content."""
    return _same_path(one, other) or _same_content(one, other)


def _of(name: str, *sides: Mapping[str, KnownModel]) -> list[KnownModel]:
    return [side[name] for side in sides if name in side]


def without(models: Sequence[KnownModel], names: set[str]) -> list[KnownModel]:
    """The models with other names."""
    return [each for each in models if each.name not in names]


def _same_path(one: KnownModel, other: KnownModel) -> bool:
    return one.path is not None and one.path == other.path


def _same_content(one: KnownModel, other: KnownModel) -> bool:
    digest = one.digest()
    return digest is not None and digest == other.digest()
