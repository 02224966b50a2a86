"""Jobs: the environment of a CI job on GitHub, with its event file, and on GitLab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from tests.support.forge.state import ACTIONS_TOKEN, GITLAB_TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.forge.fake import FakeForge
    from tests.support.forge.state import Pull

REPOSITORY = "acme/tumor"
RUN = 4711
GitHubEvent = Literal["pull_request", "push", "schedule", "workflow_dispatch", "workflow_run"]


class GitHubJob(TypedDict, total=False):
    """Options of `github_job`; None as the token means no token."""

    event: GitHubEvent
    number: int
    sha: str
    ref: str
    conclusion: str
    token: str | None
    run: int
    repository: str


class GitLabJob(TypedDict, total=False):
    """Options of `gitlab_job`."""

    source: str
    number: int
    sha: str
    branch: str
    tag: str
    token: str | None
    pipeline: int
    job: int
    repository: str


def github_job(forge: FakeForge, folder: Path, **options: Unpack[GitHubJob]) -> dict[str, str]:
    """GITHUB_*; the event file, output, summary and environment files are in `folder`.

    For `pull_request` and `workflow_run` the pull request is `number`'s; `workflow_run` is that of the
    pull request's head, as GitHub sends it (no number for a fork).
    """
    event, number = options.get("event", "pull_request"), options.get("number", 0)
    repository, run = options.get("repository", REPOSITORY), options.get("run", RUN)
    ref, sha = options.get("ref", "refs/heads/main"), options.get("sha", "a" * 40)
    payload: dict[str, Any] = {"repository": _repository(repository)}
    variables = {}
    if event in {"pull_request", "workflow_run"}:
        pull = forge.state.pull(repository, number)
        assert pull is not None, f"no pull request {number}"
        head = {"ref": pull.branch, "sha": pull.sha, "repo": _source(pull)}
        if event == "pull_request":
            base = {"ref": pull.base, "sha": pull.base_sha, "repo": _repository(repository)}
            payload["pull_request"] = {
                "number": pull.number,
                "title": pull.title,
                "head": head,
                "base": base,
                "user": {"login": pull.author},
            }
            payload["number"] = pull.number
            ref, sha = f"refs/pull/{number}/merge", "c" * 40
            variables = {"GITHUB_HEAD_REF": pull.branch, "GITHUB_BASE_REF": pull.base}
        else:
            payload["workflow_run"] = {
                "id": run - 1,
                "head_branch": pull.branch,
                "head_sha": pull.sha,
                "head_repository": _source(pull),
                "event": "pull_request",
                "conclusion": options.get("conclusion", "success"),
                "pull_requests": [],
            }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    variables |= {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": forge.github_api,
        "GITHUB_GRAPHQL_URL": f"{forge.url}/api/graphql",
        "GITHUB_SERVER_URL": forge.url,
        "GITHUB_REPOSITORY": repository,
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REF": ref,
        "GITHUB_SHA": sha,
        "GITHUB_RUN_ID": str(run),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_ENV": str(folder / "environment"),
    }
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV"):
        (folder / variables[name].rsplit("/", 1)[-1]).touch()
    token = options.get("token", ACTIONS_TOKEN)
    return variables | ({"GITHUB_TOKEN": token} if token is not None else {})


def gitlab_job(forge: FakeForge, **options: Unpack[GitLabJob]) -> dict[str, str]:
    """CI_*: of merge request `number` for `merge_request_event`, otherwise of a branch or a tag."""
    source, number = options.get("source", "merge_request_event"), options.get("number", 0)
    repository, job = options.get("repository", REPOSITORY), options.get("job", RUN + 1)
    found = forge.state.repository(repository)
    assert found is not None
    variables = {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": forge.gitlab_api,
        "CI_SERVER_URL": forge.url,
        "CI_SERVER_HOST": "127.0.0.1",
        "CI_PROJECT_PATH": repository,
        "CI_PROJECT_ID": str(found.id),
        "CI_PIPELINE_SOURCE": source,
        "CI_PIPELINE_ID": str(options.get("pipeline", RUN)),
        "CI_JOB_ID": str(job),
        "CI_JOB_URL": f"{forge.url}/{repository}/-/jobs/{job}",
        "CI_DEFAULT_BRANCH": found.default_branch,
        "CI_COMMIT_SHA": options.get("sha", "a" * 40),
    }
    if source == "merge_request_event":
        pull = forge.state.pull(repository, number)
        assert pull is not None, f"no merge request {number}"
        origin = forge.state.repository(pull.source)
        variables |= {
            "CI_COMMIT_SHA": pull.sha,
            "CI_MERGE_REQUEST_IID": str(number),
            "CI_MERGE_REQUEST_TITLE": pull.title,
            "CI_MERGE_REQUEST_PROJECT_ID": str(found.id),
            "CI_MERGE_REQUEST_PROJECT_PATH": repository,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(origin.id if origin else 0),
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": pull.branch,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": pull.base,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": pull.base_sha,
        }
    elif "tag" in options:
        variables["CI_COMMIT_TAG"] = options["tag"]
    else:
        variables["CI_COMMIT_BRANCH"] = options.get("branch", "main")
    token = options.get("token", GITLAB_TOKEN)
    return variables | ({"MLGIT_GITLAB_TOKEN": token} if token is not None else {})


def _repository(name: str) -> dict[str, Any]:
    owner, _, short = name.rpartition("/")
    return {"full_name": name, "name": short, "owner": {"login": owner}, "default_branch": "main"}


def _source(pull: Pull) -> dict[str, Any] | None:
    return _repository(pull.source) if pull.source else None
