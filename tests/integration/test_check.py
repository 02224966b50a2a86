"""`mlgit check` and `mlgit report`, through the real program on a real DVC project."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mlgit.resources import schema_text

if TYPE_CHECKING:
    from tests.support.shell import Folder

VERDICT = Draft202012Validator(json.loads(schema_text("verdict")))
ERROR = Draft202012Validator(json.loads(schema_text("error")))
TODAY = datetime(2026, 3, 2, tzinfo=UTC).date()
DATE = ("--date", TODAY.isoformat())
SECOND_MODEL = """\
  flatten:
    cmd: echo '{"r2":0.1}' > models/flat.json
    deps: [data/clean.csv]
    outs: [models/flat.json]
  judge:
    cmd: cp models/flat.json metrics/flat.json
    deps: [models/flat.json]
    metrics:
      - metrics/flat.json: {cache: false}
"""
GATES = """\
version: 1
models:
  line: {path: models/line.json}
"""


def check(project: Folder, *argv: str, status: int, env: dict[str, str] | None = None) -> Any:  # noqa: ANN401
    """Run `mlgit check --json`, hold it against the schema, return the verdict."""
    done = project.here("check", "--json", *argv, env=env)
    assert done.status == status, done.out + done.err
    document = done.json()
    VERDICT.validate(document)
    return document["verdict"]


def results(verdict: Any) -> dict[str, tuple[str, str | None, str]]:  # noqa: ANN401
    return {each["id"]: (each["outcome"], each["reason"], each["effect"]) for each in verdict["results"]}


def notes(verdict: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    return [(each["code"], each["effect"]) for each in verdict["notes"]]


def train(project: Folder, slope: str) -> None:
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    project.dvc("repro", "-q")


def gates(project: Folder, text: str) -> None:
    """Commit and push these gates, so that they are trunk's too."""
    project.write("mlgit.yaml", f"{GATES}gates:\n{text}environments: {{staging: {{}}, prod: {{}}}}\n")
    project.commit("Declare gates")
    project.git("push", "-q")


def by_hand(project: Folder, content: bytes) -> None:
    """A metric file that no stage makes: declared at the top level of dvc.yaml only."""
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [hand.json]\n")
    (project / "hand.json").write_bytes(content)


def test_a_first_model_passes_and_skips_what_it_cannot_compare(project: Folder) -> None:
    verdict = check(project, status=0)
    assert results(verdict) == {
        "line/mae-vs-base": ("skipped", "no_baseline", "allow"),
        "line/r2-floor": ("pass", None, "allow"),
    }
    assert verdict["decision"] == "allow"
    assert verdict["first_model"] is True


def test_a_change_that_keeps_its_gates_passes(project: Folder) -> None:
    project.git("checkout", "-qb", "better")
    train(project, "2.0")
    project.commit("Better")
    verdict = check(project, status=0)
    assert {each[0] for each in results(verdict).values()} == {"pass"}
    (base,) = verdict["baselines"]
    assert base["commit"] == project.git("rev-parse", "main")
    assert base["rule"] == "where this branch left `origin/main`"


def test_a_worse_model_is_blocked(project: Folder) -> None:
    train(project, "1.5")
    verdict = check(project, status=1)
    assert verdict["decision"] == "block"
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "block")
    result = next(each for each in verdict["results"] if each["gate"] == "mae-vs-base")
    assert (result["candidate"], result["baseline"], result["change"]) == ("2.75", "0.055", "2.695")
    page = project.here("check")
    assert page.status == 1
    assert page.out.startswith("Blocked: line: ")
    assert max(len(line) for line in page.out.splitlines()) <= 80


def test_a_severity_of_warn_does_not_block(project: Folder) -> None:
    gates(project, "  floor: {metric: r2, min: 0.99, severity: warn}\n")
    verdict = check(project, status=0)
    assert verdict["decision"] == "allow_with_warnings"


