"""Trap: a server that gives every request the test's response, and records the headers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class _Trap(BaseHTTPRequestHandler):
    """Gives one response to every request."""

    status = 200
    headers_out: dict[str, str]
    content: bytes
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self.status)
        for name, value in self.headers_out.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        try:
            self.wfile.write(self.content)
        except OSError:
            self.close_connection = True

    do_POST = do_GET  # noqa: N815 (the name that http.server calls)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class Trap:
    """A running trap."""

    def __init__(
        self, content: bytes = b"{}", *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.seen: list[dict[str, str]] = []
        answers = {"status": status, "headers_out": headers or {}, "content": content, "seen": self.seen}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Trap,), answers))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
