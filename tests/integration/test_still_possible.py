"""What stays possible for someone who may push, as docs/guides/security.md says it, and what finds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.integration.test_forged_tags import forge, released
from tests.support.checkouts import gitlab_push
from tests.support.checks import GATES, check, results
from tests.support.pipeline import EVALUATE, TRAIN
from tests.support.registry import clone

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest
    from tests.support.shell import Folder

__all__ = ("released",)  # the fixture


def test_a_lock_that_is_forged_as_a_whole_passes_until_the_stages_run_again(pull: PullRequest) -> None:
    project = pull.project
    project.write("params.yaml", "train:\n  slope: 1.2\n")
    project.dvc("repro", "-q")
    assert project.here("check").status == Exit.BLOCKED
    metrics = json.loads((project / "metrics/test.json").read_text(encoding="utf-8"))
    project.write("metrics/test.json", json.dumps(metrics | {"r2": 0.99, "mae": 0.01}))
    project.dvc("commit", "-q", "-f")
    pull.push("Record numbers that no run gave")
    assert pull.ci("pr").status == Exit.DONE
    # For DVC nothing changed, so that this run skips every stage.
    assert pull.ci("pr", "--pipeline", "run").status == Exit.DONE
    assert project.here("run", "--force").status == Exit.BLOCKED


def test_training_that_rewrites_the_program_that_measures_for_one_run_shows_only_in_its_diff(
    project: Folder,
) -> None:
    lenient = EVALUATE.replace("len(rows)\n", "len(rows) / 100\n", 1)
    program = "open('/'.join(['src', 'eval' + 'uate.py']), 'w')"  # a name in one piece would be named
    back = f"{program}.write({EVALUATE!r})\n"
    project.git("checkout", "-q", "-b", "topic")
    project.write("src/train.py", f"{TRAIN}{program}.write({lenient + back!r})\n")
    project.write("params.yaml", "train:\n  slope: 1.2\n")
    project.dvc("repro", "-q")
    project.commit("Train otherwise")
    assert (project / "src/evaluate.py").read_text(encoding="utf-8") == EVALUATE
    assert "code_changed" not in {note["code"] for note in check(project, status=Exit.DONE)["notes"]}
    project.dvc("push", "-q")
    project.git("push", "-q", "origin", "topic")
    fresh = clone(project, "fresh")
    fresh.git("checkout", "-q", "topic")
    fresh.dvc("pull", "-q")
    fresh.dvc("repro", "-q", "--single-item", "--force", "evaluate")
    assert fresh.here("check").status == Exit.BLOCKED


def test_a_forged_outcome_is_found_by_the_merge_job_only(released: Folder) -> None:
    text = (released / "mlgit.yaml").read_text(encoding="utf-8").replace("min: 0.5", "min: 0.999")
    released.write("mlgit.yaml", text)
    released.commit("Ask for more")
    released.git("push", "-q")
    forge(released, {})
    assert released.here("get", "line#staging", "-o", "out", "--json").json()["version"] == "v1.0.1"
    done = released.here("ci", "tag", "--", "line#staging#2")
    assert done.status == Exit.BLOCKED
    assert "is below the minimum 0.999" in done.out + done.err


def test_a_tag_that_someone_deleted_is_missing_in_a_new_clone(staged: Folder) -> None:
    staged.git("push", "-q", "origin", ":refs/tags/line#staging#1")
    fresh = clone(staged, "fresh")
    assert "staging of line: empty" in fresh.here("show", "line#staging").out
    assert "line#staging#1" in staged.here("doctor", "--online").out


def test_commits_that_are_replayed_can_take_back_a_gate_that_a_merge_keeps(project: Folder) -> None:
    roof = "  roof: {metric: mae, max: 100}\n"
    rules = f"{GATES}gates:\n  low: {{metric: r2, min: -20}}\n"
    project.write("mlgit.yaml", rules)
    project.commit("Rules")
    project.git("checkout", "-q", "-b", "topic")
    for text in (rules + roof, rules):
        project.write("mlgit.yaml", text)
        project.commit("Edit")
    project.git("checkout", "-q", "main")
    project.write("mlgit.yaml", rules + roof)
    project.commit("Ask for more")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    verdict = check(project, status=Exit.DONE)
    assert "gates_loosened" not in {note["code"] for note in verdict["notes"]}
    assert "line/roof" in results(verdict)
    project.git("rebase", "-q", "main")
    assert "roof" not in (project / "mlgit.yaml").read_text(encoding="utf-8")
    (found,) = [note for note in check(project, status=Exit.DONE)["notes"] if note["effect"] == "warn"]
    assert found["message"] == "Gate `roof` was removed"


def test_who_chooses_the_variables_of_a_pipeline_chooses_trunk(staged: Folder) -> None:
    """On GitLab anyone who may push a tag, unless a setting of the project prevents it."""
    evil = clone(staged, "evil")
    evil.git("switch", "-q", "-c", "evil")
    evil.write("README.md", "Never merged\n")
    evil.commit("Never merged")
    evil.git("push", "-q", "origin", "evil")
    evil.git("config", "mlgit.trunk", "evil")
    evil.dvc("pull", "-q")
    done = evil.here("release", "line@v9.0.0", "--force")
    assert done.status == Exit.DONE, done.err
    runner = clone(staged, "runner")
    job = gitlab_push(tag="line@v9.0.0")
    assert runner.here("ci", "tag", env=job).status == Exit.BLOCKED
    assert runner.here("ci", "tag", env=job | {"CI_DEFAULT_BRANCH": "evil"}).status == Exit.DONE
