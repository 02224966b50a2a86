"""`numbers:`: where a stage makes the model on trunk, only numbers that a stage makes count."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check, notes, results

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

GOOD = '{"mae": 0.0, "r2": 1.0, "rows": 10}'
FLOOR = "gates:\n  r2-floor: {metric: r2, min: 0.9}\n"


def from_another_file(project: Folder) -> None:
    """The model's metrics are a new file that no stage declares."""
    project.write("reports/m.json", GOOD)
    project.write("mlgit.yaml", GATES.replace("line.json}", "line.json, metrics: [reports/*.json]}") + FLOOR)


def from_the_top_level(project: Folder) -> None:
    """dvc.yaml lists the file, but no stage writes it."""
    from_another_file(project)
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [reports/m.json]\n")


def undeclared(project: Folder) -> None:
    """The stage no longer declares its metrics, and another run recorded that."""
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text[: text.index("    metrics:")] + "metrics: [metrics/test.json]\n")
    project.dvc("repro", "-q")
    project.write("metrics/test.json", GOOD)


def taken_away_with_the_model(project: Folder) -> None:
    """No stage makes the model or its numbers any more."""
    project.write("dvc.yaml", "metrics: [metrics/test.json]\n")
    project.git("rm", "-q", "--cached", "dvc.lock")
    (project / "dvc.lock").unlink()
    project.git("add", "-f", "models/line.json")
    project.write("metrics/test.json", GOOD)


def tracked(project: Folder) -> None:
    """A `.dvc` file tracks the numbers."""
    from_another_file(project)
    project.dvc("add", "-q", "reports/m.json")


def a_link(project: Folder) -> None:
    """The numbers are a link to a file that is somewhere else."""
    from_another_file(project)
    (project / "reports/m.json").rename(project / "notes.json")
    (project / "reports/m.json").symlink_to("../notes.json")


def chosen_here(project: Folder) -> None:
    """The change allows its own numbers."""
    from_another_file(project)
    project.write("mlgit.yaml", "numbers: committed\n" + (project / "mlgit.yaml").read_text())


def a_live_file(project: Folder) -> None:
    """The file that DVCLive writes counts without a declaration."""
    undeclared(project)
    (project / "metrics/test.json").unlink()
    project.write(
        "dvc.yaml", (project / "dvc.yaml").read_text().replace("metrics: [metrics/test.json]\n", "")
    )
    project.write("dvclive/metrics.json", GOOD)


