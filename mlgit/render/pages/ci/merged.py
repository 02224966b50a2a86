"""Page of `mlgit ci merged`, also as the summary of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.console import plain
from mlgit.render.page import Page, Span, Style, line
from mlgit.render.pages.check import note_lines

if TYPE_CHECKING:
    from mlgit.core.ci.merged import Merged, MergeStep, Outcome

_QUIET = frozenset({"already", "unchanged"})
_WORDS: dict[Outcome, tuple[str, Style]] = {
    "done": ("done", "ok"),
    "planned": ("would", "careful"),
    "already": ("already", "dim"),
    "unchanged": ("unchanged", "dim"),
    "held": ("held", "careful"),
    "left": ("left", "careful"),
    "blocked": ("blocked", "bad"),
    "failed": ("failed", "bad"),
}


def page(record: Merged) -> Page:
    """What the gates compare otherwise, and one line per step, or a single one if there is nothing to do."""
    where = f"{record.trunk} at {record.commit[:7]}"
    found = [block for note in record.findings for block in note_lines(note)]
    if record.since is not None and any(note.code != "target_not_read" for note in record.findings):
        found = [line("The gates changed since ", record.since[:7], ":"), *found]
    if record.blocked:
        return [*found, line("Nothing is released from ", where, ", because that blocks")]
    return [*found, *_steps(record, where)]


def _steps(record: Merged, where: str) -> Page:
    changes = [step for step in record.steps if step.outcome not in _QUIET]
    if not record.steps:
        return [line("Nothing to release: ", where, " declares no model")]
    if not changes:
        return [line("Nothing to do for ", where, ": ", _released(record.steps))]
    shown: Page = [line(Span(where, "strong"))]
    for step in record.steps if record.changed or record.dry_run else changes:
        shown += _step(step)
    return shown


def summary(record: Merged) -> str:
    """The page as Markdown: indented, so that nothing in it can be markup."""
    return "### mlgit: merged\n\n" + "".join(f"    {text}\n" for text in plain(page(record)).splitlines())


def _released(steps: tuple[MergeStep, ...]) -> str:
    released = [f"{step.model}@{step.version}" for step in steps if step.environment is None]
    return f"{', '.join(released)} {'is' if len(released) == 1 else 'are'} released already"


def _step(step: MergeStep) -> Page:
    word, style = _WORDS[step.outcome]
    name = step.model if step.version is None else f"{step.model}@{step.version}"
    what = "release" if step.environment is None else "promote"
    where = () if step.environment is None else (" to ", Span(step.environment, "name"))
    message = f": {step.message.removeprefix(f'{step.model}: ')}" if step.message else ""
    parts = (Span(f"{word:<10}", style), f"{what} ", Span(name, "strong"), *where, message)
    shown: Page = [line(*parts, indent=2)]
    shown += [line(detail.expandtabs(2), indent=14) for detail in step.details]
    if step.hint is not None:
        shown.append(line(Span("hint: ", "careful"), step.hint, indent=14))
    return shown
