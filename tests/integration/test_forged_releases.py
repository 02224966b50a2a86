"""Forged releases: statements that plain git writes about commits of trunk whose gates would have blocked."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.registry.message import parse_message
from mlgit.core.registry.statement import FileDigest, GateOutcome, ReleaseStatement
from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.forged import forge_assignment, forge_release
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

TAG = "line@v1.0.1"
GATE = "  r2-vs-release: {metric: r2, vs: release, max_drop: 0.02}\n"
PASSED = tuple(
    GateOutcome(gate=name, outcome="pass") for name in ("mae-vs-base", "r2-floor", "r2-vs-release")
)
forge = partial(forge_release, gates=PASSED)
FAILED = (*PASSED[:2], GateOutcome(gate="r2-vs-release", outcome="fail"))


@pytest.fixture
def worse(staged: Folder) -> Folder:
    """The project with v1.0.0 and a worse model on trunk's tip, whose release a gate blocks."""
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{GATE}"))
    train(staged, "1.985")
    assert staged.here("release", "line").status == Exit.BLOCKED
    return staged


def proofs(folder: Folder, tag: str, *, status: int) -> dict[str, tuple[str, str]]:
    done = folder.here("ci", "tag", "--json", "--", tag)
    assert done.status == status, done.out + done.err
    return {each["check"]: (each["state"], each["message"]) for each in done.json()["proofs"]}


def test_the_gates_of_a_release_are_evaluated_again(worse: Folder) -> None:
    forge(worse)
    found = proofs(worse, TAG, status=Exit.BLOCKED)
    assert found["gates"][0] == "fail"
    assert "allowed -0.02" in found["gates"][1]
    # The numbers of another commit, which the forged tag has.
    assert found["files"][0] == "fail"
    assert found["files"][1].startswith("it states metrics/test.json:")


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
        "`line@v1.0.1`, which Ada made, is already here, and the gates block it: "
    )
    assert "mlgit deregister line@v1.0.1" in step["hint"]
    assert "line#staging#2" not in worse.git("ls-remote", "origin")


