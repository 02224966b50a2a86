"""OpenMetrics: valid text, stable names, and lines that GitLab's shell-like reader takes apart as meant."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

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
    """Series -> value, after holding the text against the format's rules."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[str, str] = {}
    described = set()
    current = ""
    for line in lines[:-2]:
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in {"TYPE", "HELP"}
            assert (word, name) not in described  # one description a family, before its samples
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
    """What GitLab reads: comments cut at any `#`, words as a shell would split them."""
    words = (shlex.split(re.sub(r"#.*$", "", line)) for line in text.split("\n"))
    return {found[0]: found[1] for found in words if found}


def test_every_metric_stands_there_with_its_base() -> None:
    found = parsed(openmetrics(blocked()))
    where = 'model="tumor",file="metrics/test.json",key="auc"'
    assert found[f"mlgit_metric{{{where}}}"] == "0.958"
    assert found[f"mlgit_metric_base{{{where}}}"] == "0.971"
    assert found['mlgit_gate_passed{model="tumor",gate="auc-vs-prod"}'] == "0"
    assert found['mlgit_gate_blocking{model="tumor",gate="auc-vs-prod"}'] == "1"
    assert found['mlgit_gate_blocking{model="tumor",gate="fast-enough"}'] == "0"
    assert found['mlgit_gates{outcome="pass"}'] == "3"
    assert found["mlgit_blocked"] == "1"


def test_names_do_not_change_with_the_numbers_so_that_branches_can_be_compared() -> None:
    worse, better = (parsed(openmetrics(together(one("tumor", values, BASE)))) for values in (WORSE, BETTER))
    assert worse.keys() == better.keys()


def test_what_is_absent_has_no_line_and_what_is_skipped_has_not_passed_or_failed() -> None:
    found = parsed(openmetrics(together(one("tumor", BASE, None))))
    assert not [series for series in found if series.startswith("mlgit_metric_base")]
    assert 'mlgit_gate_passed{model="tumor",gate="auc-vs-prod"}' not in found
    assert found['mlgit_gates{outcome="skipped"}'] == "3"


def test_without_a_verdict_the_text_says_that_there_is_none() -> None:
    assert parsed(failure(ConfigError("No"))) == {"mlgit_verdict_formed": "0", "mlgit_blocked": "1"}


def test_numbers_without_a_size_are_not_a_number() -> None:
    assert 'key="auc"} NaN' in openmetrics(failing("auc", value="NaN"))


def test_gitlab_reads_a_hash_and_a_space_in_a_name_as_part_of_it() -> None:
    found = as_gitlab(openmetrics(failing("test #1 auc")))
    assert found["mlgit_metric{model=tumor,file=metrics/test.json,key=test %231 auc}"] == "0.5"


@FEW
@given(checks())
def test_no_name_breaks_the_text(record: Check) -> None:
    text = openmetrics(record)
    found = parsed(text)
    assert len(as_gitlab(text)) <= len(found)
    assert as_gitlab(text)["mlgit_blocked"] in {"0", "1"}
