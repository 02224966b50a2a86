"""GitHub host: simulate GitHub around act: merge refs, events, payloads, and tokens with rights."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from tests.support import act
from tests.support.forge import ACTIONS_TOKEN, FORK_TOKEN
from tests.support.git_server import ACTIONS_READ_TOKEN
from tests.support.triggers import parsed, rights, starts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.act import Run
    from tests.support.forge import FakeForge
    from tests.support.forge.state import Pull
    from tests.support.git_server import GitServer, Push
    from tests.support.shell import Folder


@dataclass
class GitHub:
    """A repository on a forge: the git server has its commits, the fake forge its pull requests.

    `secrets` and `variables` are the repository's settings; `environment` and `home` (a folder to copy)
    belong to its runners.
    """

    git: GitServer
    forge: FakeForge
    place: Path
    repository: str = "acme/tumor"
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    home: Path | None = None
    runs: list[Run] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(101))

    def __post_init__(self) -> None:
        self.forge.commit_of = lambda name, ref: self.git.bare(name).git("rev-parse", f"{ref}^{{commit}}")

    @property
    def bare(self) -> Folder:
        return self.git.bare(self.repository)

    # Actions of users on the site.

    def open_pull(
        self, number: int, branch: str, *, title: str = "A change", source: str = "", author: str = "ada"
    ) -> list[Run]:
        """Open a pull request for a pushed branch of this repository or of a fork."""
        self.git.pushes()
        pull = self.forge.add_pull(
            number,
            branch=branch,
            sha=self._head(source or self.repository, branch),
            title=title,
            source=source or self.repository,
            author=author,
            repository=self.repository,
        )
        return self.pull_request(pull, action="opened")

    def schedule(self) -> list[Run]:
        """Start the scheduled workflows."""
        payload = {"schedule": "17 5 * * *", "repository": self._repository(self.repository)}
        return self.start("schedule", payload, sha=self._trunk(), ref="refs/heads/main")

    def settle(self) -> list[Run]:
        """Run all workflows that pushes since the last call start, and those that these runs start."""
        done = []
        while pushes := [each for each in self.git.pushes() if not each.deleted]:
            for push in pushes:
                done += self.pushed(push)
        return done

    # Events.

    def pushed(self, push: Push) -> list[Run]:
        """Start the workflows of a push, and those of the branch's pull requests."""
        done: list[Run] = []
        branch = push.ref.removeprefix("refs/heads/")
        # "Events triggered by the GITHUB_TOKEN will not create a new workflow run."
        if push.user == "actions":
            return done
        if push.repository == self.repository:
            done += self.start("push", self.push_payload(push), sha=self._commit(push.after), ref=push.ref)
        for pull in self.forge.state.pulls:
            if pull.open and (pull.source, pull.branch) == (push.repository, branch):
                self.forge.move_pull(pull.number, push.after, repository=self.repository)
                done += self.pull_request(pull, action="synchronize")
        return done

    def pull_request(self, pull: Pull, *, action: str) -> list[Run]:
        """Run the workflows of a pull request, from its merge commit, then those that wait for them."""
        merge = self._merge_ref(pull)
        fork = pull.source != self.repository
        payload = self.pull_payload(pull, action=action)
        done: list[Run] = []
        for name, workflow in self._workflows(merge).items():
            if not starts(workflow, "pull_request", ref=pull.base, action=action):
                continue
            number = next(self.numbers)
            done += self.workflow_run(number, pull, name=workflow["name"], action="requested")
            run = self._run(name, "pull_request", payload, sha=merge, fork=fork, number=number)
            done.append(run)
            ended = "failure" if run.status else "success"
            done += self.workflow_run(
                number, pull, name=workflow["name"], action="completed", conclusion=ended
            )
        return done

    def workflow_run(
        self, number: int, pull: Pull, *, name: str, action: str, conclusion: str | None = None
    ) -> list[Run]:
        """Run the workflows that wait for another's run, from the default branch and with its rights."""
        payload = {
            "action": action,
            "repository": self._repository(self.repository),
            "workflow_run": {
                "id": number,
                "name": name,
                "event": "pull_request",
                "conclusion": conclusion,
                "head_branch": pull.branch,
                "head_sha": pull.sha,
                "head_repository": self._repository(pull.source),
                # GitHub leaves it empty for forks.
                "pull_requests": [],
            },
        }
        return self.start("workflow_run", payload, sha=self._trunk(), ref="refs/heads/main")

    def start(
        self, event: str, payload: Mapping[str, Any], *, sha: str, ref: str, action: str = ""
    ) -> list[Run]:
        """Run each workflow of the commit that the event starts, in turn."""
        if event == "workflow_run":
            ref, action = payload["workflow_run"]["name"], payload["action"]
        workflows = self._workflows(sha).items()
        names = [name for name, each in workflows if starts(each, event, ref=ref, action=action)]
        return [self._run(name, event, payload, sha=sha) for name in names]

    def _run(
        self,
        name: str,
        event: str,
        payload: Mapping[str, Any],
        *,
        sha: str,
        fork: bool = False,
        number: int = 0,
    ) -> Run:
        workflows = self._workflows(sha)
        called = {f"./.github/workflows/{each}": workflow for each, workflow in workflows.items()}
        job = act.Job(
            number=number or next(self.numbers),
            folder=self._files(sha),
            file=f".github/workflows/{name}",
            event=event,
            payload=payload,
            sha=sha,
            token=FORK_TOKEN if fork else self._token(rights(workflows[name], called)),
            repository=self.repository,
            server=self.git.address,
            api=self.forge.github_api,
            secrets={} if fork else self.secrets,
            variables=self.variables,
            environment=self.environment,
        )
        run = act.run(job, store=self.place / "store")
        # Workspaces and clones of every job; files for other jobs are in the store.
        shutil.rmtree(job.folder.parent / "act", ignore_errors=True)
        self.runs.append(run)
        return run

    def _token(self, permissions: Mapping[str, str]) -> str:
        """A token with the rights of the workflow's jobs."""
        given = {name.replace("-", "_"): right for name, right in permissions.items()}
        secret = ACTIONS_TOKEN if given.get("contents") == "write" else ACTIONS_READ_TOKEN
        self.forge.add_token(secret, login="github-actions[bot]", kind="actions", permissions=given)
        return secret

    # Payloads.

    def push_payload(self, push: Push) -> dict[str, Any]:
        """The used part of GitHub's payload of a push."""
        return {
            "ref": push.ref,
            "before": push.before,
            "after": push.after,
            "created": not push.before.strip("0"),
            "deleted": push.deleted,
            "repository": self._repository(self.repository),
            "pusher": {"name": push.user},
        }

    def pull_payload(self, pull: Pull, *, action: str) -> dict[str, Any]:
        """The used part of GitHub's payload of a pull request."""
        own = self._repository(self.repository)
        return {
            "action": action,
            "number": pull.number,
            "repository": own,
            "pull_request": {
                "number": pull.number,
                "title": pull.title,
                "user": {"login": pull.author},
                "head": {"ref": pull.branch, "sha": pull.sha, "repo": self._repository(pull.source)},
                "base": {"ref": pull.base, "sha": pull.base_sha, "repo": own},
            },
        }

    def _repository(self, name: str) -> dict[str, Any]:
        owner, _, short = name.partition("/")
        known = self.forge.state.repository(name)
        return {
            "id": known.id if known else 0,
            "full_name": name,
            "name": short,
            "owner": {"login": owner},
            "default_branch": "main",
            "private": True,
        }

    # The git side of the site.

    def _head(self, repository: str, branch: str) -> str:
        return self.git.bare(repository).git("rev-parse", f"refs/heads/{branch}")

    def _trunk(self) -> str:
        return self._head(self.repository, "main")

    def _commit(self, oid: str) -> str:
        return self.bare.git("rev-parse", f"{oid}^{{commit}}")

    def _merge_ref(self, pull: Pull) -> str:
        """Update `refs/pull/N/head` and `refs/pull/N/merge` as GitHub does; the merge commit."""
        bare, source = self.bare, str(self.git.bare(pull.source).path)
        name = f"refs/pull/{pull.number}"
        bare.git("fetch", "-q", source, f"+refs/heads/{pull.branch}:{name}/head")
        pull.sha, pull.base_sha = (
            bare.git("rev-parse", f"{name}/head"),
            self._head(self.repository, pull.base),
        )
        tree = bare.git("merge-tree", "--write-tree", pull.base_sha, pull.sha)
        message = f"Merge {pull.sha} into {pull.base_sha}"
        merge = bare.git("commit-tree", tree, "-p", pull.base_sha, "-p", pull.sha, "-m", message)
        bare.git("update-ref", f"{name}/merge", merge)
        return merge

    def _workflows(self, sha: str) -> dict[str, dict[str, Any]]:
        """The workflows: file name -> content."""
        names = self.bare.git("ls-tree", "--name-only", f"{sha}:.github/workflows").splitlines()
        shown = {name: self.bare.git("show", f"{sha}:.github/workflows/{name}") for name in names}
        return {name: parsed(text) for name, text in shown.items()}

    def _files(self, sha: str) -> Path:
        """A new folder with the commit's `.github`; the runner starts from there."""
        self.place.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix="run-", dir=self.place), "files")  # unique, because two may run at once
        folder.mkdir()
        packed = subprocess.run(
            ["git", "archive", sha, ".github"], cwd=self.bare.path, capture_output=True, check=True
        )
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
        if self.home:
            shutil.copytree(self.home, folder.parent / "home")
        return folder
