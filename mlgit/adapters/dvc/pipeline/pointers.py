"""Pointers: dvc.yaml, dvc.lock and .dvc files at one state of the repository, read without DVC.

DVC is asked only about files that only it can interpret (templates, `foreach`, `matrix`, `vars`, keys that
mlgit does not know); its result is cached.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.declared import (
    DEFAULT_PARAMS,
    PIPELINE_FILE,
    artifacts,
    listed_paths,
    live_metrics,
    of_dvc_2,
    plots,
    stages,
)
from mlgit.adapters.dvc.files.documents import Documents, name_at
from mlgit.adapters.dvc.files.locked import HINT, has_schema, lock_entries
from mlgit.adapters.dvc.files.needs_dvc import needs_dvc, odd_artifacts
from mlgit.adapters.dvc.files.paths import folder_of, folders_above, join
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.dvc.files.tracked import tracked_file, unknown_keys
from mlgit.adapters.dvc.pipeline.datasets import handed_over as handed_over_dataset
from mlgit.adapters.dvc.pipeline.datasets import is_dataset, with_datasets
from mlgit.adapters.dvc.pipeline.hidden import Hidden
from mlgit.core.pipeline.stages import Artifact, HandedOver, Output, Pipeline, Stage
from mlgit.core.wording import word
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgit.core.tree import Tree

__all__ = [
    "DEFAULT_PARAMS",
    "LOCK_FILE",
    "PIPELINE_FILE",
    "join",
    "pipeline_files",
    "pipeline_shapes",
    "read_artifacts",
    "read_pipeline",
]

LOCK_FILE = "dvc.lock"
POINTER_SUFFIX = ".dvc"
_CONFLICT = rb"(?m)^<{7}(?: |$)"


def read_pipeline(
    tree: Tree,
    *,
    root: str,
    documents: Documents | None = None,
    paths: Sequence[str] | None = None,
    folder: str | None = None,
) -> Pipeline:
    """All stages, data and lists that DVC's files declare at a state.

    `paths` are all paths of the tree, if the caller has them already. `folder` caches DVC's results.

    Raises:
        ConfigError: one of the files is invalid.
    """
    documents = documents or Documents(None)
    listed = tree.paths() if paths is None else paths
    files = pipeline_files(listed)
    hidden = Hidden(tree, listed, above=files)
    files = [path for path in files if not hidden.hides(path)]

    def read(files: Sequence[str]) -> tuple[dict[str, Shape], Pipeline]:
        shapes = {
            path: Shape(document.value, name=name_at(tree, path), content=document.content, hint=_hint(path))
            for path, document in documents.read(tree, files, wrong=_wrong).items()
        }
        handed_over = _fill_in(shapes, tree, root=root, folder=folder)
        return shapes, assemble(shapes, handed_over=handed_over, listed=listed)

    try:
        shapes, found = read(files)
    except ConfigError:
        kept = _searched(files, lambda files: read(files)[1])
        if len(kept) == len(files):
            raise
        shapes, found = read(kept)
    if tree.commit is None:
        _no_ignored_lock(tree, [path for path in shapes if _is_pipeline(path)], shapes)
        hidden.refuse_outputs(found)
    return found


def pipeline_shapes(tree: Tree, *, root: str, documents: Documents, folder: str | None) -> dict[str, Shape]:
    """Every dvc.yaml that DVC reads at a state, with its templates filled in; `folder` is as above.

    Raises:
        ConfigError: one of the files is invalid.
    """
    listed = tree.paths()
    files = [path for path in pipeline_files(listed) if _is_pipeline(path)]
    hidden = Hidden(tree, listed, above=files)
    read = documents.read(tree, [path for path in files if not hidden.hides(path)], wrong=_wrong)
    shapes = {
        path: Shape(document.value, name=name_at(tree, path), content=document.content)
        for path, document in read.items()
    }
    _fill_in(shapes, tree, root=root, folder=folder)
    return shapes


def _fill_in(shapes: dict[str, Shape], tree: Tree, *, root: str, folder: str | None) -> list[HandedOver]:
    """Replace each dvc.yaml that only DVC can interpret by DVC's result; return which."""
    handed_over = []
    for path in [path for path in shapes if _is_pipeline(path)]:
        shape = shapes[path]
        doubt = needs_dvc(shape)
        if doubt is not None:
            from mlgit.adapters.dvc.pipeline.resolved import resolved

            why, document = resolved(tree, shape, path=path, doubt=doubt, root=root, folder=folder)
            shapes[path] = Shape(document, name=shape.name, content=shape.content)
            handed_over.append(HandedOver(path=path, why=why))
    return handed_over


