"""Team: a repository on a forge, the actions of people in a clone, and the results that others see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import branches

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.forge.hosts import Host
    from tests.support.forge import FakeForge
    from tests.support.git_server import GitServer
    from tests.support.shell import Folder

REPOSITORY = "acme/tumor"


@dataclass(frozen=True, slots=True)
class Team:
    """A repository on a forge and Ada's clone of it; deployments go to `served`."""

    work: Folder
    git: GitServer
    forge: FakeForge
    served: Path
    storage: Path

    def push(self, *refs: str, user: str = "ada") -> None:
        """Push from Ada's clone over HTTP, by this account."""
        self.work.git("push", "-q", self.git.url(REPOSITORY, user=user), *refs)

    def robot(self, account: str, *argv: str) -> None:
        """Run mlgit in Ada's clone as this account, which may push tags."""
        self.work.git("remote", "set-url", "origin", self.git.url(REPOSITORY, user=account))
        done = self.work.here(*argv)
        assert not done.status, done.err
        self.work.git("remote", "set-url", "origin", self.git.url(REPOSITORY))

    def merge(self, branch: str) -> str:
        """Merge a branch into main and push it; the merge commit."""
        self.work.git("fetch", "-q", "origin")
        self.work.git("checkout", "-q", "-B", "main", "origin/main")
        self.work.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        self.push("main")
        return self.work.git("rev-parse", "HEAD")

    def reinstall(self, host: Host, *options: str) -> None:
        """Write the templates once more with these options, and push them to main."""
        done = self.work.here("ci", "init", "--host", host, *options)
        assert not done.status, done.err
        self.work.commit("Change the templates")
        self.push("main")
        self.git.pushes()

    def stored(self) -> int:
        """How many files the DVC remote has."""
        return sum(path.is_file() for path in self.storage.rglob("*"))

    def fork(self, branch: str) -> None:
        """Eve's fork, whose branch is at the same commit as ours."""
        self.git.add("eve/tumor", source=self.git.bare(REPOSITORY).path)
        self.forge.add_repository("eve/tumor")
        assert branch in self.git.bare("eve/tumor").git("branch")

    def head(self, branch: str) -> str:
        return self.git.bare(REPOSITORY).git("rev-parse", f"refs/heads/{branch}")

    def tags(self) -> list[str]:
        """The tags that the server has."""
        names = self.git.bare(REPOSITORY).git("for-each-ref", "--format=%(refname)", "refs/tags")
        return [name.removeprefix("refs/tags/") for name in names.splitlines()]

    def comment(self, number: int) -> str:
        """The text of the one comment on a pull request."""
        (comment,) = [each for each in self.forge.comments(number) if not each.system]
        return comment.body


def hosted(template: Path, tmp_path: Path, git: GitServer, forge: FakeForge) -> Team:
    """A copy of a template of tests/support/branches.py, on a git server."""
    work = branches.copy(template, tmp_path / "project")
    git.add(REPOSITORY, source=tmp_path / "project" / "origin.git")
    work.git("remote", "set-url", "origin", git.url(REPOSITORY))
    return Team(work, git, forge, tmp_path / "project" / "served", template / "storage")
