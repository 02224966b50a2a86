"""Known models: the models of one commit, and which of them is one of another commit under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.config.file import Environment


@record
class KnownModel:
    """A model of one side: its name in tags, its file, and how to get a digest of the content there.

    `artifact` is the path that `artifacts:` of dvc.yaml has for the name.
    """

    name: str
    path: str | None = None
    artifact: str | None = None
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
    *,
    renamed: Collection[str] = (),
) -> frozenset[str]:
    """The models that a commit, between `before` and `after`, made to one of `names`.

    One of the names came or the other one went, and both had the same path or content. Models that are
    `declared` now have kept their names, and of those that some commit `renamed` others are only copies.
    """
    return frozenset(
        old
        for old in before
        if old not in names
        and old not in declared
        and any(_became(old, name, before, after, copied=old in after and old in renamed) for name in names)
    )


def renamed_by(before: Mapping[str, KnownModel], after: Mapping[str, KnownModel]) -> frozenset[str]:
    """The models that a commit took away, and that came with it under another name."""
    came = [model for name, model in after.items() if name not in before]
    gone = [model for name, model in before.items() if name not in after]
    return frozenset(old.name for old in gone if any(is_same(old, new) for new in came))


def with_gone(
    line: Iterable[tuple[Mapping[str, KnownModel], Mapping[str, KnownModel]]],
) -> Iterator[tuple[Mapping[str, KnownModel], Mapping[str, KnownModel]]]:
    """The steps of a line, oldest first, in which a model came, each with those that went away before.

    One commit may take a name away and a later one bring it back as another name.
    """
    gone: dict[str, KnownModel] = {}
    for before, after in line:
        if gone and {*after} - {*before}:
            yield {**gone, **before}, after
        renamed = renamed_by(before, after)
        gone |= {name: model for name, model in before.items() if name not in renamed}
        gone = {name: model for name, model in gone.items() if name not in after}


def _became(
    old: str, name: str, before: Mapping[str, KnownModel], after: Mapping[str, KnownModel], *, copied: bool
) -> bool:
    """Whether a model became another one; of several with its content, not one that is less likely it.

    `copied`: with the same content it is only a copy.
    """
    came = name not in before
    if not came and old in after:
        return False
    pairs = [(one, other) for one in _of(old, before, after) for other in _of(name, after, before)]
    if any(_same_path(*pair) for pair in pairs):
        return True
    if copied or not any(_same_content(*pair) for pair in pairs):
        return False
    gone, heirs = (
        [model for each, model in side.items() if each not in other and each not in {old, name}]
        for side, other in ((before, after), (after, before))
    )
    if not came:
        return not any(is_same(before[old], heir) for heir in heirs)
    better = [(before[old], heir) for heir in heirs] + [(one, after[name]) for one in gone if name in after]
    return not any(_same_path(*pair) and _same_content(*pair) for pair in better)


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
