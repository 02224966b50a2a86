"""What is broken, old or far away in a DVC repository: a remedy, or a better answer than DVC's."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from filelock import FileLock

from tests.support.dvc_answers import dvc_data, dvc_json, dvc_reasons, mlgit_data, mlgit_reasons
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIPELINE = "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n"


@pytest.fixture(scope="session")
def small_template(shared_folder: Path) -> Path:
    """One stage and one tracked file, run and committed."""
    place = shared_folder / "dvc-oddities"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            work = Folder(place)
            work.write("in", "1")
            work.write("raw", "x")
            work.write("dvc.yaml", PIPELINE)
            work.git("init", "-q", "-b", "main")
            work.dvc("init", "-q")
            work.dvc("add", "-q", "raw")
            work.dvc("repro", "-q")
            work.commit("Small")
            work.write(".git/info/exclude", "built\n")
            work.write("built", "")
    return place


@pytest.fixture
def small(small_template: Path, tmp_path: Path) -> Folder:
    shutil.copytree(small_template, tmp_path / "small", symlinks=True)
    return Folder(tmp_path / "small")


def change(path: str, edit: Callable[[str], str]) -> Callable[[Folder], object]:
    return lambda folder: folder.write(path, edit((folder / path).read_text(encoding="utf-8")))


def conflicted(text: str) -> str:
    """A text with the markers of a merge around its middle line."""
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    both = ["<<<<<<< HEAD\n", lines[middle], "=======\n", "  x: 1\n", ">>>>>>> theirs\n"]
    return "".join([*lines[:middle], *both, *lines[middle + 1 :]])


def with_base(text: str) -> str:
    return conflicted(text).replace("=======\n", "||||||| base\n  y: 1\n=======\n")


def ignored_lock(folder: Folder) -> None:
    folder.write(".gitignore", "dvc.lock\n/out\n/raw\n")
    folder.git("rm", "-q", "--cached", "dvc.lock")


def _output_in_a_hidden_folder(folder: Folder) -> None:
    folder.write("dvc.yaml", PIPELINE.replace("[out]", "[sub/deep/out]"))
    folder.write("sub/.dvcignore", "deep/\n")
    (folder / "sub/deep").mkdir()


RESTORE = "git checkout -- dvc.lock"
BROKEN: dict[str, tuple[Callable[[Folder], object], str, str, str]] = {
    "a conflict in dvc.lock": (
        change("dvc.lock", conflicted),
        "`dvc.lock` has an unresolved merge conflict",
        "dvc.lock:8:1",
        "git checkout --theirs dvc.lock` (or `--ours`), then run `mlgit run`",
    ),
    "a conflict with its base": (
        change("dvc.lock", with_base),
        "`dvc.lock` has an unresolved merge conflict",
        "dvc.lock:8:1",
        "mlgit run",
    ),
    "a conflict in dvc.yaml": (
        change("dvc.yaml", conflicted),
        "`dvc.yaml` has an unresolved merge conflict",
        "dvc.yaml:3:1",
        "git checkout --theirs",
    ),
    "a conflict in a .dvc file": (
        change("raw.dvc", conflicted),
        "`raw.dvc` has an unresolved merge conflict",
        "raw.dvc:3:1",
        "*.dvc merge=dvc",
    ),
    "a lock cut off after a key": (
        change("dvc.lock", lambda text: text[: text.index("deps:") + 6]),
        "`stages.s.deps` in `dvc.lock` is not a list",
        "dvc.lock:5:5",
        RESTORE,
    ),
    "a lock cut off inside a word": (
        change("dvc.lock", lambda text: text[: text.index("deps:") + 2]),
        "`dvc.lock` is not valid YAML",
        "dvc.lock:",
        RESTORE,
    ),
    "an empty lock": (
        change("dvc.lock", lambda _: ""),
        "`dvc.lock` is not complete: it is empty",
        "dvc.lock",
        RESTORE,
    ),
    "a lock of tomorrow": (
        change("dvc.lock", lambda text: text.replace("2.0", "3.0")),
        "`schema` in `dvc.lock` is not `'2.0'`",
        "dvc.lock:1:1",
        RESTORE,
    ),
    "a lock that Git ignores": (
        ignored_lock,
        "`dvc.lock` is ignored by Git",
        "dvc.lock",
        "git check-ignore -v dvc.lock",
    ),
    "an output that is hidden": (
        lambda folder: folder.write(".dvcignore", "# nothing\n*.tmp\n/raw\n"),
        "Output `raw` of `raw.dvc` is hidden by a `.dvcignore`",
        ".dvcignore:3:1",
        "take the pattern out",
    ),
    "an output whose folder is hidden": (
        _output_in_a_hidden_folder,
        "Output `sub/deep/out` of `s` is hidden by a `.dvcignore`",
        "sub/.dvcignore:1:1",
        "begins with `!`",
    ),
    "an unknown key": (
        change("dvc.yaml", lambda text: text + "stagez: 1\n"),
        "`stagez` in `dvc.yaml` is no key that DVC knows",
        "dvc.yaml:6:1",
        "did you mean `stages`?",
    ),
    "an unknown key of a stage": (
        change("dvc.yaml", lambda text: text + "    outz: [x]\n"),
        "`stages.s.outz` in `dvc.yaml` is no key that DVC knows",
        "dvc.yaml:6:5",
        "did you mean `outs`?",
    ),
    "a switch that is text": (
        change("dvc.yaml", lambda text: text + "    frozen: yes\n"),
        "`stages.s.frozen` in `dvc.yaml`: expected bool",
        "dvc.yaml:6:5",
        "",
    ),
    "a list left empty": (
        change("dvc.yaml", lambda text: text.replace("[in]", "")),
        "`stages.s.deps` in `dvc.yaml` is not a list",
        "dvc.yaml:4:5",
        "",
    ),
    "no stages under stages": (
        change("dvc.yaml", lambda _: "stages:\n"),
        "`stages` in `dvc.yaml` is not a mapping",
        "dvc.yaml:1:1",
        "",
    ),
    "a key twice": (
        change("dvc.yaml", lambda text: text + PIPELINE[8:]),
        "The key `s` stands twice",
        "dvc.yaml:6:3",
        "",
    ),
    "an unknown variable": (
        change("dvc.yaml", lambda text: text.replace("cp in", "cp ${in}")),
        "could not find `in`",
        "dvc.yaml:3:5",
        "define `in` in `params.yaml`",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_dvc_cannot_read_is_an_error_with_place_and_remedy(small: Folder, case: str) -> None:
    breaking, message, place, hint = BROKEN[case]
    breaking(small)
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    failures = small.here("status", "--json").json()["failures"]
    assert [each["part"] for each in failures] == ["pipeline"]
    assert message in failures[0]["message"]
    assert failures[0]["location"].startswith(place)
    assert hint in (failures[0]["hint"] or "")


def _linked(folder: Folder) -> None:
    (folder / "dvc.yaml").rename(folder / "real.yaml")
    (folder / "dvc.yaml").symlink_to("real.yaml")


def _linked_below(folder: Folder) -> None:
    folder.write("sub/in", "1")
    (folder / "sub/dvc.yaml").symlink_to("../dvc.yaml")


def _made_folder(folder: Folder) -> None:
    """A dvc.yaml in an output is no pipeline."""
    folder.write("made/dvc.yaml", PIPELINE)
    folder.write("made/x.dvc", "outs:\n- path: x\n")
    folder.write("dvc.yaml", PIPELINE.replace("[out]", "[out, made: {cache: false}]"))


def _other_cache(folder: Folder) -> None:
    shutil.move(folder / ".dvc/cache", folder / "../elsewhere")
    folder.dvc("config", "cache.dir", str(folder / "../elsewhere"))
    folder.dvc("config", "core.site_cache_dir", str(folder / "../site"))
    folder.write("raw", "y")


def _repository_as_dep(make: Callable[[Path], object]) -> Callable[[Folder], object]:
    """DVC sees nothing of a folder that is a repository of its own, as a submodule is."""

    def edit(folder: Folder) -> None:
        folder.write("module/a", "1")
        make(folder / "module/.dvc")
        folder.write("dvc.yaml", PIPELINE.replace("[in]", "[in, module]"))
        folder.dvc("repro", "-q")
        folder.write("module/b", "2")

    return edit


def _forgotten(folder: Folder) -> None:
    """The stage before is not in the lock any more, and what it made is gone."""
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
    """Made before the data is recorded it hides the folder that it stands in, and changes nothing later."""

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
def test_what_is_unusual_is_answered_as_dvc_does(small: Folder, case: str) -> None:
    edit, expected = SAME[case]
    edit(small)
    ours, theirs = mlgit_reasons(small), dvc_reasons(small)
    assert ours == expected
    for address, reasons in list(ours.items()):
        if reasons == {"never run"}:
            assert theirs.pop(address)
            del ours[address]
    assert ours == theirs


UNFIT: dict[str, tuple[str, str]] = {
    "a name that is a number": (PIPELINE.replace("  s:", "  1:"), "stages.1"),
    "a working directory of nothing": (f"{PIPELINE}    wdir:\n", "wdir"),
    "a description that is a number": (f"{PIPELINE}    desc: 1\n", "desc"),
    "a switch in words": (PIPELINE.replace("[out]", "[out: {persist: 'yes'}]"), "persist"),
    "push in words": (PIPELINE.replace("[out]", "[out: {push: 'no'}]"), "push"),
    "a remote that is a number": (PIPELINE.replace("[out]", "[out: {remote: 1}]"), "remote"),
    "a label": (PIPELINE.replace("[out]", "[out: {labels: a}]"), "labels"),
    "plots of nothing": (f"{PIPELINE}plots:\n", "plots"),
    "a plot that is a number": (f"{PIPELINE}plots: [{{out: 1}}]\n", "plots"),
    "a plot with another key": (f"{PIPELINE}plots: [{{out: {{foo: 1}}}}]\n", "foo"),
    "an artifact with another key": (f"{PIPELINE}artifacts: {{m: {{path: out, foo: 1}}}}\n", "foo"),
    "an artifact whose type is a number": (f"{PIPELINE}artifacts: {{m: {{path: out, type: 1}}}}\n", "type"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_dvcs_schema_is_told_with_its_place(small: Folder, case: str) -> None:
    text, word = UNFIT[case]
    small.write("dvc.yaml", text)
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    failures = small.here("status", "--json").json()["failures"]
    assert [each["part"] for each in failures] == ["pipeline"]
    assert word in failures[0]["message"]
    assert failures[0]["location"].startswith("dvc.yaml:")


@pytest.mark.parametrize(
    "config",
    [
        "[cache] # shared\n    dir = ../elsewhere  # by all\n",
        "[ cache ]\n    dir = '../elsewhere' # by all\n",
    ],
)
def test_comments_in_the_configuration_are_none_of_its_values(small: Folder, config: str) -> None:
    shutil.move(small / ".dvc/cache", small / "elsewhere")
    assert set(mlgit_data(small).values()) == {"not in the cache"}
    small.write(".dvc/config", config)
    assert mlgit_data(small) == dvc_data(small) == {}


def test_plots_as_a_mapping_are_read_though_dvc_reads_them_no_more(small: Folder) -> None:
    small.write("dvc.yaml", f"{PIPELINE}plots:\n  out:\n    x: a\n")
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    assert mlgit_reasons(small) == {}


@pytest.mark.parametrize(
    ("spelled", "reason"), [("[./in]", "changed dep in"), ("[sub/../in]", "changed dep in")]
)
def test_a_path_in_another_spelling_is_the_same_path(small: Folder, spelled: str, reason: str) -> None:
    small.write("dvc.yaml", PIPELINE.replace("[in]", spelled))
    assert dvc_reasons(small) == {"s": {reason}}
    assert mlgit_reasons(small) == {}


def test_an_ignore_file_above_holds_wherever_one_stands(tmp_path: Path) -> None:
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


def test_a_lock_that_was_not_asked_for_is_not_taken_for_an_ignored_one(small: Folder) -> None:
    small.write("dvc.yaml", f"{PIPELINE}artifacts:\n  m: {{path: out, type: model}}\n")
    done = small.here("models", "--json")
    assert done.status == 0, done.err
    (small / ".dvcignore").write_text("dvc.lock\n")
    assert mlgit_reasons(small)["s"] == {"never run"}


def test_a_frozen_stage_and_what_follows_do_not_wait_for_what_is_before_it(small: Folder) -> None:
    more = "  t:\n    cmd: cp out t\n    deps: [out]\n    outs: [t]\n    frozen: {frozen}\n"
    last = "  u:\n    cmd: cp t u\n    deps: [t]\n    outs: [u]\n"
    small.write("dvc.yaml", PIPELINE + more.format(frozen="false") + last)
    small.dvc("repro", "-q")
    small.write("in", "2")

    def upstream() -> dict[str, list[str]]:
        return {each["address"]: each["upstream"] for each in small.here("status", "--json").json()["stages"]}

    assert upstream() == {"s": [], "t": ["s"], "u": ["s"]}
    small.write("dvc.yaml", PIPELINE + more.format(frozen="true") + last)
    assert upstream() == {"s": []}
    small.dvc("repro", "-q", "u")
    assert (small / "u").read_text() == "1"


def test_a_hidden_pipeline_is_hidden_at_a_commit_too(small: Folder) -> None:
    _hidden(small)
    small.commit("Hidden")
    done = small.here("diff", "HEAD", "HEAD~1", "--json")
    assert done.status == 0, done.err


@pytest.mark.parametrize("nested", [False, True], ids=["beside each other", "below another"])
def test_every_dvc_repository_below_the_git_root_is_looked_at(tmp_path: Path, *, nested: bool) -> None:
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
        assert dvc_reasons(root) == {}  # DVC looks at one repository at a time


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


# From here on DVC is refused, or says something else, and we differ on purpose: docs/disagreements.md.


def refused(folder: Folder) -> str:
    """What DVC says when it does not answer."""
    with pytest.raises(AssertionError) as caught:
        folder.dvc("status", "--json")
    return str(caught.value) + str(caught.value.__context__)


def failure(folder: Folder) -> dict[str, Any]:
    (found,) = folder.here("status", "--json").json()["failures"]
    assert isinstance(found, dict)
    return found


def test_a_lock_of_dvc_1_is_read_though_dvc_reads_it_no_more(small: Folder) -> None:
    lock = (small / "dvc.lock").read_text().split("stages:\n")[1]
    small.write("dvc.lock", re.sub("(?m)^  ", "", lock))
    assert "required key not provided" in refused(small)
    assert mlgit_reasons(small) == {}
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_a_stage_in_a_dvc_file_is_read_though_dvc_reads_it_no_more(small: Folder) -> None:
    small.write("old.dvc", "cmd: make\ndeps:\n- path: in\n  md5: c4ca4238a0b923820dcc509a6f75849b\n")
    assert "extra keys not allowed" in refused(small)
    assert mlgit_reasons(small) == {}
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}, "old.dvc": {"changed dep in"}}


def test_an_unknown_key_in_a_dvc_file_does_not_stop_everything(small: Folder) -> None:
    change("raw.dvc", lambda text: f"{text}stuff: 1\n")(small)
    assert "extra keys not allowed" in refused(small)
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_a_hash_that_was_cut_off_is_an_error_and_no_change(small: Folder) -> None:
    change("dvc.lock", lambda text: text[: text.index("md5: c4ca") + 9])(small)
    assert dvc_json(small, "status", "--json") == {
        "s": [{"changed deps": {"in": "modified"}}, {"changed outs": {"out": "modified"}}]
    }
    assert failure(small)["message"] == "`stages.s.deps.0.md5` in `dvc.lock` is not a hash of DVC's"
    assert RESTORE in failure(small)["hint"]


def test_a_hash_in_capitals_is_an_error(small: Folder) -> None:
    change(
        "raw.dvc", lambda text: re.sub("md5: .*", lambda found: found[0].upper().replace("MD5", "md5"), text)
    )(small)
    assert dvc_json(small, "status", "--json")["raw.dvc"] == [{"changed outs": {"raw": "not in cache"}}]
    assert failure(small)["location"] == "raw.dvc:2:3"


def test_an_ignore_file_in_tracked_data_is_a_change_of_that_data_only(small: Folder) -> None:
    small.write("many/a", "1")
    small.dvc("add", "-q", "many")
    small.write("many/.dvcignore", "*.tmp\n")
    assert "should not be in collected dir path" in refused(small)
    assert mlgit_reasons(small) == {"many.dvc": {"changed output many"}}


@pytest.mark.parametrize("text", ["- 1\n", "a: [\n"])
def test_a_default_parameter_file_that_nobody_uses_may_be_anything(small: Folder, text: str) -> None:
    small.write("params.yaml", text)
    assert "params.yaml" in refused(small)
    assert mlgit_reasons(small) == {}


def test_without_dvc_init_what_is_declared_is_compared_all_the_same(small: Folder) -> None:
    shutil.rmtree(small / ".dvc")
    small.write("in", "2")
    assert "not inside of a DVC repository" in refused(small)
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_an_import_is_never_asked_for_news(small: Folder, tmp_path: Path) -> None:
    theirs = Folder(tmp_path / "theirs")
    shutil.copytree(small.path, theirs.path, symlinks=True)
    small.dvc("import", "-q", str(theirs.path), "in", "-o", "got")
    theirs.write("in", "2")
    theirs.commit("News")
    (said,) = dvc_json(small, "status", "--json")["got.dvc"]
    assert list(said["changed deps"].values()) == ["update available"]
    stages = small.here("status", "--json").json()["stages"]
    assert [(each["address"], each["reasons"], each["unchecked"]) for each in stages] == [
        ("got.dvc", [], ["upstream of got was not checked: needs the network"])
    ]


def test_what_was_only_imported_by_name_is_absent_and_nothing_is_stale(small: Folder, tmp_path: Path) -> None:
    source = Folder(tmp_path).write("source.txt", "far")
    small.dvc("remote", "add", "-q", "-d", "storage", str(tmp_path / "storage"))
    small.dvc("import-url", "-q", "--no-download", str(source), "later")
    small.dvc("import-url", "-q", "--to-remote", str(source), "there")
    theirs = dvc_json(small, "status", "--json")
    assert theirs["later.dvc"] == [{"changed outs": {"later": "deleted"}}]
    assert mlgit_reasons(small) == {}
    data = small.here("status", "--json").json()["data"]
    assert {each["path"]: (each["workspace"], each["in_cache"]) for each in data} == {
        "later": ("absent", None),
        "there": ("absent", False),
    }


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Folder, str]]:
    """A folder and the address where it is served."""
    folder = Folder(tmp_path / "served")
    folder.write("data.txt", "1")

    class Quiet(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("ETag", f'"{(folder / "data.txt").read_text()}"')
            super().end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/data.txt"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_web_is_not_asked_whether_an_import_has_news(small: Folder, served: tuple[Folder, str]) -> None:
    source, url = served
    small.dvc("import-url", "-q", url, "got")
    change("got.dvc", lambda text: text.replace("frozen: true\n", ""))(small)
    assert dvc_reasons(small) == {}
    source.write("data.txt", "2")
    assert dvc_json(small, "status", "--json")["got.dvc"] == [{"changed deps": {url: "modified"}}]
    assert mlgit_reasons(small) == {}
    stages = small.here("status", "--json").json()["stages"]
    assert [(each["address"], each["unchecked"]) for each in stages] == [
        ("got.dvc", ["upstream of got was not checked: needs the network"])
    ]
    small.write("got", "mine")
    assert mlgit_reasons(small) == {"got.dvc": {"changed output got"}}


def test_what_is_not_in_the_cache_is_lost_and_not_stale(small: Folder) -> None:
    shutil.rmtree(small / ".dvc/cache")
    assert dvc_json(small, "status", "--json") == {
        "s": [{"changed outs": {"out": "not in cache"}}],
        "raw.dvc": [{"changed outs": {"raw": "not in cache"}}],
    }
    assert mlgit_reasons(small) == {}
    small.write("raw", "other")  # DVC goes on to say only "not in cache"
    assert json.dumps(dvc_json(small, "status", "--json")["raw.dvc"]).count("modified") == 0
    assert mlgit_reasons(small) == {"raw.dvc": {"changed output raw"}}
