"""Page: docs/benchmarks.md with machine, method, tables and plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.growth import lines
from benchmarks.measure import SLOW_ROUND_S, SLOW_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.growth import Line
    from benchmarks.measure import Result
    from benchmarks.race import MemoryRow, Outcome, Row

CURVES = {
    "files": ("files in one tracked folder", "file"),
    "pointers": ("`.dvc` files", "`.dvc` file"),
    "stages": ("stages", "stage"),
    "tags": ("tags", "tag"),
    "runs": ("commits of 50 metric files", "commit"),
}
_PAGE = """\
# Benchmarks

Written by `python -m benchmarks`. The numbers are of one machine on one day: compare ratios, not times. The
repositories are generated in `benchmarks/repositories/`. To measure some rows again, in a clone of this
repository:

```
pip install '.[bench]' && python -m benchmarks --only files-10000
```

A name that does not exist lists those that do; `--short` measures the small ones.

## Machine

{machine}

## Method

- Every measurement is a whole process as a user starts it, from the console script to its end, with its
  standard output thrown away. The commands of a row run in turn, A B A B, after one round that does not
  count. The last column has the number of rounds: {rounds}.
- The first round runs the same commands with `--json` and compares their results, also the cold ones. Both
  tools must find nothing to do, the same versions and environments, and the same old and new numbers. In
  the small repository these are the numbers since `HEAD~1`, which `mlgit status` compares with. Every
  command of every round must succeed. `dvc status` runs once when a repository is generated.
- *median* and *min* are wall-clock; *peak* is the largest resident memory of a process or its children
  (`wait4`). Where one mlgit command replaces several commands, their times are summed.
- Rows are *warm*: each tool keeps its caches of the round before. mlgit has them in `.git/mlgit/`, DVC in
  its state database and its cache of experiments; GTO keeps nothing.
- *Cold* is mlgit with `.git/mlgit/` removed before each round, compared with a tool that keeps its caches.
  *Cold both*: DVC's state database and `.dvc/tmp` are also removed, as after a clone. The system's cache of
  files is warm in every row.
- No command uses the network: DVC's analytics and its search for updates are off.
- The budget is the project's own. A missed budget is shown as missed.

The repositories:

- *small*: 100 data files under one `.dvc` file, 5 stages run by DVC, 5 metric files, 8 tags, an origin.
- *stages*: a chain; each has a script, a file of a DVC-tracked data folder, the output before, three
  parameters, an output in DVC's cache and a metric file. *Without params and metrics*: a script, the output
  before, an output.
- *`.dvc` files*: one data file each, a hundred in a folder. *Files*: one `.dvc` file that tracks a folder,
  a thousand files in each of its subfolders.
- *metric files*: ten numbers each, compared with the commit before. The budget is for files of one stage
  each. Files that are listed under `metrics:` with no stage at all are faster to read for DVC.
- *tags*: annotated, packed, with full mlgit statements; a hundred per model (20 tags: one model). *Without
  statements*: annotated, packed, as GTO writes them.
- *commits*: each with other numbers in all metric files, which stages declare. No dvc.lock is committed:
  neither tool reads numbers there, and with one DVC takes half as long again. At 1,000 commits mlgit is
  alone, because a round of DVC's would take minutes.
{budgets}{others}{memory}{growth}{failures}"""
_BUDGETS = """
## Budgets

{met} of {all} are met.

{rows}
"""
_OTHERS = """
## Without a budget

{rows}
"""
_MEMORY = """
## Memory

Peak of `mlgit status` over an interpreter that does nothing ({bare:.1f} MB).

| repository | peak | over the interpreter | limit | met |
|---|--:|--:|--:|---|
{rows}
"""
_GROWTH = """
## Growth

{picture}*Exponent* is the slope between the last two sizes on logarithmic axes: 1 is linear, less is
better. *One more* is what an item adds between each size and the next, without the fixed cost of starting.
Where it does not rise, growth is linear.

{tables}
"""
_PICTURE = """\
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="{dark}">
  <img alt="Time over size, logarithmic: {named}" src="{light}">
</picture>

