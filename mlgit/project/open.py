"""Open project: one repository with its remote, trunk and target, and its files and config at a commit."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.objects import CommitTree, Objects
from mlgit.adapters.git.refs import parse_links, parse_refs, resolve_commit, start_listing_refs, trunk_in_ci
from mlgit.adapters.git.sparse import LeftOut
from mlgit.adapters.git.worktree import Head, WorkingTree, start_status
from mlgit.core import trunk as trunks
from mlgit.core.config.file import CONFIG_FILE, Config
from mlgit.core.progress import Progress, Silent
from mlgit.core.record import record
from mlgit.errors import ConfigError
from mlgit.project.remote_commits import has_branches, is_mirror, require_chosen, shows_commits
from mlgit.project.settings import Settings, has_below, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mlgit.adapters.dvc.data.fingerprints import Index
    from mlgit.adapters.dvc.data.listing import Searches
    from mlgit.adapters.git.binary import Git
    from mlgit.core.pipeline.known_models import Declared
    from mlgit.project.prefetch import Prefetch

LOCAL, BRANCHES = "refs/heads/", ("refs/heads", "refs/remotes")


@record
class Branch:
    """The trunk or the target: its full ref name and its commit."""

    ref: str
    commit: str

    @property
    def short(self) -> str:
        """`main` or `origin/main`."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


