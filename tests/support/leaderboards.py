"""Leaderboards: run `mlgit experiments` in a project and read its rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from tests.support.shell import Folder

METRICS = "metrics/test.json"


def leaderboard(folder: Folder, *argv: str) -> dict[str, Any]:
    """The document of a successful run; it is valid."""
    done = folder.here("experiments", *argv, "--json")
    assert done.status == Exit.DONE, done.err
    document: dict[str, Any] = done.json()
    assert_valid(document, "experiments")
    return document


def names(row: dict[str, Any]) -> list[str]:
    return [each["text"] for each in row["names"]]


def first_names(folder: Folder, *argv: str) -> list[str]:
    """The first name of each row."""
    return [(names(row) or [row["subject"]])[0] for row in leaderboard(folder, *argv)["rows"]]


def commit_metrics(folder: Folder, subject: str, **metrics: float) -> str:
    """A commit with these metrics, which no pipeline made."""
    folder.write(METRICS, json.dumps({"mae": 0.1, "rows": 10} | metrics))
    return folder.commit(subject)
