"""Small files that would take a parser minutes, or all of its stack, are refused in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.formats.toml_keys import deep_key
from mlgit.adapters.dvc.files.values import MOST_BYTES, metric_values, param_values
from mlgit.core.pipeline.evidence import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[..., object]] = {"metric": metric_values, "param": param_values}
DEEP = "is nested too deeply"
LEVELS = "nested more than 64 levels deep"
HOSTILE: dict[str, tuple[str, Callable[[], str], str]] = {
    "minus signs": ("p.py", lambda: f"a = {'-' * 200_000}1\n", DEEP),
    "words": ("p.py", lambda: f"a = {'not ' * 100_000}1\n", DEEP),
    "parentheses": ("p.py", lambda: f"a = {'(' * 100_000}1{')' * 100_000}\n", "too many nested parentheses"),
    "sums": ("p.py", lambda: f"a = {'1+' * 100_000}1\n", DEEP),
    "attributes": ("p.py", lambda: f"a{'.a' * 100_000} = 1\n", DEEP),
    "JSON lists": ("m.json", lambda: "[" * 200_000, DEEP),
    "JSON mappings": ("m.json", lambda: '{"a":' * 200_000, DEEP),
    "JSON twice": ("m.json", lambda: "{" + "".join(f'"k{n}":1,' for n in range(90_000)) + '"k7":1}', "twice"),
    "TOML lists": ("m.toml", lambda: f"a = {'[' * 200_000}", DEEP),
    "TOML inline": ("m.toml", lambda: f"a = {'{a=' * 100_000}", DEEP),
    "a dotted key": ("m.toml", lambda: f"b = 1\na{'.a' * 200_000} = 1\n", "(line 2)"),
    "dotted keys": ("m.toml", lambda: f"a{'.a' * 300} = 1\n" * 1500, DEEP),
    "a dotted table": ("m.toml", lambda: f"[a{'.a' * 200_000}]\nb = 1\n", "(line 1)"),
    "a dotted list": ("m.toml", lambda: f'[[a{".a" * 10_000} . "b"]]\nb = 1\n', "(line 1)"),
    "a dotted inline key": ("m.toml", lambda: f"b = {{c = 1, a{'.a' * 200_000} = 1}}\n", "(line 1)"),
    "YAML lists": ("m.yaml", lambda: "- " * 200_000, LEVELS),
    "YAML flow": ("m.yml", lambda: "{a: " * 100_000, LEVELS),
    "YAML indents": ("m", lambda: "".join(f"{' ' * n}a:\n" for n in range(2000)), LEVELS),
    "rows": ("m.csv", lambda: "a\n" * 1_000_000, "999999 rows"),
    "tabs": ("m.tsv", lambda: "a\tb\n" * 1_000_000, "999999 rows"),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_at_once(case: str, kind: str) -> None:
    name, make, words = HOSTILE[case]
    content = make().encode()
    started = time.process_time()
    found = READERS[kind](content, path=name, documents=Documents(None))
    assert time.process_time() - started < 5  # two at most on a quiet machine
    assert isinstance(found, Problem)
    assert found.code == "unreadable"
    assert found.message.startswith(f"`{name}` ")
    assert words in found.message


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("ending", MOST_BYTES)
def test_a_file_that_its_parser_is_too_slow_for_is_refused_by_size(ending: str, kind: str) -> None:
    content = b"#" * (MOST_BYTES[ending] + 1)
    found = READERS[kind](content, path=f"m{ending}", documents=Documents(None))
    assert isinstance(found, Problem)
    assert "is larger than " in found.message


@pytest.mark.parametrize("depth", range(500, 1100, 50))
def test_a_deep_list_is_a_value_or_refused(depth: int) -> None:
    content = f'{{"a": {"[" * depth}{"]" * depth}}}'.encode()
    found = param_values(content, path="p.json", documents=Documents(None))
    assert DEEP in found.message if isinstance(found, Problem) else found["a"] == "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c = 1\n",
        f"a{'.a' * 60} = 1\n" * 100,
        f"[a{'.a' * 100}]\nb = 1\n" * 100,
        f'text = """\n{"a." * 20_000}\n"""\n',
        f"text = '{'a.' * 20_000}'\n",
        f"text = 'x, {'a.' * 20_000}b'\n",
        f"numbers = [{'1.5, ' * 20_000}]\n",
    ],
)
def test_usual_keys_and_texts_are_not_deep_keys(text: str) -> None:
    started = time.process_time()
    assert deep_key(text) is None
    assert time.process_time() - started < 2
