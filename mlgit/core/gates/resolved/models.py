"""Models of a change: which are renamed or gone, compared with the target's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.record import record
from mlgit.core.wording import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@record
class KnownModel:
    """A model of one side: its name in tags, its file, and how to get a digest of the content there."""

    name: str
    path: str | None = None
    digest: Callable[[], str | None] = lambda: None


def renamed_models(old: Sequence[KnownModel], new: Sequence[KnownModel]) -> Mapping[str, str]:
    """New name -> old name of each model with another name and the same path, otherwise the same content."""
    gone = _without(old, {each.name for each in new})
    added = _without(new, {each.name for each in old})
    found: dict[str, str] = {}
    for same in (_same_path, _same_content):
        for model in added:
            match = next((each for each in gone if same(each, model)), None)
            if match is not None and model.name not in found and match.name not in found.values():
                found[model.name] = match.name
    return found


def model_findings(
    old: Sequence[KnownModel],
    new: Sequence[KnownModel],
    held: Callable[[str], Mapping[str, str]],
) -> Iterator[Finding]:
    """A finding for each model that is renamed or gone; `held` gives environment -> version of a model."""
    renamed = {before: after for after, before in renamed_models(old, new).items()}
    for model in _without(old, {each.name for each in new}):
        places = [f"`{name}` holds {version}" for name, version in sorted(held(model.name).items())]
        holds = f"; {joined(places)}" if places else ""
        after = renamed.get(model.name)
        text = "was removed" if after is None else f"was renamed to `{after}`"
        yield Finding(
            code="gates_loosened",
            subjects=(model.name,),
            text=f"Model `{model.name}` {text}{holds}",
            model=after,
            of_gates=False,
            whole=True,
        )


def _without(models: Sequence[KnownModel], names: set[str]) -> list[KnownModel]:
    return [each for each in models if each.name not in names]


def _same_path(one: KnownModel, other: KnownModel) -> bool:
    return one.path is not None and one.path == other.path


def _same_content(one: KnownModel, other: KnownModel) -> bool:
    digest = one.digest()
    return digest is not None and digest == other.digest()
