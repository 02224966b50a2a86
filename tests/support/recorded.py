"""Recorded: what DVC wrote for the same files earlier in this run, copied instead of made again.

The first time is always real DVC. Only for pipelines whose outputs depend on nothing but the project's files.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.shell import Folder

REPRO, PUSH = ("repro", "-q"), ("push", "-q")
REMOTE = "url = ../../storage"
_OWN = (os.path.join("work", ".git"), os.path.join("work", ".dvc", "tmp"))


def reproduce(project: Folder, *, push: bool) -> None:
    """`dvc repro`, and `dvc push` if asked; best in a copy of a template, whose remote is next to it."""
    records = _records()
    commands = (REPRO, PUSH) if push else (REPRO,)
    if records is None or not _is_usual(project):
        return _really(project, commands)
    place = project.path.parent
    before = snapshot(place)
    question = json.dumps([commands, before], sort_keys=True)
    known = records / hashlib.sha256(question.encode()).hexdigest()
    if not (known / "removed.json").exists():
        with FileLock(f"{known}.lock"):
            if not (known / "removed.json").exists():
                _really(project, commands)
                return _record(known, place, before)
    return _repeat(known, place)


def snapshot(place: Path) -> dict[str, str]:
    """Type, mode and content of every file that DVC reads or writes, by its path."""
    return {path: _state(place, path) for path in _files(place)}


def _records() -> Path | None:
    """One folder for all workers, next to the templates."""
    home = Path(os.environ["HOME"])
    if not home.name.startswith("home"):
        return None
    base = home.parent.parent if "PYTEST_XDIST_WORKER" in os.environ else home.parent
    records = base / "dvc-recorded"
    records.mkdir(exist_ok=True)
    return records


def _is_usual(project: Folder) -> bool:
    config = project / ".dvc" / "config"
    local = project / ".dvc" / "config.local"
    return project.path.name == "work" and REMOTE in config.read_text(encoding="utf-8") and not local.exists()


def _really(project: Folder, commands: Iterable[tuple[str, ...]]) -> None:
    for command in commands:
        project.dvc(*command)


def _files(place: Path) -> Iterator[str]:
    for top in ("work", "storage"):
        for folder, folders, names in os.walk(place / top):
            relative = os.path.relpath(folder, place)
            folders[:] = [name for name in folders if os.path.join(relative, name) not in _OWN]
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            yield from (os.path.join(relative, name) for name in (*names, *links))


def _state(place: Path, path: str) -> str:
    mode = (place / path).lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link {(place / path).readlink()}"
    return f"{mode:o} {hashlib.sha256((place / path).read_bytes()).hexdigest()}"


def _record(known: Path, place: Path, before: dict[str, str]) -> None:
    after = snapshot(place)
    for path in (path for path, state in after.items() if before.get(path) != state):
        (known / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(place / path, known / "files" / path, follow_symlinks=False)
    known.mkdir(exist_ok=True)
    removed = json.dumps(sorted(before.keys() - after))
    (known / "unfinished").write_text(removed, encoding="utf-8")
    # Last and at once: other workers look for this file without the lock.
    (known / "unfinished").rename(known / "removed.json")


def _repeat(known: Path, place: Path) -> None:
    for path in json.loads((known / "removed.json").read_text(encoding="utf-8")):
        (place / path).unlink()
    for folder, _, names in os.walk(known / "files"):
        ours = place / os.path.relpath(folder, known / "files")
        ours.mkdir(parents=True, exist_ok=True)
        for name in names:
            (ours / name).unlink(missing_ok=True)
            # A new file with the time of now, as DVC writes it.
            shutil.copy(os.path.join(folder, name), ours / name, follow_symlinks=False)
