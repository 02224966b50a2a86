"""Addresses: passwords and tokens in URLs are never shown."""

from __future__ import annotations

import pytest

from mlgit.core.addresses import without_passwords


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:secret@example.org/x", "https://example.org/x"),
        ("HTTPS://token@example.org/x", "HTTPS://example.org/x"),
        ("see `http://a:p@ss@host:8/x`, and http://b@host", "see `http://host:8/x`, and http://host"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:secret@host/x", "ssh://git@host/x"),
        ("s3://KEY:secret@bucket/x", "s3://KEY@bucket/x"),
        ("redis://:secret@host", "redis://@host"),
        ("git@host:x.git, mail ada@example.org", "git@host:x.git, mail ada@example.org"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("https://example.org?mail=a@b", "https://example.org?mail=a@b"),
        ('{"url": "https://example.org", "mail": "a@b"}', '{"url": "https://example.org", "mail": "a@b"}'),
        ("https://example.org:8080/a b@c", "https://example.org:8080/a b@c"),
    ],
)
def test_an_address_is_shown_without_its_password(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
