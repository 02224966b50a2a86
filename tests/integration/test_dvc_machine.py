"""Random edits of a DVC repository: mlgit has to agree with DVC after each; a little with every run.

`MLGIT_TEST_PROFILE=thorough` tries more, and `python -m tests.differential` as many as it is asked for.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.differential import machine
from tests.differential.answers import Answer, Difference, differences
from tests.differential.edits_documents import delete_parameters
from tests.differential.explained import explain

_THOROUGH = os.environ.get("MLGIT_TEST_PROFILE") == "thorough"


def run(*, repositories: int, steps: int) -> None:
    """The same steps in every run; a disagreement is told with all that led to it, and not made shorter."""
    run_state_machine_as_test(
        machine.DvcMachine,
        settings=settings(
            max_examples=repositories,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_mlgit_agrees_with_dvc_whatever_is_edited() -> None:
    before = machine.TALLY.steps
    run(repositories=60 if _THOROUGH else 4, steps=40 if _THOROUGH else 20)
    assert machine.TALLY.steps - before > (1000 if _THOROUGH else 20)


def test_a_wrong_answer_is_found_and_told_with_all_that_led_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "mlgit_answer", lambda _: CLEAN)
    state = machine.DvcMachine()
    try:
        state.start(templated=0)
        with pytest.raises(
            machine.DisagreementError, match=r"(?s)reasons of train: DVC .*delete params.yaml"
        ):
            state.step(delete_parameters, [0])
    finally:
        state.teardown()


CLEAN = Answer(reasons={}, upstream={}, data={})
STALE = Answer(reasons={"a": frozenset({"changed cmd"})}, upstream={"b": frozenset({"a"})}, data={})


@pytest.mark.parametrize(
    ("theirs", "ours", "parts"),
    [
        (CLEAN, CLEAN, []),
        (STALE, CLEAN, ["reasons"]),
        (CLEAN, STALE, ["reasons", "upstream"]),
        (STALE, STALE, []),
        (replace(CLEAN, data={"x": ("same", False)}), CLEAN, ["data"]),
        (replace(STALE, upstream=None), replace(STALE, upstream={}), []),
        (replace(STALE, upstream={"b": frozenset({"a", "c"})}), STALE, []),
        (replace(STALE, upstream={}), STALE, ["upstream"]),
        (replace(CLEAN, data=None, complaint="no data"), replace(CLEAN, data={"x": ("absent", True)}), []),
        (Answer(complaint="ERROR: broken"), Answer(complaint="dvc.lock:3: broken"), []),
        (Answer(complaint="ERROR: broken"), CLEAN, ["complaint"]),
        (Answer(complaint="ERROR: broken"), STALE, ["complaint"]),
        (CLEAN, Answer(complaint="dvc.lock:3: broken"), ["complaint"]),
    ],
)
def test_every_difference_is_told(theirs: Answer, ours: Answer, parts: list[str]) -> None:
    assert [one.part for one in differences(theirs, ours)] == parts


def test_a_crash_of_dvc_is_no_excuse_for_saying_nothing() -> None:
    crash = Answer(complaint="ERROR: unexpected error - [Errno 2]")
    silent = Difference("complaint", "everything", crash.complaint, None)
    assert explain(silent, crash, CLEAN) == ""
    assert explain(silent, crash, STALE) == "dvc-crashes"
