"""Checkouts: clones as CI runners make them, and the variables of a job on GitHub or GitLab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

ZEROS = "0" * 40
BOT = {"GIT_COMMITTER_NAME": "bot", "GIT_COMMITTER_EMAIL": "bot@example.org"}


def github_checkout(project: Folder, name: str, *, branch: str = "main", depth: int = 0) -> Folder:
    """A clone as actions/checkout makes it for a branch: no `origin/HEAD`, a local branch of that name."""
    runner = _fetched(project, name, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    if depth:
        runner = _fetched(
            project, f"{name}-shallow", f"+refs/heads/{branch}:refs/remotes/origin/{branch}", depth=depth
        )
    runner.git("checkout", "-q", "-B", branch, f"refs/remotes/origin/{branch}")
    return runner


def gitlab_checkout(project: Folder, name: str, *, branch: str = "main") -> Folder:
    """A clone as a GitLab runner makes it with `GIT_DEPTH: 0`: detached HEAD, no local branch."""
    runner = _fetched(project, name, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    runner.git("checkout", "-q", "--detach", f"refs/remotes/origin/{branch}")
    return runner


def tag_checkout(project: Folder, name: str, tag: str, *, lightweight: bool = True) -> Folder:
    """A clone as actions/checkout makes it for a tag; before v6.0.2 an annotated tag became lightweight."""
    runner = _fetched(project, name, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    if lightweight:
        runner.git("update-ref", f"refs/tags/{tag}", runner.git("rev-parse", f"refs/tags/{tag}^{{commit}}"))
    runner.git("checkout", "-q", "--detach", f"refs/tags/{tag}")
    return runner


def _fetched(project: Folder, name: str, *refspecs: str, depth: int = 0) -> Folder:
    runner = Folder(project.path.parent / name)
    runner.path.mkdir()
    runner.git("init", "-q", "-b", "nothing")
    origin = project.path.parent / "origin.git"
    runner.git("remote", "add", "origin", origin.as_uri() if depth else str(origin))
    cut = [f"--depth={depth}"] if depth else []
    runner.git("fetch", "-q", "--no-tags", *cut, "origin", *refspecs)
    return runner


def github_push(
    folder: Path,
    *,
    ref: str = "refs/heads/main",
    sha: str = ZEROS,
    before: str = ZEROS,
    default_branch: str = "main",
    **more: Any,  # noqa: ANN401 (whatever a payload holds)
) -> dict[str, str]:
    """The environment of a job that a push to a branch or tag started."""
    payload = {"ref": ref, "before": before, "repository": {"default_branch": default_branch}, **more}
    return _github(folder, "push", payload, GITHUB_REF=ref, GITHUB_SHA=sha)


def github_pull_request(folder: Path, *, sha: str = ZEROS) -> dict[str, str]:
    """The environment of a job that a pull request started."""
    payload = {
        "repository": {"default_branch": "main"},
        "pull_request": {"number": 7, "head": {"sha": sha, "ref": "topic"}, "base": {"ref": "main"}},
    }
    return _github(folder, "pull_request", payload, GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=sha)


def _github(folder: Path, name: str, payload: dict[str, Any], **variables: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    event = folder / "event.json"
    event.write_text(json.dumps(payload), encoding="utf-8")
    return BOT | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_REPOSITORY": "example/line",
        "GITHUB_SERVER_URL": "https://github.example.org",
        "GITHUB_RUN_ID": "42",
        **variables,
    }


def gitlab_push(*, branch: str = "main", before: str = ZEROS, tag: str | None = None) -> dict[str, str]:
    """The environment of a job in a pipeline that a push started."""
    place = {"CI_COMMIT_BRANCH": branch} if tag is None else {"CI_COMMIT_TAG": tag}
    return BOT | {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": "push",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_BEFORE_SHA": before,
        "CI_PROJECT_PATH": "example/line",
        "CI_SERVER_URL": "https://gitlab.example.org",
        "CI_JOB_URL": "https://gitlab.example.org/example/line/-/jobs/42",
        **place,
    }


def outputs(variables: dict[str, str]) -> dict[str, str]:
    """The outputs that steps wrote to GITHUB_OUTPUT; the last value of a name counts."""
    with open(variables["GITHUB_OUTPUT"], encoding="utf-8") as file:
        lines = iter(file.read().splitlines())
    found = {}
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        while (following := next(lines)) != delimiter:
            value.append(following)
        found[name] = "\n".join(value)
    return found


def dotenv(runner: Folder, folder: str = "mlgit-report") -> dict[str, str]:
    """The variables in `mlgit.env`."""
    text = (runner.path / folder / "mlgit.env").read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in text.splitlines())
