"""Metric origin: whether the numbers of a metric file were made by its stage from the current inputs."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import bytes_md5
from mlgit.adapters.dvc.files.values import LFS_PULL
from mlgit.adapters.dvc.pipeline.datasets import update_of
from mlgit.adapters.dvc.pipeline.params import NOT_READ
from mlgit.core.pipeline.evidence import FROZEN, MERGED, OLD_LOCK, OLD_STAGE, SHARED, Problem, StageState
from mlgit.core.record import NamedTuple
from mlgit.core.wording import listed, word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.core.pipeline.stages import Output, Pipeline

CONFIRM = "run `mlgit run --commit`"
"""What to do about an entry that git merged: it commits the results, or else that they are the same."""
_LINK = re.compile(r"params file .+ \(a link to an output of (.+)\) was not checked")
_FETCH_STAGE = re.compile(r"dvc fetch (?!--all-commits)[^`]+")
_DAMAGED = "in the DVC cache is not what its hash says"
_NOT_CHECKED = StageState(address="")
_HERE = "run `git submodule update --init`, or put the missing files where the stage reads them"
_FETCH = "run `dvc fetch`, or take those files out of Git with `git rm --cached`"
_CHECK_OUT = "check out that commit, and run `mlgit check`, which reads the files on disk"


class MadeFile(NamedTuple):
    """A metric file that a stage makes.

    `listing` are the hashes of the files in the stage's output if that is a directory, by their path in it;
    None if they are not known here. `committed`: whether the content was read from a commit. `covered`:
    whether DVC sees it in that directory.
    """

    content: bytes
    path: str
    out: Output
    listing: Mapping[str, str] | None = None
    committed: bool = False
    covered: bool = True


class Owners:
    """The outputs of a pipeline by path (a stage's before that of a .dvc file), and who has each of them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.outputs = {out.path: out for out in pipeline.outputs}
        self.outputs |= {out.path: out for stage in pipeline.stages for out in stage.outs}
        self._owners: dict[str, list[str]] = {}
        for out in pipeline.outputs:
            self._owners.setdefault(out.path, []).append(out.owner)

    def problems(self, path: str) -> list[Problem]:
        """Why the numbers of a file do not count if several stages or .dvc files have it as output."""
        found: set[str] = set()
        place = path
        while place.strip("/"):
            found.update(self._owners.get(place, ()))
            place = place.rpartition("/")[0]
        if len(found) <= 1:
            return []
        names = " and of ".join(f"`{each}`" for each in sorted(found))
        text = f"`{path}` is an output of {names}, {SHARED}"
        return [Problem(code="not_from_pipeline", message=text, hint="declare it in one place only")]


def trust(made: MadeFile, states: Mapping[str, StageState]) -> list[Problem]:
    """Why the numbers of a stage's metric file do not match the stage's inputs."""
    path, out, stage = made.path, made.out, made.out.owner
    problems = []
    state = states.get(stage, _NOT_CHECKED)
    reasons = list(state.reasons)
    edited = f"changed output {out.path}"
    foreign = _foreign(made, edited=edited in reasons)
    if foreign is not None:
        way = _run(stage) if made.covered else f"take it out of `.dvcignore`, then {_run(stage)}"
        problems.append(Problem(code="not_from_pipeline", message=f"`{path}` {foreign}", hint=way))
        reasons = [reason for reason in reasons if reason != edited]
    if reasons or state.upstream:
        update = update_of(reasons)
        if state.upstream:
            are = "is" if len(state.upstream) == 1 else "are"
            reasons.append(f"it runs after {listed(state.upstream)}, which {are} stale")
        why = ", ".join(reasons)
        hint = f"run `{update}`, then `mlgit run {word(stage)}`" if update else _run(stage)
        problems.append(Problem(code="stale", message=f"Stage `{stage}` is stale: {why}", hint=hint))
    elif state.unproven:
        why = ", ".join(_unproven(state, states))
        text = f"Stage `{stage}` is stale: {why}"
        problems.append(Problem(code="stale", message=text, hint=way_out(state, states)))
    if state.unknown:
        why = ", ".join(_causes(state, states))
        text = f"Whether stage `{stage}` is up to date is not known here: {why}"
        problems.append(Problem(code="unknown_here", message=text, hint=what_it_takes(state, states)))
    return problems


def at_commit(problems: Sequence[Problem], commit: str, is_here: Callable[[], bool]) -> list[Problem]:
    """The problems of a commit. DVC takes the name of a stage from the pipeline that is checked out."""
    return [
        each
        if each.hint is None or not _FETCH_STAGE.search(each.hint) or is_here()
        else replace(each, hint=_FETCH_STAGE.sub(partial(_fetched_at, commit), each.hint))
        for each in problems
    ]


def _fetched_at(commit: str, command: re.Match[str]) -> str:
    return f"git checkout -q {word(commit[:7])} && " + "{ " + command[0] + "; git checkout -q -; }"


def _run(stage: str) -> str:
    return f"run `mlgit run {word(stage)}`"


def with_way_out(problem: Problem, stage: str, states: Mapping[str, StageState]) -> Problem:
    """The problem of a file that cannot be parsed, with the command that makes the file again.

    A stage that is up to date has written just this, so another run alone changes nothing.
    """
    state = states.get(stage)
    right = state is not None and not state.stale
    way = f"change what stage `{stage}` writes there, then {_run(stage)}" if right else _run(stage)
    return replace(problem, hint=problem.hint or way)


def not_there(path: str, out: Output | None, where: str) -> Problem:
    """The problem of a file that does not exist; `where` is ` at COMMIT`, or empty for the working tree."""
    if out is not None and out.pointer is not None and where:
        message = f"`{path}`{where} is not in the commit, although `dvc.lock` records it"
        return Problem(
            code="unreadable", message=message, hint=f"run `git add -f {word(path)}` and commit it"
        )
    hint = None if out is None else f"run `mlgit run {word(out.owner)}`"
    return Problem(code="missing", message=f"`{path}` is missing{where}", hint=hint)


def _unproven(state: StageState, states: Mapping[str, StageState]) -> Iterable[str]:
    """Why a stage's results are not proven, with the cause of the first stage before it that has one."""
    named = False
    for text in state.unproven:
        before = states.get(text.removeprefix("upstream ")) if text.startswith("upstream ") else None
        own = [cause for cause in (before.unproven if before else ()) if not cause.startswith("upstream ")]
        yield f"{text}: {own[0]}" if own and not named else text
        named = named or bool(own)


def _causes(state: StageState, states: Mapping[str, StageState]) -> Iterable[str]:
    """What leaves open whether a stage is up to date, also of the stages before it; each cause once."""
    own = [text for text in state.unknown if not text.startswith("upstream ")]
    for text in state.unknown:
        before = None if text in own else states.get(text.removeprefix("upstream "))
        there = () if before is None else before.unknown
        own += [cause for cause in there if not cause.startswith("upstream ")] or [text]
    return dict.fromkeys(own)


def what_it_takes(state: StageState, states: Mapping[str, StageState] | None = None) -> str:
    """What makes it known here whether a stage is up to date, as a hint; `states` has those before it."""
    before = [(states or {}).get(text.removeprefix("upstream ")) for text in state.unknown]
    texts = [text for each in (state, *before) if each for text in each.unknown]
    if any("Git LFS" in text for text in texts):
        return LFS_PULL
    if any("Git has files in it" in text for text in texts):
        return _FETCH
    if any(_DAMAGED in text for text in texts):
        return f"remove that object, then run `dvc fetch --with-deps {word(state.address)}`"
    if any(unread_params(text) for text in texts):
        return f"fix it, then run `mlgit run {word(state.address)}`"
    if any(text.endswith(" it is not here") for text in texts):
        # DVC reads no dvc.yaml whose parameter file is a link to nothing.
        linked = [found[1] for text in texts if (found := _LINK.match(text))]
        return f"run `dvc fetch {words(dict.fromkeys(linked) or ('--with-deps', state.address))}`"
    return _CHECK_OUT if any(".gitattributes" in text for text in texts) else _HERE


def unread_params(text: str) -> bool:
    """Whether a sentence about a stage is that a file of its parameters has no values."""
    return text.startswith("params file ") and f" {NOT_READ}" in text and _DAMAGED not in text


def way_out(state: StageState, states: Mapping[str, StageState] | None = None) -> str:
    """What makes the results of a stage proven again, as a hint; `states` has those before it."""
    before = [(states or {}).get(text.removeprefix("upstream ")) for text in state.unproven]
    texts = [text for each in (state, *before) if each for text in each.unproven]
    if any(text.endswith(SHARED) for text in texts):
        return "declare it in one place only, then run `mlgit run`"
    if any(text.endswith(f"({FROZEN})") for text in state.unproven):
        return f"run `dvc unfreeze {word(state.address)}`, then `mlgit run {word(state.address)}`"
    if OLD_STAGE in texts:
        return "declare the stage in `dvc.yaml`, remove the `.dvc` file, then run `mlgit run`"
    if OLD_LOCK in texts:
        return "remove the `dvc.lock` that DVC does not read, then run `mlgit run`"
    if MERGED in texts:
        return CONFIRM
    return f"run `dvc unfreeze` for the frozen stages before it, then `mlgit run {word(state.address)}`"


def _foreign(made: MadeFile, *, edited: bool) -> str | None:
    """Why a metric file differs from the record in dvc.lock, in words that follow its name."""
    out, pointer = made.out, made.out.pointer
    if pointer is None:
        return f"is not recorded in dvc.lock, so no run of stage `{out.owner}` is known"
    if not made.covered:
        return f"is in `{out.path}`, but DVC does not see it there: dvc.lock does not record it"
    recorded: str | None = pointer.md5
    if out.path != made.path:
        if made.listing is None and not (made.committed and out.cached):
            # The state of the stage compares the directory as a whole.
            return f"is not what `dvc.lock` records for stage `{out.owner}`" if edited else None
        recorded = (made.listing or {}).get(made.path[len(out.path) + 1 :])
    same = recorded is not None and bytes_md5(made.content, legacy=pointer.legacy) == recorded
    return None if same else f"is not what `dvc.lock` records for stage `{out.owner}`"
