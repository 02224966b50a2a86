"""Tests of `mlgit.core.config.renames`: which environments a new one replaces."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.config.renames import replaced_by


def environments(**sources: str | None) -> dict[str, Environment]:
    return {name: Environment(name=name, source=source) for name, source in sources.items()}


PROD = environments(prod=None)
BOTH = environments(prod="staging", staging=None)


@pytest.mark.parametrize(
    ("name", "old", "new", "replaced"),
    [
        ("live", PROD, environments(live=None), ["prod"]),
        ("live", PROD, environments(live="staging"), ["prod"]),
        ("live", PROD, environments(live="staging", staging=None), []),
        ("live", PROD, environments(live=None, prod=None), []),
        ("prod", PROD, environments(live=None, prod=None), []),
        ("gone", PROD, environments(live=None), []),
        ("live", {}, environments(live=None), []),
        ("live", BOTH, environments(live="staging", staging=None), ["prod"]),
        ("test", BOTH, environments(live="test", test=None), ["staging"]),
        ("live", BOTH, environments(live="test", test=None), ["prod"]),
        ("live", BOTH, environments(live=None), ["staging"]),
        ("live", BOTH, environments(live="other", other="live"), ["prod", "staging"]),
        ("more", PROD, environments(live=None, more="live"), []),
    ],
)
def test_what_an_environment_replaces(
    name: str, old: dict[str, Environment], new: dict[str, Environment], replaced: list[str]
) -> None:
    assert replaced_by(name, old, new) == replaced