def test_stale_numbers_are_an_error_unless_allowed(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    assert results(check(project, status=1))["line/r2-floor"] == ("error", "stale", "block")
    allowed = check(project, "--allow-stale", status=0)
    assert allowed["decision"] == "allow_with_warnings"
    assert ("stale_allowed", "warn") in notes(allowed)
    assert results(check(project, "--allow-stale", "--purpose", "release", "--rev", "HEAD", status=0))


def test_a_release_refuses_stale_numbers_whatever_is_said(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.commit("Forgot to run")
    options = ("--purpose", "release", "--allow-stale")
    assert results(check(project, *options, status=1))["line/r2-floor"][1] == "stale"


def test_numbers_edited_by_hand_are_an_error(project: Folder) -> None:
    project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 10}')
    found = results(check(project, status=1))
    assert found["line/r2-floor"] == ("error", "not_from_pipeline", "block")
    project.commit("Look how good")
    found = results(check(project, "--rev", "HEAD", "--allow-stale", status=1))
    assert found["line/r2-floor"] == ("error", "not_from_pipeline", "block")


def test_allowing_stale_numbers_never_allows_numbers_that_no_run_recorded(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("metrics/test.json", "metrics/all"))
    script = (project / "src/evaluate.py").read_text().replace("metrics/test.json", "metrics/all/test.json")
    project.write("src/evaluate.py", f"import os\nos.makedirs('metrics/all', exist_ok=True)\n{script}")
    project.dvc("repro", "-q")
    assert results(check(project, status=0))["line/r2-floor"][0] == "pass"
    project.write("metrics/all/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 10}')
    edited = results(check(project, "--allow-stale", status=1))
    assert edited["line/r2-floor"] == ("error", "not_from_pipeline", "block")
    (project / "dvc.lock").unlink()
    unrecorded = results(check(project, "--allow-stale", status=1))
    assert unrecorded["line/r2-floor"] == ("error", "not_from_pipeline", "block")


def test_a_clean_tree_is_called_by_its_commit(project: Folder) -> None:
    head = project.git("rev-parse", "--short=7", "HEAD")
    assert check(project, status=0)["candidate"]["label"] == head
    assert f"…{head} · " in project.here("report", "--format", "markdown").out
    assert f"{head} against base" in project.here("check").out
    project.write("notes.txt", "not committed")
    assert check(project, status=0)["candidate"]["label"] == "working tree"
    (project / "notes.txt").unlink()
    # Git ignores what DVC tracks, so that only the hashes tell.
    project.write("data/raw.csv", "x,y\n1,2\n")
    assert project.git("status", "--porcelain") == ""
    assert check(project, status=1)["candidate"]["label"] == "working tree"


def test_metrics_name_what_they_stand_beside_also_when_no_gate_does(project: Folder) -> None:
    project.write("mlgit.yaml", f"{GATES}gates:\n  floor: {{metric: r2, min: 0.5}}\n")
    base = project.git("rev-parse", "--short=7", "HEAD")
    train(project, "1.98")
    assert check(project, status=0)["baselines"] == []
    assert f"working tree against base = {base}, the commit that is checked out" in project.here("check").out
    assert f"<sub>{base}…working tree on {base}" in project.here("report", "--format", "markdown").out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"score": NaN}', "not_finite"),
        (b'{"score": Infinity}', "not_finite"),
        (b'{"score": "high"}', "not_a_number"),
        (b'{"score": true}', "not_a_number"),
        (b'{"other": 1}', "unknown_metric"),
        (b'[{"score": 1}]', "unreadable"),
        (b"\x00\xff\xfe\x89PNG", "unreadable"),
        (b'{"score": 1', "unreadable"),
        (b"", "unreadable"),
    ],
)
def test_a_bad_metric_file_blocks_and_says_why(project: Folder, content: bytes, reason: str) -> None:
    by_hand(project, content)
    project.write("mlgit.yaml", f"{GATES}gates:\n  score: {{metric: 'hand.json:score', min: 0}}\n")
    found = results(check(project, status=1))["line/score"]
    # An empty file may be read as one without metrics.
    assert found[0] == "error"
    assert found[1] == reason or (not content and found[1] == "unknown_metric")
    assert found[2] == "block"


def test_a_missing_metric_file_blocks_and_says_so(project: Folder) -> None:
    (project / "metrics/test.json").unlink()
    assert results(check(project, status=1))["line/r2-floor"][1] in {"missing", "stale"}


def test_a_number_that_no_stage_makes_counts_and_is_marked(project: Folder) -> None:
    by_hand(project, b'{"score": 1}')
    project.write("mlgit.yaml", f"{GATES}gates:\n  score: {{metric: score, min: 0}}\n")
    verdict = check(project, status=0)
    assert [each["hand"] for each in verdict["results"]] == [True]


def test_a_metric_that_dvc_keeps_is_compared_from_the_cache(project: Folder) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().replace(": {cache: false}", ""))
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.dvc("repro", "-q", "-f", "evaluate")
    project.commit("Keep metrics in DVC")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, status=1)
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "block")
    for path in (project / ".dvc/cache").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.unlink()
    assert results(check(project, status=1))["line/mae-vs-base"] == ("error", "not_fetched", "block")


