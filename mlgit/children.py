"""Children: rules for the long-running programs that mlgit starts."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

# Stages and deploy programs must not see mlgit's forge tokens.
_OUR_TOKENS = frozenset({"MLGIT_PUSH_TOKEN", "MLGIT_GITLAB_TOKEN"})


def without_our_tokens(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment for programs of other people."""
    return {name: value for name, value in variables.items() if name not in _OUR_TOKENS}


@contextmanager
def terminations_interrupt() -> Iterator[None]:
    """While a child runs, treat SIGTERM and SIGHUP like Ctrl-C, so that the child does not outlive mlgit."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # `nohup`: the user wants the signal ignored
            continue
        with suppress(ValueError):  # not in the main thread, whose owner handles signals
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
