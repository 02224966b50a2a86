"""Metric formats: the tests that every loader of metric and parameter files must pass.

Install your distribution, then subclass the suite:

    class TestXml(MetricFormat):
        ending = ".xml"
        samples = {b"<auc>0.9</auc>": {"auc": Decimal("0.9")}}
        broken = [b"<auc>"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.values import metric_values, param_values, parse
from mlgit.core.pipeline.evidence import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.pipeline.evidence import Value


class MetricFormat:
    """The suite of one format.

    `samples` maps contents to their values by dotted key. `broken` are contents that are not in the format.
    """

    ending: ClassVar[str]
    samples: ClassVar[Mapping[bytes, Mapping[str, Value]]]
    broken: ClassVar[Sequence[bytes]]

    def _metrics(self, content: bytes) -> Mapping[str, Value] | Problem:
        return metric_values(content, path=f"folder/m{self.ending}", documents=Documents(None))

    def test_every_sample_has_its_values(self) -> None:
        assert self.samples
        for content, values in self.samples.items():
            assert self._metrics(content) == values

    def test_the_ending_counts_in_upper_case_as_well(self) -> None:
        for content, values in self.samples.items():
            path = f"M{self.ending.upper()}"
            assert metric_values(content, path=path, documents=Documents(None)) == values

    def test_values_are_plain(self) -> None:
        for content in self.samples:
            assert plain(parse(content, path=f"m{self.ending}", documents=Documents(None)))

    def test_reading_again_gives_the_same(self) -> None:
        for content in self.samples:
            assert self._metrics(content) == self._metrics(content)

    def test_broken_content_is_a_problem_that_names_the_file(self) -> None:
        assert self.broken
        for content in self.broken:
            found = self._metrics(content)
            assert isinstance(found, Problem), content
            assert found.code == "unreadable"
            assert found.message.startswith(f"`folder/m{self.ending}` ")

    def test_no_content_raises(self) -> None:
        @given(content=st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
        def check(content: bytes) -> None:
            for read in (metric_values, param_values):
                found = read(content, path=f"m{self.ending}", documents=Documents(None))
                assert isinstance(found, (dict, Problem))

        check()


def plain(tree: object) -> bool:
    """Whether a tree has only mappings with text keys, lists, texts, numbers, booleans and None."""
    if isinstance(tree, dict):
        return all(type(key) is str and plain(value) for key, value in tree.items())
    if isinstance(tree, list):
        return all(map(plain, tree))
    return tree is None or type(tree) in {str, int, float, bool}
