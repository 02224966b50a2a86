"""Of a folder only its own data is named: not what is elsewhere, what stages make there, or the model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.contents import Contents
from mlgit.core.gates.measured.measuring import Measuring
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import MODEL, Hashes, places, side, stage, texts

LED = "what the link `tests/more@` leads to changed"
POOL = "pool/rows.csv"


def measured(
    deps: Hashes, *, model: str = "m", outs: Hashes | None = None, tracked: Hashes | None = None
) -> Pipeline:
    """A model, a number of it and these dependencies, and what a stage elsewhere makes."""
    known = side(deps, tracked=tracked)
    return Pipeline(
        stages=(
            known.stages[0],
            stage("train", {"data/clean.csv": "c"}, {MODEL: model}),
            stage("evaluate", {MODEL: model, **deps}, {"m.json": "n"}),
            *((stage("more", {"more.csv": "m"}, outs),) if outs else ()),
        ),
        tracked=known.tracked,
    )


def test_what_changes_elsewhere_does_not_explain_the_record_of_a_folder() -> None:
    old = measured({"data": "x/"}, model="m", outs={"other": "a"})
    new = measured({"data": "y/"}, model="k", outs={"other": "b"})
    assert texts(old, new) == ["`data` changed"]


def test_data_that_dvc_tracks_elsewhere_is_not_in_a_folder() -> None:
    old, new = (
        side({"tests": hash_}, tracked={"more/rows.csv": content})
        for hash_, content in (("x/", "a"), ("y/", "b"))
    )
    assert texts(old, new, ({"tests/a.py": "a"}, {"tests/a.py": "b"})) == []


def test_data_that_dvc_tracked_in_a_folder_is_gone() -> None:
    old = side({"data": "x/"}, tracked={"data/raw.csv": "r", "data/x.csv": "x"})
    assert texts(old, side({"data": "x/"}, tracked={"data/raw.csv": "r"})) == ["`data/x.csv` is gone"]


@pytest.mark.parametrize(
    ("dep", "files", "tracked", "text"),
    [
        ("lib/a.py", {}, {"lib": "x/"}, "`lib/a.py` is read now"),
        ("lib/a.py", {"lib/a.py": "a"}, {}, None),
        ("lib", {"lib/a.py": "a"}, {}, None),
        ("lib", {"lib/a.py": "a", "lib/rows.csv": "a"}, {}, "`lib` is read now"),
        ("lib", {}, {}, "`lib` is read now"),
    ],
)
def test_what_is_read_now_is_data_unless_git_has_only_programs_there(
    dep: str, files: Hashes, tracked: Hashes, text: str | None
) -> None:
    old, new = side({}, tracked=tracked), side({dep: "x/" if dep == "lib" else "a"}, tracked=tracked)
    assert texts(old, new, (files, files)) == ([] if text is None else [text])


def test_a_model_in_git_next_to_data_is_not_data() -> None:
    old, new = (
        Pipeline(stages=(stage("evaluate", {"models": hash_}, {"m.json": "n"}),)) for hash_ in ("x/", "y/")
    )
    files = {MODEL: "a", "models/rows.csv": "a"}, {MODEL: "b", "models/rows.csv": "a"}
    assert texts(old, new, files) == []
    assert texts(old, new, (files[0], {MODEL: "a", "models/rows.csv": "b"})) == ["`models/rows.csv` changed"]


def test_what_a_stage_makes_in_git_of_other_data_is_not_named_as_well() -> None:
    old = side({"data": "x/"})
    clean = stage("clean", {"data/raw.csv": "s"}, {"data/clean.csv": "d"})
    new = Pipeline(stages=(clean, *side({"data": "y/"}, clean="d").stages[1:]))
    files = ({"data/raw.csv": "a", "data/clean.csv": "a"}, {"data/raw.csv": "b", "data/clean.csv": "b"})
    assert texts(old, new, files) == ["`data/raw.csv` changed"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        # between links that lead to nothing that Git or DVC has
        ({"tests/more@": "/mnt/a.csv"}, {"tests/more@": "/mnt/b.csv"}, LED),
        ({"tests/more@": "/mnt/a.csv"}, {"tests/more@": POOL, POOL: "a"}, LED),
        ({"tests/more@": POOL, POOL: "a"}, {"tests/more@": "/mnt/a.csv"}, LED),
        # a program, of which the content does not matter
        ({"tests/more@.py": "/mnt/a.py"}, {"tests/more@.py": "/mnt/a.py"}, None),
        # a file that becomes a link, and the other way round
        ({"tests/more@": "a"}, {"tests/more@": POOL, POOL: "a"}, "`tests/more@` changed"),
        ({"tests/more@": POOL, POOL: "a"}, {"tests/more@": "a"}, "`tests/more@` changed"),
        # to a folder, next to a submodule that it does not lead into
        (
            {"tests/more@": "pool", "pool/x.py": "a", "sub&": "1"},
            {"tests/more@": "pool", "pool/x.py": "b", "sub&": "1"},
            None,
        ),
    ],
)
def test_what_links_in_a_folder_lead_to(old: Hashes, new: Hashes, text: str | None) -> None:
    files = old | {"tests/a.py": "a"}, new | {"tests/a.py": "b"}
    assert texts(side({"tests": "x/"}), side({"tests": "y/"}), files) == ([] if text is None else [text])


def test_a_link_to_the_folder_of_the_model_does_not_lead_to_the_model() -> None:
    link = {"tests/more@": "models", "models/about.md": "a", "tests/a.py": "a"}
    old, new = measured({"tests": "x/"}), measured({"tests": "y/"}, model="k")
    assert texts(old, new, (link, link | {"tests/a.py": "b"})) == []


def test_a_link_to_what_was_never_made_leads_to_nothing_known() -> None:
    link = {"tests/more@": "made.csv", "tests/a.py": "a"}
    old, new = (measured({"tests": hash_}, outs={"made.csv": ""}) for hash_ in ("x/", "y/"))
    found = texts(old, new, (link, link | {"tests/a.py": "b"}))
    assert found == ["what the link `tests/more@` leads to is not in Git"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("tests/sub/", ["`tests/sub/rows.csv` changed"]),
        ("tests/sub", []),
        ("tests/", ["`tests/sub/rows.csv` changed"]),
        ("other/", []),
    ],
)
def test_a_folder_that_git_does_not_track_yet_has_other_content(changed: str, expected: list[str]) -> None:
    there = places({"tests/sub/rows.csv": "a"})
    sides = Measuring(side({"tests": "x/"})), Measuring(side({"tests": "x/"}))
    contents = Contents(sides, (there, there), lambda: {changed})
    assert list(contents.inside("tests", MODEL)) == expected


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        (".gitattributes", [["tests/a.py", "tests/rows.csv"]]),
        ("tests/.gitattributes", [["tests/a.py", "tests/rows.csv"]]),
        ("x.gitattributes", []),
        ("a.py", []),
    ],
)
def test_git_is_asked_for_the_bytes_of_files_only_where_its_attributes_changed(
    changed: str, asked: list[list[str]]
) -> None:
    found: list[list[str]] = []

    def written(paths: object) -> dict[str, str]:
        assert isinstance(paths, list)
        found.append(paths)
        return {}

    there = replace(places({"tests/rows.csv": "a", "tests/a.py": "a", "tests/sub&": "1"}), written=written)
    sides = Measuring(side({"tests": "x/"})), Measuring(side({"tests": "x/"}))
    contents = Contents(sides, (there, there), lambda: {changed})
    assert list(contents.inside("tests", MODEL)) == []
    assert found == asked * 2


def test_other_bytes_of_a_program_explain_the_record_of_a_folder() -> None:
    old = {"tests/a.py": "a", "tests/rows.csv": "a", ".gitattributes": ""}
    new = old | {".gitattributes": "tests/a.py"}
    assert texts(side({"tests": "x/"}), side({"tests": "y/"}), (old, new)) == []
