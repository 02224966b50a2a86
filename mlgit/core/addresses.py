"""Addresses: URLs without the passwords and access tokens in them."""

from __future__ import annotations

import re

# The user of a web address may be an access token; that of another one says where to log in. Compiled only
# when they are needed, because that would slow every start.
_WEB = r"(?i)(https?://)[^/?#\s'\"`]+@"
_OTHER = r"(?i)([a-z][a-z0-9+.-]*://[^/@:\s'\"`]*):[^/?#\s'\"`]*@"


def without_passwords(text: str) -> str:
    """The text; its web addresses lose user and password, others the password."""
    if "://" not in text or "@" not in text:
        return text
    return re.sub(_OTHER, r"\1@", re.sub(_WEB, r"\1", text))
