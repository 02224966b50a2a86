"""Checks: run `mlgit check` in a project and read its verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from mlgit.resources import schema_text
from tests.support.recorded import reproduce

if TYPE_CHECKING:
    from tests.support.shell import Folder

VERDICT = Draft202012Validator(json.loads(schema_text("verdict")))
TODAY = datetime(2026, 3, 2, tzinfo=UTC).date()
DATE = ("--date", TODAY.isoformat())
GATES = """\
version: 1
models:
  line: {path: models/line.json}
"""


def check(project: Folder, *argv: str, status: int, env: dict[str, str] | None = None) -> Any:  # noqa: ANN401
    """Run `mlgit check --json`, validate the document, return the verdict."""
    done = project.here("check", "--json", *argv, env=env)
    assert done.status == status, done.out + done.err
    document = done.json()
    VERDICT.validate(document)
    return document["verdict"]


def results(verdict: Any) -> dict[str, tuple[str, str | None, str]]:  # noqa: ANN401
    return {each["id"]: (each["outcome"], each["reason"], each["effect"]) for each in verdict["results"]}


def notes(verdict: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    return [(each["code"], each["effect"]) for each in verdict["notes"]]


def train(project: Folder, slope: str) -> None:
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    reproduce(project, push=False)


def gates(project: Folder, text: str) -> None:
    """Commit and push these gates, so that trunk also has them; tags of other tools count."""
    environments = "environments: {staging: {}, prod: {}}\nforeign_tags: allow\n"
    project.write("mlgit.yaml", f"{GATES}gates:\n{text}{environments}")
    project.commit("Declare gates")
    project.git("push", "-q")


def tag(project: Folder, *names: str) -> None:
    for name in names:
        project.git("tag", "-a", "-m", name, name)
