"""Numbers: whether the stages that make a gate's number know the model that the gate is for.

A number of another model says nothing about this one, whichever limit it keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.gates.resolved.findings import Finding, counterparts, message_of
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import meets, stages_before
from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
    from mlgit.core.pipeline.stages import Output, Pipeline

Knows = Literal["model", "input", "nothing", ""]
"""What a number's stages know: the model, only what it is made from, neither; empty if no stage makes it."""
_CODE = "number_of_another_model"


@record
class Measured:
    """What the numbers of a change do not measure: findings about what is new, notes about the rest."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


def measure(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    reported: Iterable[Finding] = (),
    files: tuple[Collection[str], Collection[str]] = ((), ()),
) -> Measured:
    """Compare what the numbers of both sides know; `pipelines` are theirs, `files` those of Git in models.

    `reported` are the other findings of the change: one cause is reported once.
    """
    before, after = (_Side(*each) for each in zip(pipelines, (old, new), files, strict=True))
    subjects = {(each.kind, subject, each.model) for each in reported for subject in each.subjects}
    groups: dict[tuple[str, str | None, str], list[str]] = {}
    for gate in new:
        was = {knows for each in counterparts(gate, old) for knows in before.may_know(each)}
        effect = _effect(after.knows(gate), was, measured=after.is_measured(gate.model))
        if "model" in was and ("gate", gate.gate, gate.model) in subjects:
            continue
        if effect is not None:
            groups.setdefault((after.text(gate), gate.model, effect), []).append(gate.gate)
    found = [
        (Finding(code=_CODE, subjects=tuple(sorted(gates)), text=text, model=model), effect)
        for (text, model, effect), gates in sorted(groups.items(), key=str)
    ]
    gone = {subject for kind, subject, _ in subjects if kind == "model"}
    found += [pair for pair in _parts(before, after) if pair[0].model not in gone]
    found += [(each, "finding") for each in _unread(before, after) if each.model not in gone]
    named = {(each.model, gate) for each, _ in found for gate in each.subjects}
    found += [
        (each, "finding")
        for each in _shared(before, after)
        if named.isdisjoint((each.model, gate) for gate in each.subjects)
    ]
    return Measured(
        findings=tuple(each for each, effect in found if effect == "finding"),
        notes=tuple(_note(each, effect) for each, effect in found if effect != "finding"),
    )


def _effect(knows: Knows, was: Collection[Knows], *, measured: bool) -> str | None:
    """`finding` for a number that newly knows no model, `known` if the target has it; None if it is fine.

    A gate on the data that a model is made from is a `remark` next to one on the model itself.
    """
    if knows == "nothing":
        return "known" if "nothing" in was else "finding"
    if knows != "input" or "input" in was or "nothing" in was:
        return None
    return "remark" if measured else "finding"


def _note(found: Finding, effect: str) -> Note:
    text = message_of(found)
    if effect == "known":
        return Note(code="not_proven", message=f"Not proven: {text[0].lower()}{text[1:]}", model=found.model)
    return Note(code=_CODE, message=text, model=found.model)


class _Side:
    """The gates of one side, and the pipeline that their numbers and models come from."""

    def __init__(
        self, pipeline: Pipeline, gates: Sequence[ResolvedGate], files: Collection[str] = ()
    ) -> None:
        self._files = files
        self._stages = {stage.address: stage for stage in pipeline.stages}
        self._pipeline = pipeline
        self.gates = gates
        self._before: dict[str, frozenset[str]] = {}

    def knows(self, gate: ResolvedGate) -> Knows:
        """What the stages of a gate's number know of its model."""
        return "" if gate.source is None else self._known_to(gate.source, gate.path)

    def may_know(self, gate: ResolvedGate) -> set[Knows]:
        """The same, for each file that the number may be in where its content is not here."""
        return {self._known_to(each, gate.path) for each in (gate.source, *gate.unread) if each is not None}

    def _known_to(self, source: Source, path: str | None) -> Knows:
        if path is None or source.origin.kind != "stage":
            return ""
        if source.link != "none":
            return "model"
        makers = {out.owner for out in self._outputs(path)}
        return "input" if any(source.origin.name in self._chain(maker) for maker in makers) else "nothing"

    def is_measured(self, model: str | None) -> bool:
        """Whether a gate of the model has a number that knows it."""
        return any(each.model == model and self.knows(each) == "model" for each in self.gates)

    def text(self, gate: ResolvedGate) -> str:
        """What a number does not know, with the stages of both."""
        path, stage = gate.path or "", "" if gate.source is None else gate.source.origin.words
        model = f"the model `{path}`{self._made(path)}"
        if self.knows(gate) == "input":
            return f"its number is made by {stage} before {model} is, so it says nothing about the model"
        return f"its number is made by {stage}, and neither that nor a stage before it reads or makes {model}"

    def unmeasured(self, model: str | None) -> dict[str, str]:
        """Path -> what makes it, of each part of the model that no number of its gates knows."""
        gates = [each for each in self.gates if each.model == model and self.knows(each) == "model"]
        if not gates:
            return {}
        path = gates[0].path or ""
        chains = self._chains(gates)
        known = {dep for address in chains for dep in self._stages[address].deps}
        return {
            out.path: self._made(out.path)
            for out in self._outputs(path)
            if out.owner not in chains
            and not (out.metric or out.plot)
            and not any(meets(dep, out.path) for dep in known)
        }

    def unread(self, model: str | None) -> dict[str, str] | None:
        """Path from the model's -> path, of what is in the model and no stage before its numbers reads whole.

        None if no number is made from the model.
        """
        gates = [each for each in self.gates if each.model == model]
        reading = [each for each in gates if each.source and each.source.link == "reads"]
        if not reading:
            return None
        path = (reading[0].path or "").rstrip("/")
        deps = {dep for address in self._chains(reading) for dep in self._stages[address].deps}
        outs = [out for out in self._outputs(path) if not (out.metric or out.plot)]
        # What Git has next to outputs is a finding about what makes the model.
        parts = [max(out.path, path, key=len) for out in outs] if outs else [*self._files]
        inside = [part for part in parts if part == path or part.startswith(f"{path}/")]
        return {part[len(path) + 1 :]: part for part in inside if not covered(part, deps)}

    def reads_part(self, path: str) -> bool:
        """Whether a stage reads something inside this path."""
        return any(dep.startswith(f"{path}/") for stage in self._stages.values() for dep in stage.deps)

    def _chains(self, gates: Iterable[ResolvedGate]) -> set[str]:
        """The stages that make the numbers of these gates, and all before them."""
        owners = {each.source.origin.name for each in gates if each.source}
        return {address for owner in owners for address in self._chain(owner or "")}

    def _chain(self, owner: str) -> frozenset[str]:
        if owner not in self._before:
            self._before[owner] = stages_before(owner, self._pipeline)
        return self._before[owner]

    def _outputs(self, path: str) -> list[Output]:
        return [out for out in self._pipeline.outputs if meets(out.path, path.rstrip("/"))]

    def _made(self, path: str) -> str:
        makers = sorted({out.owner for out in self._outputs(path)})
        words = [f"stage {each}" if each in self._stages else each for each in makers]
        return f" ({', '.join(words)})" if words else ""


