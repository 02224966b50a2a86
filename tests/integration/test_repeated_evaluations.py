"""Repeated evaluations: results with a time in their names, as lm-eval writes them; the latest counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

FOLDER = "results/__model"


def evaluate(folder: Folder, day: int, accuracy: float) -> str:
    """Write what lm-eval writes on a day of January, as far as it has numbers; returns the path."""
    path = f"{FOLDER}/results_2026-01-{day:02}T10-00-00.123456.json"
    task = {"alias": "arc", "acc,none": accuracy, "acc_stderr,none": 0.01, "acc_norm,none": accuracy + 0.1}
    document = {
        "results": {"arc": task},
        "n-shot": {"arc": 0},
        "date": 1767261600.5 + day,
        "config": {"limit": None},
    }
    folder.write(path, json.dumps(document))
    folder.write("model/model.safetensors", f"weights of day {day}")
    return path


@pytest.fixture
def evaluated(empty_repository: Folder) -> Folder:
    """A model in Git that was evaluated twice, and its gate."""
    folder = empty_repository
    folder.write("model/config.json", "{}")
    for day, accuracy in ((1, 0.9), (2, 0.7)):
        evaluate(folder, day, accuracy)
    folder.commit("Train twice")
    done = folder.here("init")
    assert "model    empty, model (a folder in Git)" in done.out
    assert "1 gate (acc-vs-base, has nothing to compare with yet)" in done.out
    folder.commit("Declare")
    return folder


def test_init_names_the_results_of_every_time(evaluated: Folder) -> None:
    text = (evaluated / "mlgit.yaml").read_text(encoding="utf-8")
    assert f'metrics: ["{FOLDER}/results_*.json"]' in text
    assert 'acc-vs-base: {metric: "acc,none", vs: base, max_drop: 0.01}  # now 0.7' in text


def test_a_later_result_is_compared_and_no_finding(evaluated: Folder) -> None:
    evaluated.git("switch", "-qc", "topic")
    path = evaluate(evaluated, 3, 0.71)
    for _ in ("on disk", "committed"):
        done = evaluated.here("check")
        assert done.status == Exit.DONE, done.out
        assert "acc,none 0.7 → 0.71" in done.out
        assert "it now reads" not in done.out
        assert "warning" not in done.out
        evaluated.commit("Train on day 3")
    assert [file for file in evaluated.here("diff", "--json").json()["metrics"] if file["file"] != path] == []
    evaluate(evaluated, 4, 0.6)
    done = evaluated.here("check")
    assert done.status == Exit.BLOCKED
    assert "Blocked: empty, acc,none fell from 0.7 to 0.6; 1 of 1 gate failed\n" in done.out


def test_an_earlier_result_is_a_finding(evaluated: Folder) -> None:
    evaluated.git("switch", "-qc", "topic")
    newest = f"{FOLDER}/results_2026-01-02T10-00-00.123456.json"
    (evaluated / newest).unlink()
    assert f"`{newest}` is missing" in " ".join(evaluated.here("check").out.split())
    evaluated.commit("Remove the newest result")
    done = evaluated.here("check")
    assert "Allowed, 1 warning: empty, gate acc-vs-base was repointed\n" in done.out
    assert "it now reads" in done.out


def test_another_key_or_folder_with_a_later_result_is_a_finding(evaluated: Folder) -> None:
    evaluated.git("switch", "-qc", "topic")
    evaluate(evaluated, 3, 0.7)
    text = (evaluated / "mlgit.yaml").read_text(encoding="utf-8")
    evaluated.write("mlgit.yaml", text.replace('"acc,none"', '"acc_norm,none"'))
    assert "it now reads" in evaluated.here("check").out


def test_a_result_that_git_does_not_track_yet_is_compared_with_the_commit_that_is_checked_out(
    evaluated: Folder,
) -> None:
    (evaluated / ".git/info/exclude").write_text("model\n", encoding="utf-8")
    evaluated.git("rm", "-rq", "--cached", "model")
    evaluated.commit("Keep the model elsewhere")
    head, before = (evaluated.git("rev-parse", "--short=7", each) for each in ("HEAD", "HEAD~1"))
    assert evaluated.here("check").out.startswith(f"{head} against base {before}\n")
    evaluated.write("notes/today.txt", "x")
    assert evaluated.here("check").out.startswith(f"{head} with untracked files against base {before}\n")
    evaluate(evaluated, 3, 0.7)
    assert evaluated.here("check").out.startswith(f"working tree against base {head}\n")
    evaluated.write("scores/a.json", "{}")
    (evaluated / f"{FOLDER}/results_2026-01-03T10-00-00.123456.json").unlink()
    assert evaluated.here("check").out.startswith(f"working tree against base {head}\n")
