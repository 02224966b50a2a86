"""Models in Git with what no release could hand out: links that lead to no file there, and submodules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

REWRITTEN = "is kept in another form than Git writes it to disk (`{}` in .gitattributes)"
CONFIG = """\
version: 1
models:
  net: {path: model, metrics: [metrics.json]}
gates:
  auc: {metric: auc, min: 0.5}
"""


def link_out(project: Folder) -> None:
    (project / "model/part").symlink_to("/etc/hostname")


def broken_link(project: Folder) -> None:
    (project / "model/part").symlink_to("gone.bin")


def link_to_a_folder(project: Folder) -> None:
    project.write("other/file", "x")
    (project / "model/part").symlink_to("../other")


def link_to_an_output(project: Folder) -> None:
    project.dvc("init", "-q")
    project.write("big.bin", "x")
    project.dvc("add", "-q", "big.bin")
    (project / "model/part").symlink_to("../big.bin")


def another_encoding(project: Folder) -> None:
    project.write(".gitattributes", "/model/part working-tree-encoding=UTF-16\n")
    (project / "model/part").write_bytes("slope: 2\n".encode("utf-16"))


def expanded(project: Folder) -> None:
    project.write("model/part", "$Id$\n")
    project.write("model/.gitattributes", "part ident\n")


def submodule(project: Folder) -> None:
    project.git("init", "-q", "model/part")
    project.write("model/part/w", "x")
    project.git("-C", "model/part", "add", "w")
    project.git("-C", "model/part", "commit", "-qm", "Weights")


@pytest.mark.parametrize(
    ("bring", "says"),
    [
        (link_out, "is a link that leads to no file in Git"),
        (broken_link, "is a link that leads to no file in Git"),
        (link_to_a_folder, "is a link that leads to no file in Git"),
        (link_to_an_output, "is a link that leads to no file in Git"),
        (another_encoding, REWRITTEN.format("working-tree-encoding")),
        (expanded, REWRITTEN.format("ident")),
        (submodule, "is a submodule, which `release`, `get` and `deploy` leave out"),
    ],
)
def test_what_no_release_could_hand_out_is_refused_before_the_merge_and_at_the_release(
    empty_repository: Folder, bring: Callable[[Folder], None], says: str
) -> None:
    project = empty_repository
    project.write("mlgit.yaml", CONFIG)
    project.write("metrics.json", '{"auc": 0.9}')
    project.write("model/weights.bin", "one")
    (project / "model/same").symlink_to("weights.bin")
    project.commit("Start")
    check(project, status=Exit.DONE)
    check(project, "--rev", "HEAD", status=Exit.DONE)
    project.git("switch", "-qc", "topic")
    bring(project)
    for rev, place in (([], "in the working tree"), (["--rev", "HEAD"], "at ")):
        if rev:
            project.commit("Bring it")
        verdict = check(project, *rev, status=Exit.BLOCKED)
        (note,) = [each for each in verdict["notes"] if each["code"] == "model_not_found"]
        assert f"`model/part` {place}" in note["message"]
        assert note["message"].endswith(says)
    project.git("switch", "-qC", "main")
    refused = project.here("release", "net")
    assert refused.status == Exit.STATE
    assert "`model/part` at " in refused.err
    assert says in refused.err
    assert project.here("release", "net", "--data-elsewhere").status == Exit.DONE


@pytest.mark.parametrize("path", ["model", "model/weights.bin"])
def test_a_pointer_of_git_lfs_is_not_handed_out_as_the_model(empty_repository: Folder, path: str) -> None:
    project = empty_repository
    project.write("mlgit.yaml", CONFIG.replace("path: model", f"path: {path}"))
    project.write("metrics.json", '{"auc": 0.9}')
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 3\n"
    project.write("model/weights.bin", pointer)
    project.commit("Start")
    refused = project.here("release", "net")
    assert refused.status == Exit.STATE
    assert "`model/weights.bin` is a pointer of Git LFS" in refused.err
    assert "run `git lfs pull`, then `dvc init && git rm -r --cached model" in refused.err
    assert project.here("release", "net", "--data-elsewhere").status == Exit.DONE
    fetched = project.here("get", "net@v1.0.0", "-o", "fetched")
    assert fetched.status == Exit.STATE
    assert "is a pointer of Git LFS, not the model" in fetched.err
    assert not (project / "fetched").exists() or not list((project / "fetched").rglob("*.bin"))


@pytest.mark.parametrize("path", ["model", "model/weights.bin"])
@pytest.mark.parametrize("initialized", [True, False])
def test_the_hint_moves_a_model_from_git_lfs_to_dvc(
    empty_repository: Folder,
    path: str,
    initialized: bool,  # noqa: FBT001 (a table)
) -> None:
    project = empty_repository
    if initialized:
        project.dvc("init", "-q")
    project.write("mlgit.yaml", CONFIG.replace("path: model", f"path: {path}"))
    project.write("metrics.json", '{"auc": 0.9}')
    project.write("model/weights.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\n")
    project.commit("Start")
    hint = " ".join(project.here("release", "net").err.split()).partition("then `")[2].partition("`")[0]
    assert ("dvc init" in hint) is not initialized
    project.write("model/weights.bin", "weights")  # what `git lfs pull` would do
    project.ok("sh", "-c", hint)
    project.commit("Keep the model with DVC")
    released = project.here("release", "net")
    assert released.status == Exit.DONE, released.err
    assert project.here("get", "net@v1.0.0", "-o", "fetched").status == Exit.DONE
    assert (project / "fetched" / path.removeprefix("model/")).exists()


def test_a_rejected_model_is_released_again_only_by_force(empty_repository: Folder) -> None:
    project = empty_repository
    project.write("mlgit.yaml", CONFIG)
    project.write("metrics.json", '{"auc": 0.9}')
    project.write("model/weights.bin", "one")
    project.commit("Start")
    assert project.here("release", "net").status == Exit.DONE
    assert project.here("deregister", "net@v1.0.0", "-m", "broken").status == Exit.DONE
    project.write("README.md", "Words")
    project.commit("Words")
    refused = project.here("release", "net")
    assert refused.status == Exit.STATE
    assert "This model was rejected before: `net@v1.0.0` was deregistered by " in refused.err
    assert "broken" in refused.err
    forced = project.here("release", "net", "--force")
    assert forced.status == Exit.DONE
    assert "was deregistered by " in forced.out + forced.err
    project.write("model/weights.bin", "two")
    project.write("metrics.json", '{"auc": 0.91}')
    project.commit("Another model")
    assert project.here("release", "net").status == Exit.DONE


def test_the_file_that_has_the_metric_is_named(empty_repository: Folder) -> None:
    """It is a metric file only if the model names it, because no pipeline declares it."""
    folder = empty_repository
    folder.write("model", "weights")
    folder.write("metrics.json", '{"auc": 0.9}')
    folder.write("mlgit.yaml", CONFIG.replace(", metrics: [metrics.json]", ""))
    folder.commit("No metrics")
    done = folder.here("check")
    assert done.status == Exit.BLOCKED
    text = " ".join(done.out.split())
    assert "hint: `metrics.json` has it: add `metrics: [metrics.json]` to `net` in `mlgit.yaml`" in text
    folder.write("mlgit.yaml", CONFIG)
    assert folder.here("check").status == Exit.DONE
