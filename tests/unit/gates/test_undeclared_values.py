"""Values of a parameter file that a program which measures reads and no stage declares are named."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.unmeasured.undeclared import undeclared_notes
from mlgit.core.pipeline.stages import Pipeline
from mlgit.yaml12 import load_both
from tests.support.measured_data import gate, places, side, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    Declared = Mapping[str, Mapping[str, tuple[str, ...] | None]]

READS = 'import yaml\nparams = yaml.safe_load(open("params.yaml"))["eval"]\n'
START = "has other values that no stage which measures declares, and"
OWN = f"`params.yaml` {START} `e.py` (stage evaluate) names it: "


def message(
    old: str,
    new: str,
    *,
    program: str = READS,
    cmd: str = "python e.py",
    declared: Declared | None = None,
    file: str = "params.yaml",
    before: Declared | None = None,
) -> str:
    """The note about a file with two contents; `declared` are the parameters of stages, also `before`."""

    def made(given: Declared) -> Pipeline:
        *others, last = (each._replace(params=given.get(each.name, {})) for each in side({}).stages)
        more = [stage(name, {}, {})._replace(params=given[name]) for name in given if name == "tune"]
        return Pipeline(stages=(*others, last._replace(cmd=(cmd,)), *more))

    now = declared or {}
    both = made(now if before is None else before), made(now)
    sides = [places({file: text, "e.py": program, "t.py": READS}) for text in (old, new)]
    notes = undeclared_notes(
        [gate(both[0])],
        [gate(both[1])],
        both,
        places=(sides[0], sides[1]),
        changed=lambda: {file} if old != new else set(),
        load=lambda _, content: (load_both(content) or (None,))[0],
        both=load_both,
    )
    found = [(each.code, each.message) for each in notes]
    assert {code for code, _ in found} <= {"params_changed"}
    return " ".join(text for _, text in found)


def test_values_that_no_stage_declares_are_named() -> None:
    assert message("eval: {limit: 10, all: 1}", "eval: {limit: 5, new: 2}") == (
        f"{OWN}`eval.all` is gone, `eval.limit` 10 -> 5, `eval.new` is new: 2"
    )
    assert message("eval: {limit: 10}", "eval: {limit: 10}  # rows") == ""
    assert message("eval: {limit: 10}", "eval: [") == ""


NOT_OURS: dict[tuple[str, str], Declared] = {
    # it is of a stage that does not measure
    ("train: {lr: 1}", "train: {lr: 2}"): {"train": {"params.yaml": ("train.lr",)}},
    # so is a group of which it declares a part, and a file that it declares
    ("train: {lr: 1, more: 1}", "train: {lr: 1, more: 2}"): {"train": {"params.yaml": ("train.lr",)}},
    ("fit: {rate: 1}", "fit: {rate: 2}"): {"train": {"params.yaml": None}},
    # it is compared by DVC
    ("eval: {limit: 1}", "eval: {limit: 2}"): {"evaluate": {"params.yaml": ("eval",)}},
    ("eval: {limit: 3}", "eval: {limit: 4}"): {"evaluate": {"params.yaml": None}},
}


@pytest.mark.parametrize("values", NOT_OURS)
def test_what_a_stage_declares_is_not_named(values: tuple[str, str]) -> None:
    assert message(*values, declared=NOT_OURS[values]) == ""


def test_what_a_program_names_counts_although_another_stage_declares_all() -> None:
    declared: Declared = {"train": {"params.yaml": None}}
    assert message("eval: {a: 1}", "eval: {a: 2}", declared=declared) == f"{OWN}`eval.a` 1 -> 2"
    program = READS.replace('["eval"]', '\nx = params["limit"]')
    assert message("limit: 1", "limit: 2", declared=declared, program=program) == f"{OWN}`limit` 1 -> 2"


MEANINGS = {
    # value -> another spelling of it, and what both readers have
    "010": ("10", "10 for DVC, 8"),
    "1:30": ('"1:30"', '"1:30" for DVC, 90'),
    "yes": ('"yes"', '"yes" for DVC, true'),
    "0o10": ("8", '8 for DVC, "0o10"'),
    "1e3": ("1000.0", ""),  # a script that wants a number makes it one
    "10": ("10 ", ""),
}


@pytest.mark.parametrize("new", MEANINGS)
def test_an_undeclared_value_with_two_meanings_is_named(new: str) -> None:
    was, words = MEANINGS[new]
    old, now = f"eval: {{limit: {was}}}", f"eval: {{limit: {new}}}"
    text = (
        f"`params.yaml` now has `eval.limit` ({words} for a script that uses YAML 1.1); "
        "no stage which measures declares that, and `e.py` (stage evaluate) names it"
    )
    assert message(old, now) == (text if words else "")
    assert message(now, f"{now}  # as before") == ""
    for name in ("train", "evaluate"):
        assert message(old, now, declared={name: EVAL}) == ""


EVAL: dict[str, tuple[str, ...] | None] = {"params.yaml": ("eval.limit",)}
ALL: dict[str, tuple[str, ...] | None] = {"params.yaml": None}
OF_THE_CHANGE: dict[str, tuple[tuple[str, str], Declared, Declared, str]] = {
    "a new stage": (("eval: {limit: 1}", "eval: {limit: 2}"), {}, {"tune": EVAL}, "`eval.limit` 1 -> 2"),
    "a whole file": (("eval: {limit: 1}", "eval: {limit: 2}"), {}, {"tune": ALL}, "`eval.limit` 1 -> 2"),
    "another stage": (("eval: {limit: 1}", "eval: {limit: 2}"), {}, {"train": EVAL}, "`eval.limit` 1 -> 2"),
    "the one before": (("eval: {limit: 1}", "eval: {limit: 2}"), {"tune": EVAL}, {}, ""),
    "that renamed": (("eval: {limit: 1}", "eval: {limit: 2}"), {"tune": EVAL}, {"train": EVAL}, ""),
    "gone": (("eval: {limit: 1}", "a: 1"), {"tune": EVAL}, {"train": EVAL}, "`a` is new: 1"),
    "what it reads": (("a: 1", "{a: 1, eval: {limit: 2}}"), {}, {"tune": EVAL}, "`eval.limit` is new: 2"),
    "a new value": (
        ("a: 1", "{a: 1, tune: {rate: 2}}"),
        {},
        {"tune": {"params.yaml": ("tune.rate",)}},
        "",
    ),
    "more of a group": (
        ("train: {lr: 1}", "train: {lr: 1, decay: 2}"),
        {"train": {"params.yaml": ("train.lr",)}},
        {"train": {"params.yaml": ("train.lr", "train.decay")}},
        "",
    ),
    "the one that measures": (("eval: {limit: 1}", "eval: {limit: 2}"), {}, {"evaluate": EVAL}, ""),
}


@pytest.mark.parametrize("case", OF_THE_CHANGE)
def test_what_only_the_change_declares_hides_nothing_that_was_there(case: str) -> None:
    values, before, now, text = OF_THE_CHANGE[case]
    assert message(*values, before=before, declared=now) == (f"{OWN}{text}" if text else "")


READERS = {
    "an import": ("import t", "python e.py", "`t.py` (stage evaluate) names it"),
    "DVC": ("p = dvc.api.params_show()", "python e.py", "`e.py` (stage evaluate) names it"),
    "the command": ("", "python e.py --params params.yaml", "the command of stage evaluate names it"),
    "not known": ("", "evaluate", "what stage evaluate reads is not known here"),
    "nothing": ("open('rows.csv')", "python e.py", ""),
}


@pytest.mark.parametrize("case", READERS)
def test_what_may_read_the_file_is_named(case: str) -> None:
    program, cmd, words = READERS[case]
    found = message("a: 1", "a: 2", program=program, cmd=cmd)
    assert found == (f"`params.yaml` {START} {words}: `a` 1 -> 2" if words else "")


def test_many_values_take_time_in_proportion() -> None:
    program = READS + "".join(f"v{number} = {number}\n" for number in range(8_000))
    old, new = ("train:\n" + "".join(f"  x{each}: {value}\n" for each in range(1_500)) for value in (1, 2))
    declared: Declared = {"train": {"params.yaml": tuple(f"train.y{number}" for number in range(1_500))}}
    began = time.process_time()
    assert message(old, new, program=program, declared=declared) == ""
    assert time.process_time() - began < 3  # most of it is to read the YAML


def test_a_file_of_another_name_counts_if_it_is_one_of_parameters() -> None:
    program = READS.replace("params", "conf/eval")
    declared: Declared = {"train": {"conf/eval.yaml": ("train",)}}
    found = message("a: 1", "a: 2", program=program, declared=declared, file="conf/eval.yaml")
    assert found == f"`conf/eval.yaml` {START} `e.py` (stage evaluate) names it: `a` 1 -> 2"
    assert message("a: 1", "a: 2", declared=declared, file="conf/eval.yaml") == ""