def read_artifacts(tree: Tree, *, root: str, folder: str | None) -> list[Artifact]:
    """What `artifacts:` declare at a state, whatever else is wrong in these files; `folder` is as above.

    Raises:
        ConfigError: one of the files is not YAML, or its artifacts are invalid.
    """
    found = []
    files = [path for path in pipeline_files(tree.paths()) if _is_pipeline(path)]
    for path, document in Documents(folder).read(tree, files, wrong=_wrong).items() if files else ():
        shape = Shape(document.value, name=name_at(tree, path), content=document.content)
        listed = shape.fields(shape.root, ()).get("artifacts")
        if "${" in str(listed) or odd_artifacts(listed):
            shapes = {path: shape}
            _fill_in(shapes, tree, root=root, folder=folder)
            shape = shapes[path]
        found += artifacts(shape, folder_of(path))
    return found


def pipeline_files(paths: Sequence[str]) -> list[str]:
    """The dvc.yaml, dvc.lock and .dvc files among all paths."""
    return [
        path
        for path in paths
        if path.endswith((POINTER_SUFFIX, PIPELINE_FILE, LOCK_FILE))
        and (path.endswith(POINTER_SUFFIX) or path.rpartition("/")[2] in {PIPELINE_FILE, LOCK_FILE})
        and not _in_dvc_folder(path)
    ]


def assemble(
    shapes: Mapping[str, Shape], *, handed_over: Sequence[HandedOver] = (), listed: Sequence[str] = ()
) -> Pipeline:
    """One pipeline from all parsed files, by path from the Git root; `listed` are all paths there."""
    found: list[Stage] = []
    tracked: list[Output] = []
    metrics: list[str] = []
    params: list[str] = []
    plotted: list[str] = []
    declared: list[Artifact] = []
    asked = list(handed_over)
    for path in sorted(shapes):
        shape = shapes[path]
        if path.endswith(POINTER_SUFFIX):
            stage, outputs = tracked_file(shape, path)
            found += [stage] if stage is not None else []
            tracked += outputs
        elif _is_pipeline(path):
            folder = folder_of(path)
            lock = shapes.get(join(folder, LOCK_FILE))
            own = stages(shape, path, lock=lock, entries=lock_entries(lock))
            found += own
            asked += [handed_over_dataset(stage) for stage in own if any(map(is_dataset, stage.deps))]
            metrics += listed_paths(shape, "metrics", folder)
            params += listed_paths(shape, "params", folder)
            plotted += plots(shape, folder)
            declared += artifacts(shape, folder)
            metrics += [path for path in live_metrics(shape, folder) if path in listed]
    return _without_made(
        Pipeline(
            stages=tuple(with_datasets(found, shapes, lock_entries)),
            tracked=tuple(tracked),
            metrics=tuple(dict.fromkeys(metrics)),
            params=tuple(dict.fromkeys(params)),
            plots=tuple(dict.fromkeys(plotted)),
            artifacts=tuple(declared),
            handed_over=tuple(asked),
            refused=tuple(_refused(shapes)),
        )
    )


