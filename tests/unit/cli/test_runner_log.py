"""Runner log: no text becomes a command to GitHub's runner."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.cli.shell.runner_log import RunnerLog


def obeyed(log: str) -> list[str]:
    """The lines that the runner's ActionCommand would execute."""
    lines = re.split(r"\r\n|\n|\r", log)
    return [line for line in lines if line.strip().startswith("::") or "##[" in line]


def written(*parts: str, as_json: bool = False) -> str:
    stream = io.StringIO()
    log = RunnerLog(stream, as_json=as_json)
    for part in parts:
        assert log.write(part) == len(part)
    return stream.getvalue()


@given(st.lists(st.text(alphabet=":#[ \ta\n\r", max_size=12).filter(lambda text: text[-1:] not in "#:")))
def test_no_line_is_a_command(parts: list[str]) -> None:
    log = written(*parts)
    assert obeyed(log) == []
    assert log.replace("\u200b", "") == "".join(parts)


@pytest.mark.parametrize(
    "text", ["::error::x", "  ::add-mask::y\nok", "a\n::stop-commands::z", "a ##[error]b", "\t::x::"]
)
def test_broken_commands_stay_readable(text: str) -> None:
    assert obeyed(text) != []
    assert obeyed(written(text)) == []
    assert written(text).replace("\u200b", "") == text


def test_a_line_that_is_written_in_pieces_is_checked_as_one() -> None:
    assert obeyed(written("  ", "::error::x\n", "a", "::b")) == []
    assert written("auc", "::b") == "auc::b"


def test_json_keeps_its_meaning() -> None:
    document = json.dumps({"name": "##[error]x ::error::"}, indent=2)
    shown = written(document, as_json=True)
    assert obeyed(shown) == []
    assert json.loads(shown) == json.loads(document)


def test_other_attributes_come_from_the_stream() -> None:
    assert RunnerLog(io.StringIO()).isatty() is False
