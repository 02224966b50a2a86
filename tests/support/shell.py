"""Shell: run real commands in tests with a pinned environment."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = "2026-03-01T12:00:00+00:00"
_NOWHERE = io.StringIO()


def pinned_environment(home: Path) -> dict[str, str]:
    """An environment in which git and dvc behave the same on every machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "DVC_", "CI", "GITHUB_", "GITLAB_", "MLGIT_"))
        # Keep bytecode: otherwise each of hundreds of processes would compile its sources again.
        and name != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": EPOCH,
        "GIT_COMMITTER_DATE": EPOCH,
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(home / ".dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / ".dvc-system"),
        "DVC_SITE_CACHE_DIR": str(home / ".dvc-site"),
        "NO_COLOR": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
    }


def _import_dvc() -> None:
    """Import DVC, which keeps the streams that there are then, with some that stay open."""
    if "dvc.cli" in sys.modules:
        return
    with (
        contextlib.redirect_stdout(_NOWHERE),
        contextlib.redirect_stderr(_NOWHERE),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        import dvc.cli
        import dvc.ui  # noqa: F401


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a command."""

    status: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 (any JSON)
        import json

        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in which real commands run; `ok` expects success."""

    path: Path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def run(self, *argv: str, env: dict[str, str] | None = None, stdin: str | None = None) -> Done:
        done = subprocess.run(
            argv,
            cwd=self.path,
            env=None if env is None else os.environ | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *argv: str, env: dict[str, str] | None = None) -> str:
        done = self.run(*argv, env=env)
        assert done.status == 0, f"{argv} -> {done.status}\n{done.out}\n{done.err}"
        return done.out

    def git(self, *argv: str, env: dict[str, str] | None = None) -> str:
        return self.ok("git", *argv, env=env).strip()

    def dvc(self, *argv: str) -> str:
        """DVC's real command line in this process, which imports it once."""
        errors = io.StringIO()
        with contextlib.ExitStack() as restored:
            restored.enter_context(contextlib.chdir(self.path))
            out = restored.enter_context(contextlib.redirect_stdout(io.StringIO()))
            restored.enter_context(contextlib.redirect_stderr(errors))
            restored.enter_context(mock.patch.dict(os.environ))
            restored.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            # Imported here because DVC keeps the streams that exist at its import.
            from dvc.cli import main
            from dvc.ui import ui

            restored.enter_context(mock.patch("colorama.initialise.orig_stdout", out))
            restored.enter_context(mock.patch.object(ui, "_enabled", new=False))
            for handler in logging.getLogger("dvc").handlers:
                restored.enter_context(mock.patch.object(handler, "stream", errors))
            status = main(list(argv))
        assert status == 0, f"dvc {argv} -> {status}\n{out.getvalue()}\n{errors.getvalue()}"
        return out.getvalue()

    def mlgit(self, *argv: str, env: dict[str, str] | None = None) -> Done:
        """The real program in its own process."""
        return self.run(sys.executable, "-m", "mlgit", *argv, env=env)

    def here(self, *argv: str, env: dict[str, str] | None = None) -> Done:
        """The same in this process, which imports DVC once; for tests of a command's effects."""
        from mlgit.cli.main import run

        _import_dvc()
        # Real files, because programs that the command starts write into them.
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", buffering=1, newline="") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8", buffering=1, newline="") as err,
            contextlib.chdir(self.path),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, env or {}),
            warnings.catch_warnings(),
            contextlib.ExitStack() as restored,
        ):
            warnings.simplefilter("ignore")  # as in its own process
            # As there, only DVC's own handlers get what it logs.
            for name in ("dvc", "dvc_data", "dvc_objects"):
                restored.enter_context(mock.patch.object(logging.getLogger(name), "propagate", new=False))
            # They keep the stream that there was when DVC was imported.
            for handler in logging.getLogger("dvc").handlers:
                restored.enter_context(mock.patch.object(handler, "stream", err))
            status = run(argv)
            out.seek(0)
            err.seek(0)
            return Done(status, out.read(), err.read())

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, message: str, *, date: str | None = None) -> str:
        """Commit everything; returns the new commit's id."""
        env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else None
        self.git("add", "-A")
        self.git("commit", "-qm", message, "--allow-empty", env=env)
        return self.git("rev-parse", "HEAD")
