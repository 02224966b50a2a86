"""`mlgit diff` compares any two states, part by part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mlgit.errors import Exit
from mlgit.resources import schema_text
from tests.support.registry import allow_foreign_tags
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def diff(folder: Folder, *argv: str) -> Any:  # noqa: ANN401 (a JSON document)
    done = folder.here("diff", "--json", *argv)
    assert done.status == Exit.DONE, done.err
    document = done.json()
    Draft202012Validator(json.loads(schema_text("diff"))).validate(document)
    return document


@pytest.fixture
def changed(project: Folder) -> Folder:
    """A branch with other data, another slope, another stage; the first commit is v1.0.0 in prod."""
    allow_foreign_tags(project)
    project.git("tag", "-a", "line@v1.0.0", "-m", "first")
    project.git("tag", "-a", "line#prod#1", "-m", "to prod")
    project.git("checkout", "-q", "-b", "work")
    project.write("data/raw.csv", "x,y\n1,2\n2,4\n")
    project.write("params.yaml", "train:\n  slope: 1.9\n")
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write(
        "dvc.yaml", text.replace("artifacts:", "  extra:\n    cmd: echo 1 > x\n    outs: [x]\nartifacts:")
    )
    project.dvc("add", "-q", "data/raw.csv")
    project.dvc("repro", "-q")
    project.commit("work")
    return project


@pytest.mark.parametrize(
    ("name", "first", "rows"),
    [
        ("t.csv", "x,y", (2, 3)),
        ("t.csv", "1,2.5", (3, 4)),
        ("t.tsv", "1e3\t-2", (3, 4)),
        ("t.csv", "7", (3, 4)),
    ],
)
@pytest.mark.parametrize("keeper", ["git", "dvc"])
def test_a_first_line_of_numbers_is_a_row_and_no_header(
    project: Folder, name: str, first: str, rows: tuple[int, int], keeper: str
) -> None:
    for number in (2, 3):
        project.write(f"data/{name}", f"{first}\n" + "3,4\n" * number)
        if keeper == "dvc":
            project.dvc("add", "-q", f"data/{name}")
        else:
            dvc_yaml = (project / "dvc.yaml").read_text(encoding="utf-8")
            if "keep:" not in dvc_yaml:
                stage = f"  keep: {{cmd: 'true', outs: [{{data/{name}: {{cache: false}}}}]}}\n"
                project.write("dvc.yaml", dvc_yaml.replace("artifacts:", f"{stage}artifacts:"))
            project.dvc("commit", "-q", "-f", "keep")
        project.commit(f"Rows {number}")
    (found,) = diff(project, "HEAD~1", "HEAD")["data"]
    assert (found["old_rows"], found["new_rows"]) == rows


def test_every_part_is_compared_with_the_base(changed: Folder) -> None:
    found = diff(changed)
    assert found["old"]["label"].startswith("base (")
    assert [(each["key"], each["old"], each["new"]) for each in found["params"]] == [
        ("train.slope", 1.99, 1.9)
    ]
    assert {each["key"]: each["better"] for each in found["metrics"]} == {
        "mae": False,
        "r2": False,
        "rows": None,
    }
    data = {each["path"]: each for each in found["data"]}
    assert (data["data/raw.csv"]["old_rows"], data["data/raw.csv"]["new_rows"]) == (10, 2)
    assert (data["data/raw.csv"]["kind"], data["x"]["kind"]) == ("modified", "added")
    (model,) = found["models"]
    assert (model["model"], model["path"], model["old_version"]) == ("line", "models/line.json", "v1.0.0")
    assert [(each["stage"], each["kind"]) for each in found["stages"]] == [("extra", "added")]


@pytest.mark.parametrize("reference", ["prod", "line#prod", "line@v1.0.0", "line@latest", "main", "HEAD^1"])
def test_any_reference_can_name_a_side(changed: Folder, reference: str) -> None:
    assert [each["key"] for each in diff(changed, reference, "--params")["params"]] == ["train.slope"]
    assert diff(changed, reference, "main")["metrics"] == []


def test_a_part_that_is_not_compared_is_null(changed: Folder) -> None:
    found = diff(changed, "--metrics", "--stages")
    assert found["params"] is found["data"] is found["models"] is None
    assert found["metrics"]
    assert found["stages"]


def test_all_lists_what_did_not_change(project: Folder) -> None:
    found = diff(project, "HEAD", "--all")
    kinds = {
        each["kind"] for part in ("metrics", "params", "data", "models", "stages") for each in found[part]
    }
    assert kinds == {"unchanged"}
    assert (
        "No difference in metrics, params, data of DVC, models and stages" in project.here("diff", "HEAD").out
    )


def test_files_of_git_that_stages_read_are_not_called_equal(project: Folder) -> None:
    """Only the note has them: which content Git keeps is `git diff`'s to show."""
    text = (project / "src/train.py").read_text(encoding="utf-8")
    project.write("src/train.py", f"{text}# the same\n")
    note = "note: files of Git that stages read differ: `src/train.py`"
    for _ in range(2):
        out = project.here("diff").out
        assert "No difference in metrics, params, data of DVC, models and stages" in out
        assert note in out
        project.dvc("repro", "-q")
    project.commit("The same")
    assert note in project.here("diff", "HEAD~1", "HEAD").out
    assert note not in project.here("diff", "HEAD~1", "HEAD", "--metrics").out
    assert note not in project.here("diff", "HEAD").out


def test_data_edited_in_the_workspace_is_a_change_before_dvc_add(project: Folder) -> None:
    project.write("data/raw.csv", "x,y\n1,2\n")
    (change,) = diff(project, "HEAD", "--data")["data"]
    assert (change["path"], change["kind"], change["new_rows"], change["new_size_bytes"]) == (
        "data/raw.csv",
        "modified",
        1,
        8,
    )


