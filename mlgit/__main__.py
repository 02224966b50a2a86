"""`python -m mlgit` and the `mlgit` script."""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType

from mlgit.errors import Exit

# What they loaded has things to finish when the program ends: temporary files, threads, measurements.
_TIDY_AT_EXIT = ("dvc", "coverage")


class _Later(ModuleType):
    """Stands for a module until somebody wants more of it than it has here."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        from importlib import import_module

        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        real = import_module(self.__name__)
        self.__dict__.update(vars(real))
        return getattr(real, name)


class _Platform(_Later):
    """Stands for `platform`: click imports `uuid`, which asks for the name of the system and nothing else."""

    @staticmethod
    def system() -> str:
        """`Linux`, `Darwin` and so on."""
        return os.uname().sysname


class _Gettext(_Later):
    """Stands for `gettext`: click has its sentences translated, and brings no translations with it."""

    @staticmethod
    def gettext(message: str) -> str:
        """The message as it is."""
        return message

    @staticmethod
    def ngettext(singular: str, plural: str, number: int) -> str:
        """The form that English has for this number."""
        return singular if number == 1 else plural


class _Inspect(_Later):
    """Stands for `inspect`.

    click and dataclasses import it with all that takes Python programs apart (ast, dis, tokenize), a
    seventh of what starting up takes, and click only has it clean the help texts.
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


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Most runs last a tenth of a second: looking for garbage in them, and taking every module apart at the
    # end, cost together as much as comparing fifty metric files.
    gc.set_threshold(100_000, 50, 50)
    sys.modules.setdefault("inspect", _Inspect("inspect"))
    sys.modules.setdefault("gettext", _Gettext("gettext"))
    for name in ("locale", "copy"):  # subprocess and dataclasses import them and hardly ever ask them
        sys.modules.setdefault(name, _Later(name))
    if hasattr(os, "uname"):
        sys.modules.setdefault("platform", _Platform("platform"))
    try:
        from mlgit.cli.main import run
    except KeyboardInterrupt:  # once it is loaded, it tells that itself
        sys.stderr.write("Interrupted\n")
        sys.exit(Exit.INTERRUPTED)
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # a second one, while it was tidying up after the first
        status = Exit.INTERRUPTED
    if any(name in sys.modules for name in _TIDY_AT_EXIT):
        import signal

        # A thread may still wait for a silent server: who interrupts that wait wants no traceback of it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue  # `run` flushed already and told what went wrong
    os._exit(status)


if __name__ == "__main__":
    main()
