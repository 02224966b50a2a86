"""Tag settings: what git's configuration says about the tags of this clone, from wherever git reads it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.core.fetch_settings import Setting

if TYPE_CHECKING:
    from mlgit.project.open import Project


def fetch_settings(project: Project, remote: str) -> tuple[Setting, ...]:
    """The settings about fetching from a remote, as git itself reads them, in its order."""
    names = rf"^(fetch\.prune(tags)?|remote\.{_quoted(remote)}\.(prune|prunetags|tagopt|fetch))$"
    hidden = r"^(transfer|uploadpack|receive)\.hiderefs$"
    done = project.git.try_run("config", "-z", "--show-origin", "--get-regexp", f"({names}|{hidden})")
    parts = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    own = os.path.realpath(os.path.join(project.common_dir, "config"))
    found = []
    for origin, entry in zip(parts[::2], parts[1::2], strict=False):
        key, equals, value = entry.partition("\n")
        kind, _, path = origin.partition(":")
        path = os.path.realpath(os.path.join(project.git.folder, path))
        file = None if kind != "file" else "" if path == own else path
        found.append(Setting(key, value if equals else None, file))
    return tuple(found)


def is_local(url: str) -> bool:
    """Whether a remote is a folder on this machine, so that this machine's settings hide its tags."""
    return url.startswith("file://") or ("://" not in url and ":" not in url.partition("/")[0])


def _quoted(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_/" else f"\\{char}" for char in name)
