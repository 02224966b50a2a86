"""Pull request: a pull request of a real project on the fake forge, and the CI jobs that run for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support import pipeline
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.forge import FakeForge
    from tests.support.shell import Done, Folder

NUMBER = 7
FILES = {
    "report.json",
    "report.md",
    "report.html",
    "junit.xml",
    "metrics.txt",
    "codequality.json",
    "mlgit.env",
    ".gitignore",
}


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
    """One pull request of `project`, with the folder for a runner's files.

    `source` names a fork with the branch. `extra` are more variables of every job.
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
    def proposed(cls, template: Path, folder: Path, forge: FakeForge) -> PullRequest:
        """A copy of the template that `build` made, as pull request 7."""
        project = pipeline.copy(template, folder / "project")
        found = cls(project, forge, folder / "runner")
        found.update_head()
        forge.parents_of = found.parents
        return found

    def parents(self, sha: str) -> list[str]:
        """The parents of a commit that the remote has."""
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "-q", f"{sha}^@"],
            cwd=self.project.path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.split()

    @property
    def base(self) -> str:
        return self.project.git("rev-parse", "origin/main")

    def push(self, message: str = "A change", *, data: bool = True) -> str:
        """Commit the working tree on the branch, push it, and update the forge; the commit."""
        project = self.project
        project.git("checkout", "-q", "-B", self.branch)
        if data:
            project.dvc("push", "-q")
        project.commit(message)
        project.git("push", "-q", "-f", "origin", f"HEAD:refs/heads/{self.branch}")
        return self.update_head()

    def update_head(self) -> str:
        """Make the checked-out commit the head of the pull request on the forge; the commit."""
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
        """Check out the merge of branch and target, detached, as actions/checkout does; its commit."""
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
        """Run `mlgit ci …` as a job does; `env` is a GitHub job's by default."""
        return self.project.here("ci", *argv, env=self.github() if env is None else env)

    @property
    def folder(self) -> Path:
        return self.project / "mlgit-report"

    def report(self) -> Any:  # noqa: ANN401 (JSON)
        """report.json, checked against its schema."""
        document = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        assert_valid(document, "ci-report")
        return document

    def notes(self) -> dict[str, str]:
        """Code -> message of the notes that block."""
        notes = self.report()["check"]["verdict"]["notes"]
        return {note["code"]: note["message"] for note in notes if note["effect"] == "block"}

    def bodies(self) -> list[str]:
        return [each.body for each in self.forge.comments(self.number)]

    def checks(self, sha: str | None = None) -> dict[str, tuple[str, str | None]]:
        """Name -> status and conclusion of the last check with that name."""
        return {each.name: (each.status, each.conclusion) for each in self.forge.checks(sha or self.sha)}

    @property
    def storage(self) -> Path:
        return self.project.path.parent / "storage"

    def forget_data(self) -> None:
        """Delete cache and data, as in a fresh checkout."""
        shutil.rmtree(self.project / ".dvc" / "cache", ignore_errors=True)
        for path in ("data/raw.csv", "data/clean.csv", "models/line.json"):
            (self.project / path).unlink(missing_ok=True)

    @property
    def summary(self) -> str:
        return (self.runner / "summary.md").read_text(encoding="utf-8")

    def forget_summary(self) -> None:
        """Empty the summary, because each step of a job has its own."""
        (self.runner / "summary.md").write_text("", encoding="utf-8")
