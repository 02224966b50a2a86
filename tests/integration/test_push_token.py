"""Push token: CI pushes with it to a real git server over HTTP that requires an account."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mlgit.errors import Exit
from tests.support.checkouts import BOT, gitlab_checkout
from tests.support.registry import origin, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Done, Folder

TOKEN = "ghp_" + "verysecret"
JOB = "glcbt-" + "jobtoken"


class GitServer(ThreadingHTTPServer):
    """`git http-backend` behind basic authentication, as the forges have it.

    Args:
        root: a folder with bare repositories.
        users: `user:password` -> whether they may push; others may not even read.
    """

    def __init__(self, root: str, users: dict[str, bool]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.users = users
        self.seen: list[list[str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        body = self._body()
        given = self.headers.get_all("Authorization") or []
        self.server.seen.append(given)
        # GitHub refuses the header of a checkout together with ours like this.
        if len(given) > 1:
            self._end(400, b'Duplicate header: "Authorization"')
            return
        kind, _, encoded = (given[0] if given else "").partition(" ")
        who = base64.b64decode(encoded).decode() if kind.lower() == "basic" else ""
        split = urlsplit(self.path)
        if who not in self.server.users:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        if "git-receive-pack" in self.path and not self.server.users[who]:
            self._end(403, b"You are not allowed to upload code.")
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env=os.environ
            | {
                "GIT_PROJECT_ROOT": self.server.root,
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": split.path,
                "QUERY_STRING": split.query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": who.partition(":")[0],
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((value for name, value in fields if name == "Status"), "200 OK")
        self.send_response(int(status.split(" ")[0]))
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _end(self, status: int, text: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def server(project: Folder) -> Iterator[GitServer]:
    origin(project).git("config", "http.receivepack", "true")
    found = GitServer(
        str(project.path.parent),
        {
            f"x-access-token:{TOKEN}": True,
            f"oauth2:{TOKEN}": True,
            f"gitlab-ci-token:{JOB}": False,
            "reader:readonly": False,
        },
    )
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


def runner_of(project: Folder, url: str) -> Folder:
    """A runner's clone whose origin is at that URL."""
    runner = gitlab_checkout(project, "runner")
    runner.git("remote", "set-url", "origin", url)
    return runner


def merged(runner: Folder, **variables: str) -> Done:
    trace = runner.path.parent / "trace"
    done = runner.here("ci", "merged", env=BOT | {"GIT_TRACE": str(trace)} | variables)
    texts = done.out + done.err + trace.read_text(encoding="utf-8") + (runner / ".git/config").read_text()
    encoded = [base64.b64encode(f"{user}:{TOKEN}".encode()).decode() for user in ("x-access-token", "oauth2")]
    assert [secret for secret in (TOKEN, *encoded) if secret in texts] == []
    return done


def test_tags_are_pushed_with_the_token_and_not_without(project: Folder, server: GitServer) -> None:
    runner = runner_of(project, f"{server.url}/origin.git")
    assert merged(runner, GITHUB_SERVER_URL=server.url).status == Exit.TOOL
    assert tags_of(origin(project)) == {}
    done = merged(runner, GITHUB_SERVER_URL=server.url, MLGIT_PUSH_TOKEN=TOKEN)
    assert done.status == Exit.DONE, done.err
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]


def test_a_header_left_by_the_checkout_is_replaced(project: Folder, server: GitServer) -> None:
    runner = runner_of(project, f"{server.url}/origin.git")
    left = base64.b64encode(b"reader:readonly").decode()
    runner.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: basic {left}")
    done = merged(runner, GITHUB_SERVER_URL=server.url, MLGIT_PUSH_TOKEN=TOKEN)
    assert done.status == Exit.DONE, done.out + done.err
    assert max(len(given) for given in server.seen) == 1


def test_on_gitlab_the_token_replaces_that_of_the_job_in_the_address_of_origin(
    project: Folder, server: GitServer
) -> None:
    address = server.url.replace("://", f"://gitlab-ci-token:{JOB}@")
    runner = runner_of(project, f"{address}/origin.git")
    variables = {
        "CI_SERVER_URL": server.url,
        "CI_JOB_TOKEN": JOB,
        "CI_REPOSITORY_URL": f"{address}/origin.git",
    }
    refused = merged(runner, **variables)
    assert refused.status == Exit.TOOL
    assert JOB not in refused.out + refused.err
    assert tags_of(origin(project)) == {}
    server.seen.clear()
    done = merged(runner, **variables, MLGIT_PUSH_TOKEN=TOKEN)
    assert done.status == Exit.DONE, done.out + done.err
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]
    ours = f"Basic {base64.b64encode(f'oauth2:{TOKEN}'.encode()).decode()}"
    assert {value for given in server.seen for value in given} == {ours}


def test_another_server_never_sees_the_token(project: Folder, server: GitServer) -> None:
    runner = runner_of(project, f"{server.url}/origin.git")
    done = merged(runner, GITHUB_SERVER_URL="http://127.0.0.1:9", MLGIT_PUSH_TOKEN=TOKEN)
    assert done.status == Exit.TOOL
    assert server.seen
    assert [given for given in server.seen if given] == []


def test_a_wrong_token_is_an_error_that_does_not_show_it(project: Folder, server: GitServer) -> None:
    server.users.pop(f"x-access-token:{TOKEN}")
    runner = runner_of(project, f"{server.url}/origin.git")
    done = merged(runner, GITHUB_SERVER_URL=server.url, MLGIT_PUSH_TOKEN=TOKEN)
    assert done.status == Exit.TOOL
    assert "refuses the login" in done.err
