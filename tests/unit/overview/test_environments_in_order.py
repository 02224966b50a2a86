"""The environment furthest from development comes first, in the list and in the next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from mlgit.core.overview.next_step import next_step
from mlgit.core.overview.status import EnvironmentLine, ModelLine, Status, furthest_first
from mlgit.core.registry.completeness import Known
from mlgit.core.registry.entries import Served
from mlgit.render.console import plain
from mlgit.render.pages.status import page, short_page
from tests.unit.overview.test_status import CLEAN

NOW = datetime(2026, 5, 3, tzinfo=UTC)


def environment(name: str, *, wrong: bool, declared: bool = True) -> EnvironmentLine:
    return EnvironmentLine(
        environment=name,
        version="v1.1.0",
        commit="c" * 40,
        held=wrong,
        behind=0,
        declared=declared,
        served=Served(folder=f"/srv/{name}", label="v1.2.0" if wrong else "v1.1.0", matches=not wrong),
    )


def found(wrong: set[str]) -> Status:
    """Two models in three environments; `wrong` are those that serve another version."""
    models = tuple(
        ModelLine(
            model=model,
            latest="v1.2.0",
            latest_commit=None,
            behind=0,
            environments=tuple(
                environment(name, wrong=f"{model}#{name}" in wrong, declared=name != "old")
                for name in ("staging", "prod", "old")
            ),
        )
        for model in ("churn", "fraud")
    )
    return replace(CLEAN, models=models)


def test_declared_environments_are_listed_backwards_and_others_last() -> None:
    names = [f"{model.model}#{each.environment}" for model, each in furthest_first(found(set()).models)]
    assert names == ["churn#prod", "fraud#prod", "churn#staging", "fraud#staging", "churn#old", "fraud#old"]


EVERY = [f"{model}#{name}" for name, model in product(("prod", "staging", "old"), ("churn", "fraud"))]


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_what_is_deployed_next_is_the_first_line_that_is_wrong(number: int) -> None:
    status = found(set(EVERY[number:]))
    step = next_step(status, declared=True)
    model, _, name = EVERY[number].partition("#")
    assert step is not None
    assert step.command == f"mlgit deploy --env {name} {model}"
    shown = plain(page(status, now=NOW)).splitlines()
    first = next(at for at, line in enumerate(shown) if "still serves" in line)
    assert shown[first - 1].replace("Live", "").split()[:2] == [name, model]


@pytest.mark.parametrize(
    ("tag", "behind", "command"),
    [
        ("churn#prod#3", 0, "mlgit push"),
        ("fraud#staging#3", 0, "mlgit deploy --env staging fraud --offline"),
        ("fraud@v1.3.0", 0, "mlgit deploy --env staging fraud"),
        # a push would be refused
        ("churn#prod#3", 1, "mlgit deploy --env staging fraud"),
    ],
)
def test_others_see_a_change_before_another_environment_is_deployed(
    tag: str, behind: int, command: str
) -> None:
    status = replace(found({"fraud#staging"}), unpushed_tags=(tag,), behind=behind)
    step = next_step(status, declared=True)
    assert step is not None
    assert step.command == command


def test_nothing_is_deployed_by_tags_that_may_be_missing() -> None:
    unsure = Known(known="no", why="this clone may lack tags", repair="git fetch --unshallow --tags origin")
    step = next_step(replace(found({"churn#prod"}), tags_known=unsure), declared=True)
    assert step is not None
    assert step.command == "git fetch --unshallow --tags origin"


def test_a_short_line_separates_models_from_facts() -> None:
    text = "prod churn v1.1.0 held, v1.2.0 served; fraud v1.1.0 · old v1.1.0, not declared\n"
    assert plain(short_page(found({"churn#prod"}))) == text
