"""Artifacts of dvc.yaml that are not usual models: data with versions, and files in object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.fixture
def tagged(empty_repository: Folder) -> Folder:
    """Data in Git and a model in object storage, each with a version that GTO registered."""
    folder = empty_repository
    folder.write("words.txt", "a\n")
    folder.write(
        "dvc.yaml",
        "artifacts:\n  words: {path: words.txt, type: dataset}\n  extra: {path: words.txt, type: dataset}\n"
        "  far: {path: s3://bucket/far.pt, type: model}\n",
    )
    folder.commit("Declare")
    for name in ("words", "far"):
        folder.ok("gto", "register", name, "--version", "v1.0.0")
    return folder


@pytest.mark.parametrize(
    "config", [None, "version: 1\nforeign_tags: allow\nmodels: {m: {path: words.txt}}\n"]
)
def test_an_artifact_with_versions_has_its_path_whatever_its_type(tagged: Folder, config: str | None) -> None:
    if config is not None:
        tagged.write("mlgit.yaml", config)
        tagged.commit("Declare another model")
    assert "path: words.txt" in tagged.here("show", "words").out
    paths = {each["name"]: each["path"] for each in tagged.here("models", "--json").json()["models"]}
    assert (paths["words"], paths["far"]) == ("words.txt", "s3://bucket/far.pt")
    assert "extra" not in paths  # without a version it does not count as a model
    done = tagged.here("get", "words@v1.0.0", "--output", "out")
    assert done.status == Exit.DONE, done.err
    assert (tagged / "out/words.txt").read_text() == "a\n"


def test_a_model_in_object_storage_stays_what_dvc_yaml_says(tagged: Folder) -> None:
    assert tagged.here("init").status == Exit.DONE
    assert "  far: {}  # its path is in dvc.yaml" in (tagged / "mlgit.yaml").read_text()
    assert "path: s3://bucket/far.pt" in tagged.here("show", "far").out
    done = tagged.here("get", "far@v1.0.0", "--output", "out")
    assert done.status == Exit.STATE
    assert "`s3://bucket/far.pt` is kept outside the repository" in done.err
    assert not (tagged / "out").exists()
