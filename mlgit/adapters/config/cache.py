"""Cache of valid files: what was read once needs neither YAML nor JSON Schema again.

A slot is found by a checksum and believed only when it holds the very same bytes, written by the same
mlgit with the same schema. Losing the cache costs a tenth of a second, nothing else.
"""

from __future__ import annotations

import json
import os
from binascii import crc32
from typing import Any

from mlgit import __version__
from mlgit.resources import folder as shipped

_FOLDER = "config"
_KEPT = 32


class Cache:
    """The slot of one content.

    Args:
        folder: where this clone's caches are; None never remembers.
        content: the file's bytes.
    """

    def __init__(self, folder: str | None, content: bytes) -> None:
        self._folder = None if folder is None else os.path.join(folder, _FOLDER)
        self._content = content
        self._name = f"{crc32(content):08x}.json"

    def read(self) -> dict[str, Any] | None:
        """What was written for this content, None when nothing usable was."""
        if self._folder is None:
            return None
        try:
            with open(os.path.join(self._folder, self._name), encoding="utf-8") as file:
                slot = json.load(file)
            fits = slot["content"] == self._content.decode("utf-8") and slot["made_by"] == _made_by()
            return slot["value"] if fits and isinstance(slot["value"], dict) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, value: dict[str, Any]) -> None:
        """Remember; a folder that cannot be written is no error."""
        if self._folder is None:
            return
        text = json.dumps({"content": self._content.decode("utf-8"), "made_by": _made_by(), "value": value})
        half = os.path.join(self._folder, f"{self._name}.{os.getpid()}")
        try:
            os.makedirs(self._folder, exist_ok=True)
            self._make_room(self._folder)
            with open(half, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(half, os.path.join(self._folder, self._name))
        except OSError:
            _remove(half)

    @staticmethod
    def _make_room(folder: str) -> None:
        slots = [entry for entry in os.scandir(folder) if entry.is_file()]
        for entry in sorted(slots, key=lambda entry: entry.stat().st_mtime)[: max(0, len(slots) - _KEPT + 1)]:
            _remove(entry.path)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return


def _made_by() -> list[object]:
    """Who wrote a slot: version, and the state of the code and schema that judged the file."""
    here = os.path.dirname(os.path.abspath(__file__))
    judges = [os.path.join(here, name) for name in ("loader.py", "rules.py", "deploy_rules.py", "shape.py")]
    judges.append(os.path.join(shipped("schemas"), "mlgit.schema.json"))
    return [__version__, *(os.stat(path).st_mtime_ns for path in judges)]
