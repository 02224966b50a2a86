"""Public API: the names of `import mlgit`, their signatures and types, and what the import loads."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import typing
from types import NoneType
from typing import TYPE_CHECKING, Any

import pytest

import mlgit
from mlgit.api.records import CheckRecord, DiffRecord, MetricsRecord, ModelsRecord
from mlgit.resources import schema_text
from tests.house.test_house import HEAVY, loaded_by
from tests.support import service

if TYPE_CHECKING:
    from pathlib import Path

# Programs depend on these. A new name is a decision, and a removed one breaks them.
SIGNATURES = {
    "get": "(reference: 'str', *, repo: 'str | os.PathLike[str]', to: 'str | os.PathLike[str]', "
    "model: 'str | None' = None, accept: 'Callable[[Tag], object] | None' = None) -> 'Path'",
    "open": "(path_or_url: 'str | os.PathLike[str]') -> 'Repository'",
    "Repository.models": "(self) -> 'ModelsRecord'",
    "Repository.metrics": "(self, ref: 'str') -> 'MetricsRecord'",
    "Repository.diff": "(self, a: 'str | None' = None, b: 'str | None' = None) -> 'DiffRecord'",
    "Repository.check": "(self) -> 'CheckRecord'",
    "Repository.close": "(self) -> 'None'",
}
NAMES = {
    *("get", "open", "Repository", "Tag"),
    *("ModelsRecord", "MetricsRecord", "DiffRecord", "CheckRecord"),
    *("MlgitError", "AnswerNo", "ConfigError", "StateError", "UnknownReference", "ToolError"),
}
TAG = {
    "name": "str",
    "model": "str",
    "version": "str | None",
    "environment": "str | None",
    "commit": "str",
    "tagger": "str",
    "time": "datetime",
}


def test_the_public_names_are_these() -> None:
    assert set(mlgit.__all__) == NAMES
    assert sorted(mlgit.__all__) == mlgit.__all__
    assert set(dir(mlgit)) > NAMES
    assert all(getattr(mlgit, name) is not None for name in NAMES)
    with pytest.raises(AttributeError, match="no attribute 'got'"):
        mlgit.got  # noqa: B018


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_stays_as_it_is(name: str) -> None:
    owner, _, method = name.rpartition(".")
    function = getattr(getattr(mlgit, owner) if owner else mlgit, method)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


def test_a_repository_has_only_these_methods() -> None:
    methods = {name for name in vars(mlgit.Repository) if not name.startswith("_")}
    assert methods == {name.partition(".")[2] for name in SIGNATURES if "." in name}


def test_a_tag_has_these_fields() -> None:
    assert mlgit.Tag.__annotations__ == TAG


def test_the_import_loads_one_module_of_mlgit_and_nothing_heavy() -> None:
    loaded = loaded_by("-c", "import mlgit") - loaded_by(
        "-c", "from __future__ import annotations; import typing"
    )
    assert {name for name in loaded if name.partition(".")[0] == "mlgit"} == {"mlgit"}
    assert sorted(loaded & HEAVY) == []
    assert len(loaded) < 5, sorted(loaded)


def test_a_call_loads_no_tool_into_the_program(pipeline_template: Path, tmp_path: Path) -> None:
    work = service.build(pipeline_template, tmp_path / "project")
    code = (
        "import sys, mlgit\n"
        f"mlgit.get('line#staging', repo={str(work.path)!r}, to={str(tmp_path / 'models')!r})\n"
        f"mlgit.open({str(work.path)!r}).check()\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    loaded = {name.partition(".")[0] for name in line.split()}
    assert loaded & {"dvc", "git", "click", "rich", "yaml", "jsonschema", "requests"} == set()
    assert not [name for name in line.split() if name.startswith(("mlgit.adapters", "mlgit.cli"))]


KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": NoneType}


def differences(record: Any, schema: dict[str, Any], definitions: dict[str, Any], at: str) -> list[str]:  # noqa: ANN401
    """Where a typed record is not what its schema says."""
    found = []
    hints = typing.get_type_hints(record)
    if set(hints) != set(schema["properties"]):
        found.append(f"{at}: {set(hints) ^ set(schema['properties'])}")
    if record.__required_keys__ != set(schema.get("required", ())):
        found.append(f"{at}: required {record.__required_keys__ ^ set(schema.get('required', ()))}")
    for name in set(hints) & set(schema["properties"]):
        found += compared(hints[name], schema["properties"][name], definitions, f"{at}.{name}")
    return found


def compared(hint: Any, schema: dict[str, Any], definitions: dict[str, Any], at: str) -> list[str]:  # noqa: ANN401, PLR0911
    if "$ref" in schema:
        return compared(hint, definitions[schema["$ref"].rpartition("/")[2]], definitions, at)
    options = schema.get("anyOf")
    if options is None and isinstance(schema.get("type"), list):
        options = [{**schema, "type": each} for each in schema["type"]]
    if options is not None:
        hints = typing.get_args(hint)
        if len(hints) != len(options):
            return [f"{at}: {hint} for {options}"]
        left = [
            option
            for option in options
            if not any(not compared(each, option, definitions, at) for each in hints)
        ]
        return [f"{at}: {hint} has no {option}" for option in left]
    if "properties" in schema:
        return differences(hint, schema, definitions, at) if typing.is_typeddict(hint) else [f"{at}: {hint}"]
    if "const" in schema or "enum" in schema:
        wanted = set(schema.get("enum", [schema.get("const")]))
        literals = [
            each for each in (hint, *typing.get_args(hint)) if typing.get_origin(each) is typing.Literal
        ]
        has = {value for each in literals for value in typing.get_args(each)}
        return [] if has | ({None} & wanted) == wanted else [f"{at}: {has ^ wanted}"]
    if schema["type"] == "array":
        (item,) = typing.get_args(hint) or (None,)
        return compared(item, schema["items"], definitions, f"{at}[]")
    if schema["type"] == "object":
        _, item = typing.get_args(hint) or (None, None)
        return compared(item, schema["additionalProperties"], definitions, f"{at}{{}}")
    return [] if hint is KINDS[schema["type"]] else [f"{at}: {hint} for {schema['type']}"]


@pytest.mark.parametrize(
    ("record", "name", "definition"),
    [
        (ModelsRecord, "models", None),
        (DiffRecord, "diff", None),
        (CheckRecord, "verdict", None),
        (MetricsRecord, "experiments", "row"),
    ],
)
def test_a_typed_record_is_what_the_schema_says(record: type, name: str, definition: str | None) -> None:
    schema = json.loads(schema_text(name))
    part = schema if definition is None else schema["$defs"][definition]
    assert differences(record, part, schema["$defs"], record.__name__) == []


def test_a_wrong_type_is_found() -> None:
    schema = json.loads(schema_text("diff"))
    side = schema["$defs"]["side"]
    wrong = typing.TypedDict("wrong", {"text": int, "label": str, "commit": str, "empty": bool})  # noqa: UP013
    found = differences(wrong, side, schema["$defs"], "side")
    assert sorted(each.partition(":")[0] for each in found) == ["side", "side", "side.commit", "side.text"]
