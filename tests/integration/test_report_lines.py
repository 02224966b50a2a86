"""The lines of a report about data and models: another data file, and a model that is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def test_data_is_not_unchanged_where_a_stage_reads_another_file(project: Folder) -> None:
    project.write("data/easy.csv", "x,y\n1,2\n")
    project.git("add", "-f", "data/easy.csv")
    project.commit("An easy set")
    declared = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", declared.replace("deps: [data/clean.csv, models", "deps: [data/easy.csv, models")
    )
    project.dvc("repro", "-q")
    project.commit("Test on it")
    text = project.here("report", "--as", "github", "--base", "HEAD~1").out
    assert "**data**: `evaluate` reads `data/easy.csv` in place of `data/clean.csv`" in text


def test_the_numbers_of_a_removed_model_are_gone(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.git("init", "-q", "-b", "main")
    models = {name: f"  {name}: {{path: {name}.bin, metrics: [{name}.json]}}\n" for name in ("lung", "skin")}
    gate = "gates:\n  floor: {metric: auc, min: 0.5}\n"
    folder.write("mlgit.yaml", f"version: 1\nmodels:\n{''.join(models.values())}{gate}")
    for name in models:
        folder.write(f"{name}.bin", name)
        folder.write(f"{name}.json", '{"auc": 0.9, "size": 3}')
    folder.commit("Two models")
    folder.write("mlgit.yaml", f"version: 1\nmodels:\n{models['lung']}{gate}")
    folder.git("rm", "-q", "skin.bin", "skin.json")
    folder.commit("One")
    text = folder.here("report", "--as", "github", "--base", "HEAD~1").out
    assert "skin, its numbers are gone" in text
    assert "<summary>All metrics: 2 of 4 changed</summary>" in text
    assert "mlgit release" not in text
    folder.write("skin.json", '{"auc": 0.9, "size": 3}')
    folder.commit("Keep the file")
    kept = folder.here("report", "--as", "github", "--base", "HEAD~2").out
    assert "its numbers are gone" not in kept


SECOND = """\
  second:
    cmd: >-
      echo x > models/second.bin && echo '{"auc":0.9}' > metrics/second.json
    deps: [data/clean.csv]
    outs: [models/second.bin]
    metrics: [{metrics/second.json: {cache: false}}]
"""


def test_the_numbers_of_a_removed_model_are_not_those_of_the_one_that_stays(project: Folder) -> None:
    rules, stages = ((project / name).read_text() for name in ("mlgit.yaml", "dvc.yaml"))
    two = rules.replace("models:\n", "models:\n  second: {path: models/second.bin}\n")
    project.write("mlgit.yaml", two)
    project.write("dvc.yaml", stages.replace("artifacts:\n", f"{SECOND}artifacts:\n"))
    project.dvc("repro", "-q")
    project.commit("Two models")
    project.write("mlgit.yaml", rules)
    project.write("dvc.yaml", stages)
    project.git("rm", "-q", "--ignore-unmatch", "metrics/second.json")
    project.dvc("repro", "-q")
    project.commit("One")
    record = project.here("check", "--base", "HEAD~1", "--json").json()
    places = [(each["model"], each["file"]) for each in record["metrics"] if "second" in each["file"]]
    assert places == [("second", "metrics/second.json")]
