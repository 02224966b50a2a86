"""Placeholders are filled in once, and folders that two deployments would share are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.places import Clash, clashes, fill, placeholders, shared


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("/srv/{model}/{environment}", ("model", "environment")),
        ('{"a": 1} ${HOME} {} {.status} {0} { model }', ("HOME",)),
        ("{{model}}", ("model",)),
    ],
)
def test_only_a_name_in_braces_is_a_placeholder(text: str, names: tuple[str, ...]) -> None:
    assert placeholders(text) == names


def test_each_placeholder_is_filled_in() -> None:
    text = "{model}/{version}/{environment}/{model}/{other}/{}"
    assert fill(text, model="m", environment="e", version="v1.0.0") == "m/v1.0.0/e/m/{other}/{}"


@given(st.text(), st.text(), st.text())
def test_what_is_filled_in_is_not_read_again(model: str, environment: str, version: str) -> None:
    filled = fill("{model}|{environment}|{version}", model=model, environment=environment, version=version)
    assert filled == f"{model}|{environment}|{version}"


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("/srv/a", "/srv/a", True),
        ("/srv/a", "/srv/a/b", True),
        ("/srv/a/b", "/srv/a", True),
        ("/srv/a", "/srv/ab", False),
        ("/srv/a", "/srv/b", False),
    ],
)
def test_a_folder_clashes_with_itself_and_with_what_lies_in_it(one: str, other: str, clash: object) -> None:
    found = shared([(("prod", "a"), one), (("prod", "b"), other)])
    assert found == ([Clash(("prod", "a"), ("prod", "b"), other)] if clash else [])


def test_models_whose_names_lie_in_each_other_clash() -> None:
    assert [clash.place for clash in clashes([("prod", "/srv/{model}")], ["a", "a/b", "c"])] == ["/srv/a/b"]
