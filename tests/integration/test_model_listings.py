"""A model in a folder of DVC whose listing is not on this machine: not known here is not unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CODE = "model_changed_metrics_did_not"
CONFIG = """\
version: 1
models:
  net: {path: model/weights.bin, metrics: [metrics.json]}
gates:
  auc: {metric: auc, min: 0.5}
"""


@pytest.fixture
def author(empty_repository: Folder, tmp_path: Path) -> Folder:
    """A clone whose trunk has a model in a folder of DVC, on a branch; the DVC remote has all of it."""
    project = empty_repository
    project.dvc("init", "-q")
    project.dvc("remote", "add", "-q", "-d", "store", str(tmp_path / "store"))
    project.write("mlgit.yaml", CONFIG)
    project.write("metrics.json", '{"auc": 0.9}')
    store(project, "one")
    project.git("switch", "-qc", "topic")
    return project


def store(project: Folder, text: str, *, other: str = "{}") -> None:
    project.write("model/weights.bin", text)
    project.write("model/other.json", other)
    project.dvc("add", "-q", "model")
    project.dvc("push", "-q")
    project.commit("Another model")


def fresh_clone(project: Folder, place: Path) -> Folder:
    project.git("switch", "-q", "main")
    project.git("clone", "-q", "-b", "topic", f"file://{project.path}", str(place))
    return Folder(place)


def found(project: Folder) -> list[tuple[str, str]]:
    notes = check(project, status=Exit.DONE)["notes"]
    return [(each["effect"], each["message"]) for each in notes if each["code"] == CODE]


def test_a_check_says_that_it_does_not_know_whether_the_model_changed(author: Folder, tmp_path: Path) -> None:
    store(author, "two")
    clone = fresh_clone(author, tmp_path / "clone")
    ((effect, message),) = found(clone)
    assert effect == "warn"
    assert message.startswith("Whether model `net` (`model/weights.bin`) differs from that of ")
    assert (
        "is not known here: its folder `model` does, and its metrics are the same: `metrics.json`" in message
    )
    clone.dvc("pull", "-q")  # the listing of the base is still not here
    assert found(clone) == [(effect, message)]


def test_a_folder_that_is_the_same_has_the_same_model(author: Folder, tmp_path: Path) -> None:
    author.write("README.md", "Words\n")
    author.commit("Words")
    assert found(fresh_clone(author, tmp_path / "clone")) == []


@pytest.mark.parametrize(("text", "warned"), [("two", True), ("one", False)])
def test_a_pull_request_fetches_the_listings_and_knows(
    author: Folder, tmp_path: Path, text: str, *, warned: bool
) -> None:
    store(author, text, other='{"a": 1}')
    clone = fresh_clone(author, tmp_path / "clone")
    done = clone.here("ci", "pr", "--json")
    notes = [each for each in done.json()["check"]["verdict"]["notes"] if each["code"] == CODE]
    assert [each["message"].partition(" (")[0] for each in notes] == ["Model `net`"] * warned
    assert done.json()["check"]["changes"]["model"] == ("`net` changed" if warned else "unchanged")
    assert found(clone) == [("warn", each["message"]) for each in notes]


def test_a_diff_does_not_call_a_model_unchanged_that_is_not_known_here(
    author: Folder, tmp_path: Path
) -> None:
    assert author.here("diff", "main", "--json").json()["models"] == []
    store(author, "one", other="more")
    assert author.here("diff", "main", "--json").json()["models"] == []
    store(author, "two")
    for side in ([], ["HEAD"]):
        (change,) = author.here("diff", "main", *side, "--json").json()["models"]
        assert (change["model"], change["kind"]) == ("net", "modified")
    clone = fresh_clone(author, tmp_path / "clone")
    assert clone.here("diff", "origin/main", "HEAD", "--json").json()["models"] is None
    shown = clone.here("diff", "origin/main", "HEAD", "--models").out
    assert "it is not known here whether the model changed" in shown
    assert "No difference" not in shown


def test_a_model_folder_changed_if_an_output_in_it_did(author: Folder) -> None:
    author.git("switch", "-q", "main")
    author.write("mlgit.yaml", CONFIG.replace("model/weights.bin", "nets"))
    for text in ("one", "two"):
        author.write("nets/a.bin", text)
        author.dvc("add", "-q", "nets/a.bin")
        author.commit("A folder of outputs")
    (change,) = author.here("diff", "HEAD~1", "HEAD", "--models", "--json").json()["models"]
    assert (change["path"], change["kind"]) == ("nets", "modified")
