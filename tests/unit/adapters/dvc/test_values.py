"""Metric and parameter files become flat values, or one sentence with the reason why not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.values import MAX_BYTES, metric_values, param_values
from mlgit.core.pipeline.evidence import Problem


def metrics(name: str, content: str | bytes) -> object:
    raw = content if isinstance(content, bytes) else content.encode()
    return metric_values(raw, path=name, documents=Documents(None))


READ: dict[str, tuple[str, str | bytes, dict[str, object]]] = {
    "nested JSON": ("m.json", '{"a": {"b": 0.1, "c": 2}}', {"a.b": Decimal("0.1"), "a.c": Decimal(2)}),
    "YAML 1.2": ("m.yaml", "a: 1e-3\nb: yes\n", {"a": Decimal("0.001"), "b": "yes"}),
    "TOML": ("m.toml", "[a]\nb = 0.5\n", {"a.b": Decimal("0.5")}),
    "CSV with one row": (
        "m.csv",
        "auc,n,name\n0.9,10,x\n",
        {"auc": Decimal("0.9"), "n": Decimal(10), "name": "x"},
    ),
    "TSV": ("m.tsv", "auc\tn\n0.9\t10\n", {"auc": Decimal("0.9"), "n": Decimal(10)}),
    "no ending is YAML": ("metrics", "a: 1\n", {"a": Decimal(1)}),
    "lists and nulls are left out": ("m.json", '{"a": [1], "b": null, "c": true}', {"c": True}),
    "a lone number": ("m.json", "0.5", {"": Decimal("0.5")}),
    "an empty mapping": ("m.json", "{}", {}),
    "a byte order mark": ("m.json", b'\xef\xbb\xbf{"a": 1}', {"a": Decimal(1)}),
}


@pytest.mark.parametrize("case", READ)
def test_a_good_file_is_read(case: str) -> None:
    name, content, expected = READ[case]
    assert metrics(name, content) == expected


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_finite_are_kept_for_the_gates_to_refuse(text: str) -> None:
    found = metrics("m.json", f'{{"a": {text}}}')
    assert isinstance(found, dict)
    assert str(found["a"]) == text


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "JSON cut off in an object": (
        "m.json",
        '{\n  "b": "}",\n  "a": 1\n',
        "is cut off: the JSON ends inside an object (line 3, column 9)",
    ),
    "JSON cut off in a list": ("m.json", '{"a": [1, ', "ends inside a list (line 1, column 10)"),
    "JSON cut off in a text": ("m.json", '{"a": "b', "ends inside a text (line 1, column 9)"),
    "JSON cut off after a text": ("m.json", '{"a": "b"', "ends inside an object (line 1, column 10)"),
    "JSON cut off after a colon": ("m.json", '{"a":', "ends inside an object"),
    "JSON with a comma too many": (
        "m.json",
        '{"a": 1,}',
        "there is a comma before the end (line 1, column ",
    ),
    "JSON with single quotes": (
        "m.json",
        "{'a': 1}",
        "texts are in double quotes in JSON (line 1, column 2)",
    ),
    "JSON with nan": ("m.json", '{"a": nan}', "`nan` is not a JSON value (line 1, column 7)"),
    "JSON twice": ("m.json", '{"a": 1}\n{"a": 2}', "there is more text after its end (line 2, column 1)"),
    "JSON without a comma": ("m.json", '{"a": 1 "b": 2}', "a comma is missing (line 1, column 9)"),
    "JSON without a colon": ("m.json", '{"a" 1}', "a colon is missing"),
    "JSON without quotes": ("m.json", "{a: 1}", "the name `a` is not in quotes"),
    "empty JSON": ("m.json", "  ", "empty"),
    "a key twice": ("m.json", '{"a": 1, "a": 2}', "`a` twice"),
    "a key twice in YAML": ("m.yaml", "a: 1\na: 2\n", "twice"),
    "a list at the top": ("m.json", "[1, 2]", "a list"),
    "binary": ("m.json", b"\x00\x01", "a binary file"),
    "not UTF-8": ("m.json", b'{"a": "\xff"}', "not UTF-8"),
    "broken YAML": ("m.yaml", "a: [1\n", "the `[` is not closed (line 1)"),
    "broken TOML": ("m.toml", "a = \n", "not valid TOML"),
    "two rows": ("m.csv", "a\n1\n2\n", "2 rows"),
    "no row": ("m.csv", "a\n", "0 rows"),
    "a row too short": ("m.csv", "a,b\n1\n", "does not fit"),
    "a merge conflict": ("m.json", '<<<<<<< HEAD\n{"a": 1}\n=======\n', "unresolved merge conflict"),
    "a merge conflict inside": ("m.toml", "a = 1\n<<<<<<< HEAD\n", "unresolved merge conflict"),
    "two places for one key": ("m.json", '{"a.b": 1, "a": {"b": 2}}', "two values for `a.b`"),
    "too large": ("m.json", b" " * (MAX_BYTES + 1), "larger than"),
    "too deep": ("m.json", "[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_a_problem_that_names_it(case: str) -> None:
    name, content, words = REFUSED[case]
    found = metrics(name, content)
    assert isinstance(found, Problem)
    assert found.code == "unreadable"
    assert found.message.startswith(f"`{name}` ")
    assert words in found.message


def test_only_requested_parameters_are_given() -> None:
    content = b"train: {lr: 0.1, deep: {x: 1}}\nother: 2\ntraining: 3\n"
    documents = Documents(None)
    found = param_values(content, path="params.yaml", documents=documents, keys=["train.deep", "other"])
    assert found == {"train.deep.x": Decimal(1), "other": Decimal(2)}
    stars = param_values(content, path="params.yaml", documents=documents, keys=["train.*"])
    assert stars == {"train.lr": Decimal("0.1"), "train.deep.x": Decimal(1)}


def test_a_list_parameter_is_one_value() -> None:
    found = param_values(b"sizes: [1, 0.5, x]\n", path="params.yaml", documents=Documents(None))
    assert found == {"sizes": "[1, 0.5, 'x']"}


def test_an_empty_group_of_parameters_is_one_value() -> None:
    documents = Documents(None)
    found = param_values(b"steps: {strict: {}, all: [{}]}\n", path="params.yaml", documents=documents)
    assert found == {"steps.strict": "{}", "steps.all": "[{}]"}
    assert param_values(b"{}\n", path="params.yaml", documents=documents) == {}


def test_a_broken_python_file_is_a_problem_with_its_line() -> None:
    found = param_values(b"a = 1\nb = (\n", path="p.py", documents=Documents(None))
    assert isinstance(found, Problem)
    assert "not valid Python" in found.message
