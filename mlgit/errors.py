"""The error tree and its exit codes.

::

    MlgitError
    ├── AnswerNo            1   the answer is no: blocked, refused, does not qualify
    ├── UsageError          2   the command line is wrong
    ├── ConfigError         3   no verdict can be formed: mlgit.yaml, waivers, dvc.yaml, dvc.lock invalid
    ├── StateError          4   the repository is not in a state for it
    │   ├── UnknownReference    no such model, version, environment or revision
    │   └── LostRace            someone else wrote first
    └── ToolError           5   git, dvc, a remote or the disk failed; a missing extra

Anything else that reaches the command line is a bug in mlgit: exit code 70.
"""

from __future__ import annotations


class Exit:
    """Exit codes, the same for every command. Not an enum: importing one would slow every start."""

    DONE = 0
    BLOCKED = 1  # also: refused, invalid, drifted, not verified
    USAGE = 2
    CONFIG = 3
    STATE = 4
    TOOL = 5
    BUG = 70
    INTERRUPTED = 130


class Location:
    """Where in a file something is wrong.

    Args:
        path: as the user knows it, from the root of the repository.
        line: 1-based, or None when only the file is known.
        column: 1-based, or None.
        snippet: the text of that line, without its line break.
        width: how many characters from `column` on are marked, at least 1.
    """

    __slots__ = ("column", "line", "path", "snippet", "width")

    def __init__(
        self,
        path: str,
        *,
        line: int | None = None,
        column: int | None = None,
        snippet: str | None = None,
        width: int = 1,
    ) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.snippet = snippet
        self.width = max(1, width)

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class MlgitError(Exception):
    """Something the user can understand and act on; printed once, in cli/main.py.

    Args:
        message: sentence case, no final period, backticks round commands, paths and values.
        hint: what to do next, usually with a command.
        location: the place in a file, when there is one.
        expected: what would have been right.
        details: further lines, for example a tool's own stderr or candidates.
    """

    exit_code = Exit.BUG
    code = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        expected: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.expected = expected
        self.details = details


class AnswerNo(MlgitError):  # noqa: N818 (an answer, not a mishap)
    """The question was well put and the answer is no."""

    exit_code = Exit.BLOCKED
    code = "refused"


class UsageError(MlgitError):
    """The command line is wrong."""

    exit_code = Exit.USAGE
    code = "usage"


class ConfigError(MlgitError):
    """A declarative file is invalid, so that no verdict can be formed.

    `problems` holds every problem found, the first one being this error itself.
    """

    exit_code = Exit.CONFIG
    code = "config_invalid"
    problems: tuple[ConfigError, ...] = ()


class StateError(MlgitError):
    """The repository is not in a state for what was asked."""

    exit_code = Exit.STATE
    code = "state"


class UnknownReference(StateError):  # noqa: N818
    """No such model, version, environment or revision."""

    code = "unknown_reference"


class LostRace(StateError):  # noqa: N818
    """Somebody else changed the same thing first."""

    code = "lost_race"


class ToolError(MlgitError):
    """A tool, a remote or the disk failed."""

    exit_code = Exit.TOOL
    code = "tool_failed"


def as_known(error: Exception) -> MlgitError:
    """The error as one of the tree: what the system refused, or a bug."""
    if isinstance(error, MlgitError):
        return error
    if isinstance(error, OSError):
        place = f" `{error.filename}`" if error.filename else ""
        reason = error.strerror or str(error)
        if isinstance(error, (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)):
            return StateError(f"Cannot use{place}: {reason}")
        return ToolError(f"The system refused{place}: {reason}")
    bug = MlgitError(f"This is a bug in mlgit: {type(error).__name__}: {error}")
    bug.code = "bug"
    return bug
