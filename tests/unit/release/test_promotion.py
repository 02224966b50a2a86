"""Promotions and rollbacks: the version they take, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.file import Environment
from mlgit.core.registry.moves import qualified, stack
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import EnvironmentState, ModelState, Refusal
from mlgit.core.release.going_back import passed_over, rollback_target, way_out
from mlgit.core.release.promotion import (
    check_promotion,
    choose_version,
    require_counting,
    require_version,
    split_target,
    wanted_version,
)
from mlgit.core.release.tag_plan import (
    Move,
    PlannedTag,
    plan_assignment,
    plan_unassignment,
)
from mlgit.core.trust.newest_release import refused_releases
from mlgit.errors import AnswerNo, StateError, UnknownReference, UsageError
from tests.support.tags import commit, fact, stated

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
VERSIONS = tuple(fact(f"m@v1.{number}.0", number) for number in range(4))
STAGING, PROD = Environment(name="staging"), Environment(name="prod", source="staging")


def state(*facts: TagFact) -> ModelState:
    return replay([*VERSIONS, *facts]).model("m")


def written(model: ModelState, plan: tuple[PlannedTag, ...]) -> ModelState:
    """The state after the tags of a plan."""
    new = [fact(str(tag.name), int(tag.commit, 16), seconds=tag.at_s, message=tag.message) for tag in plan]
    return replay([*model.facts, *new]).model(model.name)


def moved(model: ModelState, to: int, *, rollback: bool = False) -> ModelState:
    version = model.versions[to]
    move = Move(action="rollback" if rollback else "promote", now=NOW, reason="why")
    return written(model, plan_assignment(model, model.environment("prod"), version, move))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("m", ("m", None)), ("m@v1.0.0", ("m", "v1.0.0")), ("d:m@latest", ("d:m", "latest")), ("m@", ("m", ""))],
)
def test_a_target_is_a_model_and_perhaps_a_version(text: str, expected: tuple[str, str | None]) -> None:
    assert split_target(text) == expected


@pytest.mark.parametrize("text", ["1.2", "", "v1", "latest"])
def test_a_text_that_is_not_a_version_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        wanted_version(text)


def test_the_v_of_a_version_may_be_left_out() -> None:
    assert wanted_version("1.2.0") == wanted_version("v1.2.0")


@pytest.mark.parametrize("text", ["1.2", "v1.2"])
def test_a_version_with_too_few_numbers_gets_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        wanted_version(text)
    assert raised.value.hint == "write all three numbers, such as `v1.2.0`"


def test_an_unregistered_version_is_unknown() -> None:
    with pytest.raises(UnknownReference):
        require_version(state(), "v9.0.0")
    assert str(require_version(state(), "latest").version) == "v1.3.0"


def test_without_a_version_the_highest_final_one_is_promoted() -> None:
    model = state(fact("m@v2.0.0-rc.1", 9), fact("m@v1.3.0!", 3))
    assert str(choose_version(model, STAGING, None).version) == "v1.2.0"


def test_without_a_version_the_one_in_from_is_promoted() -> None:
    model = state(fact("m#staging#1", 1))
    assert str(choose_version(model, PROD, None).version) == "v1.1.0"
    assert str(choose_version(model, PROD, "v1.0.0").version) == "v1.0.0"


def test_an_empty_from_has_nothing_to_promote() -> None:
    with pytest.raises(StateError, match="holds no version of `m`"):
        choose_version(state(), PROD, None)
    with pytest.raises(StateError, match="is not a version"):
        choose_version(state(fact("m#staging#1", 77)), PROD, None)


def test_without_any_final_version_there_is_nothing_to_promote() -> None:
    rc = [fact("m@v1.0.0-rc.1", 1)]
    release, accepting = "run `mlgit release m`", replace(STAGING, pre=True)
    named = f"{release}, or `mlgit promote m@v1.0.0-rc.1 --to staging`"
    for facts, environment, hint in ((rc, accepting, named), (rc, STAGING, release), ([], STAGING, None)):
        with pytest.raises(StateError, match=r"no version of `m`|only pre-releases") as caught:
            choose_version(replay(facts).model("m"), environment, None)
        assert caught.value.hint == (hint or f"{release} first")


def test_a_deregistered_version_is_refused() -> None:
    model = state(fact("m@v1.1.0!", 1))
    with pytest.raises(AnswerNo, match="deregistered"):
        check_promotion(model, STAGING, model.versions[1], downgrade=False)


def test_a_pre_release_goes_only_where_it_is_allowed() -> None:
    model = state(fact("m@v2.0.0-rc.1", 9))
    with pytest.raises(AnswerNo, match="pre-release"):
        check_promotion(model, STAGING, model.versions[-1], downgrade=False)
    check_promotion(model, Environment(name="dev", pre=True), model.versions[-1], downgrade=False)


def test_a_lower_version_needs_downgrade() -> None:
    model = state(fact("m#staging#1", 2))
    with pytest.raises(AnswerNo, match="lower"):
        check_promotion(model, STAGING, model.versions[1], downgrade=False)
    check_promotion(model, STAGING, model.versions[1], downgrade=True)
    check_promotion(model, STAGING, model.versions[3], downgrade=False)


@pytest.mark.parametrize(
    ("changes", "qualifying"),
    [
        ([], set()),
        ([fact("m#staging#1", 0)], {0}),
        ([fact("m#staging#1", 0), fact("m#staging!#2", 0), fact("m#staging#2", 1)], {0, 1}),
        ([fact("m#staging#1", 0), fact("m#staging!#2", 0)], set()),
        (
            [
                fact("m#staging#1", 0),
                fact("m#staging!#2", 0),
                fact("m#staging#2", 1),
                fact("m#staging!#3", 1),
                fact("m#staging#3", 0, message=stated("rollback")),
            ],
            {0},
        ),
        # Left open, as gto does it: leaving by a later promotion all the same.
        ([fact("m#staging#1", 0), fact("m#staging#2", 1)], {0, 1}),
    ],
)
def test_which_versions_qualify_in_from(changes: list[TagFact], qualifying: set[int]) -> None:
    model = state(*changes)
    assert qualified(model.environment("staging")) == {commit(number) for number in qualifying}
    for number, version in enumerate(model.versions):
        if number in qualifying:
            check_promotion(model, PROD, version, downgrade=True)
        else:
            with pytest.raises(AnswerNo, match="`staging`, which comes before `prod`"):
                check_promotion(model, PROD, version, downgrade=True)


def test_rollbacks_go_back_until_no_earlier_version_is_left() -> None:
    model = moved(moved(moved(state(), 0), 1), 2)
    assert stack(model.environment("prod")) == (commit(0), commit(1), commit(2))
    seen = []
    for _ in range(2):
        target = rollback_target(model, model.environment("prod"))
        seen.append(str(target.version))
        model = moved(model, [each.version for each in model.versions].index(target.version), rollback=True)
        assert model.environment("prod").held
    assert seen == ["v1.1.0", "v1.0.0"]
    with pytest.raises(StateError, match="Nothing is left"):
        rollback_target(model, model.environment("prod"))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_k_rollbacks_visit_k_different_versions(promotions: list[int]) -> None:
    model = state()
    for number in promotions:
        model = moved(model, number)
    visited: list[str | None] = [model.environment("prod").commit]
    while True:
        try:
            target = rollback_target(model, model.environment("prod"))
        except StateError:
            break
        model = moved(model, model.versions.index(target), rollback=True)
        visited.append(model.environment("prod").commit)
    assert len(set(visited)) == len(visited) == len(set(promotions))


def test_a_promotion_after_a_rollback_starts_from_there() -> None:
    model = moved(moved(moved(moved(state(), 0), 1), 0, rollback=True), 2)
    assert stack(model.environment("prod")) == (commit(0), commit(2))
    assert not model.environment("prod").held


def test_a_rollback_skips_deregistered_versions() -> None:
    model = moved(moved(moved(state(), 0), 1), 2)
    model = replay([*model.facts, fact("m@v1.1.0!", 1)]).model("m")
    assert str(rollback_target(model, model.environment("prod")).version) == "v1.0.0"
    with pytest.raises(AnswerNo, match="deregistered"):
        rollback_target(model, model.environment("prod"), "v1.1.0")


def refusing(model: ModelState, *tags: str) -> ModelState:
    """The model without these tags, as readers that act see it."""
    refused = tuple(Refusal(each, "it is forged") for each in model.facts if each.tag in tags)
    return replace(replay(each for each in model.facts if each.tag not in tags).model("m"), refused=refused)


def test_a_rollback_with_nothing_before_names_the_newest_earlier_tag_that_does_not_count() -> None:
    model = moved(moved(moved(moved(state(), 0), 1), 2), 3)
    bad = ("m#prod#1", "m#prod#2", "m#prod!#3")
    with pytest.raises(StateError, match="no version of") as caught:
        rollback_target(
            refusing(model, *bad, "m#prod#3"), refusing(model, *bad, "m#prod#3").environment("prod")
        )
    assert caught.value.details == ("The tag `m#prod#3` does not count: it is forged",)
    assert caught.value.hint == "see `mlgit doctor`"
    later = refusing(model, "m#prod!#2", "m#prod#2", "m#prod!#3", "m#prod#3", "m#prod!#4", "m#prod#4")
    with pytest.raises(StateError, match="no version of") as caught:
        rollback_target(later, later.environment("prod"))
    assert caught.value.details == ()


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ((), None),
        (("m#prod#1",), None),
        (("m#prod!#3", "m#prod#3"), "`m#prod#3` does not count and is"),
        (("m#prod!#2", "m#prod#2", "m#prod!#3", "m#prod#3"), "`m#prod#2`, `m#prod#3` do not count and are"),
    ],
    ids=repr,
)
def test_a_rollback_says_which_tags_it_passes_over(bad: tuple[str, ...], expected: str | None) -> None:
    model = refusing(moved(moved(moved(moved(state(), 0), 1), 2), 3), *bad)
    here = model.environment("prod")
    target = rollback_target(model, here)
    notes = () if expected is None else (f"{expected} skipped; `mlgit doctor` shows why",)
    assert passed_over(model, here, target) == notes


def test_a_version_of_a_commit_must_count_to_be_repeated() -> None:
    model = state()
    require_counting(model, model.at_commit(commit(0)))
    require_counting(refusing(model, "m@v1.1.0"), model.at_commit(commit(0)))
    with pytest.raises(StateError, match="is at this commit") as caught:
        require_counting(refusing(model, "m@v1.0.0"), model.at_commit(commit(0)))
    assert caught.value.hint == "run `mlgit release m --commit`, which adds an empty commit"


def test_a_rollback_can_name_any_earlier_version_but_no_other() -> None:
    model = moved(moved(moved(state(), 0), 1), 2)
    assert str(rollback_target(model, model.environment("prod"), "v1.0.0").version) == "v1.0.0"
    with pytest.raises(StateError, match="cannot go back to"):
        rollback_target(model, model.environment("prod"), "v1.3.0")


def test_a_rollback_to_a_version_that_was_never_there_replaces_the_newest() -> None:
    rolled = fact("m#prod#3", 3, message=stated("rollback"))
    model = state(
        fact("m#prod#1", 0), fact("m#prod!#2", 0), fact("m#prod#2", 1), fact("m#prod!#3", 1), rolled
    )
    assert stack(model.environment("prod")) == (commit(0), commit(3))
    assert str(rollback_target(model, model.environment("prod")).version) == "v1.0.0"


def test_a_rollback_into_an_empty_environment_is_its_first_version() -> None:
    model = state(fact("m#staging#1", 2, message=stated("rollback")))
    assert stack(model.environment("staging")) == (commit(2),)
    assert qualified(model.environment("staging")) == {commit(2)}


def test_a_rollback_skips_commits_without_a_version() -> None:
    model = state(fact("m#prod#1", 0), fact("m#prod#2", 77), fact("m#prod#3", 1))
    assert stack(model.environment("prod")) == (commit(0), commit(77), commit(1))
    assert str(rollback_target(model, model.environment("prod")).version) == "v1.0.0"


def test_a_rollback_from_an_emptied_environment_goes_to_what_was_there() -> None:
    model = moved(moved(state(), 0), 1)
    move = Move(action="unassign", now=NOW)
    model = written(model, plan_unassignment(model, model.environment("prod"), move))
    assert model.environment("prod").commit is None
    assert str(rollback_target(model, model.environment("prod")).version) == "v1.1.0"


def test_a_version_whose_tag_does_not_count_is_refused_with_the_reason() -> None:
    facts = [fact("m@v1.0.0", 1), fact("m@v2.0.0", 2), fact("m#staging#1", 2)]
    refused = (
        Refusal(facts[2], "it states another"),
        Refusal(facts[1], "its commit is not on main", advice="merge it"),
        Refusal(facts[0], "it has no statement"),
    )
    found = ModelState(name="m", refused=refused)
    assert [each.fact.tag for each in refused_releases(found)] == ["m@v1.0.0", "m@v2.0.0"]
    for text in ("v2.0.0", None):
        with pytest.raises(
            AnswerNo, match=r"`m@v2\.0\.0` does not count: its commit is not on main"
        ) as caught:
            choose_version(found, Environment(name="prod"), text)
        assert caught.value.hint == "merge it"
    doubted = EnvironmentState(model="m", environment="staging", doubt=refused[0])
    with pytest.raises(StateError, match="`m#staging#1` does not count: it states another"):
        choose_version(
            replace(found, environments={"staging": doubted}),
            Environment(name="prod", source="staging"),
            None,
        )
    with pytest.raises(UnknownReference):
        choose_version(found, Environment(name="prod"), "v3.0.0")


def test_latest_is_nothing_older_than_a_release_that_does_not_count() -> None:
    found = replace(state(), refused=(Refusal(fact("m@v9.0.0", 9), "it was moved"),))
    with pytest.raises(AnswerNo, match="does not count: it was moved"):
        require_version(found, "latest")
    older = replace(state(), refused=(Refusal(fact("m@v0.0.1", 9), "it was moved"),))
    assert str(require_version(older, "latest").version) == "v1.3.0"


def test_what_was_rolled_back_is_named_where_nothing_is_left_to_go_back_to() -> None:
    """v1.0.0 was there before v1.1.0, and after it once more."""
    model = moved(moved(moved(moved(state(), 0), 1), 0), 1, rollback=True)
    here = model.environment("prod")
    promote = "`mlgit promote m@v1.0.0 --to prod --downgrade`"
    with pytest.raises(StateError) as nothing:
        rollback_target(model, here)
    assert nothing.value.message == "Nothing is left that `prod` can go back to: v1.0.0 was rolled back"
    assert str(nothing.value.hint).endswith(f"; to put v1.0.0 back all the same, run {promote}")
    with pytest.raises(StateError) as named:
        rollback_target(model, here, "v1.0.0")
    assert named.value.message == (
        "`prod` cannot go back to `m@v1.0.0`: Ada rolled back v1.0.0 on 2026-05-03 12:00 UTC"
    )
    with pytest.raises(AnswerNo, match="is lower than") as lower:
        check_promotion(model, Environment(name="prod"), model.versions[0], downgrade=False)
    assert lower.value.hint == "add `--downgrade` to promote it anyway"
    assert way_out(model, here, model.versions[1]) == "mlgit unassign m --env prod -m REASON"


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ((), "it was never there"),
        (((0, False), (1, False), (0, True)), "Ada rolled back v1.1.0 on "),
        (((0, False), (1, False), (2, False), (0, True)), "a later rollback went back further"),
    ],
)
def test_a_rollback_says_why_it_cannot_lead_to_a_version(
    history: tuple[tuple[int, bool], ...], reason: str
) -> None:
    model = state()
    for to, rollback in history:
        model = moved(model, to, rollback=rollback)
    with pytest.raises(StateError, match=f"cannot go back to `m@v1.1.0`: {reason}"):
        rollback_target(model, model.environment("prod"), "v1.1.0")


def test_a_version_that_can_be_put_back_is_named_with_the_way() -> None:
    model = moved(moved(state(), 0), 1)
    with pytest.raises(AnswerNo) as lower:
        check_promotion(model, Environment(name="prod"), model.versions[0], downgrade=False)
    assert str(lower.value.hint).startswith("run `mlgit rollback m@v1.0.0 --env prod -m REASON` to go back")
    here = model.environment("prod")
    assert way_out(model, here, model.versions[1]) == "mlgit rollback m --env prod -m REASON"
    rejected = replay([*model.facts, fact("m@v1.0.0!", 0)]).model("m")
    assert way_out(rejected, rejected.environment("prod"), rejected.versions[1]).startswith("mlgit unassign")


@pytest.mark.parametrize(
    ("there", "why"), [((), "has not been in"), ((0, 1), "was rolled back in")], ids=("never", "before")
)
def test_a_version_that_does_not_qualify_says_what_became_of_it(there: tuple[int, ...], why: str) -> None:
    model = state()
    for to in (*there, *([0] if there else [])):
        version = model.versions[to]
        move = Move(
            action="rollback" if to == 0 and model.environment("staging").counter else "promote", now=NOW
        )
        model = written(model, plan_assignment(model, model.environment("staging"), version, move))
    with pytest.raises(AnswerNo, match=f"`m@v1.1.0` {why} `staging`, which comes before `prod`"):
        check_promotion(model, PROD, model.versions[1], downgrade=False)
