"""Digest: SHA-256 without OpenSSL, which takes `hashlib` longer to load than most runs have to tell."""

from __future__ import annotations

from importlib import import_module

# Where Python keeps its own SHA-256 (from 3.12, 3.11), and what always has one.
_MODULES = ("_sha2", "_sha256", "hashlib")


def sha256_hex(content: bytes) -> str:
    """64 hex digits."""
    for name in _MODULES:
        try:
            return str(import_module(name).sha256(content).hexdigest())
        except ImportError:
            continue
    raise AssertionError  # pragma: no cover (hashlib is part of every Python)
