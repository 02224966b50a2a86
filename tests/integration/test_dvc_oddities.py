"""Unusual DVC repositories are answered as by DVC."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from mlgit.errors import Exit
from tests.support.dvc_answers import dvc_data, dvc_reasons, mlgit_data, mlgit_reasons
from tests.support.dvc_small import PIPELINE, change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable


def _linked(folder: Folder) -> None:
    (folder / "dvc.yaml").rename(folder / "real.yaml")
    (folder / "dvc.yaml").symlink_to("real.yaml")


def _linked_below(folder: Folder) -> None:
    folder.write("sub/in", "1")
    (folder / "sub/dvc.yaml").symlink_to("../dvc.yaml")


def _made_folder(folder: Folder) -> None:
    """A dvc.yaml in an output is not a pipeline."""
    folder.write("made/dvc.yaml", PIPELINE)
    folder.write("made/x.dvc", "outs:\n- path: x\n")
    folder.write("dvc.yaml", PIPELINE.replace("[out]", "[out, made: {cache: false}]"))


def _other_cache(folder: Folder) -> None:
    shutil.move(folder / ".dvc/cache", folder / "../elsewhere")
    folder.dvc("config", "cache.dir", str(folder / "../elsewhere"))
    folder.dvc("config", "core.site_cache_dir", str(folder / "../site"))
    folder.write("raw", "y")


def _repository_as_dep(make: Callable[[Path], object]) -> Callable[[Folder], object]:
    """DVC ignores a folder that is a repository of its own, like a submodule."""

    def edit(folder: Folder) -> None:
        folder.write("module/a", "1")
        make(folder / "module/.dvc")
        folder.write("dvc.yaml", PIPELINE.replace("[in]", "[in, module]"))
        folder.dvc("repro", "-q")
        folder.write("module/b", "2")

    return edit


def _forgotten(folder: Folder) -> None:
    """The previous stage was removed from the lock, and its output is deleted."""
    folder.write("dvc.yaml", f"{PIPELINE}  t:\n    cmd: cp out t\n    deps: [out]\n    outs: [t]\n")
    folder.dvc("repro", "-q")
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    del lock["stages"]["s"]
    folder.write("dvc.lock", json.dumps(lock))
    (folder / "out").unlink()


def _hidden(folder: Folder) -> None:
    folder.write(".dvcignore", "/sub\n*.skip.dvc\n")
    folder.write("sub/deep/dvc.yaml", "no pipeline at all: [")
    folder.write("y.skip.dvc", "nor this: [")
    folder.write("in", "2")


def _hidden_from_git(folder: Folder) -> None:
    """DVC reads a .dvcignore that Git ignores."""
    _hidden(folder)
    folder.write("sub/.dvcignore", "deep\n")
    folder.write(".dvcignore", "*.skip.dvc\n")
    folder.write(".gitignore", ".dvcignore\n/out\n/raw\n")


def _repository_in_data(make: Callable[[Path], object], *, before: bool) -> Callable[[Folder], object]:
    """Written before the data is recorded, it hides its own folder, and changes nothing later."""

    def edit(folder: Folder) -> None:
        for path in ("many/a", "many/sub/b", "many/sub/deep/c"):
            folder.write(path, path)
        if before:
            make(folder / "many/sub/.dvc")
        folder.dvc("add", "-q", "many")
        mlgit_reasons(folder)
        if before:
            folder.write("many/sub/b", "other")
        else:
            make(folder / "many/sub/.dvc")

    return edit


SAME: dict[str, tuple[Callable[[Folder], object], dict[str, set[str]]]] = {
    "a linked dvc.yaml": (_linked, {}),
    "a dvc.yaml linked from below": (_linked_below, {"sub/dvc.yaml:s": {"never run"}}),
    "a pipeline in an output": (_made_folder, {"s": {"changed output made"}}),
    "another cache and site cache": (_other_cache, {"raw.dvc": {"changed output raw"}}),
    "an output that nothing is known of": (
        _forgotten,
        {"s": {"never run"}, "t": {"deleted dep out"}},
    ),
    "hidden pipelines": (_hidden, {"s": {"changed dep in"}}),
    "hidden pipelines, and Git does not know": (_hidden_from_git, {"s": {"changed dep in"}}),
    "an empty repository in data": (
        _repository_in_data(os.mkdir, before=False),
        {"many.dvc": {"changed output many"}},
    ),
    "data that had a repository in it": (_repository_in_data(os.mkdir, before=True), {}),
    "a file that makes a repository in data": (_repository_in_data(Path.touch, before=True), {}),
    "a dep that is a repository": (_repository_as_dep(os.mkdir), {}),
    "a dep with a file that makes it one": (_repository_as_dep(lambda place: place.write_text("")), {}),
    "an old Dvcfile": (lambda folder: folder.write("Dvcfile", "cmd: x\nouts:\n- path: y\n"), {}),
    "a .dvc file that Git ignores": (lambda folder: folder.write(".gitignore", "raw.dvc\n/out\n/raw\n"), {}),
    "an absolute dep": (
        change("dvc.yaml", lambda text: text.replace("[in]", f"[in, {os.path.abspath(os.__file__)}]")),
        {"s": {f"changed dep {os.path.abspath(os.__file__)}"}},
    ),
    "two stages with one output": (
        change("dvc.yaml", lambda text: f"{text}  t:\n    cmd: x\n    outs: [out]\n"),
        {"t": {"never run"}},
    ),
    "a circle": (
        change("dvc.yaml", lambda text: f"{text}  t:\n    cmd: x\n    deps: [out]\n    outs: [in]\n"),
        {"t": {"never run"}},
    ),
    "a .dvc file without a hash": (
        lambda folder: folder.write("raw.dvc", "outs:\n- path: raw\n"),
        {"raw.dvc": {"changed output raw"}},
    ),
    "an empty .dvc file": (lambda folder: folder.write("raw.dvc", ""), {}),
    "a .dvc file elsewhere": (
        lambda folder: folder.write(
            "sub/raw.dvc", (folder / "raw.dvc").rename(folder / "gone").read_text() + "wdir: ..\n"
        ),
        {},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_unusual_repositories_are_answered_as_dvc_does(small: Folder, case: str) -> None:
    edit, expected = SAME[case]
    edit(small)
    ours, theirs = mlgit_reasons(small), dvc_reasons(small)
    assert ours == expected
    for address, reasons in list(ours.items()):
        if reasons == {"never run"}:
            assert theirs.pop(address)
            del ours[address]
    assert ours == theirs


@pytest.mark.parametrize(
    "config",
    [
        "[cache] # shared\n    dir = ../elsewhere  # by all\n",
        "[ cache ]\n    dir = '../elsewhere' # by all\n",
    ],
)
def test_comments_in_the_configuration_are_not_part_of_values(small: Folder, config: str) -> None:
    shutil.move(small / ".dvc/cache", small / "elsewhere")
    assert set(mlgit_data(small).values()) == {"not in the cache"}
    small.write(".dvc/config", config)
    assert mlgit_data(small) == dvc_data(small) == {}


def test_plots_as_a_mapping_are_read_although_dvc_no_longer_reads_them(small: Folder) -> None:
    small.write("dvc.yaml", f"{PIPELINE}plots:\n  out:\n    x: a\n")
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    assert mlgit_reasons(small) == {}


@pytest.mark.parametrize(
    ("spelled", "reason"), [("[./in]", "changed dep in"), ("[sub/../in]", "changed dep in")]
)
def test_two_spellings_of_a_path_are_the_same_path(small: Folder, spelled: str, reason: str) -> None:
    small.write("dvc.yaml", PIPELINE.replace("[in]", spelled))
    assert dvc_reasons(small) == {"s": {reason}}
    assert mlgit_reasons(small) == {}


def test_an_ignore_file_above_counts_from_every_folder(tmp_path: Path) -> None:
    root = Folder(tmp_path / "root")
    root.write("below/raw", "1")
    root.git("init", "-q", "-b", "main")
    below = Folder(root / "below")
    below.dvc("init", "-q", "--subdir")
    below.dvc("add", "-q", "raw")
    root.write(".dvcignore", "raw.dvc\n")
    root.write("below/raw", "2")
    expected = {"below/raw": "modified"}
    assert mlgit_data(root) == mlgit_data(below) == expected


def test_a_lock_that_was_not_requested_is_not_treated_as_ignored(small: Folder) -> None:
    small.write("dvc.yaml", f"{PIPELINE}artifacts:\n  m: {{path: out, type: model}}\n")
    done = small.here("models", "--json")
    assert done.status == Exit.DONE, done.err
    (small / ".dvcignore").write_text("dvc.lock\n")
    assert mlgit_reasons(small)["s"] == {"never run"}


def test_a_frozen_stage_and_those_after_it_do_not_depend_on_stages_before_it(small: Folder) -> None:
    more = "  t:\n    cmd: cp out t\n    deps: [out]\n    outs: [t]\n    frozen: {frozen}\n"
    last = "  u:\n    cmd: cp t u\n    deps: [t]\n    outs: [u]\n"
    small.write("dvc.yaml", PIPELINE + more.format(frozen="false") + last)
    small.dvc("repro", "-q")
    small.write("in", "2")

    def upstream() -> dict[str, list[str]]:
        return {each["address"]: each["upstream"] for each in small.here("status", "--json").json()["stages"]}

    assert upstream() == {"s": [], "t": ["s"], "u": ["s"]}
    small.write("dvc.yaml", PIPELINE + more.format(frozen="true") + last)
    assert upstream() == {"s": [], "t": [], "u": []}  # not proven, but they wait for nothing
    small.dvc("repro", "-q", "u")
    assert (small / "u").read_text() == "1"


def test_a_hidden_pipeline_is_also_hidden_at_a_commit(small: Folder) -> None:
    _hidden(small)
    small.commit("Hidden")
    done = small.here("diff", "HEAD", "HEAD~1", "--json")
    assert done.status == Exit.DONE, done.err


@pytest.mark.parametrize("nested", [False, True], ids=["beside each other", "below another"])
def test_every_dvc_repository_below_the_git_root_is_read(tmp_path: Path, *, nested: bool) -> None:
    root = Folder(tmp_path / "several")
    root.path.mkdir()
    root.git("init", "-q", "-b", "main")
    if nested:
        root.dvc("init", "-q")
    for name in ("one", "two/deep"):
        below = Folder(root / name)
        below.write("in", "1")
        below.write("params.yaml", "name: in\n")
        below.write("dvc.yaml", PIPELINE)
        below.write(
            "t/dvc.yaml", "stages:\n  t:\n    cmd: cp ../${n} t.out\n    vars: [{n: in}]\n    outs: [t.out]\n"
        )
        below.dvc("init", "-q", "--subdir")
        below.dvc("repro", "-q", "--all-pipelines")
    assert mlgit_reasons(root) == {}
    root.write("one/in", "2")
    root.write("two/deep/t/t.out", "2")
    assert mlgit_reasons(root) == {
        "one/dvc.yaml:s": {"changed dep one/in"},
        "two/deep/t/dvc.yaml:t": {"changed output two/deep/t/t.out"},
    }
    assert dvc_reasons(Folder(root / "one")) == {"s": {"changed dep in"}}
    assert dvc_reasons(Folder(root / "two/deep")) == {"t/dvc.yaml:t": {"changed output t/t.out"}}
    if nested:
        assert dvc_reasons(root) == {}  # DVC reads one repository at a time


def test_a_dataset_is_compared_by_dvc(small: Folder, tmp_path: Path) -> None:
    theirs = Folder(tmp_path / "theirs")
    shutil.copytree(small.path, theirs.path, symlinks=True)
    small.dvc("ds", "add", "-q", "d", "--dvc", str(theirs.path), "--path", "raw")
    small.write("dvc.yaml", (small / "dvc.yaml").read_text().replace("deps: [in]", "deps: [in, 'ds://d']"))
    small.dvc("repro", "-q")
    assert mlgit_reasons(small) == dvc_reasons(small) == {}
    lock = yaml.safe_load((small / "dvc.lock").read_text())
    lock["datasets"][0]["rev_lock"] = "0" * 40
    small.write("dvc.lock", json.dumps(lock))
    assert mlgit_reasons(small) == dvc_reasons(small) == {"s": {"changed dep ds://d"}}
    assert "asked DVC: s depends on the dataset `ds://d`" in small.here("-v", "status").out


def test_a_frozen_stage_without_outputs_never_has_to_run(small: Folder) -> None:
    small.write("dvc.yaml", f"{PIPELINE}  note:\n    cmd: 'true'\n    deps: [in]\n    frozen: true\n")
    assert "note" not in small.dvc("status", "--json")
    assert "note" not in mlgit_reasons(small)


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.MantissaNoDotYAML1_1Warning")
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_parameters_have_the_values_of_the_version_of_yaml_that_their_file_names(
    project: Folder, version: str
) -> None:
    words = "a: yes\nb: 010\nc: 1_000\nd: 0o10\ne: 1:30\nf: 1:30.1\noff: 1e3\n"
    project.write("params.yaml", f"%YAML {version}\n---\ntrain: {{slope: 1.99}}\n{words}")
    text = (project / "dvc.yaml").read_text()
    keys = "[train.slope, a, b, c, d, e, f]"
    project.write("dvc.yaml", text.replace("params: [train.slope]", f"params: {keys}"))
    project.dvc("repro", "-q")
    assert mlgit_reasons(project) == dvc_reasons(project) == {}
    project.commit("Name the version of YAML")
    assert project.here("check", "--rev", "HEAD").status == Exit.DONE
