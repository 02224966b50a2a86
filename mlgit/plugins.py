"""Plug-ins: rows of mlgit's tables that other distributions add by entry point."""

from __future__ import annotations

from typing import TypeVar

from mlgit.errors import ToolError

T = TypeVar("T")


def plugin(group: str, name: str, kind: type[T]) -> T | None:
    """Load the row that a distribution adds to the table of a group (`mlgit.targets`); None if none does.

    Raises:
        ToolError: it cannot be loaded, it is not a `kind`, or two distributions add the same name.
    """
    from importlib.metadata import entry_points

    found = {each.value: each for each in entry_points(group=group, name=name)}
    if not found:
        return None
    if len(found) > 1:
        clash = f"Two plug-ins add `{name}` to `{group}`"
        raise ToolError(clash, details=tuple(sorted(found)), hint="uninstall one of them")
    ((value, entry_point),) = found.items()
    try:
        row = entry_point.load()
    except Exception as error:
        problem = f"cannot be loaded: {type(error).__name__}: {error}"
        raise _unusable(group, name, problem, value) from error
    if not isinstance(row, kind):
        raise _unusable(group, name, f"is not a `{kind.__module__}.{kind.__qualname__}`", value)
    return row


def _unusable(group: str, name: str, problem: str, value: str) -> ToolError:
    message = f"The plug-in `{name}` of `{group}` {problem}"
    return ToolError(message, details=(value,), hint="update or uninstall it")


def plugin_names(group: str) -> list[str]:
    """The names that installed distributions add to a table, in order; nothing is loaded."""
    from importlib.metadata import entry_points

    return sorted({each.name for each in entry_points(group=group)})
