"""Counting: a proxy in front of a server on loopback that counts its requests."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REQUEST = re.compile(rb"(?:^|(?<=\r\n\r\n))(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1\.[01]\r\n")


@dataclass(slots=True)
class Door:
    """The proxy's address, and the requests so far: method and path of each."""

    port: int
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def written(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [each for each in self.requests if each[0] not in {"GET", "HEAD"}]


@contextmanager
def counting(port: int) -> Iterator[Door]:
    """A proxy on loopback for the HTTP server at `port`; bytes pass unchanged."""
    with ExitStack() as opened:
        entrance = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        door = Door(entrance.getsockname()[1])

        def through(source: socket.socket, target: socket.socket, *, count: bool) -> None:
            with suppress(OSError):
                while chunk := source.recv(1 << 16):
                    if count:
                        door.requests += [
                            (method.decode(), path.decode()) for method, path in _REQUEST.findall(chunk)
                        ]
                    target.sendall(chunk)
                target.shutdown(socket.SHUT_WR)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    guest = opened.enter_context(entrance.accept()[0])
                    host = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
                    for pair, count in (((guest, host), True), ((host, guest), False)):
                        start(through, *pair, count=count)

        def start(target: Callable[..., None], *args: object, **kwargs: object) -> None:
            threading.Thread(target=target, args=args, kwargs=kwargs, daemon=True).start()

        start(serve)
        yield door
        # Close the other side, which may still be waiting.
        entrance.shutdown(socket.SHUT_RDWR)
