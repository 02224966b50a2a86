"""Trunk's line: the commits that its tip was, and whether the rules of another one were ever trunk's."""

from __future__ import annotations

import re
from functools import cached_property, partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import first_parents, is_ancestor, merge_bases, on_the_way
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.record import NamedTuple
from mlgit.core.trunk import HEADS, MAIN_NAMES
from mlgit.core.trust.rules import Brought
from mlgit.core.wording import word, words
from mlgit.project.trust.merged_heads import Sides, files_at, model_at, took_model

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.adapters.git.refs import Step
    from mlgit.project.open import Project

_COMMITTED = re.compile(rb"(?m)^committer .*> ?(-?\d+)")
_NEXT = 20
"""So many commits after a merge that cannot be read are tried."""
_RECORD = "Record that trunk was at "


class _Way(NamedTuple):
    """How a commit came to trunk: the commits between, those that trunk's tip was, and what brought it.

    `pulled`: trunk's tip was the commit itself, and a merge made it another parent than the first. `heads`
    are those of the branches that were merged, each with its merges.
    """

    steps: Mapping[str, Step]
    pulled: bool
    heads: Mapping[str, Sequence[str]]
    merges: tuple[str, ...]


class TrunkLine:
    """The first parents of trunk's tips, read once and only if something asks.

    No check was about a commit inside a pull request. What trunk was before someone pulled it into an own
    commit, or into a branch that trunk then went forward to, is known by the message that git gives such a
    merge.
    """

    def __init__(self, project: Project, tips: Sequence[str]) -> None:
        self._project = project
        self._tips = tips
        self._ways: dict[str, _Way] = {}

    def had_rules_of(self, policy: str, commit: str) -> bool:
        """Whether trunk had the rules of `policy` when `commit` was there; both are on trunk.

        A commit that trunk's tip never was counts if its rules are those of the merge that brought it, or
        those before that merge for what was on trunk before it.
        """
        if self._is_in_line(policy):
            return True
        rules = (CONFIG_FILE, WAIVERS_FILE)
        return any(
            self._same(policy, merge, rules)
            or (self._same(policy, before, rules) and is_ancestor(self._project.git, commit, before))
            for merge, before in self._merges_of(policy)
        )

    def had_gates_of(self, commit: str) -> bool:
        """Whether the gates of a commit on trunk are those that trunk had before or after it came there.

        A commit inside a pull request may have any others.
        """
        if self._is_in_line(commit):
            return True
        around = {each for pair in self._merges_of(commit) for each in pair}
        return any(self._same(commit, each, [CONFIG_FILE]) for each in around)

    def was_tip(self, commit: str) -> bool:
        """Whether trunk's tip was a commit on trunk, or the head of a branch that was merged was."""
        return self._is_in_line(commit) or commit in self._way(commit).heads

    def had_model_of(self, model: str, commit: str) -> bool:
        """Whether trunk had a model as it is at a commit where its tip was, or that was a branch's head."""
        if self._is_in_line(commit):
            return True
        way = self._way(commit)
        sides = Sides(
            tree=self._tree,
            files=partial(files_at, self._project),
            model=partial(model_at, self._project, model),
            bases=partial(merge_bases, self._project.git),
            had=partial(self.had_model_of, model),
            after=self._after,
        )
        merges = way.heads.get(commit, ())
        return any(took_model(commit, each, way.steps[each].parents[0], sides) for each in merges)

    def brought(self, commit: str) -> Brought | None:
        """The merge that brought a commit to trunk whose tip never was there, as far as git shows."""
        if self._is_in_line(commit):
            return None
        steps, merges = self._way(commit).steps, self._way(commit).merges
        if not merges:
            return None
        merge = steps[merges[0]]
        tip = commit
        if _may_merge_trunk(merge.subject, self._names):
            pulled = (each for each in merge.parents[1:] if commit in _first_parents(each, steps))
            tip = next(pulled, commit)
        return Brought(merges[0], tip, self._record(tip, merge.subject))

    def place(self, commit: str) -> float | None:
        """Where a commit is among those that trunk's tip was, counted from the oldest; None if it is not.

        What was pulled comes before the merge that pulled it.
        """
        if commit in self._places or not self._tips or not self._is_in_line(commit):
            return self._places.get(commit)
        steps = self._way(commit).steps
        merge = min((each for each in steps if each in self._places), key=self._places.__getitem__)
        between = len(_before(merge, steps))
        return self._places[merge] - between / (between + 1)

    def committed_s(self, commit: str) -> float:
        """When the tip of trunk became a commit, at the earliest, in epoch seconds."""
        found = self._project.objects.get(commit)
        times = None if found is None else _COMMITTED.search(found.content.partition(b"\n\n")[0])
        return 0.0 if times is None else float(times[1])

    @cached_property
    def _places(self) -> dict[str, int]:
        lines = [list(reversed(first_parents(self._project.git, tip))) for tip in self._tips]
        commits = dict.fromkeys(each for line in lines for each in line)
        return {commit: number for number, commit in enumerate(commits, 1)}

    def _after(self, commit: str) -> list[str]:
        """The next commits that trunk's tip was, the oldest first."""
        line = sorted(self._places, key=self._places.__getitem__)
        place = self._places.get(commit)
        return [] if place is None else line[place : place + _NEXT]

    def _is_in_line(self, commit: str) -> bool:
        return not self._tips or commit in self._places or self._way(commit).pulled

    def _merges_of(self, commit: str) -> list[tuple[str, str]]:
        """The merges that brought a commit to trunk, each with the commit before it."""
        way = self._way(commit)
        return [(merge, way.steps[merge].parents[0]) for merge in way.merges]

    def _way(self, commit: str) -> _Way:
        if commit not in self._ways:
            steps = on_the_way(self._project.git, commit, self._tips)
            line = self._line_in(steps)
            heads: dict[str, list[str]] = {}
            for merge in reversed(steps):
                for head in steps[merge].parents[1:] if merge in line else ():
                    heads.setdefault(head, []).append(merge)
            merges = (each for each in reversed(steps) if each in line)
            bring = (each for each in merges if steps[each].parents[0] not in {commit, *steps})
            self._ways[commit] = _Way(steps, commit in line, heads, tuple(bring))
        return self._ways[commit]

    def _line_in(self, steps: Mapping[str, Step]) -> frozenset[str]:
        """The commits that trunk's tip was, as far as these reach, and their parents in the line."""
        found: set[str] = set()
        left = list(self._tips)
        while left:
            commit = left.pop()
            step = steps.get(commit)
            if commit not in found and step is not None:
                left += step.parents if self._pulls_trunk(step.subject) else step.parents[:1]
            found.add(commit)
        return frozenset(found)

    @cached_property
    def _name(self) -> str | None:
        """The name of trunk's branch on its remote, or here if there is none."""
        trunk = self._project.trunk
        if trunk is None:
            return None
        return trunk.ref.removeprefix(HEADS).removeprefix(f"refs/remotes/{self._project.remote}/")

    @property
    def _names(self) -> Collection[str]:
        """The names that trunk's branch has or, before it was renamed, may have had."""
        if self._name is None:
            return ()
        return MAIN_NAMES if self._name in MAIN_NAMES else (self._name,)

    def _pulls_trunk(self, subject: str) -> bool:
        """Whether git gives this message to a merge of trunk into another branch, or into an own commit.

        A forge puts the name of the branch that it merges into in quotes, and anyone's is named `main`.
        """
        name = self._name
        if name is None:
            return False
        if any(subject.startswith(f"Merge branch '{each}' of ") for each in self._names):
            return True
        if subject.startswith(_RECORD):
            return True
        remote_tracking = r"Merge remote-tracking branch '(?:refs/remotes/)?[^'/]+/(.+?)'"
        into_another = rf"Merge branch '({re.escape(name)})' into (?!{re.escape(name)}$)[^\s']+"
        merged = re.match(remote_tracking, subject) or re.fullmatch(into_another, subject)
        return merged is not None and merged[1] == name

    def _record(self, commit: str, merged: str) -> str | None:
        """The command that records on trunk that its tip was there; None if a branch was merged there."""
        trunk, name, remote = self._project.trunk, self._name, self._project.remote
        if trunk is None or name is None:
            return None
        if _merges_a_branch(merged, name) and not _may_merge_trunk(merged, self._names):
            return None
        # A tag may have any name, also a short id's, but git takes a whole id for nothing else.
        merge = ("git", "commit-tree", "-p", trunk.commit, "-p", commit, "-m", f"{_RECORD}{commit}")
        made = words((*merge, f"{trunk.commit}^{{tree}}"))
        if remote is None:
            return f'git update-ref {word(trunk.ref)} "$({made})"'
        return f'git push {word(remote)} "$({made})"{word(f":{HEADS}{name}")}'

    def _tree(self, commit: str) -> str:
        found = self._project.objects.get(f"{commit}^{{tree}}")
        return commit if found is None else found.oid

    def _same(self, one: str, other: str, files: Iterable[str]) -> bool:
        trees = self._project.tree(one), self._project.tree(other)
        return all(trees[0].read(file) == trees[1].read(file) for file in files)


