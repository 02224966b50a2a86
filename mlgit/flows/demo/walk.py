"""Demo: build a real small project and walk the whole loop, every step a real command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, NamedTuple

from mlgit.core.overview.demo import Demo, DemoStep
from mlgit.errors import StateError, ToolError
from mlgit.flows.demo.folder import ORIGIN, REPOSITORY, claim_folder, mark_finished
from mlgit.render.console import write
from mlgit.render.pages.demo import chapter_page, command_page, edit_page, exit_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.render.page import Page

_FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "project")
_NEEDED = {"sklearn": "scikit-learn", "skops": "skops"}


class Run(NamedTuple):
    """A command line as a person would type it, and the exit codes that are right."""

    command: str
    expected: int = 0


class Edit(NamedTuple):
    """A change of one line in a file of the project."""

    path: str
    old: str
    new: str


class Chapter(NamedTuple):
    """A few steps under a title; `folder` is where they happen, from the demo's folder."""

    title: str
    text: str
    steps: tuple[Run | Edit, ...]
    folder: str = REPOSITORY


_CREATE = (
    Chapter(
        "A project: Git origin, clone, DVC remote, pipeline, gates",
        "All in {folder}: the origin is a bare repository, the DVC remote a directory.",
        (
            Run("python src/fetch.py"),
            Run("dvc init --quiet"),
            Run("dvc remote add --default storage ../storage"),
            Run("dvc add data/raw.csv"),
            Run("git add ."),
            Run("git commit --quiet -m 'Describe the pipeline, the gates and the environments'"),
            Run("git push --quiet --set-upstream origin main"),
        ),
    ),
)

_WALK = (
    Chapter(
        "Run the pipeline",
        "prepare, train, evaluate. DVC runs what is stale; mlgit ends with the change and the verdict.",
        (
            Run("mlgit run"),
            Run("git add ."),
            Run("git commit --quiet -m 'Train the first model'"),
            Run("mlgit push"),
        ),
    ),
    Chapter(
        "Check, release v1.0.0, promote it to staging and to prod",
        "A release and a promotion are annotated Git tags that GTO and DVC can read, too.",
        (
            Run("mlgit check"),
            Run("mlgit release tumor"),
            Run("mlgit promote tumor --to staging"),
            Run("mlgit promote tumor --to prod"),
        ),
    ),
    Chapter(
        "A branch with a worse model",
        "Nearest neighbours get more tumours right (accuracy rises), but rank them worse. The gates see it.",
        (
            Run("git switch --quiet --create neighbours"),
            Edit("params.yaml", "model: logistic", "model: neighbours"),
            Run("mlgit run", expected=1),
            Run("git commit --quiet --all -m 'Try nearest neighbours'"),
            Run("mlgit check --explain auc-vs-prod", expected=1),
            Run("mlgit report --format markdown", expected=1),
        ),
    ),
    Chapter(
        "A branch with a better one",
        "The logistic model with a weaker penalty, from main again.",
        (
            Run("git switch --quiet main"),
            Run("git switch --quiet --create weaker-penalty"),
            Edit("params.yaml", "C: 0.01", "C: 1"),
            Run("mlgit run"),
            Run("git commit --quiet --all -m 'Weaken the penalty'"),
            Run("mlgit check"),
            Run("mlgit push"),
        ),
    ),
    Chapter(
        "Merge it, release v1.1.0, promote it",
        "On GitHub or GitLab the merge is a button; here it is the same command without a forge.",
        (
            Run("git switch --quiet main"),
            Run("git merge --quiet --no-ff -m 'Merge branch weaker-penalty' weaker-penalty"),
            Run("git push --quiet"),
            Run("mlgit release tumor --bump minor"),
            Run("mlgit promote tumor --to staging"),
            Run("mlgit promote tumor --to prod"),
            Run("mlgit models"),
        ),
    ),
    Chapter(
        "Three in the morning: roll prod back",
        "One command; staging keeps v1.1.0, and prod is held until somebody promotes again.",
        (
            Run("mlgit rollback tumor --env prod -m 'Ward 3 reports missed tumours'"),
            Run("mlgit status"),
            Run("mlgit history tumor"),
        ),
    ),
)


