"""Stated values: what a release states, next to what its commit has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT_OUT = "(left out)"
"""What a release states in place of a secret."""
DIGEST = "sha256"
"""The name of a digest in place of values that would fill the tag."""


class Stated(NamedTuple):
    """A value that a release states, and that of its commit, None if there is none; `known`: Git has it."""

    text: str
    there: str | None
    known: bool = True

    @property
    def differs(self) -> bool:
        return self.known and self.text != self.there

    @property
    def confirmed(self) -> bool:
        return self.known and self.text == self.there

    @property
    def shown(self) -> str:
        """What to print: what the commit has, or the tag's own words as such."""
        if not self.known:
            return f"{self.text} (as its tag states)"
        if not self.differs:
            return self.text
        return f"{'none' if self.there is None else self.there} (its tag states {self.text})"


def compare_stated(
    stated: Mapping[str, str], there: Mapping[str, str], *, complete: bool = False
) -> dict[str, Stated]:
    """Each stated value with that of the commit; `complete` says that `there` lacks none."""
    found = {}
    for name, text in stated.items():
        here = there.get(name)
        if LEFT_OUT in {text, here}:
            found[name] = Stated(text, LEFT_OUT, known=text == LEFT_OUT)
        else:
            found[name] = Stated(text, here, known=here is not None or (complete and name != DIGEST))
    return found
