"""Numbers of another model: a new model does not pass unseen by the numbers of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, notes, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

CODE = "number_of_another_model"
RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: [metrics/test.json]}
gates:
  floor: {metric: r2, min: 0.5}
"""
MODEL = "  curve: {path: models/curve.json, metrics: [metrics/test.json]}\n"
TRAIN = """\
  train-curve:
    cmd: cp data/clean.csv models/curve.json
    deps: [data/clean.csv]
    outs: [models/curve.json]
"""
EVALUATE = """\
  test-curve:
    cmd: "echo '{\\"r2\\": 0.6}' > metrics/curve.json"
    deps: [models/curve.json]
    metrics:
      - metrics/curve.json: {cache: false}
"""


def edit(project: Folder, file: str, old: str, new: str) -> None:
    text = (project / file).read_text(encoding="utf-8")
    assert old in text
    project.write(file, text.replace(old, new, 1))


def start(project: Folder, more: str = "") -> None:
    project.write("mlgit.yaml", f"{RULES}{more}")
    project.commit("Rules")
    project.git("push", "-q")
    project.git("switch", "-qc", "topic")


def add_model(project: Folder, stages: str = TRAIN, model: str = MODEL) -> None:
    edit(project, "dvc.yaml", "artifacts:", f"{stages}artifacts:")
    edit(project, "mlgit.yaml", "gates:\n", f"{model}gates:\n")
    project.dvc("repro", "-q")
    project.commit("A curve")


def about(verdict: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 (JSON)
    return [
        (each["code"], each["effect"], each["message"])
        for each in verdict["notes"]
        if each["code"] in {CODE, "not_proven"}
    ]


@pytest.mark.parametrize(
    ("settings", "status", "effect"),
    [("", Exit.DONE, "warn"), ("on_loosened: fail\n", Exit.BLOCKED, "block")],
)
def test_a_new_model_with_the_numbers_of_another_is_a_finding_in_the_first_lines(
    project: Folder, settings: str, status: int, effect: str
) -> None:
    start(project, settings)
    add_model(project)
    text = "`floor` of `curve`: its number is made by stage evaluate, and neither that nor a stage before it "
    text += "reads or makes the model `models/curve.json` (stage train-curve)"
    for argv in ([], ["--rev", "HEAD"]):
        verdict = check(project, *argv, status=status)
        assert results(verdict)["curve/floor"][0] == "pass"
        assert about(verdict) == [(CODE, effect, text)]
    page = project.here("check").out
    first = " ".join(page.partition("✓ pass")[0].split())
    assert text in first


def test_after_the_merge_it_is_not_proven(project: Folder) -> None:
    start(project)
    add_model(project)
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.dvc("repro", "-q")
    verdict = check(project, status=Exit.DONE)
    ((code, effect, message),) = about(verdict)
    assert (code, effect) == ("not_proven", "note")
    assert message.startswith("Not proven: `floor` of `curve`: its number is made by stage evaluate, and")


def test_numbers_of_its_own_need_no_word(project: Folder) -> None:
    start(project)
    model = MODEL.replace("test.json", "curve.json")
    add_model(project, TRAIN + EVALUATE, model)
    assert about(check(project, status=Exit.DONE)) == []


def test_the_first_rules_of_a_repository_are_asked_the_same(project: Folder) -> None:
    project.git("rm", "-q", "--ignore-unmatch", "mlgit.yaml")
    project.commit("Nothing is declared")
    project.git("push", "-q")
    project.git("switch", "-qc", "topic")
    project.write("mlgit.yaml", RULES)
    add_model(project)
    assert (CODE, "warn") in notes(check(project, status=Exit.DONE))


def test_a_waiver_agrees_to_it(project: Folder) -> None:
    start(project, "on_loosened: fail\n")
    project.git("switch", "-q", "main")
    entry = "{id: w, gate: 'gates_loosened:floor', reason: agreed, approver: carol@example.org"
    project.write(".mlgit/waivers.yaml", f"version: 1\nwaivers:\n  - {entry}, expires: '2026-05-01'}}\n")
    project.commit("Agree")
    project.git("push", "-q")
    project.git("switch", "-q", "topic")
    add_model(project)
    verdict = check(project, "--date", "2026-03-01", status=Exit.DONE)
    assert [each[:2] for each in about(verdict)] == [(CODE, "waived")]
