"""What a change only renames is a note or one finding; what it drops on the way is still a finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  floor: {metric: r2, min: 0.5}
  error: {metric: mae, max: 5}
  drop: {metric: r2, vs: prod, max_drop: 0.01}
environments: {prod: {gates: [drop]}}
foreign_tags: allow
"""


def edit(project: Folder, old: str, new: str, file: str = "mlgit.yaml") -> None:
    text = (project / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new))


def script(project: Folder) -> None:
    project.git("mv", "src/train.py", "src/fit.py")
    edit(project, "train.py", "fit.py", "dvc.yaml")


def parameter(project: Folder) -> None:
    edit(project, "slope:", "rate:", "params.yaml")
    edit(project, 'slope: *([0-9.e-]+)"', 'rate: *([0-9.e-]+)"', "src/train.py")
    edit(project, "train.slope", "train.rate", "dvc.yaml")


def data(project: Folder) -> None:
    edit(project, "data/clean.csv", "data/tidy.csv", "dvc.yaml")
    edit(project, "data/clean.csv", "data/tidy.csv", "src/prepare.py")
    edit(project, "data/clean.csv", "data/tidy.csv", "src/evaluate.py")


def gate(project: Folder) -> None:
    edit(project, "drop: {", "not-below-prod: {")
    edit(project, "gates: [drop]", "gates: [not-below-prod]")


def model_named(project: Folder) -> None:
    edit(project, "floor: {", "floor: {model: line, ")


def metric_file(project: Folder) -> None:
    edit(project, "metrics/test.json", "metrics/scores.json", "dvc.yaml")
    edit(project, "metrics/test.json", "metrics/scores.json", "src/evaluate.py")


def dropped(project: Folder) -> None:
    edit(project, "deps: [data/clean.csv, src/train.py]", "deps: [data/clean.csv]", "dvc.yaml")


def dropped_in_renamed(project: Folder) -> None:
    dropped(project)
    edit(project, "  train:\n    cmd", "  fit:\n    cmd", "dvc.yaml")


def copied_script(project: Folder) -> None:
    project.write("src/copy.py", (project / "src/train.py").read_text())
    edit(project, "deps: [data/clean.csv, src/train.py]", "deps: [data/clean.csv, src/copy.py]", "dvc.yaml")


def edited_script(project: Folder) -> None:
    script(project)
    project.write("src/fit.py", "# fits a line\n" + (project / "src/fit.py").read_text())


def moved_scripts(project: Folder) -> None:
    """With an edit, and as one dependency in place of several."""
    project.git("mv", "src", "code")
    text = (project / "dvc.yaml").read_text()
    for name in ("prepare", "train", "evaluate"):
        text = text.replace(f"src/{name}.py]", "code]").replace(f"src/{name}.py", f"code/{name}.py")
    project.write("dvc.yaml", text)
    project.write("code/train.py", "# fits a line\n" + (project / "code/train.py").read_text())


def moved_without_one(project: Folder) -> None:
    """The stage still reads what is moved elsewhere."""
    moved_scripts(project)
    project.write("plain/train.py", (project / "code/train.py").read_text())
    project.write("code/train.py", "exec(open('plain/train.py').read())\n")


def copied_parameter(project: Folder) -> None:
    edit(project, "  slope: 1.99", "  slope: 1.99\n  rate: 1.99", "params.yaml")
    edit(project, "train.slope", "train.rate", "dvc.yaml")


def copied_folder(project: Folder) -> None:
    """DVC has the data of which a stage read a part, and has it still."""
    project.write("more/a/x.csv", "1")
    project.dvc("add", "-q", "more")
    edit(project, "[data/clean.csv, src/train.py]", "[data/clean.csv, src/train.py, more/a]", "dvc.yaml")
    project.dvc("repro", "-q")
    project.commit("Read a part")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.write("plain/x.csv", "1")
    edit(project, "more/a", "plain", "dvc.yaml")


def without_test_data(project: Folder) -> None:
    edit(project, "[data/clean.csv, models/line.json,", "[models/line.json,", "dvc.yaml")


