"""Mutation testing prints the changes that no test notices, and only these."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = """\
from functools import cache
from typing import NamedTuple

FEWEST = 3

def enough(number, factor=1):
    return number * factor >= FEWEST

def larger(one, other):
    return one if one > other else other

def until(number):
    at = 0
    while at < number:
        at += 1
    return at

@cache
def after(number):
    return number + 1

class Row(NamedTuple):
    high: bool = False

    @property
    def word(self):
        return "high" if self.high else "low"

SOME = enough(5)
"""
TESTS = """\
from sample import Row, SOME, after, enough, larger, until

def test_enough():
    assert enough(3) and not enough(2) and SOME

def test_larger():
    assert (larger(1, 2), larger(2, 1), larger(2, 2)) == (2, 2, 2)

def test_until():
    assert (until(0), until(3)) == (0, 3)

def test_after():
    assert after(1) == 2

def test_row():
    assert (Row(True).word, Row(False).word) == ("high", "low")
"""


def command(folder: Path, module: str, tests: str) -> subprocess.CompletedProcess[str]:
    (folder / "sample.py").write_text(module, encoding="utf-8")
    (folder / "test_sample.py").write_text(tests, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tests.mutation", "sample.py", "--tests", "test_sample.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return command(tmp_path_factory.mktemp("sample"), MODULE, TESTS)


def test_what_no_test_notices_is_printed_and_nothing_else(found: subprocess.CompletedProcess[str]) -> None:
    assert [line.strip() for line in found.stdout.splitlines()] == [
        "sample.py:10: Gt -> GtE in `one > other`",  # equal numbers: it makes no difference
        "sample.py:23: False -> True in `high: bool = False`",  # no test leaves it out
        "sample.py:29: 5 -> 6 in `SOME = enough(5)`",  # enough as well
        "sample.py: 21 of 24 mutants noticed (87.5%), 0 equivalent",
    ]


def test_too_few_noticed_is_a_failure(found: subprocess.CompletedProcess[str]) -> None:
    assert found.returncode == 1


def test_tests_that_fail_by_themselves_notice_nothing(tmp_path: Path) -> None:
    failing = command(tmp_path, MODULE, TESTS + "\ndef test_wrong():\n    assert False\n")
    assert (failing.returncode, failing.stdout) == (1, "sample.py: its tests fail without a change\n")


def test_a_mutant_with_which_the_tests_cannot_be_imported_is_noticed(tmp_path: Path) -> None:
    tests = (
        "from sample import until\n\nassert until(3) == 3\n\ndef test_until():\n    assert until(0) == 0\n"
    )
    done = command(tmp_path, MODULE, tests)
    assert done.stderr == ""
    assert "while" not in done.stdout
    assert "mutants noticed" in done.stdout
