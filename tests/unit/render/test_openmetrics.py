"""OpenMetrics: valid text, stable names, and lines that GitLab's shell-like reader splits correctly."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from mlgit.errors import ConfigError
from mlgit.render.formats.openmetrics import failure, openmetrics
from tests.support.hostile import FEW, checks, failing
from tests.support.reports import BASE, BETTER, WORSE, blocked, one, together

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check

LABEL = r'[a-z]+="(?:[^"\\]|\\["\\n])*"'
SERIES = re.compile(rf"(?P<name>[a-z_]+)(\{{{LABEL}(,{LABEL})*\}})? (?P<value>\S+)")


def parsed(text: str) -> dict[str, str]:
    """The value of each series, after checking the text against the rules of the format."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[str, str] = {}
    described = set()
    current = ""
    for line in lines[:-2]:
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in {"TYPE", "HELP"}
            assert (word, name) not in described  # one description per family, before its samples
            assert word == "HELP" or rest == "gauge"
            described.add((word, name))
            current = name
            continue
        match = SERIES.fullmatch(line)
        assert match is not None, line
        assert match["name"] == current
        series = line.rpartition(" ")[0]
        assert series not in found
        float(match["value"])
        found[series] = match["value"]
    return found


def as_gitlab(text: str) -> dict[str, str]:
    """The series as GitLab reads them: comments start at any `#`, words are split as in a shell."""
    words = (shlex.split(re.sub(r"#.*$", "", line)) for line in text.split("\n"))
    return {found[0]: found[1] for found in words if found}


def test_every_metric_appears_with_its_base() -> None:
    found = parsed(openmetrics(blocked()))
    where = 'model="tumor",file="metrics/test.json",key="auc"'
    assert found[f"mlgit_metric{{{where}}}"] == "0.958"
    assert found[f"mlgit_metric_base{{{where}}}"] == "0.971"
    assert found['mlgit_gate_passed{model="tumor",gate="auc-vs-prod"}'] == "0"
    assert found['mlgit_gate_blocking{model="tumor",gate="auc-vs-prod"}'] == "1"
    assert found['mlgit_gate_blocking{model="tumor",gate="fast-enough"}'] == "0"
    assert found['mlgit_gates{outcome="pass"}'] == "3"
    assert found["mlgit_blocked"] == "1"


def test_names_do_not_change_with_the_numbers() -> None:
    worse, better = (parsed(openmetrics(together(one("tumor", values, BASE)))) for values in (WORSE, BETTER))
    assert worse.keys() == better.keys()


def test_an_absent_number_has_no_line_and_a_skipped_gate_has_no_outcome() -> None:
    found = parsed(openmetrics(together(one("tumor", BASE, None))))
    assert not [series for series in found if series.startswith("mlgit_metric_base")]
    assert 'mlgit_gate_passed{model="tumor",gate="auc-vs-prod"}' not in found
    assert found['mlgit_gates{outcome="skipped"}'] == "3"


def test_without_a_verdict_the_text_says_so() -> None:
    assert parsed(failure(ConfigError("No"))) == {"mlgit_verdict_formed": "0", "mlgit_blocked": "1"}


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("NaN", "NaN"),
        ("Infinity", "+Inf"),
        ("-Infinity", "-Inf"),
        ("1700000000123", "1700000000123"),
        ("0.9298245614035088", "0.9298245614035088"),
        ("0.50", "0.5"),
        ("2.0", "2"),
        ("1E+20", "1E+20"),
    ],
)
def test_every_number_is_written_as_it_is_stored(stored: str, shown: str) -> None:
    assert f'key="auc"}} {shown}\n' in openmetrics(failing("auc", value=stored))


def test_gitlab_reads_a_name_with_a_hash_and_a_space_whole() -> None:
    found = as_gitlab(openmetrics(failing("test #1 auc")))
    assert found["mlgit_metric{model=tumor,file=metrics/test.json,key=test %231 auc}"] == "0.5"


@FEW
@given(checks())
def test_no_name_breaks_the_text(record: Check) -> None:
    text = openmetrics(record)
    found = parsed(text)
    assert len(as_gitlab(text)) <= len(found)
    assert as_gitlab(text)["mlgit_blocked"] in {"0", "1"}
