"""A model that was renamed on trunk is deployed to the folder that its old name has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.registry import change, train_into

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done, Folder

CONFIG = """\
version: 1
models:
  {name}: {{path: models/line.json}}
environments:
  prod: {{}}
deploy:
  prod: {{target: local, path: '{place}'}}
"""


def declare(project: Folder, name: str, place: Path) -> None:
    project.write("mlgit.yaml", CONFIG.format(name=name, place=place))
    project.commit(f"Declare {name}")
    project.git("push", "-q")


def deployed(project: Folder, *argv: str) -> tuple[Done, list[dict[str, object]]]:
    done = project.here("deploy", "--env", "prod", "--json", *argv)
    return done, done.json().get("deployments", [])


def test_a_renamed_model_keeps_its_folder(project: Folder, tmp_path: Path) -> None:
    place = tmp_path / "served"
    declare(project, "line", place)
    for slope in ("2.0", "2.1"):
        train_into(project, slope, "prod")
        assert deployed(project)[0].status == Exit.DONE
    declare(project, "curve", place)
    for argv in ((), ("curve",)):
        done, (one,) = deployed(project, *argv)
        assert done.status == Exit.DONE, done.out + done.err
        assert (one["model"], one["state"], one["version"]) == ("line", "already", "v1.0.1")
        assert one["notes"] == ["`curve` was `line` before: `prod` serves `line` until `curve` is promoted"]
    train_into(project, "2.2", "prod", model="curve")
    done, (one,) = deployed(project)
    assert done.status == Exit.DONE, done.out + done.err
    assert (one["model"], one["state"], one["version"]) == ("curve", "deployed", "v1.0.0")
    assert one["notes"] == ["`line` is `curve` now: what `prod` holds as `line` is no longer deployed"]
    assert deployed(project)[1][0]["state"] == "already"
    late, (one,) = deployed(project, "--tag", "line#prod#2")
    assert (late.status, one["state"], one["superseded_by"]) == (Exit.DONE, "superseded", "curve#prod#1")
    declare(project, "last", place)
    done, (one,) = deployed(project)
    assert (done.status, one["model"], one["state"]) == (Exit.DONE, "curve", "already"), done.out + done.err
    assert "`last` was `curve` before: `prod` serves `curve` until `last` is promoted" in str(one["notes"])


def test_another_model_does_not_take_the_folder(project: Folder, tmp_path: Path) -> None:
    place = tmp_path / "served"
    declare(project, "line", place)
    train_into(project, "2.0", "prod")
    assert deployed(project)[0].status == Exit.DONE
    project.write("other.json", "{}")
    text = CONFIG.format(name="other", place=place).replace("models/line.json", "other.json")
    project.write("mlgit.yaml", text)
    project.commit("Declare another model")
    project.git("push", "-q")
    done = project.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG
    assert "would be deployed to one folder" in done.err


def test_a_renamed_environment_keeps_its_folder(project: Folder, tmp_path: Path) -> None:
    place = tmp_path / "served"
    declare(project, "line", place)
    for slope in ("2.0", "2.1"):
        train_into(project, slope, "prod")
        assert deployed(project)[0].status == Exit.DONE
    project.write("mlgit.yaml", CONFIG.format(name="line", place=place).replace("prod", "live"))
    project.commit("Call prod live")
    project.git("push", "-q")
    early = project.here("deploy", "--env", "live")
    assert "belongs to" not in early.err
    assert (place / "current").readlink().name == "v1.0.1"

    change(project, "promote", "line@v1.0.1", "--to", "live")
    assert project.here("deploy", "--env", "live", "--dry-run").status == Exit.DONE
    done = project.here("deploy", "--env", "live", "--json")
    (one,) = done.json()["deployments"]
    assert (done.status, one["state"]) == (Exit.DONE, "already"), done.out
    train_into(project, "2.2", "live")
    done = project.here("deploy", "--env", "live", "--json")
    (one,) = done.json()["deployments"]
    assert (done.status, one["state"], one["version"]) == (Exit.DONE, "deployed", "v1.0.2"), done.out
    assert (place / "current").readlink().name == "v1.0.2"
    names = {path.name for path in (place / "deployments").glob("*.jsonl")}
    assert names == {"live.jsonl"}
    done = project.here("rollback", "line", "--env", "live", "-m", "Worse")
    assert done.status == Exit.DONE, done.err
    assert project.here("deploy", "--env", "live").status == Exit.DONE
    assert (place / "current").readlink().name == "v1.0.1"


def test_without_a_name_a_renamed_model_has_the_name_that_is_there(project: Folder, tmp_path: Path) -> None:
    declare(project, "line", tmp_path / "served")
    for slope in ("2.0", "2.1"):
        train_into(project, slope, "prod")
    declare(project, "curve", tmp_path / "served")
    got = project.here("get", "prod", "-o", str(tmp_path / "got"), "--json")
    assert (got.json()["model"], got.json()["version"]) == ("line", "v1.0.1")
    named = project.here("rollback", "curve", "--env", "prod", "-m", "Alarm")
    assert named.status == Exit.STATE
    assert "`prod` has no version of `curve` to go back to, but has its earlier name `line`" in named.err
    assert "run `mlgit rollback line --env prod -m REASON`" in named.err
    back = project.here("rollback", "--env", "prod", "-m", "Alarm", "--deploy")
    assert back.status == Exit.DONE, back.err
    assert "Rolled back prod of line from v1.0.1 to v1.0.0" in back.out
    taken = project.here("unassign", "--env", "prod", "-m", "Renamed")
    assert "Took line@v1.0.0 out of prod" in taken.out
    train_into(project, "2.2", "prod", model="curve")
    assert project.here("get", "prod", "-o", str(tmp_path / "new"), "--json").json()["model"] == "curve"
