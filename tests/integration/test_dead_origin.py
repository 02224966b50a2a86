"""A remote that is dead: `mlgit doctor --online` says why and what to do, in one finding."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_doctor import doctor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Folder


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """The address of a server on this machine that refuses every request with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/acme/line.git"
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("address", "why", "repair"),
    [
        ("gone.git", "does not appear to be a git repository", "if it is on a disk, mount that; "),
        ("http://127.0.0.1:{port}/a.git", "onnect", "check the network, VPN and proxy; "),
        ("https://no-such-host.invalid/a.git", "no-such-host.invalid", "check the network, and the name "),
        ("htps://127.0.0.1/a.git", "remote-htps", "correct the address: `git remote set-url origin"),
        (401, "could not read Username", "log in again: no password, token or key was accepted, "),
        (403, "403", "log in again: no password, token or key was accepted, "),
        (404, "not found", "it was moved or deleted, or this login may not see it: "),
        (503, "503", "check the network, VPN and proxy; "),
    ],
)
def test_each_kind_of_dead_remote_has_its_repair(
    project: Folder, address: str | int, why: str, repair: str
) -> None:
    with refusing(address if isinstance(address, int) else 500) as served:
        url = served if isinstance(address, int) else address.format(port=free_port())
        project.git("remote", "set-url", "origin", url)
        found = doctor(project, "--online")["default_branch_unknown"]
    assert found["message"].startswith("Could not check the default branch and the tags of the remote: ")
    assert why in found["message"]
    assert found["repair"].startswith(repair)


@pytest.mark.parametrize(
    "argv",
    [("models", "--fetch"), ("push",), ("release", "line"), ("rollback", "line", "--env", "prod", "-m", "x")],
)
def test_an_expired_login_is_not_called_silence(project: Folder, argv: tuple[str, ...]) -> None:
    with refusing(401) as url:
        project.git("remote", "set-url", "origin", url)
        done = project.here(*argv)
    assert done.status == Exit.TOOL
    assert done.err.startswith("error: `origin` refuses the login")
    assert "check the connection" not in done.err
