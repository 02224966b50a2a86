"""Entry point: `python -m mlgit` and the `mlgit` script."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import gc
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

# After these were imported, temporary files, threads and measurements must be finished at exit.
_NEED_EXIT_HANDLERS = ("dvc", "coverage")


class _LazyModule(ModuleType):
    """Replaces a module of the standard library until more of it is needed than the names given here."""

    def __init__(self, name: str, names: Mapping[str, object]) -> None:
        super().__init__(name)
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        from importlib import import_module

        module = import_module(self.__name__)
        self.__dict__.update(vars(module))
        return getattr(module, name)


def _clean_docstring(doc: str) -> str:
    """`inspect.cleandoc`: a docstring without its indent and the empty lines around it."""
    first, *others = doc.expandtabs().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in others if line.strip()), default=0)
    lines = [first.lstrip(), *(line[margin:] for line in others)]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        del lines[0]
    return "\n".join(lines)


class _Unread:
    """Replaces a type that is named in a text which nothing reads."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


def _postpone_slow_imports() -> None:
    """Have click, dataclasses and subprocess start without modules of which they need little or nothing.

    `inspect` brings ast, dis and tokenize, and click only cleans help texts with it. click has its English
    messages translated by `gettext`, without a translation, and keeps its contexts in a `local` of
    `threading`; `uuid` asks `platform` for the system. `subprocess` needs one lock, and `signal` only to stop
    a process. Up to Python 3.11, `datetime` first executes a copy of itself in Python. Without these modules
    `diff` takes an eighth less CPU time.
    """
    modules: dict[str, Mapping[str, object]] = {
        "inspect": {"cleandoc": _clean_docstring},
        "gettext": {"gettext": str, "ngettext": lambda one, many, count: one if count == 1 else many},
        "locale": {},
        "copy": {},
        "signal": {name: number for name, number in vars(_signal).items() if name == "SIGKILL"},
        "threading": {
            "local": _thread._local,  # noqa: SLF001 (the class that `threading` exports)
            "Lock": getattr(_thread, "lock", _thread.allocate_lock),  # what it is from Python 3.13 on
        },
    }
    if hasattr(os, "uname"):
        modules["platform"] = {"system": lambda: os.uname().sysname}
    if sys.version_info < (3, 12):
        import _datetime  # type: ignore[import-not-found]

        modules["datetime"] = {name: one for name, one in vars(_datetime).items() if name[:2] != "__"}
    for name, names in modules.items():
        sys.modules.setdefault(name, _LazyModule(name, names))


def _import_click() -> None:
    """Import click without what only serves type checkers, and without `uuid`, which mlgit does not use.

    click names types in texts. To compile the first of them, Python prepares its syntax trees, which takes
    longer than importing the rest of click; from Python 3.14 on it waits until something reads them.
    """
    import typing

    uuid = sys.modules.setdefault("uuid", _LazyModule("uuid", {"UUID": object}))
    real = typing.ForwardRef
    if sys.version_info < (3, 14):
        typing.ForwardRef = _Unread  # type: ignore[assignment, misc]
    try:
        import click  # noqa: F401
    finally:
        typing.ForwardRef = real  # type: ignore[misc]
        if isinstance(uuid, _LazyModule):
            vars(uuid).pop("UUID", None)


def main() -> None:
    """Run the command line and exit with its code."""
    # Most commands run for a tenth of a second. Collecting garbage meanwhile, and destroying every module at
    # the end, takes as long as comparing fifty metric files.
    gc.set_threshold(100_000, 50, 50)
    _postpone_slow_imports()
    try:
        _import_click()
        from mlgit.cli.main import run
    except KeyboardInterrupt:  # once imported, `run` reports interrupts itself
        sys.stderr.write("Interrupted\n")
        sys.exit(Exit.INTERRUPTED)
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # a second one, while `run` cleaned up after the first
        status = Exit.INTERRUPTED
    if any(name in sys.modules for name in _NEED_EXIT_HANDLERS):
        # A thread may still wait for a silent server; interrupting that wait must not print a traceback.
        try:
            import signal

            signal.signal(signal.SIGINT, signal.SIG_DFL)
        except KeyboardInterrupt:
            os._exit(Exit.INTERRUPTED)
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
    try:
        first = not sys.flags.safe_path and os.path.realpath(sys.path[0] or os.curdir)
        if first == os.path.realpath(os.curdir):
            del sys.path[0]
    except FileNotFoundError:
        pass  # the current folder was deleted, so nothing is imported from it
    main()
