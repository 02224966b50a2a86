"""Repeats: refuse documents whose aliases mean too much, before a program reads them that has no limit."""

from __future__ import annotations

from mlgit.errors import ConfigError
from mlgit.yaml12.anchors import TOO_MANY
from mlgit.yaml12.reader import load


def refuse_repeating(text: bytes, *, name: str) -> None:
    """Refuse a document whose aliases repeat too much; other problems are left to who reads it.

    Raises:
        ConfigError: the aliases repeat too much, or a value repeats itself; with the place.
    """
    if b"*" in text:
        try:
            load(text, name=name, strict=False)
        except ConfigError as error:
            if error.code == TOO_MANY:
                raise
