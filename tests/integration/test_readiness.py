"""Readiness: every command reports what trunk could not use, before the merge and in the same words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from mlgit.errors import Exit, StateError
from mlgit.project.registry.read import read_model
from mlgit.project.registry.readiness import require_released_model
from tests.support.checks import DATE, check, notes
from tests.support.registry import change, close_all, opened, tags_of, valid

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.registry.state import RegisteredVersion
    from tests.support.shell import Folder

WAIVER = """\
version: 1
waivers:
  - {id: dip, gate: GATE, floor: 3, reason: Known, approver: carol@example.org, expires: END}
"""


class Fault(NamedTuple):
    """An edit of mlgit.yaml that no release or promotion could use, and the message about it."""

    old: str
    new: str
    code: str
    says: str


FAULTS = {
    "model": Fault("  line: {", "  risk_score: {", "name_refused", "`risk_score` cannot be the name"),
    "environment": Fault("  staging: {", "  Staging: {", "name_refused", "`Staging` cannot be the name"),
    "path": Fault(
        "models/line.json",
        "models/lime.json",
        "model_not_found",
        "`models/lime.json` is neither a DVC output nor a file in Git",
    ),
    "member": Fault(
        "models/line.json",
        "models/line.json/weights",
        "model_not_found",
        "`models/line.json` in the working tree does not have `weights`",
    ),
    "hand": Fault("models/line.json", "src/lost.py", "model_not_found", "`src/lost.py` is neither"),
}


def bring(project: Folder, fault: Fault) -> None:
    """Edit mlgit.yaml in the working tree."""
    text = (project / "mlgit.yaml").read_text(encoding="utf-8").replace("{from: staging}", "{}")
    project.write("mlgit.yaml", text.replace(fault.old, fault.new))


@pytest.mark.parametrize("name", FAULTS)
def test_a_change_that_brings_what_trunk_would_refuse_is_blocked(project: Folder, name: str) -> None:
    fault = FAULTS[name]
    project.git("checkout", "-qb", "topic")
    bring(project, fault)
    project.commit("Declare")
    verdict = check(project, status=Exit.BLOCKED)
    (note,) = [each for each in verdict["notes"] if each["code"] == fault.code]
    assert note["effect"] == "block"
    line = "8" if name == "environment" else "3"
    assert note["message"].startswith(f"mlgit.yaml:{line}: {fault.says}")


@pytest.mark.parametrize("name", FAULTS)
def test_what_trunk_has_already_only_warns(project: Folder, name: str) -> None:
    fault = FAULTS[name]
    bring(project, fault)
    project.commit("Declare")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    project.write("README.md", "About something else\n")
    project.commit("Explain")
    assert (fault.code, "warn") in notes(check(project, status=Exit.DONE))


def test_names_that_tags_or_dvc_yaml_have_are_allowed(project: Folder) -> None:
    project.git("tag", "-a", "risk_score@v1.0.0", "-m", "Made by another tool")
    project.git("tag", "-a", "other#Staging#1", "-m", "Made by another tool")
    bring(project, FAULTS["model"])
    text = (project / "mlgit.yaml").read_text(encoding="utf-8").replace("  staging: {", "  Staging: {")
    project.write("mlgit.yaml", text)
    assert "name_refused" not in dict(notes(check(project, status=Exit.DONE)))


@pytest.mark.parametrize("path", ["mlgit.yml", ".mlgit.yaml", "sub/mlgit.yaml"])
@pytest.mark.parametrize("in_git", [True, False], ids=["in git", "not in git"])
def test_a_config_that_is_not_read_is_a_warning(project: Folder, path: str, *, in_git: bool) -> None:
    (project / path).parent.mkdir(exist_ok=True)
    if in_git:
        project.git("mv", "mlgit.yaml", path)
    else:
        (project / "mlgit.yaml").rename(project / path)
        project.git("rm", "-q", "--cached", "mlgit.yaml")
    project.git("commit", "-qm", "Move the gates")
    verdict = check(project, status=Exit.DONE)
    (note,) = [each for each in verdict["notes"] if each["code"] == "config_not_read"]
    assert (note["effect"], f"`{path}`" in note["message"]) == ("warn", True)
    project.ok("bash", "-c", note["hint"].removeprefix("run `").removesuffix("`"))
    assert "config_not_read" not in dict(notes(check(project, status=Exit.DONE)))


def waivers(gate: str = "mae-vs-base", end: str = "2026-03-20") -> str:
    return WAIVER.replace("GATE", gate).replace("END", end)


@pytest.mark.parametrize(
    "text", [waivers(end="never"), waivers() + "  - {}\n", "version: 1\nwaivers: [[]]\n", ": ["]
)
def test_a_change_cannot_bring_waivers_that_cannot_be_read(project: Folder, text: str) -> None:
    project.git("checkout", "-qb", "topic")
    project.write(".mlgit/waivers.yaml", text)
    project.commit("Waive")
    done = project.here("check", *DATE)
    assert (done.status, ".mlgit/waivers.yaml:" in done.err) == (Exit.CONFIG, True), done.out + done.err


@pytest.mark.parametrize("repaired", [waivers(), None], ids=["repaired", "removed"])
def test_a_change_that_repairs_the_waivers_of_trunk_gets_a_verdict(
    project: Folder, repaired: str | None
) -> None:
    project.write(".mlgit/waivers.yaml", waivers(end="never"))
    project.commit("Waive")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    if repaired is None:
        project.git("rm", "-q", ".mlgit/waivers.yaml")
    else:
        project.write(".mlgit/waivers.yaml", repaired)
    project.commit("Repair")
    found = notes(check(project, *DATE, status=Exit.DONE))
    assert found == [("trunk_waivers_invalid", "warn"), ("waivers_changed", "note")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (waivers("no-such-gate"), "waiver_unknown"),
        (waivers(end="2026-12-31"), "waiver_too_long"),
        (waivers(end="2026-03-01"), "waiver_expired"),
        (waivers(), None),
    ],
)
def test_a_new_waiver_that_would_not_count_is_a_warning(project: Folder, text: str, code: str | None) -> None:
    project.git("checkout", "-qb", "topic")
    project.write(".mlgit/waivers.yaml", text)
    project.commit("Waive")
    verdict = check(project, *DATE, status=Exit.DONE)
    expected = sorted([("waivers_changed", "note"), *([] if code is None else [(code, "warn")])])
    assert notes(verdict) == expected
    (changed,) = (each["message"] for each in verdict["notes"] if each["code"] == "waivers_changed")
    assert ("After the merge" in changed) is (code is None)


def test_a_version_whose_commit_does_not_have_the_model_is_not_promoted(project: Folder) -> None:
    bring(project, FAULTS["path"])
    project.commit("Declare")
    project.git("push", "-q")
    change(project, "release", "line", "--data-elsewhere")
    change(project, "promote", "line", "--to", "staging")  # the tag states it
    here = opened(project)
    (version,) = read_model(here, "line").versions
    older = cast(
        "RegisteredVersion", SimpleNamespace(commit=version.commit, version="v1.0.0", statement=None)
    )
    with pytest.raises(StateError, match=r"`models/lime.json` is neither"):
        require_released_model(here, "line", older, "models/lime.json")
    require_released_model(here, "line", older, "models/line.json")
    require_released_model(here, "line", older, None)  # another tool's tag
    close_all()


def test_promote_ci_tag_and_deploy_refuse_such_a_version_in_the_same_words(
    project: Folder, tmp_path: Path
) -> None:
    bring(project, FAULTS["path"])
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    target = f"{{staging: {{target: local, path: '{tmp_path}/served/{{model}}'}}}}"
    project.write("mlgit.yaml", f"{text}foreign_tags: allow\ndeploy: {target}\n")
    project.commit("Declare")
    project.git("push", "-q")
    for tag in ("line@v1.0.0", "line#staging#1"):
        project.git("tag", "-am", "By another tool", tag)
        project.git("push", "-q", "origin", tag)
    says = FAULTS["path"].says
    asked = project.here("ci", "tag", "line#staging#1", "--json")
    assert asked.status == Exit.BLOCKED, asked.err
    failed = {each["check"]: each["message"] for each in asked.json()["proofs"] if each["state"] == "fail"}
    assert says in failed["rules"]
    assert not asked.json()["deploy"]
    deployed = project.here("deploy", "--env", "staging", "--json")
    assert deployed.status == Exit.STATE, deployed.out + deployed.err
    (done,) = deployed.json()["deployments"]
    assert (done["state"], says in done["failure"]["message"]) == ("failed", True)
    promoted = project.here("promote", "line@v1.0.0", "--to", "prod")
    assert (promoted.status, says in promoted.err) == (Exit.STATE, True)


@pytest.mark.parametrize("name", ["model", "environment"])
def test_release_and_promote_refuse_a_name_as_the_check_does(project: Folder, name: str) -> None:
    fault = FAULTS[name]
    bring(project, fault)
    project.commit("Declare")
    project.git("push", "-q")
    argv = ("release", "risk_score") if name == "model" else ("promote", "line", "--to", "Staging")
    if name == "environment":
        change(project, "release", "line")
    done = project.here(*argv)
    assert (done.status, fault.says in done.err, "hint: rename it to" in done.err) == (
        Exit.CONFIG,
        True,
        True,
    ), done.err


@pytest.mark.parametrize("name", FAULTS)
def test_status_and_doctor_know_what_the_check_knows(project: Folder, name: str) -> None:
    fault = FAULTS[name]
    bring(project, fault)
    project.commit("Declare")
    project.git("push", "-q")
    status = valid(project.here("status", "--json"), "status")
    found = [each for each in status["unready"] if each["code"] == fault.code]
    assert [(each["severity"], each["message"].startswith(fault.says)) for each in found] == [("error", True)]
    if name != "environment":
        assert status["next"] is None
    assert fault.says in project.here("status").out.replace("\n", " ")
    doctor = valid(project.here("doctor", "--json"), "doctor")
    assert [each["severity"] for each in doctor["findings"] if each["id"] == fault.code] == ["error"]
    merged, head = project.here("ci", "merged", "--dry-run"), project.git("rev-parse", "--short=7", "HEAD")
    if name != "environment":
        says = fault.says.replace(" in the working tree", f" at {head}")
        assert says in merged.out
    assert tags_of(project) == {}


@pytest.mark.parametrize("declared", [True, False])
def test_a_config_that_is_not_read_is_named_by_status_and_doctor(project: Folder, *, declared: bool) -> None:
    project.git("mv", "mlgit.yaml", "mlgit.yml")
    if declared:
        project.write("mlgit.yaml", "version: 1\n")
    project.commit("Rename")
    project.git("push", "-q")
    assert "`mlgit.yml`" in project.here("status").out
    findings = valid(project.here("doctor", "--json"), "doctor")["findings"]
    (finding,) = [each for each in findings if each["id"] == "config_not_read"]
    assert finding["repair"] == (None if declared else "git add mlgit.yml && git mv mlgit.yml mlgit.yaml")
    if not declared:
        assert valid(project.here("status", "--json"), "status")["next"]["command"] == finding["repair"]
        assert "mlgit init" not in {each["repair"] for each in findings}


@pytest.mark.parametrize("remote", [True, False])
def test_status_proposes_only_a_release_that_is_not_refused(project: Folder, *, remote: bool) -> None:
    if not remote:
        project.dvc("remote", "remove", "storage")
        project.commit("No storage")
        project.git("push", "-q")
    step = valid(project.here("status", "--json"), "status")["next"]
    assert (step is not None and step["command"] == "mlgit release line") == remote
    assert project.here("release", "line").status == (Exit.DONE if remote else Exit.STATE)
