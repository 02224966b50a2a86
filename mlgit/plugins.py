"""Plug-ins: rows of mlgit's tables that other distributions add by entry point."""

from __future__ import annotations

from typing import TypeVar

from mlgit.errors import ToolError

T = TypeVar("T")


def plugin(group: str, name: str, kind: type[T]) -> T | None:
    """Load the row that an installed distribution adds to a table; None if no one does.

    Args:
        group: the entry-point group of the table, for example `mlgit.targets`.
        name: the row's name.
        kind: the class of the table's rows.

    Raises:
        ToolError: it cannot be loaded, it is not a `kind`, or two distributions add the same name.
    """
    from importlib.metadata import entry_points

    found = {each.value: each for each in entry_points(group=group, name=name)}
    if not found:
        return None
    if len(found) > 1:
        raise ToolError(
            f"Two plug-ins add `{name}` to `{group}`",
            details=tuple(sorted(found)),
            hint="uninstall one of them",
        )
    ((value, entry_point),) = found.items()
    try:
        row = entry_point.load()
    except Exception as error:
        raise ToolError(
            f"The plug-in `{name}` of `{group}` cannot be loaded: {type(error).__name__}: {error}",
            details=(value,),
            hint="update or uninstall it",
        ) from error
    if not isinstance(row, kind):
        raise ToolError(
            f"The plug-in `{name}` of `{group}` is not a `{kind.__module__}.{kind.__qualname__}`",
            details=(value,),
            hint="update or uninstall it",
        )
    return row


def plugin_names(group: str) -> list[str]:
    """The names that installed distributions add to a table, in order; nothing is loaded."""
    from importlib.metadata import entry_points

    return sorted({each.name for each in entry_points(group=group)})
