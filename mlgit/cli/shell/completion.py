"""Completion: what the shell offers for models, versions, environments, stages, gates and paths.

Every function ignores every error: the Tab key must never print a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click
    from click.shell_completion import CompletionItem

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project

    Offer = Callable[[click.Context, click.Parameter, str], list[str]]


# Bash breaks words at these characters; mlgit does not.
_BREAKS = ("@", ":")


def _offer(*finders: Callable[[Project], Iterable[str]]) -> Offer:
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            from mlgit.cli.shell.session import Session

            project = ctx.ensure_object(Session).project()
            try:
                names = {name for find in finders for name in find(project)}
                return sorted(name for name in names if name.startswith(incomplete))
            finally:
                project.close()
        except Exception:  # noqa: BLE001 (see the first lines)
            return []

    return complete


def keep_words_whole() -> None:
    """Let bash complete `tumor@v1.0.0`, which it passes in pieces because it breaks words at `@` and `:`."""
    from click.shell_completion import BashComplete, CompletionItem, add_completion_class

    class WholeWords(BashComplete):
        """Joins the pieces, and returns the text that replaces the last one."""

        name = "bash"
        _given = ""

        def get_completion_args(self) -> tuple[list[str], str]:
            args, last = super().get_completion_args()
            if not last:
                return args, last
            *words, whole = _joined([*args, last])
            # Bash replaces from the `@` on, but only after a `:`.
            self._given = (whole if last in _BREAKS else whole.removesuffix(last)).removesuffix("@")
            return words, whole

        def format_completion(self, item: CompletionItem) -> str:
            if item.type != "plain":
                return super().format_completion(item)
            return super().format_completion(CompletionItem(item.value.removeprefix(self._given)))

    add_completion_class(WholeWords)


def _joined(pieces: Iterable[str]) -> list[str]:
    words: list[str] = []
    for piece in pieces:
        if words and (piece in _BREAKS or words[-1].endswith(_BREAKS)):
            words[-1] += piece
        else:
            words.append(piece)
    return words


def folders_offer(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def files_offer(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def schemas_offer(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    try:
        from mlgit.resources import schema_names

        return [name for name in schema_names() if name.startswith(incomplete)]
    except OSError:
        return []


def _models(project: Project) -> Iterable[str]:
    from mlgit.project.registry.models import model_names

    return model_names(project)


def _registered(project: Project) -> Iterable[ModelState]:
    from mlgit.project.registry.read import read_registry

    return read_registry(project).models.values()


def _versions(project: Project) -> Iterable[str]:
    for model in _registered(project):
        yield from (f"{model.name}@{each.version}" for each in model.versions if not each.deregistered)


def _environments(project: Project) -> Iterable[str]:
    yield from project.trunk_config.environments
    for model in _registered(project):
        yield from model.environments


def _references(project: Project) -> Iterable[str]:
    for model in _registered(project):
        if model.versions:
            yield f"{model.name}@latest"
        yield from (f"{model.name}#{environment}" for environment in model.environments)
    for ref in project.branches:
        yield ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _stages(project: Project) -> Iterable[str]:
    from mlgit.project.pipeline.evidence import evidence

    return (stage.address for stage in evidence(project, None).pipeline.stages)


models_offer = _offer(_models)
versions_offer = _offer(_versions)
targets_offer = _offer(_models, _versions)
numbers_offer = _offer(lambda project: (each.rpartition("@")[2] for each in _versions(project)))
environments_offer = _offer(_environments)
references_offer = _offer(_versions, _environments, _references)
subjects_offer = _offer(_models, _versions, _environments, _references)
stages_offer = _offer(_stages)
gates_offer = _offer(lambda project: project.config(None).gates)
