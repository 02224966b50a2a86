"""Two commands are shown so that every difference is seen, and nothing reads as what it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.compare.commands import quoted_commands, quoted_difference

FORGED = "sed -i s/0.385/0.05/ m.json"
LONG = "python evaluate.py --data " + " ".join(f"part-{number}.csv" for number in range(40))


@pytest.mark.parametrize(
    ("commands", "text"),
    [
        (("python a.py",), "`python a.py`"),
        (("a", "b # c", "d"), "`a`, then `b # c`, then `d`"),
        (("a # as before\nsed x",), "`a # as before ↩ sed x`"),
        (("a \\\n   b\n\n",), "`a \\ ↩ b`"),
        (("  a \t b  ",), "`a b`"),
        (("echo `date`",), "`echo \u02cbdate\u02cb`"),
        (("a\x1fb\u2028c",), "`a b c`"),
    ],
)
def test_a_command_is_one_line(commands: tuple[str, ...], text: str) -> None:
    assert quoted_commands(commands) == text


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (("a && b",), ("a", "b"), ("`a && b`", "`a`, then `b`")),
        (("a  b",), ("a b",), ("`a␣␣b`", "`a␣b`")),
        (("a\nb",), ("a\n\nb ",), ("`a↩b`", "`a↩↩b␣`")),
        (("a\tb",), ("a b",), ("`a⇥b`", "`a␣b`")),
        (("a",), ("a", "b"), ("`a`", "`a`, then `b`")),
        (("a `b`",), ("a 'b'",), ("`a \u02cbb\u02cb`", "`a 'b'`")),
        (("a b",), ("a b",), ("`a b`", "`a b`")),
    ],
)
def test_commands_that_differ_are_shown_differently(
    old: tuple[str, ...], new: tuple[str, ...], shown: tuple[str, str]
) -> None:
    assert quoted_difference(old, new) == shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LONG, f"{LONG} && {FORGED}"),
        (LONG, f"{LONG.replace('python', 'python -B')} && {FORGED}"),
        (LONG, f"{LONG} --o3 33 {'x' * 3_000} && {FORGED}"),
        (LONG, f"{'y' * 300} && {FORGED}"),
        (LONG, f"{LONG}\n{FORGED}"),
    ],
)
def test_every_difference_is_shown_to_its_end(old: str, new: str) -> None:
    _, now = quoted_difference((old,), (new,))
    assert now.endswith(f"{FORGED}`")
    assert len(now) < len(new) or len(new) < 2 * len(old)


MORE = " ".join(f"--opt{number} {number}" for number in range(40))


@pytest.mark.parametrize(
    ("old", "new", "starts", "ends"),
    [
        (f"a --b 1 {MORE} --limit 10", f"a --b 2 {MORE} --limit 1", ("", ""), ("limit 10`", "limit 1`")),
        (f"time a {MORE} --b 1", f"a {MORE} --b 2", ("`time a --", "`a --"), ("", "")),
    ],
)
def test_what_is_gone_at_an_end_leaves_the_end_of_the_other_command(
    old: str, new: str, starts: tuple[str, str], ends: tuple[str, str]
) -> None:
    assert len(MORE) > 300
    for first, last in ((0, 1), (1, 0)):
        shown = quoted_difference(((old, new)[first],), ((old, new)[last],))
        for place, text in zip((first, last), shown, strict=True):
            assert text.startswith(starts[place])
            assert text.endswith(ends[place])
            assert len(text) < 120


def test_what_both_share_is_cut() -> None:
    was, now = quoted_difference((f"{LONG} -a 1 {LONG}",), (f"{LONG} -a 2 {LONG}",))
    assert was == "`….csv part-39.csv -a 1 python evaluate.py …`"
    assert now == was.replace("-a 1", "-a 2")


def test_what_no_one_can_read_says_how_much_is_missing() -> None:
    text = quoted_commands(("a" * 3_000 + "b" * 3_000,))
    assert text == f"`{'a' * 2_000} … 2,000 more characters … {'b' * 2_000}`"
    assert quoted_commands(("a" * 4_000,)) == f"`{'a' * 4_000}`"


PARTS = st.lists(st.sampled_from(["a", "b", "c" * 30, "d" * 60, " && ", "\n", "# x"]), max_size=12)


@given(PARTS, PARTS)
def test_different_commands_never_look_the_same(old: list[str], new: list[str]) -> None:
    one, other = ("".join(old),), ("".join(new),)
    shown = quoted_difference(one, other)
    assert (shown[0] == shown[1]) == (one == other)
