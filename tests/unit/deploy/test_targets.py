"""Targets: every row of the table has its deployer, and its keys in the schema of mlgit.yaml."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from mlgit.core.deploy.targets import TARGETS
from mlgit.resources import schema_text

DEPLOY = json.loads(schema_text("mlgit"))["$defs"]["deploy"]


def test_the_schema_offers_exactly_the_targets_of_the_table() -> None:
    assert set(DEPLOY["properties"]["target"]["enum"]) == set(TARGETS)
    forms = [form["properties"]["target"]["const"] for form in DEPLOY["oneOf"]]
    assert sorted(forms) == sorted(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_the_schema_allows_a_target_exactly_its_keys(name: str) -> None:
    row = TARGETS[name]
    (form,) = (form for form in DEPLOY["oneOf"] if form["properties"]["target"]["const"] == name)
    foreign = {key for key, rule in form["properties"].items() if rule is False}
    assert set(DEPLOY["properties"]) - foreign - {"target"} == set(row.keys)
    assert set(form["required"]) == set(row.required)
    assert set(row.filled) <= set(row.keys)


@pytest.mark.parametrize("name", TARGETS)
def test_the_deployer_of_a_target_is_a_function(name: str) -> None:
    module, _, function = TARGETS[name].deployer.partition(":")
    assert callable(getattr(import_module(module), function))
