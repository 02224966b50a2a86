"""GitHub: the fake forge's routes, rights and refusals of GitHub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from tests.support.forge import github_shapes as shapes
from tests.support.forge.server import Answer, Refused
from tests.support.forge.state import Check, Comment, Deployment, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.forge.server import Call
    from tests.support.forge.state import Pull, Repository

Row = TypeVar("Row", Comment, Check, Deployment)
PER_PAGE = 30
MAX_BODY = 65_536
MAX_ANNOTATIONS = 50
MAX_STATUS_DESCRIPTION = 140
_SHA = re.compile(r"[0-9a-f]{40}")
_LEVELS = {"read": 1, "write": 2}
_DOCS = "https://docs.github.com/rest"
_LAST_ID = 10**15


def answer(call: Call) -> Answer:
    _authenticate(call)
    if call.parts[1] == "graphql":
        return _graphql(call)
    if call.parts[2:] == ["user"]:
        return _user(call)
    if len(call.parts) < 6 or call.parts[2] != "repos":
        return _not_found()
    repository = call.state.repository("/".join(call.parts[3:5]))
    if repository is None or (repository.private and not _may(call, "contents", "read")):
        return _not_found()
    for method, pattern, route in _ROUTES:
        found = re.fullmatch(pattern, "/".join(call.parts[5:]))
        if found and method == call.method:
            return route(call, repository, **found.groupdict())
    return _not_found()


def _authenticate(call: Call) -> None:
    header = call.headers.get("authorization")
    if header is None:
        return
    secret = header.removeprefix("Bearer ").removeprefix("token ")
    kinds = {"actions", "app", "user"}
    call.token = next((each for each in call.state.tokens if each.secret == secret), None)
    if call.token is None or call.token.kind not in kinds:
        call.token = None
        raise Refused(Answer(401, _message("Bad credentials", 401)))


def _may(call: Call, right: str, level: str) -> bool:
    granted = {} if call.token is None else call.token.permissions
    return _LEVELS.get(granted.get(right, ""), 0) >= _LEVELS[level]


def _need(call: Call, repository: Repository, level: str, *rights: str) -> None:
    """Require one of the rights; anyone may read a public repository."""
    if level == "read" and not repository.private:
        return
    if any(_may(call, right, level) for right in rights):
        return
    if call.token is None:
        raise Refused(Answer(401, _message("Requires authentication", 401)))
    who = "personal access token" if call.token.kind == "user" else "integration"
    accepted = "; ".join(f"{right}={level}" for right in rights)
    raise Refused(
        Answer(
            403,
            _message(f"Resource not accessible by {who}", 403),
            {"X-Accepted-GitHub-Permissions": accepted},
        )
    )


def _graphql(call: Call) -> Answer:
    if call.token is None:
        return Answer(401, _message("This endpoint requires you to be authenticated.", 401))
    return Answer(200, {"data": {"viewer": {"login": call.token.login}}})


def _user(call: Call) -> Answer:
    if call.token is None:
        return Answer(401, _message("Requires authentication", 401))
    if call.token.kind != "user":
        return Answer(403, _message("Resource not accessible by integration", 403))
    return Answer(200, shapes.own_user(call, call.token.login))


def _pulls(call: Call, repository: Repository) -> Answer:
    _need(call, repository, "read", "pull_requests", "contents")
    state, head = call.query.get("state", "open"), call.query.get("head")
    # Names of users ignore case, names of branches do not.
    owner, _, branch = (head or "").partition(":")
    rows = [
        each
        for each in reversed(call.state.pulls)
        if each.repository == repository.name
        and state in {"all", "open" if each.open else "closed"}
        and (not head or (owner.lower(), branch) == (_owner(each).lower(), each.branch))
    ]
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [shapes.pull(call, each) for each in page], headers)


def _owner(pull: Pull) -> str:
    return pull.source.rpartition("/")[0] or pull.author


def _pull(call: Call, repository: Repository, number: str) -> Answer:
    _need(call, repository, "read", "pull_requests", "contents")
    found = call.state.pull(repository.name, int(number))
    return _not_found() if found is None else Answer(200, shapes.pull(call, found, full=True))


def _comments(call: Call, repository: Repository, number: str) -> Answer:
    _need(call, repository, "read", "issues", "pull_requests")
    if call.state.pull(repository.name, int(number)) is None:
        return _not_found()
    rows = call.forge.comments(int(number), repository=repository.name)
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [shapes.comment(call, each) for each in page], headers)


def _add_comment(call: Call, repository: Repository, number: str) -> Answer:
    _need(call, repository, "write", "issues", "pull_requests")
    if call.state.pull(repository.name, int(number)) is None:
        return _not_found()
    body = _comment_body(call)
    assert call.token is not None
    added = Comment(call.state.new_id(), repository.name, int(number), call.token.login, body)
    call.state.comments.append(added)
    return Answer(201, shapes.comment(call, added))


def _edit_comment(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need(call, repository, "write", "issues", "pull_requests")
    found = _one(call.state.comments, repository, id)
    if found is None:
        return _not_found()
    found.body, found.edits = _comment_body(call), found.edits + 1
    return Answer(200, shapes.comment(call, found))


def _delete_comment(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need(call, repository, "write", "issues", "pull_requests")
    found = _one(call.state.comments, repository, id)
    if found is None:
        return _not_found()
    call.state.comments.remove(found)
    return Answer(204)


def _comment_body(call: Call) -> str:
    body = (call.body or {}).get("body")
    if not isinstance(body, str) or not body.strip():
        raise Refused(_invalid("IssueComment", "body", "missing_field"))
    if len(body) > MAX_BODY:
        raise Refused(_invalid("IssueComment", "body", "custom", f"Body is too long (maximum is {MAX_BODY})"))
    return body


def _check_runs(call: Call, repository: Repository, sha: str) -> Answer:
    _need(call, repository, "read", "checks")
    rows = call.forge.checks(sha, repository=repository.name)
    name = call.query.get("check_name")
    rows = [each for each in reversed(rows) if name in {None, each.name}]
    if call.query.get("filter", "latest") == "latest":
        newest: dict[tuple[str, str], Check] = {}
        for each in rows:
            newest.setdefault((each.name, each.app), each)
        rows = list(newest.values())
    page, headers = call.page(rows, default=PER_PAGE)
    shown = [shapes.check(call, each) for each in page]
    return Answer(200, {"total_count": len(rows), "check_runs": shown}, headers)


def _add_check(call: Call, repository: Repository) -> Answer:
    _need_app(call, repository)
    body = call.body or {}
    sha, name = body.get("head_sha"), body.get("name")
    if not isinstance(sha, str) or not _SHA.fullmatch(sha):
        return Answer(422, _message(f"No commit found for SHA: {sha}", 422))
    if not isinstance(name, str) or not name:
        return _invalid("CheckRun", "name", "missing_field")
    assert call.token is not None
    app = call.token.login.removesuffix("[bot]")
    added = Check(call.state.new_id(), repository.name, sha, name, app)
    _change_check(added, body)
    call.state.checks.append(added)
    return Answer(201, shapes.check(call, added))


def _check(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need(call, repository, "read", "checks")
    found = _one(call.state.checks, repository, id)
    return _not_found() if found is None else Answer(200, shapes.check(call, found))


def _edit_check(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need_app(call, repository)
    found = _one(call.state.checks, repository, id)
    if found is None:
        return _not_found()
    assert call.token is not None
    if found.app != call.token.login.removesuffix("[bot]"):
        text = "Invalid app_id - check run can only be modified by the GitHub App that created it."
        return Answer(403, _message(text, 403))
    _change_check(found, call.body or {})
    return Answer(200, shapes.check(call, found))


def _need_app(call: Call, repository: Repository) -> None:
    if call.token is not None and call.token.kind == "user":
        raise Refused(Answer(403, _message("You must authenticate via a GitHub App.", 403)))
    _need(call, repository, "write", "checks")


def _change_check(found: Check, body: dict[str, Any]) -> None:
    output = body.get("output") or {}
    annotations = output.get("annotations") or []
    if len(annotations) > MAX_ANNOTATIONS:
        raise Refused(_invalid("CheckRun", "annotations", "invalid"))
    for name in ("title", "summary"):
        if output and not output.get(name):
            raise Refused(_invalid("CheckRun", name, "missing_field"))
    if max((len(output.get(name) or "") for name in ("summary", "text")), default=0) > MAX_BODY - 1:
        raise Refused(_invalid("CheckRun", "summary", "invalid"))
    if body.get("status") == "completed" and not body.get("conclusion"):
        raise Refused(_invalid("CheckRun", "conclusion", "missing_field"))
    found.status = "completed" if body.get("conclusion") else body.get("status", found.status)
    found.conclusion = body.get("conclusion", found.conclusion)
    found.details_url = body.get("details_url", found.details_url)
    found.title = output.get("title", found.title)
    found.summary = output.get("summary", found.summary)
    found.text = output.get("text", found.text)
    # GitHub adds the annotations of an update to the existing ones.
    found.annotations += annotations


def _add_status(call: Call, repository: Repository, sha: str) -> Answer:
    _need(call, repository, "write", "statuses")
    body = call.body or {}
    if not _SHA.fullmatch(sha):
        return Answer(422, _message(f"No commit found for SHA: {sha}", 422))
    if body.get("state") not in {"error", "failure", "pending", "success"}:
        return _invalid("Status", "state", "custom", "state is not included in the list")
    if len(body.get("description") or "") > MAX_STATUS_DESCRIPTION:
        return _invalid("Status", "description", "custom", "description is too long")
    assert call.token is not None
    added = Status(
        call.state.new_id(),
        repository.name,
        sha,
        body.get("context", "default"),
        body["state"],
        call.token.login,
        description=body.get("description"),
        target_url=body.get("target_url"),
    )
    call.state.statuses.append(added)
    return Answer(201, shapes.status(call, added))


def _deployments(call: Call, repository: Repository) -> Answer:
    _need(call, repository, "read", "deployments")
    rows = [
        each
        for each in reversed(call.forge.deployments(repository=repository.name))
        if call.query.get("environment") in {None, each.environment}
        and call.query.get("sha") in {None, "none", each.sha}
        and call.query.get("ref") in {None, "none", each.ref}
    ]
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [shapes.deployment(call, each) for each in page], headers)


def _add_deployment(call: Call, repository: Repository) -> Answer:
    _need(call, repository, "write", "deployments")
    body = call.body or {}
    if not body.get("ref"):
        return _invalid("Deployment", "ref", "missing_field")
    if body.get("auto_merge", True):
        return Answer(409, _message("Conflict merging main into topic.", 409))
    if body.get("required_contexts") != []:
        return Answer(409, _message("Conflict: Commit status checks failed for topic.", 409))
    ref = body["ref"]
    assert call.token is not None
    added = Deployment(
        call.state.new_id(),
        repository.name,
        body.get("environment", "production"),
        _commit_of(call, repository, ref),
        ref,
        call.token.login,
        description=body.get("description"),
        auto_merge=False,
        required_contexts=[],
    )
    call.state.deployments.append(added)
    return Answer(201, shapes.deployment(call, added))


def _commit_of(call: Call, repository: Repository, ref: str) -> str:
    """The commit of a ref. Without git, any other ref is a commit with a check or a pull request."""
    if _SHA.fullmatch(ref):
        return ref
    if call.forge.commit_of is not None:
        return call.forge.commit_of(repository.name, ref)
    known = [each.sha for each in call.state.pulls if each.repository == repository.name]
    return known[0] if known else "a" * 40


def _deployment_statuses(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need(call, repository, "read", "deployments")
    found = _one(call.state.deployments, repository, id)
    if found is None:
        return _not_found()
    page, headers = call.page(list(reversed(found.states)), default=PER_PAGE)
    return Answer(200, [shapes.deployment_status(call, found, each) for each in page], headers)


def _add_deployment_status(call: Call, repository: Repository, id: str) -> Answer:  # noqa: A002
    _need(call, repository, "write", "deployments")
    found = _one(call.state.deployments, repository, id)
    if found is None:
        return _not_found()
    body = call.body or {}
    known = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
    if body.get("state") not in known:
        return _invalid("DeploymentStatus", "state", "custom", "state is not included in the list")
    if len(body.get("description") or "") > MAX_STATUS_DESCRIPTION:
        return _invalid("DeploymentStatus", "description", "custom", "description is too long")
    found.states.append(body)
    if body["state"] == "success" and body.get("auto_inactive", True):
        for each in call.state.deployments:
            other = each is not found and each.repository == found.repository
            if other and each.environment == found.environment and each.state == "success":
                each.states.append({"state": "inactive"})
    return Answer(201, shapes.deployment_status(call, found, body))


def _one(rows: list[Row], repository: Repository, number: str) -> Row | None:
    if int(number) > _LAST_ID:
        return None
    found = (each for each in rows if each.id == int(number) and each.repository == repository.name)
    return next(found, None)


def _not_found() -> Answer:
    return Answer(404, _message("Not Found", 404))


def _message(text: str, status: int) -> dict[str, Any]:
    return {"message": text, "documentation_url": _DOCS, "status": str(status)}


def _invalid(resource: str, field: str, code: str, text: str | None = None) -> Answer:
    error = {"resource": resource, "field": field, "code": code} | ({"message": text} if text else {})
    return Answer(422, {**_message("Validation Failed", 422), "errors": [error]})


def _git_commit(call: Call, repository: Repository, sha: str) -> Answer:
    _need(call, repository, "read", "contents")
    parents = call.forge.parents_of(sha)
    return Answer(200, shapes.git_commit(call, repository.name, sha, parents)) if parents else _not_found()


_ID = r"(?P<id>\d+)"
_ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "pulls", _pulls),
    ("GET", r"pulls/(?P<number>\d+)", _pull),
    ("GET", r"issues/(?P<number>\d+)/comments", _comments),
    ("POST", r"issues/(?P<number>\d+)/comments", _add_comment),
    ("PATCH", rf"issues/comments/{_ID}", _edit_comment),
    ("DELETE", rf"issues/comments/{_ID}", _delete_comment),
    ("GET", "commits/(?P<sha>[^/]+)/check-runs", _check_runs),
    ("GET", "git/commits/(?P<sha>[^/]+)", _git_commit),
    ("POST", "check-runs", _add_check),
    ("GET", rf"check-runs/{_ID}", _check),
    ("PATCH", rf"check-runs/{_ID}", _edit_check),
    ("POST", "statuses/(?P<sha>[^/]+)", _add_status),
    ("GET", "deployments", _deployments),
    ("POST", "deployments", _add_deployment),
    ("GET", rf"deployments/{_ID}/statuses", _deployment_statuses),
    ("POST", rf"deployments/{_ID}/statuses", _add_deployment_status),
)
