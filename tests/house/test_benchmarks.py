"""Benchmarks: how results follow from measured times, and how the page shows them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.answers import allowed, same_changes, same_registry, same_runs, up_to_date
from benchmarks.growth import Line, lines
from benchmarks.measure import Contestant, FailedError, Result, compete
from benchmarks.page import CURVES, page
from benchmarks.plot import draw
from benchmarks.race import Budget, MemoryRow, Outcome, Point, Race, Row
from benchmarks.races import races
from benchmarks.tools import Tools, cold

if TYPE_CHECKING:
    from pathlib import Path

OURS, THEIRS, BARE = (Contestant(label, ()) for label in ("`mlgit status`", "`dvc status`", "`python`"))


def result(contestant: Contestant, median_ms: float, *, peak_mb: float = 20.0, rounds: int = 9) -> Result:
    return Result(contestant.label, rounds, median_ms, median_ms - 1, median_ms, peak_mb)


def at(size: int, ours_ms: float, theirs_ms: float, *, budget: Budget | None = None) -> Outcome:
    """A finished race on the curve of files."""
    race = Race(
        f"files-{size}",
        f"files-{size}",
        (OURS, THEIRS),
        (Row(f"status, {size:,} files", 0, 1, budget),),
        point=Point("files", size),
    )
    return Outcome(race, (result(OURS, ours_ms), result(THEIRS, theirs_ms)))


@given(
    exponent=st.floats(0.0, 3.0),
    factor=st.floats(0.001, 1000.0),
    sizes=st.lists(st.integers(1, 10**6), min_size=2, max_size=6, unique=True).map(sorted),
)
def test_the_exponent_of_a_power_law_is_recovered(exponent: float, factor: float, sizes: list[int]) -> None:
    line = Line("a", tuple((size, factor * size**exponent) for size in sizes))
    assert line.exponent == pytest.approx(exponent, abs=1e-6)


@pytest.mark.parametrize(
    ("exponent", "linear"), [(0.0, True), (0.5, True), (1.0, True), (1.2, False), (2.0, False)]
)
def test_growth_above_linear_is_detected(exponent: float, linear: bool) -> None:  # noqa: FBT001 (a table)
    assert Line("a", ((100, 100.0**exponent), (1_000, 1_000.0**exponent))).linear_or_better is linear


def test_the_exponent_is_that_of_the_last_sizes() -> None:
    line = Line("a", ((1, 50.0), (10, 51.0), (100, 500.0), (1_000, 5_000.0)))
    assert line.exponent == pytest.approx(1.0)


def test_one_size_has_no_slope() -> None:
    line = Line("a", ((100, 7.0),))
    assert (line.exponent, line.linear_or_better, line.added_ms) == (None, None, ())


@given(start=st.floats(0, 1_000), each=st.floats(0, 10))
def test_the_cost_of_one_more_item_leaves_out_the_fixed_cost(start: float, each: float) -> None:
    line = Line("a", tuple((size, start + each * size) for size in (10, 100, 1_000)))
    assert line.added_ms == pytest.approx((each, each), abs=1e-6)


def test_there_is_one_line_per_contestant_sorted_by_size() -> None:
    assert lines([at(1_000, 70, 500), at(100, 60, 400)]) == {
        "files": [
            Line(OURS.label, ((100, 60), (1_000, 70))),
            Line(THEIRS.label, ((100, 400), (1_000, 500))),
        ]
    }


@pytest.mark.parametrize(
    ("budget", "ours_ms", "theirs_ms", "met"),
    [
        (Budget(12), 100, 1_200, True),
        (Budget(12), 101, 1_200, False),
        (Budget(1.5, ceiling=True), 150, 100, True),
        (Budget(1.5, ceiling=True), 151, 100, False),
        (Budget(40, within_ms=300), 299, 20_000, True),
        (Budget(40, within_ms=300), 300, 20_000, False),
        (Budget(40, within_ms=300), 200, 7_999, False),
    ],
)
def test_a_budget_is_met_or_missed(
    budget: Budget,
    ours_ms: float,
    theirs_ms: float,
    met: bool,  # noqa: FBT001 (a table)
) -> None:
    assert budget.met(result(OURS, ours_ms), result(THEIRS, theirs_ms)) is met


def test_the_page_shows_medians_ratio_budget_and_whether_it_is_met() -> None:
    text = page(
        [at(100, 60.4, 480, budget=Budget(8)), at(1_000, 70, 480, budget=Budget(8)), at(10_000, 80, 4_800)],
        rounds=9,
        machine="a machine",
    )
    assert (
        "| status, 100 files | `mlgit status` | 60 ms | 59 ms | 20 MB | `dvc status` | 480 ms | 479 ms "
        "| 20 MB | **7.9 x** faster | 8 x faster | **missed** | 9 |"
    ) in text
    assert "| status, 1,000 files | `mlgit status` | 70 ms " in text
    assert "0 of 2 are met." in text
    assert "| `mlgit status` | 60 ms | 70 ms | 80 ms | 0.06 | 11 µs, 1 µs | yes |" in text
    budgets, others = text.split("## Without a budget")
    assert "status, 10,000 files" in others
    assert "status, 10,000 files" not in budgets


def test_a_ceiling_is_shown_as_a_share_of_the_other_time() -> None:
    text = page([at(100, 90, 60, budget=Budget(1.6, ceiling=True))], rounds=9, machine="")
    assert "| **1.50 x** the time | at most 1.6 x the time | yes |" in text


def test_memory_is_shown_above_that_of_the_interpreter() -> None:
    race = Race(
        "memory",
        "small",
        (OURS, OURS, BARE),
        memory_rows=(MemoryRow("many tags", 0, 30), MemoryRow("all", 1, 30)),
    )
    results = (result(OURS, 1, peak_mb=38.2), result(OURS, 1, peak_mb=38.4), result(BARE, 1, peak_mb=8.3))
    text = page([Outcome(race, results)], rounds=9, machine="")
    assert "| many tags | 38.2 MB | 29.9 MB | 30 MB | yes |" in text
    assert "| all | 38.4 MB | 30.1 MB | 30 MB | **missed** |" in text
    assert "## Growth" not in text


def test_a_failed_race_is_listed_and_the_others_are_shown() -> None:
    failed = Outcome(
        Race("tags-20", "tags-20", (OURS, THEIRS), (Row("models", 0, 1),)), (), "it ended with 1"
    )
    text = page([failed, at(100, 60, 480)], rounds=9, machine="")
    assert "- tags-20: it ended with 1" in text
    assert "status, 100 files" in text
    assert "Not measured" not in page([at(100, 60, 480)], rounds=9, machine="")


def test_every_line_of_a_table_has_the_same_number_of_cells() -> None:
    text = page([at(100, 60, 480, budget=Budget(8)), at(1_000, 60, 480)], rounds=9, machine="")
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_a_short_run_has_no_sections_for_unmeasured_rows() -> None:
    text = page([at(100, 60, 480)], rounds=3, machine="")
    assert "## Without a budget" in text
    for absent in ("## Budgets", "0 of 0", "## Growth", "3, or 3"):
        assert absent not in text
    assert "9, or 3 where that first round took over 5 s" in page([at(100, 60, 480)], rounds=9, machine="")


def test_the_plot_has_one_panel_per_curve_and_one_line_per_contestant(tmp_path: Path) -> None:
    both = [Line("`mlgit status`", ((100, 60.0), (1_000, 70.0))), Line("`dvc status`", ((100, 480.0),))]
    light, dark = tmp_path / "pictures" / "light.svg", tmp_path / "pictures" / "dark.svg"
    draw({"files": ("files", both), "tags": ("tags", both)}, light=light, dark=dark)
    for picture in (light, dark):
        texts = [element.text for element in ET.parse(picture).iter() if element.text]  # noqa: S314 (ours)
        assert [texts.count(text) for text in ("files", "tags", "mlgit status", "dvc status")] == [1, 1, 2, 2]
    assert light.read_text(encoding="utf-8") != dark.read_text(encoding="utf-8")


def test_the_same_numbers_draw_the_same_plot(tmp_path: Path) -> None:
    curves = {"files": ("files", [Line("`mlgit status`", ((100, 60.0), (1_000, 70.0)))])}
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for target in (first, second):
        draw(curves, light=target, dark=tmp_path / "dark.svg")
    assert first.read_bytes() == second.read_bytes()


def test_every_race_has_a_unique_name_and_rows_about_its_contestants(tmp_path: Path) -> None:
    every = races(Tools(tmp_path))
    assert len({race.name for race in every}) == len(every)
    for race in every:
        places = range(len(race.contestants))
        assert race.rows or race.memory_rows
        assert {row.ours for row in race.rows} | {memory_row.ours for memory_row in race.memory_rows} <= {
            *places
        }
        assert {row.theirs for row in race.rows} <= {None, *places}
        assert race.point is None or race.point.curve in CURVES
        assert len({contestant.label for contestant in race.contestants}) == len(race.contestants)


def test_the_races_have_the_budgets_of_the_project(tmp_path: Path) -> None:
    rows = [row for race in races(Tools(tmp_path)) for row in race.rows]
    assert {row.question: str(row.budget) for row in rows if row.budget} == {
        "`--version`": "at most 1.6 x the time",
        "`--help`": "at most 1.6 x the time",
        "status, small repository": "12 x faster",
        "status, 50 stages": "20 x faster",
        "status, 1,000 `.dvc` files": "20 x faster",
        "status, 10,000 files": "8 x faster",
        "status, 100,000 files": "12 x faster",
        "diff, 50 metric files of 50 stages": "12 x faster",
        "check, point gates": "at most 1.5 x the time",
        "models, 1,000 tags": "25 x faster",
        "models, 1,000 tags, cold": "25 x faster",
        "models, 1,000 tags without statements": "25 x faster",
        "models, 10,000 tags": "40 x faster, under 300 ms",
        "models, 10,000 tags, cold": "40 x faster, under 600 ms",
        "experiments, 200 commits of 50 metric files": "50 x faster",
        "experiments, 200 commits of 50 metric files, cold": "50 x faster",
    }


def test_a_cold_start_removes_the_caches_of_mlgit_and_nothing_of_git(tmp_path: Path) -> None:
    for name in ("mlgit", "refs"):
        (tmp_path / ".git" / name).mkdir(parents=True)
    remove_caches = cold(Tools(tmp_path).mlgit("status")).before
    assert remove_caches is not None
    remove_caches(tmp_path)
    assert [path.name for path in (tmp_path / ".git").iterdir()] == ["refs"]


MODELS = {
    "models": [
        {
            "name": "tumor",
            "latest": {"version": "v1.1.0"},
            "environments": [{"environment": "prod", "version": "v1.0.0"}],
        }
    ]
}
CHANGES = {"metrics": [{"file": "m.json", "key": "test.auc", "old": 0.9, "new": 0.8}]}
RUNS = {
    "rows": [
        {"commit": None, "metrics": {"m.json": {"a.b": 3}}},
        {"commit": "c1", "metrics": {"m.json": {"a.b": 1}}},
    ]
}


def runs(value: int) -> dict[str, Any]:
    """The output of `dvc metrics show --all-commits --json`."""
    other = {"workspace": {"data": {"m.json": {"data": {"a": {"b": 9}}}}}}
    return other | {"c1": {"data": {"m.json": {"data": {"a": {"b": value}}}}}}


def shown(value: int) -> list[dict[str, Any]]:
    """The output of `dvc exp show --all-commits --json`."""
    return [
        {"rev": rev, "data": {"metrics": {"m.json": {"data": {"a": {"b": number}}}}}}
        for rev, number in (("workspace", 9), ("c1", value))
    ]


def test_equal_answers_pass() -> None:
    up_to_date([[{"stages": [], "data": [], "failures": []}], [{}]])
    same_registry([[MODELS], [{"tumor": {"version": "v1.1.0", "stage": {"prod": "v1.0.0"}}}]])
    same_changes([[CHANGES], [{"m.json": {"test.auc": {"old": 0.9, "new": 0.8, "diff": -0.1}}}]])
    same_runs([[RUNS], [runs(1)], [shown(1)]])
    allowed([[{"verdict": {"decision": "allow"}}]])


@pytest.mark.parametrize(
    ("compare", "answers"),
    [
        (up_to_date, [[{"stages": ["a"], "data": [], "failures": []}], [{}]]),
        (up_to_date, [[{"stages": [], "data": [], "failures": []}], [{"a": ["changed command"]}]]),
        (same_registry, [[MODELS], [{"tumor": {"version": "v1.1.0", "stage": {"prod": "v1.1.0"}}}]]),
        (same_registry, [[MODELS], [{}]]),
        (same_registry, [[{"models": []}], [{}]]),
        (same_changes, [[CHANGES], [{"m.json": {"test.auc": {"old": 0.9, "new": 0.7}}}]]),
        (same_changes, [[CHANGES], [{"other.json": {"test.auc": {"old": 0.9, "new": 0.8}}}]]),
        (same_runs, [[RUNS], [runs(2)]]),
        (same_runs, [[RUNS], [runs(1)], [shown(2)]]),
        (same_runs, [[RUNS], [runs(1)], [[{"rev": "c1", "data": None, "error": {"msg": "broken"}}]]]),
        (allowed, [[{"verdict": {"decision": "block"}}]]),
    ],
)
def test_different_or_empty_answers_fail(compare: Any, answers: Any) -> None:  # noqa: ANN401 (a table)
    with pytest.raises(FailedError):
        compare(answers)


def test_contestants_run_in_turn_and_the_first_round_does_not_count(tmp_path: Path) -> None:
    def player(name: str) -> Contestant:
        return Contestant(name, (("/bin/sh", "-c", f"echo {name} >> turns"),))

    results = compete([player("a"), player("b")], folder=tmp_path, rounds=2)
    assert (tmp_path / "turns").read_text(encoding="utf-8").split() == ["a", "b"] * 3
    assert [(one.label, one.rounds) for one in results] == [("a", 2), ("b", 2)]
    for one in results:
        assert 0 < one.minimum_ms <= one.median_ms < math.inf
        assert one.peak_mb > 0


def test_a_command_that_fails_in_a_later_round_is_an_error(tmp_path: Path) -> None:
    once = Contestant("once", (("/bin/sh", "-c", "mkdir played"),))
    with pytest.raises(FailedError, match=r"`sh -c mkdir played` ended with 1: .*played"):
        compete([once], folder=tmp_path, rounds=1)


def test_answers_are_requested_once_and_compared(tmp_path: Path) -> None:
    contestant = answering("`mlgit a`", "echo 1")
    seen: list[object] = []
    compete(
        [contestant, Contestant("b", contestant.commands)],
        folder=tmp_path,
        rounds=2,
        compare=seen.append,
    )
    assert seen == [[[1]]]


def test_the_answers_of_a_cold_start_are_compared_as_well(tmp_path: Path) -> None:
    (tmp_path / ".git" / "mlgit").mkdir(parents=True)
    warm = answering("`mlgit a`", "test -e .git/mlgit && echo 1 || echo 2")
    seen: list[object] = []
    compete(
        [warm, cold(warm), answering("`dvc a`", "echo 3")], folder=tmp_path, rounds=1, compare=seen.append
    )
    assert seen == [[[1], [3]], [[2], [3]]]


def answering(label: str, script: str) -> Contestant:
    return Contestant(label, (("/bin/sh", "-c", "exit 0"),), (("/bin/sh", "-c", script),))
