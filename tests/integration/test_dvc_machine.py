"""Random edits of a DVC repository: mlgit must agree with DVC after each; a few with every run.

`MLGIT_TEST_PROFILE=thorough` tries more, and `python -m tests.differential` as many as it is asked for.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mlgit.adapters.dvc.data import fingerprints
from tests.differential import machine
from tests.differential.answers import Answer, Difference, differences
from tests.differential.attacks import edit_in_the_same_tick
from tests.differential.edits_documents import delete_parameters
from tests.differential.explained import explain

if TYPE_CHECKING:
    from pathlib import Path

_THOROUGH = os.environ.get("MLGIT_TEST_PROFILE") == "thorough"


def run(*, repositories: int, steps: int) -> None:
    """The same steps in every run; a disagreement is shown with all its steps, without shortening them."""
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


def test_a_wrong_answer_is_found_and_shown_with_all_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "mlgit_answer", lambda _: CLEAN)
    state = machine.DvcMachine()
    try:
        state.start(0)
        with pytest.raises(
            machine.DisagreementError, match=r"(?s)reasons of train: DVC .*delete params.yaml"
        ):
            state.step(delete_parameters, [0])
    finally:
        state.teardown()


def test_mlgit_can_fail_if_a_file_is_written_twice_in_one_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = machine.DvcMachine()
    try:
        state.start(0)
        state.step(edit_in_the_same_tick, [0])
        monkeypatch.setattr(fingerprints, "RACY_NS", -2_000_000_000)  # as if every time could be trusted
        with pytest.raises(machine.DisagreementError):
            state.step(edit_in_the_same_tick, [0])
    finally:
        state.teardown()


CLEAN = Answer(reasons={}, upstream={}, data={})
UNSURE = replace(CLEAN, unsure={"a": ("dep x was not checked: it is not here",)})
UNREAD = ("params file params.yaml could not be read",)
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
        (Answer(data={"x": ("absent", True)}, complaint="ERROR: broken"), STALE, ["data", "complaint"]),
        (CLEAN, UNSURE, ["unsure"]),
        (replace(CLEAN, reasons={"a": frozenset({"deleted dep x"})}), UNSURE, ["reasons"]),
        (Answer(complaint="ERROR: broken"), UNSURE, ["complaint"]),
        (Answer(complaint="ERROR: broken"), replace(CLEAN, unsure={"a": UNREAD}), []),
    ],
)
def test_every_difference_is_reported(theirs: Answer, ours: Answer, parts: list[str]) -> None:
    assert [one.part for one in differences(theirs, ours)] == parts


def test_a_crash_of_dvc_does_not_excuse_an_empty_answer() -> None:
    assert (
        explained_crash("Unsupported value of type 'date' in 'params.yaml:when'", ours=STALE) == "dvc-crashes"
    )
    assert explained_crash("Unsupported value of type 'date' in 'params.yaml:when'", ours=CLEAN) == ""
    assert explained_crash("'renamed'", ours=STALE) == ""


def test_a_missing_file_explains_a_crash_of_dvc_only_for_a_broken_link(tmp_path: Path) -> None:
    message = f"[Errno 2] No such file or directory: '{tmp_path / 'link' / 'file'}'"
    assert explained_crash(message, ours=STALE) == ""
    (tmp_path / "link").symlink_to("nowhere")
    assert explained_crash(message, ours=STALE) == "dvc-crashes"


def explained_crash(message: str, *, ours: Answer) -> str:
    crash = Answer(complaint=f"ERROR: unexpected error - {message}")
    return explain(Difference("complaint", "everything", crash.complaint, None), crash, ours)
