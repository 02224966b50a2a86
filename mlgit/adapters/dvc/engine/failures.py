"""Failures: translate DVC's exceptions into mlgit errors."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.errors import ConfigError, Location, MlgitError, StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED_FILE = re.compile(r"'(?:\./)?([^']*(?:dvc\.yaml|dvc\.lock|\.dvc))'")
_PLUG_IN = re.compile(r"requires '(dvc-[a-z0-9]+)' to be installed")
# The names of exceptions about an invalid dvc.yaml, which are in six modules of DVC.
_PIPELINE_ERRORS = frozenset(
    {
        "ArgumentDuplicationError",
        "CircularDependencyError",
        "ContextError",
        "CyclicGraphError",
        "OutputDuplicationError",
        "OverlappingOutputPathsError",
        "ParseError",
        "ResolveError",
        "StagePathAsOutputError",
        "StagePathNotDirectoryError",
        "StagePathNotFoundError",
        "StagePathOutsideError",
    }
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn all exceptions of DVC, its file systems and their libraries into MlgitErrors."""
    try:
        yield
    except (MlgitError, KeyboardInterrupt, GeneratorExit, SystemExit):
        raise
    except (AttributeError, NameError, TypeError) as error:
        # A bug of mlgit must not look like a failure of a tool.
        if _raised_here(error):
            raise
        raise translate(error) from error
    except Exception as error:
        # Every cloud library has its own exceptions, without a common base: all are failures of the tool.
        raise translate(error) from error


def _raised_here(error: Exception) -> bool:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and os.path.dirname(frames[-1].filename) == os.path.dirname(os.path.abspath(__file__))


def translate(error: Exception) -> MlgitError:  # noqa: PLR0911 (a table of kinds)
    """The mlgit error for an exception."""
    from dvc.config import ConfigError as DvcConfigError
    from dvc.config import NoRemoteError
    from dvc.exceptions import DvcException, NotDvcRepoError
    from dvc.lock import LockError
    from dvc.utils.serialize import ParseError as FileParseError

    if isinstance(error, NoRemoteError):
        return no_remote()
    if isinstance(error, NotDvcRepoError):
        return StateError("This repository does not use DVC", hint="run `dvc init`")
    if isinstance(error, LockError):
        return StateError(
            "Another DVC process is running in this repository",
            hint="wait until it ends; if none is running, remove `.dvc/tmp/lock`",
            details=error_lines(error),
        )
    if isinstance(error, DvcConfigError):
        return _invalid_configuration(error)
    if isinstance(error, FileParseError):
        return _unreadable_file(error)
    if isinstance(error, DvcException):
        return _dvc_exception(error)
    plug_in = _PLUG_IN.search(str(error)) if isinstance(error, ImportError) else None
    if plug_in is not None:
        name = plug_in.group(1)
        return ToolError(f"DVC's plug-in `{name}` is not installed", hint=f"run `pip install {name}`")
    if isinstance(error, OSError):
        return _system_error(error)
    return ToolError("DVC failed", details=error_lines(error), hint="run the same with `dvc -v` to see more")


def no_remote(command: str | None = None) -> StateError:
    """The error, with the command that gives the repository a default remote."""
    either = "`dvc remote default NAME`, or without any remote `dvc remote add -d NAME URL`"
    error = StateError(
        "No default DVC remote is configured", hint=f"run {either if command is None else f'`{command}`'}"
    )
    error.code = "no_dvc_remote"
    return error


def error_lines(error: BaseException) -> tuple[str, ...]:
    """The lines of an exception's message and of its causes' messages, each once."""
    lines: list[str] = []
    current: BaseException | None = error
    while current is not None:
        # The text of a KeyError is in quotes; DVC has its sentence in `msg`.
        text = str(getattr(current, "msg", "") or current) or type(current).__name__
        if hasattr(current, "msg") or not isinstance(current, KeyError):
            lines += [line.rstrip() for line in text.splitlines() if line.strip()]
        current = current.__cause__
    return tuple(dict.fromkeys(lines))


def _dvc_exception(error: Exception) -> MlgitError:
    from dvc.exceptions import DownloadError, UploadError
    from dvc.stage.exceptions import StageFileDoesNotExistError, StageNotFound
    from dvc.utils.strictyaml import YAMLValidationError

    if isinstance(error, YAMLValidationError):
        return _invalid_file(error)
    if isinstance(error, (StageNotFound, StageFileDoesNotExistError)):
        return StateError(
            "No stage or DVC file has this name",
            details=error_lines(error),
            hint="see `dvc stage list --all`",
        )
    if any(kind.__name__ in _PIPELINE_ERRORS for kind in type(error).__mro__):
        return _wrong_pipeline(error)
    if isinstance(error, (DownloadError, UploadError)):
        direction = "fetched from" if isinstance(error, DownloadError) else "sent to"
        return ToolError(
            f"{error.amount} files could not be {direction} the DVC remote",
            details=error_lines(error)[1:],
            hint="see `dvc remote list`; `dvc status --cloud` shows what it lacks",
        )
    return ToolError("DVC failed", details=error_lines(error))


