"""Schemas: the JSON Schemas that mlgit brings with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
"""What json.loads returns."""


@record
class SchemaEntry:
    """A schema: its name, what it describes, and its address."""

    name: str
    title: str
    description: str | None
    id: str


@record
class Schemas:
    """All schemas or, with its content in `schema`, one.

    `path` is the file that it was written to, as the user named it.
    """

    schemas: tuple[SchemaEntry, ...]
    schema: Mapping[str, Json] | None = None
    path: str | None = None
    state: Literal["written", "replaced", "already"] | None = None