"""
_HEAD = """\
| question | mlgit | median | min | peak | against | median | min | peak | ratio{more} | rounds |
|---|---|--:|--:|--:|---|--:|--:|--:|--:{lines}|--:|
"""


def page(
    outcomes: Sequence[Outcome], *, rounds: int, machine: str, pictures: tuple[str, str] | None = None
) -> str:
    """The whole page as Markdown; `pictures` are the paths of the plot for light and dark themes."""
    budgets = [
        (outcome, row) for outcome in outcomes if outcome.results for row in outcome.race.rows if row.budget
    ]
    others = [
        (outcome, row)
        for outcome in outcomes
        if outcome.results
        for row in outcome.race.rows
        if not row.budget
    ]
    return _PAGE.format(
        machine=machine,
        rounds=_rounds(rounds),
        budgets=_budget_table(budgets),
        others=_OTHERS.format(rows=_table(others, with_budget=False)) if others else "",
        memory=_memory(outcomes),
        growth=_growth(outcomes, pictures),
        failures=_failures(outcomes),
    )


def _rounds(rounds: int) -> str:
    if rounds <= SLOW_ROUNDS:
        return str(rounds)
    return f"{rounds}, or {SLOW_ROUNDS} where that first round took over {SLOW_ROUND_S:g} s"


def _budget_table(rows: Sequence[tuple[Outcome, Row]]) -> str:
    if not rows:
        return ""
    met = sum(_met(outcome, row) for outcome, row in rows)
    return _BUDGETS.format(met=met, all=len(rows), rows=_table(rows, with_budget=True))


def _table(rows: Sequence[tuple[Outcome, Row]], *, with_budget: bool) -> str:
    head = _HEAD.format(
        more=" | budget | met" if with_budget else "", lines="|---|---" if with_budget else ""
    )
    return head + "\n".join(_row(outcome, row) for outcome, row in rows)


def _row(outcome: Outcome, row: Row) -> str:
    ours = outcome.results[row.ours]
    theirs = None if row.theirs is None else outcome.results[row.theirs]
    cells = [
        row.question,
        *_times(ours),
        *(_times(theirs) if theirs else ["-"] * 4),
        _ratio(row, ours, theirs),
    ]
    if row.budget:
        cells += [str(row.budget), "yes" if _met(outcome, row) else "**missed**"]
    return _line([*cells, str(ours.rounds)])


def _times(result: Result) -> list[str]:
    return [
        result.label,
        f"{result.median_ms:,.0f} ms",
        f"{result.minimum_ms:,.0f} ms",
        f"{result.peak_mb:.0f} MB",
    ]


def _ratio(row: Row, ours: Result, theirs: Result | None) -> str:
    if theirs is None:
        return "-"
    if row.budget and row.budget.ceiling:
        return f"**{ours.median_ms / theirs.median_ms:.2f} x** the time"
    return f"**{theirs.median_ms / ours.median_ms:.1f} x** faster"


def _met(outcome: Outcome, row: Row) -> bool:
    if row.budget is None or row.theirs is None:
        return False
    return row.budget.met(outcome.results[row.ours], outcome.results[row.theirs])


def _memory(outcomes: Sequence[Outcome]) -> str:
    weighed = [outcome for outcome in outcomes if outcome.race.memory_rows and outcome.results]
    if not weighed:
        return ""
    rows = "\n".join(
        _memory_row(outcome, memory_row) for outcome in weighed for memory_row in outcome.race.memory_rows
    )
    return _MEMORY.format(bare=max(outcome.results[-1].peak_mb for outcome in weighed), rows=rows)


def _memory_row(outcome: Outcome, memory_row: MemoryRow) -> str:
    peak = outcome.results[memory_row.ours].peak_mb
    over = peak - outcome.results[-1].peak_mb
    met = "yes" if over < memory_row.limit_mb else "**missed**"
    return _line(
        [memory_row.question, f"{peak:.1f} MB", f"{over:.1f} MB", f"{memory_row.limit_mb:g} MB", met]
    )


def _growth(outcomes: Sequence[Outcome], pictures: tuple[str, str] | None) -> str:
    curves = {
        curve: found
        for curve, found in lines(outcomes).items()
        if any(line.exponent is not None for line in found)
    }
    if not curves:
        return ""
    named = ", ".join(CURVES[curve][0].replace("`", "") for curve in curves)
    picture = "" if pictures is None else _PICTURE.format(light=pictures[0], dark=pictures[1], named=named)
    tables = "\n\n".join(_curve(curve, found) for curve, found in curves.items())
    return _GROWTH.format(picture=picture, tables=tables)


def _curve(curve: str, found: Sequence[Line]) -> str:
    title, item = CURVES[curve]
    sizes = sorted({size for line in found for size, _ in line.points})
    head = ["", *(f"{size:,}" for size in sizes), "exponent", f"one more {item}", "linear or better"]
    return "\n".join(
        [
            f"### By {title}\n",
            _line(head),
            _line(["---", *(["--:"] * (len(sizes) + 1)), "---", "---"]),
            *(_line(_grown(line, sizes)) for line in found),
        ]
    )


def _grown(line: Line, sizes: Sequence[int]) -> Iterator[str]:
    times = dict(line.points)
    yield line.label
    for size in sizes:
        yield f"{times[size]:,.0f} ms" if size in times else "-"
    yield "-" if line.exponent is None else f"{line.exponent:.2f}"
    yield ", ".join(_small_time(added) for added in line.added_ms) or "-"
    yield {None: "-", True: "yes", False: "**no**"}[line.linear_or_better]


def _small_time(time_ms: float) -> str:
    return f"{time_ms * 1000:,.0f} µs" if abs(time_ms) < 1 else f"{time_ms:,.1f} ms"


def _failures(outcomes: Sequence[Outcome]) -> str:
    failed = [f"- {outcome.race.name}: {outcome.failure}" for outcome in outcomes if outcome.failure]
    return "\n".join(["\n## Not measured\n", *failed, ""]) if failed else ""


def _line(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"
