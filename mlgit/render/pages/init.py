"""Page of `mlgit init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, line, table

if TYPE_CHECKING:
    from mlgit.core.overview.init import Initialized

_KINDS: dict[str, str] = {"dvclive": "DVCLive", "gto": "GTO stages", "ci": "CI"}


def page(done: Initialized) -> Page:
    """The findings, the written file and the next step."""
    page: Page = []
    if done.found:
        rows = [
            (Span(_KINDS.get(each.kind, each.kind), "dim"), Span(each.name, "name"), each.where)
            for each in done.found
        ]
        page += [line(Span("Found", "strong")), table(("", "", ""), rows), line("")]
    else:
        page.append(line("Found no pipeline, no metrics and no tags; the file begins with examples"))
    if done.dry_run:
        page.append(line(Span(f"Would write {done.path}:", "strong")))
        page += [line(text, indent=2) for text in done.content.splitlines()]
    else:
        verb = "Replaced" if done.replaced else "Wrote"
        page.append(line(Span(f"{verb} ", "ok"), Span(done.path, "name")))
    page += [line(Span("note: ", "careful"), offer) for offer in done.offers]
    if not done.dry_run:
        page.append(line(Span("next: ", "dim"), f"look at {done.path}, then run `mlgit check` and commit it"))
    return page
