"""The baselines of `mlgit check`: base, CI, revisions, files, environments and releases."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.checks import GATES, check, gates, notes, results, tag, train
from tests.support.registry import allow_foreign_tags

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_the_baseline_of_metrics_is_named_even_if_no_gate_uses_it(project: Folder) -> None:
    project.write("mlgit.yaml", f"{GATES}gates:\n  floor: {{metric: r2, min: 0.5}}\n")
    base = project.git("rev-parse", "--short=7", "HEAD")
    train(project, "1.98")
    assert check(project, status=Exit.DONE)["baselines"] == []
    lines = project.here("-v", "check").out.splitlines()
    assert lines[:2] == [
        f"working tree against base {base}",
        f"  base {base}: the commit that is checked out",
    ]
    assert f"<sub>{base}…working tree on {base}" in project.here("report", "--format", "markdown").out


def test_a_clean_working_tree_is_compared_with_the_commit_before(project: Folder) -> None:
    before = project.git("rev-parse", "HEAD")
    train(project, "2.0")
    project.commit("Better")
    project.git("push", "-q")
    (base,) = check(project, status=Exit.DONE)["baselines"]
    assert (base["commit"], base["rule"]) == (before, "the first parent of the commit that is checked")


def test_base_can_be_named(project: Folder) -> None:
    train(project, "1.5")
    project.commit("Worse")
    first = project.git("rev-parse", "HEAD~1")
    train(project, "1.51")
    project.commit("A bit better")
    assert check(project, "--base", "HEAD~1", status=Exit.BLOCKED)["baselines"][0]["commit"] != first
    named = check(project, "--base", first, status=Exit.BLOCKED)
    assert named["baselines"][0]["rule"] == "named by `--base`"
    done = project.here("check", "--base", "nowhere")
    assert done.status == Exit.STATE
    assert "`nowhere`" in done.err


def test_a_branch_with_a_history_of_its_own_is_compared_with_the_newest_commit_of_trunk(
    project: Folder,
) -> None:
    gates(project, "  drop: {metric: r2, vs: base, max_drop: 0.01}\n")
    main = project.git("rev-parse", "HEAD")
    project.git("switch", "-q", "--orphan", "lone")
    project.git("restore", "-s", "main", "--", ".")
    train(project, "1.5")
    project.commit("All of it, and worse")
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/drop"] == ("fail", "max_drop_broken", "block")
    (base,) = verdict["baselines"]
    assert base["commit"] == main
    assert base["rule"] == "the newest commit of `origin/main`, which has an unrelated history"


def test_a_branch_without_a_commit_is_compared_with_the_newest_commit_of_trunk(project: Folder) -> None:
    gates(project, "  drop: {metric: r2, vs: base, max_drop: 0.01}\n")
    main = project.git("rev-parse", "HEAD")
    project.git("switch", "-q", "--orphan", "lone")
    project.git("restore", "-s", "main", "--", ".")
    train(project, "1.5")
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/drop"] == ("fail", "max_drop_broken", "block")
    (base,) = verdict["baselines"]
    words = "the newest commit of `origin/main`, because there is no commit yet on the branch here"
    assert (base["commit"], base["rule"]) == (main, words)
    assert "compared with the target's newest commit" in " ".join(project.here("diff").out.split())
    assert project.here("status", "--json").json()["base_rule"] == "unborn_branch"


def test_ci_says_what_base_is(project: Folder) -> None:
    first = project.git("rev-parse", "HEAD")
    for slope in ("1.9", "1.8"):
        train(project, slope)
        project.commit(f"Slope {slope}")
    head = project.git("rev-parse", "HEAD")
    gitlab = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": first}
    assert check(project, status=Exit.BLOCKED, env=gitlab)["baselines"][0]["commit"] == first
    push = {"CI_COMMIT_BEFORE_SHA": first}
    project.git("push", "-q")
    assert (
        check(project, status=Exit.BLOCKED, env=push)["baselines"][0]["rule"]
        == "where the branch was before this push"
    )
    project.git("checkout", "-q", "-b", "pr", first)
    project.git("merge", "-q", "--no-ff", "-m", "Merge", head)
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_SHA": project.git("rev-parse", "HEAD"),
    }
    (base,) = check(project, status=Exit.BLOCKED, env=github)["baselines"]
    assert (base["commit"], base["rule"]) == (first, "the first parent of the merge that CI checked out")
    other = check(project, status=Exit.BLOCKED, env=github | {"GITHUB_SHA": head})["baselines"][0]
    assert other["rule"] != base["rule"]


def test_a_history_that_is_too_short_is_an_error_with_a_hint(project: Folder) -> None:
    train(project, "2.0")
    project.commit("Better")
    project.git("push", "-q")
    project.git("clone", "-q", "--depth", "1", f"file://{project.path.parent}/origin.git", "../shallow")
    shallow = type(project)(project.path.parent / "shallow")
    verdict = check(shallow, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-base"] == ("error", "history_too_shallow", "block")
    assert "git fetch --unshallow" in shallow.here("check").out


def test_baselines_can_be_files_and_revisions_and_unknown_ones_are_errors(project: Folder) -> None:
    project.write("reference.json", '{"r2": 0.9}')
    gates(
        project,
        "  file: {metric: r2, vs: {file: reference.json}, max_drop: 0.1}\n"
        "  gone: {metric: r2, vs: {file: nowhere.json}, max_drop: 0.1}\n"
        "  old: {metric: r2, vs: main, max_drop: 0.1}\n"
        "  typo: {metric: r2, vs: mian, max_drop: 0.1}\n"
        "  new: {metric: rows, vs: {file: reference.json}, max_drop: 0}\n",
    )
    assert results(check(project, status=Exit.BLOCKED)) == {
        "line/file": ("pass", None, "allow"),
        "line/gone": ("error", "baseline_unreadable", "block"),
        "line/old": ("pass", None, "allow"),
        "line/typo": ("error", "baseline_unknown", "block"),
        "line/new": ("skipped", "new_metric", "allow"),
    }


def test_a_link_cannot_be_a_reference_file_because_it_may_lead_to_the_candidate(project: Folder) -> None:
    (project / "reference.json").symlink_to("metrics/test.json")
    (project / "reports").symlink_to("metrics")
    gates(
        project,
        "  link: {metric: r2, vs: {file: reference.json}, max_drop: 0.1}\n"
        "  below: {metric: r2, vs: {file: reports/test.json}, max_drop: 0.1}\n",
    )
    project.git("add", "-A")
    expected = {"line/link": ("error", "baseline_unreadable", "block")}
    expected["line/below"] = expected["line/link"]
    assert results(check(project, status=Exit.BLOCKED)) == expected
    project.commit("Link")
    assert results(check(project, status=Exit.BLOCKED)) == expected


def test_a_tracked_directory_is_not_a_metric_file(project: Folder) -> None:
    project.write("reports/a.json", '{"r2": 0.9}')
    project.dvc("add", "reports")
    shutil.rmtree(project.path / "reports")
    gates(project, "  folder: {metric: r2, vs: {file: reports}, max_drop: 0.1}\n")
    (result,) = check(project, status=Exit.BLOCKED)["results"]
    assert result["reason"] == "baseline_unreadable"
    assert result["message"].startswith("`reports` is a list")


def test_environment_and_release_baselines_follow_the_tags(project: Folder) -> None:
    gates(
        project,
        "  vs-prod: {metric: mae, vs: prod, max_rise: 0.1}\n"
        "  vs-release: {metric: mae, vs: release, max_rise: 0.1}\n",
    )
    empty = check(project, status=Exit.DONE)
    assert {each[1] for each in results(empty).values()} == {"no_baseline"}
    tag(project, "line@v1.0.0", "line#prod#1")
    released = project.git("rev-parse", "HEAD")
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, status=Exit.BLOCKED)
    assert {each["commit"] for each in verdict["baselines"]} == {released}
    assert {each["label"] for each in verdict["baselines"]} == {"prod (line@v1.0.0)", "line@v1.0.0"}
    assert {each[0] for each in results(verdict).values()} == {"fail"}


def test_a_promotion_uses_the_gates_of_trunk_and_the_first_one_warns(project: Folder) -> None:
    gates(project, "  vs-prod: {metric: mae, vs: prod, max_rise: 0.1}\n")
    tag(project, "line@v1.0.0")
    project.write("mlgit.yaml", f"{GATES}gates: {{}}\n")
    project.commit("Drop the gates on a branch")
    first = check(project, "--promote-to", "prod", "--rev", "line@v1.0.0", status=Exit.DONE)
    assert results(first) == {"line/vs-prod": ("skipped", "no_baseline", "allow")}
    assert first["decision"] == "allow_with_warnings"
    assert notes(first) == [("first_version", "warn")]
    assert first["policy"]["gates"] == project.git("rev-parse", "origin/main")
    done = project.here("check", "--promote-to", "porduction")
    assert done.status == Exit.STATE


def test_a_release_is_compared_with_the_release_before_it(project: Folder) -> None:
    none = check(project, "--purpose", "release", status=Exit.DONE)
    assert none["baselines"][0]["message"].startswith("No release of `line` comes before this one")
    allow_foreign_tags(project)
    tag(project, "line@v1.0.0")
    assert check(project, "--purpose", "release", status=Exit.DONE)["baselines"][0]["state"] == "none"
    train(project, "1.5")
    project.commit("Worse")
    (base,) = check(project, "--purpose", "release", status=Exit.BLOCKED)["baselines"]
    assert (base["label"], base["rule"]) == ("line@v1.0.0", "the newest release before it")


def test_a_baseline_whose_pipeline_is_broken_is_an_error_of_the_gate(project: Folder) -> None:
    good = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", "stages: [\n")
    project.commit("Break the pipeline")
    project.git("push", "-q")
    project.write("dvc.yaml", good)
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-base"] == ("error", "baseline_unreadable", "block")
    assert results(verdict)["line/r2-floor"] == ("pass", None, "allow")


def test_a_revision_that_the_author_may_move_is_named(project: Folder) -> None:
    gates(project, "  drop: {metric: r2, vs: origin/champion, max_drop: 0.01}\n")
    project.git("push", "-q", "origin", "main:champion")
    project.git("switch", "-qc", "change")
    assert not notes(check(project, status=Exit.DONE))
    train(project, "1.5")
    worse = project.commit("Worse")
    check(project, status=Exit.BLOCKED)
    project.git("push", "-q", "origin", "change:champion")
    verdict = check(project, status=Exit.DONE)
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_of_change"]
    assert note["effect"] == "warn"
    assert note["message"] == (
        f"`vs: origin/champion` compares with {worse[:7]}, which is not on `origin/main`, "
        "but is a part of this change"
    )
    verdict = check(project, "--rev", "main", status=Exit.DONE)
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_off_trunk"]
    assert note["effect"] == "note"
    assert note["message"].endswith("is not on `origin/main`: anyone who may push it chooses it")


def test_a_forgotten_metric_file_may_be_added_later(project: Folder) -> None:
    """Trunk lacks what its dvc.lock records: the file itself has the base's number, another file does not."""
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.git("commit", "-qm", "Forget the metrics")
    project.git("push", "-q")
    project.git("switch", "-qc", "repair")
    project.git("add", "-f", "metrics/test.json")
    project.git("commit", "-qm", "Add the metrics")
    done = project.here("check")
    assert done.status == Exit.DONE, done.out
    assert "mae 0.055, unchanged" in done.out
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.dvc("repro", "-q")
    project.commit("Train")
    done = project.here("check")
    assert done.status == Exit.BLOCKED
    text = " ".join(done.out.split())
    assert "is not in the commit, although `dvc.lock` records it" in text
    assert "with `covers: [error]` to `.mlgit/waivers.yaml` on trunk" in text
    assert "git add -f" not in text
