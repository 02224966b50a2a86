"""Data that could not be fetched is called missing only where the DVC remote was asked and lacks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.pipeline.remote_data import RemoteData, RemoteOutput
from mlgit.project.overview.before_run import lost_data

if TYPE_CHECKING:
    from mlgit.core.pipeline.remote_data import Presence

TABLE: dict[str, tuple[dict[str, Presence], str, str]] = {
    "none is there": (
        {"a": "missing", "b": "missing"},
        "neither this machine nor the DVC remote has the content",
        "not in the DVC remote",
    ),
    "all are there": (
        {},
        "DVC did not take what the DVC remote has, which may be damaged",
        "not fetched from the DVC remote",
    ),
    "some are there": ({"a": "missing"}, "not all of the content is here", "not fetched from the DVC remote"),
    "none belongs there": (
        {"a": "private", "b": "private"},
        "not all of the content is here",
        "kept out of the DVC remote (`push: false`)",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_not_here_is_called_what_is_known_of_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    presences, words, note = TABLE[name]
    outputs = tuple(
        RemoteOutput(path=path, owner=f"{path}.dvc", remote="storage", presence=presence)
        for path, presence in presences.items()
    )
    monkeypatch.setattr(lost_data, "_remote", lambda *_: (RemoteData(outputs=outputs), ()))
    project: object = object()
    error = lost_data.lost_data(project, ["a", "b"], None, what="It is lost")  # type: ignore[arg-type]
    assert error.message == f"It is lost, and {words}"
    assert lost_data.why_lost(project, ["a", "b"]) == note  # type: ignore[arg-type]
