"""A change that adds a model, or renames one and moves its files, is compared with the gates of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.integration.test_check_renames import RULES, edit, start
from tests.support.checks import check

if TYPE_CHECKING:
    from tests.support.shell import Folder

FLAT = """\
  flat:
    cmd: cp models/line.json models/flat.json
    deps: [models/line.json]
    outs: [models/flat.json]
  evaluate-flat:
    cmd: echo '{"r2":' "$(wc -w < data/clean.csv)" '}' > metrics/flat.json
    deps: [data/clean.csv, models/flat.json]
    metrics:
      - metrics/flat.json: {cache: false}
artifacts:
"""
TWO = RULES.replace(
    "json}\n",
    "json, metrics: [metrics/test.json]}\n  flat: {path: models/flat.json, metrics: [metrics/flat.json]}\n",
    1,
)


def test_a_second_model_with_gates_of_its_own_loosens_none(project: Folder) -> None:
    start(project, RULES.replace("json}\n", "json, metrics: [metrics/test.json]}\n", 1))
    edit(project, "artifacts:\n", FLAT, "dvc.yaml")
    rules = TWO.replace("r2, m", "r2, model: line, m").replace("mae, m", "mae, model: line, m")
    project.write(
        "mlgit.yaml",
        rules.replace("{metric: r2, vs", "{metric: r2, model: line, vs").replace(
            "environments:", "  least: {metric: r2, model: flat, min: 0.1}\nenvironments:"
        ),
    )
    project.dvc("repro", "-q")
    project.commit("Add a model")
    notes = check(project, status=Exit.DONE)["notes"]
    assert [each["message"] for each in notes if each["effect"] != "note"] == []
    text = "Gate `{}` now names its model; new models with gates of their own: `flat`"
    assert {each["message"] for each in notes if each["code"] == "model_named"} == {
        text.format(name) for name in ("floor", "error", "drop")
    }


def test_other_code_is_named_where_a_model_has_another_name_and_place(
    project: Folder,
) -> None:
    start(project)
    project.git("mv", "models", "artifacts")
    for name in ("dvc.yaml", "mlgit.yaml", "src/train.py", "src/evaluate.py"):
        edit(project, "models/line.json", "artifacts/curve.json", name)
    edit(project, "  line: {path", "  curve: {path")
    edit(project, "  line: {path", "  curve: {path", "dvc.yaml")
    edit(project, "[1:]]", "[1:3]]", "src/evaluate.py")
    project.dvc("repro", "-q")
    project.commit("Rename and move the model")
    notes = {each["code"]: each["message"] for each in check(project, status=Exit.DONE)["notes"]}
    assert notes["code_changed"].endswith("other code: `src/evaluate.py` changed (stage evaluate)")
    assert set(notes) == {"code_changed", "gate_repointed", "gates_loosened"}
