"""Which version a rollback takes where tags do not count, and what its errors say about rejections."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import ModelState, Refusal, TagFact
from mlgit.core.registry.statement import RejectionStatement, TagPointer
from mlgit.core.release.going_back import rollback_target
from mlgit.core.release.promotion import check_promotion
from mlgit.core.release.soundness import Soundness
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.rules import Facts, was_promoted
from mlgit.errors import AnswerNo, MlgitError, StateError
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import moved, rejection, release

V1, V2 = release("m@v1.0.0", 1), release("m@v2.0.0", 2)
FIRST = moved("m#prod#1", 1, V1)
SECOND = (moved("m#prod!#2", 1, V1, action="unassign"), moved("m#prod#2", 2, V2))
# Half of a promotion, whose release is another one.
HALF = moved("m#prod!#2", 1, V2, oid="0" * 40)
PLAIN, MEANT = fact("m@v1.0.0!", 1), rejection(V1)


def accepted(*tags: TagFact) -> ModelState:
    facts = (V1, V2, *tags)
    known = Facts(names={each.oid: each.tag for each in facts}, foreign=False, elsewhere={}, rules={})
    return accepted_state(replay(facts).model("m"), known)


@pytest.mark.parametrize(
    ("facts", "command"), [((), "mlgit release m"), ((V1, V2), "mlgit promote m@v2.0.0 --to prod")]
)
def test_where_nothing_ever_was_the_hint_is_a_command(facts: tuple[TagFact, ...], command: str) -> None:
    state = replay(facts).model("m")
    with pytest.raises(StateError, match="`prod` has no version of `m` to go back to") as caught:
        rollback_target(state, state.environment("prod"), None)
    assert caught.value.hint == f"run `{command}`"


@pytest.mark.parametrize(
    ("newest", "doubt"),
    [
        ((moved("m#prod#2", 1, V1, oid="0" * 40),), "m#prod#2"),
        ((moved("m#prod#2", 2, V2, oid="0" * 40),), "m#prod#2"),
        ((HALF,), "m#prod!#2"),
    ],
)
def test_from_a_doubt_it_goes_to_what_counted_before(newest: tuple[TagFact, ...], doubt: str) -> None:
    state = accepted(FIRST, *newest)
    here = state.environment("prod")
    assert here.doubt is not None
    assert here.doubt.fact.tag == doubt
    for to in (None, "v1.0.0"):
        assert rollback_target(state, here, to).fact is V1


def test_a_foreign_half_leaves_no_doubt() -> None:
    half = HALF._replace(oid="f" * 40)
    facts = (V1, V2, FIRST, half)
    names = {each.oid: each.tag for each in facts} | {half.oid: "m#prod!#9"}
    known = Facts(names=names, foreign=False, elsewhere={}, rules={})
    assert accepted_state(replay(facts).model("m"), known).environment("prod").doubt is None


def test_a_version_that_no_promotion_put_there_is_passed_over() -> None:
    third = release("m@v3.0.0", 3)
    state = accepted(FIRST, *SECOND, third, moved("m#prod!#3", 2, V2), moved("m#prod#3", 3, third))
    here = state.environment("prod")
    assert rollback_target(state, here).fact is V2
    assert rollback_target(state, here, counts=lambda version: version.fact is V1).fact is V1
    with pytest.raises(StateError, match="cannot go back to"):
        rollback_target(state, here, "v2.0.0", counts=lambda version: version.fact is V1)
    with pytest.raises(StateError, match="no version of"):
        rollback_target(state, here, counts=lambda _: False)


@pytest.mark.parametrize(
    ("blocked", "target", "notes"),
    [
        ("", 3, ()),
        ("3", 2, ("`m@v3.0.0` is passed over: the gates block `m#prod#1`",)),
        ("32", 1, ("`m@v3.0.0` is passed over", "run `mlgit rollback m@v2.0.0 --env prod -m REASON`")),
        ("321", 3, ("the gates block everything that `prod` can go back to",)),
    ],
)
def test_a_version_that_gates_block_is_passed_over(blocked: str, target: int, notes: tuple[str, ...]) -> None:
    v3, v4 = release("m@v3.0.0", 3), release("m@v4.0.0", 4)
    there = [moved(f"m#prod#{number}", number, fact) for number, fact in ((1, V1), (2, V2), (3, v3), (4, v4))]
    state = accepted(v3, v4, *there)
    here = state.environment("prod")
    sound = Soundness("prod", lambda each: (FIRST, "r2 fell") if each.tag[3] in blocked else None)
    found = rollback_target(state, here, sound=sound)
    assert found.version.major == target
    printed = sound.notes(found)
    assert len(printed) == len(notes)
    assert all(part in note and "r2 fell" in note for note, part in zip(printed, notes, strict=True))
    # A version that is named is taken, with a note if gates block it.
    named = Soundness("prod", lambda each: (FIRST, "r2 fell") if each.tag[3] in blocked else None)
    second = rollback_target(state, here, "v2.0.0", sound=named)
    says = ("The gates block `m#prod#1`, which put `m@v2.0.0` into `prod`: r2 fell",)
    assert named.notes(second) == (says if "2" in blocked else ())


def test_where_only_one_version_is_left_it_is_taken_though_gates_block_it() -> None:
    state = accepted(FIRST, *SECOND)
    sound = Soundness("prod", lambda _: (FIRST, "r2 fell"))
    found = rollback_target(state, state.environment("prod"), sound=sound)
    assert found.fact is V1
    (note,) = sound.notes(found)
    assert note.endswith("r2 fell; there is nothing else that `prod` can go back to")


def test_a_promotion_that_broke_a_rule_put_nothing_there() -> None:
    forged = moved("m#prod#2", 2, V2, policy=commit(9))
    state = replay([V1, V2, FIRST, forged]).model("m")
    here = state.environment("prod")
    facts = Facts(names={}, foreign=False, elsewhere={commit(9): "it is not on trunk"}, rules={})
    assert was_promoted(commit(1), here, state, facts)
    assert not was_promoted(commit(2), here, state, facts)
    assert not was_promoted(commit(3), here, state, facts)


@pytest.mark.parametrize(("rejected", "counts"), [(PLAIN, False), (MEANT, True)])
def test_a_rejection_that_does_not_count_is_named(rejected: TagFact, counts: bool) -> None:  # noqa: FBT001
    state = accepted(FIRST, *SECOND, rejected)
    here = state.environment("prod")
    (version, _) = state.versions
    found: list[MlgitError] = []
    for to in (None, "v1.0.0"):
        with pytest.raises((AnswerNo, StateError), match="deregistered") as caught:
            rollback_target(state, here, to)
        found.append(caught.value)
    with pytest.raises(AnswerNo, match="deregistered") as refused:
        check_promotion(state, Environment(name="prod"), version, downgrade=True)
    for error in (*found, refused.value):
        named = "does not count, but keeps its version out" in " ".join(error.details)
        assert named is not counts
        assert ("delete `m@v1.0.0!` here and on the remote" in (error.hint or "")) is not counts


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ((), "release another version and promote it, because no command takes a rejection back; or run "),
        ((release("m@v3.0.0", 3),), "run `mlgit promote m@v3.0.0 --to prod`; or run "),
    ],
)
def test_where_all_is_rejected_it_says_who_did_that_and_what_else_can_be_done(
    more: tuple[TagFact, ...], hint: str
) -> None:
    statement = RejectionStatement(
        model="m",
        version="v1.0.0",
        release=TagPointer(tag=V1.tag, oid=V1.oid),
        at="2026-05-03T12:00:00Z",
        reason="leaked labels",
    )
    why = fact("m@v1.0.0!", 1, message=write_message("Deregister", "", statement))
    state = accepted(FIRST, *SECOND, why, *more)
    with pytest.raises(StateError, match=r"deregistered: `m@v1\.0\.0`") as caught:
        rollback_target(state, state.environment("prod"))
    assert caught.value.details == ('Ada deregistered v1.0.0 on 2026-05-03 12:00 UTC: "leaked labels"',)
    unassign = "`mlgit unassign m --env prod`, which only records that it is meant to be empty"
    assert caught.value.hint == f"{hint}{unassign}"
    empty = accepted(FIRST, why, moved("m#prod!#2", 1, V1, action="unassign"), *more)
    with pytest.raises(StateError, match=r"deregistered: `m@v1\.0\.0`") as caught:
        rollback_target(empty, empty.environment("prod"))
    assert caught.value.hint == f"run `mlgit promote m@v{3 if more else 2}.0.0 --to prod`"


def test_a_refusal_of_another_environment_changes_nothing() -> None:
    state = accepted(FIRST, *SECOND)
    other = replace(state, refused=(Refusal(moved("m#staging#9", 1, V1), "it is forged"),))
    assert rollback_target(other, other.environment("prod")).fact is V1


def test_a_version_does_not_qualify_by_an_environment_in_doubt() -> None:
    third = moved("m#prod#3", 1, V1, action="rollback", oid="0" * 40)
    state = accepted(FIRST, *SECOND, third)
    with pytest.raises(StateError, match="What `prod` holds of `m` is not known here"):
        check_promotion(state, Environment(name="live", source="prod"), state.versions[0], downgrade=False)


def test_the_hint_for_half_of_a_rollback_has_no_version_that_it_states() -> None:
    half = moved("m#prod!#3", 2, V1, action="rollback")
    doubt = accepted(FIRST, *SECOND, half).environment("prod").doubt
    assert doubt is not None
    assert doubt.hint.endswith("or delete it: `git tag -d 'm#prod!#3'`")


V3 = release("m@v3.0.0", 3)
LOST = (
    moved("m#prod!#2", 1, V2, seconds=2),
    moved("m#prod!#3", 2, V3, seconds=3),
    moved("m#prod#3", 3, V3, seconds=3),
)
"""v3.0.0 after v2.0.0, whose tag `m#prod#2` is not here."""


@pytest.mark.parametrize(
    ("tags", "to", "expected"),
    [
        (LOST, None, "m#prod#2"),
        (LOST, "v2.0.0", "m#prod#2"),
        ((LOST[0], moved("m#prod!#3", 1, V2), moved("m#prod#3", 2, V2)), None, "v1.0.0"),
        ((*LOST, fact("m#prod#2", 2)), None, "m#prod#2"),
        (LOST, "v1.0.0", "v1.0.0"),
        ((*LOST, moved("m#prod!#4", 3, V2), moved("m#prod#4", 2, V2)), None, "v3.0.0"),
        ((LOST[0], *LOST[1:], moved("m#prod!#4", 3, V3, action="unassign")), None, "v3.0.0"),
        ((*SECOND, moved("m#prod!#3", 2, V3), moved("m#prod#3", 3, V3)), None, "v2.0.0"),
    ],
)
def test_it_does_not_go_over_a_change_whose_tag_is_lost(
    tags: tuple[TagFact, ...], to: str | None, expected: str
) -> None:
    state = accepted(V3, FIRST, *tags)
    here = state.environment("prod")
    assert here.doubt is None
    if expected.startswith("v"):
        assert str(rollback_target(state, here, to).version) == expected
        return
    with pytest.raises(StateError, match=f"not known here: the tag `{expected}`") as caught:
        rollback_target(state, here, to)
    assert "`m#prod!#2`" in str(caught.value)


@pytest.mark.parametrize(("version", "known"), [(V1, True), (V3, True), (V2, False)])
def test_what_was_in_the_source_is_not_known_if_its_tag_is_lost(version: TagFact, *, known: bool) -> None:
    state = accepted(V3, FIRST, *LOST)
    live = Environment(name="live", source="prod")
    wanted = next(each for each in state.versions if each.fact is version)
    if known:
        check_promotion(state, live, wanted, downgrade=False)
        return
    with pytest.raises(StateError, match="not known here: the tag `m#prod#2`"):
        check_promotion(state, live, wanted, downgrade=False)


@pytest.mark.parametrize("to", ["staging", "v1.0.0", None])
@pytest.mark.parametrize("rejected", [False, True])
def test_what_was_rejected_as_another_version_is_neither_promoted_nor_put_back(
    to: str | None, *, rejected: bool
) -> None:
    other = release("m@v1.9.0", 1)
    tags = (V1, V2, other, *[rejection(other)] * rejected, FIRST, *SECOND)
    model = replay(tags).model("m")
    why = "`m@v1.0.0` cannot be promoted or put back: its commit is `m@v1.9.0`, which Ada deregistered"
    with pytest.raises(AnswerNo, match=why) if rejected else nullcontext():
        if to == "staging":
            check_promotion(model, Environment(name="staging"), model.versions[0], downgrade=False)
        else:
            rollback_target(model, model.environment("prod"), to)
