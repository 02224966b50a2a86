"""Entry point: `python -m mlgit` and the `mlgit` script."""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType

from mlgit.errors import Exit

# After these were imported, temporary files, threads and measurements must be finished at exit.
_NEED_EXIT_HANDLERS = ("dvc", "coverage")


class _LazyInspect(ModuleType):
    """Replaces `inspect` until more than `cleandoc` is needed.

    click and dataclasses import `inspect`, and with it ast, dis and tokenize. Without them `status` takes 5 %
    less CPU time and `--version` 12 % less. click only uses it to clean help texts.
    """

    @staticmethod
    def cleandoc(doc: str) -> str:
        """A docstring without its indent and the empty lines around it."""
        first, *others = doc.expandtabs().split("\n")
        margin = min((len(line) - len(line.lstrip()) for line in others if line.strip()), default=0)
        lines = [first.lstrip(), *(line[margin:] for line in others)]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            del lines[0]
        return "\n".join(lines)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get("inspect") is self:
            del sys.modules["inspect"]
        import inspect

        self.__dict__.update(vars(inspect))
        return getattr(inspect, name)


def main() -> None:
    """Run the command line and exit with its code."""
    # Most commands run for a tenth of a second. Collecting garbage meanwhile, and destroying every module at
    # the end, takes as long as comparing fifty metric files.
    gc.set_threshold(100_000, 50, 50)
    sys.modules.setdefault("inspect", _LazyInspect("inspect"))
    try:
        from mlgit.cli.main import run
    except KeyboardInterrupt:  # once imported, `run` reports interrupts itself
        sys.stderr.write("Interrupted\n")
        sys.exit(Exit.INTERRUPTED)
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # a second one, while `run` cleaned up after the first
        status = Exit.INTERRUPTED
    if any(name in sys.modules for name in _NEED_EXIT_HANDLERS):
        import signal

        # A thread may still wait for a silent server; interrupting that wait must not print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue  # `run` has flushed before and reported the error
    os._exit(status)


if __name__ == "__main__":
    # `python -m` puts the current folder first. A checkout's `click.py` would run as ours, and its
    # `*.dist-info` would count as an installed plug-in.
    if not sys.flags.safe_path and os.path.realpath(sys.path[0] or os.curdir) == os.path.realpath(os.curdir):
        del sys.path[0]
    main()
