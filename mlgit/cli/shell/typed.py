"""Typed: the command line as it was typed, and the same one with something added: what a hint says to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.errors import MlgitError

_MOST = 5  # commands of one hint


class Typed:
    """The words of a command line: those up to the command's name, and its own; `known` are its options."""

    def __init__(self, start: Sequence[str], own: Sequence[str], known: Collection[str]) -> None:
        self._start = tuple(start)
        self._own = list(own)
        self._known = frozenset(known)

    def answer(self, *option: str) -> None:
        """Count an option as typed whose value was asked for."""
        self._own = self._with(option)

    def takes(self, options: Sequence[Sequence[str]]) -> bool:
        """Whether the command has these options."""
        return all(option[0] in self._known for option in options)

    def again(self, *options: Sequence[str], first: str | None = None) -> str:
        """The command with these options, each in the place of the same one; `first` is its argument."""
        own = self._own
        for option in options:
            own = self._with(option, own)
        return words((*self._start, *(() if first is None else (first,)), *own))

    def instead(self, own: Sequence[str]) -> str:
        """The command with other words of its own."""
        return words((*self._start, *own))

    def _with(self, option: Sequence[str], own: Sequence[str] | None = None) -> list[str]:
        """The words with this option, after the others; it is before a `--`."""
        name, *value = option
        given = list(self._own if own is None else own)
        end = given.index("--") if "--" in given else len(given)
        kept, rest = given[:end], given[end:]
        if name in kept and value and kept.index(name) + 1 < len(kept):
            at = kept.index(name) + 1
            return [*kept[:at], *value, *kept[at + 1 :], *rest]
        kept = [each for each in kept if each != name and not each.startswith(f"{name}=")]
        return [*kept, name, *value, *rest]


def named(typed: Typed, names: Sequence[str], *options: Sequence[str]) -> str:
    """The hint to name one of several models: a command for each of a few."""
    if len(names) > _MOST:
        return f"name it: `{typed.again(*options, first='MODEL')}`"
    return "run " + " or ".join(f"`{typed.again(*options, first=name)}`" for name in names)


def complete(error: MlgitError, typed: Typed | None) -> None:
    """Write the command to run again into the hint as it was typed, with what it needs in addition."""
    again = error.again
    if again is not None and error.hint is not None and typed is not None and typed.takes(again.options):
        error.hint = error.hint.replace(again.text, f"`{typed.again(*again.options)}`")
