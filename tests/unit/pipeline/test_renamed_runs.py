"""A stage that has another name is the same if it runs the same, with other names of its inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.pipeline.chain.readers import Reader
from mlgit.core.pipeline.chain.renamed_runs import is_renamed_run

OLD = Reader(address="train", run=("", "python src/train.py --fast"), deps=("src/train.py", "data.csv"))
FIT = {"src/train.py": "src/fit.py"}


def fit(*cmd: str, deps: tuple[str, ...] = ("src/fit.py", "data.csv"), wdir: str = "") -> Reader:
    return Reader(address="fit", run=(wdir, *cmd), deps=deps)


@pytest.mark.parametrize(
    ("new", "renamed", "same"),
    [
        (fit("python src/train.py --fast"), {}, True),
        (fit("python src/fit.py --fast"), FIT, True),
        (fit("python src/fit.py --fast"), {}, False),
        (fit("python src/fit.py --best"), FIT, False),
        (fit("python src/fit.py --fast", "cp good.json m.json"), FIT, False),
        (fit("python src/fit.py.bak --fast"), {"src/train.py": "src/fit.py"}, False),
        (fit("python src/fit.py --fast", deps=("data.csv",)), FIT, False),
        (
            fit("python src/train.py --fast", wdir="ml", deps=("ml/src/train.py", "ml/data.csv")),
            {"src/train.py": "ml/src/train.py"},
            True,
        ),
        (fit("python src/fit.py --fast", wdir="."), FIT, True),
        # In another folder, the same words are about other files.
        (fit("python src/train.py --fast", wdir="ml", deps=("ml/src/train.py",)), {}, False),
        (fit("python src/train.py --fast", wdir="ml"), {}, False),
        (
            fit("python src/train.py --fast", wdir="ml", deps=("ml/src/train.py", "data.csv")),
            {"src/train.py": "ml/src/train.py"},
            False,
        ),
    ],
)
def test_a_command_is_the_same_but_for_the_names_of_its_inputs(
    new: Reader, renamed: dict[str, str], *, same: bool
) -> None:
    assert is_renamed_run(OLD, new, renamed) is same


def test_a_module_is_named_with_dots() -> None:
    old = Reader(address="a", run=("", "python -m src.train"), deps=("src/train.py",))
    new = Reader(address="b", run=("", "python -m src.fit"), deps=("src/fit.py",))
    assert is_renamed_run(old, new, FIT)
    assert not is_renamed_run(old, new, {})


def test_only_an_input_of_the_stage_itself_has_another_name_in_its_command() -> None:
    old = Reader(address="a", run=("", "python src/train.py other.csv"), deps=("src/train.py",))
    new = Reader(address="b", run=("", "python src/train.py data.csv"), deps=("src/train.py", "data.csv"))
    renamed = {"other.csv": "data.csv"}
    assert not is_renamed_run(old, new, renamed)
    assert is_renamed_run(replace(old, deps=(*old.deps, "other.csv")), new, renamed)


def test_stages_without_a_command_are_not_the_same() -> None:
    old, new = (Reader(address=name, run=("",), deps=("a",)) for name in "ab")
    assert not is_renamed_run(old, new, {})
