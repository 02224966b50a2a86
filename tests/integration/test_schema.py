"""`mlgit schema`: the bundled schemas, printed, and written for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import valid
from tests.support.schema import SCHEMAS
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done

NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))


@pytest.fixture
def here(tmp_path: Path) -> Folder:
    """A folder that is not a repository."""
    return Folder(tmp_path)


def schema(here: Folder, *argv: str) -> Done:
    return here.here("schema", *argv)


def test_the_names_are_listed_with_titles(here: Folder) -> None:
    listed = schema(here).out.splitlines()
    assert [line.split()[0] for line in listed] == NAMES
    assert "  mlgit.yaml" in next(line for line in listed if line.split()[0] == "mlgit")


def test_a_schema_is_printed_as_it_is_bundled(here: Folder) -> None:
    assert schema(here, "mlgit").out == (SCHEMAS / "mlgit.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_can_be_read_as_json(here: Folder, name: str) -> None:
    document = valid(schema(here, name, "--json"), "schema")
    assert [each["name"] for each in document["schemas"]] == [name]
    assert document["schema"] == json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def test_the_list_as_json_has_no_schema(here: Folder) -> None:
    document = valid(schema(here, "--json"), "schema")
    assert [each["name"] for each in document["schemas"]] == NAMES
    assert (document["schema"], document["path"], document["state"]) == (None, None, None)


def test_it_is_written_for_an_editor(here: Folder) -> None:
    done = schema(here, "mlgit", "-o", "mlgit.schema.json")
    assert done.out.splitlines() == [
        "Wrote mlgit.schema.json",
        "next: make this the first line of `mlgit.yaml`:",
        "  # yaml-language-server: $schema=mlgit.schema.json",
    ]
    assert (here / "mlgit.schema.json").read_bytes() == (SCHEMAS / "mlgit.schema.json").read_bytes()
    assert schema(here, "mlgit", "-o", "mlgit.schema.json").out.startswith("Already there: mlgit.schema.json")
    document = valid(schema(here, "mlgit", "-o", "mlgit.schema.json", "--json"), "schema")
    assert (document["path"], document["state"]) == ("mlgit.schema.json", "already")


def test_an_older_schema_is_replaced(here: Folder) -> None:
    older = json.loads((SCHEMAS / "mlgit.schema.json").read_text(encoding="utf-8"))
    here.write("mlgit.schema.json", json.dumps({"$id": older["$id"]}))
    assert schema(here, "mlgit", "-o", "mlgit.schema.json").out.startswith("Replaced mlgit.schema.json")
    assert (here / "mlgit.schema.json").read_bytes() == (SCHEMAS / "mlgit.schema.json").read_bytes()


@pytest.mark.parametrize("content", [b"version: 1\n", b'{"$id": "other"}', b"[]", b"\xff", b"[" * 100_000])
def test_another_file_is_not_replaced(here: Folder, content: bytes) -> None:
    (here / "mlgit.yaml").write_bytes(content)
    done = schema(here, "mlgit", "-o", "mlgit.yaml")
    assert done.status == Exit.STATE
    assert "`mlgit.yaml` already exists with other content" in done.err
    assert (here / "mlgit.yaml").read_bytes() == content


def test_an_unknown_name_gets_the_nearest(here: Folder) -> None:
    done = schema(here, "verdikt")
    assert done.status == Exit.USAGE
    assert done.err == "error: There is no schema `verdikt`\n  hint: did you mean `verdict`?\n"


def test_a_file_needs_a_name(here: Folder) -> None:
    done = schema(here, "-o", "mlgit.schema.json")
    assert done.status == Exit.USAGE
    assert not (here / "mlgit.schema.json").exists()


def test_the_written_schema_finds_what_mlgit_refuses(project: Folder) -> None:
    """With the real `check-jsonschema`, which reads only these two files."""
    assert schema(project, "mlgit", "-o", "mlgit.schema.json").status == Exit.DONE
    checking = ("check-jsonschema", "--schemafile", "mlgit.schema.json", "mlgit.yaml")
    assert project.run(*checking).status == 0
    project.write("mlgit.yaml", "version: 1\nmodelz:\n  line: {path: models/line.json}\n")
    assert "modelz" in project.run(*checking).out
    assert project.here("check").status == Exit.CONFIG
