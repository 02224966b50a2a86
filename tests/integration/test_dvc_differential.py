"""mlgit and the real DVC answer the same questions about the same repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.dvc_answers import dvc_diff, dvc_reasons, mlgit_diff, mlgit_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

CACHED = frozenset({"data/raw.csv", "data/clean.csv", "models/line.json"})


def untouched(_: Folder) -> None:
    pass


def edited_script(work: Folder) -> None:
    work.write("src/train.py", "# other\n")


def deleted_script(work: Folder) -> None:
    (work / "src/train.py").unlink()


def edited_param(work: Folder) -> None:
    work.write("params.yaml", "train:\n  slope: 2.5\n")


def same_param_in_other_words(work: Folder) -> None:
    work.write("params.yaml", "other: 1\ntrain: {slope: 199e-2}\n")


def removed_param(work: Folder) -> None:
    work.write("params.yaml", "train: {seed: 1}\n")


def edited_command(work: Folder) -> None:
    replace(work, "dvc.yaml", "cmd: python src/train.py", "cmd: python -u src/train.py")


def edited_data(work: Folder) -> None:
    work.write("data/raw.csv", "x,y\n1,2\n")


def edited_output(work: Folder) -> None:
    (work / "models/line.json").unlink()
    work.write("models/line.json", "{}")


def edited_metric(work: Folder) -> None:
    work.write("metrics/test.json", '{"mae": 0.01, "r2": 0.99, "rows": 10}')


def deleted_metric(work: Folder) -> None:
    (work / "metrics/test.json").unlink()


def output_not_checked_out(work: Folder) -> None:
    (work / "models/line.json").unlink()


def new_stage(work: Folder) -> None:
    replace(work, "dvc.yaml", "artifacts:", "  extra:\n    cmd: echo x > x\n    outs: [x]\nartifacts:")


def new_dep(work: Folder) -> None:
    replace(
        work,
        "dvc.yaml",
        "deps: [data/raw.csv, src/prepare.py]",
        "deps: [data/raw.csv, src/prepare.py, mlgit.yaml]",
    )


def frozen_stage(work: Folder) -> None:
    replace(work, "dvc.yaml", "cmd: python src/train.py", "cmd: python src/train.py\n    frozen: true")
    edited_script(work)


def always_changed(work: Folder) -> None:
    replace(
        work, "dvc.yaml", "cmd: python src/train.py", "cmd: python src/train.py\n    always_changed: true"
    )


def whole_params_file(work: Folder) -> None:
    replace(work, "dvc.yaml", "params: [train.slope]", "params: [{params.yaml: }]")
    work.dvc("repro", "-q")
    edited_param(work)


def directory_with_ignored_files(work: Folder) -> None:
    for name in ("a.txt", "b.txt", "deep/c.txt", "skip.tmp"):
        work.write(f"data/many/{name}", name)
    work.write(".dvcignore", "*.tmp\n")
    work.dvc("add", "-q", "data/many")
    work.write("data/many/other.tmp", "still ignored")


def directory_with_a_new_file(work: Folder) -> None:
    directory_with_ignored_files(work)
    work.write("data/many/d.txt", "new")


def stages_in_a_folder(work: Folder) -> None:
    work.write("sub/in.txt", "1")
    work.write("sub/params.yaml", "lr: 1e-3\nflag: yes\n")
    work.write(
        "sub/dvc.yaml",
        "stages:\n  copy:\n    wdir: work\n    cmd: cp ../in.txt out.txt\n    deps: [../in.txt]\n"
        "    params: [{../params.yaml: [lr, flag]}]\n    outs: [out.txt]\n",
    )
    (work / "sub/work").mkdir()
    work.dvc("repro", "-q", "sub/dvc.yaml")
    work.write("sub/in.txt", "2")
    work.write("sub/params.yaml", "lr: 0.001\nflag: no\n")


def templated(work: Folder) -> None:
    replace(work, "dvc.yaml", "cmd: python src/train.py", "cmd: python src/train.py # ${train.slope}")


def replace(work: Folder, path: str, old: str, new: str) -> None:
    text = (work / path).read_text(encoding="utf-8")
    assert old in text
    work.write(path, text.replace(old, new))


EDITS: list[Callable[[Folder], None]] = [
    untouched,
    edited_script,
    deleted_script,
    edited_param,
    same_param_in_other_words,
    removed_param,
    edited_command,
    edited_data,
    edited_output,
    edited_metric,
    deleted_metric,
    new_stage,
    new_dep,
    frozen_stage,
    always_changed,
    whole_params_file,
    directory_with_ignored_files,
    directory_with_a_new_file,
    stages_in_a_folder,
    templated,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_the_reasons_why_stages_are_stale_are_those_of_dvc(
    project: Folder, edit: Callable[[Folder], None]
) -> None:
    edit(project)
    theirs = dvc_reasons(project, cached=CACHED)
    ours = mlgit_reasons(project)
    never_run = {address for address, reasons in ours.items() if reasons == {"never run"}}
    assert never_run <= theirs.keys()
    for address in never_run:
        del ours[address], theirs[address]
    assert ours == theirs
    assert dvc_diff(project, "metrics", "HEAD") == mlgit_diff(project, "metrics", "HEAD")
    assert dvc_diff(project, "params", "HEAD") == mlgit_diff(project, "params", "HEAD")


def test_an_output_that_is_only_not_checked_out_does_not_make_a_stage_stale(project: Folder) -> None:
    output_not_checked_out(project)
    assert dvc_reasons(project) != {}
    assert mlgit_reasons(project) == {}
    data = project.here("status", "--json").json()["data"]
    assert [(each["path"], each["workspace"], each["in_cache"]) for each in data] == [
        ("models/line.json", "absent", True)
    ]


FORMATS = {
    "m.json": (
        '{"a": {"b": 1, "c": [1, 2]}, "d": true, "e": null, "t": "x"}',
        '{"a": {"b": 2.5}, "n": {"m": 1e-9}}',
    ),
    "m.yaml": ("a: {b: 1e-3, c: yes}\nd: [1, {x: 2}]\n", "a: {b: 2e-3, c: no}\n1: one\n"),
    "m.toml": ("[a]\nb = 1\nc = 0.5\n", "[a]\nb = 1\nc = 0.25\nd = 'x'\n"),
    "alone.json": ("0.5", "0.75"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_metrics_and_params_of_every_format_differ_as_dvc_says(project: Folder, name: str) -> None:
    before, after = FORMATS[name]
    kinds = ["metrics"] if name == "alone.json" else ["metrics", "params"]
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text + "".join(f"{kind}: [{kind}-{name}]\n" for kind in kinds))
    for kind in kinds:
        project.write(f"{kind}-{name}", before)
    old = project.commit("before")
    for kind in kinds:
        project.write(f"{kind}-{name}", after)
    new = project.commit("after")
    for kind in kinds:
        theirs = dvc_diff(project, kind, old, new)
        assert theirs
        assert mlgit_diff(project, kind, old, new) == theirs
        if name == "alone.json":  # DVC does not report a lone number whose file was deleted
            continue
        (project / f"{kind}-{name}").unlink()
        assert mlgit_diff(project, kind, old) == dvc_diff(project, kind, old)


def test_params_in_python_are_those_that_dvc_reads(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text + "params: [settings.py]\n")
    project.write(
        "settings.py",
        "import os\nLR = 0.1\nNAMES = ['a', 'b']\nSIZES = {'x': 1, 'y': (1, 2)}\nSKIP = os.sep\n"
        "class Train:\n    epochs = 3\n    def __init__(self):\n        self.seed = 7\n",
    )
    old = project.commit("before")
    project.write("settings.py", "LR: float = 0.2\nNAMES = ['a']\nSIZES = {'x': 2}\n")
    theirs = dvc_diff(project, "params", old)
    assert len(theirs) > 3
    assert mlgit_diff(project, "params", old) == theirs


def test_a_metric_file_that_dvc_tracks_is_read_from_the_cache_at_a_commit(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("- metrics/test.json: {cache: false}", "- metrics/test.json"))
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.dvc("repro", "-q", "--force")
    old = project.commit("the metric is in the cache")
    assert "metrics/test.json" not in project.git("ls-files")
    edited_param(project)
    project.dvc("repro", "-q")
    theirs = dvc_diff(project, "metrics", old)
    assert theirs
    assert mlgit_diff(project, "metrics", old) == theirs


def test_a_metric_file_that_is_not_cached_is_a_problem_with_the_command_to_fetch_it(project: Folder) -> None:
    test_a_metric_file_that_dvc_tracks_is_read_from_the_cache_at_a_commit(project)
    import shutil

    shutil.rmtree(project / ".dvc/cache")
    found = project.here("diff", "HEAD", "--json", "--metrics").json()
    assert found["metrics"] is None
    assert "not in the DVC cache" in found["problems"][0]


def test_an_import_from_an_unreachable_place_stops_dvc_but_not_mlgit(project: Folder) -> None:
    project.write(
        "data/other.csv.dvc",
        "frozen: true\ndeps:\n- path: data.csv\n  repo:\n    url: https://unreachable.invalid/repository.git\n"
        "    rev_lock: 0123456789012345678901234567890123456789\n"
        "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  hash: md5\n  path: other.csv\n",
    )
    project.write("data/other.csv", "a\n")
    assert project.run("dvc", "status").status != 0
    done = project.here("status")
    assert done.status == Exit.DONE, done.err
    assert "upstream of data/other.csv was not checked: that needs the network" in done.out
    assert "3 stages up to date" in done.out


def test_a_changed_byte_that_dvc_misses_is_found(project: Folder) -> None:
    import os

    path = project / "models/line.json"
    facts = path.stat()
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content.replace(b"9", b"8"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert mlgit_reasons(project)["train"] == {"changed output models/line.json"}


def test_the_legacy_dialect_of_dvc_2_is_understood(project: Folder) -> None:
    import hashlib

    project.write("data/dos.txt", "")
    (project / "data/dos.txt").write_bytes(b"one\r\ntwo\r\n")
    md5 = hashlib.md5(b"one\ntwo\n").hexdigest()  # noqa: S324 (DVC's own hash)
    project.write("data/dos.txt.dvc", f"outs:\n- md5: {md5}\n  size: 10\n  path: dos.txt\n")
    assert "data/dos.txt.dvc" not in dvc_reasons(project)
    assert "data/dos.txt.dvc" not in mlgit_reasons(project)


def test_json_values_of_a_diff_are_numbers(project: Folder) -> None:
    edited_metric(project)
    found = project.here("diff", "HEAD", "--json").json()
    mae = next(each for each in found["metrics"] if each["key"] == "mae")
    assert json.dumps([mae["old"], mae["new"], mae["change"], mae["better"]]) == "[0.055, 0.01, -0.045, true]"
