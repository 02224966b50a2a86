"""Binary: run git with an argument list and a clean environment, and turn its failures into errors."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

# They make git use another repository than the one around the folder.
_UNSET = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    # `git config` would read only this file.
    "GIT_CONFIG",
    # They change what our paths mean.
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
NO_RESPONSE = -1
"""The exit code of a git that was stopped."""
_PATIENCE_S = 3.0
# Not passed on to git; credentials.py turns it into configuration.
_CI_VARIABLE = "MLGIT_PUSH_TOKEN"
# git gives advice about the file of grafts that `environment` names, as if the clone had one.
_QUIET = ("-c", "advice.graftFileDeprecated=false")
# A hostile clone may carry hooks, a file-system monitor or an `ext::` remote in its config.
_HARDENED = (
    *_QUIET,
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=",
    "-c",
    "protocol.ext.allow=never",
)
# What git says in a partial clone when the remote does not send an object.
_PROMISED = "promisor remote"
ASK_THE_REMOTE = "check the connection, and the address in `git remote -v`; the remote has what is missing"


class GitFailed(ToolError):  # noqa: N818
    """git failed with exit code `status`; `stderr` has no secrets."""

    code = "git_failed"

    def __init__(self, argv: Sequence[str], status: int, stderr: str) -> None:
        from mlgit.adapters.git.credentials import without_secrets

        self.status = status
        self.stderr = without_secrets(stderr, os.environ)
        lines = tuple(line for line in self.stderr.strip().splitlines() if line)
        message, hint = f"`git {argv[0]}` failed with exit code {status}", None
        if _PROMISED in self.stderr:
            message, hint = f"`git {argv[0]}` needs what this partial clone left behind", ASK_THE_REMOTE
            lines = tuple(line for line in lines if not line.startswith("hint:"))
        super().__init__(message, details=lines, hint=hint)


class GitTimedOut(GitFailed):
    """git did not end in time, as with a remote behind a firewall that drops what is sent to it."""

    def __init__(self, argv: Sequence[str], timeout_s: float) -> None:
        text = f"`git {argv[0]}` did not answer within {timeout_s:g} s"
        super().__init__(argv, NO_RESPONSE, text)
        self.message, self.hint = text, "check the connection, then run the same command again"


def environment() -> dict[str, str]:
    """The environment of git: ours without the variables that mislead it, plus the credentials of CI."""
    env = {name: value for name, value in os.environ.items() if name not in _UNSET}
    if env.pop(_CI_VARIABLE, None):
        from mlgit.adapters.git.credentials import configured

        env.update(configured(os.environ))
    # What `git replace` or a file of grafts puts over a commit is this clone's alone.
    env["GIT_NO_REPLACE_OBJECTS"] = "1"
    env["GIT_GRAFT_FILE"] = os.devnull
    env["GIT_TERMINAL_PROMPT"] = "0"
    env["GIT_OPTIONAL_LOCKS"] = "0"
    env["LC_ALL"] = "C"
    return env


class Git:
    """The git binary, run in one folder (absolute)."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        # Called with a sentence if a remote takes long; nothing else has a time limit.
        self.waits: Callable[[str], None] | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    def try_run(
        self,
        *argv: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        hooks: bool = False,
        timeout_s: float | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git and return its result, even if it failed.

        Raises:
            ToolError: git is not installed, or took longer than `timeout_s`.
        """
        command = ["git", *(_QUIET if hooks else _HARDENED), *argv]
        full_env = environment()
        full_env.update(env or {})
        timer = None if timeout_s is None else self._timer(argv)
        try:
            return subprocess.run(
                command,
                cwd=self.folder,
                env=full_env,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                timeout=timeout_s,
                check=False,
            )
        except FileNotFoundError as error:
            if not os.path.isdir(self.folder):
                raise StateError(f"There is no folder `{self.folder}`") from error
            raise ToolError("`git` is not installed", hint="install git 2.38 or newer") from error
        except subprocess.TimeoutExpired as error:
            raise GitTimedOut(argv, timeout_s or 0) from error
        finally:
            if timer is not None:
                timer.cancel()

    def _timer(self, argv: Sequence[str]) -> threading.Timer | None:
        """A started timer that says which remote keeps a person waiting."""
        if self.waits is None:
            return None
        import threading

        timer = threading.Timer(_PATIENCE_S, self.waits, (f"Waiting for an answer to `git {argv[0]}`",))
        timer.daemon = True
        timer.start()
        return timer

    def run(
        self,
        *argv: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> bytes:
        """Run git and return its standard output.

        Raises:
            GitFailed: git failed; `details` is its own message.
        """
        done = self.try_run(*argv, stdin=stdin, env=env, timeout_s=timeout_s)
        if done.returncode:
            raise GitFailed(argv, done.returncode, done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def start_in_background(
        self, *argv: str, warned: Callable[[bytes], None] | None = None
    ) -> Callable[[], bytes]:
        """Start git, and return a function that waits for its output; it can be called again.

        `warned` is called with what git wrote to standard error without failing.

        Raises (the returned function):
            GitFailed: git failed; `details` is its own message.
        """
        process = subprocess.Popen(
            ["git", *_HARDENED, *argv],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running.append(process)

        def finish() -> bytes:
            output, errors = process.communicate()  # a second call returns the same
            if process in self._running:
                self._running.remove(process)
            if process.returncode:
                raise GitFailed(argv, process.returncode, errors.decode("utf-8", "replace"))
            if errors and warned is not None:
                warned(errors)
            return output

        return finish

    def close(self) -> None:
        """Wait for the processes whose output no one has read."""
        while self._running:
            self._running.pop().communicate()

    def run_text(self, *argv: str) -> str:
        """Run git and return its output as stripped text."""
        return self.run(*argv).decode("utf-8", "surrogateescape").strip()

    def try_text(self, *argv: str) -> str | None:
        """Like `run_text`, but None if git failed."""
        done = self.try_run(*argv)
        return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape").strip()


def reading_ended(git: Git) -> ToolError:
    """The error of a `git cat-file` that ended: in a partial clone, the remote did not send an object."""
    partial = git.try_text("config", "--get-regexp", r"^remote\..*\.promisor$")
    if not partial:
        return ToolError("`git cat-file` ended unexpectedly")
    remote = partial.partition("remote.")[2].partition(".promisor")[0]
    message = f"`git cat-file` needs what this partial clone left behind, and `{remote}` does not send it"
    return ToolError(message, hint=ASK_THE_REMOTE)
