"""Invalid: what is wrong with a file that is not in its format, with the place if it is JSON."""

from __future__ import annotations

import re
from json import JSONDecodeError

_TOKEN = re.compile(r"[^\s,:\[\]{}]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_INSIDE = {"{": "an object", "[": "a list", '"': "a text"}
_SHOWN = 40


def invalid(error: ValueError, ending: str) -> str:
    """The end of a sentence that begins with the file; `ending` is that of its name, such as `.toml`."""
    if not isinstance(error, JSONDecodeError):
        return f"is not valid {ending[1:].upper()}: {error}"
    text = error.doc.rstrip()
    if error.pos >= len(text) or error.msg.startswith("Unterminated string"):
        return f"is cut off: the JSON ends inside {_INSIDE[_open(text)]}{_place(text, len(text))}"
    return f"is not valid JSON: {_reason(error)}{_place(error.doc, error.pos)}"


def _open(text: str) -> str:
    """What is still open at the end of a text: `{`, `[` or `"`."""
    last = _STRING.findall(text)[-1:]
    if last and text.endswith(last[0]) and (len(last[0]) == 1 or not last[0].endswith('"')):
        return '"'
    stack = ["{"]
    for sign in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        if sign in "{[":
            stack.append(sign)
        elif len(stack) > 1:
            stack.pop()
    return stack[-1]


def _reason(error: JSONDecodeError) -> str:
    rest = error.doc[error.pos :].lstrip()
    found = _TOKEN.match(rest)
    shown = rest[:1] if found is None else found[0][:_SHOWN]
    if shown.startswith("'"):
        return "texts are in double quotes in JSON"
    if shown in {"}", "]"} or error.msg.startswith("Illegal trailing comma"):  # the message since Python 3.13
        return "there is a comma before the end"
    reasons = {
        "Extra data": "there is more text after its end",
        "Expecting value": f"`{shown}` is not a JSON value",
        "Expecting property name enclosed in double quotes": f"the name `{shown}` is not in quotes",
        "Expecting ',' delimiter": "a comma is missing",
        "Expecting ':' delimiter": "a colon is missing",
    }
    return reasons.get(error.msg, f"{error.msg[:1].lower()}{error.msg[1:]}")


def _place(text: str, at: int) -> str:
    return f" (line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)})"
