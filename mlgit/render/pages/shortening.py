"""Shortening: cut long lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mlgit.render.page import Page, Span, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    T = TypeVar("T")


class Shortening:
    """Shortens lists, unless `whole`."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def first(self, items: Sequence[T], most: int) -> Sequence[T]:
        """The first items; all if only one would be left out, because "1 more" takes a line as well."""
        return items if self._whole or len(items) <= most + 1 else items[:most]

    def rest(self, items: Sequence[object], most: int, *, indent: int = 2) -> Page:
        """A line that counts the items left out, if any."""
        more = len(items) - len(self.first(items, most))
        return [line(Span(f"and {more} more (-v)", "dim"), indent=indent)] if more else []

    def named(self, names: Sequence[str], most: int, *, between: str = ", ") -> str:
        """The first names in one line, and how many more there are."""
        shown = self.first(names, most)
        more = len(names) - len(shown)
        return between.join(shown) + (f" and {more} more" if more else "")
