"""Changed plots are in the report: the first curve and matrix at once, the others folded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mlgit.core.compare.plots import confusion
from mlgit.render.report.charts import charts_of
from mlgit.render.report.layout import DetailLevel, ReportContext, blocks_text
from mlgit.render.report.report import report
from tests.support import reports
from tests.support.plotted import LOSS, MATRIX, MISSING, RECALL, ROC, SAME, plotted, sides

FORGE, LOCAL = ReportContext(host="github"), ReportContext()
ALL = DetailLevel()
WHOLE = Path(__file__).parents[2] / "data" / "report-charts.md"


def shown(*plots, context: ReportContext = FORGE, level: DetailLevel = ALL) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN002
    check = plotted(reports.blocked(), plots)
    return blocks_text(charts_of(check, context, level))


def test_changed_plots_are_drawn_and_others_are_named() -> None:
    assert shown(ROC, RECALL, MATRIX, SAME, MISSING) == WHOLE.read_text(encoding="utf-8")


def test_curves_are_after_the_summary_and_before_the_details_of_a_comment() -> None:
    text = report(reports.document(plotted(reports.blocked())))
    places = [text.index(part) for part in ("**params**", "ROC: base", "All metrics")]
    assert places == sorted(places)


def test_a_reader_without_mermaid_gets_names_and_tables() -> None:
    text = shown(ROC, MATRIX, LOSS, context=LOCAL)
    assert "mermaid" not in text
    assert "| **actual 1** | 64 → 65 | 6 → 5 |" in text
    assert (
        "- **plots**: ROC (`plots/roc.csv`), loss by step (`dvclive/plots/metrics/loss.tsv`) changed; "
        "`mlgit report --format html` draws every plot\n"
    ) in text


def test_without_a_changed_plot_there_is_nothing() -> None:
    assert shown(SAME) == shown() == "\n"


@pytest.mark.parametrize(
    ("base", "candidate", "title", "sentence"),
    [
        ([(0, 0), (1, 1)], None, "loss by step: base (grey)", ""),
        (None, [(0, 0), (1, 1)], "loss by step: this change (orange)", ""),
        (
            [(0, 0), (1, 1)],
            [(0, 0), (2, 1)],
            "loss by step: base (grey), this change (orange)",
            "step: base from 0 to 1, this change from 0 to 2.",
        ),
        (
            [(n, 9 + n / 100) for n in range(99)],
            [(n, 9.01 + n / 100) for n in range(99)],
            "loss by step: base (grey), this change (orange)",
            "The y axis starts at 9. Curves are read off at 50 places.",
        ),
        (
            [(n, 50 if n == 37 else 1 / (n + 1)) for n in range(500)],
            [(n, 1 / (n + 1)) for n in range(500)],
            "loss by step: base (grey), this change (orange)",
            "Curves are read off at 51 places. Between them, base is 50 at step 37.",
        ),
        (
            [(n, 5 + n) for n in range(20)],
            [(n + 15, n) for n in range(20)],
            "loss by step: base (grey), this change (orange)",
            "step: base from 0 to 19, this change from 15 to 34.",
        ),
    ],
)
def test_a_sentence_has_what_a_chart_does_not_show(
    base: list[tuple[float, float]] | None,
    candidate: list[tuple[float, float]] | None,
    title: str,
    sentence: str,
) -> None:
    lines = shown(replace(LOSS, curves=sides(base, candidate))).splitlines()
    assert f'  title "{title}"' in lines
    assert lines[-1] == sentence or (not sentence and lines[-1] == "```")


def test_a_plot_whose_base_is_not_known_is_drawn_and_not_called_changed() -> None:
    alone = replace(LOSS, curves=sides(None, [(0, 0), (1, 1)]), known=False, notes=("base is not here",))
    assert '  title "loss by step: this change (orange)"' in shown(alone).splitlines()
    assert shown(alone, context=LOCAL) == "- **loss by step**: base is not here\n"


def test_a_file_that_distinguishes_plots_is_above_the_chart() -> None:
    apart = replace(
        LOSS, title=f"{LOSS.title} ({LOSS.file})", curves=sides([(0, 0), (1, 2)], [(0, 0), (1, 1)])
    )
    lines = shown(apart).splitlines()
    assert '  title "loss by step: base (grey), this change (orange)"' in lines
    assert lines[0] == f"**{LOSS.title}** (`{LOSS.file}`):"


def test_long_labels_do_not_overlap() -> None:
    points = [(1000.0 * n, float(n)) for n in range(101)]
    (axis,) = [
        line for line in shown(replace(LOSS, curves=sides(points, None))).splitlines() if "x-axis" in line
    ]
    assert [name for name in re.findall(r'"([^"]*)"', axis)[1:] if name.isprintable()] == [
        "0", "20000", "40000", "60000", "80000", "100000"
    ]  # fmt: skip
    assert axis.count(", ") == 50


@pytest.mark.parametrize(
    ("base", "candidate", "why"),
    [
        ([(0, 1)], [(0, 2)], ", without two values of step to draw a line over"),
        ([(0, 1), (1, 1)], [(5, 1), (6, 2)], ", without two values of step to draw a line over"),
        ([(0, 1e30), (1, 1)], None, ", with numbers too large or too small for a chart here"),
        ([(0, 1e-9), (1, 1)], [(0, 1), (1, 1)], ", with numbers too large or too small for a chart here"),
    ],
)
def test_a_curve_that_cannot_be_drawn_is_named_with_the_reason(
    base: list[tuple[float, float]], candidate: list[tuple[float, float]] | None, why: str
) -> None:
    assert shown(replace(LOSS, curves=sides(base, candidate))) == (
        f"- **plots**: loss by step (`dvclive/plots/metrics/loss.tsv`) changed{why}; "
        "`mlgit report --format html` draws every plot\n"
    )


def test_a_plot_that_only_one_side_has_is_not_called_changed() -> None:
    gone = replace(LOSS, curves=sides([(0, 1), (1, 2)], None), notes=("this change has no `loss.tsv`",))
    assert shown(gone, context=LOCAL) == "- **loss by step**: this change has no `loss.tsv`\n"


def test_what_several_plots_lack_is_written_once() -> None:
    both = [replace(LOSS, title=title, curves=(), notes=("no DVC cache",)) for title in ("a", "b")]
    assert shown(*both) == "- **a**, **b**: no DVC cache\n"


def test_a_chart_names_the_version_that_it_compares_with() -> None:
    check = plotted(reports.blocked(), (LOSS,))
    (reference,) = check.references
    other = replace(check, references=(replace(reference, vs="prod", label="prod (tumor@v1.2.0)"),))
    text = blocks_text(charts_of(other, FORGE, ALL))
    assert 'title "loss by step: prod v1.2.0 (grey), this change (orange)"' in text


def test_matrices_leave_room_for_curves() -> None:
    matrices = [replace(MATRIX, title=f"matrix {number}") for number in range(9)]
    text = shown(*matrices, LOSS)
    assert text.count("xychart-beta") == 1
    assert "Matrix".lower() + " 7 (" in text.split("- **plots**: ")[1]


def test_of_a_large_matrix_the_cells_that_changed_most_are_listed() -> None:
    names = [str(number) for number in range(12)]
    base = [(name, name) for name in names]
    cells = confusion(base, [*base[1:], *[("0", "5")] * 3, *((name, "11") for name in names)])
    lines = shown(replace(MATRIX, cells=cells)).splitlines()
    assert lines[2] == "- actual 0, predicted 5: 0 → 3"
    assert len(lines) == 13
    assert lines[-1] == "- and 4 more changed cells"


def test_a_matrix_of_one_side_has_its_counts() -> None:
    text = shown(replace(MATRIX, cells=confusion(None, [("a", "a"), ("b", "a")])))
    assert "| this change | predicted a | predicted b |" in text
    assert "| **actual b** | 1 | 0 |" in text


def test_charts_are_the_first_to_go_when_a_comment_is_too_long() -> None:
    text = shown(ROC, MATRIX, SAME, level=DetailLevel(charts=False))
    assert text == "<sub>2 changed plots left out, to keep this short</sub>\n"
    assert shown(SAME, level=DetailLevel(charts=False)) == "\n"


def test_only_some_plots_are_drawn_in_a_comment_and_all_on_a_page() -> None:
    many = [replace(LOSS, title=f"loss {number}", file=f"{number}.tsv") for number in range(20)]
    text = shown(*many)
    assert text.count("xychart-beta") == 8
    assert "- **plots**: loss 8 (`8.tsv`), " in text
    assert "and 2 more changed, left out to keep this short; `mlgit report --format html` draws" in text
    assert shown(*many, context=ReportContext(svg=True)).count("<figure") == 20


def test_names_of_plots_are_escaped() -> None:
    name = "@all <b> | `x` \n## Blocked"
    hostile = replace(MATRIX, title=name, file=name, x_label=name, y_label=name, notes=(name,))
    text = shown(hostile, replace(ROC, title=name, notes=(name,)))
    assert "@all" not in text
    assert "<b>" not in text
    assert "\n##" not in text
    assert "<b>" not in shown(replace(hostile, cells=()), context=LOCAL)
