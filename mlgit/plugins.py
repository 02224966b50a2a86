"""Plug-ins: rows of mlgit's tables that other distributions add by entry point."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from mlgit.errors import MlgitError, ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution, EntryPoint

T = TypeVar("T")
_LONGEST_REASON = 200


def plugin(group: str, name: str, kind: type[T]) -> T | None:
    """Load the row that a distribution adds to the table of a group (`mlgit.targets`); None if none does.

    Raises:
        ToolError: it cannot be loaded, it is not a `kind`, or two distributions add the same name.
    """
    found = {each.value: each for each in _entry_points(group) if each.name == name}
    if not found:
        return None
    if len(found) > 1:
        clash = f"Two plug-ins add `{name}` to `{group}`"
        raise ToolError(clash, details=tuple(sorted(found)), hint="uninstall one of them")
    (entry_point,) = found.values()
    with plugin_failures(group, name, "cannot be loaded"):
        row = entry_point.load()
    if not isinstance(row, kind):
        raise _unusable(group, name, f"is not a `{kind.__module__}.{kind.__qualname__}`")
    return row


@contextmanager
def plugin_failures(group: str, name: str, problem: str) -> Iterator[None]:
    """Turn an exception of a plug-in's code into an error that names the plug-in; mlgit's own errors pass.

    Raises:
        ToolError: the code inside raised something else; `problem` follows the plug-in's name.
    """
    try:
        yield
    except MlgitError:
        raise
    except (Exception, SystemExit) as error:  # a plug-in may raise anything, and must not end mlgit silently
        reason, _, _ = str(error).partition("\n")
        if len(reason) > _LONGEST_REASON:  # jsonschema quotes the whole schema
            reason = f"{reason[:_LONGEST_REASON]}…"
        raise _unusable(group, name, f"{problem}: {type(error).__name__}: {reason}") from error


def _unusable(group: str, name: str, problem: str) -> ToolError:
    message = f"The plug-in `{name}` of `{group}` {problem}"
    addresses = tuple(sorted({each.value for each in _entry_points(group) if each.name == name}))
    return ToolError(message, details=addresses, hint="update or uninstall it")


def plugin_names(group: str) -> list[str]:
    """The names that installed distributions add to a table, in order; nothing is loaded."""
    return sorted({each.name for each in _entry_points(group)})


def _entry_points(group: str) -> list[EntryPoint]:
    """The entry points of a group; of two distributions with one name, the first on the path counts."""
    from importlib.metadata import distributions

    installed = [(each, _points(each, group)) for each in distributions()]
    if not any(points for _, points in installed):
        return []  # names are in the metadata, which is long: read them only if there is a plug-in
    found: list[EntryPoint] = []
    names: set[str] = set()
    for distribution, points in installed:
        try:
            name = distribution.name
        except Exception:  # noqa: BLE001, S112 (damaged metadata)
            continue
        if points is not None and name not in names:
            names.add(name)
            found += points
    return found


def _points(distribution: Distribution, group: str) -> tuple[EntryPoint, ...] | None:
    try:
        return tuple(distribution.entry_points.select(group=group))
    except Exception:  # noqa: BLE001 (damaged metadata of a package that may have nothing to do with mlgit)
        return None
