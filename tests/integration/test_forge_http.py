"""Both forge adapters with a server that refuses, is slow, breaks off, or misbehaves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.forge import wire
from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.core.forge.protocol import CheckRun
from tests.support.forge import (
    ACTIONS_TOKEN,
    FORK_TOKEN,
    GITLAB_READ_TOKEN,
    GITLAB_TOKEN,
    JOB_TOKEN,
    USER_TOKEN,
    FakeForge,
    started,
)
from tests.support.forge.clients import HOSTS, HostName, Waits, connected, github, gitlab

if TYPE_CHECKING:
    from collections.abc import Iterator

SHA = "a" * 40
STRANGER, OWN = "ghs_stranger", "ghs_own"
TOKENS = {"github": ACTIONS_TOKEN, "gitlab": GITLAB_TOKEN}


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_pull(7, branch="topic", sha=SHA)
        yield forge


def everything(failure: ForgeFailed) -> str:
    """Everything that could be printed of it, with the chain of causes."""
    chain: list[str] = []
    error: BaseException | None = failure
    while error is not None:
        chain.append(f"{error!r} {error}")
        error = error.__cause__ or error.__context__
    return "\n".join([*chain, failure.message, failure.hint or "", *failure.details])


@pytest.mark.parametrize("host", HOSTS)
def test_a_bad_token_is_named_by_its_variable_only(host: HostName, fake: FakeForge) -> None:
    fake.state.tokens.clear()
    with pytest.raises(ForgeFailed) as caught:
        connected(host, fake).add_comment(7, "hello")
    assert caught.value.status == 401
    assert {"github": "`GITHUB_TOKEN`", "gitlab": "`MLGIT_GITLAB_TOKEN`"}[host] in (caught.value.hint or "")
    assert {"github": "Bad credentials", "gitlab": "401 Unauthorized"}[host] in caught.value.message
    assert TOKENS[host] not in everything(caught.value)


def test_a_read_only_token_of_a_fork_gets_the_missing_permission_as_a_hint(fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        github(fake, token=FORK_TOKEN).add_comment(7, "hello")
    assert caught.value.status == 403
    assert "Resource not accessible by integration" in caught.value.message
    assert "`issues: write` or `pull-requests: write`" in (caught.value.hint or "")
    assert "fork" in (caught.value.hint or "")
    assert len(fake.requests) == 1


def test_a_read_only_gitlab_token_gets_the_missing_scope_as_a_hint(fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        gitlab(fake, token=GITLAB_READ_TOKEN).add_comment(7, "hello")
    assert caught.value.status == 403
    assert "insufficient_scope" in caught.value.message
    assert "`api`" in (caught.value.hint or "")


def test_a_job_token_of_gitlab_cannot_write_notes(fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        gitlab(fake, token=JOB_TOKEN).add_comment(7, "hello")
    assert caught.value.status == 401


@pytest.mark.parametrize("host", HOSTS)
def test_a_missing_pull_request_is_reported_with_a_likely_reason(host: HostName, fake: FakeForge) -> None:
    with pytest.raises(ForgeFailed) as caught:
        connected(host, fake).add_comment(8, "hello")
    assert caught.value.status == 404
    assert "may not see it" in (caught.value.hint or "")
    assert connected(host, fake).pull_request(8) is None


def test_a_private_repository_that_the_token_may_not_see_is_not_found(fake: FakeForge) -> None:
    fake.state.repositories[0].private = True
    fake.add_token(STRANGER, login="stranger[bot]", kind="app", permissions={})
    assert github(fake, token=STRANGER).pull_request(7) is None
    assert github(fake).pull_request(7) is not None


@pytest.mark.parametrize(
    ("host", "length", "field"), [("github", 65_537, "Body is too long"), ("gitlab", 1_000_001, "note")]
)
def test_the_forges_message_explains_an_invalid_request(
    host: HostName, length: int, field: str, fake: FakeForge
) -> None:
    with pytest.raises(ForgeFailed, match=field) as caught:
        connected(host, fake).add_comment(7, "x" * length)
    assert caught.value.status in {400, 422}
    assert [each.method for each in fake.requests] == ["POST"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {"Retry-After": "3"}, [3.0, 3.0]),
        (503, {"Retry-After": "5"}, [5.0, 5.0]),
        (502, {}, [1.0, 2.0]),
        (500, {}, [1.0, 2.0]),
        (403, {"Retry-After": "9"}, [9.0, 9.0]),
        (429, {}, [60.0]),
    ],
)
def test_reading_waits_as_long_as_the_server_asks_and_tries_again(
    host: HostName, status: int, headers: dict[str, str], waited: list[float], fake: FakeForge
) -> None:
    waits = Waits()
    fake.fail(status=status, headers=headers, times=len(waited))
    pull = connected(host, fake, waits=waits).pull_request(7)
    assert pull is not None
    assert waits.seconds == waited


def test_a_date_in_retry_after_is_compared_with_the_date_of_the_response(fake: FakeForge) -> None:
    waits = Waits()
    date, later = "Fri, 31 Dec 2100 00:00:00 GMT", "Fri, 31 Dec 2100 00:00:30 GMT"
    fake.fail(status=429, headers={"Retry-After": later, "Date": date})
    assert github(fake, waits=waits).pull_request(7) is not None
    assert waits.seconds == [31.0]


def test_githubs_time_of_reset_is_compared_with_the_date_of_the_response(fake: FakeForge) -> None:
    waits = Waits()
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1767225645",
        "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    fake.fail(status=403, headers=headers)
    assert github(fake, waits=waits).pull_request(7) is not None
    assert waits.seconds == [46.0]


def test_a_wait_that_is_too_long_is_an_error(fake: FakeForge) -> None:
    waits = Waits()
    fake.fail(status=403, headers={"Retry-After": "3600"}, body={"message": "API rate limit exceeded"})
    with pytest.raises(ForgeFailed, match="limits requests") as caught:
        github(fake, waits=waits).pull_request(7)
    assert waits.seconds == []
    assert "3600 s" in (caught.value.hint or "")
    assert "API rate limit exceeded" in caught.value.message


@pytest.mark.parametrize("host", HOSTS)
def test_a_server_that_stays_broken_is_given_up_after_four_tries(host: HostName, fake: FakeForge) -> None:
    waits = Waits()
    fake.fail(status=500, times=100)
    with pytest.raises(ForgeFailed) as caught:
        connected(host, fake, waits=waits).pull_request(7)
    assert caught.value.status == 500
    assert waits.seconds == [1.0, 2.0, 4.0]
    assert len(fake.requests) == 4


@pytest.mark.parametrize("host", HOSTS)
def test_writing_also_waits_for_a_limit(host: HostName, fake: FakeForge) -> None:
    waits = Waits()
    fake.fail(status=429, headers={"Retry-After": "2"}, method="POST")
    written = connected(host, fake, waits=waits).add_comment(7, "hello")
    assert [each.id for each in fake.comments(7)] == [written.id]
    assert waits.seconds == [2.0]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("how", ["reset", "502"])
def test_a_comment_without_a_response_is_written_once(
    host: HostName, how: str, *, applied: bool, fake: FakeForge
) -> None:
    fake.add_comment(7, "hello", login="mallory")
    fake.fail(status=502, reset=how == "reset", applied=applied, method="POST", path="/(comments|notes)$")
    written = connected(host, fake).add_comment(7, "hello")
    assert [each.id for each in fake.comments(7) if each.login != "mallory"] == [written.id]


@pytest.mark.parametrize("host", HOSTS)
def test_a_comment_that_is_never_found_is_tried_four_times_at_most(host: HostName, fake: FakeForge) -> None:
    fake.fail(status=500, method="POST", path="/(comments|notes)$", times=100)
    with pytest.raises(ForgeFailed) as caught:
        connected(host, fake).add_comment(7, "hello")
    assert caught.value.status == 500
    assert [each.method for each in fake.requests if each.path.endswith(("comments", "notes"))].count(
        "POST"
    ) == 4
    assert fake.comments(7) == []


@pytest.mark.parametrize("host", HOSTS)
def test_a_change_of_a_comment_is_repeated_after_a_reset(host: HostName, fake: FakeForge) -> None:
    forge = connected(host, fake)
    written = forge.add_comment(7, "hello")
    fake.fail(reset=True, applied=True, path=f"/{written.id}$")
    assert forge.edit_comment(7, written.id, "bye").body == "bye"
    assert [each.body for each in fake.comments(7)] == ["bye"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_server_that_does_not_respond_is_given_up(
    host: HostName, fake: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_S", 0.2)
    fake.fail(hang_s=20, times=4)
    with pytest.raises(ForgeFailed, match="does not answer") as caught:
        connected(host, fake).pull_request(7)
    assert caught.value.status is None
    assert TOKENS[host] not in everything(caught.value)


@pytest.mark.parametrize("host", HOSTS)
def test_a_missing_server_is_reported(host: HostName) -> None:
    with started() as gone:
        pass
    waits = Waits()
    with pytest.raises(ForgeFailed, match=r"cannot be reached: .*refused") as caught:
        connected(host, gone, waits=waits).add_comment(7, "hello")
    assert waits.seconds == [1.0, 2.0, 4.0]
    assert " object at 0x" not in everything(caught.value)
    assert TOKENS[host] not in everything(caught.value)


@pytest.mark.parametrize("host", HOSTS)
def test_a_token_that_the_forge_repeats_is_masked(host: HostName, fake: FakeForge) -> None:
    # Also a token at the very edge of the shown part of a message.
    for padding in (0, 380, 395):
        fake.fail(status=422, body={"message": "x" * padding + f" bad token {TOKENS[host]}"})
        with pytest.raises(ForgeFailed) as caught:
            connected(host, fake).add_comment(7, "hello")
        assert TOKENS[host][:8] not in everything(caught.value)
        assert "x" * padding in caught.value.message


@pytest.mark.parametrize("host", HOSTS)
def test_a_token_is_in_no_log(host: HostName, fake: FakeForge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail(status=500)
    fake.fail(reset=True)
    connected(host, fake).add_comment(7, "hello")
    assert caplog.records
    assert TOKENS[host] not in caplog.text


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("sha", ["../../../user", "HEAD", "a" * 39])
def test_an_invalid_commit_id_causes_no_request(host: HostName, sha: str, fake: FakeForge) -> None:
    forge = connected(host, fake)
    for ask in (
        lambda: forge.set_check(CheckRun(name="mlgit", sha=sha, state="success", title="Fine")),
        lambda: forge.start_deployment(environment="prod", sha=sha, ref="tumor#prod#3", url=None),
        lambda: forge.pull_requests_of(branch="topic", sha=sha),
    ):
        with pytest.raises(ForgeFailed, match="is not a full commit id"):
            ask()
    assert fake.requests == []


def test_the_tokens_of_a_person_and_of_an_app_have_a_login(fake: FakeForge) -> None:
    assert github(fake).login == "github-actions[bot]"
    assert github(fake, token=USER_TOKEN).login == "alice"
    fake.add_token(OWN, login="our-app[bot]", kind="app")
    assert github(fake, token=OWN).login == "our-app[bot]"


def test_a_token_that_may_not_query_its_login_is_assumed_to_be_github_actions(fake: FakeForge) -> None:
    fake.fail(status=404, path="/graphql", times=1)
    assert github(fake).login == "github-actions[bot]"


@pytest.mark.parametrize("status", [403, 404])
def test_a_persons_token_that_may_not_read_the_user_uses_graphql(status: int, fake: FakeForge) -> None:
    fake.fail(status=status, path="/user$")
    assert github(fake, token=USER_TOKEN).login == "alice"


@pytest.mark.parametrize("path", ["/user$", "/graphql$"])
def test_a_broken_server_is_an_error_while_the_login_is_read(path: str, fake: FakeForge) -> None:
    fake.fail(status=500, path=path, times=4)
    with pytest.raises(ForgeFailed, match="read whose token this is"):
        _ = github(fake, token=USER_TOKEN if "user" in path else ACTIONS_TOKEN).login


@pytest.mark.parametrize("host", HOSTS)
def test_deleting_a_missing_comment_succeeds_and_a_refusal_is_an_error(
    host: HostName, fake: FakeForge
) -> None:
    forge = connected(host, fake)
    forge.delete_comment(7, 123)
    fake.fail(status=403, method="DELETE")
    with pytest.raises(ForgeFailed, match=r"delete a (comment|note)"):
        forge.delete_comment(7, 123)


@pytest.mark.parametrize("host", HOSTS)
def test_a_refusal_to_read_a_pull_request_is_not_a_missing_one(host: HostName, fake: FakeForge) -> None:
    fake.fail(status=403)
    with pytest.raises(ForgeFailed):
        connected(host, fake).pull_request(7)
