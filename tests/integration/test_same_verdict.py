"""The command of a report that gives the same verdict gives the same verdict, whatever was asked."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models: {a: {path: a.bin, metrics: [a.json]}, b: {path: b.bin, metrics: [b.json]}}
environments: {prod: {}}
gates:
  floor: {metric: acc, min: 0.5}
  keep: {metric: acc, vs: base, max_drop: 0.2}
"""
WAIVERS = """\
version: 1
waivers:
- id: w1
  gate: b/floor
  reason: new data
  approver: eve@example.org
  floor: 0.4
  expires: 2026-04-01
"""


@pytest.fixture
def two(tmp_path: Path) -> Folder:
    """Two models, and a change in which `b` fails; a waiver lets that pass until April."""
    Folder(tmp_path).git("init", "-q", "-b", "main", "work")
    work = Folder(tmp_path / "work")
    work.write("mlgit.yaml", CONFIG)
    work.write(".mlgit/waivers.yaml", WAIVERS)
    for name in ("a", "b"):
        work.write(f"{name}.bin", "one")
        work.write(f"{name}.json", '{"acc": 0.6}\n')
    work.commit("One")
    work.git("switch", "-qc", "topic")
    work.write("b.bin", "two")
    work.write("b.json", '{"acc": 0.45}\n')
    work.write("a.bin", "two")
    work.write("a.json", '{"acc": 0.65}\n')
    work.commit("Two")
    return work


ASKED = {
    "nothing": (),
    "a model": ("--model", "a"),
    "the other model": ("--model", "b"),
    "both": ("--model", "a", "--model", "b"),
    "a day with the waiver": ("--date", "2026-03-02"),
    "a day after it, and a model": ("--date", "2026-05-02", "--model", "a"),
    "a commit": ("--rev", "HEAD~1"),
    "a base": ("--base", "HEAD"),
    "a promotion": ("--promote-to", "prod", "--rev", "HEAD"),
    "a promotion of a model with another base": ("--promote-to", "prod", "--base", "HEAD", "--model", "a"),
    "a release of a model": ("--purpose", "release", "--model", "a"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_the_command_gives_the_same_verdict(two: Folder, asked: tuple[str, ...]) -> None:
    text = two.here("report", "--format", "markdown", *asked).out
    found = re.search(
        r"(?:[Tt]o check it again in (?:your|any) clone.*|Where the numbers come from): `mlgit ([^`]*)`", text
    )
    assert found is not None, text
    command, _, _ = found[1].partition(" --explain")
    wanted, again = (
        two.here(*argv, "--json").json()["verdict"] for argv in (("check", *asked), shlex.split(command))
    )
    for verdict in (wanted, again):
        verdict.pop("gates_sha")  # also of how the base is written
        verdict["candidate"] = {"commit": two.git("rev-parse", verdict["candidate"]["commit"] or "HEAD")}
        for each in verdict["baselines"]:
            for name in ("label", "rule"):
                each.pop(name, None)
        for each in verdict["results"]:
            each.pop("message")
    assert again == wanted
