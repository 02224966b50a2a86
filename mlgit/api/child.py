"""Child: let another Python process do the work, so that the program that imports mlgit stays as it is.

DVC changes the current folder, the environment and the streams of its process, and it is not safe in threads.
Parent and child exchange one JSON document per line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from mlgit import errors
from mlgit.core.deploy.kept import tag_from_json
from mlgit.errors import AnswerNo, MlgitError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.deploy.kept import Tag

_CODE = """\
import json, sys
sys.path[:] = json.loads(sys.stdin.readline())
from mlgit.api.worker import main
main(int(sys.argv[1]))
"""
_MOST_ERROR_LINES = 20


def work(verb: str, arguments: dict[str, Any], *, accept: Callable[[Tag], object] | None = None) -> Any:  # noqa: ANN401 (any JSON)
    """Let a new process execute a verb of `mlgit.api.worker`; its result.

    `accept` is called in this thread and refuses with an exception or a false value.

    Raises:
        MlgitError: as the operation raises it; what `accept` raises is raised unchanged.
    """
    # What a library prints goes to the messages, and is not a reply.
    with tempfile.TemporaryFile() as messages, _started(messages) as (process, queries, replies):
        try:
            _send(queries, [each for each in sys.path if each])
            _send(queries, {"verb": verb, "asks": accept is not None, **arguments})
            return _result(replies, queries, accept)
        except _Ended:
            raise _lost(process.wait(), messages) from None
        except BaseException:
            process.terminate()  # it removes what it has begun
            raise


@contextmanager
def _started(messages: IO[bytes]) -> Iterator[tuple[subprocess.Popen[bytes], IO[str], IO[str]]]:
    """The process and the pipes to and from it; waits for its end."""
    (theirs, queries), (replies, ours) = os.pipe(), os.pipe()
    with open(queries, "w", encoding="utf-8") as asking, open(replies, encoding="utf-8") as hearing:
        argv = [sys.executable, "-P", "-c", _CODE, str(ours)]
        try:
            process = subprocess.Popen(argv, stdin=theirs, stdout=messages, stderr=messages, pass_fds=(ours,))
        except OSError as error:
            message = f"Python cannot be started: `{sys.executable}`"
            raise ToolError(message, details=(str(error),)) from error
        finally:
            os.close(theirs)
            os.close(ours)
        try:
            yield process, asking, hearing
        finally:
            with suppress(BrokenPipeError):
                asking.close()
            process.wait()


class _Ended(Exception):  # noqa: N818
    """The child ended before its result."""


def _send(pipe: IO[str], document: object) -> None:
    try:
        pipe.write(json.dumps(document) + "\n")
        pipe.flush()
    except BrokenPipeError as error:
        raise _Ended from error


def _result(pipe: IO[str], answers: IO[str], accept: Callable[[Tag], object] | None) -> Any:  # noqa: ANN401 (any JSON)
    for line in pipe:
        reply = json.loads(line)
        if "tag" not in reply:
            if "error" in reply:
                raise raised(**reply["error"])
            return reply["result"]
        tag = tag_from_json(reply["tag"])
        if accept is not None and not accept(tag):
            raise AnswerNo(f"`accept` refused the tag `{tag.name}`")
        _send(answers, True)  # noqa: FBT003 (a JSON document)
    raise _Ended


def raised(  # noqa: PLR0913 (the attributes of an error)
    *,
    kind: str,
    code: str,
    exit_code: int,
    message: str,
    hint: str | None,
    expected: str | None,
    details: list[str],
    location: dict[str, Any] | None,
    problems: list[dict[str, Any]],
    traceback: str | None,
) -> MlgitError:
    """The error that the operation raised in the child; the traceback of a bug is its note."""
    made: type[MlgitError] = getattr(errors, kind)
    place = None if location is None else errors.Location(**location)
    error = made(message, hint=hint, location=place, expected=expected, details=tuple(details))
    error.code, error.exit_code = code, exit_code
    if isinstance(error, errors.ConfigError) and problems:
        error.problems = (error, *(raised(**each) for each in problems))  # type: ignore[arg-type]
    if traceback is not None:
        error.add_note(traceback)
    return error


def _lost(status: int, messages: IO[bytes]) -> ToolError:
    messages.seek(0)
    lines = messages.read().decode("utf-8", "replace").splitlines()[-_MOST_ERROR_LINES:]
    command = os.path.basename(sys.executable)
    return ToolError(f"`{command}` ended with exit code {status} and without a result", details=tuple(lines))
