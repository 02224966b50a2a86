"""People: whether two e-mail addresses are one person's, however they are written."""

from __future__ import annotations

import unicodedata

# Code points of other alphabets' letters, and of digits, that look like a Latin letter.
_LOOKS = {
    "a": "0430 03b1 0251",
    "b": "0432 044c 03b2",
    "c": "0441 03f2",
    "d": "0501",
    "e": "0435 03b5",
    "g": "0581 0261",
    "h": "04bb 043d 0570",
    "i": "0456 03b9 0131 0269",
    "j": "0458 03f3",
    "k": "043a 03ba",
    "l": "04cf 01c0 029f 0031 007c",
    "m": "043c",
    "n": "043f 03b7 0578",
    "o": "043e 03bf 0585 0030",
    "p": "0440 03c1",
    "q": "051b 0566",
    "r": "0433",
    "s": "0455",
    "t": "0442 03c4",
    "u": "03c5 057d",
    "v": "03bd",
    "w": "051d 03c9",
    "x": "0445 03c7",
    "y": "0443 03b3",
}
_ALIKE = {chr(int(code, 16)): letter for letter, codes in _LOOKS.items() for code in codes.split()}
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff61\uff0e\u2024", "."))
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc", "Zs"})
_SCHEME = "mailto:"
_PUNYCODE = "xn--"
# These hosts ignore dots before the `@`, and have two names.
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
_GITHUB = "users.noreply.github.com"


def person(address: str) -> str:
    """A form of an address that is the same for all ways to write it.

    Case, display names, `mailto:`, `+tag`, quotes, comments, dots at the ends, punycode and letters that look
    alike make no difference. Two people may rarely have the same form, such as `jo1@` and `jol@`.
    """
    text = _plain(address.translate(_DOTS))
    if "<" in text:
        text = text.rpartition("<")[2].partition(">")[0]
    while text.startswith(_SCHEME):
        text = text.removeprefix(_SCHEME)
    local, _, domain = text.partition("?")[0].rpartition("@")
    host = ".".join(_latin(_decoded(label)) for label in domain.strip(".").split("."))
    return f"{_mailbox(_latin(local), host)}@{'gmail.com' if host in _GOOGLE else host}"


def _mailbox(local: str, host: str) -> str:
    name = _without_comments(local).replace('"', "")
    name, _, tag = name.partition("+")
    if host == _GITHUB and tag:  # GitHub writes `1234+name`
        name = tag
    return name.replace(".", "") if host in _GOOGLE else name.strip(".")


def _plain(text: str) -> str:
    """A text in lower case, without spaces, accents and invisible characters."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    apart = unicodedata.normalize("NFKD", apart)
    return "".join(char for char in apart if unicodedata.category(char) not in _UNSEEN)


def _latin(text: str) -> str:
    """A plain text with a Latin letter for each that looks like one."""
    return "".join(_ALIKE.get(char, char) for char in text)


def _decoded(label: str) -> str:
    """A label of a domain in its own letters."""
    if not label.startswith(_PUNYCODE):
        return label
    try:
        return _plain(label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode"))
    except UnicodeError:
        return label


def _without_comments(text: str) -> str:
    depth, kept = 0, ""
    for char in text:
        depth += char == "("
        kept += char if not depth else ""
        depth -= char == ")" and depth > 0
    return kept
