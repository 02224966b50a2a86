"""`mlgit push` publishes a release made with `--local` only if others can fetch its model."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_push_tags import remote_tags, steps
from tests.support.recorded import reproduce
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  line: {path: models/line.json}
  table: {path: table.txt}
environments:
  staging: {}
"""


def go_on(project: Folder) -> None:
    """Commit another model and push its data, so that HEAD itself has nothing that is lost."""
    project.write("params.yaml", "train:\n  slope: 2.0\n")
    reproduce(project, push=True)
    project.commit("Better")


def without_remote(project: Folder) -> str:
    project.dvc("remote", "remove", "storage")
    project.commit("No DVC remote")
    change(project, "release", "line", "--local")
    return "there is no default DVC remote from which others could fetch `models/line.json`"


def lost(project: Folder) -> str:
    """The content is nowhere: another clone released it, or the cache was cleaned."""
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.dvc("repro", "-q")
    project.commit("Slope")
    change(project, "release", "line", "--local")
    shutil.rmtree(project / ".dvc" / "cache")
    go_on(project)
    return "`models/line.json` is neither in the DVC remote nor, to be pushed there, in the DVC cache here"


def not_pushed_by_dvc(project: Folder) -> str:
    """The stage says `push: false`, so no push of data takes the model along."""
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    project.dvc("repro", "-q", "--force", "--no-run-cache")
    shutil.rmtree(project.path.parent / "storage")
    project.commit("Keep it here")
    change(project, "release", "line", "--local")
    return "`models/line.json` is neither in the DVC remote nor, to be pushed there, in the DVC cache here"


@pytest.mark.parametrize("lose", [without_remote, lost, not_pushed_by_dvc])
def test_a_local_release_whose_model_no_one_can_fetch_stays_here(
    project: Folder, lose: Callable[[Folder], str]
) -> None:
    project.write("mlgit.yaml", CONFIG)
    project.write("table.txt", "1\n")
    project.commit("Another model, in Git")
    project.git("push", "-q")
    change(project, "release", "table", "--local")
    reason = lose(project)
    change(project, "promote", "line@v1.0.0", "--to", "staging", "--local")
    dry = project.here("push", "--dry-run")
    assert dry.status == Exit.DONE, dry.err
    assert reason in " ".join(dry.out.split())
    found = steps(project)
    assert found["table@v1.0.0"] == ("pushed", None)
    step, why = found["line@v1.0.0"]
    assert step == "skipped"
    assert why.startswith(reason)
    assert "`mlgit release line@v1.0.0 --data-elsewhere`" in why
    assert found["line#staging#1"] == ("skipped", "it is about `line@v1.0.0`, which is not pushed")
    assert remote_tags(project) == {"table@v1.0.0"}


def test_a_release_that_states_that_its_data_is_elsewhere_is_published(project: Folder) -> None:
    project.dvc("remote", "remove", "storage")
    shutil.rmtree(project / ".dvc" / "cache")
    project.commit("No DVC remote")
    change(project, "release", "line", "--local", "--data-elsewhere")
    assert steps(project) == {"line@v1.0.0": ("pushed", None)}


def test_the_way_out_that_is_named_works(project: Folder) -> None:
    without_remote(project)
    assert steps(project)["line@v1.0.0"][0] == "skipped"
    project.git("tag", "-d", "line@v1.0.0")
    done = project.here("release", "line@v1.0.0", "--data-elsewhere")
    assert done.status == Exit.DONE, done.err
    assert remote_tags(project) == {"line@v1.0.0"}


def test_a_model_that_this_push_sends_is_published_with_its_release(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 2.0\n")
    project.dvc("repro", "-q")
    project.commit("Better")
    change(project, "release", "line", "--local")
    assert steps(project) == {"line@v1.0.0": ("pushed", None)}


def repair_of(project: Folder) -> str | None:
    """The command by which doctor would give DVC a default remote."""
    found = {each["id"]: each for each in project.here("doctor", "--json").json()["findings"]}
    return found["no_dvc_remote"]["repair"] if "no_dvc_remote" in found else None


def test_a_dvc_remote_that_is_not_the_default_is_made_that_by_the_repair(project: Folder) -> None:
    """DVC refuses to add a remote that exists."""
    project.dvc("config", "--unset", "core.remote")
    project.commit("No default")
    repair = repair_of(project)
    assert repair == "dvc remote default storage"
    assert f"no default DVC remote is configured (`{repair}`)" in project.here("push").out
    assert f"No default DVC remote is configured (`{repair}`)" in project.here("status", "--remote").out
    refused = project.here("release", "line")
    assert f"hint: run `{repair}` and `dvc push`, or " in refused.err
    project.run(*repair.split())
    assert repair_of(project) is None
    project.dvc("remote", "add", "other", "../other")
    project.dvc("config", "--unset", "core.remote")
    assert repair_of(project) == "dvc remote default NAME"


@pytest.mark.parametrize("more", [(), ("promote", "line", "--to", "staging", "--local")])
def test_a_push_that_would_keep_every_tag_here_is_not_the_next_step(
    project: Folder, more: tuple[str, ...]
) -> None:
    without_remote(project)
    if more:
        done = project.here(*more)
        # A clone that was made more than a minute ago also says how old its tags are.
        assert ", only here\n" in done.out
        assert done.out.endswith("next: mlgit doctor\n"), done.out
    assert "`line@v1.0.0`; run `mlgit push`\n" in project.here("models").out
    assert project.here("status", "--json").json()["next"]["command"] == "mlgit push"  # the commit
    assert project.here("push").out.startswith("Pushed to `origin`\n")
    for argv in (("push",), ("push", "--dry-run")):
        assert project.here(*argv).out.splitlines()[0] in {
            "Pushed nothing to `origin`",
            "Would push nothing to `origin`",
        }
    step = project.here("status", "--json").json()["next"]
    assert step["command"] == "mlgit doctor"
    assert step["reason"] == "`line@v1.0.0` stays here: there is no DVC remote"
    for option in ((), ("--online",)):
        found = project.here("doctor", "--json", *option).json()["findings"]
        (tags,) = (each for each in found if each["id"] == "tags_not_pushed")
        assert tags["message"].endswith("; without a DVC remote, `mlgit push` keeps them here")
        assert tags["repair"] == "dvc remote add -d NAME URL && mlgit push"
    project.dvc("remote", "add", "-q", "-d", "storage", "../storage")
    assert project.here("status", "--json").json()["next"]["command"] != "mlgit doctor"
    assert project.here("push").status == Exit.DONE
    assert "line@v1.0.0" in remote_tags(project)


def test_a_push_of_another_tag_is_the_next_step(project: Folder) -> None:
    project.write("mlgit.yaml", CONFIG)
    project.write("table.txt", "1\n")
    project.commit("Another model, in Git")
    without_remote(project)
    project.git("push", "-q")
    change(project, "release", "table", "--local")
    assert project.here("status", "--json").json()["next"]["command"] == "mlgit push"
