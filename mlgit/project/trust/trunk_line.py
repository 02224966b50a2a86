"""Trunk's line: the commits that its tip was, and whether the rules of another one were ever trunk's."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_parents, is_ancestor, on_the_way
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.trunk import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    def place(self, commit: str) -> int | None:
        """Where a commit is in the line, counted from the oldest; None if it is not there."""
        return self._places.get(commit)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {commit: number for number, commit in enumerate(self._line, 1)}

    def was_tip(self, commit: str) -> bool:
        """Whether trunk's tip was a commit on trunk, or the head of a branch that was merged was.

        No check was about the other commits of a pull request. What trunk was before a person pulled it into
        an own commit is known by the message that git gives such a merge.
        """
        if not self._tips or commit in self._line:
            return True
        merge, _ = self._merge_of(commit)
        if merge is None:
            return False
        parents, _, subject = self._project.git.run_text("show", "-s", "--format=%P%n%s", merge).partition(
            "\n"
        )
        brought = parents.split()[1:]
        if commit in brought:
            return True
        return self._pulls_trunk(subject) and TrunkLine(self._project, brought).was_tip(commit)

    def _pulls_trunk(self, subject: str) -> bool:
        trunk = self._project.trunk
        if trunk is None:
            return False
        name = trunk.ref.removeprefix(HEADS).removeprefix(f"refs/remotes/{self._project.remote}/")
        pulled = f"Merge branch '{name}' of "
        merged = re.match(r"Merge remote-tracking branch '[^'/]+/(.+?)'", subject)
        return subject.startswith(pulled) or (merged is not None and merged[1] == name)

    def had_gates_of(self, commit: str) -> bool:
        """Whether the gates of a commit on trunk are those that trunk had before or after it came there.

        A commit inside a pull request may have any others.
        """
        if not self._tips or commit in self._line:
            return True
        merge, before = self._merge_of(commit)
        return any(self._same(commit, each, [CONFIG_FILE]) for each in (merge, before) if each is not None)

    @cached_property
    def _line(self) -> dict[str, str | None]:
        """Each commit, oldest first, and the one before it."""
        lines = [list(reversed(first_parents(self._project.git, tip))) for tip in self._tips]
        return {each: before for line in lines for each, before in zip(line, [None, *line], strict=False)}

    def _agrees_with_its_merge(self, policy: str, commit: str) -> bool:
        merge, before = self._merge_of(policy)
        if merge is None:
            return False
        rules = (CONFIG_FILE, WAIVERS_FILE)
        return self._same(policy, merge, rules) or (
            before is not None
            and self._same(policy, before, rules)
            and is_ancestor(self._project.git, commit, before)
        )

    def _merge_of(self, commit: str) -> tuple[str | None, str | None]:
        """The commit of the line that brought another one to trunk, and the one before it."""
        later = {each for tip in self._tips for each in on_the_way(self._project.git, commit, tip)}
        merge = next((each for each in self._line if each in later), None)
        return merge, None if merge is None else self._line[merge]

    def _same(self, one: str, other: str, files: Iterable[str]) -> bool:
        trees = self._project.tree(one), self._project.tree(other)
        return all(trees[0].read(file) == trees[1].read(file) for file in files)
