"""Page of status: it stays one page for large repositories; `-v` shows everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pytest

from mlgit.core.compare.changes import Side, ValueChange, value_changes
from mlgit.core.overview.status import DataState, EnvironmentLine, ModelLine, VerdictCounts
from mlgit.core.pipeline.evidence import StageState
from mlgit.core.registry.entries import Attempt, Served, Unseen
from mlgit.core.registry.readiness import Unready
from mlgit.render.console import plain
from mlgit.render.pages.live import live_in_short
from mlgit.render.pages.shortening import Shortening
from mlgit.render.pages.status import page as status_page
from tests.unit.overview.test_status import CLEAN

if TYPE_CHECKING:
    from mlgit.core.overview.status import Status
    from mlgit.core.pipeline.evidence import Value
    from mlgit.render.page import Page

MANY = 1000
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
BASE = Side(text="base", label="base (1234567)", commit="1" * 40)


def page(found: Status, *, verbose: bool = False) -> Page:
    return status_page(found, now=NOW, verbose=verbose)


def metrics(change: int) -> tuple[ValueChange, ...]:
    old = {"metrics.json": {f"m{number:03}": Decimal(number) for number in range(MANY)}}
    new = {"metrics.json": {f"m{number:03}": Decimal(number + change) for number in range(MANY)}}
    return value_changes(old, new, show_unchanged=True)


def environment(name: str, number: int) -> EnvironmentLine:
    return EnvironmentLine(environment=name, version=f"v1.0.{number}", commit="1" * 40, held=False, behind=0)


LARGE = replace(
    CLEAN,
    changed=tuple(f"data/{number}.csv.dvc" for number in range(MANY)),
    pipeline_stages=MANY,
    stages=(
        *(StageState(address=f"fit@{number}", upstream=("prepare",)) for number in range(MANY - 1)),
        StageState(address="prepare", reasons=tuple(f"changed dep {number}" for number in range(MANY))),
        *(
            StageState(address=f"u{number}", unchecked=(f"import {number} not asked",))
            for number in range(99)
        ),
    ),
    data=tuple(
        DataState(
            path=f"data/{number}.csv",
            owner=f"data/{number}.csv.dvc",
            workspace="modified" if number % 10 else "absent",
            in_cache=True,
        )
        for number in range(MANY)
    ),
    base=BASE,
    metrics=metrics(1),
    problems=tuple(f"`{number}.json` is missing" for number in range(MANY)),
    models=tuple(
        ModelLine(
            model=f"m{number:04}",
            latest="v1.0.0",
            latest_commit="1" * 40,
            behind=0,
            environments=tuple(environment(f"env-{each}", number) for each in range(20)),
        )
        for number in range(MANY)
    ),
    unpushed_tags=tuple(f"m@v1.0.{number}" for number in range(10 * MANY)),
)


def test_a_large_status_fits_a_page() -> None:
    text = plain(page(LARGE))
    assert len(text.splitlines()) < 90
    assert max(map(len, text.splitlines())) < 200
    flat = " ".join(text.split())
    assert "1000 files changed: data/0.csv.dvc, data/1.csv.dvc," in flat
    assert "Data ! 900 modified: data/1.csv, " in flat
    assert "! 100 not checked out: data/0.csv, data/10.csv, " in flat
    assert text.count("and 984 more (-v)\n") == 1
    assert "! `0.json` is missing (and 999 more files)" in flat
    assert "and 19992 more (`mlgit models` lists all)\n" in text
    assert "10000 tags not pushed: m@v1.0.0, " in flat
    assert " and 9992 more " in flat


def test_in_a_shortened_list_the_stages_that_make_others_stale_come_first() -> None:
    lines = plain(page(LARGE)).splitlines()
    title = lines.index("Pipeline  ! 1000 of 1000 stages stale")
    assert lines[title + 1].startswith("            prepare  changed dep 0; changed dep 1;")
    assert lines[title + 1].endswith("; changed dep 3 and 996 more")
    few = replace(LARGE, stages=LARGE.stages[MANY - 3 : MANY])
    assert plain(page(few)).count("fit@") == 2
    assert plain(page(few)).index("fit@") < plain(page(few)).index("  prepare  ")


def test_verbose_shows_everything() -> None:
    text = plain(page(LARGE, verbose=True))
    assert " more" not in text
    for name in (
        "data/999.csv.dvc",
        "data/991.csv, data/992.csv",
        "fit@998",
        "import 98 not",
        "m@v1.0.9999",
        "env-19",
        "m0999",
    ):
        assert name in text


def test_many_metrics_without_a_base_are_shown() -> None:
    text = plain(page(replace(CLEAN, base_rule="no_commit", metrics=metrics(0))))
    assert "Metrics   1000, no base: no commit yet\n" in text
    assert "m007" in text
    assert "            and 992 more (-v)\n" in text


def test_many_unchanged_metrics_take_one_line() -> None:
    text = plain(page(replace(CLEAN, base=BASE, metrics=metrics(0))))
    assert "\nMetrics   1000 unchanged since base (1234567)\nGates " in text


def test_a_list_is_not_shortened_by_a_single_line() -> None:
    short = Shortening(whole=False)
    assert short.first("abcd", 3) == "abcd"
    assert short.rest("abcd", 3) == []
    assert short.named(["a", "b", "c", "d", "e"], 3) == "a, b, c and 2 more"


def test_numbers_are_shown_in_full_and_long_texts_are_cut_where_they_differ() -> None:
    number = "123456789012345678901234567890"
    sides: list[dict[str, dict[str, Value]]] = [
        {"m.json": {"rows": Decimal(rows), "label": "x" * 40 + label}}
        for rows, label in ((number, "one"), (f"{number[:-1]}1", "two"))
    ]
    found = replace(CLEAN, base=BASE, metrics=value_changes(*sides, show_unchanged=True))
    text = plain(page(found))
    assert f"{number} → 123456789012345678901234567891" in text
    assert "one → …" in text
    assert text.count("…") == 2


def test_a_metric_that_several_files_have_is_named_with_its_file() -> None:
    old: dict[str, dict[str, Value]] = {
        f"{name}/test.json": {"auc": Decimal(1), name: Decimal(1)} for name in ("fraud", "churn")
    }
    changed = old | {"churn/test.json": {"auc": Decimal(2), "churn": Decimal(2)}}
    for new, text in ((changed, " 1 → 2 "), ({"fraud/test.json": old["fraud/test.json"]}, "gone")):
        found = replace(CLEAN, base=BASE, metrics=value_changes(old, new, show_unchanged=True))
        (row,) = [line for line in plain(page(found), width=100).splitlines() if ":auc" in line]
        assert row.split()[0] == "churn/test.json:auc"
        assert text in row
        (row,) = [line for line in plain(page(found), width=100).splitlines() if " churn " in line]
        assert text in row


@pytest.mark.parametrize("known", ["yes", "no"])
def test_what_a_missing_tag_may_have_ended_is_left_out(known: Literal["yes", "no"]) -> None:
    here = replace(environment("prod", 1), known=known, held=True, rejected=True, reason="p95")
    model = replace(LARGE.models[0], environments=(here,))
    text = plain(page(replace(CLEAN, models=(model,))))
    assert ("held: no automatic promotion" in text) is (known == "yes")
    assert ("is deregistered" in text) is (known == "yes")


@pytest.mark.parametrize("place", ["prod", "staging"])
def test_what_needs_attention_is_never_left_out(place: str) -> None:
    def model(number: int) -> ModelLine:
        lines = [environment(name, 0) for name in ("staging", "prod")]
        if number == 20:
            lines = [replace(each, held=each.environment == place) for each in lines]
        return ModelLine(
            model=f"m{number:02}", latest=None, latest_commit=None, behind=None, environments=tuple(lines)
        )

    shown = plain(page(replace(CLEAN, models=tuple(model(number) for number in range(40)))))
    first = shown.splitlines()
    held = next(number for number, text in enumerate(first) if "held: " in text)
    assert f"{place}  m20" in first[held - 1]
    assert "and 72 more (`mlgit models` lists all)" in shown


def test_a_hint_of_several_messages_is_shown_once() -> None:
    def unread(name: str, hint: str) -> Unready:
        return Unready(
            code="no_gates", severity="warn", subject=name, message=f"no gate for {name}", hint=hint
        )

    shown = plain(page(replace(CLEAN, unready=(unread("a", "one"), unread("b", "one"), unread("c", "two")))))
    assert "! no gate for a\n! no gate for b\n  hint: one\n! no gate for c\n  hint: two\n" in shown


FAILED = Attempt(label="v1.0.1", at=NOW, error="no space left")


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({}, "prod v1.0.1"),
        ({"served": Served(folder="/srv", label="v1.0.1", matches=True)}, "prod v1.0.1"),
        ({"served": Served(folder="/srv", label="v1.0.0")}, "prod v1.0.1, v1.0.0 served"),
        ({"served": Served(folder="/srv", label=None)}, "prod v1.0.1, nothing served"),
        ({"served": Served(folder="/srv", label=None), "version": None}, "prod empty"),
        ({"served": Served(folder="/srv", label=None, problem="no")}, "prod v1.0.1, served unknown"),
        (
            {"served": Served(folder="/srv", label="v1.0.1", matches=True, damaged=True)},
            "prod v1.0.1, damaged",
        ),
        ({"attempt": FAILED}, "prod v1.0.1, deployment failed"),
        ({"attempt": replace(FAILED, error=None)}, "prod v1.0.1"),
        ({"unseen": Unseen()}, "prod v1.0.1, served unknown"),
        ({"unseen": Unseen(deployed_at=NOW)}, "prod v1.0.1"),
        ({"unseen": Unseen(), "attempt": FAILED}, "prod v1.0.1, deployment failed"),
    ],
)
def test_in_short_what_is_not_served_is_not_left_out(known: dict[str, Any], shown: str) -> None:
    here = replace(environment("prod", 1), **known)
    model = replace(LARGE.models[0], environments=(here,))
    assert live_in_short(replace(CLEAN, models=(model,))) == shown


@pytest.mark.parametrize(
    ("declared", "shown"),
    [((True, False), "staging v1.0.1 · prod v1.0.1, not declared"), ((True, True), None)],
)
def test_in_short_what_an_environment_holds_that_was_removed_is_not_left_out(
    declared: tuple[bool, bool], shown: str | None
) -> None:
    names = zip(("staging", "prod"), declared, strict=True)
    environments = tuple(replace(environment(name, 1), declared=known) for name, known in names)
    model = replace(LARGE.models[0], environments=environments)
    assert live_in_short(replace(CLEAN, models=(model,))) == (shown or "prod v1.0.1")


def test_in_short_a_model_that_was_never_there_is_not_named() -> None:
    nowhere = replace(environment("prod", 1), version=None, action=None)
    models = tuple(replace(LARGE.models[0], model=name, environments=(nowhere,)) for name in ("a", "b"))
    assert live_in_short(replace(CLEAN, models=models)) == "prod empty"


def test_a_model_that_is_nowhere_takes_no_room() -> None:
    nowhere = replace(environment("prod", 1), version=None)
    models = tuple(replace(LARGE.models[0], model=name, environments=(nowhere,)) for name in ("a" * 37, "b"))
    assert page_text(models).startswith("Live      prod    -  nothing promoted\n")
    assert live_in_short(replace(CLEAN, models=models)) == "prod empty"


def test_a_number_that_is_gone_is_not_one_of_the_last_run() -> None:
    stale = (StageState(address="evaluate", reasons=("deleted metrics.json",)),)
    one = {"metrics.json": {"auc": Decimal("0.9"), "f1": Decimal("0.8")}}
    found = replace(CLEAN, base=BASE, stages=stale, metrics=value_changes(one, {}, show_unchanged=True))
    assert "Metrics   2 gone since base (1234567)\n" in plain(page(found))
    less = {"metrics.json": {"auc": Decimal("0.8")}}
    found = replace(found, metrics=value_changes(one, less, show_unchanged=True))
    assert "Metrics   2 of 2 changed since base (1234567)\n" in plain(page(found))


def page_text(models: tuple[ModelLine, ...]) -> str:
    return plain(page(replace(CLEAN, models=models)))


def test_a_warning_is_not_the_reason_why_gates_passed() -> None:
    verdict = VerdictCounts(
        decision="allow_with_warnings",
        headline="",
        gates=6,
        blocking=0,
        warnings=1,
        passed=6,
        counted="6 of 6 gates passed",
        reason="`origin/main` is treated as trunk",
    )
    text = plain(page(replace(CLEAN, verdict=verdict)))
    assert "! allowed, 6 of 6 passed, 1 warning: `origin/main` is treated as trunk\n" in text
