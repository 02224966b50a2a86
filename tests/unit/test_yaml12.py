"""YAML is read as DVC reads it, and invalid YAML is refused with its place."""

from __future__ import annotations

import math
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mlgit.errors import ConfigError
from mlgit.yaml12 import compose, load, plain

WORDS = """\
010 0o17 1_000 1e3 1e-3 yes no on off 0x1F .5e3 1.e3 +1 12:30:45 0b11 _1 1.5E+3 .inf -.inf 08
-.5 0_7 ~ null True false 1. +.5e+3 1e5 a-b 1.2.3 v1 2e 0x 1__0 .
"""
OLD = """yes No ON off y N Yes 010 -010 +0_10 08 0o10 0o 1_000 1:30 -1:30 1:30.1 190:20:30 1:60 +.5 -.5 .5
1e3 1.5e-3 _1 -_9 0x1F 0b11 .inf yEs 0777777777777777777777777777"""
SCALARS = [
    *WORDS.split(),
    "",
    "a b",
    "'1'",
    '"x"',
    "[1, 2.5, x]",
    "{a: 1, b: {c: yes}}",
]


# JSON writes characters beyond the basic plane as two halves, which YAML does not join.
TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=80)


def by_ruamel(text: str) -> object:
    return YAML(typ="safe").load(text)


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_has_the_same_value_as_in_dvc(scalar: str) -> None:
    text = f"k: {scalar}\n"
    assert repr(load(text, name="x")) == repr(by_ruamel(text))


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.MantissaNoDotYAML1_1Warning")
@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("scalar", [*SCALARS, *OLD.split()])
def test_a_version_of_yaml_decides_what_a_scalar_is(scalar: str, version: str) -> None:
    text = f"%YAML {version}\n---\nk: {scalar}\n"
    assert repr(load(text, name="x")) == repr(by_ruamel(text))


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.MantissaNoDotYAML1_1Warning")
@given(st.text(alphabet="0123456789+-._:oeynsf", min_size=1, max_size=6))
def test_a_number_like_word_of_yaml_1_1_has_the_same_value_as_in_dvc(scalar: str) -> None:
    text = f"%YAML 1.1\n---\nk: {scalar}\n"
    try:
        theirs = by_ruamel(text)
    except (YAMLError, ValueError, IndexError):
        return
    if "-" not in scalar[4:5]:  # a date, which is text for us
        assert repr(load(text, name="x", strict=False)) == repr(theirs)


def test_a_fraction_of_yaml_1_1_is_exact_where_decimals_are_asked_for() -> None:
    text = "%YAML 1.1\n---\n[0.10, 1:30.10, -1:00.5, yes]\n"
    found = load(text, name="x", floats_as_decimal=True)
    assert found == [Decimal("0.10"), Decimal("90.10"), Decimal("-60.5"), True]


@given(st.text(alphabet="0123456789eE+-._xobnaif", min_size=1, max_size=6))
def test_a_number_like_word_has_the_same_value_as_in_dvc(scalar: str) -> None:
    text = f"k: {scalar}\n"
    try:
        theirs = by_ruamel(text)
    except (YAMLError, ValueError, IndexError):
        return
    ours = load(text, name="x")
    if scalar.lower().lstrip("+-").startswith("0o") or "-" in scalar[4:5]:
        return  # a date (text for us) or an odd octal
    assert repr(ours) == repr(theirs)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=10,
    )
)
def test_json_output_comes_back(value: object) -> None:
    import json

    text = json.dumps({"k": value})
    assert load(text, name="x") == {"k": value}
    root = compose(text, name="x")
    assert root is not None
    assert plain(root) == {"k": value}


BAD = {
    "a key that appears twice": ("a: 1\nb: 2\na: 3\n", 3, "twice"),
    "an unclosed list": ("a: [1\n", 1, "the `[` is not closed"),
    "an anchor": ("a: &x 1\n", 1, "Anchors"),
    "an alias": ("a: *x\n", 1, "Aliases"),
    "a merge key": ("<<: {a: 1}\n", 1, "Merge keys"),
    "a tag": ("a: !!python/object:x 1\n", 1, "tag"),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "second document"),
    "a tab": ("a:\n\t- b\n", 2, "a tab cannot indent a line"),
    "a control character": ("a: 1\nb: \x01\n", 2, "character"),
    "too deep": ("[" * 100, 1, "levels deep"),
    "a list as key": ("? [1]\n: 2\n", 1, "key"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_yaml_is_refused_with_its_line(case: str) -> None:
    text, line, words = BAD[case]
    with pytest.raises(ConfigError) as caught:
        load(text, name="f.yaml")
    assert words in caught.value.message
    location = caught.value.location
    assert location is not None
    assert (location.path, location.line) == ("f.yaml", line)


def test_a_merge_conflict_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        load("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n", name="dvc.yaml")
    assert "it has an unresolved merge conflict" in caught.value.message
    assert "choose one side" in (caught.value.hint or "")


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(b"a: \xff\n", name="x")


def test_more_than_a_mebibyte_is_refused_only_if_strict() -> None:
    text = "a: " + "x" * (1 << 20)
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load(text, name="x")
    assert load(text, name="x", strict=False) == {"a": "x" * (1 << 20)}


def test_anchors_and_merge_keys_work_unless_strict() -> None:
    text = "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: *x\n"
    assert load(text, name="x", strict=False) == by_ruamel(text)


def test_an_alias_without_its_anchor_is_refused() -> None:
    with pytest.raises(ConfigError, match="no anchor"):
        load("a: *x\n", name="x", strict=False)


def test_floats_become_decimals_as_written() -> None:
    found = load("a: 0.10\nb: 1e-3\nc: 2\nd: .nan\n", name="x", floats_as_decimal=True)
    assert isinstance(found, dict)
    assert (found["a"], str(found["a"])) == (Decimal("0.10"), "0.10")
    assert found["b"] == Decimal("0.001")
    assert found["c"] == 2
    assert found["d"].is_nan()
    plain_nan = load("d: .nan\n", name="x")
    assert isinstance(plain_nan, dict)
    assert math.isnan(plain_nan["d"])


def test_a_path_leads_to_its_line_and_column() -> None:
    root = compose("a:\n  b: [1, {c: xyz}]\n", name="x")
    assert root is not None
    node = root.find(["a", "b", 1, "c"])
    assert node is not None
    assert (node.line, node.column, node.width, node.value) == (2, 14, 3, "xyz")
    key = root.find_key(["a", "b"])
    assert key is not None
    assert (key.line, key.column, key.value) == (2, 3, "b")
    assert root.find(["a", "nothing", 0]) is None


def test_libyaml_does_the_parsing() -> None:
    from mlgit.yaml12 import reader

    assert reader._Parser is not None


def test_an_empty_document_is_nothing() -> None:
    assert load("# only a comment\n", name="x") is None
    assert compose("", name="x") is None


@pytest.mark.parametrize(
    "text", [f"{'a' * 200_000}: : 1\n", f"{'a.' * 200_000} : >x: 1\n", f"{'b:' * 200_000} c: d: e\n"]
)
def test_a_very_long_line_is_refused_at_once(text: str) -> None:
    start_s = process_time()
    with pytest.raises(ConfigError, match="is not valid YAML"):
        load(text, name="dvc.yaml", strict=False)
    assert process_time() - start_s < 20
