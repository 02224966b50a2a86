"""Pages of `mlgit ci init` and `mlgit ci update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.forge.hosts import HOSTS
from mlgit.core.wording import count
from mlgit.render.page import Block, Page, Span, Style, line, table

if TYPE_CHECKING:
    from mlgit.core.ci.templates import Status, TemplateSet

_DIFFERENCE: dict[str, Style] = {"+": "ok", "-": "bad", "@": "dim"}
_WORDS: dict[Status, tuple[str, Style]] = {
    "create": ("new", "ok"),
    "update": ("updated", "ok"),
    "replace": ("replaced", "careful"),
    "same": ("up to date", "dim"),
    "edited": ("edited, kept", "dim"),
    "conflict": ("edited, and the template changed", "careful"),
    "missing": ("not here", "dim"),
    "left": ("edited, left as it is", "dim"),
}


def init_page(done: TemplateSet) -> Page:
    """What was written, and what the user has to do at the forge."""
    page: Page = [_summary(done), _files(done)]
    if done.include:
        page.append(line(Span("Add to .gitlab-ci.yml:", "strong")))
        page += [line(text, indent=2) for text in done.include.splitlines()]
    page += [line(Span("note: ", "careful"), note) for note in done.notes]
    if not done.dry_run:
        page.append(line(Span("Next", "strong")))
        page += [line(f"{number}. {step}", indent=2) for number, step in enumerate(done.next, start=1)]
    return page


def update_page(done: TemplateSet) -> Page:
    """The change of each file; for edited ones, their difference from the template."""
    page: Page = [_summary(done), _files(done)]
    for file in done.files:
        if file.difference and file.status in {"update", "replace", "conflict"}:
            texts = file.difference.splitlines()
            page += [line(""), *(line(Span(text, _DIFFERENCE.get(text[:1], ""))) for text in texts)]
    conflicts = [file.path for file in done.files if file.status == "conflict"]
    if conflicts:
        text = "apply the differences that you want by hand, or replace the files with `--force`"
        page += [line(""), line(Span("next: ", "dim"), text)]
    page += [line(Span("note: ", "careful"), note) for note in done.notes]
    if any(file.status == "missing" for file in done.files):
        page.append(line(Span("note: ", "careful"), "`mlgit ci init` writes the files that are not here"))
    return page


def _summary(done: TemplateSet) -> Block:
    written = sum(file.is_written for file in done.files)
    verb = "Would write" if done.dry_run else "Wrote"
    words = "Everything is up to date" if not written else f"{verb} {count(written, 'file')}"
    if not written and any(file.status == "conflict" for file in done.files):
        words = "Wrote nothing"
    about = f" (templates of mlgit {done.version} for {HOSTS[done.host].name}, pipeline: {done.pipeline})"
    return line(Span(words, "ok" if not done.dry_run else "strong"), about)


def _files(done: TemplateSet) -> Block:
    rows = [(Span(file.path, "name"), Span(*_WORDS[file.status])) for file in done.files]
    return table(("", ""), rows)
