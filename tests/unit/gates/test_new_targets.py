"""A new environment, and a new target of one, is named with what it does; what is a finding is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.core.config.file import Config, Deploy, Environment
from mlgit.core.gates.resolved.settings import addition_notes
from tests.unit.gates.test_setting_changes import FREE, PROD, command, config, deployed, texts

QA = Environment(name="qa", gates=())


def having(*environments: Environment, **deploy: Deploy) -> Config:
    return config(environments={each.name: each for each in (PROD, *environments)}, deploy=deploy)


def local(name: str, **keys: Any) -> Deploy:  # noqa: ANN401 (keys of a target)
    return Deploy(environment=name, target="local", keys={"path": "/srv", **keys})


SERVE, RUNS = command("prod", "./serve", "prod"), "runs `./serve prod`"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # an environment that was there becomes automatic, which is a finding
        (having(), having(replace(PROD, auto=True)), None),
        # one that neither CI nor a deployment uses
        (having(), having(QA), None),
        # a target of one that was there, whatever its gates are
        (
            having(QA),
            having(QA, qa=command("qa", "./try")),
            "`deploy:` of `qa` is new: `mlgit deploy` runs `./try` for it",
        ),
        # one that serves another environment, which is a finding; as part of a new environment it is named
        (having(QA, prod=SERVE), having(QA, prod=SERVE, qa=command("qa", "./serve", "prod")), None),
        (
            having(prod=SERVE),
            having(Environment(name="qa"), prod=SERVE, qa=command("qa", "./serve", "prod")),
            f"Environment `qa` is new: `mlgit deploy` {RUNS} for it, and `./serve prod` for `prod`",
        ),
        # of other environments with the same program only the first one is named
        (
            having(a=command("a", "./x", "1"), b=command("b", "./x", "2"), c=local("c")),
            having(QA, qa=command("qa", "./x", "3")),
            f"Environment `qa` is new: {FREE}; `mlgit deploy` runs `./x 3` for it, and `./x 1` for `a`",
        ),
        # a target of another package, also with a command
        (
            having(),
            having(prod=Deploy(environment="prod", target="mine", keys={"command": ["./x"]})),
            "`deploy:` of `prod` is new: `mlgit deploy` uses the target `mine`",
        ),
        (
            having(),
            having(prod=command("prod", "x" * 100)),
            f"`deploy:` of `prod` is new: `mlgit deploy` runs `{'x' * 100}` for it",
        ),
        (
            having(),
            having(prod=command("prod", "x" * 101)),
            f"`deploy:` of `prod` is new: `mlgit deploy` runs `{'x' * 99}…` for it",
        ),
    ],
)
def test_what_is_new_is_named_once(old: Config, new: Config, expected: str | None) -> None:
    assert [each.message for each in addition_notes(old, new)] == ([] if expected is None else [expected])


@pytest.mark.parametrize("keys", [{"timeout": "9s"}, {"keep": 3}])
def test_how_long_and_how_much_a_target_keeps_is_not_another_target(keys: dict[str, Any]) -> None:
    assert texts(deployed(prod="/srv"), config(deploy={"prod": local("prod", **keys)})) == []
