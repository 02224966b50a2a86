"""The event of a run, from the variables and the event file of a CI, which are not trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.runner.event import read_event
from mlgit.core.ci.event import ci_event

if TYPE_CHECKING:
    from pathlib import Path

HEAD, MERGE = "a" * 40, "b" * 40
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REPOSITORY": "acme/tumor",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_SHA": MERGE,
    "GITHUB_RUN_ID": "42",
    "GITHUB_HEAD_REF": "topic",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_PROJECT_PATH": "mallory/tumor",
    "CI_PROJECT_ID": "8",
    "CI_MERGE_REQUEST_PROJECT_PATH": "acme/tumor",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8",
    "CI_MERGE_REQUEST_IID": "3",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
    "CI_COMMIT_SHA": MERGE,
}


def pull(repository: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return {"pull_request": {"number": 7, "head": {"sha": HEAD, "ref": "topic", "repo": repository}}}


@pytest.mark.parametrize(
    ("repository", "fork"),
    [
        ({"full_name": "acme/tumor"}, False),
        ({"full_name": "mallory/tumor", "owner": {"login": "mallory"}}, True),
        (None, True),
        ("acme/tumor", True),
        ({"full_name": ["acme/tumor"]}, True),
    ],
)
def test_only_a_branch_of_the_repository_itself_is_not_a_fork(repository: object, fork: object) -> None:
    event = ci_event(GITHUB, pull(repository))
    assert event is not None
    assert event.fork is fork
    assert (event.number, event.sha, event.head_branch) == (7, HEAD, "topic")


@pytest.mark.parametrize("name", ["pull_request_target", "pull_request_review", "issue_comment", "other"])
def test_whatever_the_event_is_called_its_payload_says_whose_pull_request_it_is_about(name: str) -> None:
    more = {"GITHUB_EVENT_NAME": name, "GITHUB_REF": "refs/heads/main"}
    for repository, fork in (({"full_name": "mallory/tumor"}, True), ({"full_name": "acme/tumor"}, False)):
        event = ci_event(GITHUB | more, pull(repository))
        assert event is not None
        assert (event.kind, event.fork, event.sha, event.number) == ("pull_request", fork, HEAD, 7)


@pytest.mark.parametrize(
    "payload", [None, {}, {"pull_request": None}, {"pull_request": {"head": 5, "number": True}}]
)
def test_an_event_without_the_owner_of_its_branch_counts_as_a_fork(
    payload: dict[str, Any] | None,
) -> None:
    event = ci_event(GITHUB, payload)
    assert event is not None
    assert (event.kind, event.fork, event.number) == ("pull_request", True, None)


def test_a_workflow_run_is_about_the_commit_and_the_run_before_it() -> None:
    past = {
        "id": 41,
        "conclusion": "failure",
        "head_sha": HEAD,
        "head_branch": "topic",
        "head_repository": {"full_name": "mallory/tumor", "owner": {"login": "mallory"}},
    }
    event = ci_event(GITHUB | {"GITHUB_EVENT_NAME": "workflow_run"}, {"workflow_run": past})
    assert event is not None
    assert (event.kind, event.sha, event.fork, event.head_owner) == ("workflow_run", HEAD, True, "mallory")
    assert (event.run, event.conclusion) == (41, "failure")
    assert event.run_url == "https://github.com/acme/tumor/actions/runs/42"


@pytest.mark.parametrize(
    ("ref", "kind", "tag"),
    [
        ("refs/tags/tumor#prod#3", "tag", "tumor#prod#3"),
        ("refs/heads/refs/tags/x", "push", None),
        ("refs/heads/main", "push", None),
    ],
)
def test_a_push_is_of_a_tag_or_of_a_branch(ref: str, kind: str, tag: str | None) -> None:
    event = ci_event(GITHUB | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": ref}, {})
    assert event is not None
    assert (event.kind, event.tag, event.fork) == (kind, tag, False)


@pytest.mark.parametrize(
    ("ref", "branch"), [("refs/heads/trunk", "trunk"), ("refs/tags/x", None), ("", None)]
)
def test_a_schedule_runs_on_the_default_branch(ref: str, branch: str | None) -> None:
    event = ci_event(GITHUB | {"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": ref}, None)
    assert event is not None
    assert event.default_branch == branch


def test_the_event_names_the_default_branch() -> None:
    payload = {"repository": {"default_branch": "trunk"}}
    event = ci_event(GITHUB | {"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/other"}, payload)
    assert event is not None
    assert event.default_branch == "trunk"


def test_a_merge_request_of_gitlab_belongs_to_its_target_project() -> None:
    event = ci_event(GITLAB, None)
    assert event is not None
    assert (event.kind, event.repository, event.project, event.number) == (
        "pull_request",
        "acme/tumor",
        "7",
        3,
    )
    assert (event.fork, event.sha) == (True, HEAD)
    own = ci_event(GITLAB | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7"}, None)
    assert own is not None
    assert own.fork is False


@pytest.mark.parametrize(
    ("source", "more", "kind", "ref", "tag"),
    [
        ("push", {"CI_COMMIT_TAG": "tumor#prod#3"}, "tag", "refs/tags/tumor#prod#3", "tumor#prod#3"),
        ("push", {"CI_COMMIT_BRANCH": "main"}, "push", "refs/heads/main", None),
        ("push", {"CI_COMMIT_BRANCH": "refs/tags/x"}, "push", "refs/heads/refs/tags/x", None),
        ("schedule", {"CI_COMMIT_BRANCH": "main"}, "schedule", "refs/heads/main", None),
        ("web", {"CI_COMMIT_BRANCH": "main"}, "manual", "refs/heads/main", None),
        ("parent_pipeline", {}, "other", None, None),
    ],
)
def test_a_pipeline_of_gitlab_is_of_a_tag_or_of_a_branch(
    source: str, more: dict[str, str], kind: str, ref: str | None, tag: str | None
) -> None:
    variables = {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": source,
        "CI_PROJECT_PATH": "acme/tumor",
        "CI_PROJECT_ID": "7",
        "CI_COMMIT_SHA": HEAD,
        "CI_SERVER_URL": "https://git.corp/",
        "CI_PIPELINE_ID": "42",
        "CI_PIPELINE_URL": "https://git.corp/acme/tumor/-/pipelines/42",
        "CI_DEFAULT_BRANCH": "main",
    }
    event = ci_event(variables | more, None)
    assert event is not None
    assert (event.kind, event.ref, event.tag, event.sha) == (kind, ref, tag, HEAD)
    assert (event.repository, event.project, event.fork) == ("acme/tumor", "7", False)
    assert (event.server, event.api) == ("https://git.corp", "https://git.corp/api/v4")
    assert (event.run, event.run_url) == (42, variables["CI_PIPELINE_URL"])
    assert (event.default_branch, event.head_branch) == ("main", more.get("CI_COMMIT_BRANCH"))
    job = "https://git.corp/acme/tumor/-/jobs/43"
    of_job = ci_event(variables | more | {"CI_JOB_URL": job}, None)
    assert of_job is not None
    assert of_job.run_url == job


def test_both_forges_report_the_target_branch() -> None:
    from_event = {"pull_request": {"base": {"ref": "main"}, "title": "A title"}}
    more = {"GITHUB_BASE_REF": "release"}
    gitlab = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_TITLE": "A title"}
    events = [ci_event(GITHUB | more, from_event), ci_event(GITLAB | gitlab, None)]
    assert [event and (event.base_branch, event.title) for event in events] == [("main", "A title")] * 2
    assert [
        event and event.base_branch for event in (ci_event(GITHUB | more, None), ci_event(GITHUB, {}))
    ] == [
        "release",
        None,
    ]


def test_an_empty_default_branch_is_not_a_branch() -> None:
    event = ci_event(GITLAB | {"CI_DEFAULT_BRANCH": ""}, None)
    assert event is not None
    assert event.default_branch is None


@pytest.mark.parametrize("number", ["", "-1", "1.5", "٣", "3 ", "9" * 5000])
def test_an_invalid_number_of_a_merge_request_is_ignored(number: str) -> None:
    event = ci_event(GITLAB | {"CI_MERGE_REQUEST_IID": number}, None)
    assert event is not None
    assert event.number is None


def test_elsewhere_there_is_no_event() -> None:
    assert ci_event({"CI": "true", "GITHUB_ACTIONS": "yes"}, None) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"not JSON", b"\xff\xfe", b"[" * 200_000, b'{"pull_request": {"number": 7}', b'"text"'],
)
def test_an_unreadable_event_file_is_ignored(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    event = read_event(GITHUB | {"GITHUB_EVENT_PATH": str(path)})
    assert event is not None
    assert (event.number, event.fork) == (None, True)


def test_the_event_file_is_read_and_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    missing = read_event(GITHUB | {"GITHUB_EVENT_PATH": str(path)})
    path.write_text(json.dumps(pull({"full_name": "acme/tumor"})), encoding="utf-8")
    read = read_event(GITHUB | {"GITHUB_EVENT_PATH": str(path)})
    assert missing is not None
    assert read is not None
    assert (missing.number, read.number) == (None, 7)


OLD, TIP = "c" * 40, "d" * 40
STATED: dict[str, tuple[dict[str, str], dict[str, Any], tuple[str, ...]]] = {
    "a pull request": (GITHUB, {"pull_request": {"base": {"ref": "main", "sha": TIP}}}, (TIP,)),
    "a pull request without a base": (GITHUB, {"pull_request": {"base": {"sha": "main"}}}, ()),
    "a push to the default branch": (
        GITHUB | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": TIP},
        {"repository": {"default_branch": "main"}},
        (TIP,),
    ),
    "a push to another branch": (
        GITHUB | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic", "GITHUB_SHA": TIP},
        {"repository": {"default_branch": "main"}},
        (),
    ),
    "a merge request": (
        GITLAB
        | {
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": TIP,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": OLD,
        },
        {},
        (TIP, OLD),
    ),
    "a merge request that is not merged to be tried": (
        GITLAB
        | {
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": OLD,
            "CI_COMMIT_BRANCH": "main",
            "CI_DEFAULT_BRANCH": "main",
        },
        {},
        (OLD,),
    ),
    "a push on GitLab": (
        {
            "GITLAB_CI": "true",
            "CI_PIPELINE_SOURCE": "push",
            "CI_COMMIT_BRANCH": "main",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": TIP,
        },
        {},
        (TIP,),
    ),
    "a push that deletes a branch": (
        {
            "GITLAB_CI": "true",
            "CI_COMMIT_BRANCH": "main",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": "0" * 40,
        },
        {},
        (),
    ),
}


@pytest.mark.parametrize("case", STATED)
def test_the_commits_that_a_target_has_are_those_that_the_forge_states(case: str) -> None:
    variables, payload, stated = STATED[case]
    event = ci_event(variables, payload)
    assert event is not None
    assert event.target_has == stated
