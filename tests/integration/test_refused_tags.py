"""Tags that do not count: what the commands that would act on them do, and what doctor says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import EnvironmentStatement, GateOutcome, TagPointer
from mlgit.errors import Exit
from tests.support.registry import allow_foreign_tags
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def plant(folder: Folder, tag: str, *at: str) -> None:
    """Push a tag as plain git makes it, replacing one of that name."""
    folder.git("tag", "-f", "-a", "-m", "by hand", tag, *at)
    folder.git("push", "-q", "--force", "origin", f"refs/tags/{tag}")


def findings(folder: Folder, kind: str) -> list[dict[str, Any]]:
    return [each for each in folder.here("doctor", "--json").json()["findings"] if each["id"] == kind]


@pytest.fixture
def forged(staged: Folder) -> Folder:
    """The project with a version on a commit that was never merged, tagged by hand."""
    staged.git("checkout", "-q", "-b", "topic")
    staged.commit("Never merged")
    plant(staged, "line@v9.0.0")
    staged.git("checkout", "-q", "main")
    return staged


def test_a_version_made_by_hand_is_never_promoted(forged: Folder) -> None:
    done = forged.here("promote", "line@v9.0.0", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "`line@v9.0.0` does not count: it has no statement" in done.err
    assert "foreign_tags: allow" in done.err
    chosen = forged.here("promote", "line", "--to", "staging")
    assert chosen.status == Exit.DONE
    assert "Already: line@v1.0.0 is in staging" in chosen.out
    assert "`line@v9.0.0` does not count" in chosen.out + chosen.err
    assert forged.here("get", "line@v9.0.0", "-o", "out").status == Exit.BLOCKED
    (finding,) = findings(forged, "foreign_tag")
    assert finding["subjects"] == ["line@v9.0.0"]


@pytest.mark.parametrize("allowed", [False, True])
def test_status_does_not_propose_to_promote_a_version_that_does_not_count(
    forged: Folder, *, allowed: bool
) -> None:
    if allowed:  # off trunk all the same
        allow_foreign_tags(forged)
    step = forged.here("status", "--json").json()["next"]
    assert step is None or "mlgit promote line --to staging" not in step["command"]


def test_a_version_off_trunk_does_not_count_where_foreign_tags_are_allowed(forged: Folder) -> None:
    allow_foreign_tags(forged)
    done = forged.here("promote", "line@v9.0.0", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "is not on origin/main" in done.err
    (finding,) = findings(forged, "refused_tag")
    assert "is not on origin/main" in finding["message"]


def test_an_assignment_made_by_hand_leaves_the_environment_as_it_was(forged: Folder) -> None:
    plant(forged, "line#staging#7", "line@v9.0.0^{}")
    done = forged.here("get", "line#staging", "-o", "out", "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["version"] == "v1.0.0"
    # Its counter is taken: the next change comes after it.
    assert forged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert "line#staging!#8" in forged.git("tag")


def test_a_moved_release_leaves_its_environment_unknown_until_it_is_put_back(staged: Folder) -> None:
    before = staged.git("rev-parse", "line@v1.0.0")
    staged.commit("Something else")
    staged.git("push", "-q")
    plant(staged, "line@v1.0.0")
    assert staged.here("get", "line#staging", "-o", "out").status == Exit.STATE
    (finding,) = findings(staged, "refused_tag")
    assert finding["subjects"] == ["line#staging#1"]
    assert "names `line@v1.0.0` as" in finding["message"]
    assert finding["repair"] == (
        f"git update-ref refs/tags/line@v1.0.0 {before} && git push --force origin refs/tags/line@v1.0.0"
    )
    # A clone over the protocol does not get what no ref reaches.
    place = staged.path.parent / "elsewhere"
    staged.git("clone", "-q", f"file://{staged.path.parent / 'origin.git'}", str(place))
    elsewhere = type(staged)(place)
    (finding_there,) = findings(elsewhere, "refused_tag")
    assert f"this clone lacks the release's object {before[:7]}" in finding_there["repair"]
    assert f"this clone lacks the release's object {before[:7]}" in elsewhere.here("get", "line#staging").err
    assert f"run `{finding['repair']}`" in staged.here("get", "line#staging", "-o", "out").err
    staged.run("sh", "-c", finding["repair"])
    assert staged.git("ls-remote", "origin", "refs/tags/line@v1.0.0").startswith(before)
    assert findings(staged, "refused_tag") == []
    assert staged.here("get", "line#staging", "-o", "out").status == Exit.DONE


def test_a_release_that_was_moved_on_the_remote_is_put_back_there(staged: Folder, tmp_path: Path) -> None:
    before = staged.git("rev-parse", "line@v1.0.0")
    other = Folder(tmp_path / "other")
    staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(other.path))
    plant(other, "line@v1.0.0")
    done = staged.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE
    assert "`line@v1.0.0` was moved on `origin`: `line#staging#1` names the one that is here" in done.err
    command = "git push --force origin refs/tags/line@v1.0.0"
    assert f"run `{command}`, which restores it for everyone" in done.err
    taken = Folder(tmp_path / "taken")
    staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(taken.path))
    staged.ok("sh", "-c", command)
    done = taken.here("promote", "line", "--to", "staging")
    assert "`line@v1.0.0` was moved here: `line#staging#1` names the one that is on `origin`" in done.err
    taken.ok("sh", "-c", "git fetch --force --tags origin")
    for clone in (staged, taken):
        assert clone.git("rev-parse", "line@v1.0.0") == before
        assert clone.here("promote", "line", "--to", "staging").status == Exit.DONE


@pytest.mark.parametrize("place", ["here", "here and there"])
def test_a_release_whose_tag_became_lightweight_is_not_called_missing(staged: Folder, place: str) -> None:
    before = staged.git("rev-parse", "line@v1.0.0")
    staged.git("tag", "-f", "line@v1.0.0", "line@v1.0.0^{}")
    if place == "here and there":
        staged.git("push", "-q", "--force", "origin", "refs/tags/line@v1.0.0")
    done = staged.here("get", "line#staging", "-o", "out")
    assert done.status == Exit.STATE
    assert "`line#staging#1` does not count: its release `line@v1.0.0` does not count: it is lightweight" in (
        done.err
    )
    put_back = (
        f"git update-ref refs/tags/line@v1.0.0 {before} && git push --force origin refs/tags/line@v1.0.0"
    )
    assert f"run `git fetch --force --tags origin`; if the tag is still lightweight, `{put_back}`" in done.err
    assert "its release `line@v1.0.0` does not count: it is lightweight" in staged.here("models").out
    (itself,), (named,) = findings(staged, "lightweight_tag"), findings(staged, "refused_tag")
    assert "its release `line@v1.0.0` does not count: it is lightweight" in named["message"]
    for each in (itself, named):
        assert put_back in each["repair"]
        assert "deletes" not in each["repair"]
    staged.git("fetch", "-q", "--force", "--tags", "origin")
    if place == "here and there":
        staged.ok("sh", "-c", put_back)
    assert staged.here("get", "line#staging", "-o", "out").status == Exit.DONE


def test_a_release_of_another_trunk_names_the_way_out(staged: Folder, tmp_path: Path) -> None:
    staged.git("switch", "-q", "-c", "hotfix")
    staged.commit("Fix")
    staged.git("push", "-q", "-u", "origin", "hotfix")
    staged.git("config", "mlgit.trunk", "hotfix")
    done = staged.here("release", "line", "--force")
    assert done.status == Exit.DONE, done.err
    text = " ".join(done.out.split())
    assert "a clone without `mlgit.trunk` does not count this version until `hotfix` is merged" in text
    other = Folder(tmp_path / "other")
    staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(other.path))
    refused = other.here("promote", "line@v1.0.1", "--to", "staging")
    assert refused.status == Exit.BLOCKED
    assert "is not on origin/main" in refused.err
    assert "if versions are released on another branch, run `git config mlgit.trunk BRANCH`" in refused.err
    other.git("config", "mlgit.trunk", "hotfix")
    assert other.here("promote", "line@v1.0.1", "--to", "staging").status == Exit.DONE
    other.git("config", "mlgit.trunk", "main")
    assert "is not on origin/main, which `mlgit.trunk` names here" in other.here("get", "line#staging").err
    staged.git("push", "-q", "origin", "hotfix:main")
    other.git("fetch", "-q")
    assert "Already" in other.here("promote", "line@v1.0.1", "--to", "staging").out


def test_a_release_that_left_trunk_is_refused_and_can_be_rolled_back_from(staged: Folder) -> None:
    staged.write("README.md", "words\n")
    staged.commit("Go on")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    staged.git("commit", "-q", "--amend", "-m", "Reworded")
    staged.git("push", "-q", "--force")
    version = staged.git("tag", "--list", "line@*").split()[-1]
    refused = staged.here("promote", version, "--to", "staging")
    assert refused.status == Exit.BLOCKED
    assert "is not on origin/main" in refused.err
    assert len(findings(staged, "refused_tag")) >= 2
    back = staged.here("rollback", "line", "--env", "staging", "-m", "It left trunk")
    assert back.status == Exit.DONE, back.err
    assert staged.here("get", "line#staging", "-o", "out", "--json").json()["version"] == "v1.0.0"


@pytest.mark.parametrize(
    ("gates", "why"),
    [
        ({}, "it states no outcome of `r2-floor`"),
        ({"r2-floor": "fail"}, "it states `fail` of the gate `r2-floor`, which blocks a promotion"),
        ({"r2-floor": "pass"}, None),
    ],
)
def test_a_promotion_must_state_the_gates_of_trunk(
    staged: Folder, gates: dict[str, str], why: str | None
) -> None:
    trunk = staged.git("rev-parse", "origin/main")
    statement = EnvironmentStatement(
        model="line",
        environment="staging",
        sequence=2,
        action="promote",
        at="2026-05-03T12:00:00Z",
        version="v1.0.0",
        release=TagPointer(tag="line@v1.0.0", oid=staged.git("rev-parse", "line@v1.0.0")),
        gates=tuple(GateOutcome(gate=gate, outcome=outcome) for gate, outcome in gates.items()),
        policy=trunk,
    )
    staged.write("message", write_message("Promote", "", statement))
    staged.git("tag", "-a", "--cleanup=verbatim", "-F", "message", "line#staging#2", "line@v1.0.0^{}")
    done = staged.here("get", "line#staging", "-o", "out")
    assert done.status == (Exit.DONE if why is None else Exit.STATE), done.err
    assert why is None or why in done.err


def test_doctor_proposes_what_works_for_a_rejected_version_that_is_live(staged: Folder) -> None:
    allow_foreign_tags(staged)
    plant(staged, "line@v1.0.0!", "line@v1.0.0^{}")
    (finding,) = findings(staged, "rejected_and_live")
    assert finding["repair"] == "mlgit unassign line --env staging -m 'it is deregistered'"
    staged.commit("Go on")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    assert findings(staged, "rejected_and_live") == []
    plant(staged, "line@v1.0.1!", "line@v1.0.1^{}")
    (finding,) = findings(staged, "rejected_and_live")
    assert finding["repair"].startswith("mlgit unassign")
    staged.git("push", "-q", "--delete", "origin", "line@v1.0.0!")
    staged.git("tag", "-d", "line@v1.0.0!")
    (finding,) = findings(staged, "rejected_and_live")
    assert finding["repair"] == "mlgit rollback line --env staging -m 'it is deregistered'"
    assert staged.run("sh", "-c", f"{finding['repair']} --dry-run").status == Exit.DONE
    plant(staged, "line@deprecated")
    (finding,) = findings(staged, "rejected_and_live")
    assert (finding["severity"], finding["repair"]) == ("info", None)


def test_a_clone_whose_history_is_cut_off_does_not_say_what_is_on_trunk(
    staged: Folder, tmp_path: Path
) -> None:
    staged.commit("Later")
    staged.git("push", "-q", "origin", "main")
    origin = staged.git("remote", "get-url", "origin").strip()
    Folder(tmp_path).git("clone", "-q", "--depth", "1", f"file://{staged / origin}", "cut")
    cut = Folder(tmp_path / "cut")
    cut.git("fetch", "-q", "--depth", "1", "origin", "refs/tags/*:refs/tags/*")
    shown = cut.here("show", "line@v1.0.0", "--json")
    assert "is on origin/main is not known: this clone is shallow" in shown.out
    assert "is not on origin/main" not in shown.out
    done = cut.here("check", "--base", "staging")
    assert done.status == Exit.STATE
    assert "git fetch --unshallow --tags origin" in done.err


@pytest.mark.parametrize("foreign", [False, True])
def test_a_tag_with_a_counter_neither_replaces_a_release_nor_takes_its_rejection_back(
    staged: Folder, *, foreign: bool
) -> None:
    if foreign:
        allow_foreign_tags(staged)
    staged.commit("Something else")
    staged.git("push", "-q")
    message = staged.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2]
    file = staged.write(".git/message", message + "\n")
    for tag, at in (("line@v1.0.0#1", "line@v1.0.0^{}"), ("line@v1.0.0#2", "HEAD")):
        staged.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, at)
        staged.git("push", "-q", "origin", f"refs/tags/{tag}")
    assert staged.here("get", "line@v1.0.0", "-o", "out").status == Exit.DONE
    assert staged.here("promote", "line@v1.0.0", "--to", "prod").status == Exit.DONE
    assert {each["subjects"][0] for each in findings(staged, "refused_tag")} == {
        "line@v1.0.0#1",
        "line@v1.0.0#2",
    }
    assert staged.here("ci", "tag", "--", "line@v1.0.0#1").status == Exit.BLOCKED
    for environment in ("prod", "staging"):
        assert staged.here("unassign", "line", "--env", environment).status == Exit.DONE
    assert staged.here("deregister", "line@v1.0.0", "-m", "leaks").status == Exit.DONE
    plant(staged, "line@v1.0.0#3", "line@v1.0.0^{}")
    done = staged.here("promote", "line@v1.0.0", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "is deregistered" in done.err


def test_a_tag_that_does_not_count_dates_no_other_by_a_clock_that_is_far_ahead(staged: Folder) -> None:
    head = staged.git("rev-parse", "HEAD")
    content = f"object {head}\ntype commit\ntag line#zzz#1\ntagger M <m@x> 999999999999999 +0000\n\nx\n"
    file = staged.write(".git/tag", content)
    oid = staged.git("hash-object", "-t", "tag", "-w", "--literally", str(file))
    staged.git("update-ref", "refs/tags/line#zzz#1", oid)
    staged.git("push", "-q", "origin", "refs/tags/line#zzz#1")
    assert staged.here("promote", "line", "--to", "prod").status == Exit.DONE
    assert staged.here("get", "line#prod", "-o", "out").status == Exit.DONE
    (finding,) = findings(staged, "tag_from_the_future")
    assert finding["subjects"] == ["line#zzz#1"]
    assert "git tag -d 'line#zzz#1'" in finding["repair"]
