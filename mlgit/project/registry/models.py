"""Models of a repository: declared in `mlgit.yaml` or in `artifacts:` of dvc.yaml, or only in tags."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.config.names import read_model_name
from mlgit.core.digest import sha256_hex
from mlgit.core.wording import listed, near
from mlgit.errors import ConfigError, MlgitError, UnknownReference, UsageError
from mlgit.project.registry.completeness import doubts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.config.file import Config
    from mlgit.core.pipeline.known_models import KnownModel
    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project

_AND = "+"
"""Between the digests of what DVC has of a model and what Git has of it."""


def declared_models(
    project: Project, commit: str | None = None, *, tagged: Collection[str] = ()
) -> Mapping[str, str | None]:
    """Name -> path of the models at a commit (None: the working tree); the path is None if not declared.

    A path that `mlgit.yaml` lacks comes from `artifacts:` of dvc.yaml; without `models:`, all models do. Tags
    have versions of the `tagged` names, so that artifacts of these names count, whatever their type.
    """
    models = names_at(project, commit).models
    whole = models and all(model.path is not None for model in models.values())
    if whole and all(name in models for name in tagged):
        return {name: model.path for name, model in models.items()}
    artifacts = _artifacts(project, commit, tagged)
    if not models:
        return artifacts
    more = {name: artifacts[name] for name in tagged if name in artifacts}
    return more | {name: model.path or artifacts.get(name) for name, model in models.items()}


def declared_path(project: Project, name: str, commit: str) -> str | None:
    """The path of a model at a commit: the declared one, there or otherwise in trunk's history."""
    here = declared_models(project, commit, tagged=(name,)).get(name)
    if here is not None:
        return here
    return next((path for each in _on_trunk(project, name) if (path := each.get(name)) is not None), None)


def was_declared(project: Project, name: str, commit: str) -> bool:
    """Whether trunk ever declared a model, or the commit does."""
    if name in _declared_or_none(project, None if project.trunk is None else project.trunk.commit, name):
        return True
    if name in _declared_or_none(project, commit, name):
        return True
    return any(name in each for each in _on_trunk(project, name))


def _on_trunk(project: Project, name: str) -> Iterator[Mapping[str, str | None]]:
    """What trunk declares now, and then at each commit that changed how often the name is in the rules."""
    if project.trunk is None:
        yield _declared_or_none(project, None, name)
        return
    trunk = project.trunk.commit
    yield _declared_or_none(project, trunk, name)
    files = (f":(literal){CONFIG_FILE}", ":(glob)**/dvc.yaml")
    options = ("--first-parent", "-m", "--format=%H", "--no-show-signature", "--no-textconv", f"-S{name}")
    listed = project.git.run_text("log", *options, trunk, "--", *files)
    for commit in dict.fromkeys(listed.split()):
        yield _declared_or_none(project, commit, name)


def _declared_or_none(project: Project, commit: str | None, name: str) -> Mapping[str, str | None]:
    """What is declared there, with an artifact of this name; nothing if it cannot be read."""
    try:
        return declared_models(project, commit, tagged=(name,))
    except MlgitError:
        return {}


def names_at(project: Project, commit: str | None) -> Config:
    """The rules at a state (None: the working tree) for commands that only need the names in it.

    An invalid file in the working tree does not matter: trunk's counts. Where a commit has trunk's own
    invalid file, those are in trunk's last valid one.

    Raises:
        ConfigError: the rules are invalid, and others than trunk's.
    """
    try:
        return project.config(commit)
    except ConfigError:
        if commit is None:
            return project.trunk_config
        trunk = None if project.trunk is None else project.trunk.commit
        if project.tree(commit).read(CONFIG_FILE) != project.tree(trunk).read(CONFIG_FILE):
            raise
        return project.trunk_config


def known_models(project: Project, commit: str | None) -> Mapping[str, KnownModel]:
    """The models at a commit by name, each with its content; empty if the rules there are invalid."""
    from mlgit.core.pipeline.known_models import KnownModel

    def digest(path: str | None) -> str | None:
        from mlgit.adapters.dvc.pipeline.pointers import read_pipeline

        tree = project.tree(commit)
        try:
            pipeline = read_pipeline(tree, root=project.root, folder=project.cache_dir)
        except MlgitError:
            return None
        return content_digest(tree, pipeline, path)

    try:
        declared = declared_models(project, commit)
    except MlgitError:
        return {}
    return {
        name: KnownModel(name=name, path=path, digest=cache(partial(digest, path)))
        for name, path in declared.items()
    }


def content_digest(tree: Tree, pipeline: Pipeline, path: str | None) -> str | None:
    """A digest of the content at `path`: the one that DVC recorded, otherwise that of the file itself."""
    if path is None:
        return None
    pointers = [out.pointer for out in pipeline.outputs if out.path == path and out.pointer]
    if pointers:
        return pointers[0].md5
    try:
        content = tree.read(path)
    except OSError:
        return None
    return None if content is None else sha256_hex(content)


def version_content(
    project: Project, version: RegisteredVersion, path: str | None, *, like: str | None
) -> str | None:
    """Like `model_content`, for a version: from its statement or, without one, from its commit.

    A statement does not have the files that Git has next to those of DVC, and may be wrong. So the commit is
    read if the statement has the content `like`.
    """
    files = () if version.statement is None else version.statement.files
    if not files:
        return model_content(project, version.commit, path)
    stated = _content_of([(file.path, file.md5 or file.sha256) for file in files])
    if like is None or stated != like.partition(_AND)[0]:
        return stated
    try:
        own = declared_models(project, version.commit).get(version.model)
    except ConfigError:
        own = None
    return model_content(project, version.commit, own or path)


