"""Requirement form: words that are not what their author means, each with the form that pip takes."""

from __future__ import annotations

import re

from mlgit.core.wording import word
from mlgit.errors import UsageError

EXAMPLE = "mlgit@git+https://HOST/OWNER/mlgit@COMMIT"
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NAME = "mlgit"
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)((?:\[[^\]]*\])?(?:[<>=!~@].*)?)")
# Letters and digits that look alike, and what may be between the parts of a name.
_ALIKE = str.maketrans({"1": "l", "i": "l", "0": "o", "-": None, "_": None, ".": None})
# pip takes an address or a path after `@`; npm takes a version there, and ssh a host.
_NO_ADDRESS = re.compile(r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)@((?!/|[a-z+]+://|file:).*)")
_SSH = re.compile(r"(?:[^@]+@)?(?P<user>[^@:/]+)@(?P<host>[^@:/]+):(?P<path>[^@:]+)")
_VERSION = re.compile(r"v?(\d+(?:\.\w+)+)")
_FRAGMENT = re.compile(r"(.+)#(?:md5|sha\d+)=(.*)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def refuse_wrong_form(word: str) -> None:
    """Refuse a word that pip would not take, or that names something else.

    Raises:
        UsageError: with the form to use instead.
    """
    right = right_name(word)
    if right is not None:
        raise _error(f"`{word}` names another package than `{_NAME}`", right)
    found = _NO_ADDRESS.fullmatch(word)
    if found is not None or COMMIT.fullmatch(word):
        name, rest = found.groups() if found is not None else (_NAME, word)
        raise _without_address(word, name, rest)
    found = _FRAGMENT.fullmatch(word)
    address = found[1] if found is not None and "://" in found[1] else None
    if word.startswith("--hash") or (
        found is not None
        and not (address and "#sha256=" in word and _SHA256.fullmatch(found[2]))
        and not word.startswith("/")
    ):
        way = "pip hash FILE" if address is None else digest_command(address)
        raise UsageError(
            f"The hash in `{word}` is not one that pip checks there",
            expected="an address, `#sha256=` and 64 digits from 0 to 9 and a to f",
            hint=f"`{way}` shows the digits",
        )


def right_name(word: str) -> str | None:
    """The word for mlgit itself, if it has a name that only looks like mlgit's."""
    found = _NAMED.fullmatch(word)
    if found is None:
        return None
    name, rest = found.groups()
    plain = name.lower()
    if plain == _NAME or plain.translate(_ALIKE) != _NAME.translate(_ALIKE):
        return None
    pinned = rest.startswith(("@", "==")) or "]=" in rest or "]@" in rest
    return f"{_NAME}{rest}" if pinned else EXAMPLE


def digest_command(text: str) -> str:
    """The command that shows the SHA-256 of the archive at an address, which a name may precede."""
    address = text[text.rfind("@", 0, text.index("://")) + 1 :]
    return f"curl -sL {word(address)} | sha256sum"


def _without_address(text: str, name: str, rest: str) -> UsageError:
    message = f"`{text}` has no address"
    ssh = _SSH.fullmatch(text)
    if ssh is not None:
        right = f"{_NAME}@git+ssh://{ssh['user']}@{ssh['host']}/{ssh['path']}@COMMIT"
        where = f"{ssh['user']}@{ssh['host']}:{ssh['path']}"
        return _error(
            message, right, hint=f"`git ls-remote {word(where)} HEAD` shows the 40 digits of the commit"
        )
    version = _VERSION.fullmatch(rest)
    if version is not None:
        return _error(message, f"{name}=={version[1]}")
    return _error(message, EXAMPLE.replace("COMMIT", rest) if COMMIT.fullmatch(rest) else EXAMPLE)


def _error(message: str, right: str, *, hint: str | None = None) -> UsageError:
    return UsageError(message, expected=f"`--requirement {word(right)}`", hint=hint)
