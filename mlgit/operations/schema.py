"""Schema: list the JSON Schemas of files and documents, read one, and write it for an editor."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mlgit import resources
from mlgit.adapters.runner.files import write_whole
from mlgit.core.config.schemas import SchemaEntry, Schemas
from mlgit.core.wording import near
from mlgit.errors import StateError, UsageError

if TYPE_CHECKING:
    from typing import Literal


def list_schemas() -> Schemas:
    """Every schema, sorted by name."""
    return Schemas(schemas=tuple(_entry(name) for name in resources.schema_names()))


def read_schema(name: str, *, path: str | None = None, shown: str | None = None) -> Schemas:
    """One schema; with `path`, which messages call `shown`, it is also written there.

    An older version of the same schema is replaced.

    Raises:
        UsageError: there is no such schema.
        StateError: the file has other content.
    """
    names = resources.schema_names()
    if name not in names:
        raise UsageError(f"There is no schema `{name}`", hint=near(name, names) or "see `mlgit schema`")
    text = resources.schema_text(name)
    return Schemas(
        schemas=(_entry(name),),
        schema=json.loads(text),
        path=shown,
        state=None if path is None else _write(path, text, shown or path),
    )


def _entry(name: str) -> SchemaEntry:
    schema = json.loads(resources.schema_text(name))
    return SchemaEntry(
        name=name, title=schema["title"], description=schema.get("description"), id=schema["$id"]
    )


def _write(path: str, text: str, shown: str) -> Literal["written", "replaced", "already"]:
    if not os.path.isfile(path):  # a device or a pipe is written to, and never read
        write_whole({path: text})
        return "written"
    there = _read(path)
    if there == text:
        return "already"
    try:
        same = json.loads(there or "")["$id"] == json.loads(text)["$id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        same = False
    if not same:
        raise StateError(f"`{shown}` already exists with other content", hint="choose another file with `-o`")
    write_whole({path: text})
    return "replaced"


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        return None
