"""Working tree: its branch and changes by one `git status`, and its files."""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.git.binary import Git
    from mlgit.adapters.git.sparse import LeftOut
    from mlgit.core.tree import OddEntry


_STATUS = ("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal")
# The marks of files at which git does not look: a small letter for `assume-unchanged`, `S` for
# `skip-worktree`, which a sparse checkout uses, too.
_UNWATCHED = re.compile(rb"(?:^|(?<=\0))[a-zS] ([^\0]+)")
_UNDERWAY = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "MERGE_HEAD": "merge",
    "BISECT_LOG": "bisect",
}
# What the system says of a link that leads to itself, or to a name that is too long for a file.
_NOWHERE = frozenset({errno.ELOOP, errno.ENAMETOOLONG})
_ASSUMED = re.compile(rb"(?:^|(?<=\0))[a-z] ([^\0]+)")


@record
class Head:
    """The commit and branch of the working tree, and the paths that differ from HEAD.

    `commit` is None before the first commit, `branch` None when detached. `ahead` and `behind` are None
    without an existing upstream. `changed` are tracked paths that differ from HEAD (staged or not),
    `untracked` those that git does not track, `conflicted` those in a merge conflict. `deleted` are those of
    `changed` that are gone from the disk and still in the index.
    """

    commit: str | None
    branch: str | None
    upstream: str | None = None
    ahead: int | None = None
    behind: int | None = None
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    conflicted: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def dirty(self) -> bool:
        """Whether a tracked file differs from HEAD."""
        return bool(self.changed or self.conflicted)