def _shared(before: _Side, after: _Side) -> Iterator[Finding]:
    """A finding for each new model whose gates have the number by which a model of the target is judged."""
    known = {gate.model for gate in before.gates}
    judged = {
        (gate.source.file, gate.source.key): gate.model
        for gate in after.gates
        if gate.source is not None and gate.model in known
    }
    groups: dict[tuple[str | None, str], list[str]] = {}
    for gate in after.gates:
        other = None if gate.source is None else judged.get((gate.source.file, gate.source.key))
        if other is not None and gate.source is not None and not known & {gate.model, None}:
            text = f"it reads {gate.source.words}, as `{other}` does"
            groups.setdefault((gate.model, text), []).append(gate.gate)
    for (model, text), gates in sorted(groups.items(), key=str):
        yield Finding(code=_CODE, subjects=tuple(sorted(gates)), text=text, model=model)


def _unread(before: _Side, after: _Side) -> Iterator[Finding]:
    """A finding for each model that has more now that no stage before its numbers reads."""
    for model in sorted({each.model for each in after.gates if each.model is not None}):
        was, now = before.unread(model), after.unread(model)
        if was is None or now is None:
            continue
        unmeasured = after.unmeasured(model)
        new = [path for name, path in sorted(now.items()) if name not in was and path not in unmeasured]
        whole = [path for path in new if not after.reads_part(path)]
        parts = [path for path in new if path not in whole]
        if whole:
            yield _about(model, f"now has {listed(whole)}, which no stage before its numbers reads")
        if parts:
            yield _about(model, f"is no longer read as a whole: stages read only a part of {listed(parts)}")


def _about(model: str, text: str) -> Finding:
    return Finding(
        code="evidence_weakened",
        subjects=(model,),
        text=f"Model `{model}` {text}",
        model=model,
        kind="model",
        whole=True,
    )


def _parts(before: _Side, after: _Side) -> Iterator[tuple[Finding, str]]:
    """A finding for each model of which a part is measured, and another part by no number."""
    for model in sorted({each.model for each in after.gates if each.model is not None}):
        known = before.unmeasured(model)
        parts = after.unmeasured(model)
        for new in (True, False):
            paths = [path for path in sorted(parts) if (path not in known) is new]
            if paths:
                text = f"No number of the gates of `{model}` comes from a stage that reads or makes its "
                text += f"{'part' if len(paths) == 1 else 'parts'} "
                text += ", ".join(f"`{path}`{parts[path]}" for path in paths)
                finding = Finding(
                    code=_CODE, subjects=(model,), text=text, model=model, kind="model", whole=True
                )
                yield finding, "finding" if new else "known"
