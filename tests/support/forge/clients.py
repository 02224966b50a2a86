"""Clients: the adapters on the fake forge, as a job gets them, with recorded instead of real waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mlgit.adapters.forge.github import GitHub
from mlgit.adapters.forge.gitlab import GitLab
from tests.support.forge.jobs import REPOSITORY, RUN
from tests.support.forge.state import ACTIONS_TOKEN, GITLAB_TOKEN

if TYPE_CHECKING:
    from tests.support.forge.fake import FakeForge

HostName = Literal["github", "gitlab"]
HOSTS: tuple[HostName, ...] = ("github", "gitlab")


@dataclass
class Waits:
    """Replaces `time.sleep` and records the waits."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def github(
    fake: FakeForge,
    *,
    token: str = ACTIONS_TOKEN,
    run: int | None = RUN,
    waits: Waits | None = None,
    api: str | None = None,
) -> GitHub:
    return GitHub(api or fake.github_api, REPOSITORY, token=token, run=run, sleep=waits or Waits())


def gitlab(
    fake: FakeForge,
    *,
    token: str = GITLAB_TOKEN,
    project: str = REPOSITORY,
    job: int | None = RUN + 1,
    waits: Waits | None = None,
) -> GitLab:
    page = f"{fake.url}/{REPOSITORY}"
    return GitLab(
        fake.gitlab_api,
        project,
        token=token,
        page=page,
        pipeline=RUN,
        job=job,
        sleep=waits or Waits(),
    )


def connected(host: HostName, fake: FakeForge, *, waits: Waits | None = None) -> GitHub | GitLab:
    return github(fake, waits=waits) if host == "github" else gitlab(fake, waits=waits)
