"""Stage changes: which stages before the gates' numbers run another command, or the same one elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.model_files import stages_before

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Pipeline, Stage

_CODE = "stage_changed"
_MOST = 3
_WIDTH = 100
_BEFORE = 20
"""Of a long command, the characters shown before the first difference."""


def stage_notes(old: Pipeline, new: Pipeline, gates: Iterable[ResolvedGate]) -> tuple[Note, ...]:
    """A note for each stage of both sides that the gates' numbers come from and that runs another command.

    That is normal work, but a command can write any number, so a reviewer must see it.
    """
    owners = {gate.source.origin.name for gate in gates if gate.source and gate.source.origin.kind == "stage"}
    used = {address for owner in owners if owner for address in stages_before(owner, new)}
    before = {stage.address: stage for stage in old.stages}
    changed = [
        (before[stage.address], stage)
        for stage in sorted(new.stages, key=lambda stage: stage.address)
        if stage.address in used & before.keys() and _run(stage) != _run(before[stage.address])
    ]
    texts = [_text(*pair) for pair in changed[:_MOST]]
    if rest := len(changed) - _MOST if len(changed) > _MOST else 0:
        verb = "stage runs" if rest == 1 else "stages run"
        texts.append(f"{rest} more {verb} another command; `mlgit diff` lists them")
    return tuple(Note(code=_CODE, message=text) for text in texts)


def _run(stage: Stage) -> tuple[str, ...]:
    return (stage.wdir or ".", *stage.cmd)


def _text(old: Stage, new: Stage) -> str:
    was, now = (_line(stage) for stage in (old, new))
    alike = next((at for at, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), len(was))
    same = max(min(alike, len(now)) - _BEFORE, 0)
    places = [_place(stage) if _run(old)[0] != _run(new)[0] else "" for stage in (old, new)]
    was, now = (f"`{_part(text, same)}`{place}" for text, place in zip((was, now), places, strict=True))
    return f"Stage `{new.address}` ran {was}; it now runs {now}"


def _line(stage: Stage) -> str:
    """The commands in one line, without marks that would end the quotation."""
    return " ".join(" && ".join(stage.cmd).replace("`", "'").split())


def _part(text: str, start: int) -> str:
    """The text, or if it is long the part from `start`."""
    if len(text) <= _WIDTH:
        return text
    part = text[start : start + _WIDTH]
    return f"{'…' if start else ''}{part}{'…' if start + _WIDTH < len(text) else ''}"


def _place(stage: Stage) -> str:
    folder = _run(stage)[0]
    return " in the root folder" if folder == "." else f" in `{folder}`"