class Project:
    """One repository; everything is read when it is first needed, and once.

    Folders are absolute, except `prefix`, the user's folder below the root, which is `""` or ends with `/`.
    `git_dir` is this working tree's, `common_dir` the one that all working trees share. `now` is in UTC.
    `started` are running git queries by the property that reads them. In CI, `default_branch` is the forge's.
    """

    def __init__(  # noqa: PLR0913 (all that an Opening finds)
        self,
        git: Git,
        *,
        objects: Objects,
        root: str,
        prefix: str,
        git_dir: str,
        common_dir: str,
        shallow: bool,
        now: datetime,
        started: Mapping[str, Callable[[], bytes]] | None = None,
        default_branch: str | None = None,
        prefetched: Prefetch | None = None,
        progress: Callable[[], Progress] = Silent,
    ) -> None:
        self.git = git
        self.root = root
        self.prefix = prefix
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.shallow = shallow
        self.now = now
        self.default_branch = default_branch
        self.set_aside: frozenset[str] = frozenset()  # tags that this run judges, as if they were not there
        self.change_head: str | None = None  # the pull request's commit, if a forge started this run for one
        self.declared: Declared | None = None  # what trunk will declare, while a merge is looked at
        self.objects = objects
        self.progress = progress
        self._prefetched = prefetched
        self.trunk_is_guessed = False
        self._trees: dict[str, CommitTree] = {}
        self._configs: dict[str | None, Config] = {}
        self._valid_configs: dict[bytes | None, Config] = {}
        self._started = dict(started or {})
        self.left_out = LeftOut(git, git_dir)
        self.worktree = WorkingTree(
            git, root, listing=self._started.pop("paths", None), left_out=self.left_out
        )

    def take_prefetched(self) -> tuple[Index, Searches | None]:
        """The index of files on disk, and the listings started for this run, only once."""
        prefetched, self._prefetched = self._prefetched, None
        if prefetched is not None:
            return prefetched.index, prefetched.searches
        from mlgit.adapters.dvc.data.fingerprints import Index

        return Index(self.git_dir), None

    @cached_property
    def head(self) -> Head:
        """Branch, upstream and changed files."""
        return self.worktree.head((self._started.pop("head", None) or start_status(self.git))())

    @cached_property
    def cache_dir(self) -> str:
        """The folder for this clone's caches; need not exist."""
        return os.path.join(self.common_dir, "mlgit")

    @cached_property
    def remotes(self) -> Mapping[str, str]:
        """Name -> URL of the remotes, from the repository's configuration."""
        output = self.git.try_run("config", "-z", "--get-regexp", r"^remote\..*\.url$").stdout
        remotes: dict[str, str] = {}
        for entry in output.decode("utf-8", "surrogateescape").split("\0"):
            key, _, url = entry.partition("\n")
            if url:
                remotes.setdefault(key.removeprefix("remote.").removesuffix(".url"), url)
        return remotes

    @cached_property
    def settings(self) -> Settings:
        """The remote and the branch of releases that the user names in git's configuration."""
        return read_settings(self.git, git_dir=self.git_dir, common_dir=self.common_dir)

    @cached_property
    def remote(self) -> str | None:
        """The remote for releases, trunk and tags: see `choose_remote`, and `mlgit.remote` above all.

        Raises:
            StateError: `mlgit.remote` names one that is not configured.
        """
        stated = self.settings.remote
        if stated is not None:
            if stated not in self.remotes:
                raise trunks.unknown_remote(stated)
            return stated
        first = {ref.split("/")[2] for ref in self.branches if ref.startswith("refs/remotes/")}
        if first == {"origin"} and not has_below("origin", git_dir=self.git_dir, common_dir=self.common_dir):
            return "origin"  # without asking git for more
        return trunks.choose_remote(
            tuple(self.remotes),
            upstream=None if len(self.remotes) == 1 else self.head.upstream,
            branches=self.branches,
            links=parse_links(self._branch_listing),
            trunk=self.settings.trunk,
        )

    @cached_property
    def branches(self) -> Mapping[str, str]:
        """Full ref name -> commit of local and remote-tracking branches (`<remote>/HEAD` resolved)."""
        return parse_refs(self._branch_listing)

    @cached_property
    def _branch_listing(self) -> bytes:
        return (self._started.pop("branches", None) or start_listing_refs(self.git, *BRANCHES))()

    @cached_property
    def trunk(self) -> Branch | None:
        """The branch that policy is read from.

        It is what `mlgit.trunk` names, in CI the forge, otherwise `<remote>/HEAD`; in CI what the remote
        says, elsewhere `main` or `master`. None if nothing is committed there yet (an unborn trunk), when the
        working tree replaces it, or if `trunk_is_unknown`.

        Raises:
            StateError: it is not known where trunk is; the working tree and other branches do not replace it.
        """
        require_chosen(self)
        here, remote, stated, default = self.trunk_here, self.remote, self.settings.trunk, self.default_branch
        if stated is not None and here is None:
            raise trunks.stated_trunk_missing(stated, remote)
        # Anyone may have pushed another branch named `main`.
        other = here is None or here.ref != f"refs/remotes/{remote}/{default}"
        if stated is None and remote is not None and default is not None and other:
            raise trunks.default_branch_missing(remote, default)
        return here

    @property
    def trunk_is_unknown(self) -> bool:
        """Whether the remote has branches, but none of this clone is known to be trunk."""
        return self.remote is not None and self.trunk is None and self._fetched

    def require_trunk(self) -> None:
        """Refuse a command whose rules are read from trunk.

        Raises:
            StateError: trunk is unknown.
        """
        if self.trunk_is_unknown:
            specs = self.git.try_text("config", "--get-all", f"remote.{self.remote}.fetch") or ""
            raise trunks.unknown_trunk(str(self.remote), refspecs=specs)

    @property
    def _fetched(self) -> bool:
        """Whether the remote has branches in this clone, or is known to have some."""
        return has_branches(self) or shows_commits(self)

    @cached_property
    def trunk_here(self) -> Branch | None:
        """Trunk if its branch is in this clone; None if it is unborn, unknown, or was not fetched."""
        remote, stated, default = self.remote, self.settings.trunk, self.default_branch
        links, fetched = parse_links(self._branch_listing), self._fetched
        refs = partial(trunks.trunk_refs, remote, trunk=stated, default_branch=default, links=links)
        names = refs(fetched=fetched, mirror=is_mirror(self))
        if trunks.is_guess(remote, stated=stated or default, links=links, branches=self.branches):
            asked = trunk_in_ci(self.git, str(remote))
            self.trunk_is_guessed, names = asked is None, names if asked is None else asked
        return next((Branch(ref=r, commit=self.branches[r]) for r in names if r in self.branches), None)

    @cached_property
    def target(self) -> Branch | None:
        """The branch that a change is compared with; locally trunk."""
        return self.trunk

    def set_target(self, name: str) -> None:
        """Use the remote's branch of this name as the target, if it is in this clone."""
        if (ref := f"refs/remotes/{self.remote}/{name}") in self.branches:
            self.__dict__["target"] = Branch(ref=ref, commit=self.branches[ref])

    def tree(self, commit: str | None) -> WorkingTree | CommitTree:
        """The files at a commit (full id); None means the working tree."""
        if commit is None:
            return self.worktree
        if commit not in self._trees:
            self._trees[commit] = CommitTree(self.git, self.objects, commit)
        return self._trees[commit]

    def config(self, commit: str | None) -> Config:
        """`mlgit.yaml` at a commit; None means the working tree.

        Raises:
            ConfigError: it is invalid.
        """
        if commit not in self._configs:
            from mlgit.adapters.config.loader import load

            content = self.policy_file(commit, CONFIG_FILE)
            if content not in self._valid_configs:
                name = CONFIG_FILE if commit is None else f"{commit[:7]}:{CONFIG_FILE}"
                self._valid_configs[content] = load(content, name=name, cache_dir=self.cache_dir)
            self._configs[commit] = self._valid_configs[content]
        return self._configs[commit]

    def policy_file(self, commit: str | None, path: str) -> bytes | None:
        """The content of a file of rules; None if there is none.

        Raises:
            ConfigError: it is a link or the like.
        """
        tree = self.tree(commit)
        if (odd := tree.odd_entry(path)) is not None:
            from mlgit.project.valid_rules import not_a_plain_file

            raise not_a_plain_file(path, commit, odd)
        return tree.read(path)

    def set_config(self, config: Config) -> None:
        """Use this as the working tree's `mlgit.yaml`, which is not written yet."""
        self._configs[None] = config

    @property
    def trunk_config(self) -> Config:
        """`mlgit.yaml` on trunk, its last valid one, or in the working tree if trunk is unborn."""
        try:
            return self.config(None if self.trunk is None else self.trunk.commit)
        except ConfigError:
            if self.last_valid_rules is None:
                raise
            return self.config(self.last_valid_rules)

    @cached_property
    def last_valid_rules(self) -> str | None:
        """Where the rules on trunk are invalid, its newest commit with valid ones; None if there is none."""
        from mlgit.project.valid_rules import last_valid

        return None if self.trunk is None else last_valid(self.git, self.trunk.commit, self.config)

    def commit(self, revision: str) -> str | None:
        """The full id of the commit that a plain Git revision names; None if there is none."""
        return resolve_commit(self.objects, revision)

    def take_started(self, name: str) -> Callable[[], bytes] | None:
        """Take a git query that already runs; None if it was not started, was taken, or refs moved since."""
        return self._started.pop(name, None)

    def forget_refs(self) -> None:
        """Read branches and trunk again; call it after fetching or moving them."""
        self._started.clear()
        read = ("head", "_branch_listing", "branches", "trunk", "trunk_here", "target", "last_valid_rules")
        for name in read:
            self.__dict__.pop(name, None)

    def close(self) -> None:
        self.objects.close()
        self.git.close()