def run_demo(
    folder: str, *, screen: IO[str] | None, walk: bool = True, keep: bool = False, force: bool = False
) -> Demo:
    """Build the project in `folder`, and walk the loop unless `walk` is False.

    Args:
        folder: where to build; see `claim_folder` for what happens to an earlier demo.
        screen: where narration and the commands' own output go; None shows only what went wrong.
        walk: False only creates the project.
        keep: leave an earlier demo alone and build beside it.
        force: rebuild an earlier demo even when it was changed.

    Raises:
        StateError: the folder is not free.
        ToolError: the extra `demo` is missing, or a command ended with an unexpected exit code.
    """
    _require_tools()
    started = time.monotonic()
    place = claim_folder(folder, keep=keep, force=force)
    stage = _Stage(place, screen)
    _found(place)
    for chapter in (*_CREATE, *(_WALK if walk else ())):
        stage.play(chapter)
    mark_finished(place)
    return Demo(
        folder=place,
        repository=os.path.join(place, REPOSITORY),
        walked=walk,
        steps=tuple(stage.steps),
        seconds=round(time.monotonic() - started, 1),
    )


def _require_tools() -> None:
    from importlib.util import find_spec
    from shutil import which

    if which("git") is None:
        raise ToolError("`git` is not installed", hint="install git 2.38 or newer")
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise ToolError(
            f"The demo needs {' and '.join(f'`{name}`' for name in missing)}",
            hint="run `pip install 'mlgit[demo]'` (in a clone of mlgit: `pip install '.[demo]'`)",
        )


def _found(place: str) -> None:
    """Two repositories and the project's files; told in one line, because git says nothing of interest."""
    import shutil

    from mlgit.adapters.git.create import create_repository

    repository = os.path.join(place, REPOSITORY)
    create_repository(os.path.join(place, ORIGIN), bare=True)
    # A machine without a Git identity can walk the demo, too.
    create_repository(repository, origin=f"../{ORIGIN}", identity=("Demo", "demo@example.org"))
    shutil.copytree(
        _FILES, repository, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "__init__.py")
    )


def _environment() -> dict[str, str]:
    """What the commands see: this Python first, no Git settings of the user's that could stand in the way."""
    from mlgit.adapters.git.binary import environment

    env = environment()
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


class _Stage:
    """Where the chapters are played: remembers the steps, shows them on the screen."""

    def __init__(self, place: str, screen: IO[str] | None) -> None:
        self.steps: list[DemoStep] = []
        self._place = place
        self._screen = screen
        self._env = _environment()

    def play(self, chapter: Chapter) -> None:
        """Narrate a chapter and do its steps."""
        self._show(chapter_page(chapter.title, chapter.text.replace("{folder}", self._place)))
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
        path = os.path.join(self._place, chapter.folder, step.path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if step.old not in text:
            raise StateError(f"`{path}` has no `{step.old}`")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(step.old, step.new))
        self._show(edit_page(step.path, step.old, step.new))
        self._remember(chapter, f"edit {step.path}: {step.old} -> {step.new}", None, 0.0)

    def _run(self, chapter: Chapter, step: Run) -> None:
        self._show(command_page(step.command))
        started = time.monotonic()
        done = self._spawn(_argv(step.command), os.path.join(self._place, chapter.folder))
        self._remember(chapter, step.command, done.returncode, time.monotonic() - started)
        if done.returncode != step.expected:
            raise ToolError(
                f"`{step.command}` ended with exit code {done.returncode}, expected {step.expected}",
                hint=f"look at `{os.path.join(self._place, chapter.folder)}`, run the command there again",
                details=tuple((done.stdout or "").splitlines()),
            )
        if step.expected:
            self._show(exit_page(step.expected))

    def _spawn(self, argv: Sequence[str], folder: str) -> subprocess.CompletedProcess[str]:
        # The screen itself, not a pipe: on a terminal the commands show their colours and bars.
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

    def _remember(self, chapter: Chapter, command: str, exit_code: int | None, seconds: float) -> None:
        self.steps.append(
            DemoStep(chapter=chapter.title, command=command, exit_code=exit_code, seconds=round(seconds, 2))
        )
