"""Session: what every command shares: where it runs, how it tells, when it is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.progress import Progress
    from mlgit.project.open import Project
    from mlgit.project.opening import Opening
    from mlgit.render.page import Page


class Session:
    """The global options, and the ways to answer.

    stdout is the result and nothing else; everything else goes to stderr.
    """

    def __init__(self) -> None:
        self.folder = "."
        self.as_json = False
        self.verbosity = 0
        self.now = datetime.now(UTC)  # noqa: TID251 (the one clock)
        self._opening: Opening | None = None
        self._project: Project | None = None
        self._tells = False

    def begin(self, *, compares: bool = False, looks: bool = False, tags: bool = False) -> None:
        """Let git look at the repository while the command is loaded; `project` takes the answer.

        `compares` says that the command will ask for the branch, its changes and trunk, `looks` that it
        will look at the files on disk before it changes any, `tags` that it will ask for all tags before it
        fetches or makes any.
        """
        if self._opening is None:
            from mlgit.project.opening import Opening

            self._opening = Opening(self.folder, branches=compares, files=looks, tags=tags)

    def project(self) -> Project:
        """The repository the user stands in."""
        if self._project is None:
            self.begin()
            assert self._opening is not None  # noqa: S101 (begun in the line before)
            self._project = self._opening.finish(
                now=self.now, default_branch=_default_branch(self.folder), progress=self._waiting
            )
        return self._project

    @property
    def project_if_open(self) -> Project | None:
        """The repository, when a command already opened it."""
        return self._project

    def print_result(self, record: object, page: Callable[[], Page]) -> None:
        """Write the result: as JSON, or as the page a person reads."""
        if self.as_json:
            from mlgit.render.formats.jsonout import document

            sys.stdout.write(document(record))
        else:
            from mlgit.render.console import write

            write(page(), sys.stdout)

    def note(self, text: str) -> None:
        """A hint or warning for the person, on stderr; silenced by `-q`."""
        if self.verbosity >= 0:
            sys.stderr.write(f"{text}\n")

    def progress(self, *, patient: bool = False) -> Progress:
        """A progress display on stderr: a bar on a terminal, quiet lines elsewhere.

        A `patient` one shows nothing of what is over in a moment.
        """
        from mlgit.core.progress import Silent

        self._tells = not patient
        if self.verbosity < 0:
            return Silent()
        from mlgit.cli.shell.progress import Bar, Lines, Patient

        shown = Bar() if sys.stderr.isatty() else Lines()
        return Patient(shown) if patient else shown

    def _waiting(self) -> Progress:
        """A display for what only sometimes takes long: on a terminal, while there is no other."""
        if self._tells or not sys.stderr.isatty():
            from mlgit.core.progress import Silent

            return Silent()
        return self.progress(patient=True)

    def close(self) -> None:
        """Stop what runs."""
        if self._project is not None:
            self._project.close()
        if self._opening is not None:
            self._opening.close()


def _default_branch(folder: str) -> str | None:
    """What the forge calls the default branch, when a CI says so and runs for the repository in `folder`."""
    import os

    if "GITHUB_ACTIONS" not in os.environ and "GITLAB_CI" not in os.environ:
        return None
    workspace = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    if workspace and not f"{os.path.realpath(folder)}/".startswith(f"{os.path.realpath(workspace)}/"):
        return None  # a clone of another repository, made by a job
    from mlgit.adapters.runner.event import read_event

    event = read_event(os.environ)
    return None if event is None else event.default_branch
