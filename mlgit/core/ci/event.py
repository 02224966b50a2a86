"""Event: what started a run of GitHub Actions or GitLab CI, read from variables and payload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from mlgit.core.forge.hosts import HOSTS, Host
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_LONGEST_NUMBER = 18
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OF_TARGET = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
EventKind = Literal["pull_request", "push", "tag", "schedule", "manual", "workflow_run", "other"]
_GITHUB_KINDS: dict[str, EventKind] = {
    "pull_request": "pull_request",
    "schedule": "schedule",
    "workflow_dispatch": "manual",
    "workflow_run": "workflow_run",
}
_GITLAB_KINDS: dict[str, EventKind] = {
    "merge_request_event": "pull_request",
    "schedule": "schedule",
    "web": "manual",
    "api": "manual",
    "trigger": "manual",
}


@record
class CiEvent:
    """What started this run.

    The person who pushed chose every text here: names are not commands, and are matched in full before they
    are used. `sha` is the commit of the pull request, branch or tag (never GitHub's merge commit). `number`
    is the pull request's. `fork` is True if its branch is in another repository. `api` and `server` are URLs
    without a slash at the end. `ref` is a full ref name, if one is known. `target_has` are commits that the
    target (for a push: the default branch) had when the run began, as the forge says. For a `workflow_run`,
    `run` is the id of the run it is about and `conclusion` how that ended.
    """

    host: Host
    kind: EventKind
    repository: str
    api: str
    server: str
    sha: str
    ref: str | None = None
    number: int | None = None
    title: str | None = None
    head_branch: str | None = None
    head_owner: str | None = None
    base_branch: str | None = None
    default_branch: str | None = None
    fork: bool = False
    run: int | None = None
    run_url: str | None = None
    project: str | None = None
    conclusion: str | None = None
    target_has: tuple[str, ...] = ()

    @property
    def tag(self) -> str | None:
        return self.ref.removeprefix("refs/tags/") if self.ref and self.ref.startswith("refs/tags/") else None

    @property
    def other_target(self) -> str | None:
        """The branch that the pull request is for, unless that is known to be the default branch."""
        asked = self.kind == "pull_request" and self.base_branch != self.default_branch
        return self.base_branch if asked else None


def ci_event(variables: Mapping[str, str], payload: Mapping[str, Any] | None) -> CiEvent | None:
    """The event in a CI's environment and the document at GITHUB_EVENT_PATH; None outside a known CI."""
    host = next((host for host, row in HOSTS.items() if variables.get(row.running) == "true"), None)
    return None if host is None else _READERS[host](variables, payload or {})


def _github(variables: Mapping[str, str], payload: Mapping[str, Any]) -> CiEvent:
    name = variables.get("GITHUB_EVENT_NAME", "")
    repository = variables.get("GITHUB_REPOSITORY", "")
    server = variables.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    ref = variables.get("GITHUB_REF") or None
    run = whole_number(variables.get("GITHUB_RUN_ID"))
    pull, past = _tree(payload.get("pull_request")), _tree(payload.get("workflow_run"))
    kind = _github_kind(name, pull, ref or "")
    head, base = _tree(pull.get("head")), _tree(pull.get("base"))
    source = _tree(head.get("repo"))
    default = _text(_tree(payload.get("repository")).get("default_branch"))
    if kind == "workflow_run":
        source = _tree(past.get("head_repository"))
        head = {"sha": past.get("head_sha"), "ref": past.get("head_branch")}
    return CiEvent(
        host="github",
        kind=kind,
        repository=repository,
        api=variables.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        server=server,
        sha=_text(head.get("sha")) or variables.get("GITHUB_SHA", ""),
        ref=ref,
        number=whole_number(pull.get("number")),
        title=_text(pull.get("title")),
        head_branch=_text(head.get("ref")) or variables.get("GITHUB_HEAD_REF") or None,
        head_owner=_text(_tree(source.get("owner")).get("login")),
        base_branch=_text(base.get("ref")) or variables.get("GITHUB_BASE_REF") or None,
        # A schedule runs on the default branch, which its payload need not name.
        default_branch=default or (_branch(ref) if name == "schedule" else None),
        # The repository of a deleted fork is missing.
        fork=kind in {"pull_request", "workflow_run"} and _text(source.get("full_name")) != repository,
        run=whole_number(past.get("id")) if kind == "workflow_run" else run,
        run_url=f"{server}/{repository}/actions/runs/{run}" if run is not None and repository else None,
        project=repository,
        conclusion=_text(past.get("conclusion")),
        target_has=_pushed_to(ref, default, variables.get("GITHUB_SHA"))
        if not pull
        else _commits(_text(base.get("sha"))),
    )


def _github_kind(name: str, pull: Mapping[str, Any], ref: str) -> EventKind:
    """The kind of an event; also `pull_request_target` and a review are about a pull request."""
    if pull:
        return "pull_request"
    return _GITHUB_KINDS.get(name) or _pushed(name, tag=ref.startswith("refs/tags/"))


def _gitlab(variables: Mapping[str, str], _: Mapping[str, Any]) -> CiEvent:
    source = variables.get("CI_PIPELINE_SOURCE", "")
    tag, branch = variables.get("CI_COMMIT_TAG"), variables.get("CI_COMMIT_BRANCH")
    kind = _GITLAB_KINDS.get(source) or _pushed(source, tag=bool(tag))
    ref = f"refs/tags/{tag}" if tag else f"refs/heads/{branch}" if branch else None
    own = variables.get("CI_MERGE_REQUEST_PROJECT_ID")
    other = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    server = variables.get("CI_SERVER_URL", "https://gitlab.com").rstrip("/")
    return CiEvent(
        host="gitlab",
        kind=kind,
        repository=variables.get("CI_MERGE_REQUEST_PROJECT_PATH") or variables.get("CI_PROJECT_PATH", ""),
        api=variables.get("CI_API_V4_URL", f"{server}/api/v4").rstrip("/"),
        server=server,
        sha=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or variables.get("CI_COMMIT_SHA", ""),
        ref=ref,
        number=whole_number(variables.get("CI_MERGE_REQUEST_IID")),
        title=variables.get("CI_MERGE_REQUEST_TITLE"),
        head_branch=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or branch,
        base_branch=variables.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        default_branch=variables.get("CI_DEFAULT_BRANCH") or None,
        fork=bool(own and other and own != other),
        run=whole_number(variables.get("CI_PIPELINE_ID")),
        run_url=variables.get("CI_JOB_URL") or variables.get("CI_PIPELINE_URL"),
        project=own or variables.get("CI_PROJECT_ID"),
        target_has=_pushed_to(ref, variables.get("CI_DEFAULT_BRANCH"), variables.get("CI_COMMIT_SHA"))
        if not variables.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
        else _commits(*map(variables.get, _OF_TARGET)),
    )


def _pushed_to(ref: str | None, default: str | None, sha: str | None) -> tuple[str, ...]:
    """What the default branch has because the run is for a push to it, or later for its tip."""
    return _commits(sha) if default is not None and _branch(ref) == default else ()


def _commits(*stated: str | None) -> tuple[str, ...]:
    """Those that are full ids; a target may have no commit yet."""
    ids = (each for each in stated if each is not None and _COMMIT.fullmatch(each))
    return tuple(dict.fromkeys(each for each in ids if each.strip("0")))


_READERS: Mapping[Host, Callable[[Mapping[str, str], Mapping[str, Any]], CiEvent]] = {
    "github": _github,
    "gitlab": _gitlab,
}


def _pushed(event: str, *, tag: bool) -> EventKind:
    """The kind of an event that is not in the forge's table."""
    return "other" if event != "push" else "tag" if tag else "push"


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None


def _tree(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def whole_number(value: object) -> int | None:
    """A whole number that is given as such or as text; None for anything else."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() else None
