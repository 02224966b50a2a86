"""Digest: SHA-256 of bytes in memory, without loading OpenSSL for a few kilobytes."""

from __future__ import annotations

from importlib import import_module

# Python's own SHA-256 (3.12, 3.11): `hashlib` loads OpenSSL, which takes longer than most commands run.
_MODULES = ("_sha2", "_sha256", "hashlib")
# OpenSSL is six times as fast, which pays off from here on.
_LARGE_BYTES = 1 << 20


def sha256_hex(content: bytes) -> str:
    """The SHA-256 as 64 hex digits."""
    for name in _MODULES if len(content) < _LARGE_BYTES else ("hashlib",):
        try:
            return str(import_module(name).sha256(content).hexdigest())
        except ImportError:
            continue
    raise AssertionError  # pragma: no cover (hashlib is part of every Python)
