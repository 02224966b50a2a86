"""Model changes: warn if a model is another one than at its base while its numbers stayed the same."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import LEFT_OUT, UNREADABLE
from mlgit.core.gates.unmeasured.same_numbers import same_numbers
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.model_files import measured_files, model_path, outputs_of
from mlgit.core.pipeline.stages import output_at
from mlgit.core.record import record
from mlgit.core.wording import listed
from mlgit.errors import ConfigError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.large_files import content_id
from mlgit.project.pipeline.local_files import hashes_on_disk, recorded_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.core.config.file import Gate, Model
    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.unmeasured.same_numbers import Same
    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.core.pipeline.stages import Output
    from mlgit.project.compare.baselines import Baselines
    from mlgit.project.open import Project

_CODE = "model_changed_metrics_did_not"
_HINT = "evaluate this model and commit its metrics; if they are equal, there is nothing to do"
_UNLISTED_HINT = "the folder's listing is not here: `mlgit ci pr` fetches it if the DVC remote has it"
_POINTER_BYTES = 1 << 10
_LARGEST_BLOB_BYTES = 100 << 20
_Digests = dict[str, tuple[str, str]]
"""Path below the model's -> (kind of digest, digest); only digests of one kind can be compared."""


@record
class _State:
    """A model at one state, its metric files there, and everything else that is known of it.

    `measured` are the paths of metric files that do not count as part of the model.
    """

    path: str
    files: tuple[MetricFile, ...]
    known: Evidence
    measured: frozenset[str]


def model_change_notes(
    project: Project,
    models: Sequence[Model | None],
    cases: Sequence[Case],
    *,
    own: Evidence,
    finder: Baselines,
) -> Iterator[Note]:
    """A warning for each model whose content differs from that at the base, and whose numbers do not.

    `same_numbers` has which of them decide. Where dvc.lock proves that they were measured on this model, it
    is a remark. `own` is the candidate's evidence, and `finder` finds its base. Where the base, the model or
    a metric is not known, nothing is claimed.
    """
    for model, case in zip(models, cases, strict=True):
        base = case.baselines.get("base") or finder.find("base", model)
        commit, path = base.baseline.commit, _path(model, own)
        if base.baseline.state != "found" or commit is None or commit == own.commit or path is None:
            continue
        name = "" if model is None else model.name
        before = evidence(project, commit, staleness=False)
        old_path = _path_before(project, model, before, finder.names.get(name, name))
        there = _state(old_path or path, base.files, before, base.files)
        here = _state(path, case.files, own, base.files)
        same = same_numbers(
            base.files, case.files, _kept(project, case, commit), _recorded(project, there, here)
        )
        if same is None:
            continue
        subject = f"model `{name}`" if name else "the model"
        differs = f"{subject} (`{path}`) differs from that of {base.baseline.label}"
        note = _note(project, differs, there, here, same)
        if note is not None:
            yield replace(note, model=name or None)


def _note(project: Project, differs: str, there: _State, here: _State, same: Same) -> Note | None:
    """The note about two states with the same metrics; `differs` is the sentence about their models."""
    begun = f"{differs[0].upper()}{differs[1:]}"
    stages = _measuring(here)
    files = listed(file.path for file in here.files)
    if _differ(project, there, here) and stages:
        text = f"and {same.subject}: {listed(stages)} ran on this model and wrote {files}{same.aside}"
        return Note(code=_CODE, message=f"{begun}, {text}")
    files += same.aside
    if _differ(project, there, here):
        text = f"{begun}, but {same.subject}: {files}"
        return Note(code=_CODE, message=text, effect="warn", hint=_HINT)
    if folder := _unlisted(project, there, here):
        text = f"Whether {differs} is not known here: its folder `{folder}` does"
        text = f"{text}, and {same.subject}: {files}"
        return Note(code=_CODE, message=text, effect="warn", hint=_UNLISTED_HINT)
    return None


def _measuring(state: _State) -> tuple[str, ...]:
    """The stages that measured this very model, by their records; none unless they wrote all its metrics."""
    stages = {each.address: each for each in state.known.pipeline.stages}
    found = []
    for file in state.files:
        stage = stages.get(file.stage or "")
        # Without a problem, dvc.lock has what the stage depends on as it is here, and its outputs.
        if file.problems or stage is None or stage.locked is None:
            return ()
        if not any(
            f"{state.path}/".startswith(f"{dep}/") for dep in stage.deps if stage.locked.deps.get(dep)
        ):
            return ()
        found.append(stage.address)
    return tuple(dict.fromkeys(found))


def _state(
    path: str, files: tuple[MetricFile, ...], known: Evidence, target: tuple[MetricFile, ...]
) -> _State:
    return _State(path=path, files=files, known=known, measured=measured_files(files, target))


def _path(model: Model | None, known: Evidence) -> str | None:
    """The model's path; an unnamed one is the only model of dvc.yaml `artifacts:`."""
    if model is not None:
        return model_path(model, known.pipeline)
    paths = [each.path for each in known.pipeline.artifacts if each.type in {None, "model"}]
    return paths[0] if len(paths) == 1 else None


def _path_before(project: Project, model: Model | None, before: Evidence, name: str | None) -> str | None:
    try:
        declared = project.config(before.commit).models.get(name or "")
    except ConfigError:
        declared = None
    return _path(declared or model, before)


