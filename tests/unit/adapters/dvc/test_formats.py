"""Every format of metric and parameter files keeps the contract, those of installed plug-ins as well."""

from __future__ import annotations

import sys
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.files import values
from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.numbers import Numbers, Wanted
from mlgit.adapters.dvc.files.values import FORMATS, metric_values
from mlgit.core.pipeline.evidence import Problem
from tests.contracts.metrics import MetricFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HALF = {"a.b": Decimal("0.5"), "n": Decimal(3)}
FLAT = {"a": Decimal("0.5"), "n": Decimal(3)}


class TestJson(MetricFormat):
    ending = ".json"
    samples = MappingProxyType({b'{"a": {"b": 0.5}, "n": 3}': HALF})
    broken = (b"", b"{", b'{"a": 1, "a": 2}', b"\xff", b"[1]", b"\0")


class TestYaml(MetricFormat):
    ending = ".yaml"
    samples = MappingProxyType({b"a: {b: 0.5}\nn: 3\n": HALF, b"": {}})
    broken = (b"a: [1", b"a: 1\na: 2\n", b"\xff")


class TestYml(TestYaml):
    ending = ".yml"


class TestNoEnding(TestYaml):
    ending = ""


class TestToml(MetricFormat):
    ending = ".toml"
    samples = MappingProxyType({b"n = 3\n[a]\nb = 0.5\n": HALF})
    broken = (b"a =", b"\xff")


class TestCsv(MetricFormat):
    ending = ".csv"
    samples = MappingProxyType({b"a,n\n0.5,3\n": FLAT})
    broken = (b"", b"a\n1\n2\n", b"a,a\n1,2\n", b"\xff")


class TestTsv(MetricFormat):
    ending = ".tsv"
    samples = MappingProxyType({b"a\tn\n0.5\t3\n": FLAT})
    broken = (b"a\n", b"\xff")


class TestPython(MetricFormat):
    ending = ".py"
    samples = MappingProxyType({b"n = 3\nclass a:\n    b = 0.5\n": HALF})
    broken = (b"a = (", b"\xff")


def test_every_format_has_its_suite() -> None:
    suites = {each.ending for each in every_suite(MetricFormat)}
    assert set(FORMATS) <= suites


def every_suite(suite: type[MetricFormat]) -> Iterator[type[MetricFormat]]:
    for each in suite.__subclasses__():
        yield each
        yield from every_suite(each)


PLUGIN = """\
from decimal import Decimal

def load(content):
    name, _, value = content.decode().strip().partition("=")
    if not value:
        raise ValueError("no value")
    if value == "crash":
        raise KeyError(value)
    if value == "exit":
        raise SystemExit(0)
    junk = {"object": object(), "key": {("a", 1): 1}, "nan": Decimal("sNaN"), "set": {1}}
    if value in junk:
        return {name: junk[value]}
    return {name: float(value)}
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed distribution that reads `.pair` files; `.gone` and `.text` are broken entry points."""
    (tmp_path / "pairs.py").write_text(PLUGIN, encoding="utf-8")
    information = tmp_path / "pairs-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pairs\nVersion: 1.0\n", encoding="utf-8"
    )
    (information / "entry_points.txt").write_text(
        "[mlgit.metrics]\npair = pairs:load\ngone = pairs:gone\ntext = pairs:PLUGIN\njson = pairs:load\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    values._plugged_in.cache_clear()
    yield tmp_path
    values._plugged_in.cache_clear()
    sys.modules.pop("pairs", None)


@pytest.mark.usefixtures("plugin")
class TestPlugin(MetricFormat):
    ending = ".pair"
    samples = MappingProxyType({b"auc=0.5\n": {"auc": Decimal("0.5")}})
    broken = (
        *(b"auc", b"auc=x", b"auc=crash", b"auc=exit", b"\xff"),
        *(b"auc=object", b"auc=key", b"auc=nan", b"auc=set"),
    )


def read(name: str, content: bytes) -> object:
    return metric_values(content, path=name, documents=Documents(None))


def test_without_a_plugin_an_unknown_ending_is_yaml() -> None:
    assert read("m.pair", b"auc: 0.5") == {"auc": Decimal("0.5")}


@pytest.mark.usefixtures("plugin")
def test_a_plugin_does_not_replace_a_format_of_mlgit() -> None:
    assert read("m.json", b'{"auc": 0.5}') == {"auc": Decimal("0.5")}


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("m.gone", "`m.gone` cannot be read: The plug-in `gone` of `mlgit.metrics` cannot be loaded"),
        ("m.text", "`m.text` cannot be read: The plug-in `text` of `mlgit.metrics`"),
    ],
)
def test_a_broken_plugin_is_a_problem_of_the_file(name: str, words: str) -> None:
    found = read(name, b"auc=1")
    assert isinstance(found, Problem)
    assert words in found.message


@pytest.mark.parametrize("metadata", [b"[other]\nfoo\n", b"\xff\xfe", b"[mlgit.metrics]\npair\n"])
def test_damaged_metadata_of_another_distribution_does_not_matter(plugin: Path, metadata: bytes) -> None:
    other = plugin / "bad-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n", encoding="utf-8")
    (other / "entry_points.txt").write_bytes(metadata)
    assert read("m.pair", b"auc=0.5") == {"auc": Decimal("0.5")}
    assert read("m.other", b"auc: 0.5") == {"auc": Decimal("0.5")}


def test_plugins_are_looked_up_only_for_unknown_endings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_plugged_in", lambda ending: pytest.fail(f"looked up `{ending}`"))
    for ending in FORMATS:
        read(f"m{ending}", b"")


@pytest.mark.usefixtures("plugin")
def test_values_of_a_plugin_are_not_cached_since_it_may_change(tmp_path: Path) -> None:
    numbers = Numbers(str(tmp_path / "cache"))
    numbers.read(Wanted("0" * 40, "metric", "m.pair"), b"auc=1")
    numbers.read(Wanted("1" * 40, "metric", "m.json"), b'{"auc": 1}')
    assert [key.rpartition(":")[2] for key in numbers._learned] == [".json"]
