"""Triggers: the workflows that an event of GitHub starts, by their `on:`; act runs any workflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_ACTIONS = ("opened", "synchronize", "reopened")
"""What `pull_request:` without types means."""
RIGHTS = {"none": 0, "read": 1, "write": 2}


def parsed(text: str) -> dict[str, Any]:
    """Parse a workflow; YAML 1.1 reads the key `on` as true."""
    document: dict[Any, Any] = yaml.safe_load(text)
    if True in document:
        document["on"] = document.pop(True)
    return document


def starts(workflow: Mapping[str, Any], event: str, *, ref: str = "", action: str = "") -> bool:
    """Whether an event starts this workflow.

    Args:
        workflow: parsed.
        event: such as `push`.
        ref: the full ref that was pushed, the base branch of a pull request, or for `workflow_run` the name
            of the other workflow.
        action: such as `opened`, or for `workflow_run` `requested` and `completed`.
    """
    triggers = workflow["on"]
    if not isinstance(triggers, dict):
        triggers = dict.fromkeys([triggers] if isinstance(triggers, str) else triggers)
    if event not in triggers:
        return False
    rule = triggers[event] or {}
    if event == "push":
        return _pushed(rule, ref)
    if event == "pull_request":
        branches = rule.get("branches")
        return action in rule.get("types", DEFAULT_ACTIONS) and (not branches or matches(branches, ref))
    if event == "workflow_run":
        return ref in rule["workflows"] and action in rule.get("types", ("requested", "completed"))
    return True


def _pushed(rule: Mapping[str, Any], ref: str) -> bool:
    branches, tags = rule.get("branches"), rule.get("tags")
    if ref.startswith("refs/tags/"):
        return matches(tags, ref.removeprefix("refs/tags/")) if tags else not branches
    return matches(branches, ref.removeprefix("refs/heads/")) if branches else not tags


def matches(patterns: Sequence[str], name: str) -> bool:
    """Match GitHub's filter patterns; a later `!pattern` excludes the matches of an earlier one."""
    taken = False
    for pattern in patterns:
        if re.fullmatch(_expression(pattern.removeprefix("!")), name):
            taken = not pattern.startswith("!")
    return taken


def _expression(pattern: str) -> str:
    parts = re.findall(r"\*\*|\*|\?|\+|\[[^\]]*\]|\\.|.", pattern)
    special = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return "".join(
        special.get(part, part if part[0] in "[\\" and len(part) > 1 else re.escape(part)) for part in parts
    )


def rights(workflow: Mapping[str, Any], called: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The rights of all jobs of a workflow together; act gives every job the same token.

    Args:
        workflow: parsed.
        called: path (`./.github/workflows/x.yml`) -> the workflows that its jobs may call.
    """
    most: dict[str, str] = {}
    for job in workflow["jobs"].values():
        given = job.get("permissions", workflow.get("permissions", {}))
        wanted = rights(called[job["uses"]], {}) if "uses" in job else given
        for name, right in given.items():
            # A called workflow gets at most what its caller has.
            lower = min(right, wanted.get(name, "none"), key=RIGHTS.__getitem__)
            most[name] = max(lower, most.get(name, "none"), key=RIGHTS.__getitem__)
    return most
