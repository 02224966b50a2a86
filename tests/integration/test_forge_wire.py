"""The forge adapters with a server that redirects, sends too much, or is not a forge."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.forge import http, wire
from mlgit.adapters.forge.failure import ForgeFailed, Words
from tests.support.forge import ACTIONS_TOKEN, GITLAB_TOKEN, FakeForge, started
from tests.support.forge.clients import HOSTS, HostName, Waits, connected, github
from tests.support.forge.trap import Trap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHA = "a" * 40
TOKENS = {"github": ACTIONS_TOKEN, "gitlab": GITLAB_TOKEN}


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_pull(7, branch="topic", sha=SHA)
        yield forge


@pytest.mark.parametrize("host", HOSTS)
def test_a_redirect_to_another_server_is_followed_without_the_token(host: HostName, fake: FakeForge) -> None:
    with Trap() as trap:
        fake.fail(status=302, headers={"Location": f"{trap.url}/steal"})
        with pytest.raises(ForgeFailed, match="response that mlgit does not know"):
            connected(host, fake).pull_request(7)
    assert len(trap.seen) == 1
    assert not {"authorization", "private-token", "cookie"} & set(trap.seen[0])
    assert TOKENS[host] not in str(trap.seen)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_written_to_another_server(status: int, fake: FakeForge) -> None:
    with Trap() as trap:
        fake.fail(status=status, headers={"Location": f"{trap.url}/steal"})
        with pytest.raises(ForgeFailed, match="another server"):
            github(fake).add_comment(7, "hello")
    assert trap.seen == []


def test_a_renamed_repository_is_followed_on_the_same_server(fake: FakeForge) -> None:
    target = f"{fake.github_api}/repos/acme/tumor/issues/7/comments"
    fake.fail(status=307, headers={"Location": target})
    assert github(fake).add_comment(7, "hello").body == "hello"
    assert [each.login for each in fake.comments(7)] == ["github-actions[bot]"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://[bad", "http://host:99999/"])
def test_a_redirect_to_nowhere_is_refused(target: str, fake: FakeForge) -> None:
    fake.fail(status=302, headers={"Location": target})
    with pytest.raises(ForgeFailed, match=r"not a web address|cannot be queried"):
        github(fake).pull_request(7)


def test_a_circle_of_redirects_ends(fake: FakeForge) -> None:
    fake.fail(status=302, headers={"Location": "/api/v3/repos/acme/tumor/pulls/7"}, times=100)
    with pytest.raises(ForgeFailed, match="redirects without end"):
        github(fake).pull_request(7)


def test_a_password_for_the_host_in_netrc_does_not_take_the_tokens_place(
    fake: FakeForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert github(fake).add_comment(7, "hello").mine


def test_a_link_to_a_next_page_elsewhere_stays_on_the_forges_server() -> None:
    row = b'[{"id": 1, "body": "x", "html_url": "h", "user": {"login": "a"}, "system": false}]'
    with (
        Trap() as stranger,
        Trap(row, headers={"Link": f'<{stranger.url}/x?page=2>; rel="next"'}) as trap,
        pytest.raises(ForgeFailed, match="pages without end"),
    ):
        rows(trap.url)
    assert stranger.seen == []
    assert len(trap.seen) == 2


def rows(api: str) -> list[object]:
    client = http.Client(
        api,
        token="made-up-token",  # noqa: S106
        header=("Authorization", "Bearer {}"),
        words=Words(name="GitHub", token="GITHUB_TOKEN", right=""),  # noqa: S106 (a name)
        more={},
        sleep=Waits(),
    )
    return list(client.pages("/rows", what="read"))


def test_a_link_with_an_invalid_address_is_a_failure_and_not_a_bug() -> None:
    with (
        Trap(b"[1]", headers={"Link": "<http://[bad?page=2>; rel=next"}) as trap,
        pytest.raises(ForgeFailed, match="response that mlgit does not know"),
    ):
        rows(trap.url)


def test_a_link_without_a_next_page_is_the_end() -> None:
    with Trap(b"[1]", headers={"Link": "<?page=2>; rel"}) as trap:
        assert rows(trap.url) == [1]


def test_pages_without_an_end_are_given_up(fake: FakeForge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_PAGES", 2)
    for number in range(250):
        fake.add_comment(7, str(number), login="alice")
    with pytest.raises(ForgeFailed, match="pages without end"):
        list(github(fake).comments(7))


def test_a_large_response_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1024 * 1024)
    with Trap(b'["' + b"x" * 3_000_000 + b'"]') as trap, pytest.raises(ForgeFailed, match="more than 1 MiB"):
        rows(trap.url)


def test_a_compressed_response_is_measured_uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1024 * 1024)
    bomb = gzip.compress(b'["' + b"x" * 50_000_000 + b'"]')
    assert len(bomb) < 100_000
    with Trap(bomb, headers={"Content-Encoding": "gzip"}) as trap, pytest.raises(ForgeFailed, match="1 MiB"):
        rows(trap.url)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html>log in</html>", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"{}", "response that mlgit does not know"),
        (b"null", "response that mlgit does not know"),
        (b"", "response that mlgit does not know"),
    ],
)
def test_a_response_of_another_kind_is_a_failure_and_not_a_bug(content: bytes, expected: str) -> None:
    with Trap(content) as trap, pytest.raises(ForgeFailed, match=expected):
        rows(trap.url)


@pytest.mark.parametrize(
    "row",
    [
        b'[{"id": "1", "body": "x", "user": {"login": "a"}}]',
        b'[{"body": "x"}]',
        b"[null]",
        b'[{"id": true, "body": "x"}]',
        b'[{"id": 1, "body": 5}]',
    ],
)
@pytest.mark.parametrize("host", HOSTS)
def test_a_comment_in_another_form_is_a_failure_and_not_a_bug(
    host: HostName, row: bytes, fake: FakeForge
) -> None:
    with Trap(row) as trap:
        fake.github_api = fake.gitlab_api = trap.url
        with pytest.raises(ForgeFailed, match="response that mlgit does not know"):
            list(connected(host, fake).comments(7))


def test_an_invalid_address_is_refused_at_once() -> None:
    with pytest.raises(ForgeFailed, match="not a web address"):
        rows("forge.example")


def test_a_truncated_response_is_requested_again() -> None:
    with Trap(b"[]", headers={"Transfer-Encoding": "chunked"}) as trap:
        with pytest.raises(ForgeFailed, match="broke off its response"):
            rows(trap.url)
        assert len(trap.seen) == 4


def test_a_response_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "WHOLE_ANSWER_S", -1.0)
    with Trap(b"[]") as trap, pytest.raises(ForgeFailed, match="does not end its answer"):
        rows(trap.url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http_proxy", "http://user:s3cret@127.0.0.1:1"),
        ("http_proxy", "http://user:s3cret@127.0.0.1:99999"),
        ("http_proxy", "http://user:s3cret@[bad"),
        ("http_proxy", "http://user:s3cret@"),
        ("http_proxy", "gopher://user:s3cret@host"),
        ("https_proxy", "http://user:s3cret@127.0.0.1:99999"),
        ("REQUESTS_CA_BUNDLE", "/no/such/file"),
    ],
)
def test_an_unusable_proxy_or_certificate_is_a_failure_without_the_password(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    scheme = "http" if name.startswith("http_") else "https"
    with pytest.raises(ForgeFailed, match=r"cannot be (queried|reached)") as caught:
        rows(f"{scheme}://forge.invalid")
    assert "s3cret" not in f"{caught.value.message}{caught.value.hint}{caught.value.details}"


@pytest.mark.parametrize(
    ("api", "shown"),
    [
        ("http://user:s3cret@127.0.0.1:1/api/v3", "GET http://127.0.0.1:1/api/v3/rows"),
        ("http://[::1]:1", "GET http://[::1]:1/rows"),
    ],
)
def test_a_failed_request_is_shown_without_its_password(api: str, shown: str) -> None:
    with pytest.raises(ForgeFailed) as caught:
        rows(api)
    assert caught.value.details == (shown,)
    assert "s3cret" not in caught.value.message


def test_a_server_without_a_valid_certificate_is_tried_once_and_gets_nothing() -> None:
    with Trap(b"[]") as trap:
        with pytest.raises(ForgeFailed, match="cannot be reached securely") as caught:
            rows(trap.url.replace("http://", "https://"))
        assert trap.seen == []
    assert "REQUESTS_CA_BUNDLE" in (caught.value.hint or "")
