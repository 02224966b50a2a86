"""Trunk's line: the commits that its tip was, and whether the rules of another one were ever trunk's."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_parents, is_ancestor, on_the_way
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.project.open import Project


class TrunkLine:
    """The first parents of trunk's tips, read once and only if something asks."""

    def __init__(self, project: Project, tips: Sequence[str]) -> None:
        self._project = project
        self._tips = tips
        self._answers: dict[tuple[str, str], bool] = {}

    def had_rules_of(self, policy: str, commit: str) -> bool:
        """Whether trunk had the rules of `policy` when `commit` was there; both are on trunk.

        `git pull` makes former tips of trunk the second parents of a merge, like the commits of a pull
        request. Such a commit counts if its rules are those of the merge, or those before it for what was
        on trunk before it.
        """
        if not self._tips or policy in self._line:
            return True
        asked = (policy, commit)
        if asked not in self._answers:
            self._answers[asked] = self._agrees_with_its_merge(policy, commit)
        return self._answers[asked]

    @cached_property
    def _line(self) -> dict[str, str | None]:
        """Each commit, oldest first, and the one before it."""
        lines = [list(reversed(first_parents(self._project.git, tip))) for tip in self._tips]
        return {each: before for line in lines for each, before in zip(line, [None, *line], strict=False)}

    def _agrees_with_its_merge(self, policy: str, commit: str) -> bool:
        git = self._project.git
        later = {each for tip in self._tips for each in on_the_way(git, policy, tip)}
        merge = next((each for each in self._line if each in later), None)
        if merge is None:
            return False
        before = self._line[merge]
        return self._same_rules(policy, merge) or (
            before is not None and self._same_rules(policy, before) and is_ancestor(git, commit, before)
        )

    def _same_rules(self, one: str, other: str) -> bool:
        trees = self._project.tree(one), self._project.tree(other)
        return all(trees[0].read(file) == trees[1].read(file) for file in (CONFIG_FILE, WAIVERS_FILE))
