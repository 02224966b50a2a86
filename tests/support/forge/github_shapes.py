"""GitHub shapes: complete responses, as GitHub's OpenAPI description requires them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.forge.server import Call
    from tests.support.forge.state import Check, Comment, Deployment, Pull, Repository, Status

WHEN = "2026-01-01T00:00:00Z"
_USER_URLS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
_REPOSITORY_URLS = """
    archive assignees blobs branches collaborators comments commits compare contents contributors
    deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events
    issues keys labels languages merges milestones notifications pulls releases stargazers statuses
    subscribers subscription tags teams trees
"""


def api(call: Call) -> str:
    return f"{call.url}/api/v3"


def user(call: Call, login: str) -> dict[str, Any]:
    own = f"{api(call)}/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    return {
        "login": login,
        "id": call.state.user_id(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{call.url}/avatars/1",
        "gravatar_id": "",
        "url": own,
        "html_url": f"{call.url}/{login.removesuffix('[bot]')}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **{name: f"{own}/{rest}" for name, rest in _USER_URLS.items()},
        "events_url": f"{own}/events",
    }


def own_user(call: Call, login: str) -> dict[str, Any]:
    numbers = ("followers", "following", "public_gists", "public_repos")
    words = ("bio", "blog", "company", "email", "hireable", "name", "location")
    return {
        **user(call, login),
        **dict.fromkeys(numbers, 0),
        **dict.fromkeys(words),
        "created_at": WHEN,
        "updated_at": WHEN,
    }


def repository(call: Call, found: Repository) -> dict[str, Any]:
    owner, _, name = found.name.rpartition("/")
    own, page = f"{api(call)}/repos/{found.name}", f"{call.url}/{found.name}"
    counts = (
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "size",
        "stargazers_count",
        "watchers",
        "watchers_count",
    )
    return {
        "id": found.id,
        "node_id": f"R_{found.id}",
        "name": name,
        "full_name": found.name,
        "owner": user(call, owner),
        "private": found.private,
        "html_url": page,
        "url": own,
        "description": None,
        "fork": False,
        "default_branch": found.default_branch,
        "clone_url": f"{page}.git",
        "git_url": f"{page}.git",
        "ssh_url": f"git@127.0.0.1:{found.name}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "archived": False,
        "disabled": False,
        **dict.fromkeys(("has_downloads", "has_issues", "has_projects", "has_wiki"), True),
        "has_pages": False,
        "pushed_at": WHEN,
        "created_at": WHEN,
        "updated_at": WHEN,
        **dict.fromkeys(counts, 0),
        **{f"{each}_url": f"{own}/{each}" for each in _REPOSITORY_URLS.split()},
    }


def pull(call: Call, found: Pull, *, full: bool = False) -> dict[str, Any]:
    base = call.state.repository(found.repository)
    source = call.state.repository(found.source)
    assert base is not None
    own = f"{api(call)}/repos/{found.repository}/pulls/{found.number}"
    issue = f"{api(call)}/repos/{found.repository}/issues/{found.number}"
    page = f"{call.url}/{found.repository}/pull/{found.number}"
    links = {
        "self": own,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{own}/comments",
        "review_comment": f"{own}/comments{{/number}}",
        "commits": f"{own}/commits",
        "statuses": f"{api(call)}/repos/{found.repository}/statuses/{found.sha}",
    }
    owner = found.source.rpartition("/")[0] or found.author
    shape = {
        "url": own,
        "id": found.number + 100_000,
        "node_id": f"PR_{found.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "number": found.number,
        "state": "open" if found.open else "closed",
        "locked": False,
        "title": found.title,
        "user": user(call, found.author),
        "body": None,
        "labels": [],
        "milestone": None,
        "created_at": WHEN,
        "updated_at": WHEN,
        "closed_at": None if found.open else WHEN,
        "merged_at": None,
        "merge_commit_sha": "c" * 40,
        "assignee": None,
        "author_association": "CONTRIBUTOR",
        "auto_merge": None,
        "head": _end(call, found.branch, found.sha, owner) | {"repo": source and repository(call, source)},
        "base": _end(call, found.base, found.base_sha, found.repository.rpartition("/")[0])
        | {"repo": repository(call, base)},
        "_links": {name: {"href": url} for name, url in links.items()},
    }
    if not full:
        return shape
    counts = ("additions", "changed_files", "commits", "comments", "deletions", "review_comments")
    return {
        **shape,
        **dict.fromkeys(counts, 1),
        "maintainer_can_modify": False,
        "mergeable": True,
        "mergeable_state": "clean",
        "merged": False,
        "merged_by": None,
    }


def _end(call: Call, ref: str, sha: str, owner: str) -> dict[str, Any]:
    return {"label": f"{owner}:{ref}", "ref": ref, "sha": sha, "user": user(call, owner)}


def comment(call: Call, found: Comment) -> dict[str, Any]:
    place = f"{api(call)}/repos/{found.repository}/issues"
    return {
        "id": found.id,
        "node_id": f"IC_{found.id}",
        "url": f"{place}/comments/{found.id}",
        "html_url": f"{call.url}/{found.repository}/pull/{found.number}#issuecomment-{found.id}",
        "issue_url": f"{place}/{found.number}",
        "body": found.body,
        "user": user(call, found.login),
        "created_at": WHEN,
        "updated_at": WHEN,
        "author_association": "NONE",
    }


def check(call: Call, found: Check) -> dict[str, Any]:
    own = f"{api(call)}/repos/{found.repository}/check-runs/{found.id}"
    app_page = f"{call.url}/apps/{found.app}"
    return {
        "id": found.id,
        "node_id": f"CR_{found.id}",
        "name": found.name,
        "head_sha": found.sha,
        "external_id": "",
        "url": own,
        "html_url": f"{call.url}/{found.repository}/runs/{found.id}",
        "details_url": found.details_url,
        "status": found.status,
        "conclusion": found.conclusion,
        "started_at": WHEN,
        "completed_at": WHEN if found.status == "completed" else None,
        "output": {
            "title": found.title,
            "summary": found.summary,
            "text": found.text,
            "annotations_count": len(found.annotations),
            "annotations_url": f"{own}/annotations",
        },
        "check_suite": {"id": 1},
        "app": {
            "id": call.state.user_id(found.app),
            "slug": found.app,
            "node_id": f"A_{found.app}",
            "owner": user(call, "acme"),
            "name": found.app,
            "description": "",
            "external_url": app_page,
            "html_url": app_page,
            "created_at": WHEN,
            "updated_at": WHEN,
            "permissions": {"checks": "write"},
            "events": [],
        },
        "pull_requests": [],
    }


def status(call: Call, found: Status) -> dict[str, Any]:
    return {
        "url": f"{api(call)}/repos/{found.repository}/statuses/{found.sha}",
        "avatar_url": None,
        "id": found.id,
        "node_id": f"SC_{found.id}",
        "state": found.state,
        "description": found.description,
        "target_url": found.target_url,
        "context": found.context,
        "created_at": WHEN,
        "updated_at": WHEN,
        "creator": user(call, found.login),
    }


def git_commit(call: Call, repository: str, sha: str, parents: list[str]) -> dict[str, Any]:
    place = f"{api(call)}/repos/{repository}/git"
    person = {"date": WHEN, "email": "ada@example.org", "name": "Ada"}
    return {
        "sha": sha,
        "node_id": f"C_{sha[:7]}",
        "url": f"{place}/commits/{sha}",
        "html_url": f"{place}/commit/{sha}",
        "author": person,
        "committer": person,
        "message": "Run the pipeline",
        "tree": {"sha": sha, "url": f"{place}/trees/{sha}"},
        "parents": [
            {"sha": each, "url": f"{place}/commits/{each}", "html_url": f"{place}/commit/{each}"}
            for each in parents
        ],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


def deployment(call: Call, found: Deployment) -> dict[str, Any]:
    place = f"{api(call)}/repos/{found.repository}"
    return {
        "id": found.id,
        "node_id": f"DE_{found.id}",
        "url": f"{place}/deployments/{found.id}",
        "sha": found.sha,
        "ref": found.ref,
        "task": "deploy",
        "payload": {},
        "original_environment": found.environment,
        "environment": found.environment,
        "description": found.description,
        "creator": user(call, found.login),
        "created_at": WHEN,
        "updated_at": WHEN,
        "statuses_url": f"{place}/deployments/{found.id}/statuses",
        "repository_url": place,
    }


def deployment_status(call: Call, found: Deployment, state: dict[str, Any]) -> dict[str, Any]:
    place = f"{api(call)}/repos/{found.repository}"
    own = f"{place}/deployments/{found.id}"
    log_url = state.get("log_url") or ""
    return {
        "id": found.id * 100 + found.states.index(state),
        "node_id": f"DS_{found.id}",
        "url": f"{own}/statuses/1",
        "state": state["state"],
        "creator": user(call, found.login),
        "description": state.get("description") or "",
        "environment": found.environment,
        "target_url": log_url,
        "log_url": log_url,
        "created_at": WHEN,
        "updated_at": WHEN,
        "deployment_url": own,
        "repository_url": place,
    }