def _invalid_configuration(error: Exception) -> ConfigError:
    """Name the file and the line if a configuration file cannot be parsed."""
    from configobj import ConfigObj, ConfigObjError, DuplicateError  # type: ignore[import-untyped]

    from mlgit.adapters.dvc.data.cache import configuration_files

    for path in configuration_files(os.getcwd()):
        name = os.path.relpath(path) if path.startswith(f"{os.getcwd()}/") else path
        try:
            ConfigObj(path, list_values=False, interpolation=False)
        except ConfigObjError as problem:
            what = "this line is neither a section nor `key = value`"
            if isinstance(problem, DuplicateError):
                what = "this section or key is there twice"
            return ConfigError(
                f"`{name}` cannot be parsed: {what}",
                location=Location(name, line=problem.line_number),
                hint="correct the line; `git diff` shows what changed" if ".dvc" in name else None,
            )
        except (OSError, ValueError):
            continue
    return ConfigError(
        "DVC's configuration is invalid", details=error_lines(error), hint="see `dvc config --list`"
    )


def _wrong_pipeline(error: Exception) -> ConfigError:
    lines = error_lines(error)
    match = _QUOTED_FILE.search(" ".join(lines))
    name = match.group(1) if match else "dvc.yaml"
    return ConfigError(f"`{name}` is invalid", details=lines, location=Location(name))


def _unreadable_file(error: Exception) -> ConfigError:
    """A file that is not valid YAML, JSON or TOML; ruamel knows the line."""
    name = _shown(str(getattr(error, "relpath", None) or getattr(error, "path", "dvc.yaml")))
    cause = error.__cause__
    mark = getattr(cause, "problem_mark", None)
    if mark is None:
        return ConfigError(f"`{name}` cannot be read", details=error_lines(error), location=Location(name))
    lines = str(getattr(error, "yaml_text", "")).splitlines()
    snippet = lines[mark.line] if mark.line < len(lines) else None
    location = Location(name, line=mark.line + 1, column=mark.column + 1, snippet=snippet)
    problem = str(getattr(cause, "problem", None) or "it is not YAML")
    return ConfigError(f"`{name}` is not valid YAML: {problem}", location=location)


def _invalid_file(error: Exception) -> ConfigError:
    """A file that does not fit DVC's schema; every error with its line."""
    from dvc.utils.serialize import parse_yaml_for_update
    from dvc.utils.strictyaml import determine_linecol

    name = _shown(str(getattr(error, "path", "dvc.yaml")))
    text = str(getattr(error, "text", ""))
    lines = text.splitlines()
    parsed = parse_yaml_for_update(text, name)
    problems = []
    for problem in getattr(error, "exc").errors:  # noqa: B009 (dvc's class has no types)
        line, column, _ = determine_linecol(parsed, problem.path)
        where = ".".join(str(part) for part in problem.path)
        snippet = lines[line - 1] if line and line <= len(lines) else None
        location = Location(name, line=line, column=column, snippet=snippet)
        message = f"`{name}` is invalid: {problem.error_message}" + (f" at `{where}`" if where else "")
        problems.append(ConfigError(message, location=location))
    first = problems[0] if problems else ConfigError(f"`{name}` is invalid", location=Location(name))
    first.problems = tuple(problems)
    return first


def _shown(path: str) -> str:
    path = path.replace(os.sep, "/")
    if os.path.isabs(path):
        path = os.path.relpath(path)
    return path.removeprefix("./")


def _system_error(error: OSError) -> MlgitError:
    """The error for what the system or the network refused; DVC does not say which remote it asked."""
    import errno

    lines = error_lines(error)
    if not error.filename:
        hint = "check the network and the credentials; `dvc remote list` shows where DVC's remotes are"
        if error.errno == errno.ENOSPC:
            hint = "free some disk space and run it again"
        return ToolError(f"DVC failed: {lines[0].rstrip('.')}", details=lines[1:], hint=hint)
    path = os.fsdecode(error.filename)
    if error.errno in {errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOTDIR}:
        hint = "something else is in its place; move that away, then run this again"
        return StateError(f"DVC cannot use `{path}`: {os.strerror(error.errno)}", hint=hint)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        # Of a copy, the first path is read.
        full = path if error.filename2 is None else os.fsdecode(error.filename2)
        hint = "free some disk space and run it again"
        return ToolError(f"There is no space left for `{full}`", hint=hint)
    hints: dict[int, str] = {}
    for number in (errno.EACCES, errno.EPERM, errno.EROFS):
        hints[number] = f"check who may write to `{os.path.dirname(path) or '.'}`"
    return ToolError(f"DVC cannot use `{path}`", details=lines, hint=hints.get(error.errno or 0))
