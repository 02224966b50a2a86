"""Cache of valid files: a content that was valid once needs neither YAML nor JSON Schema again.

A slot is found by a checksum, and used only if it holds the same bytes, written by the same mlgit with the
same schema. A file with a target of a plug-in is not kept: the plug-in may be updated or uninstalled. Without
the cache a run takes a tenth of a second longer.
"""

from __future__ import annotations

import os
from binascii import crc32
from typing import Any

from mlgit import __version__
from mlgit.adapters.memory import Memory
from mlgit.resources import folder as shipped

_FOLDER = "config"
_FORMAT = 3
_KEPT = 32


class Cache:
    """The slot of one content below the folder of this clone's caches; None keeps nothing."""

    def __init__(self, folder: str | None, content: bytes) -> None:
        self._folder = None if folder is None else os.path.join(folder, _FOLDER)
        self._text = content.decode("utf-8", "surrogateescape")
        self._memory = Memory(self._folder, f"{crc32(content):08x}", format_number=_FORMAT)

    def read(self) -> dict[str, Any] | None:
        """The value that was written for this content; None if there is no valid file."""
        slot = self._memory.read_json()
        if not isinstance(slot, dict) or slot.get("content") != self._text:
            return None
        value = slot.get("value")
        return value if isinstance(value, dict) and slot.get("made_by") == _made_by() else None

    def write(self, value: dict[str, Any]) -> None:
        """Keep a value for the next run."""
        self._memory.write_json({"content": self._text, "made_by": _made_by(), "value": value})
        if self._folder is not None:
            _drop_oldest(self._folder)


def _drop_oldest(folder: str) -> None:
    try:
        files = [entry for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
        slots = sorted(files, key=lambda entry: entry.stat().st_mtime)
        for entry in slots[: max(0, len(slots) - _KEPT)]:
            os.remove(entry.path)
    except OSError:
        return


def _made_by() -> list[object]:
    """The writer of a slot: its version, and the state of the code and schema that checked the file."""
    here = os.path.dirname(os.path.abspath(__file__))
    sources = [os.path.join(here, name) for name in ("loader.py", "rules.py", "deploy_rules.py", "shape.py")]
    sources.append(os.path.join(shipped("schemas"), "mlgit.schema.json"))
    return [__version__, *(os.stat(path).st_mtime_ns for path in sources)]
