"""CI: the event that a run of GitHub Actions or GitLab CI is about, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.forge.protocol import Host

_LONGEST_NUMBER = 18
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

    Everything here was written by whoever pushed: names are text, not commands, and are matched in full
    before they are used. `sha` is the commit that the pull request, branch or tag stands on (never GitHub's
    merge commit). `number` is the pull request's. `fork` says that its branch is in another repository.
    `api` and `server` are URLs without a slash at the end. `ref` is a full ref name where one is known.
    `conclusion` is how the run ended that a `workflow_run` is about, `run` its id.
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

    @property
    def tag(self) -> str | None:
        """The tag that was pushed."""
        return self.ref.removeprefix("refs/tags/") if self.ref and self.ref.startswith("refs/tags/") else None


def ci_event(variables: Mapping[str, str], payload: Mapping[str, Any] | None) -> CiEvent | None:
    """What a CI's environment variables say; None when this is no CI we know.

    Args:
        variables: the environment.
        payload: the document at GITHUB_EVENT_PATH, when there is one.
    """
    if variables.get("GITHUB_ACTIONS") == "true":
        return _github(variables, payload or {})
    if variables.get("GITLAB_CI") == "true":
        return _gitlab(variables)
    return None


def _github(variables: Mapping[str, str], payload: Mapping[str, Any]) -> CiEvent:
    name = variables.get("GITHUB_EVENT_NAME", "")
    repository = variables.get("GITHUB_REPOSITORY", "")
    server = variables.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    ref = variables.get("GITHUB_REF") or None
    run = whole_number(variables.get("GITHUB_RUN_ID"))
    kind = _GITHUB_KINDS.get(name, "other")
    if name == "push":
        kind = "tag" if (ref or "").startswith("refs/tags/") else "push"
    pull = _tree(payload.get("pull_request"))
    head, base = _tree(pull.get("head")), _tree(pull.get("base"))
    head_repository = _tree(head.get("repo"))
    default = _text(_tree(payload.get("repository")).get("default_branch"))
    past = _tree(payload.get("workflow_run"))
    if kind == "workflow_run":
        head_repository = _tree(past.get("head_repository"))
        head = {"sha": past.get("head_sha"), "ref": past.get("head_branch")}
    owner = _text(_tree(head_repository.get("owner")).get("login"))
    full_name = _text(head_repository.get("full_name"))
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
        head_owner=owner,
        base_branch=_text(base.get("ref")) or variables.get("GITHUB_BASE_REF") or None,
        # A schedule runs on the default branch, and its payload need not name it.
        default_branch=default or (_branch(ref) if name == "schedule" else None),
        # A fork that was deleted has no repository any more.
        fork=kind in {"pull_request", "workflow_run"} and full_name != repository,
        run=whole_number(past.get("id")) if kind == "workflow_run" else run,
        run_url=f"{server}/{repository}/actions/runs/{run}" if run is not None and repository else None,
        project=repository,
        conclusion=_text(past.get("conclusion")),
    )


def _gitlab(variables: Mapping[str, str]) -> CiEvent:
    source = variables.get("CI_PIPELINE_SOURCE", "")
    tag, branch = variables.get("CI_COMMIT_TAG"), variables.get("CI_COMMIT_BRANCH")
    kind: EventKind = _GITLAB_KINDS.get(source, "other")
    if source == "push":
        kind = "tag" if tag else "push"
    ref = f"refs/tags/{tag}" if tag else f"refs/heads/{branch}" if branch else None
    own, source_project = (
        variables.get("CI_MERGE_REQUEST_PROJECT_ID"),
        variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
    )
    head = variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or variables.get("CI_COMMIT_SHA", "")
    server = variables.get("CI_SERVER_URL", "https://gitlab.com").rstrip("/")
    return CiEvent(
        host="gitlab",
        kind=kind,
        repository=variables.get("CI_MERGE_REQUEST_PROJECT_PATH") or variables.get("CI_PROJECT_PATH", ""),
        api=variables.get("CI_API_V4_URL", f"{server}/api/v4").rstrip("/"),
        server=server,
        sha=head,
        ref=ref,
        number=whole_number(variables.get("CI_MERGE_REQUEST_IID")),
        title=variables.get("CI_MERGE_REQUEST_TITLE"),
        head_branch=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or branch,
        base_branch=variables.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        default_branch=variables.get("CI_DEFAULT_BRANCH"),
        fork=bool(own and source_project and own != source_project),
        run=whole_number(variables.get("CI_PIPELINE_ID")),
        run_url=variables.get("CI_JOB_URL") or variables.get("CI_PIPELINE_URL"),
        project=own or variables.get("CI_PROJECT_ID"),
    )


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None


def _tree(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def whole_number(value: object) -> int | None:
    """A number that stands somewhere as such or as text; None for anything else."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() else None
