"""A model that changed while its metrics did not: a warning, however the model is stored."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = "model_changed_metrics_did_not"
CONFIG = """\
version: 1
models:
  net: {path: model.bin, metrics: [metrics.json]}
gates:
  auc: {metric: auc, min: 0.5}
"""

STAGE = """\
stages:
  train:
    cmd: cp train.txt model.bin && touch metrics.json
    deps: [train.txt]
    outs: [model.bin]
    metrics:
      - metrics.json: {persist: true}
"""


def found(project: Folder, *argv: str) -> list[Any]:
    verdict = check(project, *argv, status=Exit.DONE)
    return [each for each in verdict["notes"] if each["code"] == CODE]


def by_git(project: Folder, text: str) -> None:
    project.write("model.bin", text)


def by_lfs(project: Folder, text: str) -> None:
    project.write("model.bin", pointer(text))


def by_folder(project: Folder, text: str) -> None:
    project.write("mlgit.yaml", CONFIG.replace("model.bin", "model"))
    project.write("model/part/weights.bin", text)
    project.write("model/config.json", "{}")


def by_dvc(project: Folder, text: str) -> None:
    project.write("model.bin", text)
    project.dvc("add", "-q", "model.bin")


def by_dvc_folder(project: Folder, text: str) -> None:
    project.write("mlgit.yaml", CONFIG.replace("model.bin", "model"))
    project.write("model/weights.bin", text)
    project.dvc("add", "-q", "model")


def in_dvc_folder(project: Folder, text: str) -> None:
    project.write("mlgit.yaml", CONFIG.replace("model.bin", "model/weights.bin"))
    project.write("model/weights.bin", text)
    project.dvc("add", "-q", "model")


def by_stage(project: Folder, text: str) -> None:
    project.write("train.txt", text)
    stage = (
        "cmd: cp train.txt model.bin && touch metrics.json\n    deps: [train.txt]\n    outs: [model.bin]\n"
    )
    project.write(
        "dvc.yaml", f"stages:\n  train:\n    {stage}    metrics:\n      - metrics.json: {{persist: true}}\n"
    )
    project.dvc("repro", "-q")


def link(place: Path, target: str) -> None:
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def by_link(project: Folder, text: str) -> None:
    project.write("weights/net.bin", text)
    link(project / "model.bin", "weights/net.bin")


def by_folder_with_link(project: Folder, text: str) -> None:
    project.write("mlgit.yaml", CONFIG.replace("model.bin", "model"))
    project.write("model/config.json", "{}")
    project.write("weights/net.bin", text)
    link(project / "model/weights.bin", "../weights/net.bin")


STORED = [
    by_git,
    by_link,
    by_folder_with_link,
    by_lfs,
    by_folder,
    by_dvc,
    by_dvc_folder,
    in_dvc_folder,
    by_stage,
]


@pytest.fixture
def start(empty_repository: Folder) -> Callable[..., Folder]:
    """A repository whose trunk has a model that is stored in one way, and a branch."""

    def make(store: Callable[[Folder, str], None]) -> Folder:
        repository = empty_repository
        repository.dvc("init", "-q")
        repository.write("mlgit.yaml", CONFIG)
        repository.write("metrics.json", '{"auc": 0.9, "seconds": 12}')
        store(repository, "one")
        repository.commit("Start")
        repository.git("switch", "-qc", "topic")
        return repository

    return make


@pytest.mark.parametrize("store", STORED)
def test_another_model_with_the_same_metrics_is_a_warning(
    start: Callable[..., Folder], store: Callable[[Folder, str], None]
) -> None:
    project = start(store)
    project.write("README.md", "Words\n")
    project.commit("Words")
    assert found(project) == found(project, "--rev", "HEAD") == []
    store(project, "two")
    (note,) = found(project)
    assert note["effect"] == "warn"
    assert note["model"] == "net"
    assert "`net` (`model" in note["message"]
    assert ": `metrics.json`" in note["message"]
    assert "``" not in note["message"]
    project.commit("Another model")
    assert found(project) == [note]
    assert found(project, "--rev", "HEAD") == [note]
    assert CODE in project.here("report", "--format", "json").out


def retrained(project: Folder) -> None:
    by_git(project, "two")


def same_content(project: Folder) -> None:
    project.write("README.md", "Words\n")


def another_number(project: Folder) -> None:
    retrained(project)
    project.write("metrics.json", '{"auc": 0.91}')


def another_key(project: Folder) -> None:
    retrained(project)
    project.write("metrics.json", '{"auc": 0.9, "f1": 0.8}')


def another_text(project: Folder) -> None:
    retrained(project)
    project.write("metrics.json", '{"auc": 0.9, "date": "2026-02-01", "none": null}')


def another_file(project: Folder) -> None:
    retrained(project)
    project.write("mlgit.yaml", CONFIG.replace("[metrics.json]", "['*.json']"))
    project.write("more.json", '{"build": 2}')


def other_keys_only(project: Folder) -> None:
    retrained(project)
    project.write("mlgit.yaml", CONFIG.replace("metric: auc", "metric: f1"))
    project.write("metrics.json", '{"f1": 0.9}')


def another_time(project: Folder) -> None:
    retrained(project)
    project.write("metrics.json", '{"auc": 0.9, "seconds": 13}')


def another_time_with_a_gate(project: Folder) -> None:
    """A number that the change's own gate reads does not decide for that of trunk's gate."""
    another_time(project)
    project.write("metrics.json", '{"auc": 0.9, "seconds": 12.5}')
    project.write("mlgit.yaml", f"{CONFIG}  more: {{metric: seconds, min: 0}}\n")


def another_place(project: Folder) -> None:
    project.git("mv", "model.bin", "net.bin")
    project.write("mlgit.yaml", CONFIG.replace("model.bin", "net.bin"))


def another_name(project: Folder) -> None:
    project.write("mlgit.yaml", CONFIG.replace("net:", "deep:"))


def another_place_and_content(project: Folder) -> None:
    another_place(project)
    project.write("net.bin", "two")


def another_layout(project: Folder) -> None:
    retrained(project)
    project.write("metrics.json", '{ "auc": 0.90 }\n')


def kept_elsewhere(project: Folder) -> None:
    project.git("rm", "-q", "--cached", "model.bin")
    by_dvc(project, "one")


@pytest.mark.parametrize(
    ("edit", "warned"),
    [
        (retrained, True),
        (another_layout, True),
        (another_place_and_content, True),
        (same_content, False),
        (another_number, False),
        (another_key, True),
        (another_text, True),
        (another_file, True),
        (another_time, True),
        (another_time_with_a_gate, True),
        (other_keys_only, False),
        (another_place, False),
        (another_name, False),
        (kept_elsewhere, False),
    ],
)
def test_only_another_content_with_the_same_numbers_is_a_warning(
    start: Callable[..., Folder], edit: Callable[[Folder], None], *, warned: bool
) -> None:
    project = start(by_git)
    edit(project)
    assert bool(found(project)) == warned
    project.commit("Edit")
    assert bool(found(project, "--rev", "HEAD")) == warned


def test_nothing_is_claimed_without_a_known_base(start: Callable[..., Folder], tmp_path: Path) -> None:
    project = start(by_git)
    retrained(project)
    project.commit("Another model")
    project.git("branch", "-D", "main")
    project.git("config", "mlgit.trunk", "topic")
    assert found(project, "--base", "HEAD") == []
    shallow = Folder(tmp_path / "shallow")
    project.git("clone", "-q", "--depth=1", f"file://{project.path}", str(shallow.path))
    assert CODE not in shallow.here("check", "--json").out


def test_a_model_of_another_branch_that_is_still_on_disk_is_only_stale(start: Callable[..., Folder]) -> None:
    project = start(by_stage)
    project.write("README.md", "A change that has nothing to do with it")
    project.commit("Say more")
    (project / "model.bin").unlink()
    project.write("model.bin", "of another branch")
    verdict = project.here("check", "--json").json()["verdict"]
    assert CODE not in [each["code"] for each in verdict["notes"]]
    assert "changed output model.bin" in project.here("status").out


@pytest.mark.parametrize("store", [by_git, by_link, by_folder, by_folder_with_link])
def test_a_diff_names_the_model_that_changed_in_git(
    start: Callable[..., Folder], store: Callable[[Folder, str], None]
) -> None:
    project = start(store)
    assert project.here("diff", "main", "--json").json()["models"] == []
    store(project, "two")
    (change,) = project.here("diff", "main", "--json").json()["models"]
    project.commit("Another model")
    assert project.here("diff", "main", "HEAD", "--json").json()["models"] == [change]
    assert (change["model"], change["kind"]) == ("net", "modified")


def test_another_model_behind_a_link_is_not_the_same_release(start: Callable[..., Folder]) -> None:
    project = start(by_folder_with_link)
    project.git("switch", "-q", "main")
    assert project.here("release", "net", "--json").json()["version"] == "v1.0.0"
    by_folder_with_link(project, "two")
    project.write("metrics.json", '{"auc": 0.91}')
    project.commit("Another model")
    assert project.here("release", "net", "--json").json()["version"] == "v1.0.1"


def test_promotions_and_releases_do_not_look_at_the_base(start: Callable[..., Folder]) -> None:
    project = start(by_git)
    retrained(project)
    project.commit("Another model")
    assert found(project, "--purpose", "release", "--rev", "HEAD") == []


def test_a_model_that_git_filters_is_compared_as_git_stores_it(start: Callable[..., Folder]) -> None:
    project = start(by_git)
    project.git("config", "filter.upper.clean", "tr a-z A-Z")
    project.git("config", "filter.upper.smudge", "tr A-Z a-z")
    project.write(".gitattributes", "model.bin filter=upper\n")
    project.git("add", "--renormalize", ".")
    project.git("switch", "-qC", "main")
    project.commit("Filter")
    project.commit("Go on")
    project.git("switch", "-qc", "next")
    project.write("README.md", "Words\n")
    project.write("model.bin", "one")
    assert found(project) == []
    project.write("model.bin", "two")
    assert len(found(project)) == 1


def pointer(text: str) -> str:
    oid = sha256(text.encode()).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(text)}\n"


@pytest.mark.parametrize(
    ("base", "here", "warned"),
    [
        (pointer("one"), "one", False),
        (pointer("one"), "two", True),
        ("one", pointer("one"), False),
        ("one", pointer("two"), True),
        (pointer("one"), pointer("two"), True),
        (pointer("one"), pointer("one").replace("size 3", "size 3\next-0-x y"), False),
    ],
)
def test_a_model_in_git_lfs_is_compared_by_what_its_pointer_names(
    start: Callable[..., Folder], base: str, here: str, *, warned: bool
) -> None:
    project = start(lambda repository, _: by_git(repository, base))
    project.write("model.bin", here)
    assert bool(found(project)) == warned


@pytest.mark.parametrize(("scores", "warned"), [('{"auc": 0.9}', True), ('{"auc": 0.91}', False)])
def test_metrics_in_git_lfs_that_are_not_here_are_compared_by_their_pointers(
    start: Callable[..., Folder], scores: str, *, warned: bool
) -> None:
    def store(repository: Folder, text: str) -> None:
        repository.write("metrics.json", pointer('{"auc": 0.9}'))
        by_lfs(repository, text)

    project = start(store)
    by_lfs(project, "two")
    project.write("metrics.json", pointer(scores))
    notes = [each["code"] for each in check(project, status=Exit.BLOCKED)["notes"]]
    assert (CODE in notes) is warned
    project.commit("Another model")
    notes = [each["code"] for each in check(project, "--rev", "HEAD", status=Exit.BLOCKED)["notes"]]
    assert (CODE in notes) is warned


EVALUATED = """\
stages:
  train:
    cmd: cp train.txt model.bin
    deps: [train.txt]
    outs: [model.bin]
  evaluate:
    cmd: cp scores.txt metrics.json
    deps: [%s]
    metrics: [metrics.json: {cache: false}]
"""


@pytest.mark.parametrize(("deps", "effect"), [("model.bin, scores.txt", "note"), ("scores.txt", "warn")])
def test_what_a_run_measured_on_the_new_model_is_not_a_warning(
    start: Callable[..., Folder], deps: str, effect: str
) -> None:
    def measured(project: Folder, text: str) -> None:
        project.write("train.txt", text)
        project.write("scores.txt", '{"auc": 0.9}')
        project.write("dvc.yaml", EVALUATED % deps)
        project.dvc("repro", "-q")

    project = start(measured)
    measured(project, "two")
    (note,) = found(project)
    assert note["effect"] == effect
    text = "and its metrics are the same: `evaluate` ran on this model and wrote `metrics.json`"
    assert note["message"].endswith(text) is (effect == "note")
    project.commit("Another model")
    assert found(project, "--rev", "HEAD") == [note]
    # the model that is here is not the one that was measured
    project.write("train.txt", "three")
    project.dvc("repro", "-q", "train")
    (stale,) = found(project, "--allow-stale")
    assert stale["effect"] == "warn"
