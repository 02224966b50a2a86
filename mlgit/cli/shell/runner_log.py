"""Runner log: break commands to the GitHub runner in what mlgit prints.

The runner obeys `::name::…` at the start of a line and `##[name]…` anywhere in it. Authors choose the names
of metrics, parameters, tags and branches freely; mlgit itself sends no commands this way.
"""

from __future__ import annotations

import re
from typing import IO, Any

_BEGINNING = re.compile(r"(?:\A|(?<=[\n\r]))([^\S\n\r]*):(?=:)")
_BREAK = "\N{ZERO WIDTH SPACE}"


class RunnerLog:
    """A text stream that writes no commands; otherwise like the stream it wraps.

    `as_json`: the text is one JSON document, which must keep its meaning.
    """

    def __init__(self, stream: IO[str], *, as_json: bool = False) -> None:
        self._stream = stream
        self._bracket = "##\\u005b" if as_json else f"##{_BREAK}["
        self._indent_only = True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (any attribute of the stream)
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text with every command broken."""
        shown = _BEGINNING.sub(rf"\1:{_BREAK}", text if self._indent_only else f"-{text}")
        self._stream.write((shown if self._indent_only else shown[1:]).replace("##[", self._bracket))
        last = re.split(r"[\n\r]", text)
        self._indent_only = (self._indent_only or len(last) > 1) and not last[-1].strip()
        return len(text)
