"""Params: keys may be patterns, as in DVC, and one that several values match is not known."""

from __future__ import annotations

import dpath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.pipeline.params import ParamFiles
from mlgit.core.pipeline.stages import Stage
from tests.unit.adapters.dvc.test_staleness import NoFiles

PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "a*", "?", "[ab]", "0"]), min_size=1, max_size=3)
VALUES = st.recursive(
    st.integers(0, 2),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b", "ab"]), inner, max_size=3) | st.lists(inner, max_size=2)
    ),
    max_leaves=6,
)


class OneFile(NoFiles):
    """A tree with one parameter file."""

    def __init__(self, content: str) -> None:
        self._content = content.encode()

    def read(self, _: str, *, most_bytes: int | None = None) -> bytes | None:  # noqa: ARG002
        return self._content


def check(content: str, key: str, recorded: dict[str, object]) -> list[tuple[str, bool]]:
    stage = Stage(address="s", name="s", file="dvc.yaml", wdir=".", cmd=("x",), params={"p.yaml": (key,)})
    files = ParamFiles(OneFile(content), Documents(None))
    return list(files.check(stage, {"p.yaml": recorded}))


@pytest.mark.parametrize(
    ("key", "recorded", "found"),
    [
        ("sets.m*", {"sets.m*": {"noise": 1}}, []),
        ("sets.m*", {"sets.m*": {"noise": 2}}, [("changed param sets.m*", True)]),
        ("sets.m*", {}, [("new param sets.m*", True)]),
        ("sets.x*", {"sets.x*": 1}, [("deleted param sets.x*", True)]),
        ("sets.*", {"sets.*": 1}, [("param sets.* matches several values, which DVC refuses", False)]),
        ("**.**", {"**.**": 1}, [("param **.** matches several values, which DVC refuses", False)]),
        ("sets.[", {"sets.[": 1}, [("deleted param sets.[", True)]),
    ],
)
def test_a_key_may_be_a_pattern(key: str, recorded: dict[str, object], found: list[tuple[str, bool]]) -> None:
    assert check("sets: {moon: {noise: 1}, flat: {size: 3}}\n", key, recorded) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (".nan", []),
        ("{b: .nan, c: 1}", []),
        ("[1, {b: .nan}]", []),
        ("{b: .nan, c: 2}", [("changed param a", True)]),
        ("[.nan]", [("changed param a", True)]),
    ],
)
def test_nan_in_a_group_or_list_did_not_change(text: str, found: list[tuple[str, bool]]) -> None:
    nan = float("nan")
    recorded = {"{": {"b": nan, "c": 1}, "[": [1, {"b": nan}]}.get(text[0], nan)
    assert check(f"a: {text}\n", "a", {"a": recorded}) == found


@given(VALUES.filter(lambda value: isinstance(value, dict)), PATTERNS.map(".".join))
def test_a_pattern_means_what_dvc_finds(values: dict[str, object], key: str) -> None:
    try:
        value = dpath.get(values, key, separator=".")
    except KeyError:
        expected = [(f"deleted param {key}", True)]
    except ValueError:
        expected = [(f"param {key} matches several values, which DVC refuses", False)]
    else:
        expected = []
        assert check(repr(values), key, {key: [value, "other"]}) == [(f"changed param {key}", True)]
        assert check(repr(values), key, {key: value}) == []
        return
    assert check(repr(values), key, {key: "recorded"}) == expected
