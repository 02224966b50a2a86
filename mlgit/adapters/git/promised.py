"""Promised objects: fetch those that a partial clone lacks at once; git alone fetches one at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Promised:
    """The objects of some commits that this clone lacks; none in a complete clone.

    `config` is the path of the repository's configuration, which says whether the clone is partial.
    """

    def __init__(self, git: Git, config: str) -> None:
        self._git = git
        self._config = config
        self._absent: set[str] = set()

    def note_absent(self, commits: Collection[str]) -> None:
        """Note the absent objects of these commits; the commit objects themselves are here."""
        if not commits or not self._remote:
            return
        listing = self._git.run(
            *("rev-list", "--objects", "--no-object-names", "--no-walk", "--missing=print", "--stdin"),
            stdin="".join(f"{commit}\n" for commit in commits).encode(),
        )
        self._absent.update(line[1:] for line in listing.decode().splitlines() if line.startswith("?"))

    def fetch(self, oids: Iterable[str]) -> bool:
        """Fetch those of these objects that are absent; returns whether there were any.

        Raises:
            ToolError: the remote does not answer or lacks them.
        """
        wanted = sorted(self._absent.intersection(oids)) if self._absent else []
        if not wanted:
            return False
        try:
            self._git.run(
                *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"),
                *("--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no"),
                *("--filter=blob:none", "--stdin", self._remote),
                stdin="".join(f"{oid}\n" for oid in wanted).encode(),
            )
        except GitFailed as error:
            raise ToolError(
                f"git could not fetch the {len(wanted)} objects that this partial clone left behind",
                details=error.details,
                hint=f"check the network and the credentials of the remote `{self._remote}`",
            ) from error
        self._absent.difference_update(wanted)
        return True

    @cached_property
    def _remote(self) -> str:
        """The remote that promised to keep the missing objects; empty if there is none."""
        try:
            with open(self._config, "rb") as file:
                if b"promisor" not in file.read().lower():
                    return ""
        except OSError:
            return ""
        listing = self._git.try_run("config", "--type=bool", "--get-regexp", r"^remote\..*\.promisor$").stdout
        for line in listing.decode("utf-8", "surrogateescape").splitlines():
            key, _, value = line.rpartition(" ")
            if value == "true":
                return key.removeprefix("remote.").removesuffix(".promisor")
        return ""
