"""What a change hides: which files are used, and the words of the findings."""

from __future__ import annotations

import pytest

from mlgit.core.gates.resolved.ignored import (
    declared_paths,
    hidden_findings,
    read_below,
    unseen_findings,
    used_data,
    used_files,
)
from mlgit.core.pipeline.evidence import Evidence
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.support.verdicts import metric_file

PIPELINE = Pipeline(
    stages=(
        Stage(
            address="train",
            name="train",
            file="dvc.yaml",
            wdir=".",
            cmd=("run",),
            deps=("src", "data"),
            params={"params.yaml": ("lr",)},
            outs=(
                Output(path="m.bin", owner="train"),
                Output(path="m.json", owner="train", cached=False),
            ),
        ),
    ),
    tracked=(Output(path="data", owner="data.dvc"),),
)
KNOWN = Evidence(
    label="x", commit=None, pipeline=PIPELINE, metric_files=(metric_file(path="by/hand.json", auc="1"),)
)


def test_what_stages_read_and_what_git_keeps_is_declared() -> None:
    assert declared_paths(KNOWN) == {
        "src": "read by stage train",
        "data": "read by stage train",
        "params.yaml": "read by stage train",
        "m.json": "written by stage train",
        "by/hand.json": "a metric file",
    }


def test_files_in_declared_folders_are_used_unless_dvc_keeps_them() -> None:
    paths = ["src/a.py", "src/deep/b.py", "srcs/c.py", "m.json", "m.bin", "data/x.csv", "readme"]
    assert used_files(paths, declared_paths(KNOWN), KNOWN) == {
        "src/a.py": "read by stage train",
        "src/deep/b.py": "read by stage train",
        "m.json": "written by stage train",
    }


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ("data/set", ["data/set/a", "data/set/train/b"]),
        ("data/set/train", ["data/set/train/b"]),
        ("data", ["data/set/a", "data/set/train/b"]),
        ("data/set/train/b", ["data/set/train/b"]),
        ("data/sets", []),
    ],
)
def test_a_part_of_a_folder_of_dvc_is_used_like_the_whole(declared: str, used: list[str]) -> None:
    found = used_data(Output(path="data/set", owner="x.dvc"), ["a", "train/b"], {declared: "read"})
    assert found == dict.fromkeys(used, "read")


def test_each_file_of_patterns_has_one_finding_that_names_the_first_files() -> None:
    hidden = {
        ".dvcignore": {f"src/{name}.py": "read by stage train" for name in "edcba"},
        "a/.gitignore": {"a/m.dvc": "read by DVC"},
        "b/.dvcignore": {f"b/{name}.py": "read by stage train" for name in "abc"},
    }
    findings = list(hidden_findings(hidden))
    assert {(each.kind, each.whole) for each in findings} == {("file", True)}
    found = [(each.code, each.subjects, each.text) for each in findings]
    words = ", ".join(f"`src/{name}.py` (read by stage train)" for name in "abc")
    refused = "and DVC refuses its own files where Git ignores them"
    later = "so later changes of it may not show"
    assert found == [
        (
            "evidence_weakened",
            (".dvcignore",),
            f"`.dvcignore` now hides {words} and 2 more from DVC, {later}",
        ),
        (
            "evidence_weakened",
            ("a/.gitignore",),
            f"`a/.gitignore` now ignores `a/m.dvc` (read by DVC), {refused}",
        ),
        (
            "evidence_weakened",
            ("b/.dvcignore",),
            f"`b/.dvcignore` now hides {words.replace('src/', 'b/')} from DVC, {later}",
        ),
    ]


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("src/a.py", True),
        ("src/deep/b.py", True),
        ("srcs/c.py", False),
        ("src", False),
        ("src/.gitignore", False),
        ("src/named.py", False),
        ("src/params.yaml", False),
        ("src/data.csv", False),
        ("src/.dvc/config", False),
        ("src/.dvc/code.py", True),
    ],
)
def test_a_stage_reads_its_folders_and_names_some_files_of_them_itself(path: str, *, read: bool) -> None:
    stage = PIPELINE.stages[0]._replace(deps=("src", "src/named.py"), params={"src/params.yaml": ("lr",)})
    pipeline = Pipeline(stages=(stage,), tracked=(Output(path="src/data.csv", owner="src/data.csv.dvc"),))
    assert [*read_below([path], pipeline)] == ([(path, stage)] if read else [])
    root = stage._replace(deps=(".",), params={})
    assert bool([*read_below([path], Pipeline(stages=(root,)))]) == (not path.endswith(("ignore", "config")))


def test_each_place_that_hides_what_a_change_touches_has_one_finding() -> None:
    unseen: dict[str, tuple[str, str | None]] = {
        "src/.hg/x": ("src/.hg", None),
        "src/a/1": ("src/a", ".dvcignore"),
        "src/a/2": ("src/a", ".dvcignore"),
        "src/b": ("src/b", "src/.dvcignore"),
        "src/c": ("src/c", ".dvcignore"),
    }
    found = [*unseen_findings(unseen, dict.fromkeys(unseen, "read by stage train"))]
    which = ", ".join(f"`src/{name}` (read by stage train)" for name in ("a/1", "a/2", "c"))
    one = "(read by stage train)"
    assert [(each.code, each.kind, each.subjects, each.text) for each in found] == [
        (
            "evidence_weakened",
            "file",
            ("src/a", "src/c"),
            f"`.dvcignore` hides {which} from DVC, so changes of them do not show",
        ),
        (
            "evidence_weakened",
            "file",
            ("src/b",),
            f"`src/.dvcignore` hides `src/b` {one} from DVC, so changes of it do not show",
        ),
        (
            "evidence_weakened",
            "file",
            ("src/.hg",),
            f"DVC does not look into `src/.hg`, so changes of `src/.hg/x` {one} do not show",
        ),
    ]