def unresolved(root: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of these files below the root that still have the markers of a merge conflict."""
    found = []
    for path in paths:
        with suppress(OSError), open(os.path.join(root, path), "rb") as file:
            if any(line.startswith(b"<<<<<<< ") for line in file):
                found.append(path)
    return tuple(found)


def underway(git_dir: str) -> str | None:
    """What git is in the middle of: `rebase`, `merge`, `cherry-pick`, `revert` or `bisect`."""
    for name, word in _UNDERWAY.items():
        if os.path.exists(os.path.join(git_dir, name)):
            return word
    return None


def start_status(git: Git) -> Callable[[], bytes]:
    """Start `git status` in the background; `parse_status` reads its output."""
    return git.start_in_background(*_STATUS)


def status_of_all(git: Git, paths: Iterable[bytes]) -> bytes:
    """`git status`, as if git looked at these files like at all others; its own index stays as it is."""
    import shutil
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="mlgit-", ignore_cleanup_errors=True) as folder:
        index = os.path.join(folder, "index")
        shutil.copyfile(git.run_text("rev-parse", "--path-format=absolute", "--git-path", "index"), index)
        for option in ("--no-assume-unchanged", "--no-skip-worktree"):
            names = b"".join(b"%s\0" % path for path in paths)
            argv = ("update-index", option, "-z", "--stdin")
            git.run(*argv, stdin=names, env={"GIT_INDEX_FILE": index})
        return git.run(*_STATUS, env={"GIT_INDEX_FILE": index})


def start_listing_files(git: Git) -> Callable[[], bytes]:
    """Start listing every file that git tracks or does not ignore, from the root, each with its mark."""
    return git.start_in_background(
        "ls-files", "-z", "-v", "--cached", "--others", "--exclude-standard", "--full-name", "--", ":/"
    )


def parse_status(output: bytes) -> Head:
    """Parse the output of `git status --porcelain=v2 --branch -z`."""
    head: dict[str, Any] = {"commit": None, "branch": None}
    changed, untracked, conflicted, deleted = [], [], [], []
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    for entry in fields:
        if entry.startswith("# branch.oid ") and not entry.endswith("(initial)"):
            head["commit"] = entry[13:]
        elif entry.startswith("# branch.head ") and not entry.endswith("(detached)"):
            head["branch"] = entry[14:]
        elif entry.startswith("# branch.upstream "):
            head["upstream"] = entry[18:]
        elif entry.startswith("# branch.ab "):
            plus, minus = entry[12:].split(" ")
            head |= {"ahead": int(plus[1:]), "behind": int(minus[1:])}
        elif entry.startswith("1 "):
            changed.append(entry.split(" ", 8)[8])
            deleted += changed[-1:] if entry[3] == "D" else []
        elif entry.startswith("2 "):
            changed += [entry.split(" ", 9)[9], next(fields)]
        elif entry.startswith("u "):
            conflicted.append(entry.split(" ", 10)[10])
        elif entry.startswith("? "):
            untracked.append(entry[2:])
    return Head(
        changed=tuple(changed),
        untracked=tuple(untracked),
        conflicted=tuple(conflicted),
        deleted=tuple(deleted),
        **head,
    )


def read_file(full: str, path: str, *, most_bytes: int | None) -> bytes | None:
    """The bytes of a file, which errors name as `path`; None if it is not a plain file.

    Raises:
        OSError: it cannot be read, or is larger than `most_bytes` (`errno.EFBIG`).
    """
    facts = os.stat(full)
    if not S_ISREG(facts.st_mode):  # opening a pipe would block forever
        return None
    if most_bytes is not None and facts.st_size > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    with open(full, "rb", buffering=0) as file:
        return file.read()


class WorkingTree:
    """The files on disk (a core.tree.Tree) below an absolute root.

    `listing` is the result of `start_listing_files`, if it has been started. What a sparse checkout left out
    (`left_out`) is read from the index.
    """

    def __init__(
        self,
        git: Git,
        root: str,
        *,
        listing: Callable[[], bytes] | None = None,
        left_out: LeftOut | None = None,
    ) -> None:
        self._git = git
        self._root = root
        self._paths: tuple[str, ...] | None = None
        self._folders: dict[str, bool] = {}
        self._listing = listing
        self.left_out = left_out

    @property
    def commit(self) -> None:
        """None: the working tree is not a commit."""
        return

    @property
    def label(self) -> str:
        return "working tree"

    def prepare(self) -> Callable[[], bytes]:
        """Start listing the files in the background."""
        if self._listing is None:
            self._listing = start_listing_files(self._git)
        return self._listing

    def paths(self) -> Sequence[str]:
        if self._paths is None:
            names = self.prepare()().decode("utf-8", "surrogateescape").split("\0")
            self._paths = tuple(sorted({name[2:] for name in names if name}))
        return self._paths

    def head(self, status: bytes) -> Head:
        """Branch and changes by `git status`, with those that it does not see where the files are listed."""
        found = parse_status(status)
        unseen = () if self._listing is None else self.unseen()
        if not unseen:
            return found
        from dataclasses import replace

        return replace(found, changed=tuple(sorted({*found.changed, *unseen})))

    def unseen(self) -> tuple[str, ...]:
        """The changed files at which git does not look (`assume-unchanged`, `skip-worktree`)."""
        listing, sparse = self.prepare()(), self.left_out is not None and self.left_out.is_sparse
        found = sorted({mark[1] for mark in (_ASSUMED if sparse else _UNWATCHED).finditer(listing)})
        if not found:
            return ()
        names = frozenset(os.fsdecode(path) for path in found)
        changed = parse_status(status_of_all(self._git, found)).changed
        return tuple(path for path in changed if path in names)

    def identity(self, path: str) -> tuple[int, int, int, int] | None:
        """Size, times of modification and change in ns, and inode of a file; None for links."""
        full = f"{self._root}/{path}"
        try:
            stat = os.lstat(full)
        except OSError:
            return None
        if not S_ISREG(stat.st_mode) or not self._inside(os.path.dirname(full)):
            return None
        return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino

    def odd_entry(self, path: str) -> OddEntry | None:
        """What the path is in place of a plain file in plain folders; None also if nothing is there."""
        steps = path.split("/")
        for number in range(1, len(steps) + 1):
            place = os.path.join(self._root, *steps[:number])
            if os.path.islink(place):
                return "a symbolic link"
            if os.path.lexists(os.path.join(place, ".git")):
                return "a submodule"
        return "a folder" if os.path.isdir(os.path.join(self._root, path)) else None

    def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """The bytes of a file; None if there is none, or if a link leads outside the repository.

        Raises:
            OSError: there is a file that cannot be read, or is larger than `most_bytes`.
        """
        full = os.path.join(self._root, path)
        if not self._inside(os.path.dirname(full)) or (os.path.islink(full) and not self._link_inside(full)):
            return None
        try:
            return read_file(full, path, most_bytes=most_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return None if self.left_out is None else self.left_out.read(path, most_bytes=most_bytes)
        except IsADirectoryError:
            return None
        except OSError as error:
            if error.errno not in _NOWHERE:
                raise
            return None

    def _inside(self, folder: str) -> bool:
        if folder not in self._folders:
            real, top = os.path.realpath(folder), os.path.realpath(self._root)
            self._folders[folder] = real == top or real.startswith(top + os.sep)
        return self._folders[folder]

    def _link_inside(self, full: str) -> bool:
        # A DVC cache may be outside the repository, with a link to each file.
        real = os.path.realpath(full)
        return self._inside(os.path.dirname(real)) or f"{os.sep}files{os.sep}md5{os.sep}" in real

    def read_many(self, paths: Iterable[str], *, most_bytes: int | None = None) -> Mapping[str, bytes]:
        found = {}
        for path in paths:
            try:
                content = self.read(path, most_bytes=most_bytes)
            except OSError as error:
                if error.errno != errno.EFBIG:
                    raise
                continue
            if content is not None:
                found[path] = content
        return found
