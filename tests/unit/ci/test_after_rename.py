"""What people did with a model under its former name counts until something is done under the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.ci.after_merge import planned_step, promotion_need, release_need
from mlgit.core.ci.merged import MergeStep
from mlgit.core.config.file import Environment
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import EnvironmentState, Refusal
from tests.support.tags import commit, fact, stated
from tests.unit.ci.test_after_merge import PROD, state

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

NEW = (fact("m@v1.0.0", 9),)
ONE = (fact("old@v1.0.0", 1), fact("old#prod#1", 1))
ROLLED = (
    *ONE,
    *(fact("old@v2.0.0", 2), fact("old#prod!#2", 1), fact("old#prod#2", 2), fact("old#prod!#3", 2)),
    fact("old#prod#3", 1, message=stated("rollback", at="2026-05-01T08:00:00Z")),
)
EMPTIED = (*ONE, fact("old#prod!#2", 1))


def before(*facts: TagFact) -> EnvironmentState:
    return replay(facts).model("old").environment("prod")


@pytest.mark.parametrize(
    ("former", "outcome", "words"),
    [
        (before(*ONE), None, ""),
        (before(), None, ""),
        (before(*ROLLED), "held", "held by a rollback of Ada since 2026-05-01T08:00:00Z, as `old`"),
        (before(*EMPTIED), "left", "Ada took `old`, which was its name before, out of `prod`"),
        (replace(before(*ONE), doubt=Refusal(ONE[0], "it is forged")), "left", "it is forged"),
    ],
)
def test_a_hold_of_the_former_name_holds(former: EnvironmentState, outcome: str | None, words: str) -> None:
    version, step = promotion_need(state(*NEW), PROD, former)
    assert (version is None) == (outcome is not None)
    assert (step.outcome if step else None) == outcome
    assert step is None or (words in str(step.message) and step.model == "m")


AT = "2026-05-01T08:00:00Z"
VERSIONS = (fact("m@v1.0.0", 1), fact("m@v2.0.0", 2))
HIGHER = (*VERSIONS, fact("m#old#1", 2))
BACK = (
    *HIGHER,
    fact("m#old!#2", 2),
    fact("m#old#2", 1, message=stated("rollback", at=AT)),
)
TAKEN_OUT = (*HIGHER, fact("m#old!#2", 2))


@pytest.mark.parametrize(
    ("facts", "outcome", "words"),
    [
        (HIGHER, None, ""),
        (
            BACK,
            "held",
            "`old` is held by a rollback of Ada since 2026-05-01T08:00:00Z, and `prod` took its place",
        ),
        (TAKEN_OUT, "left", "`m@v2.0.0` was in `old` and was taken out by Ada (m#old!#2)"),
        ((*TAKEN_OUT, fact("m@v3.0.0", 3)), None, ""),
        ((*HIGHER, fact("m#staging#1", 1)), "left", "`old` holds v2.0.0, which is higher than v1.0.0"),
        ((*VERSIONS, fact("m#old#1", 1)), None, ""),
    ],
)
def test_what_people_did_in_an_environment_holds_after_it_has_another_name(
    facts: tuple[TagFact, ...], outcome: str | None, words: str
) -> None:
    found = replay(facts).model("m")
    source = "staging" if "staging" in found.environments else None
    prod = Environment(name="prod", auto=True, source=source)
    version, step = promotion_need(found, prod, found.environment("old"))
    assert (version is None) == (outcome is not None)
    assert (step.outcome if step else None) == outcome
    assert step is None or (step.message, step.environment) == (words, "prod")
    coming = MergeStep(model="m", outcome="planned", version="v3.0.0")
    planned = planned_step(found.environment("old"), coming, "prod")
    assert (planned.outcome == "held", planned.environment) == (outcome == "held", "prod")


def test_a_commit_that_is_older_than_what_the_environment_before_holds_is_left() -> None:
    found = replay([fact("m@v1.0.0", 2), fact("m@v2.0.0", 1), fact("m#old#1", 2)]).model("m")
    version, step = promotion_need(found, PROD, found.environment("old"), precedes=lambda _, __: True)
    assert version is None
    assert "is of an older commit than v1.0.0, which `old` holds" in str(step.message if step else None)


def test_a_tag_under_the_new_name_that_leaves_open_what_is_there_holds_too() -> None:
    found = state(*NEW)
    here = replace(found.environment("prod"), doubt=Refusal(fact("m#prod#1", 9), "it is lightweight"))
    version, step = promotion_need(replace(found, environments={"prod": here}), PROD, before(*ONE))
    assert version is None
    assert step is not None
    assert step.message == "The tag `m#prod#1` does not count: it is lightweight"


@pytest.mark.parametrize("former", [before(*ROLLED), before(*EMPTIED)])
def test_it_ends_with_the_first_change_under_the_new_name(former: EnvironmentState) -> None:
    later = state(*NEW, fact("m#prod#1", 9), fact("m@v1.1.0", 10))
    version, _ = promotion_need(later, PROD, former)
    assert version is not None
    assert str(version.version) == "v1.1.0"


def test_the_rules_of_the_environment_hold_all_the_same() -> None:
    candidate = state(fact("m@v1.0.0-rc.1", 9), fact("m#staging#1", 9))
    _, step = promotion_need(candidate, Environment(name="prod", auto=True, source="staging"), before(*ONE))
    assert step is not None
    assert "is a pre-release" in str(step.message)


def test_a_dry_run_plans_nothing_in_a_held_environment() -> None:
    coming = MergeStep(model="m", outcome="planned", version="v1.0.0")
    step = planned_step(before(*ROLLED), coming, "prod")
    assert (step.model, step.outcome) == ("m", "held")
    assert str(step.message).endswith(", as `old`")


def test_content_that_was_deregistered_under_the_former_name_is_left() -> None:
    (version,) = replay([fact("old@v1.0.0", 1), fact("old@v1.0.0!", 1)]).model("old").versions
    need = release_need(state(), commit(9), "a", [(version, "a")])
    assert need.step is not None
    assert need.step.message == "this model was deregistered as old@v1.0.0 by Ada"
    assert release_need(state(), commit(9), "b", [(version, "a")]).release
