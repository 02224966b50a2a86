"""Attacks on the caches that mlgit keeps between two runs."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from tests.differential.answers import mlgit_answer
from tests.differential.bench import remove
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.bench import Bench, Picker


def ask_twice(bench: Bench, _: Picker) -> str:
    assert mlgit_answer(bench.folder) == mlgit_answer(bench.folder)
    return "mlgit status, twice"


def forget(bench: Bench, _: Picker) -> str:
    remove(bench.path(".git/mlgit"))
    return "delete .git/mlgit"


def garble_memory(bench: Bench, pick: Picker) -> str:
    """Every file in .git/mlgit cut, overwritten, bit-flipped, emptied or made a folder."""
    how = pick.of(("cut", "noise", "flip", "empty", "folder"))
    for path in _memory(bench):
        content = path.read_bytes()
        if how == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif how == "noise":
            path.write_bytes(b"\xff\0\n" * 40)
        elif how == "flip" and content:
            middle = len(content) // 2  # the checksum covers every byte
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 8]) + content[middle + 1 :])
        else:
            path.unlink()
            path.mkdir() if how == "folder" else path.write_bytes(b"")
    return f"garble .git/mlgit: {how}"


def _memory(bench: Bench) -> list[Path]:
    folder = bench.path(".git/mlgit")
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def old_memory(bench: Bench, pick: Picker) -> str:
    """Put the caches of before an edit back after it, as restoring a backup does."""
    memory, kept = bench.path(".git/mlgit"), bench.new_place()
    files = [
        name for name in bench.files() if bench.path(name).is_file() and not bench.path(name).is_symlink()
    ]
    if not memory.is_dir() or not files:
        return ""
    shutil.copytree(memory, kept)
    path = bench.path(pick.of(files))
    path.chmod(0o644)
    path.write_bytes(bench.content())
    mlgit_answer(bench.folder)
    remove(memory)
    shutil.copytree(kept, memory)
    return f"edit {path}, mlgit status, old .git/mlgit put back"


def copy_repository(bench: Bench, pick: Picker) -> str:
    """Copy everything with the caches, with the files' times or without; the copy is used from now on."""
    place = bench.new_place()
    keep_times = pick.of((True, False))
    shutil.copytree(
        bench.folder.path, place, symlinks=True, copy_function=shutil.copy2 if keep_times else shutil.copy
    )
    bench.folder = Folder(place)
    return f"copy the repository (times kept: {keep_times})"


def move_repository(bench: Bench, _: Picker) -> str:
    place = bench.new_place()
    bench.folder.path.rename(place)
    bench.folder = Folder(place)
    return "move the repository"


def edit_in_the_same_tick(bench: Bench, pick: Picker) -> str:
    """Write the same content, run mlgit, and write other content of the same size in the same clock tick."""
    files = [
        name
        for name in bench.files()
        if bench.path(name).is_file()
        and not bench.path(name).is_symlink()
        and bench.path(name).stat().st_size
    ]
    if not files:
        return ""
    path = bench.path(pick.of(files))
    content = path.read_bytes()
    bench.count_whole_seconds()
    time.sleep(-time.time() % 1)
    path.chmod(0o644)
    path.write_bytes(content)
    mlgit_answer(bench.folder)
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    return f"write {path} again, mlgit status, flip a bit of it"


def undo_after_a_look(bench: Bench, pick: Picker) -> str:
    """Edit, run mlgit, and undo the edit: mlgit must not keep what it learned of it."""
    files = [
        name for name in bench.files() if bench.path(name).is_file() and not bench.path(name).is_symlink()
    ]
    if not files:
        return ""
    path = bench.path(pick.of(files))
    aside = bench.new_place()
    path.rename(aside)
    path.write_bytes(bench.content())
    mlgit_answer(bench.folder)
    remove(path)
    aside.rename(path)
    return f"edit {path}, mlgit status, the old file back"


def read_only_memory(bench: Bench, _: Picker) -> str:
    """Block the caches: a file is in the place of their folder."""
    memory = bench.path(".git/mlgit")
    remove(memory)
    memory.write_text("not a folder", encoding="utf-8")
    mlgit_answer(bench.folder)
    return ".git/mlgit is a file"


ATTACKS = (
    ask_twice,
    forget,
    garble_memory,
    old_memory,
    copy_repository,
    move_repository,
    edit_in_the_same_tick,
    undo_after_a_look,
    read_only_memory,
)
