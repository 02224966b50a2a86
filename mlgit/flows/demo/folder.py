"""Demo folder: find or clear the place where `mlgit demo` builds; never lose what a user made there."""

from __future__ import annotations

import os

from mlgit.adapters.git.binary import Git
from mlgit.core.digest import sha256_hex
from mlgit.errors import StateError

DEFAULT_FOLDER = "mlgit-demo"
REPOSITORY, ORIGIN, STORAGE = "project", "origin.git", "storage"
_MARKER = ".mlgit-demo"
_UNFINISHED = "unfinished"


def claim_folder(folder: str, *, keep: bool = False, force: bool = False) -> str:
    """Make `folder` an empty demo folder; the absolute path of the one to build in.

    An earlier demo is rebuilt when nothing was changed in it since. `keep` leaves an earlier demo
    alone and takes the next free name (`folder-2`); `force` rebuilds a changed one, too.

    Raises:
        StateError: the folder holds something else, or a demo that was changed.
    """
    place = os.path.abspath(folder)
    if keep:
        place = _free_name(place)
    _check_claimable(place, force=force)
    os.makedirs(place, exist_ok=True)
    _clear(place)
    # Without this, a demo inside another repository would show up there as untracked.
    _write(place, ".gitignore", "*\n")
    _write(place, _MARKER, _UNFINISHED)
    return place


def mark_finished(place: str) -> None:
    """Remember how the demo left the folder, so that a later one can tell whether it was changed."""
    _write(place, _MARKER, _fingerprint(place))


def _free_name(place: str) -> str:
    if not _occupied(place):
        return place
    number = 2
    while _occupied(f"{place}-{number}"):
        number += 1
    return f"{place}-{number}"


def _occupied(place: str) -> bool:
    return os.path.lexists(place) and not (os.path.isdir(place) and not os.listdir(place))


def _check_claimable(place: str, *, force: bool) -> None:
    if not _occupied(place):
        return
    if not os.path.isdir(place):
        raise StateError(f"`{place}` is not a folder", hint="name another one: `mlgit demo DIR`")
    left = _read(place, _MARKER)
    if left is None:
        raise StateError(
            f"`{place}` is not empty and not an earlier demo",
            hint="name a new folder: `mlgit demo DIR`",
        )
    if not force and left not in {_UNFINISHED, _fingerprint(place)}:
        raise StateError(
            f"The demo in `{place}` was changed since it was built",
            hint="`--keep` leaves it and builds a new one beside it, `--force` throws it away",
        )


def _clear(place: str) -> None:
    """Remove what a demo builds, and nothing else."""
    import shutil

    for name in (REPOSITORY, ORIGIN, STORAGE):
        path = os.path.join(place, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)


def _fingerprint(place: str) -> str:
    """One line that changes with a branch, a tag, HEAD or an uncommitted file."""
    clone = (("for-each-ref",), ("rev-parse", "HEAD"), ("stash", "list"), ("status", "--porcelain", "-uall"))
    facts = []
    for name, questions in ((REPOSITORY, clone), (ORIGIN, (("for-each-ref",),))):
        path = os.path.join(place, name)
        facts += [Git(path).try_text(*question) if os.path.isdir(path) else None for question in questions]
    return sha256_hex(repr(facts).encode())


def _read(place: str, name: str) -> str | None:
    try:
        with open(os.path.join(place, name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def _write(place: str, name: str, text: str) -> None:
    path = os.path.join(place, name)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{path}.new", path)
