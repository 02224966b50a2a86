"""Documents broken so that no tool can answer: then both must report an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.bench import Bench, Picker


def _half(content: bytes) -> bytes:
    """Cut inside the first hash, as a full disk does."""
    place = content.find(b"md5: ")
    return content[: place + 3] if place >= 0 else content[: len(content) // 2] + b"\n  {"


def _markers(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(
        (
            *lines[:2],
            b"<<<<<<< HEAD\n",
            *lines[2:3],
            b"=======\n",
            *lines[2:3],
            b">>>>>>> other\n",
            *lines[3:],
        )
    )


def _noise(_: bytes) -> bytes:
    return b"\xff\xfe\0{[:"


def _list(_: bytes) -> bytes:
    return b"- 1\n- 2\n"


def _duplicate(content: bytes) -> bytes:
    return content + content


def _tab(content: bytes) -> bytes:
    return content + b"\n\tstages: 1\n"


WAYS: tuple[Callable[[bytes], bytes], ...] = (_half, _markers, _noise, _list, _duplicate, _tab)


def break_a_document(bench: Bench, pick: Picker) -> tuple[str, str, bytes] | None:
    """Break a document; returns the breakage, the file, and its content before."""
    names = [name for ending in ("dvc.lock", "dvc.yaml", ".dvc") for name in bench.documents(ending)]
    if not names:
        return None
    name, way = pick.of(names), pick.of(WAYS)
    path = bench.path(name)
    before = path.read_bytes()
    path.write_bytes(way(before))
    return f"break {name}: {way.__name__}", name, before
