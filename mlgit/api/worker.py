"""Worker: the process in which the operations run that a program asks for."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from traceback import format_exc
from typing import IO, TYPE_CHECKING, Any

from mlgit import errors
from mlgit.children import terminations_interrupt
from mlgit.core.addresses import without_passwords
from mlgit.core.deploy.kept import tag_to_json
from mlgit.errors import Exit, MlgitError, StateError, as_known

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mlgit.core.deploy.kept import Tag
    from mlgit.project.open import Project

Json = Any
"""A value that json.dumps accepts."""


def main(pipe: int) -> None:
    """Execute the verb that is read from stdin, and write its result to the pipe with this number."""
    os.set_inheritable(pipe, False)  # noqa: FBT003 (a git that outlives us must not hold it)
    queries, replies = sys.stdin, os.fdopen(pipe, "w", encoding="utf-8")
    arguments = json.loads(queries.readline())

    def ask(tag: Tag) -> None:
        _reply(replies, {"tag": tag_to_json(tag)})
        if not queries.readline():
            raise KeyboardInterrupt  # the program refused, or ended

    try:
        with terminations_interrupt():
            if arguments.pop("asks"):
                arguments["accept"] = ask
            result = VERBS[arguments.pop("verb")](**arguments)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (the program gets it)
        _reply(replies, {"error": _described(error)})
    else:
        _reply(replies, {"result": result})


def _reply(pipe: IO[str], document: Json) -> None:
    pipe.write(json.dumps(document) + "\n")
    pipe.flush()


def _described(error: Exception) -> Json:
    """The arguments of `mlgit.api.child.raised`."""
    known = as_known(error)
    kinds = [each.__name__ for each in type(known).__mro__ if vars(errors).get(each.__name__) is each]
    place = known.location
    others = [each for each in getattr(known, "problems", ()) if each is not known]
    return {
        "kind": kinds[0],
        "code": known.code,
        "exit_code": known.exit_code,
        "message": without_passwords(known.message),
        "hint": without_passwords(known.hint or "") or None,
        "expected": known.expected,
        "details": [without_passwords(each) for each in known.details],
        "location": None if place is None else {name: getattr(place, name) for name in place.__slots__},
        "problems": [_described(each) for each in others],
        "traceback": None if isinstance(error, (MlgitError, OSError)) else without_passwords(format_exc()),
    }


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the clock of this process)


def _opened(folder: str) -> AbstractContextManager[Project]:
    from mlgit.adapters.runner.event import default_branch
    from mlgit.project.opening import open_project

    branch = default_branch(folder, os.environ)
    return closing(open_project(folder, now=_now(), default_branch=branch))


def _document(record: object) -> Json:
    """What the command prints with `--json`."""
    from mlgit.render.formats.jsonout import document

    return json.loads(document(record))


def _get(
    *, repo: str, reference: str, to: str, model: str | None, accept: Callable[[Tag], None] | None = None
) -> Json:
    from mlgit.operations.get import get_kept

    path, notes = get_kept(repo, reference, to=to, now=_now(), model=model, accept=accept)
    return {"path": path, "notes": notes}


def _clone(*, url: str, folder: str) -> None:
    from mlgit.adapters.git.clone import whole_clone

    whole_clone(url, folder)


def _models(*, folder: str) -> Json:
    from mlgit.operations.models import list_models

    with _opened(folder) as project:
        return _document(list_models(project))


def _metrics(*, folder: str, reference: str) -> Json:
    from mlgit.operations.experiments import RowOptions, experiments
    from mlgit.project.compare.revisions import RevisionQuery

    with _opened(folder) as project:
        rows = _document(experiments(project, RevisionQuery(revisions=(reference,)), RowOptions()))["rows"]
    if not rows:
        raise StateError(f"The commit of `{reference}` is not in this clone", hint="run `git fetch`")
    return rows[0]  # below it are the experiments that started from it


def _diff(*, folder: str, old: str | None, new: str | None) -> Json:
    from mlgit.operations.diff import diff

    with _opened(folder) as project:
        return _document(diff(project, old, new, ci=os.environ))


def _check(*, folder: str) -> Json:
    from mlgit.adapters.runner.event import CI_VARIABLES
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question

    ci = {name: os.environ[name] for name in CI_VARIABLES if name in os.environ}
    with _opened(folder) as project:
        return _document(check(project, Question(ci=ci)))


VERBS: dict[str, Callable[..., Json]] = {
    "get": _get,
    "clone": _clone,
    "models": _models,
    "metrics": _metrics,
    "diff": _diff,
    "check": _check,
}
