"""Data: whether the numbers of gates are measured on the data that the target measures them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.git_changes import is_code
from mlgit.core.gates.resolved.findings import counterparts
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.model_files import meets
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Output, Pipeline

_CODE = "data_changed"


def data_notes(
    old: Sequence[ResolvedGate], new: Iterable[ResolvedGate], pipelines: tuple[Pipeline, Pipeline]
) -> tuple[Note, ...]:
    """A note about the data that stages measure a model on, if it has other content or another owner.

    That is normal work, but a number says less about a model next to one of other data. What only the model
    is made from does not count. `pipelines` are those of both sides.
    """
    before, after = (_Data(pipeline) for pipeline in pipelines)
    changed: dict[str, None] = {}
    moved: dict[str, None] = {}
    for gate in new:
        now = after.of(gate)
        for was in (before.of(each) for each in counterparts(gate, old)):
            for path in sorted(was.keys() & now.keys()):
                owners = before.owner(path), after.owner(path)
                if was[path] != now[path] and (any(owners) or not is_code(path)):
                    changed[path] = None
                if owners[0] != owners[1]:
                    there, here = (words or "a file in Git" for words in owners)
                    moved[f"`{path}` was {there}; it is now {here}"] = None
    texts = [f"`{path}` changed" for path in changed]
    found = [f"The numbers are of other data: {', '.join(texts)}"] if texts else []
    return tuple(Note(code=_CODE, message=text) for text in (*found, *moved))


class _Data:
    """What the stages of one side measure models on."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._stages = {stage.address: stage for stage in pipeline.stages}
        self._tracked: dict[str, Output] = {out.path: out for out in pipeline.tracked}

    def of(self, gate: ResolvedGate) -> Mapping[str, str]:
        """Path -> recorded hash of what enters the stages before a number, other than through the model."""
        if gate.source is None or gate.source.origin.kind != "stage":
            return {}
        found: dict[str, str] = {}
        path = None if gate.path is None else gate.path.rstrip("/")
        seen: set[str] = set()
        waiting = [gate.source.origin.name or ""]
        while waiting:
            address = waiting.pop()
            stage = self._stages.get(address)
            if stage is None or address in seen:
                continue
            seen.add(address)
            for dep in stage.deps:
                if path is not None and meets(dep, path):
                    continue
                makers = [
                    other.address
                    for other in self._stages.values()
                    if any(meets(out.path, dep) for out in other.outs)
                ]
                waiting += makers
                pointer = None if stage.locked is None else stage.locked.deps.get(dep)
                if not makers and pointer is not None:
                    found[dep] = pointer.md5
        return found

    def owner(self, path: str) -> str | None:
        """What tracks or imports a path, in words; None if it is a file of Git."""
        out = output_at(path, self._tracked)
        if out is None:
            return None
        return f"tracked by `{out.owner}`" if out.source is None else f"imported by `{out.owner}`"
