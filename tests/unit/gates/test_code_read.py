"""Nothing is printed about programs that are read."""

from __future__ import annotations

import pytest

from mlgit.core.python_source import parse
from tests.support.measured_code import named
from tests.support.measured_data import side

PROGRAM = "src/evaluate.py"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["pattern = '\\d'", "1 is 1", "assert (1, 'text')"])
def test_python_does_not_warn_about_the_program_of_a_user(text: str) -> None:
    assert parse(text).body
    git = {PROGRAM: text}
    assert named(side({PROGRAM: "p"}), git, {PROGRAM: f"# more\n{text}"}) == ""
