"""Digest: the same value as `hashlib`, whichever module computes it."""

from __future__ import annotations

import hashlib

import pytest

from mlgit.core import digest


@pytest.mark.parametrize("modules", [digest._MODULES, ("no_such_module", "hashlib")])
def test_it_equals_the_digest_of_hashlib(modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_MODULES", modules)
    for content in (b"", b"a\n", b"x" * 1000, bytes(digest._LARGE_BYTES)):
        assert digest.sha256_hex(content) == hashlib.sha256(content).hexdigest()
