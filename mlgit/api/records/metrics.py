"""Metrics: the types of a row of `mlgit experiments --json`."""

from typing import Literal, TypedDict


class Name(TypedDict):
    """One of a revision's names."""

    kind: Literal[
        "working_tree",
        "branch",
        "remote_branch",
        "version",
        "environment",
        "tag",
        "experiment",
        "pull_request",
        "revision",
    ]
    text: str
    refs: list[str]


class MetricsRecord(TypedDict):
    """A row of `mlgit experiments --json`; values by file and dotted key."""

    names: list[Name]
    commit: str | None
    baseline: str | None
    created_at: str | None
    subject: str | None
    state: Literal["done", "queued", "failed"]
    metrics: dict[str, dict[str, float | str | bool | None]]
    params: dict[str, dict[str, float | str | bool | None]]
    unread: dict[str, Literal["missing", "not_fetched", "unreadable", "not_from_pipeline", "stale"]]
    problems: list[str]
