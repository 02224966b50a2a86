"""Mermaid: line charts that forges draw, also those with an old version.

Versions before 11 know only the word `xychart-beta`, place points correctly only on a list of labels, and
have no legend, so that the title must name the lines. A line may end early, but has no gaps.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from mlgit.render.axis import axis, digits, drawable, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

# Text of users must not end a text of Mermaid.
_PLAIN = frozenset(" .,:_/+()-")
_PLAIN_KINDS = frozenset("LMN")  # letters, their marks, and numbers
_DASH = "Pd"
_LONGEST, _LONGEST_UPRIGHT = 80, 36
# Two characters without a width: places without a text still need names that differ.
_UNSEEN = str.maketrans("01", "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}")
LONGEST_TITLE = 44  # before what names the lines
# Visible on light and dark pages; the first colour of Mermaid itself is nearly white.
GREY, ORANGE = "#8b949e", "#e36209"


def xy_chart(
    title: str,
    places: Sequence[float],
    lines: Sequence[tuple[str, str, Sequence[float]]],
    *,
    x_label: str,
    y_label: str,
    named: str = "",
    share: bool = False,
) -> str:
    """A chart of lines over common places; empty if Mermaid cannot draw it.

    A line is its name, its colour and a number for each of the first places. `named` follows the title, and
    says which line is which. `share` is as in `axis`.
    """
    numbers = [number for _, _, values in lines for number in values]
    if not numbers or not drawable([*numbers, *places]):
        return ""
    low, high = axis(numbers, share=share)
    names = ", ".join(f'"{name}"' for name in unseen_names(marks(places)))
    return "\n".join(
        [
            *settings([colour for _, colour, _ in lines]),
            "xychart-beta",
            f'  title "{plain(title, most=LONGEST_TITLE)}: {plain(named)}"'
            if named
            else f'  title "{plain(title)}"',
            f'  x-axis "{plain(x_label)}" [{names}]',
            f'  y-axis "{plain(y_label, most=_LONGEST_UPRIGHT)}" {digits(low)} --> {digits(high)}',
            *(
                f'  line "{plain(name)}" [{", ".join(digits(value, most=6) for value in values)}]'
                for name, _, values in lines
            ),
        ]
    )


def settings(colours: Sequence[str]) -> list[str]:
    """The lines before a chart: its height, in which the numbers of y do not overlap, and its colours."""
    palette = f'xyChart: {{plotColorPalette: "{", ".join(colours)}"}}'
    size = "{height: 400, titleFontSize: 16}"
    return ["---", f"config: {{xyChart: {size}, themeVariables: {{{palette}}}}}", "---"]


def unseen_names(texts: Sequence[str]) -> list[str]:
    """The texts, and in place of each empty one a name that differs from all others and is not seen."""
    return [text or f"{place:b}".translate(_UNSEEN) for place, text in enumerate(texts)]


def plain(text: str, *, most: int = _LONGEST) -> str:
    """A text that may be in quotes in a chart, shortened with dots."""
    kept = map(_plain, unicodedata.normalize("NFC", text))
    shown = "".join(kept).strip() or "?"
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def _plain(char: str) -> str:
    kind = unicodedata.category(char)
    if "VARIATION SELECTOR" in unicodedata.name(char, ""):
        return "?"  # it makes a picture of a letter
    if char in _PLAIN or kind[0] in _PLAIN_KINDS:
        return char
    return "-" if kind == _DASH else "?"
