"""Other models: which gates say whether the version that a gate of another model names is sound."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Config, Environment, Gate
from mlgit.core.config.file import Model as Declared
from mlgit.project.gates.trunk.other_models import gates_about

GATES = (
    Gate(id="base", metric="mae", vs="base"),
    Gate(id="cap", metric="mae"),
    Gate(id="named", metric="mae", vs="line#prod"),
    Gate(id="newest", metric="mae", vs="line@latest", models=("line",)),
    Gate(id="other", metric="mae", vs="release", models=("curve",)),
    Gate(id="prod", metric="mae", vs="prod", when="promote"),
    Gate(id="staging", metric="mae", vs="staging"),
)


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("release", [("base", "release"), ("newest", "release")]),
        ("prod", [("base", "release"), ("named", "prod"), ("newest", "release"), ("prod", "prod")]),
        ("staging", [("base", "release"), ("newest", "release"), ("staging", "staging")]),
    ],
)
def test_gates_of_its_releases_and_of_that_environment_are_asked(
    plain: str, expected: list[tuple[str, str]]
) -> None:
    config = Config(
        models={"line": Declared(name="line"), "curve": Declared(name="curve")},
        gates={each.id: each for each in GATES},
        environments={each: Environment(name=each) for each in ("staging", "prod")},
    )
    found = gates_about(config, "line", plain)
    assert sorted((gate.id, place) for gate, place in found) == expected
