"""The lines of one key of `mlgit.yaml`."""

from __future__ import annotations

import pytest

from mlgit.core.config.parts import part_of

DEPLOY = "deploy:\n  prod:\n    target: local"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", ""),
        ("version: 1\n", ""),
        ("{version: 1, deploy: {}}\n", ""),
        (f"{DEPLOY}\n", DEPLOY),
        (f"version: 1\n{DEPLOY}\ngates: [\n", DEPLOY),
        (f"gates: [\n{DEPLOY}  \n\n", DEPLOY),
        ("deployed: x\n'deploy' : {}\nmodels: {}\n", "'deploy' : {}"),
        ("deploy: {}\nversion: 1\ndeploy: {a: b}\n", "deploy: {}\ndeploy: {a: b}"),
        ("deploy:\n# remark\n  prod: {}\n", "deploy:\n# remark\n  prod: {}"),
        ("deploy:\n<<<<<<< ours\n  prod: {}\n", "deploy:"),
    ],
)
def test_the_lines_of_a_key(content: str, part: str) -> None:
    assert part_of(content, "deploy") == part
