"""No name becomes a command to GitHub's runner."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.cli.shell.runner_log import RunnerLog


def obeyed(log: str) -> list[str]:
    """The lines that the runner takes for commands, as its ActionCommand does."""
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
def test_commands_are_broken_and_can_still_be_read(text: str) -> None:
    assert obeyed(text) != []
    assert obeyed(written(text)) == []
    assert written(text).replace("\u200b", "") == text


def test_a_line_that_is_written_in_pieces_is_one_line() -> None:
    assert obeyed(written("  ", "::error::x\n", "a", "::b")) == []
    assert written("auc", "::b") == "auc::b"


def test_json_keeps_its_meaning() -> None:
    document = json.dumps({"name": "##[error]x ::error::"}, indent=2)
    shown = written(document, as_json=True)
    assert obeyed(shown) == []
    assert json.loads(shown) == json.loads(document)


def test_the_rest_of_the_stream_is_its_own() -> None:
    assert RunnerLog(io.StringIO()).isatty() is False
