"""The stages that make what is trained at a model's path: not those that only write about it there."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.parts import trainers
from mlgit.core.pipeline.stages import Output

TRAIN = {"out/m.bin": "train"}


@pytest.mark.parametrize(
    ("outs", "after", "expected"),
    [
        (TRAIN, {}, "train"),
        ({"out": "train"}, {}, "train"),
        ({".": "train"} | {"out/m.csv": "more"}, {}, "more"),
        ({"outer/m.bin": "train"}, {}, ""),
        # another part, before or after
        (TRAIN | {"out/scaler.pkl": "scale"}, {}, "scale train"),
        (TRAIN | {"out/scaler.pkl": "scale"}, {"scale": "train"}, "scale train"),
        # numbers
        (TRAIN | {"out/m.json metric": "test"}, {}, "train"),
        (TRAIN | {"out/m.json plot": "test"}, {}, "train"),
        (TRAIN | {"out/m.json": "test"}, {}, "test train"),
        ({"out/m.json metric": "test"}, {}, ""),
        # tables and documents
        (TRAIN | {"out/rows.csv": "test"}, {"test": "train"}, "train"),
        (TRAIN | {"out/CARD.MD": "test"}, {"test": "train"}, "train"),
        (TRAIN | {"out/rows.csv": "test"}, {}, "test train"),
        ({"out/rules.csv": "train"}, {}, "train"),
        (TRAIN | {"out/rows.csv": "test", "out/x.bin": "test"}, {"test": "train"}, "test train"),
        (TRAIN | {"out/rows.csv": "test", "out/m.json metric": "test"}, {}, "test train"),
        # the whole folder as a number
        ({"out metric": "train"}, {}, "train"),
    ],
)
def test_who_makes_what_is_trained(outs: dict[str, str], after: dict[str, str], expected: str) -> None:
    """`outs` are the owners by path, `after` the stage that one comes after."""
    outputs = [
        Output(path=path, owner=owner, metric=kind == "metric", plot=kind == "plot")
        for (path, _, kind), owner in ((name.partition(" "), each) for name, each in outs.items())
    ]
    assert trainers("out", outputs, lambda owner: {owner, after.get(owner, owner)}) == {*expected.split()}
