"""In CI, tags of a model's name of now that a clone lacks are not taken for its name before."""

from __future__ import annotations

import pytest

from mlgit.errors import Exit
from tests.integration.test_renamed_models import CONFIG, declare
from tests.support.checks import check, results
from tests.support.registry import change, clone, train, train_into
from tests.support.shell import Folder

GATES = """\
  mae-vs-prod: {metric: mae, vs: prod, max_rise: 0.1}
  mae-vs-rel: {metric: mae, vs: release, max_rise: 0.1}
environments:
"""


def rename(project: Folder) -> None:
    """Promote `line` to `prod`, then declare it as `curve`."""
    declare(project, "line")
    train_into(project, "1.95", "prod")
    text = CONFIG.format(name="curve", path="models/line.json")
    project.write("mlgit.yaml", text.partition("  mae-vs")[0] + GATES + text.partition("environments:\n")[2])
    project.commit("Another name")
    project.git("push", "-q")


@pytest.mark.parametrize("listed", [False, True])
def test_a_kept_clone_without_the_tags_of_the_new_name_compares_with_nothing(
    project: Folder, *, listed: bool
) -> None:
    rename(project)
    runner = clone(project, "runner")
    train_into(project, "2.0", "prod", model="curve")
    runner.git("fetch", "-q", "--no-tags", "origin")
    runner.git("checkout", "-q", "--detach", "origin/main")
    listing = project.write("../listing", project.git("ls-remote", "--heads", "--tags", "origin") + "\n")
    env = {"CI": "true", **({"MLGIT_REMOTE_TAGS": str(listing)} if listed else {})}
    found = results(check(runner, status=Exit.BLOCKED, env=env))
    for gate in ("mae-vs-prod", "mae-vs-rel"):
        assert found[f"curve/{gate}"][:2] == ("error", "unknown_here")
    runner.git("fetch", "-q", "--tags")
    assert set(results(check(runner, status=Exit.DONE, env=env)).values()) == {("pass", None, "allow")}


def test_a_clone_that_is_cut_off_does_not_know_the_name_before(project: Folder) -> None:
    """Without the tags of the name before, and with them; a command that writes fetches what it lacks."""
    rename(project)
    train(project, "1.8")
    origin = (project.path.parent / "origin.git").as_uri()
    project.git("clone", "-q", "--no-tags", "--depth=1", origin, str(project.path.parent / "runner"))
    runner = Folder(project.path.parent / "runner")
    for fetch in (("--depth=1",), ("--depth=1", "refs/tags/*:refs/tags/*")):
        runner.git("fetch", "-q", "--no-tags", "origin", *fetch)
        found = results(check(runner, status=Exit.BLOCKED, env={"CI": "true"}))
        assert found["curve/mae-vs-prod"][0] == "error", fetch
    runner.git("tag", "-d", *runner.git("tag").split())
    done = runner.here("release", "curve")
    assert (done.status, "mae-vs-rel failed" in done.err) == (Exit.BLOCKED, True), done.err


@pytest.mark.parametrize("lacking", ["curve", "mid"])
def test_a_kept_clone_without_the_tags_of_the_newest_name_compares_with_no_older_one(
    project: Folder, lacking: str
) -> None:
    """Nor is a model new there, while one that trunk no longer declares may have been it."""
    rename(project)
    runner = clone(project, "runner")
    train_into(project, "2.0", "prod", model="curve")
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", text.replace("curve:", "mid:"))
    project.commit("A third name")
    if lacking == "mid":
        project.write("mlgit.yaml", text.replace("curve:", "other:").replace("line.json", "other.json"))
        project.git("mv", "-k", "models/line.json", "models/other.json")
        project.commit("Another model")
    project.git("push", "-q")
    runner.git("fetch", "-q", "--no-tags", "origin")
    if lacking == "mid":
        runner.git("tag", "-d", *runner.git("tag").split())
    runner.git("checkout", "-q", "--detach", "origin/main")
    found = results(check(runner, status=Exit.BLOCKED, env={"CI": "true"}))
    assert {each[:2] for each in found.values()} == {("error", "unknown_here")}


def test_of_two_former_names_the_last_one_counts_whatever_the_dates_of_tags_are(project: Folder) -> None:
    rename(project)
    train_into(project, "2.0", "prod", model="curve")
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", text.replace("curve:", "last:"))
    project.commit("A third name")
    project.git("push", "-q")
    change(project, "unassign", "line", "--env", "prod")
    change(project, "promote", "line", "--to", "prod")
    labels = {each["label"] for each in check(project, status=Exit.DONE)["baselines"]}
    assert labels == {"prod (curve@v1.0.0)", "curve@v1.0.0"}
