"""mlgit: Git-native MLOps. Versions are tags, gates are YAML, promotion is a push.

`mlgit.get` fetches a model; `mlgit.open` reads a repository. docs/guides/python.md explains both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgit.api import Repository, Tag, get, open  # noqa: A004 (`mlgit.open`)
    from mlgit.api.records import CheckRecord, DiffRecord, MetricsRecord, ModelsRecord
    from mlgit.errors import AnswerNo, ConfigError, MlgitError, StateError, ToolError, UnknownReference

__version__ = "0.1.0.dev0"

__all__ = [
    "AnswerNo",
    "CheckRecord",
    "ConfigError",
    "DiffRecord",
    "MetricsRecord",
    "MlgitError",
    "ModelsRecord",
    "Repository",
    "StateError",
    "Tag",
    "ToolError",
    "UnknownReference",
    "get",
    "open",
]


def __getattr__(name: str) -> object:
    """A public name, which is imported when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'mlgit' has no attribute {name!r}")
    from importlib import import_module

    if name.endswith("Record"):
        module = "mlgit.api.records"
    else:
        module = "mlgit.api" if name in {"Repository", "Tag", "get", "open"} else "mlgit.errors"
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
