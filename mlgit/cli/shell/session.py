"""Session: the repository, the output and the time of one command."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from mlgit.cli.shell.output import say, write_document, write_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.cli.shell.typed import Typed
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project
    from mlgit.project.opening import Opening
    from mlgit.render.page import Page

P = ParamSpec("P")
_WIDTH = 80


class Session:
    """The global options, and the ways to print.

    stdout contains the result and nothing more; progress, hints and errors go to stderr.
    """

    def __init__(self) -> None:
        self.folder = "."
        self.as_json = False
        self.verbosity = 0
        self.argv: tuple[str, ...] = ()
        self.context: click.Context | None = None
        self.now = datetime.now(UTC)  # noqa: TID251 (the one clock)
        self._opening: Opening | None = None
        self._project: Project | None = None
        self._has_display = False
        self.refused_rules = False

    def begin(self, *, compares: bool = False, looks: bool = False, tags: bool = False) -> None:
        """Start git while the command is imported; `project` waits for the result.

        The command `compares` if it needs the branch, its changes and trunk; it `looks` if it reads files on
        disk before it changes any; `tags`: it reads all tags before it fetches or creates any.
        """
        if self._opening is None:
            from mlgit.project.opening import Opening

            self._opening = Opening(self.folder, branches=compares, files=looks, tags=tags)

    def project(self) -> Project:
        """The repository that the command runs in."""
        if self._project is None:
            self.begin()
            assert self._opening is not None  # noqa: S101 (begun in the line before)
            self._project = self._opening.finish(
                now=self.now, default_branch=_default_branch(self.folder), progress=self._waiting
            )
            if sys.stderr.isatty():
                self._project.git.waits = self.note
        return self._project

    @property
    def project_if_open(self) -> Project | None:
        """The repository, if the command has opened it."""
        return self._project

    @property
    def width(self) -> int:
        """The characters of a line on stdout; 80 if it is not a terminal and `COLUMNS` does not say."""
        stated = os.environ.get("COLUMNS", "")
        if stated.isdecimal() and int(stated):
            return int(stated)
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return _WIDTH

    def print_result(self, record: object, page: Callable[[], Page]) -> None:
        """Print the result as JSON, or as a page for a person."""
        if self.as_json:
            from mlgit.render.formats.jsonout import document

            write_document(document(record))
        else:
            write_page(self.typed_here(page()), sys.stdout)

    def typed_here(self, page: Page) -> Page:
        """The page with commands that work in the current folder, also below the root of the repository."""
        if self._project is None:
            return page
        try:
            folder, root = os.path.realpath(os.getcwd()), os.path.realpath(self._project.root)
        except OSError:  # the current folder was deleted
            return page
        if folder == root:
            return page
        from mlgit.render.typed_here import typed_here

        return typed_here(page, folder, root=root)

    def note(self, text: str) -> None:
        """Print a hint or warning on stderr, unless `-q` is given."""
        if self.verbosity >= 0:
            say(text)

    @cached_property
    def typed(self) -> Typed | None:
        """What was typed; None before it is known which command was."""
        if self.context is None:
            return None
        from mlgit.cli.shell.typed import Typed

        own = self.context.meta["mlgit.arguments"]
        start = ("mlgit", *self.argv[: len(self.argv) - len(own)])
        if list(self.argv[len(self.argv) - len(own) :]) != own or not self.argv:
            start = tuple(self.context.command_path.split())
        known = [each for option in self.context.command.params for each in option.opts]
        return Typed(start, own, known)

    def progress(self, *, patient: bool = False) -> Progress:
        """A progress display on stderr: a bar on a terminal, otherwise lines.

        A `patient` one shows only tasks that take long.
        """
        from mlgit.core.progress import Silent

        self._has_display = not patient
        if self.verbosity < 0:
            return Silent()
        from mlgit.cli.shell.progress import Bar, Lines, Patient

        shown = Bar() if sys.stderr.isatty() else Lines()
        return Patient(shown) if patient else shown

    def _waiting(self) -> Progress:
        """A display for work that rarely takes long: on a terminal, and only without another display."""
        if self._has_display or not sys.stderr.isatty():
            from mlgit.core.progress import Silent

            return Silent()
        return self.progress(patient=True)

    def _say_whose_rules(self, project: Project) -> None:
        """Say so if the rules are not trunk's of now, unless the invalid ones were the error."""
        if self.refused_rules:
            return
        commit = vars(project).get("last_valid_rules")
        if commit is not None and project.trunk is not None:
            file = f"`mlgit.yaml` on {project.trunk.short}"
            self.note(f"careful: {file} is invalid; its last valid version ({commit[:7]}) applies")

    def close(self) -> None:
        if self._project is not None:
            self._say_whose_rules(self._project)
            self._project.close()
        if self._opening is not None:
            self._opening.close()


def pass_session(function: Callable[Concatenate[Session, P], int | None]) -> Callable[P, int | None]:
    """Pass the session as the first argument; the function returns the exit code."""

    def with_session(*args: P.args, **kwargs: P.kwargs) -> int | None:
        return function(click.get_current_context().ensure_object(Session), *args, **kwargs)

    return update_wrapper(with_session, function)


def _default_branch(folder: str) -> str | None:
    """The forge's default branch, in a CI job for the repository in `folder`."""
    if "GITHUB_ACTIONS" not in os.environ and "GITLAB_CI" not in os.environ:
        return None  # without importing more
    from mlgit.adapters.runner.event import default_branch

    return default_branch(folder, os.environ)
