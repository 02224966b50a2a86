"""Fake: the fake forge in a test: start it, fill it, break it, inspect it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from tests.support.forge.jobs import github_job, gitlab_job
from tests.support.forge.server import Server
from tests.support.forge.state import ALL_RIGHTS, Comment, Deployment, Pull, Repository, State, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.forge.jobs import GitHubJob, GitLabJob
    from tests.support.forge.state import Check, Kind, Status

T = TypeVar("T")
REPOSITORY = "acme/tumor"
CALLABLE = (
    "add_token",
    "add_repository",
    "add_pull",
    "move_pull",
    "close_pull",
    "add_comment",
    "add_deployment",
    "comments",
    "checks",
    "statuses",
    "deployments",
    "fail",
    "clear",
)
"""What `POST /_forge/call` may call."""


@dataclass
class Request:
    """A request and its response; `login` is the token's user."""

    method: str
    path: str
    query: dict[str, str]
    login: str | None
    status: int
    body: Any


@dataclass
class Fault:
    """How the next `times` matching requests fail."""

    times: int
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    method: str | None = None
    path: str | None = None
    applied: bool = False
    reset: bool = False
    hang_s: float = 0

    def fits(self, method: str, path: str) -> bool:
        if self.method is not None and self.method != method:
            return False
        return self.path is None or re.search(self.path, path) is not None


