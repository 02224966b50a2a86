"""Page of `mlgit schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from mlgit.core.config.schemas import Schemas

_VERBS = {"written": "Wrote", "replaced": "Replaced", "already": "Already there:"}


def page(record: Schemas) -> Page:
    """The names, or the file that was written and how an editor uses it."""
    if record.path is None or record.state is None:
        return [table(("", ""), [(Span(each.name, "name"), each.title) for each in record.schemas])]
    page: Page = [line(Span(f"{_VERBS[record.state]} ", "ok"), Span(record.path, "name"))]
    (only,) = record.schemas
    if only.name == "mlgit":
        comment = f"# yaml-language-server: $schema={record.path}"
        page.append(line(Span("next: ", "dim"), f"make this the first line of `{CONFIG_FILE}`:"))
        page.append(line(Span(comment, "command"), indent=2))
    return page
