"""Manifest: the version and files of a deployed release, in `manifest.json` next to them."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlgit.core.deploy.deployment import DeployedFile, Desired
from mlgit.core.record import record
from mlgit.core.strict_json import optional_text, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable


MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@record
class Manifest:
    """A release on a target; `version`, `tag` and `oid` are None if its commit is not a version."""

    model: str
    version: str | None
    commit: str
    tag: str | None
    oid: str | None
    files: tuple[DeployedFile, ...]

    def fits(self, desired: Desired) -> bool:
        """Whether it is the desired release."""
        expected = (desired.model, desired.version, desired.commit, desired.release_tag, desired.release_oid)
        return expected == (self.model, self.version, self.commit, self.tag, self.oid)


def manifest_of(desired: Desired, files: Iterable[DeployedFile]) -> Manifest:
    return Manifest(
        model=desired.model,
        version=desired.version,
        commit=desired.commit,
        tag=desired.release_tag,
        oid=desired.release_oid,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def write_manifest(manifest: Manifest) -> str:
    tree = {"schema_version": SCHEMA_VERSION, **asdict(manifest)}
    return json.dumps(tree, indent=2, sort_keys=True) + "\n"


def read_manifest(text: str) -> Manifest | None:
    """Read a manifest; None if it is invalid, or a path leads out of the release."""
    try:
        tree = json.loads(text)
        if tree["schema_version"] != SCHEMA_VERSION:
            return None
        files = tuple(deployed_file(each) for each in tree["files"])
        if not files:
            return None
        return Manifest(
            model=text_of(tree["model"]),
            version=optional_text(tree["version"]),
            commit=text_of(tree["commit"]),
            tag=optional_text(tree["tag"]),
            oid=optional_text(tree["oid"]),
            files=files,
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def deployed_file(tree: Any) -> DeployedFile:  # noqa: ANN401 (any JSON)
    path, sha256, size = text_of(tree["path"]), text_of(tree["sha256"]), tree["size_bytes"]
    below = "\0" not in path and not {"", ".", ".."}.intersection(path.split("/"))
    if not below or not _SHA256.fullmatch(sha256) or type(size) is not int:
        raise ValueError(tree)
    return DeployedFile(path=path, sha256=sha256, size_bytes=size)
