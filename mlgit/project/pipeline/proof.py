"""Pipeline proof: check that a commit's results come from its own pipeline, without running it.

Three checks: dvc.lock has the code, parameters and inputs of this commit for every stage; the committed
metrics are those recorded in dvc.lock; others can fetch the outputs. Data that is not here is checked by
its hashes in dvc.lock and .dvc files.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.core.gates.verdict import Note
from mlgit.core.record import NamedTuple
from mlgit.core.wording import count, first, listed
from mlgit.errors import MlgitError, StateError, ToolError
from mlgit.project.pipeline.evidence import evidence, forget_evidence
from mlgit.project.pipeline.merged_records import merged_by_git
from mlgit.project.pipeline.metric_origin import CONFIRM, unread_params, way_out, what_it_takes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.evidence import Evidence, StageState
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

_MOST_NOTES = 25
_NOT_HERE = "it is not here"
# No check of a commit can resolve this, on any machine.
_OUTSIDE = "needs the network"
_NEVER_RUN = "never run"
_RUN_AND_COMMIT = "run `mlgit run`, commit the results"


class PipelineProof(NamedTuple):
    """Notes that block, and one line per skipped check; `failed` is True if a tool failed."""

    notes: tuple[Note, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: bool = False


def prove_pipeline(project: Project, commit: str, *, lenient: bool = False) -> PipelineProof:
    """Check a commit's results against its pipeline, and that the DVC remote has its outputs.

    If `lenient`, a DVC remote that does not answer is only reported: a fork lacks credentials for it.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file there is invalid.
    """
    found = evidence(project, commit)
    notes, skipped = _staleness(found, lenient=lenient)
    stored = _stored(project, found.pipeline.outputs, lenient=lenient)
    notes += [*_foreign(found), *stored.notes]
    return stored._replace(notes=tuple(notes), skipped=(*skipped, *stored.skipped))


def merged_entries(project: Project) -> dict[str, str]:
    """Stage -> digest of its entry in the working tree, if git merged that and no run confirmed it."""
    return merged_by_git(project, None, evidence(project, None, staleness=False).pipeline)


def fetch_inputs(project: Project, commit: str | None, progress: Progress | None = None) -> None:
    """Fetch parameter files that DVC keeps, and listings of tracked directories that stages read in part.

    Without them, what the stages read cannot be compared with their records. Nothing is raised here,
    because the gates and `prove_pipeline` report what is still missing.
    """
    found = evidence(project, commit)
    if not any(text.endswith(_NOT_HERE) for state in found.stages for text in state.unchecked):
        return
    deps = {dep for stage in found.pipeline.stages for dep in stage.deps}
    wanted = [
        out
        for out in found.pipeline.outputs
        if any(dep.startswith(f"{out.path}/") or out.path.startswith(f"{dep}/") for dep in deps)
    ]
    from mlgit.adapters.dvc import engine

    with suppress(StateError, ToolError):
        engine.fetch_listings(project.root, [*wanted, *found.absent], progress)
    forget_evidence(project)  # also if something else fetched them since it was read
    # A listing names the one file of its directory that has parameters.
    absent = [out for out in evidence(project, commit).absent if out.pointer and not out.pointer.directory]
    if absent:
        with suppress(StateError, ToolError):
            engine.fetch_outputs(project.root, absent, progress)
        forget_evidence(project)


def _staleness(found: Evidence, *, lenient: bool) -> tuple[list[Note], list[str]]:
    """Notes about stages whose recorded results do not match their inputs."""
    missing = [state for state in found.stages if _NEVER_RUN in state.reasons]
    notes = _lock_missing(found.pipeline, missing)
    after = _downstream(found.stages)
    reported = {_NEVER_RUN, *_metric_edits(found)}
    unrecorded = _unrecorded(found.pipeline)
    skipped: list[str] = []
    stale: list[Note] = []
    for state in found.stages:
        known = (*state.reasons, *unrecorded.get(state.address, ()))
        reasons = [each for each in dict.fromkeys(known) if each not in reported]
        unknown = []
        for text in state.unchecked:
            if text.endswith(_OUTSIDE):
                skipped += [] if text.startswith("upstream of ") else [f"stage `{state.address}`: {text}"]
            elif lenient and text.endswith(_NOT_HERE):
                skipped.append(f"stage `{state.address}`: {text}")
            else:
                unknown.append(text)
        if reasons:
            stale.append(_stale_note(state, [*reasons, *unknown], after.get(state.address, ())))
        elif unknown:
            stale.append(_unknown_note(state, unknown))
        elif own := [text for text in state.unproven if not text.startswith("upstream ")]:
            note = _stale_note(state, own, after.get(state.address, ()))
            way = way_out(state)
            stale.append(replace(note, hint=way if way == CONFIRM else f"{way}, commit the results"))
    return [*notes, *_few(stale, "stages are stale")], list(dict.fromkeys(skipped))


def _unrecorded(pipeline: Pipeline) -> Mapping[str, tuple[str, ...]]:
    """Stage -> outputs declared after its last run, so no run has made them."""
    return {
        stage.address: tuple(
            f"new output {out.path}" for out in stage.outs if out.pointer is None and "://" not in out.path
        )
        for stage in pipeline.stages
        if stage.locked is not None
    }


def _lock_missing(pipeline: Pipeline, missing: Sequence[StageState]) -> list[Note]:
    if not missing:
        return []
    names = [state.address for state in missing]
    if len(names) == len(pipeline.stages) > 1:
        text = "dvc.lock is missing: no stage has a recorded result"
    elif len(names) == 1:
        text = f"Stage `{names[0]}` has no recorded result in dvc.lock"
    else:
        text = f"{len(names)} stages have no recorded result in dvc.lock: {listed(names)}"
    return [Note(code="lock_missing", message=text, effect="block", hint=f"{_RUN_AND_COMMIT} (dvc.lock too)")]


def _stale_note(state: StageState, reasons: Sequence[str], after: Sequence[str]) -> Note:
    tracked = state.address.endswith(".dvc")
    subject = f"`{state.address}`" if tracked else f"Stage `{state.address}`"
    more = f" (and {listed(after)} after it)" if after else ""
    return Note(
        code="stale_stage",
        message=f"{subject} is stale: {', '.join(first(reasons))}{more}",
        effect="block",
        hint=f"run `dvc add`, commit `{state.address}`" if tracked else _way_on(reasons),
    )


def _unknown_note(state: StageState, unknown: Sequence[str]) -> Note:
    subject = f"`{state.address}`" if state.address.endswith(".dvc") else f"stage `{state.address}`"
    text = f"Whether {subject} is up to date is not known here: {', '.join(first(unknown))}"
    unread = all(map(unread_params, unknown))
    hint = _way_on(unknown) if unread else what_it_takes(state)
    return Note(code="stale_stage", message=text, effect="block", hint=hint)


def _way_on(reasons: Sequence[str]) -> str:
    if all(map(unread_params, reasons)):
        return "fix the file, or move everything else out of it, and commit that"
    return _RUN_AND_COMMIT


def _downstream(states: Iterable[StageState]) -> Mapping[str, tuple[str, ...]]:
    """Stale stage -> the stages that are stale only because of it."""
    after: dict[str, tuple[str, ...]] = {}
    for state in states:
        if not state.reasons:
            passed_on = (
                text.removeprefix("upstream ") for text in state.unproven if text.startswith("upstream ")
            )
            for before in (*state.upstream, *passed_on):
                after[before] = (*after.get(before, ()), state.address)
    return after


def _metric_edits(found: Evidence) -> frozenset[str]:
    """Reasons of stages that a `not_from_pipeline` note explains better."""
    edited = {
        file.path
        for file in found.metric_files
        if any(problem.code == "not_from_pipeline" for problem in file.problems)
    }
    return frozenset(f"{word} output {path}" for path in edited for word in ("changed", "new"))


def _foreign(found: Evidence) -> list[Note]:
    """Notes about committed metrics that dvc.lock did not record."""
    return _few(
        [
            Note(code="not_from_pipeline", message=problem.message, effect="block", hint=problem.hint)
            for file in found.metric_files
            for problem in file.problems
            if problem.code == "not_from_pipeline"
        ],
        "metric files are not what dvc.lock recorded",
    )


def _stored(project: Project, outputs: Sequence[Output], *, lenient: bool) -> PipelineProof:
    """Whether the DVC remote has every output that has a recorded content."""
    wanted = [out for out in outputs if out.cached and "://" not in out.path and out.pointer is not None]
    if not wanted:
        return PipelineProof()
    from mlgit.adapters.dvc.engine import missing_in_remote

    try:
        missing = missing_in_remote(project.root, wanted, even_private=False)
    except (StateError, ToolError) as error:
        if lenient:
            return PipelineProof(skipped=(f"outputs in the DVC remote: {_reason(error)}",))
        hint = error.hint or "run `dvc status --cloud` to see what it says"
        text = f"Whether the DVC remote has the outputs is not known: {_reason(error)}"
        note = Note(code="not_in_remote", message=text, effect="block", hint=hint)
        return PipelineProof(notes=(note,), failed=isinstance(error, ToolError))
    if not missing:
        return PipelineProof()
    text = f"{count(len(missing), 'output is', 'outputs are')} not in the DVC remote: {listed(missing)}"
    hint = f"run `mlgit push` in the clone that made {'it' if len(missing) == 1 else 'them'}"
    return PipelineProof(notes=(Note(code="not_in_remote", message=text, effect="block", hint=hint),))


def _reason(error: MlgitError) -> str:
    first = f" ({error.details[0]})" if error.details else ""
    return without_passwords(f"{error.message}{first}")


def _few(notes: list[Note], what: str) -> list[Note]:
    """The notes; if there are very many, the first ones and a count of the rest."""
    if len(notes) <= _MOST_NOTES:
        return notes
    rest = f"{len(notes) - _MOST_NOTES} more {what}"
    return [*notes[:_MOST_NOTES], Note(code=notes[0].code, message=rest, effect="block")]