def test_the_verdict_is_the_same_bytes_every_time(project: Folder) -> None:
    train(project, "1.5")
    first, second = (json.dumps(check(project, *DATE, status=1)) for _ in range(2))
    assert first == second


def test_the_working_tree_without_changes_is_compared_with_the_commit_before(project: Folder) -> None:
    before = project.git("rev-parse", "HEAD")
    train(project, "2.0")
    project.commit("Better")
    project.git("push", "-q")
    (base,) = check(project, status=0)["baselines"]
    assert (base["commit"], base["rule"]) == (before, "the first parent of the commit that is judged")


def test_base_can_be_named(project: Folder) -> None:
    train(project, "1.5")
    project.commit("Worse")
    first = project.git("rev-parse", "HEAD~1")
    train(project, "1.51")
    project.commit("A bit better")
    assert check(project, "--base", "HEAD~1", status=1)["baselines"][0]["commit"] != first
    named = check(project, "--base", first, status=1)
    assert named["baselines"][0]["rule"] == "named by `--base`"
    done = project.here("check", "--base", "nowhere")
    assert done.status == 4
    assert "`nowhere`" in done.err


def test_ci_says_what_base_is(project: Folder) -> None:
    first = project.git("rev-parse", "HEAD")
    for slope in ("1.9", "1.8"):
        train(project, slope)
        project.commit(f"Slope {slope}")
    head = project.git("rev-parse", "HEAD")
    gitlab = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": first}
    assert check(project, status=1, env=gitlab)["baselines"][0]["commit"] == first
    push = {"CI_COMMIT_BEFORE_SHA": first}
    assert (
        check(project, status=1, env=push)["baselines"][0]["rule"]
        == "where the branch stood before this push"
    )
    project.git("checkout", "-q", "-b", "pr", first)
    project.git("merge", "-q", "--no-ff", "-m", "Merge", head)
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_SHA": project.git("rev-parse", "HEAD"),
    }
    (base,) = check(project, status=1, env=github)["baselines"]
    assert (base["commit"], base["rule"]) == (first, "the first parent of the merge that GitHub checked out")
    other = check(project, status=1, env=github | {"GITHUB_SHA": head})["baselines"][0]
    assert other["rule"] != base["rule"]


def test_a_history_that_is_too_short_is_an_error_with_the_way_out(project: Folder) -> None:
    train(project, "2.0")
    project.commit("Better")
    project.git("push", "-q")
    project.git("clone", "-q", "--depth", "1", f"file://{project.path.parent}/origin.git", "../shallow")
    shallow = type(project)(project.path.parent / "shallow")
    verdict = check(shallow, status=1)
    assert results(verdict)["line/mae-vs-base"] == ("error", "history_too_shallow", "block")
    assert "git fetch --unshallow" in shallow.here("check").out


def test_a_baseline_file_and_a_revision_and_one_that_is_not_there(project: Folder) -> None:
    project.write("reference.json", '{"r2": 0.9}')
    gates(
        project,
        "  file: {metric: r2, vs: {file: reference.json}, max_drop: 0.1}\n"
        "  gone: {metric: r2, vs: {file: nowhere.json}, max_drop: 0.1}\n"
        "  old: {metric: r2, vs: main, max_drop: 0.1}\n"
        "  typo: {metric: r2, vs: mian, max_drop: 0.1}\n"
        "  new: {metric: rows, vs: {file: reference.json}, max_drop: 0}\n",
    )
    assert results(check(project, status=1)) == {
        "line/file": ("pass", None, "allow"),
        "line/gone": ("error", "baseline_unreadable", "block"),
        "line/old": ("pass", None, "allow"),
        "line/typo": ("error", "baseline_unknown", "block"),
        "line/new": ("skipped", "new_metric", "allow"),
    }


def tag(project: Folder, *names: str) -> None:
    for name in names:
        project.git("tag", "-a", "-m", name, name)


def test_environment_and_release_baselines_follow_the_tags(project: Folder) -> None:
    gates(
        project,
        "  vs-prod: {metric: mae, vs: prod, max_rise: 0.1}\n"
        "  vs-release: {metric: mae, vs: release, max_rise: 0.1}\n",
    )
    empty = check(project, status=0)
    assert {each[1] for each in results(empty).values()} == {"no_baseline"}
    tag(project, "line@v1.0.0", "line#prod#1")
    released = project.git("rev-parse", "HEAD")
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, status=1)
    assert {each["commit"] for each in verdict["baselines"]} == {released}
    assert {each["label"] for each in verdict["baselines"]} == {"prod (line@v1.0.0)", "line@v1.0.0"}
    assert {each[0] for each in results(verdict).values()} == {"fail"}


