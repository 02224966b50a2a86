"""A model that was renamed on trunk is compared with what its old name has in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.registry import change, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  {name}: {{path: {path}}}
gates:
  mae-vs-prod: {{metric: mae, vs: prod, max_rise: 0.1, when: promote}}
environments:
  prod: {{}}
"""


def declare(project: Folder, name: str, path: str = "models/line.json") -> None:
    project.write("mlgit.yaml", CONFIG.format(name=name, path=path))
    project.commit(f"Declare {name}")
    project.git("push", "-q")


@pytest.fixture
def live(project: Folder) -> Folder:
    """`line@v1.0.0` lives in prod."""
    declare(project, "line")
    train(project, "2.0")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "prod")
    return project


def test_a_worse_model_does_not_replace_its_old_name(live: Folder) -> None:
    declare(live, "curve")
    train(live, "1.9")
    change(live, "release", "curve")
    done = live.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-prod: fail" in done.err
    live.git("switch", "-qc", "topic")
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace(", when: promote", ""))
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["curve/mae-vs-prod"] == ("fail", "max_rise_broken", "block")
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")


def test_a_model_as_good_does_and_is_the_baseline_from_then_on(live: Folder) -> None:
    declare(live, "curve")
    train(live, "1.995")
    change(live, "release", "curve")
    report = change(live, "promote", "curve", "--to", "prod")
    hint = "`prod` holds `line@v1.0.0`, which no declared model has"
    assert any(note.startswith(hint) for note in report["notes"])
    change(live, "unassign", "line", "--env", "prod")
    train(live, "2.0")
    change(live, "release", "curve")
    later = change(live, "promote", "curve", "--to", "prod")
    assert not any("line@" in note for note in later["notes"])


def test_a_model_at_another_path_is_another_model_and_the_promotion_says_so(live: Folder) -> None:
    declare(live, "table", "metrics/test.json")
    train(live, "1.9")
    change(live, "release", "table")
    report = change(live, "promote", "table", "--to", "prod")
    assert any("`prod` holds `line@v1.0.0`, which no declared model has" in note for note in report["notes"])
    assert any("mlgit unassign line --env prod" in note for note in report["notes"])


def test_a_model_that_is_still_declared_is_not_an_old_name(live: Folder) -> None:
    text = CONFIG.format(name="line", path="models/line.json")
    live.write("mlgit.yaml", text.replace("gates:", "  table: {path: metrics/test.json}\ngates:"))
    live.commit("Two models")
    live.git("push", "-q")
    train(live, "1.9")
    change(live, "release", "table")
    report = change(live, "promote", "table", "--to", "prod")
    assert not any("which no declared model has" in note for note in report["notes"])


def test_of_two_old_names_at_the_path_the_newer_assignment_is_meant(live: Folder) -> None:
    declare(live, "curve")
    train(live, "1.995")
    change(live, "release", "curve")
    change(live, "promote", "curve", "--to", "prod")
    declare(live, "third")
    train(live, "1.9")
    change(live, "release", "third")
    done = live.here("promote", "third", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-prod: fail: mae 0.0275" in done.err


def test_an_old_name_that_was_taken_out_is_not_nothing(live: Folder) -> None:
    declare(live, "curve")
    change(live, "unassign", "line", "--env", "prod")
    train(live, "1.9")
    change(live, "release", "curve")
    done = live.here("promote", "curve", "--to", "prod", "--json")
    text = " ".join((done.out + done.err).split())
    assert "the tag `line#prod!#2`" in text