class FakeForge:
    """See the package's docstring; `repository` is `acme/tumor` by default."""

    def __init__(self, *, port: int = 0, state_file: str | None = None) -> None:
        self.state = State()
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.meetings: list[tuple[threading.Barrier, Fault]] = []
        self.stopping = threading.Event()
        self.commit_of: Callable[[str, str], str] | None = None
        self.parents_of: Callable[[str], list[str]] = lambda _: []
        """(repository, ref) -> commit, from the owner of the repository; the fake itself has no git."""
        self._state_file = state_file
        if state_file is not None and os.path.exists(state_file):
            with open(state_file, encoding="utf-8") as file:
                self.state.load(json.load(file))
        self._server = Server(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.github_api = f"{self.url}/api/v3"
        self.gitlab_api = f"{self.url}/api/v4"

    def start(self) -> FakeForge:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Release the port, even if the forge was never started."""
        self._server.server_close()

    # Fill it.

    def add_token(
        self, secret: str, *, login: str, kind: Kind, permissions: dict[str, str] | None = None
    ) -> Token:
        token = Token(secret, login, kind, dict(ALL_RIGHTS if permissions is None else permissions))
        with self.state.lock:
            self.state.tokens = [*(each for each in self.state.tokens if each.secret != secret), token]
        return self._changed(token)

    def add_repository(self, name: str, *, private: bool = False, default_branch: str = "main") -> Repository:
        with self.state.lock:
            added = Repository(self.state.new_id(), name, private=private, default_branch=default_branch)
            self.state.repositories.append(added)
        return self._changed(added)

    def add_pull(
        self,
        number: int,
        *,
        branch: str,
        sha: str,
        title: str = "A change",
        base: str = "main",
        source: str | None = None,
        author: str = "alice",
        repository: str = REPOSITORY,
    ) -> Pull:
        """Add a pull request; `source` names the fork of its branch."""
        added = Pull(
            repository=repository,
            number=number,
            branch=branch,
            sha=sha,
            title=title,
            base=base,
            source=repository if source is None else source,
            author=author,
        )
        with self.state.lock:
            self.state.pulls.append(added)
        return self._changed(added)

    def move_pull(self, number: int, sha: str, *, repository: str = REPOSITORY) -> None:
        """Simulate a push to its branch."""
        with self.state.lock:
            pull = self.state.pull(repository, number)
            assert pull is not None
            pull.sha = sha
        self._changed(None)

    def close_pull(self, number: int, *, repository: str = REPOSITORY) -> None:
        with self.state.lock:
            pull = self.state.pull(repository, number)
            assert pull is not None
            pull.open = False
        self._changed(None)

    def add_comment(
        self, number: int, body: str, *, login: str, system: bool = False, repository: str = REPOSITORY
    ) -> Comment:
        with self.state.lock:
            added = Comment(self.state.new_id(), repository, number, login, body, system=system)
            self.state.comments.append(added)
        return self._changed(added)

    def add_deployment(
        self,
        environment: str,
        *,
        sha: str,
        ref: str,
        job: int | None = None,
        repository: str = REPOSITORY,
    ) -> Deployment:
        """Add a deployment of a job with `environment:`; `job` is GitHub's run id or GitLab's job id."""
        with self.state.lock:
            added = Deployment(
                self.state.new_id(), repository, environment, sha, ref, "github-actions[bot]", job=job
            )
            log = f"{self.url}/{repository}/actions/runs/{job}/job/{added.id}"
            added.states.append({"state": "in_progress", "description": "", "log_url": log})
            self.state.deployments.append(added)
        return self._changed(added)

    # Break it.

    def fail(  # noqa: PLR0913 (each is one way to go wrong)
        self,
        *,
        times: int = 1,
        status: int = 500,
        headers: dict[str, str] | None = None,
        body: object = None,
        method: str | None = None,
        path: str | None = None,
        applied: bool = False,
        reset: bool = False,
        hang_s: float = 0,
    ) -> None:
        """Let the next `times` requests of that method whose path matches fail.

        They get `status`, `headers` and `body`; `reset` cuts the connection instead, `hang_s` delays the
        response. `applied`: the request is carried out nevertheless.
        """
        self.faults.append(
            Fault(times, status, headers or {}, body, method, path, applied, reset, hang_s),
        )

    def meet(self, parties: int, *, method: str | None = None, path: str | None = None) -> None:
        """Answer the next `parties` matching requests only after all of them have arrived."""
        meeting = Fault(parties, method=method, path=path)
        self.meetings.append((threading.Barrier(parties), meeting))

    def clear(self) -> None:
        """Delete the faults and the requests, but not the state."""
        self.faults.clear()
        self.meetings.clear()
        self.requests.clear()

    # Inspect it.

    def comments(self, number: int, *, repository: str = REPOSITORY) -> list[Comment]:
        """The comments of a pull request, oldest first, system notes included."""
        with self.state.lock:
            place = (repository, number)
            return [each for each in self.state.comments if (each.repository, each.number) == place]

    def checks(self, sha: str, *, repository: str = REPOSITORY) -> list[Check]:
        """The check runs of a commit, oldest first; GitHub shows the last of each name."""
        with self.state.lock:
            return [each for each in self.state.checks if (each.repository, each.sha) == (repository, sha)]

    def statuses(self, sha: str, *, repository: str = REPOSITORY) -> list[Status]:
        """The commit statuses, oldest first."""
        with self.state.lock:
            return [each for each in self.state.statuses if (each.repository, each.sha) == (repository, sha)]

    def deployments(
        self, environment: str | None = None, *, repository: str = REPOSITORY
    ) -> list[Deployment]:
        """The deployments, oldest first; `.state` is the newest state, `.states` are all."""
        with self.state.lock:
            return [
                each
                for each in self.state.deployments
                if each.repository == repository and environment in {None, each.environment}
            ]

    # Environments of CI jobs.

    def github_job(self, folder: Path, **options: Unpack[GitHubJob]) -> dict[str, str]:
        """The environment of a GitHub Actions job; see jobs.github_job."""
        return github_job(self, folder, **options)

    def gitlab_job(self, **options: Unpack[GitLabJob]) -> dict[str, str]:
        """The environment of a GitLab CI job; see jobs.gitlab_job."""
        return gitlab_job(self, **options)

    # For the server.

    def call(self, method: str, arguments: dict[str, Any]) -> object:
        if method not in CALLABLE:
            raise ValueError(f"no method {method}")
        answer = getattr(self, method)(**arguments)
        if isinstance(answer, list):
            return [asdict(each) for each in answer]
        return asdict(answer) if is_dataclass(answer) and not isinstance(answer, type) else None

    def fault(self, method: str, path: str) -> Fault | None:
        with self.state.lock:
            for each in self.faults:
                if each.times > 0 and each.fits(method, path):
                    each.times -= 1
                    return each
        return None

    def wait_for_others(self, method: str, path: str) -> None:
        with self.state.lock:
            found = None
            for barrier, meeting in self.meetings:
                if meeting.times > 0 and meeting.fits(method, path):
                    meeting.times -= 1
                    found = barrier
                    break
        if found is not None:
            with contextlib.suppress(threading.BrokenBarrierError):
                found.wait(timeout=20)

    def save(self) -> None:
        if self._state_file is None:
            return
        with self.state.lock:
            temporary = f"{self._state_file}.new"
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(self.state.as_json(), file, indent=1)
            os.replace(temporary, self._state_file)

    def _changed(self, value: T) -> T:
        self.save()
        return value


@contextlib.contextmanager
def started(*, port: int = 0) -> Iterator[FakeForge]:
    """A fake forge on a free port, stopped at the end."""
    forge = FakeForge(port=port).start()
    try:
        yield forge
    finally:
        forge.stop()
