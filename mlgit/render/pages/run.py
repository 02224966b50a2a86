"""Page of `mlgit run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line
from mlgit.render.pages.check import page as check_page

if TYPE_CHECKING:
    from mlgit.core.overview.run import Run


def page(record: Run) -> Page:
    found: Page = []
    if record.pulled:
        found.append(line(Span("pulled: ", "dim"), ", ".join(record.pulled), hang=2))
    if not record.stages:
        why = "everything is up to date" if record.declared else "no `dvc.yaml` declares stages"
        found.append(line(f"Nothing to run: {why}"))
    executed = [stage for stage in record.stages if stage not in record.restored]
    words = (
        ("would run", "would restore from DVC's cache")
        if record.dry_run
        else ("ran", "restored from DVC's cache")
    )
    for word, stages in zip(words, (executed, record.restored), strict=True):
        if stages:
            found.append(line(Span(f"{word}: ", "dim"), ", ".join(stages), hang=2))
    if record.committed is not None:
        found.append(line(Span("committed: ", "dim"), record.committed[:7]))
    if record.check is not None:
        found += [line(""), *check_page(record.check)]
    return found
