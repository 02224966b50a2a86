"""Demo walk: build a small real project and walk the whole loop, every step a real command."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

from mlgit.core.overview.demo import Demo, DemoStep
from mlgit.errors import StateError, ToolError
from mlgit.flows.demo.chapters import CREATE, ORIGIN, REPOSITORY, WALK, Chapter, Edit, Run
from mlgit.render.console import write
from mlgit.render.pages.demo import chapter_page, command_page, edit_page, exit_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.render.page import Page

DEFAULT_FOLDER = "mlgit-demo"
_FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "project")
_MODULES = {"sklearn": "scikit-learn", "skops": "skops"}


def run_demo(folder: str, *, screen: IO[str] | None, walk: bool = True) -> Demo:
    """Build the project in `folder`, which is new or empty, and walk the loop unless `walk` is False.

    The narration and the commands' own output go to `screen`; None shows only errors.

    Raises:
        StateError: the folder is not empty.
        ToolError: the extra `demo` is missing, or a command ended with an unexpected exit code.
    """
    _require_tools()
    started = time.monotonic()
    folder = os.path.abspath(folder)
    _make_folder(folder)
    _make_repositories(folder)
    runner = _Runner(folder, screen)
    for chapter in (*CREATE, *(WALK if walk else ())):
        runner.run_chapter(chapter)
    return Demo(
        folder=folder,
        repository=os.path.join(folder, REPOSITORY),
        walked=walk,
        steps=tuple(runner.steps),
        seconds=round(time.monotonic() - started, 1),
    )


def _require_tools() -> None:
    from importlib.util import find_spec

    if shutil.which("git") is None:
        raise ToolError("`git` is not installed", hint="install git 2.38 or newer")
    missing = [name for module, name in _MODULES.items() if find_spec(module) is None]
    if missing:
        raise ToolError(
            f"The demo needs {' and '.join(f'`{name}`' for name in missing)}",
            hint="run `pip install 'mlgit[demo]'` (in a clone of mlgit: `pip install '.[demo]'`)",
        )


def _make_folder(folder: str) -> None:
    if os.path.lexists(folder):
        if not os.path.isdir(folder):
            raise StateError(f"`{folder}` is not a folder", hint="name another one: `mlgit demo DIR`")
        if os.listdir(folder):
            raise StateError(f"`{folder}` is not empty", hint="name a new folder: `mlgit demo DIR`")
    os.makedirs(folder, exist_ok=True)
    # Without this, a demo inside another repository would be untracked files there.
    with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
        file.write("*\n")


def _make_repositories(folder: str) -> None:
    """Make two repositories and the project's files, without narration: git prints nothing of interest."""
    from mlgit.adapters.git.create import create_repository

    repository = os.path.join(folder, REPOSITORY)
    create_repository(os.path.join(folder, ORIGIN), bare=True)
    # With an identity, so that a machine without one can run the demo.
    create_repository(repository, origin=f"../{ORIGIN}", identity=("Demo", "demo@example.org"))
    shutil.copytree(
        _FILES, repository, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "__init__.py")
    )


def _environment() -> dict[str, str]:
    """The commands' environment: this Python first, without the user's Git settings."""
    from mlgit.adapters.git.binary import environment

    env = environment()
    del env["GIT_GRAFT_FILE"]  # the repository is ours, and git would give advice about such files
    env.update(
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_NOSYSTEM="1",
        DVC_NO_ANALYTICS="1",
        PATH=os.pathsep.join((os.path.dirname(sys.executable), env.get("PATH", os.defpath))),
    )
    return env


def _argv(command: str) -> list[str]:
    name, *rest = shlex.split(command)
    if name == "python":
        return [sys.executable, *rest]
    return [sys.executable, "-m", name, *rest] if name in {"mlgit", "dvc"} else [name, *rest]


class _Runner:
    """Runs chapters, records their steps and shows them on the screen."""

    def __init__(self, folder: str, screen: IO[str] | None) -> None:
        self.steps: list[DemoStep] = []
        self._demo_folder = folder
        self._screen = screen
        self._env = _environment()

    def run_chapter(self, chapter: Chapter) -> None:
        self._show(chapter_page(chapter.title, chapter.text.replace("{folder}", self._demo_folder)))
        for step in chapter.steps:
            if isinstance(step, Edit):
                self._edit(chapter, step)
            else:
                self._run(chapter, step)

    def _show(self, page: Page) -> None:
        if self._screen is not None:
            write(page, self._screen)
            self._screen.flush()

    def _edit(self, chapter: Chapter, step: Edit) -> None:
        path = os.path.join(self._demo_folder, chapter.folder, step.path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if step.old not in text:
            raise StateError(f"`{path}` has no `{step.old}`")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(step.old, step.new))
        self._show(edit_page(step.path, step.old, step.new))
        self._record(chapter, f"edit {step.path}: {step.old} → {step.new}", None, 0.0)

    def _run(self, chapter: Chapter, step: Run) -> None:
        self._show(command_page(step.command))
        started = time.monotonic()
        folder = os.path.join(self._demo_folder, chapter.folder)
        done = self._spawn(_argv(step.command), folder)
        self._record(chapter, step.command, done.returncode, time.monotonic() - started)
        if done.returncode != step.expected:
            raise ToolError(
                f"`{step.command}` ended with exit code {done.returncode}, expected {step.expected}",
                hint=f"run the command again in `{folder}`",
                details=tuple((done.stdout or "").splitlines()),
            )
        if step.expected:
            self._show(exit_page(step.expected))

    def _spawn(self, argv: Sequence[str], folder: str) -> subprocess.CompletedProcess[str]:
        # The screen itself, not a pipe, so that the commands show colours and bars on a terminal.
        output: IO[str] | int = subprocess.PIPE if self._screen is None else self._screen
        return subprocess.run(
            argv,
            cwd=folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _record(self, chapter: Chapter, command: str, exit_code: int | None, seconds: float) -> None:
        self.steps.append(
            DemoStep(chapter=chapter.title, command=command, exit_code=exit_code, seconds=round(seconds, 2))
        )
