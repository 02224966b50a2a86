"""A connection that breaks: a TCP proxy on loopback that refuses, cuts or delays at random.

It cuts when a pack begins to pass, so that the server receives nothing, or when the server answers after
that, so that the server has everything and the client does not know. `python proxy.py PORT TO SEED LOG`.
"""

from __future__ import annotations

import random
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

CHUNK = 1 << 16
STALL_S = 6.0
FAULTS = {
    "refuse": 0.015,
    "cut before the server has it": 0.02,
    "cut after the server has it": 0.05,
    "stall": 0.01,
}
_LOCK = threading.Lock()


class Pipe:
    """One connection through the proxy and the fault that it meets."""

    def __init__(self, client: socket.socket, server: socket.socket, fault: str | None, log: Path) -> None:
        self.client = client
        self.server = server
        self.fault = fault
        self.log = log
        self.packed = False

    def run(self) -> None:
        back = threading.Thread(
            target=self._pass, args=(self.server, self.client, self._from_server), daemon=True
        )
        back.start()
        self._pass(self.client, self.server, self._from_client)
        back.join(60)
        for end in (self.client, self.server):
            end.close()

    def _pass(self, source: socket.socket, target: socket.socket, allowed) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        with suppress(OSError):
            while content := source.recv(CHUNK):
                if not allowed(content):
                    break
                target.sendall(content)
            else:
                target.shutdown(socket.SHUT_WR)
                return
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _from_client(self, content: bytes) -> bool:
        # A push sends a pack; a fetch receives one.
        if b"PACK" in content:
            self.packed = True
            if self.fault == "cut before the server has it":
                return not self._happens()
        return True

    def _from_server(self, _: bytes) -> bool:
        if self.packed and self.fault == "cut after the server has it":
            return not self._happens()
        if self.fault == "stall":
            self._happens()
            self.fault = None
            time.sleep(STALL_S)
        return True

    def _happens(self) -> bool:
        note(self.log, self.fault or "")
        return True


def note(log: Path, fault: str) -> None:
    with _LOCK, log.open("a", encoding="utf-8") as file:
        file.write(f"{fault}\n")


def main(port: int, to: int, seed: int, log: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 (no secret)
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        client, _ = listener.accept()
        fault = next((name for name, share in FAULTS.items() if chance.random() < share), None)
        if fault == "refuse":
            note(log, fault)
            client.close()
            continue
        try:
            server = socket.create_connection(("127.0.0.1", to))
        except OSError:
            client.close()
            continue
        threading.Thread(target=Pipe(client, server, fault, log).run, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
