"""A branch is not blamed for what only trunk did since it left, and the gates of its merge judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.headline import FINDINGS
from mlgit.errors import Exit
from tests.support.checks import check, results, tag, train

if TYPE_CHECKING:
    from typing import Any

    from tests.support.shell import Folder

RULES = """\
version: 1
models:
  line: {path: models/line.json, metrics: ["metrics/*.json"]}
  copy: {path: params.yaml, metrics: ["metrics/*.json"]}
directions: {rows: up}
gates:
  floor: {metric: r2, min: 0.5}
  size: {metric: rows, min: 1}
  drop: {metric: r2, vs: prod, max_drop: 0.01, model: line}
environments:
  staging: {}
  prod: {from: staging, gates: [drop]}
deploy:
  prod: {target: local, path: "/srv/{model}"}
numbers: committed
on_loosened: fail
foreign_tags: allow
"""
LINE = '  line: {path: models/line.json, metrics: ["metrics/*.json"]}\n'
COPY = '  copy: {path: params.yaml, metrics: ["metrics/*.json"]}\n'
FLOOR = "  floor: {metric: r2, min: 0.5}\n"
DEPLOY = 'deploy:\n  prod: {target: local, path: "/srv/{model}"}\n'
OTHER = '  other: {path: data/raw.csv, metrics: ["metrics/*.json"]}\n'

Edits = dict[str, str]
ON_TRUNK: dict[str, Edits] = {
    "model added": {COPY: COPY + OTHER},
    "model removed": {COPY: ""},
    "model renamed": {"  copy:": "  twin:"},
    "model with a gate renamed": {"  line:": "  curve:", "model: line": "model: curve"},
    "model moved": {"path: params.yaml": "path: moved.yaml"},
    "models all new": {COPY: "", LINE: OTHER, ", model: line": ""},
    "environment added": {"  staging: {}": "  staging: {}\n  test: {}"},
    "environment removed": {"  staging: {}\n": "", "from: staging, ": ""},
    "environment renamed": {"staging": "stage"},
    "environment changed": {"from: staging, ": ""},
    "gate added": {FLOOR: FLOOR + "  mae: {metric: mae, max: 50}\n"},
    "gate removed": {FLOOR: ""},
    "gate renamed": {"  floor:": "  least:"},
    "gate loosened": {"min: 0.5": "min: 0.4"},
    "gate tightened": {"min: 0.5": "min: 0.6"},
    "gate for another model": {"model: line": "model: copy"},
    "file added": {'["metrics/*.json"]': '["metrics/*.json", "more/*.json"]'},
    "file renamed": {'["metrics/*.json"]': "[scores/test.json]"},
    "file narrowed": {'["metrics/*.json"]': "[metrics/test.json]"},
    "file removed": {LINE: "  line: {path: models/line.json}\n"},
    "direction added": {"{rows: up}": "{rows: up, size: down}"},
    "direction removed": {"directions: {rows: up}\n": ""},
    "direction changed": {"rows: up": "rows: down"},
    "deploy added": {DEPLOY: DEPLOY + '  staging: {target: local, path: "/test/{model}"}\n'},
    "deploy removed": {DEPLOY: ""},
    "deploy changed": {"/srv/": "/data/"},
    "deploy renamed": {"  prod: {target": "  staging: {target"},
}


def on_trunk(project: Folder, edits: Edits) -> None:
    """Change trunk's rules, and come back to the branch."""
    project.git("checkout", "-q", "main")
    text = (project / "mlgit.yaml").read_text()
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    project.write("mlgit.yaml", text)
    project.commit("On trunk")
    project.git("push", "-q")
    project.git("checkout", "-q", "topic")


@pytest.fixture
def old(project: Folder) -> Folder:
    """A branch from before trunk's next change."""
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("checkout", "-qb", "topic")
    return project


@pytest.mark.parametrize("name", ON_TRUNK)
def test_what_only_trunk_did_is_not_found_in_the_branch(old: Folder, name: str) -> None:
    old.write("README.md", "Read me")
    old.commit("Describe")
    on_trunk(old, ON_TRUNK[name])
    verdict = check(old, status=Exit.DONE)
    found = [each for each in verdict["notes"] if each["code"] in FINDINGS and each["effect"] != "note"]
    assert found == []


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("model added", "line/drop"),
        ("model removed", "line/drop"),
        ("model renamed", "line/drop"),
        ("model with a gate renamed", "curve/drop"),
        ("file renamed", "line/drop"),
        ("file narrowed", "line/drop"),
        ("file removed", "line/drop"),
    ],
)
def test_the_gates_of_the_merge_judge_the_branch(old: Folder, name: str, gate: str) -> None:
    train(old, "1.5")
    old.commit("Worse")
    on_trunk(old, ON_TRUNK[name])
    verdict = check(old, status=Exit.BLOCKED)
    assert results(verdict)[gate] == ("fail", "max_drop_broken", "block")
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")
    chosen = check(old, "--model", "line", status=Exit.BLOCKED)
    assert results(chosen)[gate] == ("fail", "max_drop_broken", "block")


