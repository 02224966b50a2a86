"""Refs: list names and object ids, resolve revisions, and compare commits."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.core.record import NamedTuple
from mlgit.core.trunk import head_of
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgit.adapters.git.objects import Objects

_FIRST_PARENTS: WeakKeyDictionary[Git, dict[str, list[str]]] = WeakKeyDictionary()
_MERGE_BASES: WeakKeyDictionary[Git, dict[tuple[str, str], tuple[str, ...]]] = WeakKeyDictionary()
_NETWORK_TIMEOUT_S = 20
_LISTING = ("for-each-ref", "--format=%(refname) %(objectname) %(symref)")


def list_refs(git: Git, *patterns: str) -> Mapping[str, str]:
    """Full ref name -> object id for refs that match `patterns` (`refs/tags/m@*`), sorted by name.

    git prints names and ids only: with contents, listing 10,000 tags would take far more than 10 ms.
    """
    return parse_refs(git.run(*_LISTING, *patterns))


def start_listing_refs(
    git: Git, *patterns: str, warned: Callable[[bytes], None] | None = None
) -> Callable[[], bytes]:
    """Start the same query in the background; its output is for `parse_refs`, git's warnings for `warned`."""
    return git.start_in_background(*_LISTING, *patterns, warned=warned)


def parse_refs(listing: bytes) -> Mapping[str, str]:
    """Full ref name -> object id."""
    return {name: oid for name, oid, _ in _parsed(listing)}


def parse_links(listing: bytes) -> Mapping[str, str]:
    """Full name of a symbolic ref (`<remote>/HEAD`) -> the ref that it points to."""
    return {name: other for name, _, other in _parsed(listing) if other}


def _parsed(listing: bytes) -> Iterator[list[str]]:
    # Not `splitlines`: ref names may hold characters that Unicode treats as line breaks.
    return (line.split(" ") for line in listing.decode("utf-8", "surrogateescape").split("\n") if line)


def split_listing(listing: bytes, *folders: str) -> tuple[bytes, bytes]:
    """Split a listing, which is sorted by name, before the first ref of these folders."""
    lines = b"\n" + listing
    starts = [lines.find(f"\n{folder}".encode()) for folder in folders]
    start = min((start for start in starts if start >= 0), default=len(listing))
    return listing[:start], listing[start:]


