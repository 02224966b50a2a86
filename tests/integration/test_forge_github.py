"""GitHub: pull requests, checks and deployments, as the forge has them afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.core.forge.protocol import Annotation, CheckRun
from tests.support.forge import ACTIONS_TOKEN, FORK_TOKEN, USER_TOKEN, FakeForge, started
from tests.support.forge.clients import github

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.forge.protocol import CheckState

SHA, OTHER = "a" * 40, "d" * 40
TAG = "tumor#prod#3"
CHECK = CheckRun(
    name="mlgit",
    sha=SHA,
    state="success",
    title="tumor: all gates passed",
    summary="# Fine",
    url="https://ci.example/1",
)


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_pull(7, branch="topic", sha=SHA, title="A title")
        yield forge


def annotation(line: int, message: str = "too low") -> Annotation:
    return Annotation(path="mlgit.yaml", line=line, level="failure", title="Gate auc", message=message)


def test_a_pull_request_has_its_branches_and_commit(fake: FakeForge) -> None:
    found = github(fake).pull_request(7)
    assert found is not None
    assert (found.number, found.title, found.head_sha, found.head_branch) == (7, "A title", SHA, "topic")
    assert (found.base_branch, found.open, found.fork) == ("main", True, False)
    assert found.url == f"{fake.url}/acme/tumor/pull/7"


@pytest.mark.parametrize("source", ["mallory/tumor", ""])
def test_a_deleted_fork_is_still_a_fork(source: str, fake: FakeForge) -> None:
    fake.add_repository("mallory/tumor")
    fake.add_pull(8, branch="topic", sha=OTHER, source=source, author="mallory")
    found = github(fake).pull_request(8)
    assert found is not None
    assert found.fork
    assert [
        each.number for each in github(fake).pull_requests_of(branch="topic", sha=OTHER, owner="mallory")
    ] == [8]


def test_only_an_open_pull_request_with_that_head_is_found(fake: FakeForge) -> None:
    fake.add_repository("mallory/tumor")
    fake.add_pull(8, branch="topic", sha=SHA, source="mallory/tumor", author="mallory")
    fake.add_pull(9, branch="topic", sha=OTHER)
    fake.add_pull(10, branch="topic2", sha=SHA)
    fake.add_pull(11, branch="topic", sha=SHA)
    fake.close_pull(11)
    forge = github(fake)
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA)] == [7]
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA, owner="Mallory")] == [8]
    assert forge.pull_requests_of(branch="topic", sha="e" * 40) == ()


@pytest.mark.parametrize("branch", ["a&state=all", "fix#12", "ünï/cödé", "a+b c", "$(id)", "x:y", "%2e%2e"])
def test_a_branch_with_any_name_is_found(branch: str, fake: FakeForge) -> None:
    fake.add_pull(8, branch=branch, sha=OTHER)
    assert [each.number for each in github(fake).pull_requests_of(branch=branch, sha=OTHER)] == [8]


def test_another_pull_request_is_not_used_even_if_the_server_ignores_the_filter(fake: FakeForge) -> None:
    fake.add_repository("mallory/tumor")
    fake.add_pull(8, branch="main", sha=OTHER)
    fake.add_pull(9, branch="main", sha=OTHER, source="mallory/tumor", author="mallory")
    everything = [
        requests.get(
            f"{fake.github_api}/repos/acme/tumor/pulls/{number}",
            headers={"Authorization": f"Bearer {ACTIONS_TOKEN}"},
            timeout=20,
        ).json()
        for number in (7, 8, 9)
    ]
    for owner, number in ((None, 8), ("mallory", 9)):
        fake.fail(status=200, path="/pulls$", body=everything)
        found = github(fake).pull_requests_of(branch="main", sha=OTHER, owner=owner)
        assert [each.number for each in found] == [number]


@pytest.mark.parametrize(
    ("state", "status", "conclusion"),
    [
        ("running", "in_progress", None),
        ("success", "completed", "success"),
        ("failure", "completed", "failure"),
        ("action_required", "completed", "action_required"),
    ],
)
def test_a_check_is_set_with_its_text_and_its_page(
    state: CheckState, status: str, conclusion: str | None, fake: FakeForge
) -> None:
    url = github(fake).set_check(replace(CHECK, state=state, annotations=(annotation(3),)))
    (made,) = fake.checks(SHA)
    assert (made.name, made.status, made.conclusion) == ("mlgit", status, conclusion)
    assert (made.title, made.summary, made.details_url) == (CHECK.title, "# Fine", CHECK.url)
    assert made.annotations == [
        {
            "path": "mlgit.yaml",
            "start_line": 3,
            "end_line": 3,
            "annotation_level": "failure",
            "title": "Gate auc",
            "message": "too low",
        }
    ]
    assert url == f"{fake.url}/acme/tumor/runs/{made.id}"
    assert fake.statuses(SHA) == []


def test_a_running_check_becomes_the_final_one(fake: FakeForge) -> None:
    forge = github(fake)
    forge.set_check(replace(CHECK, state="running"))
    forge.set_check(replace(CHECK, state="running"))
    forge.set_check(replace(CHECK, state="failure"))
    assert [(each.status, each.conclusion) for each in fake.checks(SHA)] == [("completed", "failure")]


def test_a_rerun_creates_a_new_check_and_repeats_no_annotation(fake: FakeForge) -> None:
    forge = github(fake)
    forge.set_check(replace(CHECK, state="failure", annotations=(annotation(1),)))
    forge.set_check(replace(CHECK, state="failure", annotations=(annotation(1),)))
    assert [len(each.annotations) for each in fake.checks(SHA)] == [1, 1]


def test_another_job_and_another_app_keep_their_checks(fake: FakeForge) -> None:
    fake.add_token("ghs_lint", login="lint[bot]", kind="app")
    github(fake, token="ghs_lint").set_check(replace(CHECK, state="running"))  # noqa: S106 (made up)
    github(fake).set_check(replace(CHECK, name="mlgit/nightly", state="running"))
    github(fake).set_check(CHECK)
    states = {(each.app, each.name): each.status for each in fake.checks(SHA)}
    assert states == {
        ("lint", "mlgit"): "in_progress",
        ("github-actions", "mlgit/nightly"): "in_progress",
        ("github-actions", "mlgit"): "completed",
    }


def test_many_annotations_go_in_batches_of_fifty(fake: FakeForge) -> None:
    rows = tuple(annotation(line) for line in range(1, 121))
    github(fake).set_check(replace(CHECK, state="failure", annotations=rows))
    (made,) = fake.checks(SHA)
    assert [each["start_line"] for each in made.annotations] == list(range(1, 121))
    assert made.conclusion == "failure"
    sent = [
        len(each.body["output"]["annotations"])
        for each in fake.requests
        if "check-runs" in each.path and each.body
    ]
    assert sent == [50, 50, 20]


@pytest.mark.parametrize("applied", [True, False])
def test_a_batch_without_a_response_is_added_once(fake: FakeForge, *, applied: bool) -> None:
    rows = tuple(annotation(line) for line in range(1, 121))
    fake.fail(reset=True, applied=applied, method="PATCH")
    github(fake).set_check(replace(CHECK, annotations=rows))
    (made,) = fake.checks(SHA)
    assert [each["start_line"] for each in made.annotations] == list(range(1, 121))


@pytest.mark.parametrize("applied", [True, False])
def test_a_check_without_a_response_is_created_once(fake: FakeForge, *, applied: bool) -> None:
    fake.fail(status=502, applied=applied, method="POST", path="check-runs$")
    github(fake).set_check(CHECK)
    assert [each.conclusion for each in fake.checks(SHA)] == ["success"]


def test_long_texts_are_cut_and_not_refused(fake: FakeForge) -> None:
    long = "🙂" * 70_000
    rows = (annotation(1, long),)
    url = "https://ci.example/" + "x" * 3_000
    github(fake).set_check(replace(CHECK, title=long, summary=long, annotations=rows, url=url))
    (made,) = fake.checks(SHA)
    assert made.title is not None
    assert made.title.endswith("…")
    assert len((made.summary or "").encode()) < 262_144
    assert len(made.annotations[0]["message"].encode()) <= 64 * 1024
    assert made.details_url is None


def test_an_annotation_at_a_file_of_any_name_arrives(fake: FakeForge) -> None:
    # Git's names are bytes; with a half character, GitHub would refuse the whole check.
    row = Annotation(path="m\udcff\0.json", line=1, level="failure", title="t", message="m")
    github(fake).set_check(replace(CHECK, annotations=(row,)))
    (made,) = fake.checks(SHA)
    assert made.annotations[0]["path"] == "m?.json"


def test_an_empty_summary_is_filled_because_github_needs_one(fake: FakeForge) -> None:
    github(fake).set_check(CheckRun(name="mlgit", sha=SHA, state="success", title=""))
    (made,) = fake.checks(SHA)
    assert (made.title, made.summary) == ("success", "success")


@pytest.mark.parametrize(
    ("state", "shown"),
    [("running", "pending"), ("success", "success"), ("failure", "failure"), ("action_required", "pending")],
)
def test_a_person_who_may_not_have_checks_sets_a_status(
    state: CheckState, shown: str, fake: FakeForge
) -> None:
    url = github(fake, token=USER_TOKEN).set_check(replace(CHECK, state=state, title="x" * 500))
    (made,) = fake.statuses(SHA)
    assert (made.context, made.state, made.target_url) == ("mlgit", shown, CHECK.url)
    assert len(made.description or "") == 140
    assert url == CHECK.url
    assert fake.checks(SHA) == []


def test_a_job_without_the_right_for_checks_sets_a_status(fake: FakeForge) -> None:
    fake.add_token(
        ACTIONS_TOKEN, login="github-actions[bot]", kind="actions", permissions={"statuses": "write"}
    )
    github(fake).set_check(CHECK)
    assert [each.state for each in fake.statuses(SHA)] == ["success"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_has_no_check_runs_gets_a_status(status: int, fake: FakeForge) -> None:
    fake.fail(status=status, times=50, path="/check-runs")
    github(fake).set_check(CHECK)
    assert [(each.context, each.state) for each in fake.statuses(SHA)] == [("mlgit", "success")]


def test_a_token_that_may_set_neither_is_an_error(fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        github(fake, token=FORK_TOKEN).set_check(CHECK)
    assert caught.value.status == 403
    assert "`statuses: write`" in (caught.value.hint or "")


def test_a_broken_server_is_not_a_reason_for_a_status(fake: FakeForge) -> None:
    fake.fail(status=500, times=100, path="check-runs")
    with pytest.raises(ForgeFailed):
        github(fake).set_check(CHECK)
    assert fake.statuses(SHA) == []


def test_a_deployment_is_recorded_with_its_log_and_its_end(fake: FakeForge) -> None:
    forge = github(fake)
    started_one = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url="https://ci.example/1")
    (made,) = fake.deployments("prod")
    assert (made.ref, made.sha, made.auto_merge, made.required_contexts) == (TAG, SHA, False, [])
    assert made.state == "in_progress"
    forge.end_deployment(started_one, "success", description="d" * 500)
    assert made.states[-1] == {
        "state": "success",
        "description": "d" * 139 + "…",
        "log_url": "https://ci.example/1",
    }


def test_a_deployment_that_github_made_for_this_run_is_reused(fake: FakeForge) -> None:
    fake.add_deployment("prod", sha=SHA, ref=TAG, job=1)
    own = fake.add_deployment("prod", sha=SHA, ref=TAG, job=4711)
    fake.add_deployment("prod", sha=SHA, ref=TAG, job=47110)
    fake.add_deployment("staging", sha=SHA, ref=TAG, job=4711)
    fake.add_deployment("prod", sha=OTHER, ref=TAG, job=4711)
    forge = github(fake)
    found = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert found.id == own.id
    forge.end_deployment(found, "failure")
    assert own.state == "failure"
    assert len(fake.deployments()) == 5


@pytest.mark.parametrize("run", [None, 12])
def test_a_deployment_of_another_run_is_left_alone(run: int | None, fake: FakeForge) -> None:
    other = fake.add_deployment("prod", sha=SHA, ref=TAG, job=4711)
    found = github(fake, run=run).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert found.id != other.id
    assert [each.state for each in fake.deployments("prod")] == ["in_progress", "in_progress"]


@pytest.mark.parametrize("applied", [True, False])
def test_a_deployment_without_a_response_is_created_once(fake: FakeForge, *, applied: bool) -> None:
    fake.fail(reset=True, applied=applied, method="POST", path="/deployments$")
    github(fake).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert [each.ref for each in fake.deployments("prod")] == [TAG]


def test_a_tag_that_github_does_not_know_is_deployed_by_its_commit(fake: FakeForge) -> None:
    fake.fail(status=422, body={"message": f"No ref found for: {TAG}"}, method="POST", path="/deployments$")
    found = github(fake).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    (made,) = fake.deployments("prod")
    assert (made.ref, made.description, found.ref) == (SHA, TAG, TAG)


def test_a_commit_that_github_does_not_know_is_tried_once(fake: FakeForge) -> None:
    fake.fail(status=422, body={"message": f"No ref found for: {SHA}"}, method="POST", path="/deployments$")
    with pytest.raises(ForgeFailed, match="No ref found"):
        github(fake).start_deployment(environment="prod", sha=SHA, ref=SHA, url=None)
    assert fake.deployments("prod") == []


def test_a_tag_that_was_moved_is_not_deployed(fake: FakeForge) -> None:
    fake.move_pull(7, OTHER)
    with pytest.raises(ForgeFailed, match="ddddddd, not as aaaaaaa"):
        github(fake).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert [each.state for each in fake.deployments("prod")] == ["inactive"]


def test_a_job_without_the_right_to_deploy_is_an_error(fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        github(fake, token=FORK_TOKEN).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert "`deployments: write`" in (caught.value.hint or "")
