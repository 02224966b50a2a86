"""House: floors, start-up, help lines, schemas and the content of the wheel."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from jsonschema import Draft202012Validator

from mlgit.cli.ci.group import CI_COMMANDS
from mlgit.cli.main import COMMANDS, cli
from mlgit.errors import ConfigError, Location, StateError
from mlgit.render.formats import jsonout
from mlgit.yaml12 import load as load_yaml

if TYPE_CHECKING:
    from mlgit.cli.shell.groups import LazyGroup

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))
# The help line of each command: `check`, `ci pr`.
LINES = {name: text for group in COMMANDS.values() for name, text in group.items()} | {
    f"ci {name}": text for group in CI_COMMANDS.values() for name, text in group.items()
}
GROUPS = frozenset({"ci"})
# Commands that print the same document share its schema; every other command has its own.
SHARED_SCHEMAS = {
    "check": "verdict",
    "report": "verdict",
    "release": "change",
    "promote": "change",
    "rollback": "change",
    "unassign": "change",
    "deregister": "change",
    "ci pr": "ci-report",
    "ci monitor": "ci-report",
    "ci init": "ci-templates",
    "ci update": "ci-templates",
}
# Imports that would slow every command: tools, parsers, and large parts of the standard library.
HEAVY = frozenset(
    {"git", "dvc", "jsonschema", "rich", "yaml", "ruamel", "pydantic", "asyncio", "importlib.metadata"}
    | {"subprocess", "tomllib", "csv", "hashlib", "decimal", "json", "tempfile", "shutil", "pathlib"}
    | {"email", "ssl", "http", "urllib", "logging", "multiprocessing", "concurrent", "unittest"}
)


def entry_of(name: str) -> click.Command:
    module = f"{name}.group" if name in GROUPS else name.replace(" ", ".")
    entry: click.Command = import_module(f"mlgit.cli.{module}").entry
    return entry


def properties(schema: Any) -> list[tuple[str, dict[str, Any]]]:  # noqa: ANN401 (any JSON)
    """Every property that a schema describes, at any depth."""
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(schema, dict):
        inner = schema.get("properties")
        if isinstance(inner, dict):
            found += [(name, item) for name, item in inner.items() if isinstance(item, dict)]
        for item in schema.values():
            found += properties(item)
    elif isinstance(schema, list):
        for item in schema:
            found += properties(item)
    return found


def parts_with_examples(schema: object) -> list[dict[str, Any]]:
    """Every part of a schema, at any depth, that has examples."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    found = [part for each in inner for part in parts_with_examples(each)]
    own = isinstance(schema, dict) and isinstance(schema.get("examples"), list)
    return [*([schema] if own else []), *found]  # type: ignore[list-item]


