"""Documents: YAML texts parsed once and remembered, because parsing costs more than all the rest."""

from __future__ import annotations

import os

MAX_CACHE_BYTES = 8 << 20
_FORMAT = 1


class Documents:
    """What YAML texts mean, remembered by the text itself, so that nothing can go stale.

    Args:
        folder: where the memory is kept between runs; None keeps none. A folder that cannot be
            written and a file that cannot be read are as good as none.
    """

    def __init__(self, folder: str | None) -> None:
        self._file = None if folder is None else os.path.join(folder, "documents.json")
        self._known: dict[str, object] | None = None
        self._used: dict[str, object] = {}
        self._new = False

    def parse(self, content: bytes, *, name: str) -> object:
        """The value of a YAML document; None when it is empty.

        Raises:
            ConfigError: with the place, when it is none.
        """
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = None
        if text is not None and text in self._used:
            return self._used[text]
        known = self._load()
        if text is not None and text in known:
            self._used[text] = known[text]
            return known[text]
        from mlgit.yaml12 import load

        value = load(content, name=name, strict=False)
        if text is not None:
            self._used[text] = value
            self._new = True
        return value

    def save(self) -> None:
        """Remember what this run used, when it learned something."""
        if not self._new or self._file is None:
            return
        import json
        import tempfile

        self._new = False
        known = self._load()
        kept = {text: value for text, value in self._used.items() if text in known or _survives(value)}
        size = sum(len(text) for text in kept)
        for text, value in known.items():
            size += len(text)
            if text not in kept and size <= MAX_CACHE_BYTES // 4:
                kept[text] = value
        if size > MAX_CACHE_BYTES:
            return
        folder = os.path.dirname(self._file)
        try:
            os.makedirs(folder, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=folder, prefix="documents-", delete=False
            ) as file:
                json.dump({"format": _FORMAT, "documents": kept}, file)
            os.replace(file.name, self._file)
        except (OSError, ValueError):
            return

    def _load(self) -> dict[str, object]:
        if self._known is None:
            self._known = {}
            if self._file is not None:
                import json

                try:
                    with open(self._file, encoding="utf-8") as file:
                        found = json.load(file)
                    if found["format"] == _FORMAT and isinstance(found["documents"], dict):
                        self._known = found["documents"]
                except (OSError, ValueError, KeyError, TypeError, RecursionError):
                    self._known = {}
        return self._known


def _survives(value: object) -> bool:
    """Whether JSON gives the same value back (keys that are numbers would come back as text)."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _survives(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_survives(item) for item in value)
    return value is None or isinstance(value, (str, int, float))
