"""Screens: status and check as a whole, in terminals of 80 and 140 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.render.console import wrapped
from mlgit.render.page import Line, line
from tests.support import screens
from tests.support.screens import SCREENS, WIDTHS, screen

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_whole_screen_equals_its_file(name: str, width: int) -> None:
    """If the screen changed as intended, `python -m tests.support.screens` writes it; look at the diff."""
    text = screen(name, width)
    assert text == (screens.FOLDER / f"{name}.{width}.txt").read_text(encoding="utf-8")
    # A command that is longer has a line of its own.
    longer = [each.strip() for each in text.splitlines() if len(each) > width]
    assert [each for each in longer if not each.startswith("`") or each.count("`") > 2] == []


def test_every_file_belongs_to_a_screen() -> None:
    assert sorted(path.name for path in screens.FOLDER.iterdir()) == sorted(
        f"{name}.{width}.txt" for name in SCREENS for width in WIDTHS
    )


def test_the_screens_are_written_to_the_folder_that_the_test_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "FOLDER", tmp_path / "new")
    screens.main()
    assert len(list(screens.FOLDER.iterdir())) == len(SCREENS) * len(WIDTHS)


def lines_of(block: Line, width: int) -> list[str]:
    return ["".join(span.text for span in spans) for spans in wrapped(block, width)]


@pytest.mark.parametrize(
    ("text", "hang", "expected"),
    [
        ("short", 2, [" short"]),
        ("one two three four", 2, [" one two", "   three", "   four"]),
        ("key: alongwordthatdoesnotfit end", 5, [" key: alongwordthatdoesnotfit", "      end"]),
        ("key: value", 5, [" key: value"]),
        ("一二 三四 五", 0, [" 一二 三四", " 五"]),
        ("", 2, [" "]),
        ("run `a b c` now", 2, [" run", "   `a b c`", "   now"]),
        ("run `a b c d e f g` now", 2, [" run", "   `a b c d e f g`", "   now"]),
        ("`a b` or `c d e`; x y", 2, [" `a b` or", "   `c d e`;", "   x y"]),
        ("an odd ` mark here", 2, [" an odd `", "   mark", "   here"]),
    ],
)
def test_a_line_is_wrapped_at_spaces_with_a_hanging_indent(text: str, hang: int, expected: list[str]) -> None:
    assert lines_of(line(text, indent=1, hang=hang), 10 if hang < 5 or " end" in text else 11) == expected
    assert lines_of(line(text, indent=1), 10) == [f" {text}"]


def test_a_command_is_one_line_in_a_narrow_terminal() -> None:
    import io

    from rich.console import Console

    from mlgit.render.console import write_rich
    from mlgit.render.page import Span

    stream = io.StringIO()
    command = "git config --unset remote.origin.tagOpt && git fetch --tags origin"
    page = [line("next: ", Span(command, "command")), line("some words that are wrapped here", hang=2)]
    write_rich(list(page), Console(file=stream, width=20))
    assert stream.getvalue() == f"next: {command}\nsome words that are\n  wrapped here\n"


HINT = "to go back on this machine alone, run `mlgit rollback tumor --env prod -m 'p95 alarm'`; that is all"


@pytest.mark.parametrize("hang", [None, 2])
@pytest.mark.parametrize("width", [20, 50, 80])
def test_a_command_in_a_sentence_is_never_broken_on_a_terminal(width: int, hang: int | None) -> None:
    import io

    from rich.console import Console

    from mlgit.render.console import write_rich

    stream = io.StringIO()
    write_rich([line("hint: ", HINT, indent=2, hang=hang)], Console(file=stream, width=width))
    shown = stream.getvalue().splitlines()
    assert sum("`mlgit rollback tumor --env prod -m 'p95 alarm'`" in each for each in shown) == 1
    assert " ".join(each.strip() for each in shown) == f"hint: {HINT}"
    assert all(len(each) <= width for each in shown if "`" not in each)


@pytest.mark.parametrize(
    ("rows", "right"),
    [
        ([("1 s ago", "prod  ← v1.0.0     ", "promote", "")], ()),
        ([("auc", "0.9   "), ("latency", "83.78 ")], ()),
        ([("模型", "v1", ""), ("m", "v10", "why")], (1,)),
        ([("", "")], ()),
    ],
)
@pytest.mark.parametrize("header", [True, False])
def test_a_table_that_fits_is_on_a_terminal_as_it_is_in_a_pipe(
    rows: list[tuple[str, ...]], right: tuple[int, ...], *, header: bool
) -> None:
    import io

    from rich.console import Console

    from mlgit.render.console import plain, write_rich
    from mlgit.render.page import table

    shown = table(["name" if header else ""] * len(rows[0]), rows, right=right)
    stream = io.StringIO()
    write_rich([shown], Console(file=stream, width=60))
    assert stream.getvalue() == plain([shown])
    narrow = io.StringIO()
    write_rich([shown], Console(file=narrow, width=12))
    assert all(len(each) <= 12 for each in narrow.getvalue().splitlines())


def test_a_repair_of_doctor_is_one_line_on_a_terminal() -> None:
    import io

    from rich.console import Console

    from mlgit.core.overview.doctor import Diagnosis, warning
    from mlgit.render.console import write_rich
    from mlgit.render.pages.doctor import page

    repair = "git config --replace-all remote.origin.tagOpt --tags && git fetch --tags origin"
    found = Diagnosis(findings=(warning("no_tags", "No tags", repair=repair),), checks=("git",), online=True)
    stream = io.StringIO()
    write_rich(page(found), Console(file=stream, width=60))
    assert f"      repair: {repair}\n" in stream.getvalue()
