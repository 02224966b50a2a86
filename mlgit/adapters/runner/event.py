"""Event: read what started this run from the environment and GitHub's event file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mlgit.core.ci.event import CiEvent, ci_event

if TYPE_CHECKING:
    from collections.abc import Mapping

# The environment variables of a CI that say that it is one, and choose the base and the target branch.
CI_VARIABLES = (
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_BASE_REF",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_REF",
    "GITHUB_SHA",
    "GITLAB_CI",
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_SHA",
    "CI_DEFAULT_BRANCH",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_PROJECT_PATH",
    "CI_MERGE_REQUEST_PROJECT_URL",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_PROJECT_PATH",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "MLGIT_REMOTE_TAGS",
)
_MOST_BYTES = 8 << 20


def read_event(variables: Mapping[str, str]) -> CiEvent | None:
    """What started this run; None outside a known CI."""
    return ci_event(variables, _payload(variables.get("GITHUB_EVENT_PATH")))


def default_branch(folder: str, variables: Mapping[str, str]) -> str | None:
    """The forge's default branch, if the environment is a CI job for the repository in `folder`."""
    if "GITHUB_ACTIONS" not in variables and "GITLAB_CI" not in variables:
        return None
    workspace = variables.get("GITHUB_WORKSPACE") or variables.get("CI_PROJECT_DIR")
    if workspace and not f"{os.path.realpath(folder)}/".startswith(f"{os.path.realpath(workspace)}/"):
        return None  # a clone of another repository, in a CI job
    event = read_event(variables)
    return None if event is None else event.default_branch


def _payload(path: str | None) -> Mapping[str, Any] | None:
    if not path:
        return None
    import json

    try:
        with open(path, encoding="utf-8") as file:
            document = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
