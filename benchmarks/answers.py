"""Answers: check that two tools gave the same answer, because a fast wrong answer is worth nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.measure import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def up_to_date(answers: Sequence[Sequence[Any]]) -> None:
    """Check that `mlgit status` and `dvc status` both find nothing to do."""
    (ours,), *others = answers
    found = {name: ours[name] for name in ("stages", "data", "failures") if ours[name]}
    _require(not found, f"`mlgit status` says {found}")
    for theirs in others:
        _require(theirs[0] == {}, f"`dvc status` says {theirs[0]}")


def same_registry(answers: Sequence[Sequence[Any]]) -> None:
    """Check that `mlgit models` and `gto show` have the same latest version and environments per model."""
    (ours,), (theirs,) = answers
    ours_listed = {
        model["name"]: (
            model["latest"]["version"],
            {place["environment"]: place["version"] for place in model["environments"]},
        )
        for model in ours["models"]
    }
    _require_same(ours_listed, {name: (model["version"], model["stage"]) for name, model in theirs.items()})


def same_changes(answers: Sequence[Sequence[Any]]) -> None:
    """Check that `mlgit diff` and `dvc metrics diff` list the same old and new numbers."""
    (ours,), (theirs,) = answers
    ours_listed = {
        (change["file"], change["key"]): (change["old"], change["new"]) for change in ours["metrics"]
    }
    listed = {
        (file, key): (change["old"], change["new"])
        for file, changes in theirs.items()
        for key, change in changes.items()
    }
    _require_same(ours_listed, listed)


def same_as_three(answers: Sequence[Sequence[Any]]) -> None:
    """Compare `mlgit status` with `dvc status`, `dvc metrics diff HEAD~1` and `gto show`."""
    (ours,), (state, changes, registry) = answers
    up_to_date([[ours], [state]])
    same_changes([[ours], [changes]])
    models = [
        model | {"name": model["model"], "latest": {"version": model["latest"]}} for model in ours["models"]
    ]
    same_registry([[{"models": models}], [registry]])


def allowed(answers: Sequence[Sequence[Any]]) -> None:
    """Check that `mlgit check` allows the repository."""
    (ours,), *_ = answers
    decision = ours["verdict"]["decision"]
    _require(decision == "allow", f"`mlgit check` says {decision}")


def same_runs(answers: Sequence[Sequence[Any]]) -> None:
    """Check that `mlgit experiments`, `dvc metrics show` and `dvc exp show` have the same numbers."""
    (ours,), *others = answers
    ours_listed = {
        (row["commit"], file, key): value
        for row in ours["rows"]
        if row["commit"]
        for file, values in row["metrics"].items()
        for key, value in values.items()
    }
    for (theirs,) in others:
        listed = {
            (commit, file, key): value
            for commit, files in _metrics_by_commit(theirs)
            if commit != "workspace"
            for file, numbers in files.items()
            for key, value in _flat(numbers["data"])
        }
        _require_same(ours_listed, listed)


def _metrics_by_commit(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 -- JSON
    """From the mapping of `dvc metrics show`, or the list of `dvc exp show`."""
    if isinstance(answer, dict):
        yield from ((commit, state["data"]) for commit, state in answer.items())
    else:
        yield from ((row["rev"], (row["data"] or {}).get("metrics", {})) for row in answer)


def _flat(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _require_same(ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    _require(bool(ours), "there is nothing to compare")
    keys = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    if keys:
        first = keys[0]
        raise FailedError(
            f"{len(keys)} answers differ, such as {first}: "
            f"mlgit has {ours.get(first)}, the other {theirs.get(first)}"
        )


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 -- a condition
    if not holds:
        raise FailedError(otherwise[:500])
