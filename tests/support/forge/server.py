"""Server: HTTP for the fake forge, with users, planned faults, pages, and a record of requests."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.forge.fake import FakeForge, Fault
    from tests.support.forge.state import State, Token

MAX_PER_PAGE = 100


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 (an answer, raised where it is known)
    """Ends a route with this response."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Call:
    """One request for the routes; `path` is decoded part by part, so that `a%2Fb` is one part."""

    forge: FakeForge
    method: str
    path: str
    parts: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    token: Token | None = None

    @property
    def state(self) -> State:
        return self.forge.state

    @property
    def url(self) -> str:
        """The server's address for the client, which differs behind a proxy."""
        return f"http://{self.headers.get('host', self.forge.url.removeprefix('http://'))}"

    def page(self, rows: Sequence[Any], *, default: int) -> tuple[list[Any], dict[str, str]]:
        """The requested page, and its headers."""
        size = min(int(self.query.get("per_page", default)), MAX_PER_PAGE)
        number = max(1, int(self.query.get("page", 1)))
        last = max(1, -(-len(rows) // size))
        links = []
        for name, target in (("prev", number - 1), ("next", number + 1), ("first", 1), ("last", last)):
            known = 1 <= target <= last and (name not in {"first", "last"} or target != number)
            if known:
                query = urlencode({**self.query, "per_page": size, "page": target})
                links.append(f'<{self.url}{self.path}?{query}>; rel="{name}"')
        shown = list(rows[(number - 1) * size : number * size])
        return shown, {"Link": ", ".join(links)} if links else {}


class Server(ThreadingHTTPServer):
    """Each request has its own thread; hanging ones end when the forge stops."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, forge: FakeForge, port: int) -> None:
        self.forge = forge
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that close the connection."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "fake-forge"
    # Head and body are two writes, and Nagle's algorithm would delay the second by 40 ms.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 (the names that http.server calls)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        split = urlsplit(self.path)
        call = Call(
            forge=self.server.forge,
            method=self.command,
            path=split.path,
            parts=[unquote(part) for part in split.path.strip("/").split("/")],
            query=dict(parse_qsl(split.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_parse(raw, self.headers.get("Content-Type", "")),
        )
        if call.parts[0] == "_forge":
            self._send(_control(call))
            return
        fault = call.forge.fault(call.method, call.path)
        if fault is not None:
            self._spoil(call, fault)
            return
        call.forge.wait_for_others(call.method, call.path)
        self._send(_answer(call))

    def _spoil(self, call: Call, fault: Fault) -> None:
        if fault.applied:
            _answer(call)
        else:
            _log(call, 0 if fault.reset or fault.hang_s else fault.status)
        if fault.hang_s:
            call.forge.stopping.wait(fault.hang_s)
        if fault.reset or fault.hang_s:
            # With a linger time of 0, the kernel sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        body = {"message": "Made to fail"} if fault.body is None else fault.body
        self._send(Answer(fault.status, body, fault.headers))

    def _send(self, answer: Answer) -> None:
        if isinstance(answer.body, bytes):
            content = answer.body
        else:
            content = b"" if answer.body is None else json.dumps(answer.body).encode()
        if "Date" in answer.headers:
            self.send_response_only(answer.status)
        else:
            self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if content and "Content-Type" not in answer.headers:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answer(call: Call) -> Answer:
    from tests.support.forge import github, gitlab

    roots = {("api", "v3"): github, ("api", "graphql"): github, ("api", "v4"): gitlab}
    side = roots.get((call.parts[0], call.parts[1] if len(call.parts) > 1 else ""))
    with call.state.lock:
        try:
            answer = Answer(404, {"message": "Not Found"}) if side is None else side.answer(call)
        except Refused as refused:
            answer = refused.answer
        _log(call, answer.status)
        if call.method != "GET":
            call.forge.save()
    return answer


def _log(call: Call, status: int) -> None:
    from tests.support.forge.fake import Request

    login = None if call.token is None else call.token.login
    call.forge.requests.append(Request(call.method, call.path, call.query, login, status, call.body))


def _control(call: Call) -> Answer:
    if call.parts[1:] == ["state"]:
        with call.state.lock:
            return Answer(200, call.state.as_json())
    if call.parts[1:] == ["requests"]:
        return Answer(200, [vars(each) for each in call.forge.requests])
    if call.parts[1:] == ["call"] and call.method == "POST":
        try:
            return Answer(200, call.forge.call(call.body["method"], call.body.get("arguments", {})))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return Answer(400, {"message": repr(error)})
    return Answer(404, {"message": "Not Found"})


def _parse(raw: bytes, content_type: str) -> object:
    if not raw:
        return None
    if "application/x-www-form-urlencoded" in content_type:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    try:
        return json.loads(raw)
    except ValueError:
        return None


def wait_until_up(url: str, *, timeout_s: float = 20) -> None:
    """Wait until a fake forge in its own process answers."""
    split = urlsplit(url)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection((split.hostname or "", split.port or 80), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.05)
        else:
            return


def encoded(text: str) -> str:
    """Encode one part of a path."""
    return quote(text, safe="")
