"""Status: DVC's own result, for cases that mlgit's reader cannot decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def status(root: str, targets: Sequence[str] = ()) -> Mapping[str, tuple[str, ...]]:
    """DVC's reasons for each stage that is not up to date: address -> reasons.

    A reason is a short sentence as in core.pipeline.evidence.StageState: `changed dep src/train.py`.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file is invalid.
    """
    from mlgit.adapters.dvc.engine.opening import by_repository, dvc_roots, opened

    found: dict[str, tuple[str, ...]] = {}
    for relative, ours in by_repository(dvc_roots(root), targets):
        with opened(root, relative) as repo:
            # Updates of imports need the network, which `status` never uses.
            answer = repo.status(targets=ours or None, check_updates=False)
        found.update({address: _reasons(entries) for address, entries in answer.items()})
    return found


def _reasons(entries: Sequence[Any]) -> tuple[str, ...]:
    """DVC's nested result as sentences."""
    reasons = []
    for entry in entries:
        if isinstance(entry, str):
            reasons.append(entry)
            continue
        for kind, changes in entry.items():
            what = {"changed deps": "dep", "changed outs": "output"}.get(kind, kind)
            reasons += [_reason(what, path, change) for path, change in changes.items()]
    return tuple(reasons)


def _reason(what: str, path: str, change: Any) -> str:
    if isinstance(change, dict):
        return f"changed params {', '.join(sorted(change))} in {path}"
    word = {"modified": "changed", "not in cache": "missing in the cache:"}.get(change, change)
    return f"{word} {what} {path}"
