"""Schemas: validate the JSON that commands print."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parents[2] / "schemas"


@cache
def _registry() -> Registry[Any]:
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(SCHEMAS.glob("*.schema.json"))]
    return Registry().with_resources([(each["$id"], Resource.from_contents(each)) for each in found])


def assert_valid(document: object, name: str) -> None:
    """Check the document against `schemas/<name>.schema.json`."""
    _assert(document, json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


def assert_valid_part(part: object, name: str, definition: str) -> None:
    """Check a part of a document against a definition in `schemas/<name>.schema.json`."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    _assert(part, {"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})


def _assert(document: object, schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema, registry=_registry())
    problems = [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
        for each in validator.iter_errors(document)
    ]
    assert not problems, problems
