"""Addresses: which stages a name means that is typed in a folder."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.stages import addresses_of

KNOWN = [
    "train",
    "fit@a",
    "fit@b",
    "a/dvc.yaml:fit",
    "b/dvc.yaml:fit",
    "b/c/dvc.yaml:train",
    "b/x/dvc.yaml:own",
]


@pytest.mark.parametrize(
    ("name", "folder", "found"),
    [
        ("train", "", ["train"]),
        ("train", "a", ["train"]),  # from the pipeline above
        ("train", "b/c", ["b/c/dvc.yaml:train"]),
        ("train", "b/c/deeper", ["b/c/dvc.yaml:train"]),
        ("fit", "", ["fit"]),  # all of a `foreach`
        ("fit@a", "", ["fit@a"]),
        ("fit@x", "", []),
        ("fit", "b", ["b/dvc.yaml:fit"]),
        ("fit", "b/c", ["b/dvc.yaml:fit"]),
        ("own", "a", ["b/x/dvc.yaml:own"]),  # the only one of that name
        ("a/dvc.yaml:fit", "", ["a/dvc.yaml:fit"]),
        ("a/dvc.yaml:fit", "b/c", ["a/dvc.yaml:fit"]),  # from the root
        ("c/dvc.yaml:train", "b", ["b/c/dvc.yaml:train"]),  # from the folder
        ("dvc.yaml:train", "", ["train"]),
        ("dvc.yaml:own", "", []),
        ("typo", "", []),
        ("typo", "b", []),
        ("data.dvc", "b", ["b/data.dvc"]),
        ("b/dvc.yaml", "", ["b/dvc.yaml"]),
    ],
)
def test_a_name_means_the_nearest_stage(name: str, folder: str, found: list[str]) -> None:
    assert list(addresses_of(name, folder, KNOWN)) == found


def test_several_pipelines_may_have_a_name() -> None:
    known = [each for each in KNOWN if not each.startswith("fit")]
    assert addresses_of("fit", "", known) == ("a/dvc.yaml:fit", "b/dvc.yaml:fit")
