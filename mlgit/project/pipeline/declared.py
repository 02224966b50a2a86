"""Declared: the files of metrics and parameters that a pipeline or mlgit.yaml declares."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.core.globs import glob_pattern, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mlgit.core.config.file import Config
    from mlgit.core.pipeline.stages import Pipeline

DVCLIVE = "dvclive/metrics.json"
"""The metric file that DVCLive writes without declaring it."""


def metric_globs(config: Config) -> tuple[str, ...]:
    return tuple(glob for model in config.models.values() for glob in model.metrics or ())


def added_globs(config: Config, known: Config) -> tuple[str, ...]:
    """The globs of a config that another one lacks: an old version may have files that only trunk's names."""
    return tuple(glob for glob in metric_globs(config) if glob not in metric_globs(known))


def matching(globs: Iterable[str], known: Callable[[], Sequence[str]]) -> Iterator[str]:
    """The known paths that match; a glob without wildcards is a path, even if nothing is there.

    Of results that differ only in a time in their names, the latest. `known` is called only if there is a
    glob.
    """
    paths: Sequence[str] = ()
    for glob in globs:
        paths = paths or known()
        pattern = glob_pattern(glob)
        matched = latest(path for path in paths if pattern.fullmatch(path))
        yield from matched or ([glob] if not set(glob) & set("*?[") else [])


def param_keys(pipeline: Pipeline) -> dict[str, tuple[str, ...] | None]:
    """Parameter file -> the dotted keys that stages depend on, None for all."""
    found: dict[str, tuple[str, ...] | None] = {}
    for stage in pipeline.stages:
        for path, keys in stage.params.items():
            before = found.get(path, ())
            found[path] = None if keys is None or before is None else (*before, *keys)
    return found | dict.fromkeys(pipeline.params)


def record_file(owner: str) -> str:
    """The file that records the outputs of a stage (by address) or of a .dvc file."""
    if owner.endswith(".dvc"):
        return owner
    return posixpath.join(posixpath.dirname(owner.rpartition(":")[0]), "dvc.lock")


def outside(path: str) -> bool:
    """Whether a path from the root leaves the repository; DVC does not read such metrics either."""
    return path.startswith(("/", "../")) or "://" in path