def model_content(project: Project, commit: str, path: str | None) -> str | None:
    """A digest of the model's content at a commit, from its pointers and from Git; None if there is none."""
    from mlgit.core.pipeline.model_files import outputs_of
    from mlgit.project.pipeline.evidence import evidence
    from mlgit.project.pipeline.git_files import added_files

    path = (path or "").rstrip("/")
    outputs = outputs_of(path, evidence(project, commit, staleness=False).pipeline.outputs)
    content = project.tree(commit).read(path) if path and not outputs else None
    if content is not None:
        return sha256_hex(content)
    files = added_files(project, commit, path, outputs) if path else {}
    lines = (f"{oid} {name[len(path) :]}" for name, oid in sorted(files.items()))
    in_git = sha256_hex("\n".join(lines).encode("utf-8", "replace")) if files else None
    if not outputs:
        return None if path in files else in_git  # a link that leads to no file
    recorded = _content_of([(out.path, None if out.pointer is None else out.pointer.md5) for out in outputs])
    return recorded if recorded is None or in_git is None else f"{recorded}{_AND}{in_git}"


def _content_of(files: Sequence[tuple[str, str | None]]) -> str | None:
    """The digest of a file, or one of several files; None if one of them is not known."""
    known = [(path, digest) for path, digest in files if digest is not None]
    if len(known) < len(files):
        return None
    if len(known) == 1:
        return known[0][1]
    return sha256_hex(
        "\n".join(f"{digest} {path}" for path, digest in sorted(known)).encode("utf-8", "replace")
    )


def model_names(project: Project) -> tuple[str, ...]:
    """Every model that the working tree declares or tags mention, sorted."""
    from mlgit.project.registry.read import read_registry

    return tuple(sorted({*declared_models(project), *read_registry(project).models}))


def only_model(project: Project, *, hint: Callable[[Sequence[str]], str | None]) -> str:
    """The model that a command means without naming one: the only one that trunk declares or tags mention.

    `hint` says how to name one of several.

    Raises:
        UsageError: there are several.
        UnknownReference: there is none, or none is known here.
    """
    declared = declared_models(project, None if project.trunk is None else project.trunk.commit)
    names = tuple(declared) if len(declared) == 1 else model_names(project)
    if len(names) > 1:
        raise UsageError(f"There are several models: {listed(names)}", hint=hint(names))
    if not names:
        raise _unknown(project, "There is no model yet", "No model is known here", ())
    return names[0]


def declares_only(project: Project, name: str) -> bool:
    """Whether trunk declares no other model, so that commands need not name this one."""
    trunk = None if project.trunk is None else project.trunk.commit
    return set(declared_models(project, trunk)) == {name}


def unnamed_models(
    project: Project, read: Callable[[str], ModelState], *, after: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """The names that a model without a name in the rules may have in tags; `read` reads those that count.

    If trunk has only one model, another one changes nothing; nor do names of which no tag counts. `after` are
    the models that trunk will declare after a merge.
    """
    trunk = project.trunk
    declared = {} if trunk is None else declared_models(project, trunk.commit)
    known = tuple(declared) if after is None else after
    names = known if len(known) == 1 else model_names(project)
    if len(names) > 1:
        counting = tuple(name for name in names if name in declared or read(name).facts)
        return counting or names
    return names


def is_model(project: Project, name: str) -> bool:
    """Whether the working tree declares it or a tag mentions it; only tags of that name are read."""
    from mlgit.project.registry.read import read_registry

    if name in declared_models(project):
        return True
    return read_model_name(name) is not None and name in read_registry(project, model=name).models


def require_model(project: Project, name: str) -> None:
    """Refuse a name that is neither declared nor in a tag.

    Raises:
        UnknownReference: with the nearest known name as its hint.
    """
    if is_model(project, name):
        return
    unknown = f"`{name}` is not a model that is known here"
    raise _unknown(project, f"There is no model `{name}`", unknown, model_names(project), name=name)


def _unknown(
    project: Project, absent: str, unknown: str, known: tuple[str, ...], *, name: str = ""
) -> UnknownReference:
    """The error that a model is absent or, if this clone may lack tags, unknown.

    Raises:
        ConfigError: the rules of the working tree, which may declare it, are invalid.
    """
    project.config(None)
    clone = doubts(project, {}).clone
    if clone.known == "no":
        return UnknownReference(f"{unknown}: {clone.why}", hint=f"run `{clone.repair}`")
    declare = "declare it under `models:` in `mlgit.yaml`, or under `artifacts:` in `dvc.yaml`"
    there = "there is only" if len(known) == 1 else "there are"
    hint = near(name, known) or (f"{there} {listed(known)}" if known else declare)
    if name in project.trunk_config.environments:
        absent += ", which is an environment"
    return UnknownReference(absent, hint=hint)


def _artifacts(project: Project, commit: str | None, tagged: Collection[str]) -> dict[str, str | None]:
    tree = project.tree(commit)
    if not any(path.rpartition("/")[2] == "dvc.yaml" for path in tree.paths()):
        return {}
    from mlgit.adapters.dvc.pipeline.pointers import read_artifacts

    found = read_artifacts(tree, root=project.root, folder=project.cache_dir)
    return {each.name: each.path for each in found if each.type in {None, "model"} or each.name in tagged}
