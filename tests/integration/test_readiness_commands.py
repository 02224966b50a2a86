"""One readiness: whatever a version lacks, every command that would use it refuses it in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

import pytest

from mlgit.errors import Exit
from mlgit.project.release.model_data import ModelData
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder


class Lack(NamedTuple):
    """What a commit lacks: the path of its model, what brings that about, and the words about it."""

    path: str
    bring: Callable[[Folder], object]
    says: str


def nothing(_: Folder) -> None:
    pass


def never_made(project: Folder) -> None:
    project.write("later/dvc.yaml", "stages:\n  later:\n    cmd: touch x.bin\n    outs: [x.bin]\n")


def not_kept(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("[models/line.json]\n", "[models/line.json: {cache: false}]\n", 1))
    project.dvc("repro", "-q")


LACKS = {
    "misspelt": Lack("models/lime.json", nothing, "`models/lime.json` is neither a DVC output nor a file"),
    "ignored": Lack("models/other.bin", nothing, "`models/other.bin` is neither a DVC output nor a file"),
    "member": Lack("models/line.json/weights", nothing, "`models/line.json` at {} does not have `weights`"),
    "never made": Lack(
        "later/x.bin", never_made, "`later/x.bin` is declared at {}, but no content of it is recorded"
    ),
    "not kept": Lack("models/line.json", not_kept, "`models/line.json` is an output that DVC does not keep"),
}


def by_release(project: Folder) -> tuple[int, str]:
    with mock.patch("mlgit.operations.release.require_fresh"):  # it may be the first to refuse
        done = project.here("release", "line@v2.0.0", "--force", "--commit")
    return done.status, done.err


def by_promote(project: Folder) -> tuple[int, str]:
    done = project.here("promote", "line@v1.0.0", "--to", "prod")
    return done.status, done.err


def by_ci_tag(project: Folder) -> tuple[int, str]:
    done = project.here("ci", "tag", "line#staging#1", "--json")
    proofs = done.json()["proofs"]
    texts = [each["message"] for each in proofs if each["state"] == "fail"]
    return done.status, " ".join(texts)


def by_deploy(project: Folder) -> tuple[int, str]:
    done = project.here("deploy", "--env", "staging", "--json")
    (found,) = done.json()["deployments"]
    return done.status, found["failure"]["message"]


def by_push(project: Folder) -> tuple[int, str]:
    """A release that someone made here, with a version of mlgit that did not ask."""
    with (
        mock.patch("mlgit.operations.release.require_fresh"),
        mock.patch("mlgit.operations.release.require_model_data", return_value=ModelData()),
    ):
        change(project, "release", "line@v3.0.0", "--force", "--commit", "--local")
    found = {each["tag"]: each for each in project.here("push", "--json").json()["tags"]}["line@v3.0.0"]
    return Exit.STATE if found["step"] == "skipped" else Exit.DONE, found["reason"] or ""


COMMANDS = {
    "release": (by_release, Exit.STATE),
    "promote": (by_promote, Exit.STATE),
    "ci tag": (by_ci_tag, Exit.BLOCKED),
    "deploy": (by_deploy, Exit.STATE),
    "push": (by_push, Exit.STATE),
}


def declare(project: Folder, lack: Lack, served: Path) -> None:
    """Put the lack on trunk, with a release and a promotion by another tool."""
    lack.bring(project)
    project.write("models/other.bin", "ignored")
    project.write("models/.gitignore", "*\n!.gitignore\n")
    project.write(
        "mlgit.yaml",
        f"""\
version: 1
models: {{line: {{path: {lack.path}}}}}
environments: {{staging: {{}}, prod: {{}}}}
foreign_tags: allow
deploy: {{staging: {{target: local, path: '{served}/{{model}}'}}}}
""",
    )
    project.commit("Declare")
    project.git("push", "-q")
    for tag in ("line@v1.0.0", "line#staging#1"):
        project.git("tag", "-am", "By another tool", tag)
        project.git("push", "-q", "origin", tag)


@pytest.mark.parametrize("lack", LACKS)
def test_every_command_refuses_such_a_version_in_the_same_words(
    project: Folder, tmp_path: Path, lack: str
) -> None:
    declare(project, LACKS[lack], tmp_path / "served")
    wrong = {}
    for name, (ask, expected) in COMMANDS.items():
        status, text = ask(project)
        says = LACKS[lack].says.format(project.git("rev-parse", "--short=7", "HEAD"))
        if status != expected or says not in text:
            wrong[name] = (status, text)
    assert not wrong