def test_a_promotion_is_judged_by_trunks_gates_and_the_first_one_warns(project: Folder) -> None:
    gates(project, "  vs-prod: {metric: mae, vs: prod, max_rise: 0.1}\n")
    tag(project, "line@v1.0.0")
    project.write("mlgit.yaml", f"{GATES}gates: {{}}\n")
    project.commit("Drop the gates on a branch")
    first = check(project, "--promote-to", "prod", "--rev", "line@v1.0.0", status=0)
    assert results(first) == {"line/vs-prod": ("skipped", "no_baseline", "allow")}
    assert first["decision"] == "allow_with_warnings"
    assert notes(first) == [("first_version", "warn")]
    assert first["policy"]["gates"] == project.git("rev-parse", "origin/main")
    done = project.here("check", "--promote-to", "porduction")
    assert done.status == 4


def test_loosened_and_removed_gates_are_findings(project: Folder) -> None:
    project.git("checkout", "-qb", "sly")
    text = (project / "mlgit.yaml").read_text()
    project.write("mlgit.yaml", text.replace("min: 0.5", "min: -9").replace("mae-vs-base", "mae-vs-bose"))
    verdict = check(project, status=0)
    assert verdict["decision"] == "allow_with_warnings"
    assert {each["gate"]: each["kind"] for each in verdict["gates_changed"]} == {
        "r2-floor": "loosened",
        "mae-vs-base": "removed",
        "mae-vs-bose": "added",
    }
    assert notes(verdict) == [("gates_loosened", "warn"), ("gates_loosened", "warn")]


def test_a_branch_that_is_behind_has_loosened_nothing(project: Folder) -> None:
    old = project.git("rev-parse", "HEAD")
    text = (project / "mlgit.yaml").read_text()
    stricter = text.replace("gates:", "gates:\n  more: {metric: rows, min: 1}").replace("0.5}", "0.6}")
    project.write("mlgit.yaml", stricter)
    project.commit("Be stricter")
    project.git("push", "-q")
    project.git("checkout", "-qb", "behind", old)
    assert check(project, status=0)["gates_changed"] == []
    project.write("mlgit.yaml", text.replace("min: 0.5", "min: 0.4"))
    assert [each["kind"] for each in check(project, status=0)["gates_changed"]] == ["loosened"]


def test_two_models_are_judged_by_their_own_numbers(project: Folder) -> None:
    project.write(
        "dvc.yaml",
        (project / "dvc.yaml").read_text().replace("artifacts:", SECOND_MODEL + "artifacts:"),
    )
    project.dvc("repro", "-q")
    project.write(
        "mlgit.yaml",
        "version: 1\nmodels:\n  line: {path: models/line.json}\n  flat: {path: models/flat.json}\n"
        "gates:\n  floor: {metric: r2, min: 0.5}\n  only: {metric: rows, min: 1, model: line}\n",
    )
    project.commit("A second model")
    project.git("push", "-q")
    assert results(check(project, status=1)) == {
        "flat/floor": ("fail", "below_minimum", "block"),
        "line/floor": ("pass", None, "allow"),
        "line/only": ("pass", None, "allow"),
    }
    assert set(results(check(project, "--model", "line", status=0))) == {"line/floor", "line/only"}


def waive(**more: str) -> str:
    facts = {
        "id": "dip",
        "gate": "mae-vs-base",
        "floor": "3",
        "reason": "Known",
        "approver": "carol@example.org",
        "expires": (TODAY + timedelta(days=30)).isoformat(),
    } | more
    return (
        "version: 1\nwaivers:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in facts.items()) + "\n"
    )


