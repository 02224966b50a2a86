"""Numbers of metric files are compared as they are written, in every format, and never as binary floats."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.formats.packed import packed, unpacked
from mlgit.adapters.dvc.files.values import metric_values, param_values
from mlgit.core.gates.limits import check_change, check_value
from mlgit.core.pipeline.evidence import Problem
from mlgit.core.pipeline.metrics import MAX_DIGITS, difference, share, text, usable
from mlgit.render.formats.jsonout import document
from tests.support.verdicts import absolute, change

if TYPE_CHECKING:
    from pathlib import Path

FORMS = {
    "m.json": '{"a": %s}',
    "m.yaml": "a: %s\n",
    "m.toml": "a = %s\n",
    "m.csv": "a\n%s\n",
    "m.tsv": "a\n%s\n",
}


def read(name: str, number: str) -> object:
    found = metric_values((FORMS[name] % number).encode(), path=name, documents=Documents(None))
    return found if isinstance(found, Problem) else found.get("a")


LONG = "0.8999999999999999999999999999"


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "number", [LONG, "0.10", "-0.0", "1e-7", "1E5", "123456789012345678901234567890", "0.895"]
)
def test_a_number_is_what_is_written(name: str, number: str) -> None:
    assert read(name, number) == Decimal(number)


# How each format reads a word: a number, a text (which is not a number to gates), or not at all.
WORDS = {
    "1e999999999": "text text text text",
    "-1e999999999": "text text text text",
    "1e-999999999": "text text text text",
    "1e9999999999999999999": "text text text text",
    "1." + "1" * 1_000_000: "text text text error",
    "1" * 1_000_000: "text text error error",
    "0x" + "f" * 1_000_000: "error text text error",
    "0x1F": "error 31 31 31",
    "0o17": "error 15 15 15",
    "0b11": "error 3 3 3",
    "010": "error 10 error 10",
    "12:30:45": "error text text text",
    "1_000": "error 1000 1000 1000",
    "1_0.5": "error 10.5 10.5 10.5",
    ".inf": "error Infinity error Infinity",
    "-.inf": "error -Infinity error -Infinity",
    ".nan": "error NaN error NaN",
    "NaN": "NaN text error NaN",
    "nan": "error text NaN NaN",
    "Infinity": "Infinity text error text",
    "-0": "0 0 0 0",
    "-0.0": "0.0 0.0 0.0 0.0",
    "+1": "error 1 1 1",
    "true": "true true true true",
}


@pytest.mark.parametrize(
    "word", WORDS, ids=lambda word: word[:12] + (f"({len(word)})" if len(word) > 30 else "")
)
def test_what_each_format_reads_from_a_word(word: str) -> None:
    started = time.monotonic()
    for name, expected in zip(("m.json", "m.yaml", "m.toml", "m.csv"), WORDS[word].split(), strict=True):
        found = read(name, word)
        if isinstance(found, Problem):
            kind = "error"
        elif isinstance(found, bool):
            kind = str(found).lower()
        elif isinstance(found, Decimal):
            kind = str(found or abs(found))
        else:
            kind = "text"
        assert (name, kind) == (name, expected)
    assert time.monotonic() - started < 10  # hexadecimal digits once took a minute


def test_the_same_yaml_is_a_float_to_dvc_and_exact_to_gates(tmp_path: Path) -> None:
    content = f"a: {LONG}\nb: [0.5]\nc: {{'#': 0.5, 1: x}}\n".encode()
    for _ in range(2):  # the second time from the cache
        documents = Documents(str(tmp_path))
        exact = metric_values(content, path="m.yaml", documents=documents)
        params = param_values(content, path="m.yaml", documents=documents)
        assert exact == {"a": Decimal(LONG), "c.#": Decimal("0.5"), "c.1": "x"}
        assert params == {"a": Decimal("0.9"), "b": "[0.5]", "c.#": Decimal("0.5"), "c.1": "x"}
        documents.save()


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(TREES)
def test_a_packed_value_comes_back_from_a_cache(tree: object) -> None:
    assert unpacked(json.loads(json.dumps(packed(tree)))) == tree


NUMBERS = st.tuples(
    st.integers(-(10**30), 10**30), st.integers(-40, 10), st.sampled_from(["", "0", "000"])
).map(lambda parts: f"{parts[0]}.{parts[2]}1e{parts[1]}")
NEAR = st.integers(-3, 3).map(lambda steps: f"{Decimal('0.895') + steps * Decimal('1e-25')}")


@given(st.sampled_from(sorted(FORMS)), NUMBERS | NEAR, NUMBERS | NEAR, NUMBERS | NEAR)
def test_gates_agree_with_exact_arithmetic(name: str, candidate: str, baseline: str, limit: str) -> None:
    new, old = read(name, candidate), read(name, baseline)
    assert isinstance(new, Decimal)
    assert isinstance(old, Decimal)
    floor = check_value(absolute("g", low=limit), new).outcome
    assert (floor == "pass") == (Fraction(candidate) >= Fraction(limit))
    drop = check_change(change("g", limits={"max_drop": limit}), new, old).outcome
    assert (drop == "pass") == (Fraction(baseline) - Fraction(candidate) <= Fraction(limit))


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_differences_and_shares_of_usable_numbers_are_exact(one: Decimal, other: Decimal) -> None:
    if usable(one) and usable(other):
        assert Fraction(difference(one, other)) == Fraction(one) - Fraction(other)
        assert Fraction(share(one, other)) == abs(Fraction(one)) * Fraction(other) / 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"1e{MAX_DIGITS}", f"1e-{MAX_DIGITS}"),
        ("9" * MAX_DIGITS, f"{'9' * MAX_DIGITS}e-{2 * MAX_DIGITS - 1}"),
    ],
)
def test_the_largest_and_the_smallest_number_are_exact_together(one: str, other: str) -> None:
    assert usable(Decimal(one))
    assert usable(Decimal(other))
    assert Fraction(difference(Decimal(one), Decimal(other))) == Fraction(one) - Fraction(other)


def test_json_documents_have_all_digits_as_numbers() -> None:
    numbers = [
        LONG,
        "0.5",
        "1E+400",
        "3",
        "123456789012345678901234567890",
        "-1.5E-7",
        "0.12345678901234567890",
    ]
    written = document({"values": [Decimal(each) for each in numbers], "text": "0"})
    back = json.loads(written, parse_float=Decimal, parse_int=Decimal)
    assert back["values"] == [Decimal(each) for each in numbers]
    assert text(back["values"][0]) == LONG
