"""DVC's answers: in mlgit's words, so that both can be compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

Diff = dict[tuple[str, str], tuple[Any, Any]]

_WORDS = {"modified": "changed", "deleted": "deleted", "new": "new", "not in sync": "not in sync"}


def dvc_json(folder: Folder, *argv: str) -> Any:  # noqa: ANN401 (whatever dvc prints)
    """One DVC command's JSON."""
    return json.loads(folder.dvc(*argv).strip().splitlines()[-1])


def dvc_reasons(folder: Folder, *, cached: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """Stage or .dvc file -> reasons, as `dvc status` gives them.

    Cached outputs (`cached`) that are not checked out are left out, and so is `always changed`: mlgit does
    not call either stale.
    """
    found: dict[str, set[str]] = {}
    for address, entries in dvc_json(folder, "status", "--json").items():
        reasons: set[str] = set()
        for entry in entries:
            if entry == "changed command":
                reasons.add("changed cmd")
            elif isinstance(entry, dict):
                for kind, paths in entry.items():
                    reasons |= _reasons(kind, paths, cached)
        if reasons:
            found[address] = reasons
    return found


def _reasons(kind: str, paths: dict[str, Any], cached: frozenset[str]) -> set[str]:
    reasons = set()
    for path, state in paths.items():
        if isinstance(state, dict):
            reasons |= {f"{_WORDS[word]} param {key}" for key, word in state.items()}
        elif state == "not in cache" or (state == "deleted" and path in cached):
            continue
        else:
            what = "dep" if kind == "changed deps" else "output"
            reasons.add(f"{_WORDS[state]} {what} {path}")
    return reasons


def mlgit_reasons(folder: Folder) -> dict[str, set[str]]:
    """Stage or .dvc file -> reasons, as `mlgit status` gives them."""
    stages = folder.here("status", "--json").json()["stages"]
    return {
        stage["address"]: {_as_dvc(reason) for reason in stage["reasons"]}
        for stage in stages
        if stage["reasons"]
    }


def _as_dvc(reason: str) -> str:
    """One of mlgit's reasons in DVC's words."""
    if " params file " in reason:
        return reason.replace(" params file ", " dep ")
    # An output that dvc.lock does not have yet is "new" for mlgit and "modified" for DVC.
    return re.sub("^new (dep|output)", r"changed \1", reason)


def dvc_data(folder: Folder) -> dict[str, str]:
    """Tracked data -> its state in the working tree, as `dvc data status` reports it."""
    answer = dvc_json(folder, "data", "status", "--json")
    found = {path.rstrip("/"): "not in the cache" for path in answer.get("not_in_cache", ())}
    for word, ours in (("modified", "modified"), ("deleted", "absent")):
        found |= {path.rstrip("/"): ours for path in answer.get("uncommitted", {}).get(word, ())}
    return found


def mlgit_data(folder: Folder) -> dict[str, str]:
    """Tracked data -> its state, as `mlgit status` reports it."""
    return {
        each["path"]: "not in the cache" if each["workspace"] == "same" else each["workspace"]
        for each in folder.here("status", "--json").json()["data"]
        if each["in_cache"] is not None
    }


def dvc_diff(folder: Folder, part: str, *revisions: str) -> Diff:
    """(file, key) -> (old, new), as `dvc metrics diff` or `dvc params diff` gives it."""
    answer = dvc_json(folder, part, "diff", "--json", *revisions)
    return {
        (file, key): (_plain(values["old"]), _plain(values["new"]))
        for file, keys in answer.items()
        for key, values in keys.items()
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 (a JSON value)
    """DVC's JSON value as mlgit's: a tuple in a Python file becomes a list there, although lists are text."""
    return str(tuple(value)) if isinstance(value, list) else value


def mlgit_diff(folder: Folder, part: str, *revisions: str) -> Diff:
    """(file, key) -> (old, new), as `mlgit diff` gives it."""
    done = folder.here("diff", "--json", f"--{part}", *revisions)
    assert done.status == Exit.DONE, done.err
    pairs = {(each["file"], each["key"]): (each["old"], each["new"]) for each in done.json()[part]}
    # A null that disappears is a change for mlgit but not for DVC.
    return {place: pair for place, pair in pairs.items() if pair != (None, None)}