def _merges_a_branch(subject: str, trunk: str) -> bool:
    """Whether forges and git give this message to a merge of a branch into trunk."""
    into = rf"(?: into (?:{re.escape(trunk)}|'{re.escape(trunk)}'))?"
    return re.match(rf"Merge pull request |Merge branch '[^']+'{into}$", subject) is not None


def _may_merge_trunk(subject: str, names: Collection[str]) -> bool:
    """Whether a forge gives this message to a merge of trunk, or of a fork's branch with its name."""
    trunk = "|".join(map(re.escape, names))
    pull_request = rf"Merge pull request .*from (?:[^\s/:]+[/:])?(?:{trunk})"
    elsewhere = rf"'?(?!(?:{trunk})'?$)\S+"
    patterns = (
        rf"{pull_request}(?: (?:into|to) {elsewhere})?",
        rf"Merge branch '(?:{trunk})' into {elsewhere}",
    )
    return any(re.fullmatch(each, subject) for each in patterns)


def _first_parents(commit: str, steps: Mapping[str, Step]) -> Collection[str]:
    """A commit and its first parents, as far as these reach."""
    found = [commit]
    while (step := steps.get(found[-1])) is not None:
        found.append(step.parents[0])
    return found


def _before(commit: str, steps: Mapping[str, Step]) -> Collection[str]:
    """A commit and those of these that are before it."""
    found: set[str] = set()
    left = [commit]
    while left:
        each = left.pop()
        if each in steps and each not in found:
            found.add(each)
            left += steps[each].parents
    return found
