"""Settings: `mlgit.remote` and `mlgit.trunk` of the user's git configuration."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.adapters.git.binary import Git

_PATTERN = r"^mlgit\.(remote|trunk)$"
_SECTION = re.compile(rb"^[ \t]*\[remote \"([^\n]*)\"\]((?:\n(?![ \t]*\[)[^\n]*)*)", re.MULTILINE)
_ADDRESS = re.compile(rb"^[ \t]*url[ \t]*=[ \t]*\"?([^\n\"]*)", re.MULTILINE)

_FETCH = re.compile(rb"^[ \t]*fetch[ \t]*=[ \t]*\"?([^\n\"]*)", re.MULTILINE)


@record
class Settings:
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
    texts = configuration(git_dir=git_dir, common_dir=common_dir)
    return any(b"mlgit" in text or b"include" in text for text in texts)


def configuration(*, git_dir: str, common_dir: str) -> Iterator[bytes]:
    """The lower-case text of all settings that git reads, the clone's own first; not of included files."""
    for path in _configs(git_dir, common_dir):
        try:
            with open(path, "rb", buffering=0) as file:
                yield file.read().lower()
        except OSError:
            yield b""
    stated = [value for name, value in os.environ.items() if name.startswith(_STATED)]
    yield "\n".join(stated).encode("utf-8", "surrogateescape").lower()


def configured_remotes(*, git_dir: str, common_dir: str) -> Mapping[str, str]:
    """Name -> address of the remotes in this clone's own configuration, in lower case; no git is started."""
    own = next(configuration(git_dir=git_dir, common_dir=common_dir))
    found: dict[str, str] = {}
    for name, section in _SECTION.findall(own):
        address = _ADDRESS.search(section)
        found.setdefault(os.fsdecode(name), "")
        if address is not None:
            found[os.fsdecode(name)] = os.fsdecode(address[1].strip())
    return found


def all_remotes(
    asked: Callable[[], Mapping[str, str]], *, git_dir: str, common_dir: str
) -> Mapping[str, str]:
    """Name -> address of all remotes, in lower case; git is `asked` only if other files may have some."""
    found = configured_remotes(git_dir=git_dir, common_dir=common_dir)
    own, *others = configuration(git_dir=git_dir, common_dir=common_dir)
    old = tuple(_old_remotes(common_dir))
    alone = not old and own.count(b"[remote") == len(found) and b"include" not in own
    if alone and not any(word in text for text in others for word in (b"include", b"[remote", b"remote.")):
        return found
    stated = {name.lower(): address.lower() for name, address in asked().items()}
    return {**dict.fromkeys(old, ""), **stated, **found}


def _old_remotes(common_dir: str) -> Iterator[str]:
    """The names of remotes in files of their own, as git kept them before it had settings."""
    for folder in ("remotes", "branches"):
        with suppress(OSError):
            yield from map(str.lower, os.listdir(os.path.join(common_dir, folder)))


def configured_refspecs(remote: str, *, git_dir: str, common_dir: str) -> tuple[str, ...]:
    """What this clone's own configuration fetches from a remote, in lower case; no git is started."""
    own = next(configuration(git_dir=git_dir, common_dir=common_dir))
    sections = [text for name, text in _SECTION.findall(own) if os.fsdecode(name) == remote.lower()]
    return tuple(os.fsdecode(spec.strip()) for text in sections for spec in _FETCH.findall(text))


def has_below(name: str, *, git_dir: str, common_dir: str) -> bool:
    """Whether a remote's name has this one as a folder: Git keeps its branches below those of this one."""
    named = configured_remotes(git_dir=git_dir, common_dir=common_dir)
    return any(each.startswith(f"{name}/") for each in named)


_STATED = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS")
# Where git was built to look for the settings of the machine.
_OF_MACHINE = (
    "/etc/gitconfig",
    "/Library/Developer/CommandLineTools/usr/share/git-core/gitconfig",
    "/Applications/Xcode.app/Contents/Developer/usr/share/git-core/gitconfig",
)


def _configs(git_dir: str, common_dir: str) -> Iterator[str]:
    yield os.path.join(common_dir, "config")
    yield os.path.join(git_dir, "config.worktree")
    of_machine = os.environ.get("GIT_CONFIG_SYSTEM")
    if of_machine is not None:
        yield of_machine
    else:
        yield from _OF_MACHINE
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if os.path.exists(os.path.join(folder, "git")):  # /opt/homebrew/bin/git, or conda's
                yield os.path.join(os.path.dirname(folder), "etc", "gitconfig")
                break
    stated = os.environ.get("GIT_CONFIG_GLOBAL")
    home = os.environ.get("HOME", "")
    if stated is not None:
        yield stated
    else:
        yield os.path.join(home, ".gitconfig")
        yield os.path.join(os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "git", "config")