def _refused(shapes: Mapping[str, Shape]) -> Iterator[tuple[str, str]]:
    """The files that today's DVC refuses, with what follows in a sentence."""
    for path, shape in shapes.items():
        if path.endswith(POINTER_SUFFIX):
            odd = unknown_keys(shape)
            if odd:
                yield path, f"has the key `{odd[0]}`"
        elif _is_pipeline(path):
            old = of_dvc_2(shape)
            if old is not None:
                yield path, old
        elif join(folder_of(path), PIPELINE_FILE) in shapes and not has_schema(shape):
            yield path, "lacks `schema`"


def _without_made(pipeline: Pipeline) -> Pipeline:
    """The pipeline without stages and data declared inside an output: DVC does not search there."""
    places = {out.path for out in pipeline.outputs}
    files = {stage.file for stage in pipeline.stages} | {out.owner for out in pipeline.tracked}
    made = {file for file in files if any(folder in places for folder in folders_above(file))}
    if not made:
        return pipeline
    return replace(
        pipeline,
        stages=tuple(stage for stage in pipeline.stages if stage.file not in made),
        tracked=tuple(out for out in pipeline.tracked if out.owner not in made),
    )


def _searched(files: Sequence[str], read: Callable[[Sequence[str]], Pipeline]) -> list[str]:
    """The files without those inside an output of a file above them, which DVC does not look at."""
    places: set[str] = set()
    kept: list[str] = []
    for path in sorted(files, key=lambda path: path.count("/")):
        if any(folder in places for folder in folders_above(path)):
            continue
        kept.append(path)
        if not path.endswith(LOCK_FILE):
            with suppress(ConfigError):
                places.update(out.path for out in read([path]).outputs)
    return kept


def _hint(path: str) -> str | None:
    return HINT.format(path=word(path)) if path.endswith(LOCK_FILE) else None


def _wrong(path: str, content: bytes, error: ConfigError) -> ConfigError:
    """A better error for an invalid file, if there is one."""
    conflict = re.search(_CONFLICT, content)
    if conflict is not None:
        name = path if error.location is None else error.location.path
        return _conflict(path, content, name=name, start=conflict.start())
    error.hint = error.hint or _hint(path)
    return error


def _conflict(path: str, content: bytes, *, name: str, start: int) -> ConfigError:
    if path.endswith(LOCK_FILE):
        whole = f"take one whole side with `git checkout --theirs {word(path)}` (or `--ours`)"
        hint = f"{whole}, then run `mlgit run`"
    elif path.endswith(POINTER_SUFFIX):
        hint = (
            f"take one whole side with `git checkout --theirs {word(path)}` (or `--ours`), then "
            "`dvc checkout`; `dvc install` and `*.dvc merge=dvc` in `.gitattributes` have DVC merge them"
        )
    else:
        hint = "edit it, then `git add` it; or take one whole side with `git checkout --theirs` or `--ours`"
    line = content.count(b"\n", 0, start)
    snippet = content.splitlines()[line].decode("utf-8", "replace")
    return ConfigError(
        f"`{name}` has an unresolved merge conflict",
        location=Location(name, line=line + 1, column=1, snippet=snippet, width=len(snippet)),
        hint=hint,
    )


def _no_ignored_lock(tree: Tree, pipelines: Sequence[str], shapes: Mapping[str, Shape]) -> None:
    """Refuse a lock file that Git ignores: DVC does not read it, and no one else gets it."""
    for path in pipelines:
        lock = join(folder_of(path), LOCK_FILE)
        if lock not in shapes and tree.read(lock) is not None and lock not in tree.paths():
            raise ConfigError(
                f"`{lock}` is ignored by Git, so DVC does not read it",
                location=Location(lock),
                hint=f"see `git check-ignore -v {word(lock)}`, remove the pattern and commit it",
            )


def _is_pipeline(path: str) -> bool:
    return path.rpartition("/")[2] == PIPELINE_FILE


def _in_dvc_folder(path: str) -> bool:
    return path.startswith(".dvc/") or "/.dvc/" in path or path.rpartition("/")[2] == POINTER_SUFFIX
