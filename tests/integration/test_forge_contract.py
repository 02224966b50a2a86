"""Prism checks mlgit's requests and the fake forge's responses against GitHub's own description."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from mlgit.adapters.forge import github_checks
from mlgit.core.forge.protocol import Annotation, CheckRun
from mlgit.project.forge.comments import post
from tests.support.forge import ACTIONS_TOKEN, USER_TOKEN, FakeForge, started
from tests.support.forge.clients import Waits, github
from tests.support.forge.contract import Guard, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.adapters.forge.github import GitHub
    from mlgit.core.forge.protocol import CheckState, Level

SHA, OTHER = "a" * 40, "d" * 40
PLACE = "/repos/acme/tumor"
CHECK = CheckRun(
    name="mlgit", sha=SHA, state="success", title="Fine", summary="# Fine", url="https://ci.example/1"
)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_repository("mallory/tumor")
        forge.add_pull(7, branch="topic", sha=SHA)
        forge.add_pull(8, branch="topic", sha=OTHER, source="mallory/tumor", author="mallory")
        yield forge


@pytest.fixture(scope="module")
def guard(fake: FakeForge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarded(fake.github_api, tmp_path_factory.mktemp("contract")) as running:
        yield running


@pytest.fixture
def forge(fake: FakeForge, guard: Guard) -> Iterator[GitHub]:
    fake.clear()
    waits = Waits()
    yield github(fake, api=guard.api, waits=waits)
    # A violation is a response of 500, which is retried.
    assert waits.seconds == [], guard.output()
    assert fake.requests != []


def test_pull_requests_match_the_description(forge: GitHub) -> None:
    # The head of a deleted fork is null at GitHub, which its description does not allow.
    assert [forge.pull_request(number) is not None for number in (7, 8, 10)] == [True, True, False]
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA)] == [7]
    assert [each.number for each in forge.pull_requests_of(branch="topic", sha=OTHER, owner="mallory")] == [8]


def test_comments_match_the_description(forge: GitHub, fake: FakeForge) -> None:
    for number in range(110):
        fake.add_comment(8, f"chatter {number}", login="alice")
    marker = "<!-- mlgit-report:acme/tumor/gates -->"
    posted = [post(forge, 8, f"{text}\n\n{marker}", marker=marker) for text in ("a", "a", "b")]
    assert [each and each.action for each in posted] == ["created", "unchanged", "updated"]
    surplus = forge.add_comment(8, f"c\n\n{marker}")
    last = post(forge, 8, f"b\n\n{marker}", marker=marker)
    assert last is not None
    assert last.removed == 1
    forge.delete_comment(8, surplus.id)
    assert len(fake.comments(8)) == 111


def test_the_query_for_a_user_matches_the_description(fake: FakeForge, guard: Guard) -> None:
    assert github(fake, token=USER_TOKEN, api=guard.api).login == "alice"


def test_checks_match_the_description(forge: GitHub, fake: FakeForge) -> None:
    levels: tuple[Level, ...] = ("failure", "warning", "notice")
    rows = tuple(
        Annotation(path="mlgit.yaml", line=line, level=level, title="Gate", message="too low")
        for line in range(1, 41)
        for level in levels
    )
    forge.set_check(replace(CHECK, state="running"))
    forge.set_check(replace(CHECK, state="failure", annotations=rows))
    forge.set_check(replace(CHECK, state="action_required", url=None, summary=""))
    assert [(each.conclusion, len(each.annotations)) for each in fake.checks(SHA)] == [
        ("failure", 120),
        ("action_required", 0),
    ]


def test_parents_match_the_description(forge: GitHub, fake: FakeForge) -> None:
    fake.parents_of = lambda sha: ["b" * 40] if sha == SHA else []
    assert forge.parents(SHA) == ("b" * 40,)
    assert forge.parents("c" * 40) is None


def test_statuses_match_the_description(forge: GitHub, fake: FakeForge) -> None:
    sent = []
    states: tuple[CheckState, ...] = ("running", "success", "failure", "action_required")
    for state in states:
        # The description does not have the refusal that makes the adapter set a status.
        github_checks._set_status(forge._client, PLACE, replace(CHECK, state=state))
        sent.append(fake.statuses(SHA)[-1].state)
    assert sent == ["pending", "success", "failure", "pending"]


def test_deployments_match_the_description(forge: GitHub, fake: FakeForge) -> None:
    fake.add_deployment("staging", sha=SHA, ref="tumor#staging#1", job=4711)
    for environment in ("staging", "prod"):
        begun = forge.start_deployment(
            environment=environment, sha=SHA, ref=f"tumor#{environment}#1", url="https://ci.example/1"
        )
        forge.end_deployment(begun, "inactive", description="superseded")
        forge.end_deployment(begun, "success")
    assert [each.state for each in fake.deployments()] == ["success", "success"]


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        (
            "POST",
            f"{PLACE}/check-runs",
            {"head_sha": SHA, "status": "completed", "conclusion": "success"},
            "name",
        ),
        ("POST", f"{PLACE}/issues/7/comments", {"text": "no body"}, "body"),
        ("POST", f"{PLACE}/statuses/{SHA}", {"state": "neutral"}, "state"),
    ],
)
def test_the_guard_names_the_field_of_a_wrong_request(
    method: str, path: str, body: dict[str, str], named: str, guard: Guard
) -> None:
    headers = {"Authorization": f"Bearer {ACTIONS_TOKEN}"}
    answer = requests.request(method, guard.api + path, json=body, headers=headers, timeout=20)
    assert answer.status_code == 422
    assert named in answer.text


def test_the_guard_rejects_a_wrong_response(fake: FakeForge, guard: Guard) -> None:
    fake.fail(status=200, body=[{"id": "one"}], path="/comments$")
    headers = {"Authorization": f"Bearer {ACTIONS_TOKEN}"}
    answer = requests.get(f"{guard.api}{PLACE}/issues/7/comments", headers=headers, timeout=20)
    assert answer.status_code == 500
    assert "VIOLATIONS" in answer.text
