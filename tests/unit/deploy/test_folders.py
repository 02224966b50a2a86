"""Folders: placeholders are filled in once, and folders that two deployments would share are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.deploy.folders import Clash, clashes, fill, place_of, placeholders, shared


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


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/mnt/nfs/production/{model}", "/mnt/nfs/production"),
        ("/mnt/nfs/{environment}/{model}", "/mnt/nfs/prod"),
        ("/mnt/nfs/{environment}-{model}/live", "/mnt/nfs"),
        ("/mnt/nfs/m-{model}", "/mnt/nfs"),
        ("/srv/tumor", "/srv"),
        ("/srv/{environment}", "/srv"),
        ("/srv/{}/{model}", "/srv/{}"),
        ("/{model}", "/"),
        ("served/{model}", "served"),
        ("{model}", ""),
    ],
)
def test_the_place_is_the_folder_above_what_a_model_adds(path: str, place: str) -> None:
    assert place_of(path, "prod") == place


@given(st.text(), st.text(), st.text())
def test_a_value_with_braces_is_not_filled_in_again(model: str, environment: str, version: str) -> None:
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
def test_a_folder_clashes_with_itself_and_with_folders_in_it(one: str, other: str, clash: object) -> None:
    found = shared([(("prod", "a"), one), (("prod", "b"), other)])
    assert found == ([Clash(("prod", "a"), ("prod", "b"), other)] if clash else [])


def test_models_whose_names_are_nested_clash() -> None:
    assert [clash.folder for clash in clashes([("prod", "/srv/{model}")], ["a", "a/b", "c"])] == ["/srv/a/b"]


def test_each_folder_has_at_most_one_clash() -> None:
    places = [
        ("/srv/x/y", "a"),
        ("/srv/a", "b"),
        ("/srv/x", "c"),
        ("/srv/a", "d"),
        ("/srv/a", "e"),
        ("/o", "f"),
    ]
    found = shared((("prod", name), place) for place, name in places)
    assert [(clash.first[1], clash.second[1], clash.folder) for clash in found] == [
        ("a", "c", "/srv/x"),
        ("b", "d", "/srv/a"),
        ("b", "e", "/srv/a"),
    ]


def test_the_whole_disk_is_shared_with_everything() -> None:
    assert shared([(("prod", "a"), "/srv/a"), (("prod", "b"), "/")]) == [
        Clash(("prod", "a"), ("prod", "b"), "/")
    ]


@given(st.lists(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=3).map("/".join), max_size=8))
def test_the_deployments_that_share_a_folder_are_named(paths: list[str]) -> None:
    found = shared((("prod", str(number)), f"/{path}") for number, path in enumerate(paths))
    named = {int(name) for clash in found for _, name in (clash.first, clash.second)}
    assert named == {
        number
        for number, path in enumerate(paths)
        for other, there in enumerate(paths)
        if number != other and (f"{path}/".startswith(f"{there}/") or f"{there}/".startswith(f"{path}/"))
    }


def test_thousands_of_models_are_compared_at_once() -> None:
    """A pull request may declare as many as fit into `mlgit.yaml`."""
    models = [f"m{number}" for number in range(5_000)]
    assert clashes([("prod", "/srv/prod/{model}"), ("staging", "/srv/staging/{model}")], models) == []
    assert len(clashes([("prod", "/srv")], models)) == len(models) - 1
