"""Manifest: written and read back; one with a path out of the release is invalid."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.deploy.deployment import DeployedFile, Desired
from mlgit.core.deploy.manifest import Manifest, manifest_of, read_manifest, write_manifest
from tests.support.schema import assert_valid

DESIRED = Desired(
    model="line",
    environment="prod",
    tag="line#prod#1",
    oid="1" * 40,
    sequence=1,
    action="promote",
    commit="c" * 40,
    version="v1.0.0",
    release_tag="line@v1.0.0",
    release_oid="2" * 40,
)
FILES = (
    DeployedFile(path="bert/deep/b.bin", sha256="b" * 64, size_bytes=1),
    DeployedFile(path="bert/a.bin", sha256="a" * 64, size_bytes=0),
)


def test_it_is_valid_and_is_read_back() -> None:
    manifest = manifest_of(DESIRED, FILES)
    text = write_manifest(manifest)
    assert_valid(json.loads(text), "release-manifest")
    assert read_manifest(text) == manifest
    assert [file.path for file in manifest.files] == ["bert/a.bin", "bert/deep/b.bin"]


def test_a_commit_that_is_not_a_version_has_a_manifest() -> None:
    manifest = manifest_of(replace(DESIRED, version=None, release_tag=None, release_oid=None), FILES)
    assert_valid(json.loads(write_manifest(manifest)), "release-manifest")
    assert read_manifest(write_manifest(manifest)) == manifest


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"version": "v1.0.1"},
        {"commit": "d" * 40},
        {"release_tag": "line@v1.0.1"},
        {"release_oid": "3" * 40},
    ],
)
def test_it_matches_only_its_own_release(change: dict[str, Any]) -> None:
    manifest = manifest_of(DESIRED, FILES)
    assert manifest.fits(DESIRED)
    assert not manifest.fits(replace(DESIRED, **change))


def test_another_tag_of_the_environment_matches_the_same_release() -> None:
    again = replace(DESIRED, tag="line#prod#7", oid="7" * 40, sequence=7, action="rollback")
    assert manifest_of(DESIRED, FILES).fits(again)


GOOD = json.loads(write_manifest(manifest_of(DESIRED, FILES)))


@pytest.mark.parametrize(
    "path", ["", ".", "..", "/etc/passwd", "../up", "a/../../up", "a//b", "a/.", "a\0b", "a/"]
)
def test_a_manifest_with_a_path_out_of_the_release_is_invalid(path: str) -> None:
    files = [{"path": path, "sha256": "a" * 64, "size_bytes": 1}]
    assert read_manifest(json.dumps(GOOD | {"files": files})) is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"model": 7},
        {"version": 7},
        {"commit": None},
        {"files": []},
        {"files": None},
        {"files": [{}]},
        {"files": [{"path": "a", "sha256": "A" * 64, "size_bytes": 1}]},
        {"files": [{"path": "a", "sha256": "a" * 64, "size_bytes": "1"}]},
        {"files": [{"path": 7, "sha256": "a" * 64, "size_bytes": 1}]},
    ],
)
def test_a_file_of_another_shape_is_invalid(change: dict[str, Any]) -> None:
    assert read_manifest(json.dumps(GOOD | change)) is None


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert read_manifest(text) is None or isinstance(read_manifest(text), Manifest)
