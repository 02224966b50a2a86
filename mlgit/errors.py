"""Errors: the error tree and its exit codes.

::

    MlgitError
    ├── AnswerNo            1   the result is a no: blocked, refused, does not qualify
    ├── UsageError          2   the command line is wrong
    ├── ConfigError         3   no verdict is possible: mlgit.yaml, waivers, dvc.yaml or dvc.lock is invalid
    ├── StateError          4   the repository is not in the state that the command needs
    │   ├── UnknownReference    no such model, version, environment or revision
    │   ├── Absent              nothing there that the command could take
    │   └── LostRace            someone else wrote first
    ├── ToolError           5   git, dvc, a remote or the disk failed; a missing extra
    └── Interrupted       130   stopped when a remote may have had what was sent

Any other exception that reaches the command line is a bug in mlgit: exit code 70.
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
    """The place of a problem in a file. Not a named tuple: that would slow every start by a millisecond.

    `path` is from the root of the repository. `line` and `column` are 1-based, None if they are not known.
    `snippet` is the text of the line; `width` characters from `column` on are marked, at least 1.
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


class Again:
    """A part of a hint that says to run the same command again: `text`, with backticks if it is a command.

    The command line replaces it by what was typed with these options, each a name and perhaps its value.
    """

    __slots__ = ("options", "text")

    def __init__(self, text: str, *options: tuple[str, ...]) -> None:
        self.text = text
        self.options = options


class MlgitError(Exception):
    """An error that the user can understand and act on; cli prints it once.

    Args:
        message: sentence case, no final period, backticks round commands, paths and values.
        hint: the next step, usually a command.
        location: the place in a file, if there is one.
        expected: what would be right.
        details: more lines, for example the standard error of a tool.
        again: what of the hint is this command once more.
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
        again: Again | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.expected = expected
        self.details = details
        self.again = again


class AnswerNo(MlgitError):  # noqa: N818 (an answer, not a mishap)
    """The command worked, and its result is a no."""

    exit_code = Exit.BLOCKED
    code = "refused"


class UsageError(MlgitError):
    """The command line is wrong."""

    exit_code = Exit.USAGE
    code = "usage"


class ConfigError(MlgitError):
    """A declarative file is invalid, so no verdict is possible.

    `problems` holds every problem found; the first is this error.
    """

    exit_code = Exit.CONFIG
    code = "config_invalid"
    problems: tuple[ConfigError, ...] = ()


class StateError(MlgitError):
    """The repository is not in the state that the command needs."""

    exit_code = Exit.STATE
    code = "state"


class UnknownReference(StateError):  # noqa: N818
    """No such model, version, environment or revision."""

    code = "unknown_reference"


class Absent(StateError):  # noqa: N818
    """Nothing is there, by the tags that are here, that the command could take."""


class LostRace(StateError):  # noqa: N818
    """Someone else changed the same thing first."""

    code = "lost_race"


class Interrupted(MlgitError):  # noqa: N818
    """A person stopped the command when a remote may have had what it sent."""

    exit_code = Exit.INTERRUPTED
    code = "interrupted"


class ToolError(MlgitError):
    """A tool, a remote or the disk failed."""

    exit_code = Exit.TOOL
    code = "tool_failed"


def as_known(error: Exception) -> MlgitError:
    """Turn any exception into an error of the tree: an OSError, or a bug."""
    if isinstance(error, MlgitError):
        return error
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        if _is_of_the_place(error):
            return StateError(f"Cannot use `{error.filename}`: {reason}" if error.filename else reason)
        return ToolError(f"{reason} (`{error.filename}`)" if error.filename else reason)
    bug = MlgitError(f"This is a bug in mlgit: {type(error).__name__}: {error}")
    bug.code = "bug"
    return bug


def _is_of_the_place(error: OSError) -> bool:
    """Whether what is at a path, or who may use it, is the reason; not the disk, the network or a tool."""
    kinds = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
    import errno

    return isinstance(error, kinds) or error.errno in {errno.ELOOP, errno.ENAMETOOLONG}
