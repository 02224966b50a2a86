"""Init: the findings of `mlgit init` in real repositories, and the file that it writes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mlgit.adapters.config.loader import load
from mlgit.errors import Exit
from mlgit.resources import schema_text

if TYPE_CHECKING:
    from mlgit.core.config.file import Config
    from tests.support.shell import Folder


@pytest.fixture
def bare_project(project: Folder) -> Folder:
    """The project without any file of mlgit."""
    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Forget mlgit")
    project.git("push", "-q")
    return project


def init(folder: Folder, *options: str) -> dict[str, Any]:
    done = folder.here("init", "--json", *options)
    assert done.status == Exit.DONE, done.err
    record: dict[str, Any] = done.json()
    Draft202012Validator(json.loads(schema_text("init"))).validate(record)
    return record


def written(folder: Folder) -> Config:
    return load((folder / "mlgit.yaml").read_bytes(), name="mlgit.yaml", cache_dir=None)


def names_found(record: dict[str, Any], kind: str) -> list[str]:
    return [found["name"] for found in record["found"] if found["kind"] == kind]


def test_the_written_file_passes_check(bare_project: Folder) -> None:
    record = init(bare_project)
    assert (record["written"], record["replaced"], record["dry_run"]) == (True, False, False)
    config = written(bare_project)
    assert config.models["line"].path == "models/line.json"
    assert config.models["line"].description == "A straight line"
    assert list(config.gates) == ["r2-vs-base"]
    assert names_found(record, "model") == ["line"]
    assert names_found(record, "metrics") == ["metrics/test.json"]
    assert names_found(record, "params") == ["params.yaml"]
    checked = bare_project.here("check")
    assert checked.status == Exit.DONE, checked.out + checked.err
    assert "r2-vs-base" in checked.out


def test_the_file_starts_with_its_schema_and_has_comments(bare_project: Folder) -> None:
    text = init(bare_project)["content"]
    assert text == (bare_project / "mlgit.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=https://")
    assert text.split("$schema=")[1].split("\n")[0] == json.loads(schema_text("mlgit"))["$id"]
    assert "# staging: {auto: true}" in text


def test_every_commented_entry_is_valid(bare_project: Folder) -> None:
    text = init(bare_project)["content"]
    offered = re.sub(r"(?m)^  # ", "  ", text)
    assert offered.count("\n  ") > text.count("\n  #") > 1
    load(offered.encode(), name="mlgit.yaml", cache_dir=None)


def test_an_existing_file_is_not_overwritten(project: Folder) -> None:
    before = (project / "mlgit.yaml").read_bytes()
    done = project.here("init")
    assert done.status == Exit.STATE
    assert "There is already a `mlgit.yaml`" in done.err
    assert "--force" in done.err
    assert (project / "mlgit.yaml").read_bytes() == before


def test_a_dry_run_shows_and_writes_nothing(project: Folder) -> None:
    before = (project / "mlgit.yaml").read_bytes()
    record = init(project, "--dry-run")
    assert (record["written"], record["dry_run"]) == (False, True)
    assert (project / "mlgit.yaml").read_bytes() == before
    assert record["content"].strip().splitlines()[0] in project.here("init", "--dry-run").out


def test_force_replaces_the_file(project: Folder) -> None:
    record = init(project, "--force")
    assert record["replaced"] is True
    assert (project / "mlgit.yaml").read_text(encoding="utf-8") == record["content"]


def test_a_failed_write_leaves_no_file_behind(bare_project: Folder) -> None:
    (bare_project / "mlgit.yaml").mkdir()
    before = sorted(path.name for path in bare_project.path.iterdir())
    done = bare_project.here("init", "--force")
    assert done.status == Exit.STATE
    assert "Is a directory" in done.err
    assert sorted(path.name for path in bare_project.path.iterdir()) == before


def test_from_a_subdirectory_the_file_goes_to_the_root(bare_project: Folder) -> None:
    done = bare_project.here("-C", "src", "init")
    assert done.status == Exit.DONE
    assert (bare_project / "mlgit.yaml").exists()
    assert not (bare_project / "src" / "mlgit.yaml").exists()


def test_environments_and_models_come_from_tags_of_gto(bare_project: Folder) -> None:
    bare_project.ok("gto", "register", "line", "--version", "v1.0.0")
    bare_project.ok("gto", "assign", "line", "--version", "v1.0.0", "--stage", "production")
    bare_project.ok("gto", "register", "other", "--version", "v0.1.0")
    bare_project.ok("gto", "assign", "other", "--version", "v0.1.0", "--stage", "dev")
    record = init(bare_project)
    assert set(written(bare_project).environments) == {"production", "dev"}
    assert set(names_found(record, "environment")) == {"production", "dev"}
    assert names_found(record, "model") == ["line", "other"]
    assert "# other: {path: …}" in record["content"]
    assert bare_project.here("check").status == Exit.DONE


def test_a_pre_release_that_gto_put_into_an_environment_still_counts_on_trunk(bare_project: Folder) -> None:
    bare_project.git("tag", "-am", "x", "line@v1.0.0-rc.1")
    bare_project.git("tag", "-am", "x", "line#dev#1")
    bare_project.git("push", "-q", "--tags")
    record = init(bare_project)
    assert "dev: {pre: true}" in record["content"]
    assert "vs: dev" in record["content"]
    bare_project.commit("Adopt mlgit")
    before = bare_project.here("check", "--json").json()["verdict"]
    bare_project.git("push", "-q")
    after = bare_project.here("check", "--json").json()["verdict"]
    assert (before["decision"], after["decision"]) == ("allow", "allow")
    assert [each["outcome"] for each in after["results"]] == ["pass", "pass"]


def test_a_reserved_environment_is_left_out_with_a_note(bare_project: Folder) -> None:
    bare_project.ok("gto", "register", "line", "--version", "v1.0.0")
    bare_project.ok("gto", "assign", "line", "--version", "v1.0.0", "--stage", "release")
    record = init(bare_project)
    assert written(bare_project).environments == {}
    assert any("`release`" in offer and "reserved" in offer for offer in record["offers"])


def test_stages_of_gto_become_environments_and_the_new_line_is_suggested(bare_project: Folder) -> None:
    bare_project.write(".gto", "stages: [dev, prod]\n")
    bare_project.git("tag", "-a", "line#canary#1", "-m", "x")
    record = init(bare_project)
    assert set(written(bare_project).environments) == {"dev", "prod", "canary"}
    assert any("stages: [dev, prod, canary]" in offer for offer in record["offers"])


def test_an_old_artifacts_file_names_the_models(bare_project: Folder) -> None:
    bare_project.write("models/net.bin", "weights")
    bare_project.write("artifacts.yaml", "net: {type: model, path: models/net.bin}\nbroken: 5\n")
    record = init(bare_project)
    assert written(bare_project).models["net"].path == "models/net.bin"
    assert any("artifacts.yaml" in offer for offer in record["offers"])


def test_a_broken_artifacts_file_is_noted_and_ignored(bare_project: Folder) -> None:
    bare_project.write("artifacts.yaml", "net: {type: model\n")
    assert any("`artifacts.yaml` could not be read" in offer for offer in init(bare_project)["offers"])


def test_outputs_with_the_ending_of_a_model_are_models(bare_project: Folder) -> None:
    text = (bare_project / "dvc.yaml").read_text(encoding="utf-8").split("artifacts:")[0]
    text = text.replace("models/line.json", "models/churn/model.pkl")
    bare_project.write("dvc.yaml", text)
    assert {name: model.path for name, model in _config(init(bare_project)).models.items()} == {
        "churn": "models/churn/model.pkl"
    }


def _config(record: dict[str, Any]) -> Config:
    return load(record["content"].encode(), name="mlgit.yaml", cache_dir=None)


def test_gates_that_would_block_are_comments(bare_project: Folder) -> None:
    bare_project.write("params.yaml", "train:\n  slope: 1.0\n")
    record = init(bare_project)
    assert written(bare_project).gates == {}
    assert "# r2" in record["content"]
    assert bare_project.here("check").status == Exit.DONE


def test_metrics_worse_than_the_base_give_no_blocking_gate(bare_project: Folder) -> None:
    bare_project.git("checkout", "-qb", "worse")
    bare_project.write("params.yaml", "train:\n  slope: 1.5\n")
    bare_project.dvc("repro", "-q")
    bare_project.commit("Worse")
    assert init(bare_project)["offers"]
    assert written(bare_project).gates == {}
    assert bare_project.here("check").status == Exit.DONE


def test_two_models_get_a_gate_each_that_names_its_model(bare_project: Folder) -> None:
    text = (bare_project / "dvc.yaml").read_text(encoding="utf-8").split("artifacts:")[0]
    bare_project.write(
        "dvc.yaml",
        text + "  other:\n    cmd: python other.py\n    deps: [other.py]\n    outs: [models/other.json]\n"
        "    metrics: [{metrics/other.json: {cache: false}}]\n"
        "artifacts:\n  line: {path: models/line.json, type: model}\n"
        "  other: {path: models/other.json, type: model}\n  raw: {path: data/raw.csv, type: dataset}\n",
    )
    bare_project.write(
        "other.py",
        "open('models/other.json', 'w').write('1')\nopen('metrics/other.json', 'w').write('{\"r2\": 0.5}')\n",
    )
    bare_project.dvc("repro", "-q")
    bare_project.commit("Another model")
    config = _config(init(bare_project))
    assert set(config.models) == {"line", "other"}
    assert {name: gate.models for name, gate in config.gates.items()} == {
        "r2-line-vs-base": ("line",),
        "r2-other-vs-base": ("other",),
    }
    assert bare_project.here("check").status == Exit.DONE


@pytest.mark.parametrize(
    ("models", "metrics", "expected"),
    [
        (["us.pkl", "eu.pkl"], ["eu.json", "us.json"], {"us": ["us.json"], "eu": ["eu.json"]}),
        (
            ["out/us.pkl", "out/us-east.pkl"],
            ["metrics/us-east.test.json", "metrics/us.test.json"],
            {"us": ["metrics/us.test.json"], "us-east": ["metrics/us-east.test.json"]},
        ),
        (["us.pkl", "eu.pkl"], ["a.json", "eu.json"], {"us": ["a.json"], "eu": ["eu.json"]}),
        (["us.pkl", "eu.pkl"], ["all.json"], {"us": None, "eu": None}),
        (["us.pkl", "eu.pkl"], ["a.json", "b.json"], {}),
    ],
)
def test_models_of_one_stage_have_gates_on_their_own_metric_files(
    empty_repository: Folder, models: list[str], metrics: list[str], expected: dict[str, list[str] | None]
) -> None:
    project = empty_repository
    project.dvc("init", "-q")
    for path in (*models, *metrics):
        project.write(path, '{"auc": 0.9}' if path in metrics else path)
    outs = "".join(f"      - {path}: {{persist: true}}\n" for path in models)
    measured = "".join(f"      - {path}: {{cache: false, persist: true}}\n" for path in metrics)
    project.write(
        "dvc.yaml", f"stages:\n  train:\n    cmd: 'true'\n    outs:\n{outs}    metrics:\n{measured}"
    )
    project.dvc("repro", "-q")
    project.commit("Train")
    record = init(project)
    config = _config(record)
    assert {gate.models[0] for gate in config.gates.values() if gate.models} == expected.keys()
    found = {name: config.models[name].metrics for name in expected}
    assert found == {name: None if files is None else tuple(files) for name, files in expected.items()}
    offers = [each for each in record["offers"] if "has no gate: which of `a.json`, `b.json` are" in each]
    assert len(offers) == (0 if expected else 2)
    assert project.here("check").status == Exit.DONE


def test_metrics_of_dvclive_are_found_without_a_pipeline(empty_repository: Folder) -> None:
    empty_repository.write("dvclive/metrics.json", '{"test": {"acc": 0.91}, "step": 3}')
    empty_repository.commit("Train")
    record = init(empty_repository)
    assert names_found(record, "dvclive") == ["dvclive/metrics.json"]
    assert list(written(empty_repository).gates) == ["acc-vs-base"]
    assert empty_repository.here("check").status == Exit.DONE


def test_an_empty_repository_gets_examples_only(empty_repository: Folder) -> None:
    record = init(empty_repository)
    assert record["found"] == []
    config = written(empty_repository)
    assert (config.models, config.gates, config.environments) == ({}, {}, {})
    assert "found no pipeline" in empty_repository.here("init", "--force").out.lower()


def test_names_and_paths_that_are_invalid_in_the_config_are_left_out(bare_project: Folder) -> None:
    bare_project.write("models/a: b #c.bin", "weights")
    bare_project.write(
        "artifacts.yaml",
        "'../evil': {path: a.bin}\nup: {path: ../a.bin}\nabs: {path: /etc/passwd}\n"
        "twin: {path: models/line.json}\n'true': {path: 'models/a: b #c.bin'}\n",
    )
    init(bare_project)
    models = written(bare_project).models
    assert {name: model.path for name, model in models.items()} == {
        "line": "models/line.json",
        "true": "models/a: b #c.bin",
    }


CML = """\
on: push
jobs:
  train:  # with iterative/setup-dvc@v1 one day
    steps:
      - uses: iterative/setup-cml@v2
      - run: |
          python train.py
          cml comment create report.md
