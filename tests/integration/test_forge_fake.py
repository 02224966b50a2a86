"""The fake forge as a process, as workflows under test use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mlgit.adapters.forge.detect import connect, forge_of
from mlgit.adapters.runner.event import read_event
from mlgit.core.forge.protocol import CheckRun
from mlgit.project.forge.comments import post
from tests.support.forge import ACTIONS_TOKEN, GITLAB_TOKEN, FakeForge, started

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
SHA = "a" * 40
MARKER = "<!-- mlgit-report:x -->"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address and the state file of a fake forge in its own process."""
    state = tmp_path / "state.json"
    argv = [sys.executable, "-m", "tests.support.forge", "--state", str(state)]
    child = subprocess.Popen(argv, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    yield child.stdout.readline().strip(), state
    child.terminate()
    child.wait(timeout=20)
    child.stdout.close()


def call(url: str, method: str, **arguments: object) -> Any:  # noqa: ANN401 (any JSON)
    answer = requests.post(f"{url}/_forge/call", json={"method": method, "arguments": arguments}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_process_is_filled_and_read_over_http(process: tuple[str, Path]) -> None:
    url, state = process
    call(url, "add_pull", number=7, branch="topic", sha=SHA)
    headers = {"Authorization": f"Bearer {ACTIONS_TOKEN}"}
    place = f"{url}/api/v3/repos/acme/tumor"
    requests.post(f"{place}/issues/7/comments", json={"body": "hello"}, headers=headers, timeout=20)
    assert [each["body"] for each in call(url, "comments", number=7)] == ["hello"]
    document = requests.get(f"{url}/_forge/state", timeout=20).json()
    assert [each["number"] for each in document["pulls"]] == [7]
    assert json.loads(state.read_text(encoding="utf-8")) == document
    assert requests.get(f"{url}/_forge/requests", timeout=20).json()[0]["login"] == "github-actions[bot]"
    assert requests.post(f"{url}/_forge/call", json={"method": "stop"}, timeout=20).status_code == 400


def test_a_state_file_is_loaded_again(tmp_path: Path) -> None:
    path = str(tmp_path / "state.json")
    first = FakeForge(state_file=path)
    first.add_pull(7, branch="topic", sha=SHA)
    first.add_deployment("prod", sha=SHA, ref="x#prod#1", job=1)
    second = FakeForge(state_file=path)
    assert second.state.as_json() == first.state.as_json()
    for each in (first, second):
        each.close()


def test_a_job_on_either_host_finds_its_pull_request_and_its_forge(tmp_path: Path) -> None:
    with started() as fake:
        fake.add_pull(7, branch="topic", sha=SHA)
        for host, variables in (
            ("github", fake.github_job(tmp_path / "job", number=7)),
            ("gitlab", fake.gitlab_job(number=7)),
        ):
            event = read_event(variables)
            assert event is not None
            assert (event.host, event.kind, event.number, event.sha) == (host, "pull_request", 7, SHA)
            assert not event.fork
            forge = connect(event, variables)
            assert forge is not None
            post(forge, 7, f"from {host}\n\n{MARKER}", marker=MARKER)
            forge.set_check(CheckRun(name="mlgit", sha=SHA, state="success", title="Fine"))
        assert [each.body.partition("\n")[0] for each in fake.comments(7)] == ["from github", "from gitlab"]
        assert len(fake.checks(SHA)) == len(fake.statuses(SHA)) == 1


def test_the_run_after_a_forks_pull_request_knows_no_number(tmp_path: Path) -> None:
    with started() as fake:
        fake.add_repository("mallory/tumor")
        fake.add_pull(8, branch="topic", sha=SHA, source="mallory/tumor", author="mallory")
        variables = fake.github_job(tmp_path, event="workflow_run", number=8)
        event = read_event(variables)
        assert event is not None
        assert (event.kind, event.number, event.fork, event.head_owner) == (
            "workflow_run",
            None,
            True,
            "mallory",
        )
        forge = connect(event, variables)
        assert forge is not None
        found = forge.pull_requests_of(branch=event.head_branch or "", sha=event.sha, owner=event.head_owner)
        assert [each.number for each in found] == [8]


def test_a_laptop_finds_the_forge_of_its_remote() -> None:
    with started() as fake:
        fake.add_pull(7, branch="topic", sha=SHA)
        remote = f"{fake.url}/acme/tumor.git"
        gitlab = forge_of(remote, {"GITLAB_HOST": fake.url, "GITLAB_TOKEN": GITLAB_TOKEN})
        github = forge_of(remote, {"GITHUB_SERVER_URL": fake.url, "GITHUB_TOKEN": ACTIONS_TOKEN})
        for forge in (gitlab, github):
            assert forge is not None
            assert [each.number for each in forge.pull_requests_of(branch="topic", sha=SHA)] == [7]


def test_a_server_below_a_path_gets_requests_below_it() -> None:
    with started() as fake:
        variables = {"GITLAB_URI": f"{fake.url}/gitlab", "GITLAB_TOKEN": GITLAB_TOKEN}
        forge = forge_of(f"{fake.url}/gitlab/acme/tumor.git", variables)
        assert forge is not None
        assert forge.pull_request(7) is None
        assert fake.requests[-1].path == "/gitlab/api/v4/projects/acme%2Ftumor/merge_requests/7"
