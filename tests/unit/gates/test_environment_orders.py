"""A new step on the way to an environment loosens nothing; one that is left out, or passed by, does."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Config, Environment
from mlgit.core.gates.resolved.settings import addition_notes, compare_settings

ORDERS = [
    # (before, after, the environments that let more through), each as `name<from`
    # a step that is new comes between
    ("staging prod<staging", "staging canary<staging prod<canary", ""),
    ("staging prod<staging", "staging a<staging b<a prod<b", ""),
    ("dev staging<dev prod<staging", "dev qa<dev staging<qa prod<staging", ""),
    ("staging prod<staging", "qa staging<qa prod<staging", ""),
    ("staging prod<staging", "staging canary<staging prod<staging", ""),
    ("staging prod", "staging prod<staging", ""),
    # a step that is there holds only what was in the other one
    ("staging canary<staging prod<staging", "staging canary<staging prod<canary", ""),
    ("dev staging<dev canary<staging prod<dev", "dev staging<dev canary<staging prod<canary", ""),
    # a step that is there may hold what never was in the other one
    ("staging canary prod<staging", "staging canary<staging prod<canary", "prod"),
    ("dev staging canary<dev prod<staging", "dev staging canary<staging prod<canary", "canary prod"),
    # two steps that change places
    ("qa staging<qa prod<staging", "staging qa<staging prod<qa", "prod staging"),
    # a step that is left out, or is no longer the only way
    ("staging canary<staging prod<canary", "staging canary<staging prod<staging", "prod"),
    ("staging canary<staging prod<canary", "staging prod<staging", "canary prod"),
    ("staging prod<staging", "staging canary prod<canary", "prod"),
    ("staging prod<staging", "dev staging<dev canary<dev prod<canary", "prod"),
    ("staging prod<staging", "staging prod", "prod"),
    # round and round, or from one that is not there
    ("staging prod<staging", "staging canary<prod prod<canary", "prod"),
    ("staging prod<staging", "staging prod<canary", "prod"),
    # under another name, which is a finding of its own
    ("staging<dev dev prod<staging", "dev test<dev canary<test prod<canary", "staging"),
]


def ordered(text: str) -> Config:
    found = [each.partition("<") for each in text.split()]
    steps = {name: Environment(name=name, source=source or None) for name, _, source in found}
    return Config(environments=steps)


@pytest.mark.parametrize(("old", "new", "named"), ORDERS)
def test_a_further_step_on_the_way_to_an_environment_is_a_finding_only_if_another_is_left_out(
    old: str, new: str, named: str
) -> None:
    found = [*compare_settings(ordered(old), ordered(new))]
    assert {each.code for each in found} <= {"gates_loosened"}
    assert [name for each in found for name in each.subjects] == named.split()


def test_a_new_step_between_two_environments_is_a_note() -> None:
    old = ordered("staging prod<staging eu<staging us<staging")
    new = ordered("staging canary<staging prod<canary eu<canary us<staging")
    (note,) = addition_notes(old, new)
    text = "Environment `canary` is new: a version must be in it before `eu`, `prod`"
    assert (note.code, note.message) == ("environment_added", text)