def parents(objects: Objects, commit: str) -> list[str]:
    """The parents that the commit object names, including those that a shallow clone lacks."""
    found = objects.get(commit)
    header = b"" if found is None else found.content.partition(b"\n\n")[0]
    return [line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent ")]


def resolve_commit(objects: Objects, revision: str) -> str | None:
    """The full id of the commit that a plain Git revision names; None if there is none. `-` is `@{-1}`."""
    if not revision or "\0" in revision or "\n" in revision:
        return None
    revision = "@{-1}" if revision == "-" else revision
    if "@{" in revision or revision.startswith(":/"):
        # `cat-file` ends if there is no upstream or no such old entry, and takes all of `:/…` as text.
        spec = revision if revision.startswith(":/") else f"{revision}^{{commit}}"
        return objects.git.try_text("rev-parse", "--verify", "--quiet", "--end-of-options", spec) or None
    found = objects.get(f"{revision}^{{commit}}")
    return None if found is None else found.oid


def count_commits(git: Git, old: str, new: str) -> int:
    """The number of commits that are reachable from `new` and not from `old`."""
    return int(git.run_text("rev-list", "--count", f"{old}..{new}"))


def commits_between(git: Git, old: str, new: str) -> list[str]:
    """The commits that are reachable from `new` and not from `old`, newest first."""
    return git.run_text("rev-list", f"{old}..{new}").split()


def first_parents(git: Git, tip: str) -> list[str]:
    """A commit, its first parent, the first parent of that, and so on."""
    known = _FIRST_PARENTS.setdefault(git, {})
    if tip not in known:
        known[tip] = git.run_text("rev-list", "--first-parent", tip).split()
    return known[tip]


class Step(NamedTuple):
    """A commit's parents and the first line of its message."""

    parents: tuple[str, ...]
    subject: str


def on_the_way(git: Git, old: str, tips: Sequence[str]) -> dict[str, Step]:
    """The commits that are reachable from `tips` and that `old` is reachable from, without `old`."""
    options = ("--ancestry-path", "--no-commit-header", "--format=%H %P%x09%s")
    lines = git.run_text("rev-list", *options, *tips, f"^{old}").split("\n")
    found: dict[str, Step] = {}
    for line in filter(None, lines):
        commits, _, subject = line.partition("\t")
        commit, *parents = commits.split()
        found[commit] = Step(tuple(parents), subject)
    return found


def is_rewritten(git: Git, branch: str, *, old: str, new: str) -> bool:
    """Whether the branch was at `old` until a rebase or an amended commit replaced what it had.

    Its reflog has `old`, and each commit that `new` lacks has another form there, by author and date: what
    someone else committed is not among them.
    """
    was_at = git.try_text("rev-list", "--walk-reflogs", f"refs/heads/{branch}", "--") or ""
    if old not in was_at.split():
        return False
    sides: dict[str, Counter[str]] = {"<": Counter(), ">": Counter()}
    options = ("--left-right", "--no-commit-header", "--format=%m%at %ae")
    for line in filter(None, git.run_text("rev-list", *options, f"{old}...{new}", "--").split("\n")):
        sides[line[0]][line[1:]] += 1
    return bool(sides["<"]) and not sides["<"] - sides[">"]


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old` is `new` or an ancestor of it; False if this clone does not have `old`.

    Raises:
        GitFailed: git failed, for example because the repository is damaged.
    """
    try:
        git.run("merge-base", "--is-ancestor", old, new)
    except GitFailed as error:
        # git 2.39 also exits with 1 if it cannot read a commit in between. It prints errors for less, such as
        # a missing alternate; whether it can walk the history decides.
        no = error.status == 1
        if no and (
            "error: " not in error.stderr or not git.try_run("rev-list", "--quiet", new, f"^{old}").returncode
        ):
            return False
        if git.try_run("cat-file", "-e", f"{old}^{{commit}}").returncode:
            return False
        raise
    return True


def committed_s(git: Git, commit: str) -> int:
    """The date of a commit, as seconds since the epoch."""
    return int(git.run_text("log", "-1", "--format=%ct", commit))


def came_s(git: Git, commit: str, *, now_s: float) -> int:
    """When a commit of a branch came there at the earliest, as seconds since the epoch.

    Its own date is that of its author, who may have dated it back; those before it were there already. A
    date that is yet to come is of a clock that is wrong, and says nothing.
    """
    dates = git.run_text("log", "--first-parent", "-n", "500", "--format=%ct", commit).split()
    return max((date for date in map(int, dates) if date <= now_s), default=0)


def trunk_in_ci(git: Git, remote: str) -> tuple[str, ...] | None:
    """The ref of what the remote says is its default branch; empty without an answer, None outside of CI.

    On a person's machine no remote is asked: reading works without a network there.
    """
    from mlgit.core.registry.completeness import in_ci

    if not in_ci(os.environ):
        return None
    name = default_branch_at(git, remote)
    return () if name is None else (f"refs/remotes/{remote}/{name}",)


def default_branch_at(git: Git, remote: str) -> str | None:
    """The default branch by the remote's own word; None if it does not answer or names none."""
    try:
        output = git.run("ls-remote", "--symref", remote, "HEAD", timeout_s=_NETWORK_TIMEOUT_S)
    except ToolError:
        return None
    return head_of(output.decode("utf-8", "surrogateescape"))


def first_after(git: Git, commit: str, others: Sequence[str]) -> str | None:
    """The first of `others` that has `commit` among its ancestors; one walk answers for all of them."""
    wanted = [each for each in dict.fromkeys(others) if each != commit]
    walked = _walked(git, commit, wanted)
    if walked is not None and f"-{commit}" not in walked:
        return None
    return next((each for each in wanted if is_ancestor(git, commit, each)), None)


def not_behind(git: Git, commit: str, others: Sequence[str]) -> list[str]:
    """Those of `others` that are not ancestors of `commit`: they come after it, or are on another branch."""
    wanted = [each for each in dict.fromkeys(others) if each != commit]
    walked = _walked(git, commit, wanted)
    if walked is None:
        return [each for each in wanted if not is_ancestor(git, each, commit)]
    return [each for each in wanted if each in walked]


def _walked(git: Git, commit: str, wanted: Sequence[str]) -> frozenset[str] | None:
    """The commits that are behind others and not behind this one; with `-`, where these walks end.

    None if one of them is not here.
    """
    if not wanted:
        return frozenset()
    query = "".join(f"{each}\n" for each in (*wanted, f"^{commit}"))
    try:
        return frozenset(git.run("rev-list", "--boundary", "--stdin", stdin=query.encode()).decode().split())
    except GitFailed:
        return None


def merge_bases(git: Git, one: str, other: str) -> tuple[str, ...]:
    """The best common ancestors of two full commit ids; several if branches merged each other."""
    known = _MERGE_BASES.setdefault(git, {})
    key = (one, other)
    if not known.get(key):
        known[key] = tuple((git.try_text("merge-base", "--all", one, other) or "").split())
    return known[key]


def cut_commits(common_dir: str) -> frozenset[str]:
    """The commits of a shallow clone whose parents are not here."""
    try:
        with open(os.path.join(common_dir, "shallow"), encoding="ascii") as file:
            return frozenset(file.read().split())
    except OSError:
        return frozenset()


def merged_tree(git: Git, git_dir: str, ours: str, theirs: str) -> tuple[str, frozenset[str]] | None:
    """The tree that git makes of a merge of two commits, and the paths in it that conflict.

    None if git cannot say: it is older than 2.38, may not write objects, or the histories are unrelated.
    Like a forge, it merges outside of the working tree, whose attributes could let any file conflict.
    """
    merge = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
    done = git.try_run("-C", git_dir, f"--git-dir={git_dir}", *merge)
    tree, *paths = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return (tree, frozenset(filter(None, paths))) if done.returncode in {0, 1} and tree else None


def moved_at_s(git: Git, ref: str) -> int | None:
    """When this clone last moved a ref, in epoch seconds, by its reflog; None without a reflog."""
    entry = git.try_text("log", "--walk-reflogs", "-1", "--format=%gd", "--date=unix", ref, "--")
    seconds = (entry or "").rpartition("@{")[2].removesuffix("}")
    return int(seconds) if seconds.isascii() and seconds.isdigit() else None
