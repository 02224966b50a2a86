"""Tools: the programs that are measured, and an environment in which nothing disturbs them."""

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
    """Contestants by their command line; the programs are those next to this Python."""

    def __init__(self, place: Path) -> None:
        self.folder = os.path.dirname(sys.executable)
        self._bare = place / "bare.py"
        self._bare.write_text(_BARE_CLICK, encoding="utf-8")

    def program(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def mlgit(self, *argv: str) -> Contestant:
        """A command of mlgit; its caches are those of the previous round."""
        return self._contestant("mlgit", argv)

    def dvc(self, *argv: str) -> Contestant:
        """A command of DVC; its state database is that of the previous round."""
        return self._contestant("dvc", argv)

    def gto(self, *argv: str) -> Contestant:
        """A command of GTO, which has no caches."""
        return self._contestant("gto", argv)

    def silent(self, *argv: str) -> Contestant:
        """A command of mlgit without an answer to compare, such as `--version`."""
        return self.mlgit(*argv)._replace(json_commands=())

    def bare_click(self, *argv: str) -> Contestant:
        """A click command that does nothing."""
        command = (sys.executable, str(self._bare), *argv)
        return Contestant(f"a bare click command's `{' '.join(argv)}`", (command,))

    def bare_python(self) -> Contestant:
        return Contestant("`python -c pass`", ((sys.executable, "-c", "pass"),))

    def three(self) -> Contestant:
        """The commands that `mlgit status` replaces; compared with `HEAD~1`, as `mlgit status` does."""
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
    """The same contestant, with the caches of its tool removed before each round."""
    ours = contestant.label.startswith("`mlgit")
    remove_caches = _remove_mlgit_caches if ours else _remove_dvc_caches
    return contestant._replace(label=f"{contestant.label}, cold", before=remove_caches)


def isolate_environment(place: Path) -> None:
    """Use no one's settings, no analytics, and no check for newer versions."""
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


def _remove_mlgit_caches(folder: Path) -> None:
    shutil.rmtree(folder / ".git" / "mlgit", ignore_errors=True)


def _remove_dvc_caches(folder: Path) -> None:
    """Remove the state database, the index and caches of experiments; the data in `.dvc/cache` stays."""
    shutil.rmtree(folder / ".dvc" / "tmp", ignore_errors=True)
    shutil.rmtree(os.environ["DVC_SITE_CACHE_DIR"], ignore_errors=True)
