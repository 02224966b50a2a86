"""Kept: a version that stays in a folder of a program, and the tag that the program is asked about."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlgit.core.config.names import read_model_name
from mlgit.core.deploy.manifest import deployed_file
from mlgit.core.record import record
from mlgit.core.registry.semver import Version
from mlgit.core.strict_json import UNREADABLE, optional_text, text_of

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import DeployedFile

_SCHEMA_VERSION = 1
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@record
class Tag:
    """The tag that a reference led to: `tumor@v1.2.0` of a release, `tumor#prod#3` of a promotion.

    `version` is None if the commit is not a version, `environment` if the tag is a release's. `commit` is the
    full id of the commit that has the model. `tagger` is `Name <email>`, which anyone can write into a tag.
    `time` is in UTC.
    """

    name: str
    model: str
    version: str | None
    environment: str | None
    commit: str
    tagger: str
    time: datetime


@record
class KeptVersion:
    """A fetched version: the repository without passwords, the tag of its release, and its files.

    Paths are below the folder of the version; digests are those of the files when they were checked.
    """

    repository: str
    tag: Tag
    files: tuple[DeployedFile, ...]


def fixed_version(text: str) -> tuple[str, str] | None:
    """The model and version of `tumor@v1.2.0`; None for what may name another version tomorrow."""
    model, at, wanted = text.rpartition("@")
    version = Version.parse(wanted) if at else None
    if version is None or str(version) != wanted or read_model_name(model) is None:
        return None
    return model, wanted


def tag_to_json(tag: Tag) -> dict[str, Any]:
    return {**asdict(tag), "time": tag.time.strftime(_TIME)}


def tag_from_json(tree: Any) -> Tag:  # noqa: ANN401 (any JSON)
    """The reverse of `tag_to_json`.

    Raises:
        ValueError, KeyError, TypeError: it is not one.
    """
    return Tag(
        name=text_of(tree["name"]),
        model=text_of(tree["model"]),
        version=optional_text(tree["version"]),
        environment=optional_text(tree["environment"]),
        commit=text_of(tree["commit"]),
        tagger=text_of(tree["tagger"]),
        time=datetime.strptime(text_of(tree["time"]), _TIME).replace(tzinfo=UTC),
    )


def write_kept(kept: KeptVersion) -> str:
    tree = {
        "schema_version": _SCHEMA_VERSION,
        "repository": kept.repository,
        "tag": tag_to_json(kept.tag),
        "files": [asdict(each) for each in kept.files],
    }
    return json.dumps(tree, indent=2, sort_keys=True) + "\n"


def read_kept(text: str) -> KeptVersion | None:
    """Read a record; None if it is invalid, or a path leads out of the version's folder."""
    try:
        tree = json.loads(text)
        files = tuple(deployed_file(each) for each in tree["files"])
        if tree["schema_version"] != _SCHEMA_VERSION or not files:
            return None
        return KeptVersion(
            repository=text_of(tree["repository"]), tag=tag_from_json(tree["tag"]), files=files
        )
    except UNREADABLE:
        return None
