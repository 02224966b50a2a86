"""The log of a GitHub job, in which a line that somebody else chose could be a command to the runner.

The runner obeys `::name::…` at the start of a line and `##[name]…` anywhere in it. Metrics, parameters, tags
and branches are called what their authors like, and mlgit itself has nothing to tell the runner this way.
"""

from __future__ import annotations

import re
from typing import IO, Any

_BEGINNING = re.compile(r"(?:\A|(?<=[\n\r]))([^\S\n\r]*):(?=:)")
_BREAK = "\N{ZERO WIDTH SPACE}"


class RunnerLog:
    """A text stream that writes no commands; everything else is the stream's own.

    Args:
        stream: where to.
        as_json: whether one JSON document is written, which must keep its meaning.
    """

    def __init__(self, stream: IO[str], *, as_json: bool = False) -> None:
        self._stream = stream
        self._bracket = "##\\u005b" if as_json else f"##{_BREAK}["
        self._indent_only = True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the stream has)
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write with every command broken."""
        shown = _BEGINNING.sub(rf"\1:{_BREAK}", text if self._indent_only else f"-{text}")
        self._stream.write((shown if self._indent_only else shown[1:]).replace("##[", self._bracket))
        last = re.split(r"[\n\r]", text)
        self._indent_only = (self._indent_only or len(last) > 1) and not last[-1].strip()
        return len(text)