def loaded_by(*argv: str) -> frozenset[str]:
    """The modules that a fresh interpreter loads, with their parents."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *argv], capture_output=True, text=True, check=True, cwd=ROOT
    )
    names = [
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    ]
    return frozenset(names)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_schema_is_valid(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/schemas/{path.name}")
    assert schema["title"]
    Draft202012Validator.check_schema(schema)


EXAMPLES = [
    pytest.param(part | {"$defs": schema.get("$defs", {})}, example, id=f"{path.stem}-{example}")
    for path in SCHEMAS
    for schema in [json.loads(path.read_text(encoding="utf-8"))]
    for part in parts_with_examples(schema)
    for example in part["examples"]
]


@pytest.mark.parametrize(("schema", "example"), EXAMPLES)
def test_every_example_in_a_schema_is_valid(schema: dict[str, Any], example: object) -> None:
    Draft202012Validator(schema).validate(example)


def test_the_schemas_of_files_have_examples() -> None:
    assert len(EXAMPLES) > 30


def test_every_key_of_the_config_has_a_title_and_a_description() -> None:
    schema = json.loads((ROOT / "schemas" / "mlgit.schema.json").read_text(encoding="utf-8"))
    silent = [
        name
        for name, item in properties(schema)
        if not item.get("title") or not (item.get("description") or "$ref" in item)
    ]
    assert silent == []


@pytest.mark.parametrize("command", sorted(LINES.keys() - GROUPS))
def test_every_command_has_a_schema_for_its_json(command: str) -> None:
    name = SHARED_SCHEMAS.get(command, command.replace(" ", "-"))
    path = ROOT / "schemas" / f"{name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["properties"]["schema_version"] == {"const": 1}
    assert schema["additionalProperties"] is False
    assert "schema_version" in schema["required"]


@pytest.mark.parametrize("command", LINES)
def test_the_help_of_a_command_starts_with_its_line(command: str) -> None:
    entry = entry_of(command)
    assert entry.name == command.rpartition(" ")[2]
    assert (entry.help or "").splitlines()[0] == LINES[command]


@pytest.mark.parametrize("command", LINES)
def test_every_option_of_a_command_has_a_help_text(command: str) -> None:
    options = [parameter for parameter in entry_of(command).params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert "as_json" in [option.name for option in options]


@pytest.mark.parametrize("group", [cli, entry_of("ci")], ids=lambda group: str(group.name))
def test_the_help_lists_every_command(group: LazyGroup) -> None:
    shown = group.get_help(click.Context(group, info_name="mlgit"))
    names = [name for section in group.sections.values() for name in section]
    assert names
    assert [name for name in names if not re.search(rf"[ ,] {name}(?:[ ,]|$)", shown, re.MULTILINE)] == []


def test_this_file_lists_all_groups() -> None:
    assert {name for name in LINES if isinstance(entry_of(name), click.Group)} == GROUPS


def test_every_module_among_the_commands_is_a_command() -> None:
    folder = ROOT / "mlgit" / "cli"
    modules = {" ".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")}
    parts = {name for name in modules if name.startswith("shell ") or name.endswith(("main", "__init__"))}
    assert {name.removesuffix(" group") for name in modules - parts} == LINES.keys()


@pytest.mark.parametrize("argv", [("-c", "import mlgit.cli.main"), ("-m", "mlgit", "--version")])
def test_starting_up_loads_nothing_heavy(argv: tuple[str, ...]) -> None:
    bare = loaded_by("-c", "pass")
    assert sorted((loaded_by(*argv) - bare) & HEAVY) == []


@pytest.mark.parametrize("argv", [("-c", "import mlgit.cli.main"), ("-m", "mlgit", "--version")])
def test_starting_up_loads_only_the_command_line_of_mlgit(argv: tuple[str, ...]) -> None:
    ours = {name for name in loaded_by(*argv) if name.split(".")[0] == "mlgit"}
    assert ours <= {
        *("mlgit", "mlgit.__main__", "mlgit.errors", "mlgit.cli", "mlgit.cli.main", "mlgit.cli.shell"),
        *(f"mlgit.cli.shell.{name}" for name in ("groups", "options", "output", "session")),
    }


def clock_readings(path: Path) -> list[int]:
    """The lines on which a module reads the wall clock."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    forbidden = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("date", "today"),
        ("time", "time"),
        ("time", "time_ns"),
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, (ast.Name, ast.Attribute))
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr, node.attr) in forbidden
    ]


# Only to detect racy and abandoned files by their time stamps, as git does.
FILE_CLOCKS = {
    os.path.join("mlgit", "adapters", "dvc", "data", "fingerprints.py"),
    os.path.join("mlgit", "adapters", "git", "tags", "listed.py"),
    os.path.join("mlgit", "adapters", "memory.py"),
}


def test_the_wall_clock_is_read_once_by_a_command_and_by_a_call() -> None:
    readings = {
        str(path.relative_to(ROOT)): clock_readings(path) for path in sorted((ROOT / "mlgit").rglob("*.py"))
    }
    reading = {path for path, lines in readings.items() if lines}
    assert reading - FILE_CLOCKS == {
        os.path.join("mlgit", "cli", "shell", "session.py"),
        os.path.join("mlgit", "api", "worker.py"),
    }


def test_the_floors_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "lint-imports"), "--cache-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_module_has_a_docstring() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "mlgit").rglob("*.py"))
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


@pytest.mark.parametrize(
    "error",
    [
        StateError("There is none"),
        ConfigError(
            "Wrong", location=Location("mlgit.yaml", line=1, column=2, snippet="x"), expected="y", hint="z"
        ),
        ConfigError("Large", location=Location("mlgit.yaml"), details=("a", "b")),
    ],
)
def test_an_error_as_json_is_valid_against_its_schema(error: StateError | ConfigError) -> None:
    schema = json.loads((ROOT / "schemas" / "error.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(jsonout.failure(error)))


@pytest.mark.slow
def test_the_wheel_contains_schemas_and_templates(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    assert {f"mlgit/_shipped/schemas/{path.name}" for path in SCHEMAS} <= names
    assert any(name.startswith("mlgit/_shipped/ci-templates/") for name in names)
    assert "mlgit/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/"))]
    code = (
        "from mlgit import resources; print(resources.folder('schemas'), resources.schema_text('mlgit')[:1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path / "installed" / "mlgit" / "_shipped" / "schemas"), "{"]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line.strip() for line in lines if "python -m pytest" in line]
    assert commands == ["pip install -e '.[test]' && python -m pytest -n 3 --dist worksteal"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep -m 1 'python -m pytest' README.md" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_follow_the_rules_of_our_templates(path: Path) -> None:
    workflow = load_yaml(path.read_bytes(), name=path.name)
    assert isinstance(workflow, dict)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in workflow["on"]
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert set(job["permissions"].items()) <= {("contents", "read")}
        for step in job["steps"]:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", f"a@{'0' * 40}"))
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_there_is_a_workflow() -> None:
    assert WORKFLOWS
