"""Children: what holds for every long program of somebody else that mlgit starts."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

# What CI hands to mlgit for the forge is no business of a stage or of a program that deploys.
_OUR_TOKENS = frozenset({"MLGIT_PUSH_TOKEN", "MLGIT_GITLAB_TOKEN"})


def without_our_tokens(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment for code that is not ours."""
    return {name: value for name, value in variables.items() if name not in _OUR_TOKENS}


@contextmanager
def terminations_interrupt() -> Iterator[None]:
    """While a child runs, being told to end is like Ctrl-C: it must not outlive us."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # `nohup`: it was wanted that nobody listens
            continue
        with suppress(ValueError):  # not in the main thread: then whoever is there looks after it
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