EDITS = (
    from_another_file,
    from_the_top_level,
    undeclared,
    taken_away_with_the_model,
    tracked,
    a_link,
    chosen_here,
    a_live_file,
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_numbers_that_no_stage_makes_block(project: Folder, edit: Callable[[Folder], None]) -> None:
    project.write("mlgit.yaml", GATES + FLOOR)
    project.commit("Declare a gate")
    project.git("push", "-q")
    edit(project)
    verdicts = [check(project, status=Exit.BLOCKED)]
    project.commit("Look how good")
    verdicts += [
        check(project, "--purpose", purpose, "--rev", "HEAD", status=Exit.BLOCKED)
        for purpose in ("check", "release")
    ]
    for verdict in verdicts:
        assert results(verdict)["line/r2-floor"] == ("error", "not_from_pipeline", "block")


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_trunk_can_take_numbers_that_no_stage_makes(project: Folder, edit: Callable[[Folder], None]) -> None:
    project.write("mlgit.yaml", "numbers: committed\n" + GATES + FLOOR)
    project.commit("Declare a gate")
    project.git("push", "-q")
    edit(project)
    rules = (project / "mlgit.yaml").read_text().removeprefix("numbers: committed\n")
    project.write("mlgit.yaml", f"numbers: committed\n{rules}")
    verdict = check(project, status=Exit.DONE)
    assert results(verdict)["line/r2-floor"] == ("pass", None, "allow")
    assert ("not_proven", "note") in notes(verdict)


def test_trunk_can_insist_although_no_stage_makes_anything_there(project: Folder) -> None:
    taken_away_with_the_model(project)
    project.write("mlgit.yaml", GATES + FLOOR)
    project.commit("No pipeline")
    project.git("push", "-q")
    verdict = check(project, status=Exit.DONE)
    assert [note for note in notes(verdict) if note[0] == "not_proven"] == [("not_proven", "note")]
    project.write("mlgit.yaml", "numbers: pipeline\n" + GATES + FLOOR)
    for _ in range(2):
        verdict = check(project, status=Exit.BLOCKED)
        assert results(verdict)["line/r2-floor"] == ("error", "not_from_pipeline", "block")
        project.commit("Insist")
        project.git("push", "-q")


@pytest.mark.parametrize(
    ("rule", "status"),
    [("", Exit.BLOCKED), ("numbers: pipeline\n", Exit.BLOCKED), ("numbers: committed\n", Exit.DONE)],
)
def test_a_change_that_gives_a_model_its_first_stage_is_judged_as_trunk_will_be(
    project: Folder, rule: str, status: int
) -> None:
    staged = {name: (project / name).read_bytes() for name in ("dvc.yaml", "dvc.lock")}
    taken_away_with_the_model(project)
    project.write("mlgit.yaml", GATES + FLOOR)
    project.commit("No pipeline")
    project.git("push", "-q")
    project.git("rm", "-q", "--cached", "models/line.json")
    text = staged["dvc.yaml"].decode()
    project.write("dvc.yaml", text[: text.index("  evaluate:")] + "metrics: [metrics/test.json]\n")
    (project / "dvc.lock").write_bytes(staged["dvc.lock"])
    project.write("mlgit.yaml", rule + GATES + FLOOR)
    project.commit("Train in a stage")
    before = results(check(project, "--rev", "HEAD", status=status))
    project.git("push", "-q")
    assert results(check(project, "--rev", "HEAD", status=status)) == before


@pytest.mark.parametrize("cached", [True, False])
def test_a_file_in_a_declared_directory_must_be_what_the_run_recorded(
    project: Folder, *, cached: bool
) -> None:
    flags = "" if cached else ": {cache: false}"
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("metrics/test.json: {cache: false}", f"metrics/all{flags}"))
    script = (project / "src/evaluate.py").read_text().replace("metrics/test.json", "metrics/all/test.json")
    project.write("src/evaluate.py", f"import os\nos.makedirs('metrics/all', exist_ok=True)\n{script}")
    project.dvc("repro", "-q")
    project.write("mlgit.yaml", GATES + FLOOR)
    project.commit("Write into a directory")
    project.git("push", "-q")
    assert results(check(project, "--rev", "HEAD", status=Exit.DONE))["line/r2-floor"][0] == "pass"
    (project / "metrics/all/test.json").unlink()
    project.write("metrics/all/test.json", GOOD)
    assert results(check(project, status=Exit.BLOCKED))["line/r2-floor"][1] == "not_from_pipeline"
    project.git("add", "-f", "metrics/all/test.json")
    project.git("commit", "-qm", "Look how good")
    found = results(check(project, "--rev", "HEAD", status=Exit.BLOCKED))
    assert found["line/r2-floor"][1] == "not_from_pipeline"


def in_a_folder(project: Folder, output: str) -> None:
    """The model is a folder with a file of a stage; nothing of it is measured."""
    text = (project / "dvc.yaml").read_text().replace("models/line.json", "models/net/line.json")
    text = text.replace("outs: [models/net/line.json]", f"outs:\n      - {output}")
    project.write("dvc.yaml", text[: text.index("  evaluate:")])
    script = (project / "src/train.py").read_text().replace("models/line.json", "models/net/line.json")
    project.write("src/train.py", f"import os\nos.makedirs('models/net', exist_ok=True)\n{script}")
    project.dvc("repro", "-q")
    model = "models/net, metrics: [models/net/test.json]"
    project.write("mlgit.yaml", GATES.replace("models/line.json", model) + FLOOR)
    project.commit("Train a folder")
    project.git("push", "-q")


def plain(project: Folder) -> None:
    """Only write the file."""


def hidden(project: Folder) -> None:
    project.write(".dvcignore", "test.json\n")


def in_another_repository(project: Folder) -> None:
    (project / "models/net/.dvc").mkdir()
    project.write("models/net/.dvc/config", "")


def next_to_a_broken_link(project: Folder) -> None:
    (project / "models/net/more").symlink_to("/no/such/file")


OUTPUTS = ("models/net", "models/net: {cache: false}", "models/net/line.json")
WAYS = (plain, hidden, in_another_repository, next_to_a_broken_link)


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_file_written_by_hand_into_the_folder_of_a_stage_blocks(
    project: Folder, output: str, way: Callable[[Folder], None], *, cached: bool
) -> None:
    in_a_folder(project, output)
    if not cached:
        shutil.rmtree(project / ".dvc/cache")
    project.write("models/net/test.json", GOOD)
    way(project)
    found = [results(check(project, status=Exit.BLOCKED))["line/r2-floor"]]
    project.git("add", "-f", "models/net/test.json")
    project.commit("Look how good")
    found.append(results(check(project, "--rev", "HEAD", status=Exit.BLOCKED))["line/r2-floor"])
    assert {reason for _, reason, _ in found} <= {"not_from_pipeline", "unknown_here"}
