"""GitLab: merge requests, notes, statuses and deployments, as the forge has them afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.core.forge.protocol import Annotation, CheckRun
from tests.support.forge import FakeForge, started
from tests.support.forge.clients import gitlab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.forge.protocol import CheckState, DeploymentState

SHA, OTHER = "a" * 40, "d" * 40
TAG = "tumor#prod#3"
CHECK = CheckRun(name="mlgit", sha=SHA, state="success", title="Fine", url="https://ci.example/1")


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_pull(7, branch="topic", sha=SHA, title="A title")
        yield forge


@pytest.mark.parametrize("project", ["acme/tumor", "7"])
def test_a_merge_request_is_found_by_the_projects_path_and_id(project: str, fake: FakeForge) -> None:
    found = gitlab(fake, project=project).pull_request(7)
    assert found is not None
    assert (found.number, found.title, found.head_sha, found.head_branch) == (7, "A title", SHA, "topic")
    assert (found.base_branch, found.open, found.fork) == ("main", True, False)
    assert found.url == f"{fake.url}/acme/tumor/-/merge_requests/7"


@pytest.mark.parametrize("source", ["mallory/tumor", ""])
def test_a_deleted_fork_is_still_a_fork(source: str, fake: FakeForge) -> None:
    fake.add_repository("mallory/tumor")
    fake.add_pull(8, branch="topic", sha=OTHER, source=source)
    found = gitlab(fake).pull_request(8)
    assert found is not None
    assert found.fork


def test_only_an_open_merge_request_with_that_head_is_found(fake: FakeForge) -> None:
    fake.add_repository("mallory/tumor")
    fake.add_pull(8, branch="topic", sha=SHA, source="mallory/tumor")
    fake.add_pull(9, branch="topic", sha=OTHER)
    fake.add_pull(10, branch="topic", sha=SHA)
    fake.close_pull(10)
    fake.add_pull(11, branch="topic", sha=SHA, source="")
    forge = gitlab(fake)
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA)] == [11, 8, 7]
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA, owner="mallory")] == [8]
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA, owner="acme")] == [7]


def test_a_system_note_is_not_a_comment(fake: FakeForge) -> None:
    fake.add_comment(7, "assigned to @alice", login="project_7_bot", system=True)
    fake.add_comment(7, "hello", login="alice")
    assert [(each.body, each.mine) for each in gitlab(fake).comments(7)] == [("hello", False)]


def test_a_note_has_an_address(fake: FakeForge) -> None:
    written = gitlab(fake).add_comment(7, "hello")
    assert written.url == f"{fake.url}/acme/tumor/-/merge_requests/7#note_{written.id}"
    assert written.mine


@pytest.mark.parametrize(
    "line", ["/merge", "  /close now", "\t/approve", "text\n/label ~x", "a\r\n/unassign"]
)
def test_no_line_of_a_note_is_a_command_to_gitlab(line: str, fake: FakeForge) -> None:
    forge = gitlab(fake)
    written = forge.add_comment(7, line)
    forge.edit_comment(7, written.id, line)
    for each in fake.requests:
        if each.body:
            assert not any(row.strip(" \t\r").startswith("/") for row in each.body["body"].split("\n"))
    # The text that is read back is the original, so that an equal one is recognized.
    assert [each.body for each in forge.comments(7)] == [line.strip().replace("\r\n", "\n")]


def test_a_path_in_a_line_is_unchanged(fake: FakeForge) -> None:
    gitlab(fake).add_comment(7, "see /srv/models\n//no command\n/ nor this")
    assert fake.comments(7)[0].body == "see /srv/models\n//no command\n/ nor this"


@pytest.mark.parametrize(
    ("state", "shown"),
    [("running", "running"), ("success", "success"), ("failure", "failed"), ("action_required", "pending")],
)
def test_a_check_is_a_commit_status_of_this_pipeline(state: CheckState, shown: str, fake: FakeForge) -> None:
    remark = Annotation(path="mlgit.yaml", line=1, level="failure", title="Gate", message="no")
    url = gitlab(fake).set_check(replace(CHECK, state=state, title="x" * 500, annotations=(remark,)))
    (made,) = fake.statuses(SHA)
    assert (made.context, made.state, made.target_url, made.pipeline) == ("mlgit", shown, CHECK.url, 4711)
    assert len(made.description or "") == 250
    assert url == CHECK.url


def test_a_running_status_becomes_the_final_one(fake: FakeForge) -> None:
    forge = gitlab(fake)
    forge.set_check(replace(CHECK, state="running"))
    # GitLab before 18.3 answers 400 to a state that is already set.
    forge.set_check(replace(CHECK, state="running"))
    forge.set_check(replace(CHECK, state="failure"))
    assert [each.state for each in fake.statuses(SHA)] == ["failed"]


def test_a_running_status_that_may_not_become_green_stays_running(fake: FakeForge) -> None:
    forge = gitlab(fake)
    forge.set_check(replace(CHECK, state="running"))
    forge.set_check(replace(CHECK, state="action_required"))
    assert [each.state for each in fake.statuses(SHA)] == ["running"]


def test_a_pipeline_on_another_commit_is_not_required(fake: FakeForge) -> None:
    text = "404 Pipeline for pipeline_id, sha and ref Not Found"
    fake.fail(status=404, body={"message": text}, path="/statuses/")
    gitlab(fake).set_check(CHECK)
    assert [(each.state, each.pipeline) for each in fake.statuses(SHA)] == [("success", None)]


def test_a_missing_commit_is_not_found(fake: FakeForge) -> None:
    fake.fail(status=404, body={"message": "404 Commit Not Found"}, path="/statuses/", times=2)
    with pytest.raises(ForgeFailed, match="404 Commit Not Found"):
        gitlab(fake).set_check(CHECK)


def test_another_bad_request_is_an_error(fake: FakeForge) -> None:
    fake.fail(status=400, body={"message": "State is required"}, path="/statuses/", times=2)
    with pytest.raises(ForgeFailed, match="State is required"):
        gitlab(fake).set_check(replace(CHECK, state="running"))


@pytest.mark.parametrize(
    ("state", "shown"),
    [("success", "success"), ("failure", "failed"), ("inactive", "canceled")],
)
def test_a_deployment_is_recorded_with_its_end(state: DeploymentState, shown: str, fake: FakeForge) -> None:
    forge = gitlab(fake)
    begun = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url="https://ci.example/1")
    (made,) = fake.deployments("prod")
    assert (made.ref, made.sha, made.tag, made.state) == (TAG, SHA, True, "running")
    forge.end_deployment(begun, state)
    assert made.state == shown


def test_a_repeated_end_state_is_not_a_failure(fake: FakeForge) -> None:
    forge = gitlab(fake)
    begun = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    fake.fail(status=502, applied=True, method="PUT")
    forge.end_deployment(begun, "success")
    assert [each.state for each in fake.deployments("prod")] == ["success"]


def test_a_deployment_that_may_not_change_is_a_failure(fake: FakeForge) -> None:
    forge = gitlab(fake)
    begun = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    fake.fail(status=400, body={"message": "no"}, method="PUT")
    with pytest.raises(ForgeFailed):
        forge.end_deployment(begun, "success")


def test_the_deployment_of_this_jobs_environment_is_reused_and_ends_with_its_job(fake: FakeForge) -> None:
    fake.add_deployment("prod", sha=SHA, ref=TAG, job=1)
    own = fake.add_deployment("prod", sha=SHA, ref=TAG, job=4712)
    fake.add_deployment("prod", sha=OTHER, ref=TAG, job=4712)
    forge = gitlab(fake)
    begun = forge.start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert begun.id == own.id
    # GitLab would answer 403, because the deployment ends with its job.
    forge.end_deployment(begun, "success")
    assert len(own.states) == 1
    assert len(fake.deployments()) == 3


@pytest.mark.parametrize("applied", [True, False])
def test_a_deployment_without_a_response_is_created_once(fake: FakeForge, *, applied: bool) -> None:
    fake.add_deployment("prod", sha=SHA, ref=TAG, job=1)
    fake.fail(reset=True, applied=applied, method="POST", path="/deployments$")
    gitlab(fake).start_deployment(environment="prod", sha=SHA, ref=TAG, url=None)
    assert len(fake.deployments("prod")) == 2


def test_a_fault_while_reading_a_forks_project_is_a_failure(fake: FakeForge) -> None:
    fake.fail(status=500, path="/projects/7$", times=4)
    with pytest.raises(ForgeFailed, match="the project of the merge request"):
        gitlab(fake).pull_requests_of(branch="topic", sha=SHA, owner="acme")
