"""Act: run one GitHub workflow with act in host mode, and report the results of its jobs.

Every job gets an empty workspace and the environment of a fresh runner. From the test's own environment it
gets only PATH, which contains mlgit.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import tools
from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REPLACEMENTS = Path(__file__).parent / "actions"
RESULTS = ("skipped", "success", "failure")
PLATFORMS = ("ubuntu-latest", "ubuntu-24.04", "self-hosted")
_USES = re.compile(r"uses:\s*['\"]?([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([\w.-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result of one run of one workflow.

    `jobs` has only the jobs that ran: id -> `success` or `failure`; a called workflow has `caller/id`.
    `steps` is (job, step, result), `outputs` (job, name) -> value, `artifacts` one folder per artifact.
    """

    number: int
    workflow: str
    event: str
    sha: str
    status: int
    jobs: dict[str, str]
    steps: tuple[tuple[str, str, str], ...]
    outputs: dict[tuple[str, str], str]
    summary: str
    log: str
    artifacts: Path

    def step(self, name: str) -> str:
        """The result of the step with this name; the worst if several jobs have one."""
        found = [result for _, step, result in self.steps if step == name]
        assert found, f"no step {name!r} in {[step for _, step, _ in self.steps]}"
        return max(found, key=RESULTS.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The input of a run: the workflow file in a folder with the commit's `.github`."""

    number: int
    folder: Path
    file: str
    event: str
    payload: Mapping[str, Any]
    sha: str
    token: str
    repository: str
    actor: str = "ada"
    server: str
    api: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def runner_environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a runner that was just started.

    Args:
        home: an empty folder, or one with files for this test.
        extra: variables that the test adds.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = [os.path.dirname(sys.executable), str(tools.FOLDER / "bin"), os.environ["PATH"]]
    kept = ("LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "TZ": "UTC",
        # act gives its steps a terminal, which GitHub does not.
        "TERM": "dumb",
        "NO_COLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_QUIET": "1",
        **extra,
    }


def run(job: Job, *, store: Path) -> Run:
    """Run a workflow to its end.

    Args:
        job: the workflow.
        store: the folder of artifacts and caches.
    """
    act = tool("act")
    place = job.folder.parent
    event, secrets = place / "event.json", place / "secrets"
    event.write_text(json.dumps(job.payload), encoding="utf-8")
    given = {"GITHUB_TOKEN": job.token, **job.secrets}
    secrets.write_text("".join(f"{name}={value}\n" for name, value in given.items()), encoding="utf-8")
    options = [
        *(f"--platform={platform}=-self-hosted" for platform in PLATFORMS),
        *(f"--local-repository={name}" for name in _replacements(job.folder)),
        *(f"--env={name}={value}" for name, value in _variables(job).items()),
        *(f"--var={name}={value}" for name, value in job.variables.items()),
        f"--workflows={job.folder / job.file}",
        f"--eventpath={event}",
        f"--secret-file={secrets}",
        f"--action-cache-path={place / 'act'}",
        f"--actor={job.actor}",
        "--no-skip-checkout",
        "--no-cache-server",
        "--action-offline-mode",
        "--strict",
        # act would mask a printed secret, and the tests look for it.
        "--insecure-secrets",
        "--json",
    ]
    env = runner_environment(place / "home", {**job.environment, "STAND_IN_STORE": str(store)})
    done = subprocess.run(
        [act, job.event, *options],
        cwd=job.folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert any("jobResult" in row for row in rows) or not done.returncode, done.stderr + done.stdout
    for name, value in given.items():
        assert value not in done.stdout, f"a job printed the secret {name}"
    return _read(job, rows, status=done.returncode, artifacts=store / "artifacts" / str(job.number))


def _variables(job: Job) -> dict[str, str]:
    return {
        "GITHUB_SERVER_URL": job.server,
        "GITHUB_API_URL": job.api,
        "GITHUB_REPOSITORY": job.repository,
        "GITHUB_RUN_ID": str(job.number),
        # act reads `github.sha` from here.
        "SHA_REF": job.sha,
    }


def _replacements(folder: Path) -> Iterable[str]:
    """`owner/name@ref=folder` for each used action that has a replacement here."""
    texts = [path.read_text(encoding="utf-8") for path in (folder / ".github").rglob("*.yml")]
    for name, ref in sorted({found for text in texts for found in _USES.findall(text)}):
        owner, _, short = name.partition("/")
        if owner == "actions" and (REPLACEMENTS / short).is_dir():
            yield f"{name}@{ref}={REPLACEMENTS / short}"


def _read(job: Job, rows: Iterable[Mapping[str, Any]], *, status: int, artifacts: Path) -> Run:
    jobs: dict[str, str] = {}
    steps: list[tuple[str, str, str]] = []
    outputs: dict[tuple[str, str], str] = {}
    summary, log, name = [], [], ""
    for row in rows:
        message = row.get("msg", "")
        if "job" not in row:
            continue
        name = _job_name(row["job"].strip(), row.get("jobID", ""))
        if row.get("raw_output") or row.get("level") in {"error", "warning"}:
            log.append(message if message.endswith("\n") else f"{message}\n")
        if row.get("command") == "summary":
            summary.append(row["content"])
        if row.get("command") == "set-output" and len(row.get("stepID", ())) == 1:
            outputs[name, row["name"]] = row["arg"]
        if "stepResult" in row and row.get("stage") == "Main" and len(row.get("stepID", ())) == 1:
            steps.append((name, row["step"], row["stepResult"]))
        if "jobResult" in row:
            jobs[name] = max(row["jobResult"], jobs.get(name, "skipped"), key=RESULTS.index)
    return Run(
        number=job.number,
        workflow=job.file.rpartition("/")[2],
        event=job.event,
        sha=job.sha,
        status=status,
        jobs=jobs,
        steps=tuple(steps),
        outputs=outputs,
        summary="".join(summary),
        log="".join(log),
        artifacts=artifacts,
    )


def commands(log: str) -> list[str]:
    """The output of steps that GitHub's runner would treat as commands (act knows fewer).

    A command starts a line, after any blanks; the old form may be anywhere in a line.
    Lines between `::stop-commands::WORD` and `::WORD::` do not count.
    """
    found, stopped = [], ""
    for line in log.splitlines():
        text = line.strip()
        if stopped:
            stopped = "" if text == f"::{stopped}::" else stopped
        elif text.startswith("::stop-commands::"):
            stopped = text.removeprefix("::stop-commands::")
        elif re.match(r"::[a-z-]+[^:]*::", text) or re.search(r"##\[[a-z-]+\]", text):
            found.append(text)
    return found


def _job_name(shown: str, job: str) -> str:
    """`job` for the workflow's own jobs, `caller/job` for those of a workflow that it calls."""
    parts = shown.split("/")
    caller = re.sub(r"-\d+$", "", parts[0])
    return job if len(parts) < 3 else f"{caller}/{job}"
