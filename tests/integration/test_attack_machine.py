"""Random edits of a pull request that makes the model worse; a few with every run.

`python -m tests.attack` tries as many as it is asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mlgit.errors import Exit
from tests.attack import machine
from tests.attack.edits_results import run_the_pipeline
from tests.attack.machine import FooledError, judged
from tests.attack.plans import mix_two_runs
from tests.attack.plans_measured import edit_what_is_measured, set_what_is_measured
from tests.attack.plans_pipeline import swap_outputs
from tests.attack.plans_rules import edit_the_reference, waive_it_on_trunk
from tests.attack.reproduction import METRICS, MODEL, run_every_stage
from tests.attack.world import BETTER_SLOPE, GATES, TRUNK_SLOPE, World
from tests.differential.bench import Picker
from tests.support.shell import Done

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.slow
def test_no_edit_lets_a_worse_model_pass_without_a_finding() -> None:
    before = machine.TALLY.steps
    run_state_machine_as_test(
        machine.AttackMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=5,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.TALLY.steps - before > 50


@pytest.mark.parametrize("gate", sorted(GATES))
def test_each_world_blocks_the_worse_model_and_allows_the_better_one(gate: str) -> None:
    world = World(machine.template(gate), in_ci=False)
    try:
        assert world.check().status == Exit.BLOCKED
        assert not world.improved()
        run_the_pipeline(world, Picker([3]))
        assert world.path("params.yaml").read_text(encoding="utf-8") == f"train:\n  slope: {BETTER_SLOPE}\n"
        assert world.improved()
        assert judged(world.check(), improved=world.improved) == "allowed: the model is better"
    finally:
        world.close()


def _allowed(*notes: tuple[str, str]) -> Done:
    verdict = {"notes": [{"code": code, "effect": effect} for code, effect in notes]}
    return Done(Exit.DONE, json.dumps({"verdict": verdict}), "")


@pytest.mark.parametrize(
    ("done", "improved"),
    [
        (_allowed(), False),
        (_allowed(("gates_loosened", "note")), False),
        (_allowed(("not_committed", "warn")), False),
        (Done(Exit.BUG, "", "Traceback"), True),
        (Done(Exit.CONFIG, "", ""), False),
    ],
)
def test_the_machine_finds_a_fooled_verdict(done: Done, improved: bool) -> None:  # noqa: FBT001 (a table)
    with pytest.raises(FooledError):
        judged(done, improved=lambda: improved)


def test_the_machine_accepts_a_verdict_that_says_why() -> None:
    assert (
        judged(_allowed(("gate_repointed", "warn")), improved=lambda: False) == "allowed with gate_repointed"
    )
    assert judged(_allowed(), improved=lambda: True) == "allowed: the model is better"
    assert judged(Done(Exit.BLOCKED, "", ""), improved=lambda: False) == "blocked"
    assert judged(Done(Exit.STATE, "", "there is no trunk"), improved=lambda: False) == "no verdict"


def test_numbers_count_only_if_the_stages_really_give_them() -> None:
    world = World(machine.template("floor"), in_ci=False)
    try:
        world.work.write(METRICS, '{"mae": 0.01, "r2": 0.99, "rows": 10}')
        assert not world.improved()
        world.work.write("params.yaml", f"train:\n  slope: {TRUNK_SLOPE}\n")
        assert run_every_stage(world.work.path, force=False)
        assert world.improved()
        world.work.write(MODEL, '{"slope": 1.98}')
        assert not world.improved()
    finally:
        world.close()


def test_only_a_lock_that_is_forged_as_a_whole_is_excused() -> None:
    world = World(machine.template("floor"), in_ci=False)
    try:
        assert mix_two_runs(world, Picker([0, 1, 0, 0])).startswith("dvc.lock: outs of evaluate")
        with pytest.raises(FooledError):
            judged(world.check(), improved=world.improved)
        assert world.lock_forged_whole()
        world.work.write(METRICS, '{"mae": 0.01}')
        assert not world.lock_forged_whole()
    finally:
        world.close()


@pytest.mark.parametrize(
    ("gate", "plan", "numbers", "code"),
    [
        ("floor", swap_outputs, [0, 0, 0, 0, 0], "evidence_weakened"),
        ("file", edit_the_reference, [0, 0, 0], "reference_edited"),
        ("floor", waive_it_on_trunk, [0, 0, 0, 0], "waiver_by_author"),
    ],
)
def test_a_plan_that_passes_has_a_finding_without_which_the_machine_is_fooled(
    gate: str, plan: Callable[[World, Picker], str], numbers: list[int], code: str
) -> None:
    world = World(machine.template(gate), in_ci=False)
    try:
        assert plan(world, Picker(numbers))
        done = world.check()
        assert judged(done, improved=world.improved) == f"allowed with {code}"
        with pytest.raises(FooledError):
            judged(_allowed(), improved=world.improved)
    finally:
        world.close()


@pytest.mark.parametrize(
    ("plan", "numbers", "code"),
    [
        (set_what_is_measured, [0, 0, 0, 0, 0], "params_changed"),
        (set_what_is_measured, [1, 0, 0, 0, 0], "params_changed"),
        (edit_what_is_measured, [0, 0, 0, 0], "data_changed"),
    ],
)
def test_a_worse_model_on_fewer_rows_passes_with_a_note(
    plan: Callable[[World, Picker], str], numbers: list[int], code: str
) -> None:
    world = World(machine.template("floor"), in_ci=False)
    try:
        assert plan(world, Picker(numbers))
        done = world.check()
        answer = judged(done, improved=world.improved, measured_otherwise=world.measured_otherwise)
        assert answer == f"allowed with {code}"
        with pytest.raises(FooledError):
            judged(done, improved=world.improved)
    finally:
        world.close()
