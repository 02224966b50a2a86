"""Event: read what started this run from the environment and GitHub's event file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgit.core.ci.event import CiEvent, ci_event

if TYPE_CHECKING:
    from collections.abc import Mapping


_MOST_BYTES = 8 << 20


def read_event(variables: Mapping[str, str]) -> CiEvent | None:
    """What started this run; None outside a known CI."""
    return ci_event(variables, _payload(variables.get("GITHUB_EVENT_PATH")))


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
