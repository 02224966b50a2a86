"""Where training and measurement share a folder of code, only what the measurement runs is named."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_code import named
from tests.support.measured_data import Hashes, side

TRAIN, PREDICT = "python src/models/train_model.py", "python src/models/predict_model.py"
GIT = {
    "src/__init__.py": "",
    "src/data/make_dataset.py": "a = 1",
    "src/features/build_features.py": "a = 1",
    "src/models/__init__.py": "",
    "src/models/train_model.py": "from src.models import layers\nfrom src.features import build_features",
    "src/models/layers.py": "a = 1",
    "src/models/predict_model.py": "from src.features.build_features import a",
    "src/visualization/visualize.py": "a = 1",
}


def shared(train: str = TRAIN) -> Pipeline:
    """The stages read all of `src`."""
    known = side({"src": "p/"}, train={"src": "p/"})
    clean, fit, evaluate = known.stages
    return Pipeline(stages=(clean, fit._replace(cmd=(train,)), evaluate))


@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("src/models/train_model.py", False),
        ("src/models/layers.py", False),
        ("src/models/predict_model.py", True),
        ("src/features/build_features.py", True),
        # no stage is known to run it
        ("src/visualization/visualize.py", True),
    ],
)
def test_what_only_the_training_runs_is_not_named(path: str, *, is_named: bool) -> None:
    found = named(shared(), GIT, {**GIT, path: "a = 2"}, PREDICT)
    assert found == (f"`{path}` changed (stage evaluate)" if is_named else "")


LAYERS = {**GIT, "src/models/layers.py": "a = 2"}
CHANGED = "`src/models/layers.py` changed (stage evaluate)"


@pytest.mark.parametrize(
    ("edits", "cmd", "train"),
    [
        # imported, also in the change only, and from a folder that is on the path
        ({"src/models/predict_model.py": "from src.models.layers import a"}, PREDICT, TRAIN),
        ({"src/models/predict_model.py": "import models.layers"}, PREDICT, TRAIN),
        # by a name that is not in the text
        ({"src/models/predict_model.py": "m = importlib.import_module(name)"}, PREDICT, TRAIN),
        ({"src/models/predict_model.py": "m = pydoc.locate(params['metric'])"}, PREDICT, TRAIN),
        ({"src/models/predict_model.py": "m = load_object(params['metric'])"}, PREDICT, TRAIN),
        # what it runs is not known
        ({}, "evaluate", TRAIN),
        # nor what the training runs
        ({}, PREDICT, "fit"),
    ],
)
def test_it_is_named_if_the_measurement_may_run_it(edits: Hashes, cmd: str, train: str) -> None:
    git = {**GIT, **edits}
    assert named(shared(train), git, {**git, "src/models/layers.py": "a = 2"}, cmd) == CHANGED
    if edits:
        assert CHANGED in named(shared(train), GIT, {**LAYERS, **edits}, cmd)


def test_the_target_decides_what_only_the_training_runs() -> None:
    known = shared("fit")
    assert named(known, GIT, LAYERS, PREDICT, now=shared()) == CHANGED
    deep = {**GIT, "src/models/train_model.py": "from src.models import deep", "src/models/deep.py": "a = 1"}
    assert named(shared(), GIT, deep, PREDICT) == ""


@pytest.mark.parametrize(
    ("library", "is_named"),
    [
        ("def f(g): return int(g.__doc__)", True),
        ("from inspect import getdoc", True),
        ("def f(g): return g", False),
    ],
)
def test_a_docstring_is_named_that_another_program_may_read(library: str, *, is_named: bool) -> None:
    git = {**GIT, "src/features/library.py": library}
    git["src/models/predict_model.py"] = "from src.features import build_features, library"
    task = "src/features/build_features.py"
    git[task] = 'def f():\n    """100"""\n'
    found = named(shared(), git, {**git, task: git[task].replace("100", "65")}, PREDICT)
    assert found == (f"`{task}` changed (stage evaluate)" if is_named else "")
