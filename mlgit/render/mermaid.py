"""Mermaid: line charts that forges draw, also those with an old version.

Versions before 11 know only the word `xychart-beta`, place points correctly only on a list of labels, and
have no legend, so that the title must name the lines. A line may end early, but has no gaps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.render.axis import axis, digits, drawable, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

# Text of users must not end a text of Mermaid.
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,:_/+()-]")
_LONGEST = 80
_LONGEST_TITLE = 44  # before what names the lines
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
    names = ", ".join(f'"{label}"' for label in labels(places))
    return "\n".join(
        [
            *settings([colour for _, colour, _ in lines]),
            "xychart-beta",
            f'  title "{plain(title, most=_LONGEST_TITLE)}: {plain(named)}"'
            if named
            else f'  title "{plain(title)}"',
            f'  x-axis "{plain(x_label)}" [{names}]',
            f'  y-axis "{plain(y_label)}" {digits(low)} --> {digits(high)}',
            *(
                f'  line "{plain(name)}" [{", ".join(digits(value, most=6) for value in values)}]'
                for name, _, values in lines
            ),
        ]
    )


def settings(colours: Sequence[str]) -> list[str]:
    """The lines before a chart: its height, and the colours of its lines."""
    palette = f'xyChart: {{plotColorPalette: "{", ".join(colours)}"}}'
    return ["---", f"config: {{xyChart: {{height: 280}}, themeVariables: {{{palette}}}}}", "---"]


def plain(text: str, *, most: int = _LONGEST) -> str:
    """A text that may be in quotes in a chart, shortened with dots."""
    shown = _NOT_PLAIN.sub("?", text).strip() or "?"
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."
