"""GitLab local: run one pipeline with gitlab-ci-local and the shell executor, and report its jobs.

Every job gets a copy of a clone as GitLab's runner makes it: detached at the commit, the job's token in
origin's address, all branches and tags.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from tests.support.act import runner_environment
from tests.support.shell import Folder
from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATE = ".gitlab-ci-local"
UNSET = ("CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_MERGE_REQUEST_IID")
"""Values that gitlab-ci-local would invent if the pipeline did not set them."""
_RESULT = re.compile(r"^ (PASS|WARN|FAIL) +(\S+)", re.MULTILINE)
_EXIT = re.compile(r"^(\S+) +finished in .* (?:FAIL|WARN) (\d+) *$", re.MULTILINE)
RESULTS = {"PASS": "success", "WARN": "warning", "FAIL": "failure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The result of one pipeline.

    `jobs` has only the jobs that ran: name -> `success`, `warning` (may fail) or `failure`; `exits` has the
    codes of those that failed. `files` has each job's folder at its end.
    """

    number: int
    source: str
    sha: str
    status: int
    jobs: dict[str, str]
    exits: dict[str, int]
    logs: dict[str, str]
    files: Path
    log: str
    """The output of the jobs and of gitlab-ci-local itself."""

    def artifact(self, job: str, name: str) -> Path:
        """A file that a job left behind."""
        return self.files / job / name


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineJob:
    """The input of a pipeline; `variables` are GitLab's own, `settings` the project's (with tokens).

    `scopes` has the environment of a setting that only the jobs of that environment get.
    """

    number: int
    place: Path
    address: str
    sha: str
    source: str
    variables: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    fetch: tuple[str, ...] = ()
    press: tuple[str, ...] = ()


def run(job: PipelineJob) -> Pipeline:
    """Run a pipeline to its end.

    Args:
        job: the pipeline; `press` are manual jobs to start, `fetch` refspecs beyond branches.
    """
    program = tool("gitlab-ci-local")
    tool("rsync")
    env = runner_environment(job.place / "home", job.environment)
    clone = _cloned(job)
    values = {
        name: {"type": "variable", "values": {job.scopes.get(name, "*"): value}}
        for name, value in job.settings.items()
    }
    settings = clone.write(f"{STATE}/variables.yml", yaml.safe_dump(values))
    given = {"CI_PIPELINE_SOURCE": job.source, "CI_COMMIT_SHA": job.sha, **job.variables}
    options = [
        "--force-shell-executor",
        "--shell-isolation",
        "--no-artifacts-to-source",
        f"--state-dir={STATE}",
        f"--home={job.place / 'home'}",
        f"--variables-file={settings.relative_to(clone.path)}",
        *(part for name in UNSET if name not in given for part in ("--unset-variable", name)),
        *(part for name, value in given.items() for part in ("--variable", f"{name}={value}")),
        *(part for name in job.press for part in ("--manual", name)),
    ]
    done = subprocess.run(
        [program, *options],
        cwd=clone.path,
        env={**env, "GCL_IGNORE_PREDEFINED_VARS": ",".join(given)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    jobs = {name: RESULTS[word] for word, name in _RESULT.findall(done.stdout)}
    assert jobs or not done.returncode, done.stdout
    for name, value in {**job.settings, "CI_JOB_TOKEN": job.variables.get("CI_JOB_TOKEN", "")}.items():
        assert "TOKEN" not in name or not value or value not in done.stdout, (
            f"a job printed the secret {name}"
        )
    output = clone / STATE / "output"
    return Pipeline(
        number=job.number,
        source=job.source,
        sha=job.sha,
        status=done.returncode,
        jobs=jobs,
        exits={name: int(code) for name, code in _EXIT.findall(done.stdout)},
        logs={path.stem: path.read_text(encoding="utf-8") for path in output.glob("*.log")},
        files=clone / STATE / "builds",
        log=done.stdout,
    )


def _cloned(job: PipelineJob) -> Folder:
    folder = Folder(job.place / "clone")
    folder.path.mkdir(parents=True)
    refs = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", *job.fetch]
    folder.git("init", "-q")
    folder.git("remote", "add", "origin", job.address)
    folder.git("fetch", "-q", "--no-tags", "origin", *refs)
    folder.git("checkout", "-q", "--detach", job.sha)
    # gitlab-ci-local reads the default branch from here; GitLab sets it.
    folder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder
