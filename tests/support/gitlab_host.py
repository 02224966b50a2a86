"""GitLab host: simulate GitLab around gitlab-ci-local: the pipelines of an event, and their variables."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support import gitlab_local
from tests.support.forge import GITLAB_TOKEN, JOB_TOKEN
from tests.support.gitlab_local import PipelineJob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.forge import FakeForge
    from tests.support.forge.state import Pull
    from tests.support.git_server import GitServer, Push
    from tests.support.gitlab_local import Pipeline
    from tests.support.shell import Folder


@dataclass
class GitLab:
    """A project on a forge: the git server has its commits, the fake forge its merge requests.

    `settings` are the project's CI/CD variables, `protected` those that only main and tags get; a fork's
    pipelines get none of them. `scopes` are the environments to which settings are limited. `environment` and
    `home` (a folder to copy) belong to its runners.
    """

    git: GitServer
    forge: FakeForge
    place: Path
    repository: str = "acme/tumor"
    settings: dict[str, str] = field(default_factory=lambda: {"MLGIT_GITLAB_TOKEN": GITLAB_TOKEN})
    protected: dict[str, str] = field(default_factory=lambda: {"MLGIT_PUSH_TOKEN": GITLAB_TOKEN})
    scopes: dict[str, str] = field(default_factory=lambda: {"MLGIT_GITLAB_TOKEN": "mlgit-report"})
    environment: dict[str, str] = field(default_factory=dict)
    home: Path | None = None
    pipelines: list[Pipeline] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(101))

    @property
    def bare(self) -> Folder:
        return self.git.bare(self.repository)

    # Actions of users on the site.

    def open_merge_request(
        self, number: int, branch: str, *, title: str = "A change", source: str = "", author: str = "ada"
    ) -> list[Pipeline]:
        """Open a merge request for a pushed branch of this project or of a fork."""
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
        return self.merge_request(pull)

    def schedule(self) -> list[Pipeline]:
        """Start the scheduled pipeline."""
        return self._branch("schedule", sha=self._head(self.repository, "main"))

    def settle(self, *, press: tuple[str, ...] = ()) -> list[Pipeline]:
        """Run all pipelines that pushes since the last call start, and those that these pipelines start."""
        done = []
        while pushes := [each for each in self.git.pushes() if not each.deleted]:
            for push in pushes:
                done += self.pushed(push, press=press)
        return done

    # Pipelines.

    def pushed(self, push: Push, *, press: tuple[str, ...] = ()) -> list[Pipeline]:
        """Start the pipelines of a push; GitLab also starts them for pushes with a project token."""
        done: list[Pipeline] = []
        branch = push.ref.removeprefix("refs/heads/")
        if push.repository == self.repository and push.ref.startswith("refs/tags/"):
            done += self._tag(push, press=press)
        elif push.repository == self.repository and branch == "main":
            done += self._branch("push", sha=push.after)
        for pull in self.forge.state.pulls:
            if pull.open and (pull.source, pull.branch) == (push.repository, branch):
                self.forge.move_pull(pull.number, push.after, repository=self.repository)
                done += self.merge_request(pull)
        return done

    def merge_request(self, pull: Pull) -> list[Pipeline]:
        """Run the pipeline of a merge request; a fork's runs in the fork, with the fork's settings."""
        source = str(self.git.bare(pull.source).path)
        head = f"refs/merge-requests/{pull.number}/head"
        self.bare.git("fetch", "-q", source, f"+refs/heads/{pull.branch}:{head}")
        pull.base_sha = self.bare.git("merge-base", head, f"refs/heads/{pull.base}")
        number = next(self.numbers)
        variables = self.forge.gitlab_job(
            source="merge_request_event",
            number=pull.number,
            pipeline=number,
            job=number * 10,
            token=None,
            repository=self.repository,
        )
        variables["CI_COMMIT_REF_NAME"] = pull.branch
        settings: Mapping[str, str] = self.settings
        if pull.source != self.repository:
            fork = self.forge.state.repository(pull.source)
            assert fork is not None, "add_repository(fork) first"
            variables |= {"CI_PROJECT_PATH": pull.source, "CI_PROJECT_ID": str(fork.id)}
            settings = {}
        fetch = (f"+{head}:{head}",) if pull.source == self.repository else ()
        return [self._run(number, "merge_request_event", pull.sha, variables, settings=settings, fetch=fetch)]

    def _branch(self, source: str, *, sha: str) -> list[Pipeline]:
        number = next(self.numbers)
        variables = self.forge.gitlab_job(
            source=source, sha=sha, branch="main", pipeline=number, job=number * 10, token=None
        )
        variables |= {"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_REF_PROTECTED": "true"}
        return [self._run(number, source, sha, variables, settings=self.settings | self.protected)]

    def _tag(self, push: Push, *, press: tuple[str, ...]) -> list[Pipeline]:
        number, tag = next(self.numbers), push.ref.removeprefix("refs/tags/")
        sha = self.bare.git("rev-parse", f"{push.after}^{{commit}}")
        variables = self.forge.gitlab_job(
            source="push", sha=sha, tag=tag, pipeline=number, job=number * 10, token=None
        )
        variables |= {"CI_COMMIT_REF_NAME": tag, "CI_COMMIT_REF_PROTECTED": "true"}
        settings = self.settings | self.protected
        return [self._run(number, "push", sha, variables, settings=settings, press=press)]

    def _run(
        self,
        number: int,
        source: str,
        sha: str,
        variables: Mapping[str, str],
        *,
        settings: Mapping[str, str],
        fetch: tuple[str, ...] = (),
        press: tuple[str, ...] = (),
    ) -> Pipeline:
        address = self.git.url(variables["CI_PROJECT_PATH"], user="job")
        own = {
            "CI_SERVER_URL": self.git.address,
            "CI_SERVER_PROTOCOL": "http",
            "CI_SERVER_PORT": str(self.git.port),
            "CI_PROJECT_URL": f"{self.git.address}/{variables['CI_PROJECT_PATH']}",
            "CI_REPOSITORY_URL": address,
            "CI_JOB_TOKEN": JOB_TOKEN,
        }
        job = PipelineJob(
            number=number,
            place=self.place / f"pipeline-{number}",
            address=address,
            sha=sha,
            source=source,
            variables={**variables, **own},
            settings=settings,
            scopes=self.scopes,
            environment=self.environment,
            fetch=fetch,
            press=press,
        )
        if self.home:
            shutil.copytree(self.home, job.place / "home")
        done = gitlab_local.run(job)
        self.pipelines.append(done)
        return done

    def _head(self, repository: str, branch: str) -> str:
        return self.git.bare(repository).git("rev-parse", f"refs/heads/{branch}")
