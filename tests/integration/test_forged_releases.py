"""Forged releases: statements that plain git writes about commits of trunk whose gates would have blocked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import FileDigest, GateOutcome, ReleaseStatement
from mlgit.errors import Exit
from tests.support.registry import train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

TAG = "line@v1.0.1"
GATE = "  r2-vs-release: {metric: r2, vs: release, max_drop: 0.02}\n"
PASSED = tuple(
    GateOutcome(gate=name, outcome="pass") for name in ("mae-vs-base", "r2-floor", "r2-vs-release")
)
FAILED = (*PASSED[:2], GateOutcome(gate="r2-vs-release", outcome="fail"))


@pytest.fixture
def worse(staged: Folder) -> Folder:
    """The project with v1.0.0 and a worse model on trunk's tip, whose release a gate blocks."""
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{GATE}"))
    train(staged, "1.985")
    assert staged.here("release", "line").status == Exit.BLOCKED
    return staged


def forge(folder: Folder, **fields: Any) -> None:  # noqa: ANN401 (any field)
    """Push v1.0.1 of trunk's tip with a statement like that of v1.0.0, apart from some fields."""
    first = parse_message(folder.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n")
    assert isinstance(first, ReleaseStatement)
    commit = folder.git("rev-parse", "HEAD").strip()
    tree = folder.git("rev-parse", "HEAD^{tree}").strip()
    content = (folder / "models/line.json").read_bytes()
    file = FileDigest(
        path="models/line.json",
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    values = {"gates": PASSED, "files": (file,), "lock_sha256": None, **fields}
    statement = replace(first, version="v1.0.1", commit=commit, tree=tree, **values)
    message = folder.write(".git/message", write_message("Release", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(message), TAG, commit)
    folder.git("push", "-q", "origin", f"refs/tags/{TAG}")


def proofs(folder: Folder, tag: str, *, status: int) -> dict[str, tuple[str, str]]:
    done = folder.here("ci", "tag", "--json", "--", tag)
    assert done.status == status, done.out + done.err
    return {each["check"]: (each["state"], each["message"]) for each in done.json()["proofs"]}


def test_the_gates_of_a_release_are_evaluated_again(worse: Folder) -> None:
    forge(worse)
    found = proofs(worse, TAG, status=Exit.BLOCKED)
    assert found["gates"][0] == "fail"
    assert "allowed -0.02" in found["gates"][1]
    assert found["files"][0] == "pass"


def test_a_release_states_the_files_of_its_model(worse: Folder) -> None:
    forge(worse, files=())
    found = proofs(worse, TAG, status=Exit.BLOCKED)
    assert found["files"] == ("fail", "it does not state `models/line.json`, which is the model's")


def test_the_merge_job_builds_nothing_on_a_release_that_the_gates_block(worse: Folder) -> None:
    forge(worse)
    done = worse.here("ci", "merged", "--json")
    assert done.status == Exit.BLOCKED
    (step,) = done.json()["steps"]
    assert (step["outcome"], step["environment"]) == ("blocked", None)
    assert step["message"].startswith(
        "`line@v1.0.1`, which Ada made, is here already, and the gates block it: "
    )
    assert "mlgit deregister line@v1.0.1" in step["hint"]
    assert "line#staging#2" not in worse.git("ls-remote", "origin")


@pytest.mark.parametrize(
    ("gates", "why"),
    [
        ((), "it states no outcome of `mae-vs-base`, `r2-floor`, `r2-vs-release`"),
        (PASSED[:2], "it states no outcome of `r2-vs-release`"),
        (FAILED, "it states `fail` of the gate `r2-vs-release`, which blocks a release"),
    ],
    ids=["none", "one is missing", "one failed"],
)
def test_a_release_without_the_outcomes_of_its_gates_does_not_count(
    worse: Folder, gates: tuple[GateOutcome, ...], why: str
) -> None:
    forge(worse, gates=gates)
    for argv in (["promote", TAG, "--to", "staging"], ["get", TAG, "-o", "out"], ["ci", "tag", TAG]):
        done = worse.here(*argv)
        assert done.status in {Exit.BLOCKED, Exit.STATE}, argv
        assert why in done.out + done.err, argv


def test_a_waiver_that_is_gone_may_have_lifted_a_gate(worse: Folder) -> None:
    forge(worse, gates=FAILED)
    waiver = (
        "- {id: w, gate: r2-vs-release, floor: 0, reason: no, approver: b@example.org, expires: 2026-05-04}\n"
    )
    worse.write(".mlgit/waivers.yaml", f"waivers:\n{waiver}")
    worse.commit("Waive")
    worse.git("rm", "-q", ".mlgit/waivers.yaml")
    worse.commit("Its time is over")
    worse.git("push", "-q")
    assert worse.here("get", TAG, "-o", "out").status == Exit.DONE


def test_releases_by_mlgit_are_verified_whatever_came_after_them(worse: Folder) -> None:
    train_into(worse, "1.996", "staging")
    train_into(worse, "1.9985", "staging")
    for tag in ("line@v1.0.0", "line@v1.0.1", "line@v1.0.2"):
        found = proofs(worse, tag, status=Exit.DONE)
        assert (found["gates"][0], found["files"][0]) == ("pass", "pass")
    assert worse.here("ci", "merged").status == Exit.DONE