def test_the_page_shows_old_and_new(changed: Folder) -> None:
    out = changed.here("diff", "prod").out
    assert "prod (line@v1.0.0)" in out
    assert "10 → 2 rows" in out
    assert "+0.09 (" not in out
    assert "extra  echo 1 > x" in out


def test_an_unknown_reference_is_a_state_error(project: Folder) -> None:
    assert project.here("diff", "no-such-thing").status == Exit.STATE


def test_without_a_base_everything_is_new_and_a_note_says_why(
    project: Folder, empty_repository: Folder
) -> None:
    first = diff(project)
    assert first["old"] == {
        "commit": None,
        "empty": True,
        "label": "nothing",
        "text": "base",
        "version": None,
    }
    assert {each["key"]: each["kind"] for each in first["metrics"]} == dict.fromkeys(
        ("mae", "r2", "rows"), "added"
    )
    assert {each["path"]: each["kind"] for each in first["data"]} == {
        "data/clean.csv": "added",
        "data/raw.csv": "added",
    }
    assert [each["kind"] for each in first["stages"]] == ["added"] * 3
    assert first["notes"] == ["there is no base (HEAD is the first commit): compared with an empty state"]
    assert "nothing → working tree" in project.here("diff").out
    assert diff(empty_repository)["notes"] == [
        "there is no base (there is no commit yet): compared with an empty state"
    ]
    project.git("checkout", "-q", "--orphan", "island")
    project.commit("An island")
    assert "shares no history" in diff(project)["notes"][0]


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_number_next_to_one_that_is_not_finite_is_shown(project: Folder, value: str) -> None:
    project.write("metrics/test.json", f'{{"mae": {value}, "r2": 0.9, "rows": 10}}')
    for command in ("diff", "status"):
        done = project.here(command, *(["HEAD"] if command == "diff" else []))
        assert done.status == Exit.DONE, done.err
        assert value in done.out


def test_a_metric_file_outside_the_repository_is_not_read(project: Folder) -> None:
    (project.path.parent / "secret.json").write_text('{"secret": 42}', encoding="utf-8")
    text = (project / "dvc.yaml").read_text(encoding="utf-8")
    project.write("dvc.yaml", f"{text}metrics: [../secret.json]\nparams: [../secret.json]\n")
    found = diff(project, "HEAD")
    assert (found["metrics"], found["params"]) == (None, None)
    assert found["problems"] == ["`../secret.json` is outside the repository"]


def test_the_error_in_a_shallow_clone_has_a_hint(project: Folder) -> None:
    project.commit("second")
    project.git("push", "-q")
    origin = project.path.parent / "origin.git"
    project.git("clone", "-q", "--depth", "1", f"file://{origin}", str(project.path.parent / "shallow"))
    done = project.here("-C", str(project.path.parent / "shallow"), "diff")
    assert done.status == Exit.STATE
    assert "git fetch --unshallow" in done.err


def test_a_broken_pipeline_file_is_a_config_error_with_its_place(project: Folder) -> None:
    project.write("dvc.yaml", "stages: [\n")
    done = project.here("diff", "HEAD")
    assert done.status == Exit.CONFIG
    assert "--> dvc.yaml:2" in done.err


@pytest.mark.parametrize(
    ("path", "file"), [("a.bin", "a.bin"), ("net", "net/part/a.bin")], ids=["file", "folder"]
)
def test_a_model_that_git_keeps_is_compared_too(tmp_path: Path, path: str, file: str) -> None:
    folder = Folder(tmp_path)
    folder.git("init", "-q", "-b", "main")
    folder.write("mlgit.yaml", f"version: 1\nmodels: {{net: {{path: {path}}}}}\n")
    folder.commit("Declare")
    folder.write(file, "1")
    folder.commit("First")
    folder.write(file, "2")
    (on_disk,) = diff(folder, "HEAD")["models"]
    folder.commit("Second")
    folder.write("README.md", "words")
    folder.commit("Third")
    kinds = [
        [(each["model"], each["kind"]) for each in diff(folder, *revisions)["models"]]
        for revisions in (("HEAD~3", "HEAD~2"), ("HEAD~2", "HEAD~1"), ("HEAD~1", "HEAD"), ("HEAD", "HEAD~3"))
    ]
    assert (on_disk["model"], on_disk["kind"]) == ("net", "modified")
    assert kinds == [[("net", "added")], [("net", "modified")], [], [("net", "removed")]]
    assert "`net` changed" in folder.here("report", "--base", "HEAD~2").out.split("\nmodel: ")[1]


def test_a_number_is_neither_new_nor_gone_where_only_the_other_side_names_its_file(
    empty_repository: Folder,
) -> None:
    folder = empty_repository
    folder.write("scores/a.json", '{"auc": 0.9}')
    one = folder.commit("Score")
    folder.write("scores/b.json", '{"auc": 0.7}')
    folder.write("mlgit.yaml", "version: 1\nmodels: {m: {metrics: ['scores/*.json', scores/none.json]}}\n")
    two = folder.commit("Declare")
    folder.write("scores/a.json", '{"auc": 0.8}')
    folder.write("mlgit.yaml", "version: 1\nmodels: [\n")
    three = folder.commit("Break the rules")

    def changes(*sides: str) -> list[tuple[str, str, float | None, float | None]]:
        metrics = diff(folder, *sides)["metrics"]
        return [(each["file"], each["kind"], each["old"], each["new"]) for each in metrics]

    assert changes(one, two) == [("scores/b.json", "added", None, 0.7)]
    assert changes(two, one) == [("scores/b.json", "removed", 0.7, None)]
    assert changes(two, three) == [("scores/a.json", "modified", 0.9, 0.8)]
