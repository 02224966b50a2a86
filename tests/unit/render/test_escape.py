"""Names in Markdown: a forge shows the same text, and finds no link, person, issue or HTML in it."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlgit.core.wording import listed, quoted
from mlgit.render.escape import code, literal, prose, visible
from mlgit.render.html.markdown import to_html
from tests.support.hostile import texts

if TYPE_CHECKING:
    from collections.abc import Callable

FORGE = MarkdownIt("commonmark").enable("table").enable("strikethrough")
NAMES = [
    "a`b",
    "``a` b",
    "`",
    "a|b",
    "a\\|b",
    "a\\",
    "<b>x</b>",
    "<!-- x -->",
    "*x* _y_ **z** ~~s~~",
    "@octocat",
    "mlgit/mlgit#12",
    "#12",
    "&lt;b&gt; &amp;",
    "[a](https://b.example)",
    "temp_°C",
    "val_acc@0.5",
    "carol@example.org",
    "line one\nline two",
    "weights: {a: [1, 2]}",
    "x" * 400,
]
PLACES = {
    "paragraph": "{}\n",
    "sentence": "Metric {} and {} fell\n",
    "heading": "### ❌ Blocked: {}\n",
    "item": "- **params**: {} new\n",
    "strong": "- **{}**: new\n",
    "cell": "| a | b |\n|---|---|\n| {} | {} |\n",
    "header": "| {} | b |\n|---|---|\n| 1 | 2 |\n",
    "small": "<sub>{}</sub>\n",
    "folded": "<details>\n<summary>x</summary>\n\n{}\n\n</details>\n",
}


class Seen(HTMLParser):
    """The text that a browser shows, and the elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(each for each in attrs if each[0] != "data-label")))


def seen(page: str) -> Seen:
    return Seen(page)


def bare(text: str) -> str:
    """The text without the invisible characters that end a mention, and without spaces between cells."""
    return "".join(text.replace("\N{ZERO WIDTH SPACE}", "").split())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("escape", [code, literal])
@given(name=st.sampled_from(NAMES) | texts)
@example(name="a`b")
@example(name="1. a")
@example(name="1)")
@example(name="- a")
@example(name="+ a")
@example(name="===")
@example(name=">")
@example(name="> a")
def test_a_name_is_the_same_text_wherever_it_is(place: str, escape: object, name: str) -> None:
    assume(escape is code or visible(name))
    form = PLACES[place]
    escaped = escape(name)  # type: ignore[operator]
    plain = form.format(*["NAME"] * form.count("{}"))
    made = form.format(*[escaped] * form.count("{}"))
    expected = visible(name) or "-"
    for renderer in (FORGE.render, lambda text: to_html(text)[1]):
        usual, shown = seen(renderer(plain)), seen(renderer(made))
        assert bare(shown.text) == bare(usual.text.replace("NAME", expected))
        assert [each for each in shown.tags if each[0] != "code"] == usual.tags


@given(st.sampled_from(NAMES) | texts)
def test_a_sentence_keeps_a_name_that_it_quotes(name: str) -> None:
    assume(0 < len(visible(name)) < 200)
    shown = seen(FORGE.render(prose(f"Gate `g` reads {quoted(visible(name))}, not {quoted('b`c')}")))
    assert bare(shown.text) == bare(f"Gate g reads {visible(name)}, not b`c")
    assert [tag for tag, _ in shown.tags] == ["p", *["code"] * 3]


@given(st.sampled_from(NAMES) | st.text(alphabet="ab` <|*@\\", max_size=12))
@example("` `")
def test_backticks_that_do_not_belong_together_stay_in_a_sentence(text: str) -> None:
    shown = seen(FORGE.render(prose(text) + "\n"))
    assert bare(shown.text).replace("`", "") == bare(visible(text, most=4000)).replace("`", "")
    assert {tag for tag, _ in shown.tags} <= {"p", "code"}


LISTS = {
    "many": [f"src/load_the_rows_of_the_table_and_its_header_{number:02}.py" for number in range(12)],
    "one long": ["a" * 250 + ".py", "src/score.py"],
    "all long": [f"{number:02}{'a' * 290}{number:02}.py" for number in range(12)],
    "longer than a name": [f"{number:02}{'a' * 900}{number:02}.py" for number in range(12)],
    "odd": [f"{'a`b|' * 40}{number:02}.py" for number in range(12)],
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_in_a_sentence_has_all_names_and_how_many_more(case: str) -> None:
    names = LISTS[case]
    text = f"Other files changed as well: {listed([*names, *'abc'], len(names))}"
    shown = seen(FORGE.render(prose(text)))
    assert [tag for tag, _ in shown.tags] == ["p", *["code"] * len(names)]
    assert all(name[-8:] in shown.text for name in names)
    assert shown.text.strip().endswith(" and 3 more")


@pytest.mark.parametrize("part", ["@x ", "`a` ", "` ", "`` ` ", "a"])
def test_a_sentence_has_a_length_that_it_does_not_exceed(part: str) -> None:
    shown = seen(FORGE.render(prose(part * 40_000)))
    assert len(bare(shown.text)) <= 4000
    assert shown.text.strip().endswith("…")


def test_a_command_in_a_long_sentence_is_there_as_it_is() -> None:
    command = f"git fetch --tags origin {'a' * 200}"
    assert f"`{command}`" in prose(f"{'Fetch. ' * 40}`{command}`")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("auc", "`auc`"),
        ("carol@example.org", "`carol@example.org`"),
        ("git fetch --tags origin && x", "`git fetch --tags origin && x`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``b`c", "```a``b`c```"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a<b", "<code>a&#60;b</code>"),
        ("temp_°C", "`temp_°C`"),
    ],
)
def test_a_code_span_is_readable_without_a_renderer(name: str, shown: str) -> None:
    assert code(name) == shown


def test_a_picture_that_looks_like_a_verdict_is_replaced() -> None:
    assert visible("✅ ok ⚠️ ✔") == "� ok �� �"
    assert html.unescape(code("x ❌")) == "`x �`"


@pytest.mark.parametrize("escape", [prose, literal])
def test_a_slash_at_the_start_of_a_text_is_escaped(escape: Callable[[str], str]) -> None:
    assert escape("/merge a/b") == "&#47;merge a/b"