def test_a_waiver_on_trunk_lets_a_failure_through_and_names_its_commit(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive())
    brought = project.commit("Waive")
    project.write("README.md", "Later\n")
    project.commit("Something else")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    gate_of = (project / "mlgit.yaml").read_text().replace("min: 0.5", "min: -9")
    project.write("mlgit.yaml", gate_of)
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, *DATE, status=0)
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "waived")
    assert verdict["decision"] == "allow_with_warnings"
    late = (TODAY + timedelta(days=31)).isoformat()
    expired = check(project, "--date", late, status=1)
    assert ("waiver_expired", "warn") in notes(expired)
    note = next(each for each in expired["notes"] if each["code"] == "waiver_expired")
    assert brought[:7] in note["message"]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"floor": "2"}, None),
        ({"gate": "no-such-gate"}, "waiver_unknown"),
        ({"approver": "ADA@example.org"}, "waiver_self_approved"),
        ({"approver": "grace@example.org"}, "waiver_self_approved"),
        ({"expires": (TODAY + timedelta(days=120)).isoformat()}, "waiver_too_long"),
    ],
)
def test_a_waiver_that_does_not_count_does_not_help(
    project: Folder, more: dict[str, str], note: str | None
) -> None:
    project.write(".mlgit/waivers.yaml", waive(**more))
    project.commit("Waive")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.commit("Worse\n\nCo-authored-by: Grace <Grace@example.org>")
    verdict = check(project, *DATE, status=1)
    assert results(verdict)["line/mae-vs-base"][2] == "block"
    assert [code for code, _ in notes(verdict)] == ([] if note is None else [note])


def test_a_pull_request_cannot_waive_itself(project: Folder) -> None:
    project.git("checkout", "-qb", "sly")
    project.write(".mlgit/waivers.yaml", waive())
    train(project, "1.5")
    project.commit("Worse, but waived")
    verdict = check(project, *DATE, status=1)
    assert ("waivers_changed", "note") in notes(verdict)


def test_an_invalid_waivers_file_on_trunk_ends_with_3(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive(expires="never"))
    project.commit("Waive")
    project.git("push", "-q")
    done = project.here("check")
    assert done.status == 3
    assert ".mlgit/waivers.yaml:8" in done.err


def test_explain_tells_where_each_number_came_from(project: Folder) -> None:
    train(project, "1.5")
    done = project.here("check", "--explain", "mae-vs-base")
    assert done.status == 1
    text = " ".join(done.out.split())
    head = project.git("rev-parse", "--short=7", "HEAD")
    for part in (
        "mlgit.yaml:6",
        f"2.75 from metrics/test.json:mae, working tree on {head}",
        f"0.055 from metrics/test.json:mae, {head}",
        "`base` is the commit that is checked out",
        "max_rise: 0.05, so candidate - baseline <= 0.05",
    ):
        assert part in text
    unknown = project.here("check", "--explain", "mae-vs-bsae")
    assert unknown.status == 2
    assert "did you mean `" in unknown.err


def test_a_model_can_be_chosen_and_a_wrong_one_is_told(project: Folder) -> None:
    assert set(results(check(project, "--model", "line", status=0))) == {"line/mae-vs-base", "line/r2-floor"}
    done = project.here("check", "--model", "lien")
    assert done.status == 4
    assert "did you mean `line`?" in done.err


@pytest.mark.parametrize("argv", [("--date", "tomorrow"), ("--promote-to", "prod", "--purpose", "release")])
def test_wrong_usage_ends_with_2(project: Folder, argv: tuple[str, ...]) -> None:
    assert project.here("check", *argv).status == 2


def test_an_invalid_config_ends_with_3_and_still_writes_a_report(project: Folder) -> None:
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    assert project.here("check").status == 3
    markdown = project.here("report", "--format", "markdown", "-o", "report.md")
    assert markdown.status == 3
    assert (project / "report.md").read_text().startswith("### ❌ No verdict: ")
    assert project.here("report", "--format", "junit", "-o", "report.xml").status == 3
    assert ET.parse(project / "report.xml").getroot().get("errors") == "1"  # noqa: S314 (our own XML)
    for argv in (("--json",), ("--format", "json")):
        done = project.here("report", *argv)
        assert done.status == 3
        ERROR.validate(done.json())