def _kept(project: Project, case: Case, base: str) -> tuple[Gate, ...]:
    """The gates that the base has as well: one that the change brings may read any number."""
    try:
        known = project.config(base).gates
    except ConfigError:
        return case.gates
    kept = [gate for gate in case.gates if gate.id in known and known[gate.id].metric == gate.metric]
    return tuple(kept) or case.gates


def _recorded(project: Project, before: _State, after: _State) -> dict[str, bool]:
    """The metric files of both sides of which only a pointer or record is here: whether it is the same."""
    old, new = ({file.path: file for file in each.files} for each in (before, after))
    found = {}
    for path in old.keys() & new.keys():
        if any(map(_only_recorded, (old[path], new[path]))):
            pointers = [_pointer(project, state, path) for state in (before, after)]
            by_record = _only_recorded(new[path]) and _recorded_alike(path, before.known, after.known)
            found[path] = by_record if None in pointers else pointers[0] == pointers[1]
    return found


def _only_recorded(file: MetricFile) -> bool:
    return any(problem.code == "not_fetched" for problem in file.problems)


def _recorded_alike(path: str, before: Evidence, after: Evidence) -> bool:
    old, new = (output_at(path, {out.path: out for out in each.pipeline.outputs}) for each in (before, after))
    if old is None or new is None or old.pointer is None or new.pointer is None:
        return False
    return (old.path, old.pointer.md5) == (new.path, new.pointer.md5)


def _differ(project: Project, there: _State, here: _State) -> bool:
    """Whether the content is known to differ: files came or went, or have another digest of the same kind."""
    old, new = _content(project, there), _content(project, here)
    if not old or not new:
        return False
    if old.keys() != new.keys():
        return True
    others = [name for name, (kind, digest) in new.items() if old[name][0] == kind and old[name][1] != digest]
    return any(old[name][0] != "git" or _other_file(project, there, here, name) for name in others)


def _unlisted(project: Project, there: _State, here: _State) -> str | None:
    """The folder of DVC that differs and contains the model, if its listing is needed and is not here."""
    old, new = (
        [out for out in state.known.pipeline.outputs if out.cached and state.path.startswith(f"{out.path}/")]
        for state in (there, here)
    )
    if not old or not new or old[0].pointer is None or new[0].pointer is None:
        return None
    if old[0].pointer.md5 == new[0].pointer.md5 or all(_content(project, state) for state in (there, here)):
        return None
    return new[0].path


def _other_file(project: Project, there: _State, here: _State, name: str) -> bool:
    """Whether two blobs of Git are known to be other files: one may be the pointer of the other."""
    sides = [(state, f"{state.path}{name}") for state in (there, here)]
    pointers = [_pointer(project, *side) for side in sides]
    if pointers == [None, None]:
        return True
    before, after = (_pointer(project, *side) or _sha256(project, *side) for side in sides)
    return None not in (before, after) and before != after


def _pointer(project: Project, state: _State, path: str) -> str | None:
    """The SHA-256 of the content that Git LFS has; None if it is not a pointer."""
    small = project.tree(state.known.commit).read_many([path], most_bytes=_POINTER_BYTES)
    return content_id(small.get(path, b""))


def _sha256(project: Project, state: _State, path: str) -> str | None:
    """The SHA-256 of a file itself; None if it cannot be read, or is too large to be in Git."""
    from hashlib import file_digest, sha256

    if state.known.commit is not None:
        found = project.tree(state.known.commit).read_many([path], most_bytes=_LARGEST_BLOB_BYTES)
        return sha256(found[path]).hexdigest() if path in found else None
    try:
        with open(os.path.join(project.root, path), "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _content(project: Project, state: _State) -> _Digests:
    """The digests of the model's files without its metric files; empty if one is not known."""
    found: _Digests = {}
    outputs = outputs_of(state.path, state.known.pipeline.outputs)
    for out in outputs:
        for path, kind, digest in _tracked(project, out, state):
            if path in state.measured:
                continue
            if digest is None:
                return {}
            found[path.removeprefix(state.path)] = (kind, digest)
    from mlgit.project.pipeline.git_files import added_files

    for path, oid in added_files(project, state.known.commit, state.path, outputs).items():
        if path not in state.measured:
            found[path.removeprefix(state.path)] = ("git", oid)
    return found


def _tracked(project: Project, out: Output, state: _State) -> Iterator[tuple[str, str, str | None]]:
    """(path, kind, digest) of what DVC tracks: a folder that is the model counts as a whole if it can."""
    kind = "md5 of text" if out.pointer is not None and out.pointer.legacy else "md5"
    inside = state.path.startswith(f"{out.path}/")
    if state.known.commit is None:
        path = state.path if inside else out.path
        md5 = hashes_on_disk(project).md5(path, legacy=kind != "md5")
        if md5 is not None and md5 not in {UNREADABLE, LEFT_OUT}:
            by_stage = not inside and not out.owner.endswith(".dvc")
            recorded = out.pointer.md5 if by_stage and out.pointer is not None else md5
            # Another one, as after `git switch` without `dvc checkout`: that the stage is stale says it all.
            yield path, kind, md5 if md5 == recorded else None
            return
    if not inside:
        yield out.path, kind, None if out.pointer is None else out.pointer.md5
        return
    for path, pointer in recorded_files(project, out, state.path):
        yield path, kind, None if pointer is None else pointer.md5
