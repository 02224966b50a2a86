"""A pull request on the fake forge for a real project, and the jobs of a CI that runs for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support import pipeline
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.forge import FakeForge
    from tests.support.shell import Done, Folder

NUMBER = 7
FILES = {"report.json", "report.md", "junit.xml", "metrics.txt", "codequality.json", "mlgit.env"}


def build(project: Folder) -> None:
    """Give the project a branch `topic` with a better model, its results committed and pushed."""
    with (project / ".git" / "info" / "exclude").open("a", encoding="utf-8") as file:
        file.write("mlgit-report/\n")
    project.git("checkout", "-q", "-b", "topic")
    pipeline.train(project, "2.0")
    project.commit("Better")
    project.git("push", "-q", "origin", "topic")


def train(project: Folder, slope: str) -> None:
    """Change the parameter and run the pipeline for it."""
    pipeline.train(project, slope, push=False)


@dataclass
class PullRequest:
    """One pull request of `project`, and where a runner would keep its files.

    `source` names a fork that the branch is in. `extra` are more variables of every job.
    """

    project: Folder
    forge: FakeForge
    runner: Path
    branch: str = "topic"
    title: str = "A change"
    source: str | None = None
    number: int = NUMBER
    sha: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def proposed(cls, template: Path, place: Path, forge: FakeForge) -> PullRequest:
        """A copy of the template that `build` made, as pull request 7."""
        project = pipeline.copy(template, place / "project")
        found = cls(project, forge, place / "runner")
        found.tell()
        return found

    @property
    def base(self) -> str:
        return self.project.git("rev-parse", "origin/main")

    def push(self, message: str = "A change", *, data: bool = True) -> str:
        """Commit what is there on the branch, push it, and have the forge know it; the commit."""
        project = self.project
        project.git("checkout", "-q", "-B", self.branch)
        if data:
            project.dvc("push", "-q")
        project.commit(message)
        project.git("push", "-q", "-f", "origin", f"HEAD:refs/heads/{self.branch}")
        return self.tell()

    def tell(self) -> str:
        """Have the forge know what is checked out as the head of the pull request; the commit."""
        self.sha = self.project.git("rev-parse", "HEAD")
        if self.forge.state.pull("acme/tumor", self.number) is None:
            pull = self.forge.add_pull(
                self.number, branch=self.branch, sha=self.sha, title=self.title, source=self.source
            )
            pull.base_sha = self.base
        else:
            self.forge.move_pull(self.number, self.sha)
        return self.sha

    def check_out_merge(self) -> str:
        """What actions/checkout does: the merge of the branch with its target, detached; its commit."""
        self.project.git("checkout", "-q", "--detach", "origin/main")
        self.project.git("merge", "-q", "--no-ff", "-m", "Merge", self.sha)
        return self.project.git("rev-parse", "HEAD")

    def github(self, **options: Any) -> dict[str, str]:  # noqa: ANN401 (as github_job takes them)
        """The environment of a job for it on GitHub."""
        found = self.forge.github_job(self.runner, **({"number": self.number} | options))
        return found | {"GITHUB_SHA": self.project.git("rev-parse", "HEAD")} | self.extra

    def gitlab(self, **options: Any) -> dict[str, str]:  # noqa: ANN401 (as gitlab_job takes them)
        """The environment of a job for it on GitLab."""
        return self.forge.gitlab_job(**({"number": self.number} | options)) | self.extra

    def ci(self, *argv: str, env: dict[str, str] | None = None) -> Done:
        """`mlgit ci …` as a job on GitHub runs it, unless told otherwise.

        What runs the pipeline is a process of its own, whose output and variables the stages inherit.
        """
        command = self.project.mlgit if "run" in argv else self.project.here
        return command("ci", *argv, env=self.github() if env is None else env)

    @property
    def folder(self) -> Path:
        return self.project / "mlgit-report"

    def report(self) -> Any:  # noqa: ANN401 (JSON)
        """report.json, held against its schema."""
        document = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        assert_valid(document, "ci-report")
        return document

    def notes(self) -> dict[str, str]:
        """Code -> message of what blocks beside the gates."""
        notes = self.report()["check"]["verdict"]["notes"]
        return {note["code"]: note["message"] for note in notes if note["effect"] == "block"}

    @property
    def summary(self) -> str:
        return (self.runner / "summary.md").read_text(encoding="utf-8")

    def forget_summary(self) -> None:
        """Each step of a job has a summary of its own."""
        (self.runner / "summary.md").write_text("", encoding="utf-8")
