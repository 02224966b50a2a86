"""The digest is the standard library's, whichever module gives it."""

from __future__ import annotations

import hashlib

import pytest

from mlgit.core import digest


@pytest.mark.parametrize("modules", [digest._MODULES, ("no_such_module", "hashlib")])
def test_it_is_what_hashlib_says(modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_MODULES", modules)
    for content in (b"", b"a\n", b"x" * 1000):
        assert digest.sha256_hex(content) == hashlib.sha256(content).hexdigest()
