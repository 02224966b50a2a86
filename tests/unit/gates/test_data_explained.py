"""Other data of a stage is named, unless a note names an input of the stage that differs."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.stages import Pipeline, Stage
from tests.support.measured_data import MODEL, Hashes, stage, texts

TEST = "data/test.csv"
CHANGED = f"`{TEST}` changed"
Params = dict[str, object]


def measured(sample: Stage, reads: Hashes, params: Params, model: str = "m") -> Pipeline:
    """A model, a sample of rows, and a number of both and of what else is read with some parameters."""
    last = stage("evaluate", {MODEL: model, TEST: "t", **reads}, {"m.json": "n"})
    return Pipeline(
        stages=(stage("train", {"train.csv": "a"}, {MODEL: model}), sample, with_params(last, params))
    )


def with_params(of: Stage, params: Params) -> Stage:
    assert of.locked is not None
    return of._replace(
        params={"params.yaml": (*params,)}, locked=of.locked._replace(params={"params.yaml": params})
    )


@pytest.mark.parametrize(
    ("old", "new", "reads", "text"),
    [
        ({"raw.csv": "r"}, {"raw.csv": "r"}, {}, [CHANGED]),
        ({"raw.csv": "r"}, {"raw.csv": "s"}, {}, ["`raw.csv` changed"]),
        # newly declared, and named or not
        ({"raw.csv": "r"}, {"raw.csv": "r", "more.csv": "m"}, {}, ["`more.csv` is read now"]),
        ({"raw.csv": "r"}, {"raw.csv": "r", "data/.gitignore": "g"}, {}, [CHANGED]),
        ({"raw.csv": "r"}, {"raw.csv": "r", "conf.json": "j"}, {"conf.json": "j"}, [CHANGED]),
        ({"raw.csv": "r"}, {"raw.csv": "r", "tools/more.py": "p"}, {}, [CHANGED]),
        ({"raw.csv": "r"}, {"raw.csv": "r", MODEL: "m"}, {}, [CHANGED]),
        ({"raw.csv": "r"}, {"raw.csv": "r", "train.csv": "a"}, {"train.csv": "a"}, [CHANGED]),
        # no longer declared: a finding, unless another dependency is still read around it
        ({"raw.csv": "r", "more.csv": "m"}, {"raw.csv": "r"}, {}, []),
        ({"raw.csv": "r", "conf.json": "j"}, {"raw.csv": "r"}, {"conf.json": "j"}, [CHANGED]),
        # a model that differs
        ({"raw.csv": "r", MODEL: "m"}, {"raw.csv": "r", MODEL: "n"}, {}, []),
        # a folder of which only programs differ
        ({"raw.csv": "r", "src": "x/"}, {"raw.csv": "r", "src": "y/"}, {}, [CHANGED]),
    ],
)
def test_other_dependencies(old: Hashes, new: Hashes, reads: Hashes, text: list[str]) -> None:
    sides = [
        measured(stage("sample", deps, {TEST: content}), reads, {}, model=deps.get(MODEL, "m"))
        for deps, content in ((old, "t"), (new, "u"))
    ]
    git = {"raw.csv": "a", "src/x.py": "a", "data/.gitignore": "/x", "more.csv": "m"}
    assert texts(sides[0], sides[1], (git, {**git, "src/x.py": "b"})) == text


@pytest.mark.parametrize(
    ("old", "new", "reads", "text"),
    [
        ({"rows": 10}, {"rows": 10}, {}, [CHANGED]),
        # the note about parameters names these
        ({"rows": 10}, {"rows": 5}, {}, []),
        ({"rows": 10}, {"rows": 10, "skip": 5}, {}, []),
        # newly declared here, or under another name
        ({"rows": 10}, {"rows": 10, "limit": 5}, {"limit": 5}, [CHANGED]),
        ({"rows": 10, "limit": 5}, {"rows": 10}, {"limit": 5}, [CHANGED]),
        ({"rows": 10}, {"most": 10}, {}, [CHANGED]),
    ],
)
def test_other_parameters(old: Params, new: Params, reads: Params, text: list[str]) -> None:
    sides = [
        measured(with_params(stage("sample", {"raw.csv": "r"}, {TEST: content}), params), {}, reads)
        for params, content in ((old, "t"), (new, "u"))
    ]
    assert texts(sides[0], sides[1]) == text


@pytest.mark.parametrize("moved", [{"cmd": ("other",)}, {"wdir": "sub"}])
def test_another_command_or_folder_gives_no_reason_for_other_data(moved: dict[str, object]) -> None:
    old, new = (stage("sample", {"raw.csv": "r"}, {TEST: content}) for content in "tu")
    sides = measured(old, {}, {}), measured(new._replace(**moved), {}, {})  # type: ignore[arg-type]
    assert texts(*sides) == [CHANGED]
