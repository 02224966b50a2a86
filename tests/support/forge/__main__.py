"""The fake forge as a process; see the package's docstring."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.support.forge.fake import FakeForge


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.forge")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", default=None, help="read at the start, written after each change")
    options = parser.parse_args()
    forge = FakeForge(port=options.port, state_file=options.state).start()
    # The parent process reads the port from this line.
    print(forge.url, flush=True)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    forge.stop()
    sys.exit(0)


main()
