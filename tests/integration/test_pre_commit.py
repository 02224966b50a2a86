"""Hooks: `.pre-commit-hooks.yaml`, run by the real `pre-commit` on real commits, pushes and switches.

The hooks' repository is a clone of the file here. `language: system` takes `mlgit` and `dvc` from the tests'
environment; with the file's own `language: python`, pre-commit would install them from a package index.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlgit.yaml12 import load as load_yaml
from tests.support import pipeline
from tests.support.shell import Folder
from tests.support.tools import tool

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
CONFIG = """\
default_install_hook_types: [pre-commit, pre-push, post-checkout]
repos:
  - repo: {hooks}
    rev: {rev}
    hooks:
      - {{id: mlgit-config, language: system}}
      - {{id: mlgit-check, language: system}}
      - {{id: mlgit-dvc-checkout, language: system}}
"""


@pytest.fixture
def hooked(project: Folder, tmp_path: Path) -> Folder:
    """The project with the hooks installed and committed on trunk."""
    hooks = Folder(tmp_path / "hooks")
    hooks.path.mkdir()
    shutil.copy(MANIFEST, hooks.path)
    hooks.git("init", "-q")
    rev = hooks.commit("Hooks")
    project.write(".pre-commit-config.yaml", CONFIG.format(hooks=hooks.path, rev=rev))
    project.commit("Use the hooks")
    project.git("push", "-q")
    project.ok(tool("pre-commit"), "install")
    return project


def test_the_manifest_is_valid() -> None:
    done = Folder(MANIFEST.parent).run(tool("pre-commit"), "validate-manifest", MANIFEST.name)
    assert done.status == 0, done.out


def test_an_invalid_config_is_not_committed(hooked: Folder) -> None:
    hooked.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metrik: r2, min: 0.5}\n")
    hooked.git("add", "mlgit.yaml")
    refused = hooked.run("git", "commit", "-m", "A gate")
    assert refused.status == 1
    assert "mlgit.yaml:3:" in refused.err
    assert "metrik" in refused.err
    assert "mlgit check" not in refused.err
    hooked.write("mlgit.yaml", "version: 1\ngates:\n  floor: {metric: r2, min: 0.5}\n")
    hooked.git("add", "mlgit.yaml")
    assert "mlgit.yaml is valid" in hooked.run("git", "commit", "-m", "A gate").err


def test_an_invalid_waiver_is_not_committed(hooked: Folder) -> None:
    hooked.write(".mlgit/waivers.yaml", "version: 1\nwaivers:\n  - {id: w1}\n")
    hooked.git("add", ".mlgit/waivers.yaml")
    refused = hooked.run("git", "commit", "-m", "A waiver")
    assert refused.status == 1
    assert ".mlgit/waivers.yaml:3:" in refused.err


def test_what_is_not_staged_does_not_count(hooked: Folder) -> None:
    hooked.write("mlgit.yaml", "version: 1\n")
    hooked.git("add", "mlgit.yaml")
    hooked.write("mlgit.yaml", "version: [\n")
    hooked.git("commit", "-qm", "No gates")
    assert (hooked / "mlgit.yaml").read_text() == "version: [\n"


def test_another_commit_asks_for_nothing(hooked: Folder) -> None:
    hooked.write("README.md", "A line\n")
    hooked.git("add", "README.md")
    assert "(no files to check)Skipped" in hooked.run("git", "commit", "-m", "A readme").err


def test_a_blocked_commit_is_not_pushed(hooked: Folder) -> None:
    hooked.git("switch", "-qc", "worse")
    pipeline.train(hooked, "0.5")
    hooked.commit("Train worse")
    refused = hooked.run("git", "push", "-u", "origin", "worse")
    assert refused.status == 1
    assert "r2-floor" in refused.out
    assert hooked.git("ls-remote", "origin", "worse") == ""
    pipeline.train(hooked, "2.0")
    hooked.commit("Train better")
    hooked.git("push", "-qu", "origin", "worse")
    assert hooked.git("ls-remote", "origin", "worse") != ""


def test_a_push_by_mlgit_is_checked_as_well(hooked: Folder) -> None:
    hooked.git("switch", "-qc", "worse")
    pipeline.train(hooked, "0.5")
    hooked.commit("Train worse")
    refused = hooked.here("push")
    assert refused.status != 0
    assert "r2-floor" in refused.err
    assert hooked.git("ls-remote", "origin", "worse") == ""


def test_a_switch_brings_the_data_of_the_commit(hooked: Folder) -> None:
    model = hooked / "models" / "line.json"
    before = model.read_text()
    hooked.git("switch", "-qc", "better")
    pipeline.train(hooked, "2.0")
    hooked.commit("Train better")
    assert model.read_text() == '{"slope": 2.0}'
    hooked.git("switch", "-q", "main")
    assert model.read_text() == before
    assert hooked.here("status", "--json").json()["stages"] == []


def test_the_guide_uses_every_hook() -> None:
    guide = (MANIFEST.parent / "docs" / "guides" / "git.md").read_text(encoding="utf-8")
    hooks = load_yaml(MANIFEST.read_bytes(), name=MANIFEST.name)
    assert isinstance(hooks, list)
    assert [each["id"] for each in hooks if f"id: {each['id']}" not in guide] == []