@pytest.mark.parametrize("files", ["none", "others"])
def test_nothing_is_built_on_a_release_that_states_other_files(staged: Folder, files: str) -> None:
    first = parse_message(staged.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n")
    assert isinstance(first, ReleaseStatement)
    train(staged, "2.0")
    forge(staged, gates=PASSED[:2], files=first.files if files == "others" else ())
    if files == "others":
        why = f"`models/line.json` was released as {first.files[0].md5}, and DVC has "
    else:
        why = "it does not state `models/line.json`, which is the model's"
    done = staged.here("ci", "merged", "--json")
    (step,) = done.json()["steps"]
    assert (done.status, step["outcome"], step["environment"]) == (Exit.BLOCKED, "blocked", None)
    which = "`line@v1.0.1`, which Ada made, is already here, and does not state the files of its commit: "
    assert step["message"].startswith(which + why)
    refused = staged.here("promote", "line", "--to", "staging")
    assert refused.status == Exit.BLOCKED
    assert "which Ada released, does not state the files of its commit; nothing was written" in refused.err
    assert why in refused.err
    assert proofs(staged, TAG, status=Exit.BLOCKED)["files"][1].startswith(why)
    assert "line#staging#2" not in staged.git("ls-remote", "origin")


def test_a_release_that_states_the_model_of_another_commit_does_not_stop_its_release(staged: Folder) -> None:
    older = train(staged, "1.99")
    train(staged, "2.0")
    content = (staged / "models/line.json").read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    staged.git("checkout", "-q", "--detach", older)
    forge(staged, gates=PASSED[:2], files=(FileDigest(path="models/line.json", md5=None, sha256=md5),))
    staged.git("checkout", "-q", "main")
    steps = staged.here("ci", "merged", "--json").json()["steps"]
    assert [(each["version"], each["outcome"]) for each in steps] == [("v1.1.0", "done")] * 2


def test_a_release_that_does_not_count_does_not_stop_the_release_of_its_model(staged: Folder) -> None:
    staged.git("checkout", "-q", "-b", "change")
    staged.git("push", "-q", "-u", "origin", "change")
    train(staged, "2.0")
    forge(staged, gates=PASSED[:2])
    staged.git("checkout", "-q", "main")
    staged.git("merge", "-q", "--squash", "change")
    staged.commit("Squash the change")
    staged.git("push", "-q")
    steps = staged.here("ci", "merged", "--json").json()["steps"]
    assert [(each["version"], each["outcome"]) for each in steps] == [("v1.1.0", "done")] * 2


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


def test_a_release_where_the_rules_are_invalid_states_the_gates_before(staged: Folder) -> None:
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", f"{text}oops: [\n")
    train(staged, "1.985")
    forge(staged, gates=())
    staged.write("mlgit.yaml", text)
    staged.commit("Repair")
    staged.git("push", "-q")
    done = staged.here("get", TAG, "-o", "out")
    assert (done.status, "it states no outcome of" in done.err) == (Exit.BLOCKED, True), done.err


def test_a_waiver_that_is_gone_may_have_lifted_a_gate(worse: Folder) -> None:
    forge(worse, gates=FAILED)
    worse.write(WAIVERS_FILE, WAIVER.format(gate="r2-vs-release"))
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


@pytest.fixture
def lenient(worse: Folder) -> Folder:
    """The same, and an environment whose only gate does not see what is worse."""
    text = (worse / "mlgit.yaml").read_text(encoding="utf-8")
    worse.write("mlgit.yaml", text.replace("staging: {auto: true}", "staging: {gates: [r2-floor]}"))
    worse.commit("Only the floor")
    worse.git("push", "-q")
    forge(worse)
    return worse


def test_a_release_that_its_gates_block_is_not_promoted(lenient: Folder) -> None:
    done = lenient.here("promote", "line@v1.0.1", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "The gates block `line@v1.0.1`, which Ada released; nothing was written" in done.err
    assert "r2-vs-release: r2 0.945 → 0.9175 (-0.0275, allowed -0.02)" in done.err
    assert "run `mlgit deregister line@v1.0.1 -m REASON`" in done.err
    assert done.out == ""


def test_a_promotion_of_such_a_release_is_refused(lenient: Folder) -> None:
    forge_assignment(lenient, "line#staging#2", "v1.0.1", gates=["r2-floor"])
    found = proofs(lenient, "line#staging#2", status=Exit.BLOCKED)
    assert "those of `line@v1.0.1` block it: r2-vs-release: " in found["gates"][1]


WAIVER = (
    "version: 1\nwaivers:\n  - {{id: w, gate: {gate}, floor: 0, reason: for r2-vs-release, "
    "approver: r2-vs-release@example.org, expires: 2026-05-04}}\n"
)


@pytest.mark.parametrize("gate", ["r2-vs-release", "line/r2-vs-release"])
def test_a_release_is_promoted_if_trunk_ever_had_a_waiver_for_what_it_fails(
    lenient: Folder, gate: str
) -> None:
    lenient.write(WAIVERS_FILE, WAIVER.format(gate=gate))
    lenient.commit("A waiver for the gate")
    lenient.git("push", "-q")
    change(lenient, "promote", "line@v1.0.1", "--to", "staging")
    assert proofs(lenient, "line#staging#2", status=Exit.DONE)["gates"][0] == "pass"


@pytest.mark.parametrize(
    "waivers",
    [
        WAIVER.format(gate="r2-floor"),
        WAIVER.format(gate="other/r2-vs-release"),
        WAIVER.format(gate="r2-vs-release-2"),
        "# r2-vs-release\n",
        WAIVER.format(gate="r2-vs-release").replace("expires: 2026-05-04", "no"),
        WAIVER.format(gate="r2-vs-release").replace("floor: 0", "floor: 0.93"),
        WAIVER.format(gate="r2-vs-release"),
    ],
    ids=[
        *("a reason and an address", "another model", "a longer name", "a comment", "an invalid file"),
        *("below its floor", "in a commit inside a pull request"),
    ],
)
def test_a_waiver_lifts_only_the_gate_that_it_is_about(lenient: Folder, waivers: str) -> None:
    inside = waivers == WAIVER.format(gate="r2-vs-release")
    lenient.git("checkout", "-q", *(["-b", "topic"] if inside else ["main"]))
    lenient.write(WAIVERS_FILE, waivers)
    lenient.commit("A waiver for something else")
    lenient.write(WAIVERS_FILE, "version: 1\nwaivers: []\n")
    lenient.commit("No waiver")
    lenient.git("checkout", "-q", "main")
    if inside:
        lenient.git("merge", "-q", "--no-ff", "-m", "Merge pull request #9 from acme/topic", "topic")
    lenient.git("push", "-q")
    assert lenient.here("promote", "line@v1.0.1", "--to", "staging").status == Exit.BLOCKED
    forge_assignment(lenient, "line#staging#2", "v1.0.1", gates=["r2-floor"])
    found = proofs(lenient, "line#staging#2", status=Exit.BLOCKED)
    assert "those of `line@v1.0.1` block it: r2-vs-release: " in found["gates"][1]


@pytest.mark.parametrize("over", ["removed", "expired", "dated back", "dated back on trunk"])
def test_a_waiver_that_was_over_before_the_release_lifts_nothing(staged: Folder, over: str) -> None:
    waiver = WAIVER.format(gate="r2-vs-release")
    staged.write(WAIVERS_FILE, waiver)
    staged.commit("A waiver for the gate")
    empty = "version: 1\nwaivers: []\n"
    staged.write(WAIVERS_FILE, empty if over == "removed" else waiver.replace("2026-05-04", "2025-05-04"))
    staged.commit("It is over")
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    text = text.replace("gates:\n", f"gates:\n{GATE}")
    staged.write("mlgit.yaml", text.replace("staging: {auto: true}", "staging: {gates: [r2-floor]}"))
    if over == "dated back":
        staged.commit("Only the floor")
        staged.git("checkout", "-q", "-b", "topic")
        pipeline.train(staged, "1.985")
        staged.dvc("push", "-q")
        staged.commit("Worse", date="2025-05-01T12:00:00+00:00")
        staged.git("checkout", "-q", "main")
        staged.git("merge", "-q", "--no-ff", "-m", "Merge pull request #9 from acme/topic", "topic")
        staged.git("push", "-q")
        staged.git("checkout", "-q", "topic")
    elif over == "dated back on trunk":
        pipeline.train(staged, "1.985")
        staged.dvc("push", "-q")
        staged.commit("Worse", date="2025-05-01T12:00:00+00:00")
        staged.git("push", "-q")
    else:
        train(staged, "1.985")
    forge(staged)
    done = staged.here("promote", "line@v1.0.1", "--to", "staging")
    assert done.status == Exit.BLOCKED, done.out
    assert "r2-vs-release: r2 0.945 → 0.9175" in done.err


ERRORS = {
    "the metric is gone": "{metric: auc, vs: release, max_drop: 0.01}",
    "what it compares with is gone": "{metric: r2, vs: heads/gone, max_drop: 0.01}",
}


@pytest.mark.parametrize("gate", ERRORS.values(), ids=ERRORS)
def test_a_release_whose_gate_is_an_error_is_not_built_on(staged: Folder, gate: str) -> None:
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    text = text.replace("staging: {auto: true}", "staging: {auto: true, gates: [r2-floor]}")
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n  error: {gate}\n"))
    train(staged, "1.985")
    assert staged.here("release", "line").status == Exit.BLOCKED
    forge(staged, gates=(*PASSED[:2], GateOutcome(gate="error", outcome="pass")))
    staged.write("README.md", "More\n")
    staged.commit("Trunk goes on")
    staged.git("push", "-q")
    merged = staged.here("ci", "merged")
    assert merged.status == Exit.BLOCKED
    assert "line#staging#2" not in staged.git("ls-remote", "origin")
    done = staged.here("promote", "line@v1.0.1", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "The gates block `line@v1.0.1`, which Ada released" in done.err
    assert "error: " in done.err
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=["r2-floor"])
    found = proofs(staged, "line#staging#2", status=Exit.BLOCKED)
    assert "those of `line@v1.0.1` block it: error: " in found["gates"][1]


def test_a_lightweight_rejection_blocks_no_release_at_trunks_tip(staged: Folder) -> None:
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8")
    staged.write("mlgit.yaml", text.replace("gates:\n", f"gates:\n{GATE}"))
    train(staged, "1.996")
    change(staged, "release", "line")
    staged.git("tag", "line@v1.0.1!", "HEAD")
    staged.git("push", "-q", "origin", "refs/tags/line@v1.0.1!")
    done = staged.here("ci", "merged")
    assert "the gates block it" not in done.out + done.err
