"""Models of a change: which are renamed or gone, compared with the target's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.known_models import renamed_models, without
from mlgit.core.wording import joined, listed, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.known_models import KnownModel


def model_findings(
    old: Sequence[KnownModel],
    new: Sequence[KnownModel],
    held: Callable[[str], Mapping[str, str]],
) -> Iterator[Finding]:
    """A finding for each model that is renamed, gone or another file for DVC than for the gates.

    `held` gives environment -> version of a model.
    """
    renamed = {before: after for after, before in renamed_models(old, new).items()}
    for model in without(old, {each.name for each in new}):
        places = [f"`{name}` holds {version}" for name, version in sorted(held(model.name).items())]
        holds = f"; {joined(places)}" if places else ""
        after = renamed.get(model.name)
        text = "was removed" if after is None else f"was renamed to `{after}`"
        yield Finding(
            code="gates_loosened",
            subjects=(model.name,),
            text=f"Model `{model.name}` {text}{holds}",
            model=after,
            kind="model",
            whole=True,
        )
    yield from _other_artifacts(old, new)


def _other_artifacts(old: Sequence[KnownModel], new: Sequence[KnownModel]) -> Iterator[Finding]:
    """A finding for each model of which dvc.yaml newly has another path than mlgit.yaml."""
    before = {each.name: each for each in old}
    for model in new:
        was = before.get(model.name)
        known = was is not None and (was.path, was.artifact) == (model.path, model.artifact)
        paths = [None if path is None else path.rstrip("/") for path in (model.path, model.artifact)]
        if known or None in paths or paths[0] == paths[1]:
            continue
        text = (
            f"`artifacts:` of dvc.yaml has `{model.artifact}` for `{model.name}`: of a release, `dvc "
            f"artifacts get` fetches that, and the gates check `{model.path}`"
        )
        yield Finding(code="gate_repointed", subjects=(model.name,), text=text, kind="model", whole=True)


def replaced_finding(
    model: str, added: Sequence[str], *, target: tuple[str, str], since: str | None
) -> Finding:
    """The finding for a model of an old branch that its target has no more, but that may be renamed there.

    `target` is its name for people and for commands.
    """
    others = f"it has {listed(added)}{f' since {since[:7]}' if since else ''}"
    text = f"`{target[0]}` has no model `{model}` any more; {others}: run `git merge {word(target[1])}`"
    return Finding(code="gates_loosened", subjects=(model,), text=text, model=model, kind="model", whole=True)
