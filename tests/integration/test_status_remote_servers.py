"""Status of remotes on servers: web servers, buckets and SSH, silent and refusing ones."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.dvc.engine.remotes import set_timeouts, without_credentials
from mlgit.errors import Exit
from tests.support.counting import counting
from tests.support.remote_status import content_path, md5_of, outputs, push_directory, remote_status, storage
from tests.support.remotes import needs, s3_remote, ssh_remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.fixture
def directory(project: Folder) -> Folder:
    return push_directory(project)


@contextmanager
def http_server(handler: Any) -> Iterator[int]:  # noqa: ANN401 (a handler class or a factory of handlers)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_gets_one_request_per_content(directory: Folder) -> None:
    # It cannot be listed. `raw` and `clean` have the same content; `many` is three files and their listing.
    content_path(storage(directory), md5_of("b" * 100)).unlink()
    with (
        http_server(partial(_Quiet, directory=str(storage(directory)))) as port,
        counting(port) as door,
    ):
        directory.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{door.port}/")
        (found,) = outputs(directory).values()
        assert (found["path"], found["missing_files"]) == ("data/many", 1)
        # One more, for a content that cannot exist.
        assert len(door.requests) == len(set(door.requests)) == 1 + 1 + 4 + 1
        assert door.written == []


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_that_refuses_is_not_an_empty_remote(project: Folder) -> None:
    with http_server(_Refusing) as port:
        project.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{port}/")
        found = remote_status(project, status=Exit.TOOL)
    assert "403" in found["failures"][0]["message"]
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}


class _LogIn(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/log-in":
            self.send_response(302)
            self.send_header("Location", "/log-in")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Who are you?")

    def log_message(self, *_: object) -> None:
        pass


def test_a_login_page_does_not_count_as_every_content(project: Folder) -> None:
    with http_server(_LogIn) as port:
        project.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{port}/")
        found = remote_status(project, status=Exit.TOOL)
    assert "returns a page even for files that do not exist" in found["failures"][0]["message"]
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}


def test_errors_show_no_credentials_of_a_url() -> None:
    shown = without_credentials("403, url='http://ada:se@cret@host:1/x?sig=secret/files/md5/ab', twice")
    assert shown == "403, url='http://host:1/x', twice"
    assert without_credentials("s3://b/k?a=secret and https://u:secret@c/d") == "s3://b/k and https://c/d"
    assert without_credentials("who? ada@b.c") == "who? ada@b.c"


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_the_wait_for_a_silent_server(project: Folder, times: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        project.dvc("remote", "modify", "storage", "url", url)
        running = subprocess.Popen(
            [sys.executable, "-m", "mlgit", "status", "--remote"],
            cwd=project.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(60)
        guest, _ = silent.accept()
        with guest:
            guest.recv(1)
            running.send_signal(signal.SIGINT)
            assert running.stderr is not None
            message = next(line for line in running.stderr if line == "Interrupted\n")
            for _ in range(times - 1):  # the first is reported, but mlgit still waits for the server
                running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
    assert running.returncode in ({Exit.INTERRUPTED} if times == 1 else {Exit.INTERRUPTED, -signal.SIGINT})
    assert (message, out, err) == ("Interrupted\n", "", "")


def test_a_bucket_is_listed_once_for_any_number_of_outputs(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_remote(tmp_path / "server") as remote:
        port = int(remote.options["endpointurl"].rpartition(":")[2])
        for name, value in remote.secrets.items():
            monkeypatch.setenv(name, value)
        with counting(port) as door:
            project.dvc("remote", "modify", "storage", "url", remote.url)
            project.dvc("remote", "modify", "storage", "endpointurl", f"http://127.0.0.1:{door.port}")
            counts = []
            # For three or four objects DVC queries each, which is cheaper.
            for numbers in (range(5), range(50)):
                for number in numbers:
                    project.write(f"data/{number}.bin", f"content {number}")
                project.dvc("add", "-q", *(f"data/{number}.bin" for number in numbers))
                project.dvc("push", "-q")
                door.requests.clear()
                assert remote_status(project)["remote_data"]["outputs"] == []
                assert door.written == []
                counts.append(len(door.requests))
            # The first request estimates the size of the bucket, the second lists it.
            assert counts == [2, 2]
            shutil.rmtree(content_path(remote.files / "store", md5_of("content 7")))
            assert list(outputs(project)) == ["data/7.bin"]
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
            found = remote_status(project, status=Exit.TOOL)
            assert "`storage` could not be queried" in found["failures"][0]["message"]


def test_a_folder_over_ssh_is_queried(
    directory: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ssh_remote(tmp_path / "server") as remote:
        monkeypatch.setenv("HOME", str(remote.home))
        directory.dvc("remote", "modify", "storage", "url", remote.url)
        directory.dvc("push", "-q")
        assert outputs(directory) == {}
        content_path(remote.files, md5_of("b" * 100)).unlink()
        shutil.rmtree(directory / ".dvc" / "cache")
        (found,) = outputs(directory).values()
        assert (found["path"], found["missing_files"], found["elsewhere"]) == ("data/many", 1, "workspace")


def test_a_version_aware_remote_is_compared_by_its_recorded_versions(project: Folder) -> None:
    project.dvc("remote", "modify", "storage", "url", "s3://bucket/path")
    project.dvc("remote", "modify", "storage", "version_aware", "true")
    found = remote_status(project)["remote_data"]
    assert "is version-aware" in found["notes"][0]
    assert {each["presence"] for each in found["outputs"]} == {"missing"}


def test_files_without_a_version_are_missing_in_a_version_aware_remote(directory: Folder) -> None:
    directory.dvc("remote", "modify", "storage", "url", "s3://bucket/path")
    directory.dvc("remote", "modify", "storage", "version_aware", "true")
    found = outputs(directory)["data/many"]
    assert (found["missing_files"], found["files"], found["elsewhere"]) == (3, 3, "cache")
    assert "3 of 3 files, 300 B  in the cache here" in directory.here("status", "--remote").out
    lines = ["outs:", "- path: many", "  hash: md5", "  files:"]
    for name in "abc":
        lines += [f"  - relpath: {name}.txt", f"    md5: {md5_of(name * 100)}", "    size: 100"]
        if name != "b":  # DVC records pushed files so
            lines += ["    cloud:", "      storage:", f"        version_id: version-of-{name}"]
    directory.write("data/many.dvc", "\n".join(lines) + "\n")
    found = outputs(directory)["data/many"]
    assert (found["missing_files"], found["missing_bytes"], found["files"]) == (1, 100, 3)


def test_a_silent_bucket_is_not_retried_five_times(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("dvc_s3")
    for name, value in (("ACCESS_KEY_ID", "any"), ("SECRET_ACCESS_KEY", "any"), ("MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    guests = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    guests.append(silent.accept()[0])

        threading.Thread(target=listen, daemon=True).start()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"url": "s3://bucket/path", "endpointurl": endpoint, "read_timeout": "1"}
        for name, value in settings.items():
            project.dvc("remote", "modify", "storage", name, value)
        contents = len(remote_status(project, status=Exit.TOOL)["remote_data"]["outputs"])
        silent.shutdown(socket.SHUT_RDWR)
    for guest in guests:
        guest.close()
    assert 1 <= len(guests) <= contents


def test_web_servers_get_the_configured_timeouts_or_short_ones() -> None:
    remotes: dict[str, dict[str, Any]] = {
        "web": {"url": "http://example.org/x"},
        "slow": {"url": "https://example.org/x", "read_timeout": 7},
        "folder": {"url": "/mnt/x"},
    }
    set_timeouts({"remote": remotes})
    assert remotes["web"] == {"url": "http://example.org/x", "connect_timeout": 10, "read_timeout": 30}
    assert (remotes["slow"]["read_timeout"], remotes["slow"]["connect_timeout"]) == (7, 10)
    assert remotes["folder"] == {"url": "/mnt/x"}
