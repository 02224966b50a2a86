"""Page of experiments: the leaderboard fits the terminal, counts what it leaves out, and is escaped."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mlgit.core.compare.leaderboard import Leaderboard, Name, Row, SortKey, columns_of
from mlgit.render.console import plain
from mlgit.render.formats.jsonout import document
from mlgit.render.formats.leaderboard import as_csv, as_markdown
from mlgit.render.pages.experiments import page

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import ProblemCode, Value

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def row(
    *names: str,
    metrics: dict[str, Value] | None = None,
    params: dict[str, Value] | None = None,
    problems: tuple[str, ...] = (),
    unread: dict[str, ProblemCode] | None = None,
    subject: str = "Train",
) -> Row:
    return Row(
        names=tuple(Name(kind="branch", text=name) for name in names),
        commit=(names[0] if names else "c").encode().hex().ljust(40, "0")[:40],
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        subject=subject,
        metrics={"m.json": metrics} if metrics else {},
        params={"params.yaml": params} if params else {},
        problems=problems,
        unread=unread or {},
    )


def board(*rows: Row, important: tuple[str, ...] = (), sort: tuple[SortKey, ...] = ()) -> Leaderboard:
    return Leaderboard(
        rows=rows,
        columns=columns_of(rows, {}),
        considered=len(rows),
        head=None,
        sort=sort,
        important=important,
        told_at=NOW,
    )


def many(name: str, offset: int) -> Row:
    metrics: dict[str, Value] = {f"metric_{number}": Decimal(number + offset) for number in range(40)}
    params: dict[str, Value] = {f"p{number}": Decimal(number + offset) for number in range(5)} | {"same": "x"}
    return row(name, metrics=metrics | {"auc": Decimal(offset)}, params=params)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_of_the_table_is_longer_than_the_terminal(width: int) -> None:
    found = board(many("main", 1), many("topic", 2), important=("m.json:metric_33",))
    text = plain(page(found, width=width))
    table = text.splitlines()[:3]
    assert max(map(len, table)) <= width
    assert "metric_33" in table[0]
    assert "more columns: `--metrics` and `--params` choose, `--csv` has all" in text
    if width >= 80:
        assert "auc" in table[0]
        assert " p0" in table[0]


def test_unchanged_parameters_are_shown_only_with_the_option() -> None:
    found = board(
        row("a", metrics={"auc": Decimal(1)}, params={"lr": Decimal(1), "seed": Decimal(7)}),
        row("b", metrics={"auc": Decimal(2)}, params={"lr": Decimal(2), "seed": Decimal(7)}),
    )
    text = plain(page(found, width=80))
    assert "seed" not in text.splitlines()[0]
    assert "1 parameter is the same everywhere: `--all` shows them" in text
    assert "seed" in plain(page(found, width=80, show_all=True)).splitlines()[0]


def test_a_table_without_numbers_names_the_option_that_shows_them() -> None:
    found = board(row("a", params={"seed": Decimal(7)}))
    assert "1 parameter is the same everywhere: `--all` shows them" in plain(page(found, width=80))
    text = plain(page(found, width=80, show_all=True))
    assert "seed" in text.splitlines()[0]
    assert "--all" not in text


def test_columns_that_do_not_fit_are_counted() -> None:
    found = board(row("a", metrics={"auc": Decimal(1)}, params={"s" * 40: Decimal(7)}))
    text = plain(page(found, width=60, show_all=True))
    assert "and 1 more column: `--metrics` and `--params` choose, `--csv` has all" in text
    assert "--all" not in text


def test_a_requested_parameter_is_shown_even_if_it_is_the_same_everywhere() -> None:
    found = board(
        row("a", metrics={"auc": Decimal(1)}, params={"seed": Decimal(7), "lr": Decimal(1)}),
        important=("params.yaml:seed",),
    )
    assert "seed" in plain(page(found, width=80)).splitlines()[0]
    assert as_markdown(found).splitlines()[0] == "| revision | commit | `auc` | `seed` |"


def test_the_best_value_is_marked_and_differs_from_the_others_as_shown() -> None:
    found = board(
        row("a", metrics={"auc": Decimal("0.99999991")}), row("b", metrics={"auc": Decimal("0.9999999")})
    )
    lines = plain(page(found, width=100)).splitlines()
    assert lines[1].endswith(" 0.99999991*")
    assert lines[2].endswith("0.9999999")
    assert "* best of all" in lines[3]


def test_a_row_with_a_problem_is_marked_and_the_problem_is_below() -> None:
    problem = "`m.json` cannot be read"
    found = board(
        row("a", metrics={"auc": Decimal(1)}),
        row("b", problems=(problem,), unread={"m.json": "unreadable"}),
        row("c", unread={"m.json": "not_fetched"}),
        *(row(f"d{number}", problems=(problem,)) for number in range(7)),
    )
    text = plain(page(found, width=100))
    assert "b !" in text
    assert "unreadable" in text
    assert f"! {b'b'.hex()}00000: {problem}" in text
    assert "and 3 more problems: see `--json`" in text
    assert "1 revision has metrics that are not in the DVC cache" in text
    assert "run `dvc fetch --all-commits`" in text


def test_many_names_are_cut_and_a_commit_without_a_name_has_its_subject() -> None:
    names = [f"feature/number-{number}" for number in range(9)]
    found = board(
        row(*names, metrics={"auc": Decimal(1)}), row(metrics={"auc": Decimal(2)}, subject="Fix\tit " * 9)
    )
    lines = plain(page(found, width=100)).splitlines()
    assert lines[1].startswith("feature/number-0 +8 ")
    assert lines[2].startswith("Fix it Fix it Fix it Fix it Fix…")


def test_one_long_name_leaves_room_for_the_numbers() -> None:
    found = board(row("feature/" + "x" * 200, metrics={"auc": Decimal(1)}))
    table = plain(page(found, width=80)).splitlines()
    assert max(map(len, table[:2])) <= 80
    assert "auc" in table[0]
    assert "feature/xxx" in table[1]


def test_a_filter_without_matches_does_not_suggest_declaring_metrics() -> None:
    text = plain(page(replace(board(), head="1" * 40), width=80))
    assert text == "No such revision has metrics or parameters\n"


def test_sorted_rows_name_the_sort_key() -> None:
    found = board(row("a", metrics={"auc": Decimal(1)}), sort=(SortKey(name="auc", descending=True),))
    assert "sorted by auc, large first" in plain(page(found, width=80))


def test_control_characters_in_names_do_not_reach_the_terminal() -> None:
    found = board(row("a\x1b[31m", metrics={"k\x1b]0;x": Decimal(1)}, params={"p": "v\x07\n"}))
    assert plain(page(found, width=100, show_all=True)).replace("\n", "").isprintable()


def test_csv_has_every_column_in_full() -> None:
    found = board(
        row(
            "a",
            "b,c",
            metrics={"auc": Decimal("0.123456789012"), "t": 'say "x"\n'},
            params={"on": True, "no": None},
        ),
        row("d", metrics={"auc": Decimal("NaN")}, params={"on": False}),
    )
    rows = list(csv.reader(io.StringIO(as_csv(found))))
    assert rows[0] == ["revision", "commit", "baseline", "state", "created_at", "auc", "t", "on", "no"]
    assert rows[1][0] == "a, b,c"
    assert rows[1][4:] == ["2026-03-01T00:00:00Z", "0.123456789012", 'say "x"\n', "true", ""]
    assert rows[2][5:] == ["NaN", "", "false", ""]


def test_no_text_in_csv_is_a_formula_or_controls_a_terminal() -> None:
    written = as_csv(
        board(
            row(
                "=cmd|calc!A0",
                metrics={"-auc": Decimal("-0.5"), "t": "@SUM(1)", "\x1b[31mred": "\x1b[2J"},
                params={"lr": "+1", "name": "a-b", "line": "\n=1", "wide": "\uff1d1"},
            )
        )
    )
    header, (name, *_, auc, text, red, rate, plain_text, second, wide) = csv.reader(io.StringIO(written))
    assert header[5:] == ["'-auc", "t", "\ufffd[31mred", "lr", "name", "line", "wide"]
    assert (second, wide) == ("'\n=1", "'\uff1d1")
    assert (name, auc, text, red, rate, plain_text) == (
        "'=cmd|calc!A0",
        "-0.5",
        "'@SUM(1)",
        "\ufffd[2J",
        "'+1",
        "a-b",
    )


def test_half_a_character_in_a_name_gives_a_valid_document() -> None:
    found = board(row("a", metrics={"half\ud800": "x\udc00"}))
    record = json.loads(document(found).encode())
    assert record["rows"][0]["metrics"] == {"m.json": {"half?": "x?"}}
    assert record["columns"][0]["key"] == "half?"


def test_a_text_in_markdown_keeps_its_backticks() -> None:
    lines = as_markdown(board(row("a", metrics={"one": "a`b", "two": "`c` d"}))).splitlines()
    assert lines[2].endswith("| a&#96;b | &#96;c&#96; d |")


def test_markdown_is_a_table_that_hostile_names_cannot_leave() -> None:
    hostile = "x|y`</code>\n@you"
    found = board(
        row(hostile, metrics={f"auc|{hostile}": Decimal(1), "auc": Decimal(1)}, params={"p": hostile}),
        row("b", metrics={"auc": Decimal(2)}, params={"p": "z"}),
    )
    lines = as_markdown(found).splitlines()
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {6}
    assert "**2**" in lines[3]
    assert "@you" not in "".join(lines)
