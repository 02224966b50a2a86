"""Errors about an environment that holds nothing, or a version that is gone, propose only what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """version: 1
models: {net: {path: net.bin}, ear: {path: ear.bin}, eye: {path: eye.bin}}
environments: {staging: {}, prod: {from: staging}}
"""
RELEASED: tuple[tuple[str, ...], ...] = (("release", "net"),)
STAGED = (*RELEASED, ("promote", "net", "--to", "staging"))
LIVE = (*STAGED, ("promote", "net", "--to", "prod"))
REJECT = ("deregister", "net@v1.0.0", "-m", "worse")
OUT = ("unassign", "net", "--env", "prod", "-m", "worse")


@pytest.fixture
def three(tmp_path: Path) -> Folder:
    Folder(tmp_path).git("init", "-q", "-b", "main", "work")
    work = Folder(tmp_path / "work")
    work.write("mlgit.yaml", CONFIG)
    for name in ("net", "ear", "eye"):
        work.write(f"{name}.bin", name)
    work.commit("One")
    return work


@pytest.mark.parametrize(
    ("before", "argv", "hint"),
    [
        ((), ("get", "net#prod", "-o", "out"), "run `mlgit release net`"),
        (RELEASED, ("get", "net#prod", "-o", "out"), "run `mlgit promote net --to staging`"),
        (STAGED, ("get", "net#prod", "-o", "out"), "run `mlgit promote net --to prod`"),
        ((*LIVE, OUT), ("get", "net#prod", "-o", "out"), "see `mlgit history net --env prod`"),
        ((*STAGED,), ("get", "prod", "-o", "out"), "see `mlgit models`"),
        (LIVE, ("get", "prod", "-o", "out"), "write `net#prod`; no other model is in it"),
        ((*LIVE, OUT), ("get", "prod", "-o", "out"), "write `net#prod`; no other model was in it"),
        ((*RELEASED, REJECT), ("get", "net@v1.0.1"), "see `mlgit models`"),
        ((*LIVE, OUT), ("get", "net#prd"), "did you mean `net#prod`?"),
    ],
)
def test_the_hint_proposes_what_helps(
    three: Folder, before: tuple[tuple[str, ...], ...], argv: tuple[str, ...], hint: str
) -> None:
    for each in before:
        change(three, *each)
    done = three.here(*argv)
    assert done.status == Exit.STATE
    assert f"  hint: {hint}" in done.err, done.err
    assert ("took v1.0.0 of `net` out on" in done.err) is (hint.startswith("see `mlgit history"))
