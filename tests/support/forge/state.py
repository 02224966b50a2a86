"""State: the data of the fake forge, and its form as JSON."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

ACTIONS_TOKEN = "ghs_fakeActionsToken0000000000000000000"  # noqa: S105 (all tokens here are made up)
FORK_TOKEN = "ghs_fakeReadOnlyToken000000000000000000"  # noqa: S105
USER_TOKEN = "ghp_fakeUserToken0000000000000000000000"  # noqa: S105
GITLAB_TOKEN = "glpat-fakeProjectToken00"  # noqa: S105
GITLAB_READ_TOKEN = "glpat-fakeReadOnlyToken0"  # noqa: S105
JOB_TOKEN = "glcbt-64_fakeJobToken0000"  # noqa: S105

ALL_RIGHTS = {
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}
Kind = Literal["actions", "app", "user", "gitlab", "job"]


@dataclass
class Token:
    """A token: `actions` and `app` are of an app, `user` of a person; `gitlab` and `job` are GitLab's.

    GitLab's permissions: `{"api": "read" | "write"}`.
    """

    secret: str
    login: str
    kind: Kind
    permissions: dict[str, str]


@dataclass
class Repository:
    id: int
    name: str
    private: bool = False
    default_branch: str = "main"


@dataclass
class Pull:
    repository: str
    number: int
    branch: str
    sha: str
    title: str = "A change"
    base: str = "main"
    base_sha: str = "b" * 40
    source: str = ""
    """The head's repository; `""` when it was deleted."""
    author: str = "alice"
    open: bool = True


@dataclass
class Comment:
    id: int
    repository: str
    number: int
    login: str
    body: str
    system: bool = False
    edits: int = 0


@dataclass
class Check:
    id: int
    repository: str
    sha: str
    name: str
    app: str
    status: str = "queued"
    conclusion: str | None = None
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Status:
    id: int
    repository: str
    sha: str
    context: str
    state: str
    login: str
    description: str | None = None
    target_url: str | None = None
    ref: str | None = None
    pipeline: int | None = None


@dataclass
class Deployment:
    """A deployment with its states, oldest first; `job` is the CI job or run that made it, if any."""

    id: int
    repository: str
    environment: str
    sha: str
    ref: str
    login: str
    tag: bool = False
    job: int | None = None
    description: str | None = None
    auto_merge: bool = True
    required_contexts: list[str] | None = None
    states: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.states[-1]["state"] if self.states else "pending"


_KINDS: dict[str, Any] = {
    "tokens": Token,
    "repositories": Repository,
    "pulls": Pull,
    "comments": Comment,
    "checks": Check,
    "statuses": Status,
    "deployments": Deployment,
}


class State:
    """All data; hold `lock` to read or change it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.last_id = 1000
        self.tokens = [
            Token(ACTIONS_TOKEN, "github-actions[bot]", "actions", dict(ALL_RIGHTS)),
            Token(FORK_TOKEN, "github-actions[bot]", "actions", dict.fromkeys(ALL_RIGHTS, "read")),
            Token(USER_TOKEN, "alice", "user", dict(ALL_RIGHTS)),
            Token(GITLAB_TOKEN, "project_7_bot", "gitlab", {"api": "write"}),
            Token(GITLAB_READ_TOKEN, "project_8_bot", "gitlab", {"api": "read"}),
            Token(JOB_TOKEN, "alice", "job", {"api": "read"}),
        ]
        self.repositories = [Repository(7, "acme/tumor")]
        self.pulls: list[Pull] = []
        self.comments: list[Comment] = []
        self.checks: list[Check] = []
        self.statuses: list[Status] = []
        self.deployments: list[Deployment] = []

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def user_id(self, login: str) -> int:
        """A unique number for a name."""
        return 1 + int.from_bytes(login.encode()[:6].ljust(6, b"\0"), "big") % 90_000_000 + len(login)

    def repository(self, name: str) -> Repository | None:
        return next((each for each in self.repositories if name in {each.name, str(each.id)}), None)

    def pull(self, repository: str, number: int) -> Pull | None:
        found = (each for each in self.pulls if (each.repository, each.number) == (repository, number))
        return next(found, None)

    def as_json(self) -> dict[str, Any]:
        lists = {name: [asdict(each) for each in getattr(self, name)] for name in _KINDS}
        return {"last_id": self.last_id, **lists}

    def load(self, document: dict[str, Any]) -> None:
        """Load the document; lists that are not in it are kept."""
        self.last_id = int(document.get("last_id", self.last_id))
        for name, kind in _KINDS.items():
            if name in document:
                known = {each.name for each in fields(kind)}
                made = [kind(**{key: row[key] for key in row if key in known}) for row in document[name]]
                setattr(self, name, made)
