"""Edits of files and folders, as people, editors and build tools make them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tests.differential.bench import remove

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.bench import Bench, Picker

NAMES = (
    "a.txt",
    "new.txt",
    "deep/new.txt",
    "deep/er/x",
    "skip.tmp",
    "ünï cødé",
    ".hidden",
    "deep",
    "-x",
    "a.txt.dvcx",
)
_NS = 1_000_000_000
TIMES = (0, 1, 1_000_000_000 * _NS, 4_000_000_000 * _NS, 1_700_000_000 * _NS + 1)


def _replace(path: Path, content: bytes) -> None:
    """Replace the file by a new one, as DVC and most editors do; never through a link."""
    remove(path)
    path.write_bytes(content)


def _times(path: Path) -> tuple[int, int]:
    facts = path.stat(follow_symlinks=False)
    return facts.st_atime_ns, facts.st_mtime_ns


def _one(bench: Bench, pick: Picker) -> Path | None:
    files = bench.files()
    return bench.path(pick.of(files)) if files else None


def _regular(bench: Bench, pick: Picker) -> Path | None:
    files = [
        name for name in bench.files() if bench.path(name).is_file() and not bench.path(name).is_symlink()
    ]
    return bench.path(pick.of(files)) if files else None


def touch(bench: Bench, pick: Picker) -> str:
    """Change only the time."""
    path = _one(bench, pick)
    if path is None or not path.exists():
        return ""
    os.utime(path)
    return f"touch {path}"


def set_time(bench: Bench, pick: Picker) -> str:
    """Set a time long ago, or in the future."""
    path = _regular(bench, pick)
    if path is None:
        return ""
    when = pick.of(TIMES)
    os.utime(path, ns=(when, when))
    return f"set time of {path} to {when}"


def edit(bench: Bench, pick: Picker) -> str:
    path = _one(bench, pick)
    if path is None:
        return ""
    _replace(path, pick.of((bench.content(), b"", b"\0\xff", b"a\r\nb\r\n", b"x" * 100_000)))
    return f"edit {path}"


def edit_in_place(bench: Bench, pick: Picker) -> str:
    """Change the content in the same inode."""
    path = _regular(bench, pick)
    if path is None:
        return ""
    path.chmod(0o644)
    path.write_bytes(bench.content())
    return f"edit in place {path}"


def edit_and_restore_time(bench: Bench, pick: Picker) -> str:
    """Keep the size and modification time: DVC's state database cannot notice it."""
    path = _regular(bench, pick)
    if path is None or not path.stat().st_size:
        return ""
    times, content = _times(path), bytearray(path.read_bytes())
    content[0] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    os.utime(path, ns=times)
    return f"flip a bit of {path}, time restored"


def append(bench: Bench, pick: Picker) -> str:
    path = _regular(bench, pick)
    if path is None:
        return ""
    path.chmod(0o644)
    with path.open("ab") as file:
        file.write(b"+")
    return f"append to {path}"


def delete(bench: Bench, pick: Picker) -> str:
    path = _one(bench, pick)
    if path is None:
        return ""
    remove(path)
    return f"delete {path}"


def delete_folder(bench: Bench, pick: Picker) -> str:
    folders = [name for name in bench.folders() if "/" in name or name == "work"]
    if not folders:
        return ""
    path = bench.path(pick.of(folders))
    remove(path)
    return f"delete folder {path}"


def add_file(bench: Bench, pick: Picker) -> str:
    """Add a file, mostly in a tracked folder."""
    folders = [name for name in ("data/many", "work/parts") if bench.path(name).is_dir()]
    folder = pick.of([*folders, *folders, *bench.folders(), "."])
    path = bench.path(folder) / pick.of(NAMES)
    if path.exists() or path.is_symlink() or not _makes_parents(path):
        return ""
    path.write_bytes(bench.content())
    return f"add {path}"


