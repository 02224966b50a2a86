"""Races: every race, for the rows of the budget table and the points of the growth curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.answers import allowed, same_as_three, same_changes, same_registry, same_runs, up_to_date
from benchmarks.race import Budget, MemoryRow, Point, Race, Row
from benchmarks.tools import cold

if TYPE_CHECKING:
    from benchmarks.tools import Tools

_LIMIT_MB = 30
_FILES_EACH = 50


def races(tools: Tools) -> list[Race]:
    """All races, in the order in which they run and are reported."""
    return [
        *_starting(tools),
        _small(tools),
        *_growing_status(tools, "stages", "stages", {5: None, 20: None, 50: 20, 200: None}),
        _status(tools, "plain-stages-50", "50 stages without params and metrics"),
        *_growing_status(tools, "pointers", "`.dvc` files", {10: None, 100: None, 1_000: 20}),
        *_growing_status(tools, "files", "files", {100: None, 1_000: None, 10_000: 8, 100_000: 12}),
        _cold_both(tools, "pointers-1000", "1,000 `.dvc` files"),
        _cold_both(tools, "files-10000", "10,000 files"),
        *_diffs(tools),
        _check(tools),
        *_models(tools),
        *_experiments(tools),
        *_memory(tools),
    ]


def _starting(tools: Tools) -> list[Race]:
    return [
        Race(
            f"start-{name}",
            "small",
            (tools.silent(f"--{name}"), tools.bare_click(f"--{name}")),
            (Row(f"`--{name}`", 0, 1, Budget(1.6, ceiling=True)),),
            short=True,
        )
        for name in ("version", "help")
    ]


def _small(tools: Tools) -> Race:
    status = tools.mlgit("status")
    return Race(
        "small",
        "small",
        (status, cold(status), tools.three()),
        (
            Row("status, small repository", 0, 2, Budget(12)),
            Row("status, small repository, cold", 1, 2),
        ),
        compare=same_as_three,
        short=True,
    )


def _growing_status(tools: Tools, curve: str, unit: str, factors: dict[int, int | None]) -> list[Race]:
    """`mlgit status` against `dvc status` at each size; a factor is a budget."""
    small_enough = sorted(factors)[:2]
    return [
        _status(tools, f"{curve}-{size}", f"{size:,} {unit}", factor=factor)._replace(
            point=Point(curve, size), short=size in small_enough
        )
        for size, factor in factors.items()
    ]


def _status(tools: Tools, name: str, subject: str, *, factor: int | None = None) -> Race:
    status = tools.mlgit("status")
    return Race(
        name,
        name,
        (status, cold(status), tools.dvc("status")),
        (
            Row(f"status, {subject}", 0, 2, None if factor is None else Budget(factor)),
            Row(f"status, {subject}, cold", 1, 2),
        ),
        compare=up_to_date,
    )


def _cold_both(tools: Tools, repository: str, subject: str) -> Race:
    """Both without caches, as after a clone and `dvc pull`."""
    return Race(
        f"cold-{repository}",
        repository,
        (cold(tools.mlgit("status")), cold(tools.dvc("status"))),
        (Row(f"status, {subject}, cold both", 0, 1),),
        compare=up_to_date,
    )


def _diffs(tools: Tools) -> list[Race]:
    contestants = (tools.mlgit("diff", "HEAD~1"), tools.dvc("metrics", "diff", "HEAD~1"))
    found = {
        "metric-stages-5": (Row("diff, 5 metric files of 5 stages", 0, 1),),
        "metric-stages-50": (Row("diff, 50 metric files of 50 stages", 0, 1, Budget(12)),),
        # The budget is for files that stages declare; a bare list costs DVC less.
        "metric-list-50": (Row("diff, 50 metric files in a list", 0, 1),),
    }
    return [
        Race(f"diff-{name}", name, contestants, rows, compare=same_changes, short=name == "metric-stages-5")
        for name, rows in found.items()
    ]


def _check(tools: Tools) -> Race:
    return Race(
        "check",
        "small",
        (tools.mlgit("check"), tools.silent("diff", "HEAD~1")),
        (Row("check, point gates", 0, 1, Budget(1.5, ceiling=True)),),
        compare=allowed,
        short=True,
    )


def _models(tools: Tools) -> list[Race]:
    models = tools.mlgit("models")
    budgets = {
        20: (None, None),
        100: (None, None),
        1_000: (Budget(25), Budget(25)),
        10_000: (Budget(40, within_ms=300), Budget(40, within_ms=600)),
    }
    return [
        Race(
            f"tags-{size}",
            f"tags-{size}",
            (models, cold(models), tools.gto("show")),
            (Row(f"models, {size:,} tags", 0, 2, warm), Row(f"models, {size:,} tags, cold", 1, 2, none_kept)),
            compare=same_registry,
            point=Point("tags", size),
            short=size <= 100,  # noqa: PLR2004 -- the two smallest
        )
        for size, (warm, none_kept) in budgets.items()
    ] + [
        # As in a registry that GTO wrote before mlgit came.
        Race(
            "gto-tags-1000",
            "gto-tags-1000",
            (models, cold(models), tools.gto("show")),
            (
                Row("models, 1,000 tags without statements", 0, 2, Budget(25)),
                Row("models, 1,000 tags without statements, cold", 1, 2),
            ),
            compare=same_registry,
        )
    ]


def _experiments(tools: Tools) -> list[Race]:
    ours = tools.mlgit("experiments", "--all-commits")
    theirs = (tools.dvc("metrics", "show", "--all-commits"), tools.dvc("exp", "show", "--all-commits"))

    def rows(size: int, budget: Budget | None) -> tuple[Row, ...]:
        question = f"experiments, {size:,} commits of {_FILES_EACH} metric files"
        return (
            Row(question, 0, 2, budget),
            Row(f"{question}, cold", 1, 2, budget),
            Row(f"{question}, DVC's cache warm too", 0, 3),
        )

    alone = "experiments, 1,000 commits of 50 metric files"
    return [
        Race(
            f"runs-{size}",
            f"runs-{size}",
            (ours, cold(ours), *theirs),
            rows(size, budget),
            compare=same_runs,
            point=Point("runs", size),
            short=size == 20,  # noqa: PLR2004 -- the smallest
        )
        for size, budget in {20: None, 200: Budget(50)}.items()
    ] + [
        # DVC would take over three minutes per round.
        Race(
            "runs-1000",
            "runs-1000",
            (ours, cold(ours)),
            (Row(alone, 0, None), Row(f"{alone}, cold", 1, None)),
            point=Point("runs", 1_000),
        ),
        Race(
            "listed-runs-20",
            "listed-runs-20",
            (ours, theirs[0]),
            (Row("experiments, 20 commits of 50 metric files in a list", 0, 1),),
            compare=same_runs,
        ),
    ]


def _memory(tools: Tools) -> list[Race]:
    status = tools.mlgit("status")
    found = {
        "tagged-10000-pointers-10": "10,000 tags and 10 `.dvc` files",
        "tagged-pointers-1000": "20 tags and 1,000 `.dvc` files",
        "tagged-10000-pointers-1000": "10,000 tags and 1,000 `.dvc` files",
    }
    return [
        Race(
            f"memory-{name}",
            name,
            (status, cold(status), tools.bare_python()),
            memory_rows=(MemoryRow(subject, 0, _LIMIT_MB), MemoryRow(f"{subject}, cold", 1, _LIMIT_MB)),
        )
        for name, subject in found.items()
    ]
