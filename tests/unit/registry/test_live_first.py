"""The order of environments where the live ones come first."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.entries import live_first


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({}, ()),
        ({"staging": None, "prod": "staging"}, ("prod", "staging")),
        ({"prod": "staging", "staging": None}, ("prod", "staging")),
        ({"dev": None, "eu": "dev", "us": "dev"}, ("eu", "us", "dev")),
        ({"a": "b", "b": "a"}, ("a", "b")),
        ({"prod": "gone"}, ("prod",)),
    ],
)
def test_the_end_of_the_way_comes_first(sources: dict[str, str | None], expected: tuple[str, ...]) -> None:
    declared = {name: Environment(name=name, source=source) for name, source in sources.items()}
    assert live_first(declared) == expected
