"""Datasets: at a commit, a stage that depends on one is stale exactly if `dvc status` says so on disk."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mlgit.errors import Exit
from tests.integration.test_staleness_at_commit import at_head
from tests.support.dvc_answers import dvc_reasons, mlgit_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

    Edit = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]

SPECS: dict[str, dict[str, Any]] = {
    "dvc": {"name": "d", "url": "https://example.org/theirs.git", "type": "dvc", "path": "raw"},
    "dc": {"name": "d", "url": "dc://cats", "type": "dc"},
    "url": {"name": "d", "url": "s3://bucket/cats", "type": "url"},
}
LOCKED: dict[str, dict[str, Any]] = {
    "dvc": {"rev_lock": "1" * 40},
    "dc": {"version": 2, "created_at": "2026-01-02T03:04:05+00:00"},
    "url": {
        "meta": {"isdir": True, "size": 3, "nfiles": 2, "etag": "a"},
        "files": [
            {"relpath": "b", "meta": {"size": 1, "etag": "b", "version_id": "2"}},
            {"relpath": "a", "meta": {"size": 2, "etag": "a"}},
        ],
    },
}
# What is edited -> how, in the declaration, in the lock, and in the record of the stage; for all types.
EDITS: dict[str, Edit] = {
    "nothing": lambda *_: None,
    "declared url": lambda spec, *_: spec.update(url="https://example.org/other"),
    "locked url": lambda _, lock, __: lock.update(url="https://example.org/other"),
    "used url": lambda _, __, used: used.update(url="https://example.org/other"),
    "url everywhere": lambda *every: [each.update(url="https://example.org/other") for each in every],
    "declared type": lambda spec, *_: spec.update(type="dc" if spec["type"] != "dc" else "url"),
    "no lock": lambda _, lock, __: lock.clear(),
    "no record": lambda _, __, used: used.clear(),
    "a type that no one knows in the lock": lambda _, lock, __: lock.update(type="x"),
    "a type that no one knows in the record": lambda _, __, used: used.update(type="x"),
    "something that DVC does not know": lambda *every: [
        each.update(more=number) for number, each in enumerate(every)
    ],
}
OF_TYPE: dict[str, dict[str, Edit]] = {
    "dvc": {
        "locked rev": lambda _, lock, __: lock.update(rev_lock="2" * 40),
        "used rev": lambda _, __, used: used.update(rev_lock="2" * 40),
        "declared branch": lambda spec, *_: spec.update(rev="v2"),
        "declared and locked branch": lambda spec, lock, _: [each.update(rev="v2") for each in (spec, lock)],
        "declared path": lambda spec, *_: spec.update(path="other"),
        "an empty path": lambda spec, lock, used: [
            spec.update(path=""),
            lock.pop("path"),
            used.update(path=None),
        ],
    },
    "dc": {
        "locked version": lambda _, lock, __: lock.update(version=3),
        "the same time, written otherwise": lambda _, lock, __: lock.update(
            created_at="2026-01-02T04:04:05+01:00"
        ),
        "another time": lambda _, lock, __: lock.update(created_at="2026-01-02T03:04:06+00:00"),
    },
    "url": {
        "locked meta": lambda _, lock, __: lock["meta"].update(etag="c"),
        "a remote in meta": lambda _, lock, __: lock["meta"].update(remote="storage"),
        "what is false": lambda _, lock, __: lock["meta"].update(isexec=False),
        "a size of nothing": lambda _, lock, __: lock["files"][1]["meta"].update(size=0),
        "the order of files": lambda _, lock, __: lock["files"].reverse(),
        "a file": lambda _, lock, __: lock["files"].pop(),
        "the version of a file": lambda _, lock, __: lock["files"][0]["meta"].update(version_id="3"),
        "no files": lambda _, lock, used: [lock.update(files=[]), used.pop("files")],
    },
}
CASES = [(kind, name) for kind, own in OF_TYPE.items() for name in (*EDITS, *own)]


def write(small: Folder, kind: str, edit: Edit, *, frozen: bool = False) -> None:
    """A stage that used a dataset, after the edit, and committed."""
    spec = dict(SPECS[kind])
    lock = copy.deepcopy({**spec, **LOCKED[kind]})
    used = copy.deepcopy(lock)
    edit(spec, lock, used)
    pipeline = yaml.safe_load((small / "dvc.yaml").read_text())
    pipeline["stages"]["s"]["deps"] = ["in", "ds://d"]
    pipeline["stages"]["s"]["frozen"] = frozen
    pipeline["datasets"] = [spec]
    locked = yaml.safe_load((small / "dvc.lock").read_text())
    dep = {"path": "ds://d", **({"dataset": used} if used else {})}
    locked["stages"]["s"]["deps"].append(dep)
    locked["datasets"] = [lock] if lock else []
    small.write("dvc.yaml", json.dumps(pipeline))
    small.write("dvc.lock", json.dumps(locked))
    small.commit("Dataset")


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_at_a_commit_a_dataset_is_compared_as_dvc_does_on_disk(small: Folder, kind: str, name: str) -> None:
    write(small, kind, {**EDITS, **OF_TYPE[kind]}[name])
    found, unchecked = at_head(small)
    theirs = dvc_reasons(small)
    assert {
        key: {text.replace("new dep", "changed dep") for text in texts} for key, texts in found.items()
    } == {key: {text.replace("new dep", "changed dep") for text in texts} for key, texts in theirs.items()}
    assert unchecked == set()
    assert bool(mlgit_reasons(small)) is bool(theirs)


def test_a_frozen_stage_does_not_hide_another_dataset(small: Folder) -> None:
    write(small, "dvc", OF_TYPE["dvc"]["locked rev"], frozen=True)
    assert at_head(small) == ({}, set())
    (stage,) = small.here("status", "--json").json()["stages"]
    assert stage["unproven"] == ["changed dep ds://d (the stage is frozen)"]


def test_a_dataset_that_no_file_declares_is_stale(small: Folder) -> None:
    write(small, "dvc", lambda spec, *_: spec.update(name="other"))
    assert at_head(small) == ({"s": {"undeclared dep ds://d"}}, set())


def test_verify_passes_with_a_dataset_in_sync_and_names_the_way_out_of_another(small: Folder) -> None:
    rules = "version: 1\ngates: {low: {metric: 'm.json:a', min: 0}}\n"
    text = (small / "dvc.yaml").read_text().replace("cmd: cp in out", "cmd: cp in out && cp in m.json")
    small.write("in", '{"a": 1}')
    small.write("dvc.yaml", f"{text}    metrics: [m.json: {{cache: false}}]\n")
    small.dvc("repro", "-q")
    small.write("mlgit.yaml", rules)
    write(small, "dvc", EDITS["nothing"])
    assert small.here("check", "--rev", "HEAD").status == Exit.DONE
    pipeline = json.loads((small / "dvc.yaml").read_text())
    pipeline["datasets"][0]["rev"] = "v2"
    small.write("dvc.yaml", json.dumps(pipeline))
    small.commit("Another branch of theirs")
    check = small.here("check", "--rev", "HEAD")
    assert check.status == Exit.BLOCKED
    text = " ".join(check.out.split())
    assert "Stage `s` is stale: not in sync dep ds://d" in text
    assert "hint: run `dvc dataset update d`, then `mlgit run s`" in text
