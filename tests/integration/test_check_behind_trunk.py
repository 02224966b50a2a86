"""A branch that trunk has left behind: its gates are also compared with the numbers that trunk has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

CONFIG = """\
version: 1
models: {net: {path: net.bin, metrics: [metrics.json]}}
gates:
  floor: {metric: auc, min: 0.5}
  drop: {metric: auc, vs: base, max_drop: 0.01}
"""
BASE = '{"auc": 0.9, "f1": 0.8}'
WARNS, NOTES, SILENT = ("warn", "allow_with_warnings"), ("note", "allow"), (None, "allow")
# What trunk and the branch made of the numbers -> the note and the decision.
CASES = {
    "trunk is better, the branch less so": (
        '{"auc": 0.95, "f1": 0.8}',
        '{"auc": 0.92, "f1": 0.8}',
        WARNS,
    ),
    "trunk has no such number any more": ("{}", '{"auc": 0.92, "f1": 0.8}', SILENT),
    "trunk is a little better": ('{"auc": 0.925, "f1": 0.8}', '{"auc": 0.92, "f1": 0.8}', NOTES),
    "trunk changed another number": ('{"auc": 0.9, "f1": 0.7}', '{"auc": 0.92, "f1": 0.8}', SILENT),
    "the branch changed another number": ('{"auc": 0.95, "f1": 0.8}', '{"auc": 0.9, "f1": 0.7}', SILENT),
    "the branch changed nothing": ('{"auc": 0.95, "f1": 0.8}', None, SILENT),
    "trunk changed nothing": (None, '{"auc": 0.92, "f1": 0.8}', SILENT),
}


@pytest.fixture
def plain(empty_repository: Folder, tmp_path: Path) -> Folder:
    """A repository with a remote."""
    folder = empty_repository
    folder.write("mlgit.yaml", CONFIG)
    folder.write("metrics.json", BASE)
    folder.write("net.bin", "1\n")
    folder.commit("First")
    folder.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    folder.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    folder.git("push", "-q", "-u", "origin", "HEAD:main")
    folder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder


def diverge(folder: Folder, trunk: str | None, own: str | None) -> None:
    """Trunk gets some numbers, and the branch topic others."""
    folder.git("switch", "-q", "-c", "topic")
    folder.write("notes.md", "Mine\n")
    if own is not None:
        folder.write("net.bin", "2\n")
        folder.write("metrics.json", own)
    folder.commit("Mine")
    folder.git("switch", "-q", "main")
    folder.write("README.md", "More\n")
    if trunk is not None:
        folder.write("metrics.json", trunk)
    folder.commit("Theirs")
    folder.git("push", "-q", "origin", "HEAD:main")
    folder.git("switch", "-q", "topic")


@pytest.mark.parametrize("case", CASES)
def test_numbers_of_trunk_that_a_merge_would_meet_are_named(plain: Folder, case: str) -> None:
    trunk, own, (effect, decision) = CASES[case]
    diverge(plain, trunk, own)
    verdict = plain.here("check", "--json").json()["verdict"]
    found = [note for note in verdict["notes"] if note["code"] == "target_moved_on"]
    assert [note["effect"] for note in found] == ([] if effect is None else [effect])
    assert verdict["decision"] == decision


def test_the_report_says_it_first_and_its_hint_shows_the_numbers(plain: Folder) -> None:
    diverge(plain, '{"auc": 0.95, "f1": 0.8}', '{"auc": 0.92, "f1": 0.8}')
    text = plain.here("report", "--as", "github").out
    warned = "`drop` would not pass next to `origin/main` as it is now"
    assert text.startswith(f"### ⚠️ May merge, 1 warning: net, {warned}\n")
    assert f"- ⚠️ **Warning.** {warned}: auc 0.95 → 0.92" in text
    assert plain.here("check", "--base", "origin/main").status == 1
    plain.git("merge", "-q", "-X", "ours", "origin/main")
    assert "target_moved_on" not in plain.here("check", "--json").out
