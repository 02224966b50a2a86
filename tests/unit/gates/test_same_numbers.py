"""Which numbers say that a model which changed was not measured again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.unmeasured.same_numbers import Same, same_numbers
from tests.support.verdicts import absolute, metric_file

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate

AUC = [absolute(metric="auc", low="0")]
ALL = Same()


def same(changes: dict[str, Any], gates: list[Gate]) -> Same | None:
    """What is the same of `{name: "before -> after"}`, or of one number on both sides."""
    sides = [{key: text.split(" -> ")[index] for key, text in changes.items()} for index in (0, -1)]
    return same_numbers([metric_file(**sides[0])], [metric_file(**sides[1])], gates)


TIMES = (
    "time_s",
    "trained_at.time",
    "timestamp",
    "date",
    "elapsed_s",
    "latency_ms",
    "train_time_s",
    "timing.total",
)
RUNS = ("run_id", "runId", "build", "seed", "created", "predict.seconds")
OTHERS = ("loss", "time_to_event_mae", "run_accuracy", "day_ahead_rmse", "sales", "run__auc", "profit")


@pytest.mark.parametrize("name", [*TIMES, *RUNS])
def test_a_number_of_each_run_does_not_switch_it_off(name: str) -> None:
    key = name.replace(".", "__")
    assert same({"f1": "0.9312", key: "7 -> 8"}, []) == Same(others=(name,))
    assert same({"auc": "0.9312", key: "7 -> 8"}, AUC) == Same(gated=("auc",), others=(name,))
    assert same({key: "7 -> 8"}, []) is None


@pytest.mark.parametrize("name", OTHERS)
def test_other_numbers_decide_if_no_gate_reads_one(name: str) -> None:
    assert same({"f1": "0.9312", name: "0.7 -> 0.8"}, []) is None


GATED = {
    # every gated number is the same in all digits
    ("0.9312", "noise"): True,
    ("0.9312", "loss"): True,
    ("0.93", "noise"): True,
    ("0.93", "train_time_s"): True,
    # an accuracy of few digits is often the same for another model
    ("0.93", "loss"): False,
    # a count decides nothing, so that the others decide
    ("1000", "noise"): False,
    ("1000", "time_s"): True,
}


@pytest.mark.parametrize(("value", "other"), GATED)
def test_what_gates_read_decides(value: str, other: str) -> None:
    assert bool(same({"auc": value, other: "0.7 -> 0.8"}, AUC)) is GATED[value, other]


@pytest.mark.parametrize("name", ["size_mb", "latency_s", "n_params"])
def test_a_size_or_a_time_that_a_gate_reads_does_not_decide(name: str) -> None:
    gates = [absolute(metric=name, low="0")]
    assert same({name: "12.5", "auc": "0.9312 -> 0.9411"}, gates) is None
    assert same({name: "12.5 -> 12.6", "auc": "0.9312"}, [*AUC, *gates]) == Same(
        gated=("auc",), others=(name,)
    )


def test_what_changed_or_is_not_known_is_not_the_same() -> None:
    f1 = absolute(metric="f1", low="0")
    assert same({"auc": "0.9312 -> 0.9313"}, AUC) is None
    assert same({"auc": "0.9312", "f1": "0.81 -> 0.82"}, [*AUC, f1]) is None
    assert same({"auc": "0.9312"}, []) == same({"auc": "NaN"}, AUC) == ALL
    assert same_numbers([metric_file(auc="0.9")], [metric_file(f1="0.9")]) is None
    assert same_numbers([metric_file(auc="0.9")], []) is None
    there = [metric_file(auc="0.9312", time_s="1")]
    unread = replace(metric_file("not_fetched", path="b.json"), values={})
    here = [metric_file(auc="0.9312", time_s="2"), unread]
    # a gate whose file is not here may read another number
    assert same_numbers([*there, unread], here, [*AUC, f1]) is None
    assert same_numbers([*there, unread], here, AUC) == Same(gated=("auc",), others=("time_s",))
    assert same_numbers([*there, unread], here, [*AUC, f1], {"b.json": True}) == Same(others=("time_s",))
    assert same_numbers([unread], [unread], [], {"b.json": True}) == ALL
    assert same_numbers([unread], [unread], [], {"b.json": False}) is None


def test_what_changed_nevertheless_is_named() -> None:
    found = Same(gated=("auc",), others=("time_s",))
    assert (found.subject, found.aside) == ("`auc`, which its gates read, is the same", "; `time_s` changed")
    found = Same(others=("run", "time_s"))
    assert found.subject == ALL.subject == "its metrics are the same"
    assert found.aside == "; only `run`, `time_s` changed, which look like times or numbers of a run"
    assert ALL.aside == ""
