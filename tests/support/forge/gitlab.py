"""GitLab: the fake forge's routes, rights and refusals of GitLab's REST v4."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.forge.server import Answer, Refused
from tests.support.forge.state import Comment, Deployment, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.forge.server import Call
    from tests.support.forge.state import Pull, Repository

PER_PAGE = 20
MAX_BODY = 1_000_000
WHEN = "2026-01-01T00:00:00.000Z"
_SHA = re.compile(r"[0-9a-f]{40}")


def answer(call: Call) -> Answer:
    _authenticate(call)
    if call.parts[2:] == ["user"]:
        assert call.token is not None
        return Answer(200, _user(call, call.token.login))
    if len(call.parts) < 4 or call.parts[2] != "projects":
        return _not_found("Not Found")
    project = call.state.repository(call.parts[3])
    if project is None:
        return _not_found("Project Not Found")
    for method, pattern, route in _ROUTES:
        found = re.fullmatch(pattern, "/".join(call.parts[4:]))
        if found and method == call.method:
            return route(call, project, **found.groupdict())
    return _not_found("Not Found")


def _authenticate(call: Call) -> None:
    secret = call.headers.get("private-token")
    if secret is None:
        secret = call.headers.get("authorization", "").removeprefix("Bearer ")
    known = (each for each in call.state.tokens if each.secret == secret and each.kind == "gitlab")
    call.token = next(known, None)
    if call.token is None:
        raise Refused(Answer(401, {"message": "401 Unauthorized"}))
    if call.method != "GET" and call.token.permissions.get("api") != "write":
        text = "The request requires higher privileges than provided by the access token."
        body = {"error": "insufficient_scope", "error_description": text, "scope": "api"}
        raise Refused(Answer(403, body))


def _project(call: Call, project: Repository) -> Answer:
    owner, _, name = project.name.rpartition("/")
    return Answer(
        200,
        {
            "id": project.id,
            "name": name,
            "path": name,
            "path_with_namespace": project.name,
            "namespace": {"id": 1, "path": owner, "full_path": owner, "kind": "group"},
            "default_branch": project.default_branch,
            "web_url": f"{call.url}/{project.name}",
        },
    )


def _merge_requests(call: Call, project: Repository) -> Answer:
    state = call.query.get("state", "all")
    rows = [
        each
        for each in reversed(call.state.pulls)
        if each.repository == project.name
        and state in {"all", "opened" if each.open else "closed"}
        and call.query.get("source_branch") in {None, each.branch}
    ]
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [_merge_request(call, each) for each in page], headers)


def _one_merge_request(call: Call, project: Repository, number: str) -> Answer:
    found = call.state.pull(project.name, int(number))
    return _not_found("Not found") if found is None else Answer(200, _merge_request(call, found))


def _merge_request(call: Call, found: Pull) -> dict[str, Any]:
    target, source = call.state.repository(found.repository), call.state.repository(found.source)
    assert target is not None
    return {
        "id": found.number + 100_000,
        "iid": found.number,
        "project_id": target.id,
        "title": found.title,
        "state": "opened" if found.open else "closed",
        "sha": found.sha,
        "source_branch": found.branch,
        "target_branch": found.base,
        "source_project_id": None if source is None else source.id,
        "target_project_id": target.id,
        "author": _user(call, found.author),
        "web_url": f"{call.url}/{found.repository}/-/merge_requests/{found.number}",
    }


def _notes(call: Call, project: Repository, number: str) -> Answer:
    if call.state.pull(project.name, int(number)) is None:
        return _not_found("Not found")
    rows = call.forge.comments(int(number), repository=project.name)
    if call.query.get("sort", "desc") == "desc":
        rows.reverse()
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [_note(call, each) for each in page], headers)


def _add_note(call: Call, project: Repository, number: str) -> Answer:
    if call.state.pull(project.name, int(number)) is None:
        return _not_found("Not found")
    body = _note_body(call)
    assert call.token is not None
    added = Comment(call.state.new_id(), project.name, int(number), call.token.login, body)
    call.state.comments.append(added)
    return Answer(201, _note(call, added))


def _edit_note(call: Call, project: Repository, number: str, id: str) -> Answer:  # noqa: A002
    found = _one_note(call, project, number, id)
    assert call.token is not None
    if found.login != call.token.login:
        return Answer(403, {"message": "403 Forbidden"})
    found.body, found.edits = _note_body(call), found.edits + 1
    return Answer(200, _note(call, found))


def _delete_note(call: Call, project: Repository, number: str, id: str) -> Answer:  # noqa: A002
    call.state.comments.remove(_one_note(call, project, number, id))
    return Answer(204)


def _one_note(call: Call, project: Repository, number: str, id: str) -> Comment:  # noqa: A002
    for each in call.forge.comments(int(number), repository=project.name):
        if each.id == int(id):
            return each
    raise Refused(_not_found("Not found"))


def _note_body(call: Call) -> str:
    body = (call.body or {}).get("body")
    if not isinstance(body, str) or not body.strip():
        raise Refused(Answer(400, {"error": "body is missing"}))
    if len(body) > MAX_BODY:
        raise Refused(Answer(400, {"message": {"note": [f"is too long (maximum is {MAX_BODY} characters)"]}}))
    return body.strip()


def _note(call: Call, found: Comment) -> dict[str, Any]:
    return {
        "id": found.id,
        "type": None,
        "body": found.body,
        "author": _user(call, found.login),
        "created_at": WHEN,
        "updated_at": WHEN,
        "system": found.system,
        "noteable_type": "MergeRequest",
        "noteable_iid": found.number,
        "resolvable": False,
    }


def _add_status(call: Call, project: Repository, sha: str) -> Answer:
    body = call.body or {}
    if not _SHA.fullmatch(sha):
        return _not_found("Commit Not Found")
    state = body.get("state")
    if state not in {"pending", "running", "success", "failed", "canceled", "skipped"}:
        return Answer(400, {"error": "state does not have a valid value"})
    name = body.get("name") or body.get("context") or "default"
    description, target = body.get("description"), body.get("target_url")
    if len(description or "") > 255 or len(target or "") > 255:
        return Answer(400, {"message": {"description": ["is too long (maximum is 255 characters)"]}})
    assert call.token is not None
    known = call.forge.statuses(sha, repository=project.name)
    found = next(
        (each for each in known if each.context == name and each.state in {"running", "pending"}), None
    )
    if found is not None and (found.state == state or (found.state, state) == ("running", "pending")):
        reason = f"Cannot transition status via :run from :{found.state} (Reason(s): ...)"
        return Answer(400, {"message": reason})
    if found is None:
        found = Status(call.state.new_id(), project.name, sha, name, state, call.token.login)
        call.state.statuses.append(found)
    found.state, found.description, found.target_url = state, description, target
    found.ref, found.pipeline = body.get("ref"), body.get("pipeline_id")
    return Answer(201, _status(call, found))


def _commit(call: Call, project: Repository, sha: str) -> Answer:
    del project
    parents = call.forge.parents_of(sha)
    return Answer(200, {"id": sha, "parent_ids": parents}) if parents else _not_found("Commit Not Found")


def _statuses(call: Call, project: Repository, sha: str) -> Answer:
    rows = call.forge.statuses(sha, repository=project.name)
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [_status(call, each) for each in page], headers)


def _status(call: Call, found: Status) -> dict[str, Any]:
    return {
        "id": found.id,
        "sha": found.sha,
        "ref": found.ref,
        "status": found.state,
        "name": found.context,
        "description": found.description,
        "target_url": found.target_url,
        "pipeline_id": found.pipeline,
        "author": _user(call, found.login),
    }


def _deployments(call: Call, project: Repository) -> Answer:
    rows = call.forge.deployments(call.query.get("environment"), repository=project.name)
    if call.query.get("sort", "asc") == "desc":
        rows.reverse()
    page, headers = call.page(rows, default=PER_PAGE)
    return Answer(200, [_deployment(call, each) for each in page], headers)


def _add_deployment(call: Call, project: Repository) -> Answer:
    body = call.body or {}
    for name in ("environment", "sha", "ref", "tag", "status"):
        if name not in body:
            return Answer(400, {"error": f"{name} is missing"})
    assert call.token is not None
    added = Deployment(
        call.state.new_id(),
        project.name,
        body["environment"],
        body["sha"],
        body["ref"],
        call.token.login,
        tag=body["tag"],
        states=[{"state": body["status"]}],
    )
    call.state.deployments.append(added)
    return Answer(201, _deployment(call, added))


def _get_deployment(call: Call, project: Repository, id: str) -> Answer:  # noqa: A002
    return Answer(200, _deployment(call, _one_deployment(call, project, id)))


def _one_deployment(call: Call, project: Repository, id: str) -> Deployment:  # noqa: A002
    for each in call.forge.deployments(repository=project.name):
        if each.id == int(id):
            return each
    raise Refused(_not_found("Not found"))


def _edit_deployment(call: Call, project: Repository, id: str) -> Answer:  # noqa: A002
    found = _one_deployment(call, project, id)
    if found.job is not None:
        text = "Deployments created using GitLab CI can not be updated using the API"
        return Answer(403, {"message": f"403 Forbidden - {text}"})
    status = (call.body or {}).get("status")
    if status not in {"running", "success", "failed", "canceled"}:
        return Answer(400, {"error": "status does not have a valid value"})
    if found.state == status:
        return Answer(400, {"message": {"status": [f"cannot transition via {status}"]}})
    found.states.append({"state": status})
    return Answer(200, _deployment(call, found))


def _deployment(call: Call, found: Deployment) -> dict[str, Any]:
    page = f"{call.url}/{found.repository}/-/jobs/{found.job}"
    return {
        "id": found.id,
        "iid": found.id,
        "ref": found.ref,
        "sha": found.sha,
        "status": {"in_progress": "running"}.get(found.state, found.state),
        "environment": {"id": 1, "name": found.environment},
        "deployable": None if found.job is None else {"id": found.job, "web_url": page},
        "user": _user(call, found.login),
        "created_at": WHEN,
    }


def _user(call: Call, login: str) -> dict[str, Any]:
    page = f"{call.url}/{login}"
    number = call.state.user_id(login)
    return {"id": number, "username": login, "name": login, "state": "active", "web_url": page}


def _not_found(text: str) -> Answer:
    return Answer(404, {"message": f"404 {text}"})


_NOTES = r"merge_requests/(?P<number>\d+)/notes"
_ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "", _project),
    ("GET", "merge_requests", _merge_requests),
    ("GET", r"merge_requests/(?P<number>\d+)", _one_merge_request),
    ("GET", _NOTES, _notes),
    ("POST", _NOTES, _add_note),
    ("PUT", rf"{_NOTES}/(?P<id>\d+)", _edit_note),
    ("DELETE", rf"{_NOTES}/(?P<id>\d+)", _delete_note),
    ("POST", "statuses/(?P<sha>[^/]+)", _add_status),
    ("GET", "repository/commits/(?P<sha>[^/]+)/statuses", _statuses),
    ("GET", "repository/commits/(?P<sha>[^/]+)", _commit),
    ("GET", "deployments", _deployments),
    ("POST", "deployments", _add_deployment),
    ("GET", r"deployments/(?P<id>\d+)", _get_deployment),
    ("PUT", r"deployments/(?P<id>\d+)", _edit_deployment),
)