def _makes_parents(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def add_empty_folder(bench: Bench, pick: Picker) -> str:
    path = bench.path(pick.of([*bench.folders(), "."])) / pick.of(("empty", "deep", "deep/empty"))
    if path.exists() or path.is_symlink() or not _makes_parents(path):
        return ""
    path.mkdir()
    return f"add empty folder {path}"


def change_mode(bench: Bench, pick: Picker) -> str:
    path = _regular(bench, pick)
    if path is None:
        return ""
    path.chmod(pick.of((0o755, 0o444, 0o600)))
    return f"chmod {path}"


def rename(bench: Bench, pick: Picker) -> str:
    """Move a file within its folder, or into another."""
    path = _one(bench, pick)
    if path is None:
        return ""
    folder = pick.of([os.path.dirname(path), *(str(bench.path(name)) for name in bench.folders())])
    target = bench.path(folder) / pick.of((path.name, *NAMES))
    if target == path or target.is_dir() or not _makes_parents(target):
        return ""
    path.replace(target)
    return f"rename {path} to {target}"


def rename_folder(bench: Bench, pick: Picker) -> str:
    folders = [name for name in bench.folders() if "/" in name]
    if not folders:
        return ""
    path = bench.path(pick.of(folders))
    target = path.parent / pick.of(("renamed", "deep", "parts"))
    if target.exists() or target.is_symlink():
        return ""
    path.rename(target)
    return f"rename folder {path} to {target}"


def swap_two_files(bench: Bench, pick: Picker) -> str:
    one, other = _regular(bench, pick), _regular(bench, pick)
    if one is None or other is None or one == other:
        return ""
    aside = bench.path("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    return f"swap {one} and {other}"


def file_to_folder(bench: Bench, pick: Picker) -> str:
    path = _one(bench, pick)
    if path is None:
        return ""
    remove(path)
    path.mkdir()
    (path / "inside.txt").write_bytes(bench.content())
    return f"replace file {path} by a folder"


def folder_to_file(bench: Bench, pick: Picker) -> str:
    folders = [name for name in bench.folders() if "/" in name]
    if not folders:
        return ""
    path = bench.path(pick.of(folders))
    remove(path)
    path.write_bytes(bench.content())
    return f"replace folder {path} by a file"


def file_to_symlink(bench: Bench, pick: Picker) -> str:
    """Replace a file by a link to its own content, to other content, or to nothing."""
    path = _regular(bench, pick)
    if path is None:
        return ""
    bench.written += 1
    target = bench.path("elsewhere") / f"{bench.written}-{path.name}"
    target.parent.mkdir(exist_ok=True)
    kind = pick.of(("same", "other", "dangling"))
    if kind == "same":
        shutil.copy(path, target)
    elif kind == "other":
        target.write_bytes(bench.content())
    else:
        target = bench.path("elsewhere/nowhere")
    path.unlink()
    path.symlink_to(os.path.relpath(target, path.parent))
    return f"replace {path} by a symlink to {target} ({kind})"


def folder_to_symlink(bench: Bench, pick: Picker) -> str:
    folders = [name for name in bench.folders() if "/" in name and not name.startswith("elsewhere")]
    if not folders:
        return ""
    path = bench.path(pick.of(folders))
    target = bench.path("elsewhere") / f"folder-{path.name}"
    if target.exists():
        return ""
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
    path.symlink_to(os.path.relpath(target, path.parent))
    return f"replace folder {path} by a symlink"


def hardlink(bench: Bench, pick: Picker) -> str:
    one, other = _regular(bench, pick), _regular(bench, pick)
    if one is None or other is None or one == other:
        return ""
    other.unlink()
    os.link(one, other)
    return f"hardlink {one} as {other}"


FILE_EDITS = (
    touch,
    set_time,
    edit,
    edit_in_place,
    edit_and_restore_time,
    append,
    delete,
    delete_folder,
    add_file,
    add_empty_folder,
    change_mode,
    rename,
    rename_folder,
    swap_two_files,
    file_to_folder,
    folder_to_file,
    file_to_symlink,
    folder_to_symlink,
    hardlink,
)