"""


def test_workflows_of_cml_and_gto_are_found_with_their_equivalents(bare_project: Folder) -> None:
    bare_project.write(".github/workflows/cml.yaml", CML)
    bare_project.write(".github/workflows/gto.yml", "jobs: {a: {steps: [{uses: iterative/gto-action@v2}]}}\n")
    bare_project.write(".github/workflows/plain.yml", "# cml comment\njobs: {}\n")
    record = init(bare_project)
    found = {(each["name"], each["where"]) for each in record["found"] if each["kind"] == "ci"}
    assert found == {
        ("cml comment", ".github/workflows/cml.yaml"),
        ("setup-cml", ".github/workflows/cml.yaml"),
        ("gto-action", ".github/workflows/gto.yml"),
    }
    offers = "\n".join(record["offers"])
    assert "instead of cml comment in `.github/workflows/cml.yaml`: `mlgit ci pr`" in offers
    assert "instead of gto-action in `.github/workflows/gto.yml`: `mlgit ci tag`" in offers
    assert offers.count("mlgit ci init --host github") == 1


def test_cml_in_a_pipeline_of_gitlab_is_found_and_our_own_files_are_not(bare_project: Folder) -> None:
    bare_project.write(
        ".gitlab-ci.yml", "train:\n  image: iterativeai/cml:0-dvc2-base1\n  script: [cml pr .]\n"
    )
    record = init(bare_project)
    assert names_found(record, "ci") == ["cml pr", "setup-cml"]
    assert any("mlgit ci init --host gitlab" in offer for offer in record["offers"])
    (bare_project / ".gitlab-ci.yml").unlink()
    assert bare_project.here("ci", "init", "--host", "gitlab", "--requirement", "").status == Exit.DONE
    assert names_found(init(bare_project, "--force"), "ci") == []


def test_an_invalid_pipeline_is_an_error_and_nothing_is_written(bare_project: Folder) -> None:
    bare_project.write("dvc.yaml", "stages: {train: {cmd: [\n")
    done = bare_project.here("init")
    assert done.status == Exit.CONFIG
    assert "dvc.yaml" in done.err
    assert not (bare_project / "mlgit.yaml").exists()


def test_a_model_whose_path_nothing_has_is_left_out(project: Folder) -> None:
    (project / "mlgit.yaml").unlink()
    project.write("artifacts.yaml", "ghost:\n  path: gone/model.bin\n  type: model\n")
    project.commit("Start again")
    done = project.here("init")
    assert done.status == Exit.DONE, done.err
    assert "`gone/model.bin` is neither a DVC output nor a file in Git" in done.out + done.err
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    assert "ghost" not in text
    assert "line:" in text
    assert project.here("check").status == Exit.DONE
