"""Loader: the values of mlgit.yaml, and arbitrary contents that never crash it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.config.loader import load
from mlgit.core.config.file import Config, Environment, FileBaseline, Gate, Limit, Model
from tests.support.config_file import WHOLE, outcome, read


def test_a_whole_file_becomes_a_config() -> None:
    assert read(WHOLE.replace("a/../ref", "ref")) == Config(
        models={
            "tumor": Model(
                name="tumor",
                path="models/tumor.skops",
                description="Benign or malignant",
                metrics=("metrics/*.json",),
            ),
            "sub/dir:Old_Name": Model(name="sub/dir:Old_Name"),
        },
        directions={"profit_eur": "up"},
        gates={
            "auc-floor": Gate(id="auc-floor", metric="auc", minimum=Decimal("0.950")),
            "auc-vs-prod": Gate(
                id="auc-vs-prod",
                metric="auc",
                vs="prod",
                change={"max_drop": Limit(amount=Decimal("0.005"))},
                models=("tumor",),
            ),
            "loss-vs-base": Gate(
                id="loss-vs-base",
                metric="logloss",
                vs="base",
                change={"max_rise": Limit(amount=Decimal("2.5"), relative=True)},
                on_no_baseline="fail",
                when="promote",
            ),
            "fast": Gate(
                id="fast",
                metric="latency.p95_ms",
                minimum=Decimal(0),
                maximum=Decimal(50),
                severity="warn",
                models=("tumor",),
            ),
            "ref": Gate(
                id="ref",
                metric="auc",
                vs=FileBaseline(path="ref.json"),
                change={"max_drop": Limit(amount=Decimal(0)), "max_rise": Limit(amount=Decimal(1))},
                on_inconclusive="allow",
            ),
        },
        environments={
            "staging": Environment(name="staging", auto=True, pre=True),
            "prod": Environment(name="prod", source="staging", gates=("auc-vs-prod",)),
            "old": Environment(name="old"),
        },
    )


def test_numbers_keep_their_digits() -> None:
    gates = read("version: 1\ngates:\n  a: {metric: m, min: 0.950, max: 1.10000000000000000001}\n").gates
    assert str(gates["a"].minimum) == "0.950"
    assert str(gates["a"].maximum) == "1.10000000000000000001"


def test_a_gate_knows_its_line() -> None:
    gates = read(
        "version: 1\ngates:\n\n  a: {metric: m, min: 1}\n  # b\n  c:\n    metric: m\n    max: 1\n"
    ).gates
    assert {name: gate.line for name, gate in gates.items()} == {"a": 4, "c": 6}


def test_without_a_file_nothing_is_declared() -> None:
    assert load(None, name="mlgit.yaml", cache_dir=None) == Config(declared=False)


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing yet\n", "---\n", "\ufeff", "version: 1", "version: 1.0"]
)
def test_an_empty_file_declares_nothing(text: str) -> None:
    assert read(text) == Config(declared=True)


def test_sections_with_only_comments_are_empty() -> None:
    text = "version: 1\nmodels:\n  # m: {}\ngates:\nenvironments:\ndirections:\n"
    assert read(text) == Config()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    [
        "version",
        "models",
        "gates",
        "environments",
        "directions",
        "metric",
        "min",
        "vs",
        "path",
        "from",
        "m",
        "base",
    ]
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | SCALARS, inner, max_size=4)
)


@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_any_yaml_is_a_config_or_a_config_error_with_a_place(tree: dict[str, Any]) -> None:
    content = yaml.safe_dump({"version": 1, **tree}, allow_unicode=True).encode("utf-8", "surrogatepass")
    result = outcome(content)
    assert isinstance(result, Config) or result.location is not None


@given(st.binary(max_size=40), st.integers(0, len(WHOLE)))
def test_damaged_bytes_never_crash(noise: bytes, place: int) -> None:
    whole = WHOLE.encode()
    for content in (whole[:place], whole[:place] + noise + whole[place:]):
        result = outcome(content)
        assert isinstance(result, Config) or result.location is not None
