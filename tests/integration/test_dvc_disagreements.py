"""The disagreements of DVC and mlgit: one test for each name in docs/disagreements.md."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.differential.answers import differences, mlgit_answer
from tests.differential.explained import explain
from tests.differential.oracle import dvc_answer
from tests.differential.values import compare_values, dvc_values, mlgit_values
from tests.support.dvc_answers import dvc_json, dvc_reasons, mlgit_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


def explanations(folder: Folder) -> set[str]:
    """The names of all current disagreements; each must have a name."""
    theirs, ours = dvc_answer(folder), mlgit_answer(folder)
    names = {explain(one, theirs, ours) or str(one) for one in differences(theirs, ours)}
    assert all(" " not in name for name in names), names
    return names


def flip_a_bit(folder: Folder, path: str) -> None:
    """Same size, same inode, same modification time, another content."""
    place = folder / path
    facts = place.stat()
    content = bytearray(place.read_bytes())
    content[0] ^= 1
    place.chmod(0o644)
    place.write_bytes(bytes(content))
    os.utime(place, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("path", ["models/line.json", "src/train.py", "data/raw.csv"])
def test_dvc_misses_a_byte_that_changed_with_its_time_put_back(project: Folder, path: str) -> None:
    assert dvc_json(project, "status", "--json") == {}  # now its state database knows every file
    flip_a_bit(project, path)
    assert dvc_json(project, "status", "--json") == {}
    kind = "dep" if path.startswith("src/") else "output"
    assert f"changed {kind} {path}" in {one for reasons in mlgit_reasons(project).values() for one in reasons}
    assert explanations(project) == set()  # DVC without caches finds it


def dangling_dependency(project: Folder) -> None:
    (project / "src/train.py").unlink()
    (project / "src/train.py").symlink_to("nowhere")


def dangling_output(project: Folder) -> None:
    (project / "models/line.json").unlink()
    (project / "models/line.json").symlink_to("nowhere")


def dangling_link_in_tracked_data(project: Folder) -> None:
    project.write("data/many/a.txt", "a")
    project.write("data/many/b.txt", "b")
    project.dvc("add", "-q", "data/many")
    (project / "data/many/a.txt").unlink()
    (project / "data/many/a.txt").symlink_to("nowhere")


def a_date_among_the_parameters(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.5\nwhen: 2001-01-01\n")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (dangling_dependency, {"deleted dep src/train.py"}),
        (dangling_output, None),
        (dangling_link_in_tracked_data, {"changed output data/many"}),
        (a_date_among_the_parameters, {"changed param train.slope"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_mlgit_answers_where_dvc_crashes(
    project: Folder, edit: Callable[[Folder], None], expected: set[str] | None
) -> None:
    edit(project)
    assert (dvc_answer(project).complaint or "").startswith("ERROR: unexpected error - ")
    assert explanations(project) == {"dvc-crashes"}
    ours = mlgit_answer(project)
    if expected is None:
        assert ours.data == {"models/line.json": ("absent", True)}
    else:
        assert expected <= {one for reasons in (ours.reasons or {}).values() for one in reasons}


def test_a_parameter_file_that_became_a_folder_is_a_reason_and_not_an_error(project: Folder) -> None:
    project.write("more.yaml", "one: 1\n")
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write(
        "dvc.yaml", text.replace("params: [train.slope]", "params: [train.slope, {more.yaml: [one]}]")
    )
    project.dvc("repro", "-q")
    (project / "more.yaml").unlink()
    (project / "more.yaml").mkdir()
    assert "is a directory, expected a parameters file" in (dvc_answer(project).complaint or "")
    assert explanations(project) == {"parameters-are-a-folder"}
    assert (mlgit_answer(project).reasons or {})["train"] == {"deleted params file more.yaml"}


def test_an_ignore_file_inside_tracked_data_is_a_change_of_that_data(project: Folder) -> None:
    project.write("data/many/a.txt", "a")
    project.dvc("add", "-q", "data/many")
    project.write("data/many/.dvcignore", "b.txt\n")
    assert explanations(project) == {"ignore-file-inside-data"}
    assert mlgit_reasons(project)["data/many.dvc"] == {"changed output data/many"}


def test_a_file_of_a_folder_without_its_listing_is_unchecked_and_not_deleted(
    project: Folder,
) -> None:
    for name in ("a.txt", "b.txt"):
        project.write(f"data/many/{name}", name)
    project.dvc("add", "-q", "data/many")
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("src/train.py]", "src/train.py, data/many/a.txt]"))
    project.dvc("repro", "-q")
    shutil.rmtree(project / "data/many")
    assert explanations(project) == set()  # the listing has the hash of the file
    shutil.rmtree(project / ".dvc/cache")
    assert explanations(project) == {"listing-is-not-here"}
    unsure = (mlgit_answer(project).unsure or {})["train"]
    assert unsure == ("dep data/many/a.txt was not checked: it is not here",)


def test_a_missing_dependency_outside_the_repository_is_unchecked(project: Folder) -> None:
    outside = project / "../outside.csv"
    outside.write_text("1", encoding="utf-8")
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("deps: [data/raw.csv", "deps: [../outside.csv, data/raw.csv"))
    project.dvc("repro", "-q")
    assert mlgit_reasons(project) == dvc_reasons(project) == {}
    outside.unlink()
    assert dvc_reasons(project) == {"prepare": {f"deleted dep {os.path.abspath(outside)}"}}
    (stage, *_) = project.here("status", "--json").json()["stages"]
    assert (stage["address"], stage["reasons"]) == ("prepare", [])
    assert stage["unchecked"] == [
        "dep ../outside.csv was not checked: it is outside the repository and not on this machine"
    ]


def test_a_missing_dependency_that_is_not_cached_is_deleted(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    stage = "  tell:\n    cmd: cp metrics/test.json told\n    deps: [metrics/test.json]\n    outs: [told]\n"
    project.write("dvc.yaml", text.replace("artifacts:", f"{stage}artifacts:"))
    project.dvc("repro", "-q")
    (project / "metrics/test.json").unlink()  # `cache: false`
    assert explanations(project) == set()
    assert mlgit_reasons(project)["tell"] == {"deleted dep metrics/test.json"}


def test_a_dependency_in_another_spelling_than_in_the_lock_is_not_new(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("src/train.py]", "./src//train.py]"))
    assert "./src//train.py" in (project / "dvc.yaml").read_text(encoding="utf-8")
    assert explanations(project) == {"another-spelling"}
    assert "train" not in (mlgit_answer(project).reasons or {})
    project.write("src/train.py", "changed\n")
    assert explanations(project) == {"another-spelling"}
    assert (mlgit_answer(project).reasons or {})["train"] == {"changed dep src/train.py"}


def test_a_file_that_is_a_dependency_and_has_parameters_is_compared_as_both(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("src/train.py]", "src/train.py, params.yaml]"))
    assert explanations(project) == set()
    project.dvc("repro", "-q")
    project.write("params.yaml", "train: {slope: 7}\n")
    assert explanations(project) == set()
    assert (mlgit_answer(project).reasons or {})["train"] == {
        "changed dep params.yaml",
        "changed param train.slope",
    }


@pytest.mark.parametrize("params", ["[train.slope]", "[params.yaml: ]"])
def test_a_key_with_dots_is_not_a_path(project: Folder, params: str) -> None:
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", text.replace("[train.slope]", params))
    project.write("params.yaml", "train.deep: 1\ntrain:\n  slope: 1.5\n")
    project.dvc("repro", "-q")
    for edited in ("train.slope: 1.5\ntrain.deep: 2\n", "train:\n  slope: 1.5\n  deep: 1\n"):
        project.write("params.yaml", edited)
        assert explanations(project) == set()


def test_a_damaged_object_in_the_cache_is_removed_by_dvc_and_left_alone_by_mlgit(project: Folder) -> None:
    found = next(path for path in (project / ".dvc/cache/files/md5").rglob("*") if path.is_file())
    found.chmod(0o644)
    found.write_bytes(b"damaged")
    before = mlgit_answer(project)
    assert before.data == {}
    assert found.exists()
    dvc_answer(project)
    assert not found.exists()
    assert [cached for _, cached in (mlgit_answer(project).data or {}).values()] == [False]


VALUES = {
    "dvc-cannot-read-a-file": ("metrics/test.json", '{"mae": 1}', "{"),
    "mlgit-says-why-not": ("metrics/test.json", '{"mae": 1}', "[1, 2]"),
    "nan-is-not-itself": ("metrics/test.json", '{"mae": NaN}', '{"mae": NaN}'),
    "true-is-one": ("params.yaml", "train: {slope: 1}\n", "train: {slope: true}\n"),
    "null-goes-away": ("params.yaml", "train: {slope: 1, name: null}\n", "train: {slope: 1}\n"),
    "empty-group": ("params.yaml", "train: {slope: {}}\n", "train: {slope: {}, name: {}}\n"),
    "dates": ("metrics/test.json.yaml", "mae: 2001-01-01\n", "mae: 2002-01-01\n"),
    "a-number-alone": ("metrics/test.json", '{"mae": 1}', "3"),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_that_dvc_compares_wrongly(project: Folder, name: str) -> None:
    path, before, after = VALUES[name]
    if not (project / path).exists():
        text = (project / "dvc.yaml").read_text(encoding="utf-8")
        project.write("dvc.yaml", f"{text}metrics: [{path}]\n")
    project.write(path, before)
    project.commit("before")
    project.write(path, after)
    found: Counter[str] = Counter()
    for part in ("metrics", "params"):
        assert compare_values(project, part, found) == []
    assert set(found) == {name}


def test_a_link_that_stays_as_it_is_did_not_change(project: Folder) -> None:
    (project / "metrics/test.json").unlink()
    project.write("elsewhere.txt", "a text")
    (project / "metrics/test.json").mkdir()
    (project / "metrics/test.json/inside.txt").symlink_to("../../elsewhere.txt")
    project.git("rm", "-qr", "--cached", "metrics")
    project.commit("A link in a folder of metrics")
    found: Counter[str] = Counter()
    assert compare_values(project, "metrics", found) == []
    assert set(found) == {"a-link-is-its-text"}
    assert mlgit_values(project, "metrics").pairs == {}


def test_true_and_one_are_different_values(project: Folder) -> None:
    test_values_that_dvc_compares_wrongly(project, "true-is-one")
    assert dvc_values(project, "params").pairs == {}
    assert mlgit_values(project, "params").pairs == {("params.yaml", "train.slope"): (1, True)}


def test_nan_that_stays_nan_did_not_change(project: Folder) -> None:
    test_values_that_dvc_compares_wrongly(project, "nan-is-not-itself")
    assert dvc_values(project, "metrics").pairs == {("metrics/test.json", "mae"): ("NaN", "NaN")}
    assert mlgit_values(project, "metrics").pairs == {}
