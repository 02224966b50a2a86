"""Why a tag does not count, and what to do about it: a command, a sentence, or what deletes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.marks import MERGE
from mlgit.core.trust.rules import Brought, Facts
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, NO_STATEMENT, OFF, PAIR, RC, V1, V2, moved, rejection, release
from tests.unit.trust.test_registered_again import COUNTED

if TYPE_CHECKING:
    from mlgit.core.registry.state import Refusal, TagFact

DEEPEN = "git fetch --unshallow"
NEVER = {"had_gates_of": lambda each: each != V2.commit}
NO_TIP = {"was_tip": lambda each: each != V2.commit}
NO_MODEL = {"had_model_of": lambda each: each != V2.commit}
UNDECLARED = {"declared": lambda each: each != V2.commit}
BROUGHT = {"brought": lambda _: Brought(merge="c" * 40, tip="d" * 40, record="git merge x")}
ASK = f"if trunk's tip was {'d' * 7} once, `git merge x` records that"
DELETE = "if no one needs it, `git tag -d m@v2.0.0` deletes it"
GATES = f"it was released by the gates of {V2.commit[:7]}, and nothing in Git shows that trunk had them"
MERGED = f"brought its commit {V2.commit[:7]}, and nothing in Git shows that trunk's tip was there"
LEFT = f"brought its commit {V2.commit[:7]}, and did not take the model from there"
MODEL = "neither its commit nor trunk declares the model `m`"
SHALLOW = "is not known: this history is cut off"


def refused(*tags: TagFact, ignored: tuple[str, ...] = (), **known: Any) -> dict[str, Refusal]:  # noqa: ANN401
    """The refusals by tag; `known` are fields of Facts, `ignored` are lightweight tags."""
    facts = Facts({each.oid: each.tag for each in tags}, foreign=False, elsewhere={}, rules={})
    raw = replay(tags, dict.fromkeys(ignored, "it is lightweight")).model("m")
    return {each.fact.tag: each for each in accepted_state(raw, facts._replace(**known)).refused}


def facts_of(found: Refusal) -> tuple[str, str | None, str | None, bool]:
    return found.why, found.repair, found.advice, found.missing


@pytest.mark.parametrize(
    ("known", "why", "repair", "advice"),
    [
        ({"elsewhere": {V2.commit: OFF}}, OFF, None, MERGE),
        ({"elsewhere": {V2.commit: OFF}, "deepen": DEEPEN}, OFF, DEEPEN, None),
        (NEVER, GATES, None, DELETE),
        (NEVER | BROUGHT, GATES, None, ASK),
        (NEVER | {"brought": lambda _: Brought(merge="c")}, GATES, None, DELETE),
        (
            NEVER | {"deepen": DEEPEN},
            f"whether trunk ever had the gates of {V2.commit[:7]} {SHALLOW}",
            DEEPEN,
            None,
        ),
        (NO_TIP, f"a merge {MERGED}", None, DELETE),
        (NO_TIP | BROUGHT, f"the merge {'c' * 7} {MERGED}", None, ASK),
        (
            NO_TIP | {"deepen": DEEPEN},
            f"whether trunk's tip ever was {V2.commit[:7]} {SHALLOW}",
            DEEPEN,
            None,
        ),
        (NO_MODEL, f"a merge {LEFT}", None, DELETE),
        (NO_MODEL | BROUGHT, f"the merge {'c' * 7} {LEFT}", None, ASK),
        (
            NO_MODEL | {"deepen": DEEPEN},
            f"whether trunk ever had the model of {V2.commit[:7]} {SHALLOW}",
            DEEPEN,
            None,
        ),
        (UNDECLARED, MODEL, None, DELETE),
        (
            UNDECLARED | {"remote": "origin"},
            MODEL,
            None,
            (
                "if no one needs it, `git push origin :refs/tags/m@v2.0.0 && git tag -d m@v2.0.0` deletes it "
                "for everyone"
            ),
        ),
        (UNDECLARED | {"deepen": DEEPEN}, MODEL, DEEPEN, None),
        (
            {"release_gates": {V2.commit: {"auc": ["fail"]}}},
            "it states no outcome of `auc`",
            None,
            None,
        ),
    ],
)
def test_a_release_that_does_not_count(
    known: dict[str, Any], why: str, repair: str | None, advice: str | None
) -> None:
    found = refused(V1, V2, **known)
    assert {tag: facts_of(each) for tag, each in found.items()} == {
        V2.tag: (why, repair, advice, repair is not None)
    }


@pytest.mark.parametrize(
    ("tag", "known", "counts"),
    [
        # no gates and no line of trunk hold a pre-release
        (RC, {each: lambda _: False for each in ("had_gates_of", "was_tip", "had_model_of")}, True),
        (RC, {"elsewhere": {RC.commit: OFF}}, True),
        (RC, {"declared": lambda _: False}, False),
        # nor what another tool released, where that counts
        (fact("m@v2.0.0", 2), NEVER | NO_TIP | NO_MODEL | UNDECLARED | {"foreign": True}, True),
        (fact("m@v2.0.0", 2), {"elsewhere": {V2.commit: OFF}, "foreign": True}, False),
        (V2, UNDECLARED | {"foreign": True}, True),
        (V2, NEVER | {"foreign": True}, False),
    ],
)
def test_which_releases_need_which_evidence(tag: TagFact, known: dict[str, Any], *, counts: bool) -> None:
    assert (tag.tag not in refused(V1, tag, **known)) is counts


AGAIN = release("m@v2.0.0#3", 2, states="v2.0.0")


def test_a_second_registration_is_to_be_deleted() -> None:
    why, delete = "`m@v2.0.0` registers that version already", "`git tag -d 'm@v2.0.0#3'` deletes it"
    plain = fact("m@v2.0.0#3", 2)
    found = refused(V2, plain, foreign=True)[plain.tag]
    assert facts_of(found) == (why, None, f"if no one needs it, {delete}", False)
    found = refused(V2, AGAIN)[AGAIN.tag]
    assert facts_of(found) == (COUNTED, None, f"if no one needs it, {delete}", False)
    assert not found.foreign
    # one that is refused for a reason of its own keeps that
    found = refused(V2, plain)[plain.tag]
    assert found.why == NO_STATEMENT


OTHER = "promote another version of `m`"
BY_RELEASE = "its release `m@v2.0.0` does not count: "


@pytest.mark.parametrize(
    ("tags", "known", "expected"),
    [
        # a release that this clone may lack, or that is off trunk: the same way out
        (
            (V1, V2, FIRST, *PAIR),
            {"elsewhere": {V2.commit: OFF}},
            (BY_RELEASE + OFF, None, MERGE, False),
        ),
        (
            (V1, V2, FIRST, *PAIR),
            {"elsewhere": {V2.commit: OFF}, "deepen": DEEPEN},
            (BY_RELEASE + OFF, DEEPEN, None, True),
        ),
        # one that would be deleted while this tag names it: another version
        ((V1, V2, FIRST, *PAIR), NEVER, (BY_RELEASE + GATES, None, OTHER, False)),
        ((V1, V2, FIRST, *PAIR), NEVER | BROUGHT, (BY_RELEASE + GATES, None, ASK, False)),
        # one by another tool
        (
            (V1, fact("m@v2.0.0", 2), FIRST, fact("m#prod#2", 2, message=PAIR[1].message())),
            {},
            (
                f"{BY_RELEASE}{NO_STATEMENT}",
                None,
                f"{OTHER}, or write `foreign_tags: allow` into `mlgit.yaml` on trunk",
                False,
            ),
        ),
        # one under another name
        (
            (V1, V2, FIRST, *PAIR),
            {"names": {each.oid: each.tag for each in (V1, FIRST, *PAIR)} | {V2.oid: "other"}},
            (f"{BY_RELEASE}its object was made for `other`", None, OTHER, False),
        ),
    ],
)
def test_an_assignment_whose_release_does_not_count(
    tags: tuple[TagFact, ...], known: dict[str, Any], expected: tuple[str, str | None, str | None, bool]
) -> None:
    known = dict(known)
    if tags[1].message() == "":  # the tag names the object of the foreign release
        tags = (*tags[:3], moved("m#prod#2", 2, tags[1], seconds=21))
    assert facts_of(refused(*tags, **known)["m#prod#2"]) == expected


def test_an_assignment_without_a_release_whose_commit_is_off_trunk() -> None:
    tag = fact("m#prod#2", 9)
    found = refused(V1, FIRST, tag, foreign=True, elsewhere={tag.commit: OFF})
    assert {each: facts_of(one) for each, one in found.items()} == {tag.tag: (OFF, None, MERGE, False)}


def test_a_lightweight_release_is_put_back_after_a_fetch() -> None:
    found = refused(V1, FIRST, *PAIR, ignored=("m@v2.0.0",))["m#prod#2"]
    assert found.advice is not None
    assert found.advice.startswith("run `git fetch --force --tags`; if the tag is still lightweight, ")
    assert found.missing


def test_a_tag_that_names_another_release_than_others_is_to_be_deleted() -> None:
    wrong = moved("m#prod#3", 2, V2, oid="e" * 40, seconds=40)
    found = refused(V1, V2, FIRST, *PAIR, wrong)[wrong.tag]
    assert str(found.advice).startswith("`m#prod!#2`, `m#prod#2` name the `m@v2.0.0` that is there; ask Ada,")
    found = refused(V1, V2, FIRST, PAIR[1], wrong._replace(tagger=""))[wrong.tag]
    text = "`m#prod#2` names the `m@v2.0.0` that is there; ask its author, and if no one needs it, "
    assert str(found.advice).startswith(text)
    # without a witness, the release is put back
    found = refused(V1, V2, FIRST, wrong)[wrong.tag]
    assert str(found.repair).startswith("git update-ref refs/tags/m@v2.0.0 ")


def test_half_of_a_change_without_a_release_counts_only_with_its_other_half() -> None:
    half, whole = moved("m#prod!#2", 1, None, seconds=20), moved("m#prod#2", 2, V2, seconds=21)
    assert refused(V1, V2, FIRST, half, whole) == {}
    assert refused(V1, V2, FIRST, half)[half.tag].why == "it does not name a release"
    assert refused(V1, V2, FIRST, half, moved("m#prod#3", 2, V2, seconds=30))[half.tag].why == (
        "it does not name a release"
    )


def test_rejections_that_do_not_count_have_one_reason_each() -> None:
    plain = fact("m@v2.0.0!", 1)
    found = refused(V1, V2, plain, foreign=True)
    assert found[plain.tag].why == f"it is at {commit(1)[:7]}, and `m@v2.0.0` at {commit(2)[:7]}"
    assert refused(V1, V2, plain)[plain.tag].why == NO_STATEMENT
    wrong = rejection(V2, at=1)
    assert list(refused(V1, V2, wrong)) == [wrong.tag]


def test_what_takes_nothing_out_of_its_own_environment_is_to_be_deleted() -> None:
    idle = moved("m#prod!#3", 5, None, action="unassign", seconds=30)
    there = moved("m#staging#1", 5, None, seconds=5)
    found = refused(V1, V2, FIRST, *PAIR, there, idle)[idle.tag]
    why = f"it takes out what is at {commit(5)[:7]}, which was not in `prod` then"
    assert facts_of(found) == (why, None, "if no one needs it, `git tag -d 'm#prod!#3'` deletes it", False)
    assert found.foreign
    # one that mlgit did not write keeps that reason
    renamed = {each.oid: each.tag for each in (V1, V2, FIRST, *PAIR)} | {idle.oid: "x"}
    assert refused(V1, V2, FIRST, *PAIR, idle, names=renamed)[idle.tag].why == "its object was made for `x`"