def test_without_a_config_nothing_is_judged(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    project.commit("No config")
    project.git("push", "-q")
    verdict = check(project, status=0)
    assert (verdict["decision"], notes(verdict)) == ("allow", [("no_gates", "note")])


def test_a_change_can_repair_a_config_that_is_broken_on_trunk(project: Folder) -> None:
    good = (project / "mlgit.yaml").read_text()
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    project.commit("Break it")
    project.git("push", "-q")
    project.write("mlgit.yaml", good)
    assert ("trunk_config_invalid", "warn") in notes(check(project, status=0))


def test_a_broken_config_on_the_target_of_a_pull_request_is_told(project: Folder) -> None:
    good = (project / "mlgit.yaml").read_text()
    project.git("checkout", "-q", "-b", "develop")
    project.write("mlgit.yaml", "version: 1\ngatez: {}\n")
    project.commit("Break it")
    project.git("push", "-q", "origin", "develop")
    project.write("mlgit.yaml", good)
    found = check(project, status=0, env={"GITHUB_BASE_REF": "develop"})
    assert ("target_config_invalid", "warn") in notes(found)


def test_a_repository_without_a_commit_can_be_checked(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metric: auc, min: 0.5}\n")
    verdict = check(empty_repository, status=1)
    assert results(verdict) == {"floor": ("error", "unknown_metric", "block")}


def test_the_report_comes_in_every_format_with_the_exit_code_of_check(project: Folder) -> None:
    train(project, "1.5")
    console = project.here("report")
    assert console.status == 1
    assert console.out.startswith("Blocked: line: ")
    markdown = project.here("report", "--format", "markdown", "-o", "report.md")
    assert (markdown.status, markdown.out) == (1, "")
    text = (project / "report.md").read_text()
    assert text.startswith("### ❌ line: ")
    assert "**params**: `train.slope` 1.99 -> 1.5" in text
    assert "**model**: `line` changed" in text
    assert "<!-- mlgit-report:mlgit -->" in text
    as_json = project.here("report", "--format", "json")
    VERDICT.validate(as_json.json())
    assert set(as_json.json()["changes"]) == {"data", "params", "model"}
    junit = project.here("report", "--format", "junit")
    assert len(ET.fromstring(junit.out).findall(".//testcase")) == 2  # noqa: S314 (our own XML)
    assert not [path for path in project.path.iterdir() if path.name.endswith(".new")]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(project: Folder) -> None:
    done = project.here("report", "--format", "json", "-o", "no/such/folder/report.json")
    assert done.status == 4
    assert "no/such/folder" in done.err


def test_a_release_is_compared_with_the_release_before_it(project: Folder) -> None:
    none = check(project, "--purpose", "release", status=0)
    assert none["baselines"][0]["message"] == "No release of `line` comes before this one"
    tag(project, "line@v1.0.0")
    assert check(project, "--purpose", "release", status=0)["baselines"][0]["state"] == "none"
    train(project, "1.5")
    project.commit("Worse")
    (base,) = check(project, "--purpose", "release", status=1)["baselines"]
    assert (base["label"], base["rule"]) == ("line@v1.0.0", "the newest release before it")


def test_a_baseline_whose_pipeline_is_broken_is_an_error_of_the_gate(project: Folder) -> None:
    good = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", "stages: [\n")
    project.commit("Break the pipeline")
    project.git("push", "-q")
    project.write("dvc.yaml", good)
    verdict = check(project, status=1)
    assert results(verdict)["line/mae-vs-base"] == ("error", "baseline_unreadable", "block")
    assert results(verdict)["line/r2-floor"] == ("pass", None, "allow")


def test_a_waiver_counts_from_the_commit_that_last_changed_it(project: Folder) -> None:
    early = (TODAY - timedelta(days=80)).isoformat()
    project.write(".mlgit/waivers.yaml", waive(reason="First"))
    project.commit("Waive", date=f"{early}T12:00:00+00:00")
    project.git("push", "-q")
    train(project, "1.5")
    options = ("--allow-stale", *DATE)
    assert ("waiver_too_long", "warn") in notes(check(project, *options, status=1))
    project.git("stash", "-q")
    project.write(".mlgit/waivers.yaml", waive(reason="Second"))
    renewed = project.commit("Renew", date=f"{TODAY.isoformat()}T00:00:00+00:00")
    project.git("push", "-q")
    project.git("stash", "pop", "-q")
    found = results(check(project, *options, status=1))
    assert found["line/mae-vs-base"][2] == "waived"
    assert found["line/r2-floor"][2] == "block"
    assert renewed


def test_who_changes_the_working_tree_cannot_approve_it(project: Folder) -> None:
    project.write(".mlgit/waivers.yaml", waive(approver="ada@example.org"))
    project.commit("Waive")
    project.git("push", "-q")
    train(project, "1.5")
    assert ("waiver_self_approved", "warn") in notes(check(project, *DATE, status=1))


def test_before_the_first_commit_the_working_tree_is_trunk(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metric: auc, min: 0.5}\n")
    empty_repository.write(".mlgit/waivers.yaml", waive(gate="floor", covers="[error]"))
    verdict = check(empty_repository, *DATE, status=0)
    assert results(verdict) == {"floor": ("error", "unknown_metric", "waived")}
