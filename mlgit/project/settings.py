"""Settings: `mlgit.remote` and `mlgit.trunk` of the user's git configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.adapters.git.binary import Git

_PATTERN = r"^mlgit\.(remote|trunk)$"


class Settings(NamedTuple):
    """The remote and the branch of releases, if the user names them."""

    remote: str | None = None
    trunk: str | None = None


def read_settings(git: Git, *, git_dir: str, common_dir: str) -> Settings:
    """The settings, from any file that git reads; git is only started if one of them may have a setting."""
    if not _may_be_set(git_dir, common_dir):
        return Settings()
    output = git.try_run("config", "-z", "--get-regexp", _PATTERN).stdout
    entries = (entry.partition("\n") for entry in output.decode("utf-8", "surrogateescape").split("\0"))
    found = {key.removeprefix("mlgit."): value for key, _, value in entries if value}
    return Settings(**found)


def _may_be_set(git_dir: str, common_dir: str) -> bool:
    if any(name.startswith("GIT_CONFIG_") and name not in _FILES for name in os.environ):
        return True
    for path in _configs(git_dir, common_dir):
        try:
            with open(path, "rb", buffering=0) as file:
                text = file.read().lower()
        except OSError:
            continue
        if b"mlgit" in text or b"include" in text:
            return True
    return False


# These variables only say which files to read.
_FILES = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM"})


def _configs(git_dir: str, common_dir: str) -> Iterator[str]:
    yield os.path.join(common_dir, "config")
    yield os.path.join(git_dir, "config.worktree")
    yield os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
    stated = os.environ.get("GIT_CONFIG_GLOBAL")
    home = os.environ.get("HOME", "")
    if stated is not None:
        yield stated
    else:
        yield os.path.join(home, ".gitconfig")
        yield os.path.join(os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "git", "config")
