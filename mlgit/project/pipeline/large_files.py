"""Large files: contents that Git LFS keeps outside of git, with a pointer in their place."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import LFS_POINTER
from mlgit.adapters.dvc.files.values import MAX_BYTES, unread
from mlgit.adapters.git.worktree import read_file
from mlgit.core.digest import sha256_hex

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Problem
    from mlgit.project.open import Project


def fetched(project: Project, content: bytes, path: str) -> bytes | Problem:
    """The content of a metric or parameter file, instead of its pointer if this machine has that."""
    file = lfs_object(project, content) if content.startswith(LFS_POINTER) else None
    if file is None:
        return content
    try:
        found = read_file(file, path, most_bytes=MAX_BYTES)
    except FileNotFoundError:
        return content
    except OSError as error:
        return unread(path, error)
    # Anyone may have changed the file; then the pointer itself is reported.
    return found if found is not None and sha256_hex(found) == os.path.basename(file) else content


def content_or_pointer(project: Project, path: str, content: bytes) -> bytes:
    """`fetched`, or the pointer if that cannot be read."""
    found = fetched(project, content, path)
    return found if isinstance(found, bytes) else content


def content_id(pointer: bytes) -> str | None:
    """The SHA-256 of the content that a pointer means; None if it is not one."""
    found = (
        re.search(rb"(?m)^oid sha256:([0-9a-f]{64})$", pointer) if pointer.startswith(LFS_POINTER) else None
    )
    return None if found is None else found[1].decode()


def lfs_object(project: Project, pointer: bytes) -> str | None:
    """The file with the content of a pointer, which may not be there; None if the pointer has no hash."""
    oid = content_id(pointer)
    if oid is None:
        return None
    return os.path.join(project.common_dir, "lfs", "objects", oid[:2], oid[2:4], oid)
