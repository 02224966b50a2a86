"""Diff: the types of `mlgit diff --json`."""

from typing import Literal, TypedDict


class Side(TypedDict):
    """One of the two states; `commit` is None for the working tree and before the first commit (`empty`)."""

    text: str
    label: str
    commit: str | None
    version: str | None
    empty: bool


class ValueChange(TypedDict):
    """One metric or parameter; `change` is new - old, `better` is None if no direction is known."""

    file: str
    key: str
    kind: Literal["added", "removed", "modified", "unchanged"]
    old: float | str | bool | None
    new: float | str | bool | None
    change: float | None
    change_percent: float | None
    better: bool | None


class ContentChange(TypedDict):
    """One output by content; None where it is not known here."""

    path: str
    kind: Literal["added", "removed", "modified", "unchanged"]
    model: str | None
    old_md5: str | None
    old_version: str | None
    old_size_bytes: int | None
    old_nfiles: int | None
    old_rows: int | None
    new_md5: str | None
    new_version: str | None
    new_size_bytes: int | None
    new_nfiles: int | None
    new_rows: int | None


class StageChange(TypedDict):
    """One stage as dvc.yaml declares it."""

    stage: str
    kind: Literal["added", "removed", "modified", "unchanged"]
    fields: list[Literal["cmd", "deps", "params", "outs"]]
    old_cmd: str | None
    new_cmd: str | None
    deps_added: list[str]
    deps_removed: list[str]
    outs_added: list[str]
    outs_removed: list[str]


class DiffRecord(TypedDict):
    """The document of `mlgit diff --json`."""

    schema_version: Literal[1]
    old: Side
    new: Side
    metrics: list[ValueChange] | None
    params: list[ValueChange] | None
    data: list[ContentChange] | None
    models: list[ContentChange] | None
    stages: list[StageChange] | None
    problems: list[str]
    notes: list[str]
