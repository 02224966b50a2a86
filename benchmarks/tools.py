"""Tools: the programs that compete, and surroundings in which none of them is disturbed."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Contestant

if TYPE_CHECKING:
    from pathlib import Path

_BARE_CLICK = '''\
import click


@click.group()
@click.version_option("1.0", message="bare %(version)s")
def cli():
    """Nothing."""


cli()
'''


class Tools:
    """Contestants by what a user types; the programs are those beside this Python."""

    def __init__(self, place: Path) -> None:
        self.folder = os.path.dirname(sys.executable)
        self._bare = place / "bare.py"
        self._bare.write_text(_BARE_CLICK, encoding="utf-8")

    def program(self, name: str) -> str:
        """The path of a console script."""
        return os.path.join(self.folder, name)

    def mlgit(self, *argv: str) -> Contestant:
        """A command of mlgit with its caches as the round before left them."""
        return self._contestant("mlgit", argv)

    def dvc(self, *argv: str) -> Contestant:
        """A command of DVC, its state database as the round before left it."""
        return self._contestant("dvc", argv)

    def gto(self, *argv: str) -> Contestant:
        """A command of GTO, which keeps nothing."""
        return self._contestant("gto", argv)

    def silent(self, *argv: str) -> Contestant:
        """A command of mlgit that has no answer to compare, such as `--version`."""
        return self.mlgit(*argv)._replace(asked=())

    def bare_click(self, *argv: str) -> Contestant:
        """What a command made with click costs that does nothing at all."""
        command = (sys.executable, str(self._bare), *argv)
        return Contestant(f"a bare click command's `{' '.join(argv)}`", (command,))

    def bare_python(self) -> Contestant:
        """The interpreter that does nothing."""
        return Contestant("`python -c pass`", ((sys.executable, "-c", "pass"),))

    def three(self) -> Contestant:
        """What `mlgit status` replaces; asked with `HEAD~1`, which is what `mlgit status` compares with."""
        dvc, gto = self.program("dvc"), self.program("gto")
        return Contestant(
            "`dvc status` + `dvc metrics diff` + `gto show`",
            ((dvc, "status"), (dvc, "metrics", "diff"), (gto, "show")),
            (
                (dvc, "status", "--json"),
                (dvc, "metrics", "diff", "HEAD~1", "--json"),
                (gto, "show", "--json"),
            ),
        )

    def _contestant(self, name: str, argv: tuple[str, ...]) -> Contestant:
        command = (self.program(name), *argv)
        return Contestant(f"`{' '.join((name, *argv))}`", (command,), ((*command, "--json"),))


def cold(contestant: Contestant) -> Contestant:
    """The same with everything forgotten before each round that its tool remembers between two calls."""
    ours = contestant.label.startswith("`mlgit")
    forget = _forget_mlgit if ours else _forget_dvc
    return contestant._replace(label=f"{contestant.label}, cold", before=forget)


def quiet_surroundings(place: Path) -> None:
    """Nobody's settings, no analytics, no question to a server for a newer version."""
    home = place / "home"
    (home / "dvc").mkdir(parents=True, exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed programs have their bytecode
    (home / "dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    os.environ.update(
        HOME=str(home),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL=os.devnull,
        DVC_GLOBAL_CONFIG_DIR=str(home / "dvc"),
        DVC_SYSTEM_CONFIG_DIR=str(home / "dvc-system"),
        DVC_SITE_CACHE_DIR=str(home / "dvc-site"),
        DVC_NO_ANALYTICS="1",
        NO_COLOR="1",
    )


def _forget_mlgit(folder: Path) -> None:
    shutil.rmtree(folder / ".git" / "mlgit", ignore_errors=True)


def _forget_dvc(folder: Path) -> None:
    """Its state database, index and caches of experiments; the data in `.dvc/cache` stays."""
    shutil.rmtree(folder / ".dvc" / "tmp", ignore_errors=True)
    shutil.rmtree(os.environ["DVC_SITE_CACHE_DIR"], ignore_errors=True)
