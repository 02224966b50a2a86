"""Git changes: nothing is called unchanged that a file of Git may contradict."""

from __future__ import annotations

import pytest

from mlgit.core.compare.git_changes import with_git_changes, with_other_inputs
from mlgit.core.pipeline.stages import Output, Pipeline, Stage

SAME = dict.fromkeys(("data", "params", "model"), "unchanged")


def parts(*changed: str, known: tuple[str, ...] = (), models: bool = True) -> dict[str, str]:
    """The parts that differ from `unchanged`; `left out` if one is not there."""
    found = with_git_changes(SAME, changed, known=known, models=models)
    return {part: found.get(part, "left out") for part in SAME if found.get(part) != "unchanged"}


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [((), ("a.csv",), "new"), (("a.csv",), (), "gone"), (("a.csv",), ("a.csv",), "changed")],
)
def test_a_data_file_of_git_is_new_or_gone_or_changed(
    before: tuple[str, ...], after: tuple[str, ...], word: str
) -> None:
    found = with_git_changes(SAME, ["a.csv"], known=(), models=True, there=(before, after))
    assert found["data"] == f"`a.csv` {word}"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/train.py", {}),
        ("notebooks/look.ipynb", {}),
        ("README.md", {}),
        ("dvc.lock", {}),
        (".github/workflows/x.yml", {}),
        ("data/train.csv.dvc", {}),
        ("requirements-dev.txt", {}),
        ("data/train.csv", {"data": "`data/train.csv` changed"}),
        ("img/a.PNG", {"data": "`img/a.PNG` changed"}),
        ("conf/train.yaml", {"params": "left out"}),
        ("settings.json", {"params": "left out"}),
        ("words.txt", {"data": "left out"}),
        ("data/", {"data": "left out"}),
        ("features.pkl", {"data": "left out"}),
    ],
)
def test_a_changed_file_of_git_is_data_or_makes_a_part_doubtful(path: str, expected: dict[str, str]) -> None:
    assert parts(path) == expected


@pytest.mark.parametrize("path", ["metrics.json", "models/net/weights.bin", "data/raw.csv"])
def test_a_file_that_is_known_otherwise_says_nothing(path: str) -> None:
    assert parts(path, known=("metrics.json", "models/net", "data/raw.csv")) == {}


def test_without_known_models_any_other_file_may_be_one() -> None:
    assert parts("net.bin", models=False) == {"data": "left out", "model": "left out"}
    assert parts("train.py", models=False) == {}


def test_data_of_git_follows_that_of_dvc() -> None:
    found = with_git_changes({"data": "`a` changed"}, ["b.csv"], known=(), models=True)
    assert found == {"data": "`a` changed, `b.csv` changed"}
    assert with_git_changes({}, ["b.csv"], known=(), models=True) == {}


def pipeline(*deps: str) -> Pipeline:
    """A stage that makes clean.csv, and one that reads these files."""
    made = Output(path="clean.csv", owner="prepare")
    prepare = Stage(address="prepare", name="prepare", file="dvc.yaml", wdir="", cmd=(), outs=(made,))
    test = Stage(address="test", name="test", file="dvc.yaml", wdir="", cmd=(), deps=deps)
    return Pipeline(stages=(prepare, test))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (("a.csv", "x.py"), ("b.csv", "y.py"), "`test` reads `b.csv` in place of `a.csv`"),
        (("clean.csv",), ("b.csv",), "`test` reads `b.csv` in place of `clean.csv`"),
        (("a.csv",), ("a.csv", "b.csv"), "`test` also reads `b.csv`"),
        (("a.csv", "b.csv"), ("a.csv",), "`test` no longer reads `b.csv`"),
        (("a.csv", "x.py"), ("a.csv", "y.py", "clean.csv"), None),
    ],
)
def test_data_is_not_unchanged_where_a_stage_reads_another_file(
    before: tuple[str, ...], after: tuple[str, ...], text: str | None
) -> None:
    sides = pipeline(*before), pipeline(*after)
    assert with_other_inputs(SAME, *sides)["data"] == (text or "unchanged")
    more = with_other_inputs({"data": "`raw.csv` changed"}, *sides)["data"]
    assert more == "`raw.csv` changed" + (f"; {text}" if text else "")
    assert with_other_inputs({}, *sides) == {}
