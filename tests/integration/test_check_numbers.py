"""The numbers of `mlgit check`: stale, edited, missing and broken ones are errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check, notes, results, train

if TYPE_CHECKING:
    from tests.support.shell import Folder


def by_hand(project: Folder, content: bytes) -> None:
    """A metric file that no stage makes: only the top level of dvc.yaml declares it."""
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [hand.json]\n")
    (project / "hand.json").write_bytes(content)


def test_stale_numbers_are_an_error_unless_allowed(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    assert results(check(project, status=Exit.BLOCKED))["line/r2-floor"] == ("error", "stale", "block")
    allowed = check(project, "--allow-stale", status=Exit.DONE)
    assert allowed["decision"] == "allow_with_warnings"
    assert ("stale_allowed", "warn") in notes(allowed)
    assert results(check(project, "--allow-stale", "--purpose", "release", "--rev", "HEAD", status=Exit.DONE))


def test_a_release_refuses_stale_numbers_even_with_allow_stale(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.commit("Forgot to run")
    options = ("--purpose", "release", "--allow-stale")
    assert results(check(project, *options, status=Exit.BLOCKED))["line/r2-floor"][1] == "stale"


def test_numbers_edited_by_hand_are_an_error(project: Folder) -> None:
    project.write("metrics/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 10}')
    found = results(check(project, status=Exit.BLOCKED))
    assert found["line/r2-floor"] == ("error", "not_from_pipeline", "block")
    project.commit("Look how good")
    found = results(check(project, "--rev", "HEAD", "--allow-stale", status=Exit.BLOCKED))
    assert found["line/r2-floor"] == ("error", "not_from_pipeline", "block")


def test_allowing_stale_numbers_never_allows_numbers_that_no_run_recorded(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("metrics/test.json", "metrics/all"))
    script = (project / "src/evaluate.py").read_text().replace("metrics/test.json", "metrics/all/test.json")
    project.write("src/evaluate.py", f"import os\nos.makedirs('metrics/all', exist_ok=True)\n{script}")
    project.dvc("repro", "-q")
    assert results(check(project, status=Exit.DONE))["line/r2-floor"][0] == "pass"
    project.write("metrics/all/test.json", '{"mae": 0.0, "r2": 1.0, "rows": 10}')
    edited = results(check(project, "--allow-stale", status=Exit.BLOCKED))
    assert edited["line/r2-floor"] == ("error", "not_from_pipeline", "block")
    (project / "dvc.lock").unlink()
    unrecorded = results(check(project, "--allow-stale", status=Exit.BLOCKED))
    assert unrecorded["line/r2-floor"] == ("error", "not_from_pipeline", "block")


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
def test_a_bad_metric_file_blocks_with_a_reason(project: Folder, content: bytes, reason: str) -> None:
    by_hand(project, content)
    project.write("mlgit.yaml", f"{GATES}gates:\n  score: {{metric: 'hand.json:score', min: 0}}\n")
    found = results(check(project, status=Exit.BLOCKED))["line/score"]
    # An empty file may be read as one without metrics.
    assert found[0] == "error"
    assert found[1] == reason or (not content and found[1] == "unknown_metric")
    assert found[2] == "block"


def test_a_missing_metric_file_blocks(project: Folder) -> None:
    (project / "metrics/test.json").unlink()
    assert results(check(project, status=Exit.BLOCKED))["line/r2-floor"][1] in {"missing", "stale"}


def test_a_number_made_by_hand_counts_and_is_marked_where_trunk_says_so(project: Folder) -> None:
    by_hand(project, b'{"score": 1}')
    project.write("mlgit.yaml", f"{GATES}numbers: committed\ngates:\n  score: {{metric: score, min: 0}}\n")
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/score"] == ("error", "not_from_pipeline", "block")
    project.commit("Take every number")
    project.git("push", "-q")
    verdict = check(project, status=Exit.DONE)
    assert [each["hand"] for each in verdict["results"]] == [True]
    assert ("not_proven", "note") in notes(verdict)


def test_a_metric_that_dvc_keeps_is_compared_from_the_cache(project: Folder) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().replace(": {cache: false}", ""))
    project.git("rm", "-q", "--cached", "metrics/test.json")
    project.dvc("repro", "-q", "-f", "evaluate")
    project.commit("Keep metrics in DVC")
    project.git("push", "-q")
    project.git("checkout", "-qb", "worse")
    train(project, "1.5")
    project.commit("Worse")
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-base"] == ("fail", "max_rise_broken", "block")
    for path in (project / ".dvc/cache").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.unlink()
    assert results(check(project, status=Exit.BLOCKED))["line/mae-vs-base"] == (
        "error",
        "not_fetched",
        "block",
    )


def test_what_an_up_to_date_stage_wrote_is_not_made_again(project: Folder) -> None:
    project.write("metrics/test.json", "{")
    first = check(project, status=Exit.BLOCKED)["results"][0]
    assert (first["reason"], first["hint"]) == ("unreadable", "run `mlgit run evaluate`")
    code = (project / "src/evaluate.py").read_text()
    project.write("src/evaluate.py", code.replace("dump(metrics,", "dump([metrics, metrics],"))
    project.dvc("repro", "-q")
    first = check(project, status=Exit.BLOCKED)["results"][0]
    assert first["message"].startswith("`metrics/test.json` is a list")
    assert first["hint"] == "change what stage `evaluate` writes there, then run `mlgit run evaluate`"
    assert "next: mlgit run" not in project.here("check").out