def test_a_model_that_the_branch_itself_removes_is_found(old: Folder) -> None:
    old.write("mlgit.yaml", RULES.replace(COPY, ""))
    old.commit("Remove")
    on_trunk(old, ON_TRUNK["model added"])
    verdict = check(old, status=Exit.BLOCKED)
    assert [each["message"] for each in verdict["notes"] if each["code"] == "gates_loosened"] == [
        "Model `copy` was removed"
    ]


def replace_on_trunk(project: Folder, edits: Edits) -> str:
    """Rename `line` to `curve`, move its file and train it again in one commit, which is returned."""
    project.git("checkout", "-q", "main")
    text = (project / "mlgit.yaml").read_text()
    pipeline = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", pipeline.replace("  line:\n    path:", "  curve:\n    path:"))
    for old, new in {LINE: LINE.replace("line", "curve"), "model: line": "model: curve", **edits}.items():
        text = text.replace(old, new)
    project.write("mlgit.yaml", text)
    for file in ("dvc.yaml", "src/train.py", "src/evaluate.py"):
        project.write(file, (project / file).read_text().replace("models/line.json", "models/curve.json"))
    train(project, "1.999")
    project.commit("Replace the model")
    project.git("push", "-q")
    found = project.git("rev-parse", "HEAD")
    project.git("checkout", "-q", "topic")
    project.dvc("checkout", "-q")
    return found[:7]


def of_old_models(verdict: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    return [(each["message"], each["effect"]) for each in verdict["notes"] if "any more" in each["message"]]


@pytest.mark.parametrize("edits", [{}, {COPY: ""}, {COPY: OTHER}], ids=["two", "one", "both"])
@pytest.mark.parametrize("effect", ["block", "warn"])
def test_a_model_that_trunk_replaced_does_not_pass_silently(old: Folder, edits: Edits, effect: str) -> None:
    train(old, "1.5")
    old.commit("Worse")
    if effect == "warn":
        edits = {**edits, "on_loosened: fail": "on_loosened: warn"}
    tip = replace_on_trunk(old, {**edits, "min: 0.5": "min: 0.9"})
    verdict = check(old, status=Exit.BLOCKED)
    assert results(verdict)["line/floor"] == ("fail", "below_minimum", "block")
    added = "`curve`, `other`" if OTHER in edits.values() else "`curve`"
    text = (
        f"`origin/main` has no model `line` any more; it has {added} since {tip}: run `git merge origin/main`"
    )
    assert (text, effect) in of_old_models(verdict)
    old.git("checkout", "-q", "topic~")
    old.git("checkout", "-qb", "other")
    old.write("README.md", "Read me")
    old.commit("Describe")
    old.dvc("checkout", "-q")
    assert of_old_models(check(old, "--rev", "HEAD", status=Exit.DONE)) == []


def test_a_model_of_dvc_yaml_that_trunk_replaced_does_not_pass_silently(project: Folder) -> None:
    rules = RULES.replace(f"models:\n{LINE}{COPY}", "").replace(", model: line", "")
    project.write("mlgit.yaml", rules.replace("min: 0.5", "min: -9"))
    stages = (project / "dvc.yaml").read_text().partition("artifacts:")[0]
    artifact = "artifacts:\n  line:\n    path: models/line.json\n    type: model\n"
    project.write("dvc.yaml", f"{stages}{artifact}")
    project.commit("One model in dvc.yaml")
    project.git("push", "-q")
    tag(project, "line@v1.0.0", "line#prod#1")
    project.git("checkout", "-qb", "topic")
    train(project, "1.5")
    project.commit("Worse")
    tip = replace_on_trunk(project, {})
    text = (
        f"`origin/main` has no model `line` any more; it has `curve` since {tip}: run `git merge origin/main`"
    )
    assert of_old_models(check(project, status=Exit.BLOCKED)) == [(text, "block")]
    project.git("checkout", "-q", "topic~")
    project.git("checkout", "-qb", "other")
    project.write("README.md", "Read me")
    project.commit("Describe")
    verdict = check(project, "--rev", "HEAD", status=Exit.BLOCKED)
    assert of_old_models(verdict) == []
    assert [each["code"] for each in verdict["notes"] if each["effect"] == "block"] == ["baseline_emptied"]