def another_stage_between(project: Folder) -> None:
    stage = "  card:\n    cmd: cp models/line.json data/card.json\n    deps: [models/line.json]\n"
    edit(project, "  evaluate:\n", f"{stage}    outs: [data/card.json]\n  evaluate:\n", "dvc.yaml")
    edit(project, "[data/clean.csv, models/line.json,", "[data/clean.csv, data/card.json,", "dvc.yaml")


def copy_by_hand(project: Folder) -> None:
    project.write("kept/line.json", '{"slope": 2.0}')
    edit(project, "python src/evaluate.py", "python src/evaluate.py kept/line.json", "dvc.yaml")


def start(project: Folder, rules: str = RULES) -> None:
    project.write("mlgit.yaml", rules)
    project.commit("Rules")
    project.git("push", "-q")
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("checkout", "-qb", "topic")


@pytest.mark.parametrize(
    ("edits", "notes", "finding"),
    [
        (script, {"input_renamed"}, None),
        (edited_script, set(), "their numbers prove less: dep src/train.py was dropped"),
        (moved_scripts, {"input_renamed"}, None),
        (moved_without_one, set(), "their numbers prove less: dep src/train.py was dropped"),
        (parameter, {"input_renamed"}, None),
        (data, set(), None),
        (gate, {"gate_renamed"}, None),
        (model_named, {"model_named"}, None),
        (metric_file, set(), "they now read `metrics/scores.json` (stage evaluate)"),
        (dropped, set(), "their numbers prove less: dep src/train.py was dropped"),
        (dropped_in_renamed, set(), "their numbers prove less: dep src/train.py was dropped"),
        (copied_script, set(), "their numbers prove less: dep src/train.py was dropped"),
        (copied_parameter, set(), "their numbers prove less: param params.yaml:train.slope was dropped"),
        (without_test_data, set(), "dep data/clean.csv was dropped from stage evaluate"),
        (another_stage_between, set(), "dep models/line.json was dropped from stage evaluate"),
        (copied_folder, set(), "their numbers prove less: dep more/a was dropped"),
        (
            copy_by_hand,
            set(),
            "now names `kept/line.json`, which is not among its dependencies",
        ),
    ],
)
def test_each_rename_and_each_loss_is_one_finding_at_most(
    project: Folder, edits: Callable[[Folder], None], notes: set[str], finding: str | None
) -> None:
    start(project)
    edits(project)
    project.dvc("repro", "-q")
    project.commit("Edit")
    verdict = check(project, status=Exit.DONE)
    found = [each["message"] for each in verdict["notes"] if each["effect"] == "warn"]
    assert len(found) == (finding is not None), found
    # Of a dropped input, the sentence ends with what is read now.
    assert finding is None or f"{finding};" in f"{found[0]};"
    assert notes <= {each["code"] for each in verdict["notes"] if each["effect"] == "note"}


def test_a_metric_that_is_moved_and_renamed_at_once_can_be_agreed_to(project: Folder) -> None:
    start(project, RULES + "on_loosened: fail\n")
    metric_file(project)
    edit(project, '"r2":', '"score":', "src/evaluate.py")
    edit(project, "metric: r2", "metric: score")
    project.dvc("repro", "-q")
    project.commit("Move and rename")
    found = [each for each in check(project, status=Exit.BLOCKED)["notes"] if each["effect"] == "block"]
    entries = [entry for each in found for entry in re.findall(r"`(- {.*?})`", each["hint"])]
    wanted = {f"gates_loosened:{name}" for name in ("drop", "error", "floor")}
    assert all(any(name in entry for entry in entries) for name in wanted)
    entries = [re.sub(r'expires: "[^"]*"', 'expires: "2026-03-30"', entry) for entry in entries]
    project.git("checkout", "-q", "main")
    project.write(".mlgit/waivers.yaml", "version: 1\nwaivers:\n  " + "\n  ".join(entries))
    project.git("add", "-A")
    project.git("commit", "-qm", "Agree", "--author", "Eve <eve@example.org>")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")
    verdict = check(project, "--date", "2026-03-02", status=Exit.DONE)
    effects = {
        each["effect"] for each in verdict["notes"] if each["code"] in {each["code"] for each in found}
    }
    assert effects == {"waived"}
