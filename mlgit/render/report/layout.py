"""Layout: what a report contains at each level of detail, from everything to the bare verdict."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.ci.report import Mode
    from mlgit.core.compare.plots import Plot
    from mlgit.core.forge.hosts import Host
    from mlgit.core.gates.verdict import Decision, Effect

MARKS: dict[Decision, str] = {"allow": "✅", "allow_with_warnings": "⚠️", "block": "❌"}
EFFECTS: dict[Effect, str] = {"block": "❌", "warn": "⚠️", "waived": "⚠️", "note": "🔹", "allow": "✅"}
WORDS: dict[Effect, str] = {"block": "Blocked", "warn": "Warning", "waived": "Waived"}
RANK: dict[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}
NO_NUMBER = "-"
TIE = "&nbsp;"  # keeps the words of a cell on one line in a narrow table
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%=&?+#-]*)?")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ALL = 1_000_000


class ReportContext(NamedTuple):
    """The circumstances of a check.

    `key` identifies the comment; each key has its own marker. `run_url` is the run's page. `untrusted`:
    code of a fork computed the check. `skipped` are the things that could not be checked, one line each.
    `host` is the forge that renders the report; Mermaid charts need one. `pushed` is the commit with the
    results, `commit` the one of the forge's check, which may be merged into the checked one. `unfinished`:
    something failed besides the verdict, so the report must not let anyone pass. `site` is the repository's
    page on the forge, and `head` the commit to link to there. `trunk`: it is about trunk, not about a change.
    `svg`: charts are drawn here, for a page of HTML.
    """

    key: str = "mlgit"
    run_url: str | None = None
    untrusted: bool = False
    skipped: Sequence[str] = ()
    mode: Mode = "check"
    host: Host | None = None
    pushed: str | None = None
    commit: str | None = None
    unfinished: bool = False
    site: str | None = None
    head: str | None = None
    trunk: bool = False
    svg: bool = False

    @property
    def file_page(self) -> str | None:
        """The page of mlgit.yaml at the head commit; None if it is not known."""
        if self.host is None or self.site is None or not _COMMIT.fullmatch(self.head or ""):
            return None
        page = HOSTS[self.host].file_page.format(site=self.site, commit=self.head, path=CONFIG_FILE)
        return page if is_plain_url(page) else None


class DetailLevel(NamedTuple):
    """How much a report shows: charts, unchanged rows, details, metrics without gates, rows per table."""

    charts: bool = True
    unchanged: bool = True
    details: bool = True
    ungated: bool = True
    rows: int = _ALL


LEVELS = (
    DetailLevel(),
    DetailLevel(charts=False),
    DetailLevel(charts=False, unchanged=False),
    DetailLevel(charts=False, unchanged=False, rows=300),
    DetailLevel(charts=False, unchanged=False, rows=100),
    DetailLevel(charts=False, unchanged=False, details=False),
    DetailLevel(charts=False, unchanged=False, details=False, ungated=False),
    *(
        DetailLevel(charts=False, unchanged=False, details=False, ungated=False, rows=rows)
        for rows in (100, 50, 20, 10, 5, 2, 1)
    ),
)
"""From everything to the bare verdict: first without charts, then without unchanged rows, then details."""


def is_plain_url(text: str) -> bool:
    """Whether a link of Markdown can have an address as it is; it has no user and no password."""
    return _URL.fullmatch(text) is not None


def blocks_text(parts: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with an empty line between them."""
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def decimal(text: str) -> Decimal:
    """A number that was written as text, perhaps by another program; NaN if it is not a number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def bare_title(plot: Plot) -> str:
    """The title of a plot without the file that distinguishes it from others of the same title."""
    return plot.title.removesuffix(f" ({plot.file})")


def left_out(number: int, thing: str, *, below: bool = False) -> list[str]:
    """A line that counts what a table leaves out, if anything; `below`: a folded table has it."""
    more = f"{number} more {thing}{'' if number == 1 else 's'}"
    where = f"below, in All {thing}s" if below else "`mlgit check --json` has all"
    return [f"<sub>and {more}; {where}</sub>"] if number > 0 else []
