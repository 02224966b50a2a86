"""Planning a push of tags: withdrawn tags, second versions of a commit, and what depends on them."""

from __future__ import annotations

from mlgit.core.registry.message_summary import MessageSummary, write_summary
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.tags import parse_tag
from mlgit.core.release.publication import plan_tags

A, B = "a" * 40, "b" * 40


def fact(tag: str, commit: str = A, *, at_s: int = 0, version: str | None = None) -> TagFact:
    name = parse_tag(tag)
    assert name is not None
    summary = write_summary(MessageSummary(0, "promote", version)) if version else ""
    return TagFact(name, tag, "1" * 40, commit, at_s, "Ada", "ada@example.org", lambda _: "", summary)


def plan(
    *facts: TagFact,
    there: dict[tuple[str, str], str] | None = None,
    gone: str = "",
    without: dict[str, str] | None = None,
) -> dict[str, str]:
    found = plan_tags(
        facts, remote="origin", versions=there or {}, withdrawn={gone} - {""}, kept=without or {}
    )
    return {each.tag: each.reason or each.step for each in found}


def test_tags_are_pushed_in_the_order_of_their_times() -> None:
    facts = [fact("m#prod#1", at_s=2), fact("m@v1.0.0", at_s=1), fact("m@v1.1.0", B, at_s=3)]
    assert list(plan(*facts).items()) == [
        ("m@v1.0.0", "planned"),
        ("m#prod#1", "planned"),
        ("m@v1.1.0", "planned"),
    ]


def test_of_two_versions_of_a_commit_the_first_is_pushed() -> None:
    found = plan(fact("m@v1.0.0", at_s=1), fact("m@v1.0.1", at_s=2), fact("n@v1.0.0"), fact("m@v2.0.0", B))
    assert (
        found["m@v1.0.1"] == "aaaaaaa is already `m@v1.0.0`, and a commit can only be one version of a model"
    )
    assert [tag for tag, state in found.items() if state == "planned"] == ["m@v2.0.0", "n@v1.0.0", "m@v1.0.0"]


def test_a_version_of_the_remote_takes_the_commit() -> None:
    assert "`m@v0.9.0`" in plan(fact("m@v1.0.0"), there={("m", A): "m@v0.9.0"})["m@v1.0.0"]


def test_what_depends_on_a_tag_that_is_not_pushed_stays_here() -> None:
    found = plan(
        fact("m@v1.0.0"),
        fact("m@v1.0.0!"),
        fact("m#prod!#2", B, version="v1.0.0"),
        fact("m#prod#2", version="v1.0.0"),
        fact("m#dev#1", version="v2.0.0"),
        gone="m@v1.0.0",
    )
    assert "`origin` no longer has this tag" in found["m@v1.0.0"]
    assert "git tag -d m@v1.0.0" in found["m@v1.0.0"]
    about = "it is about `m@v1.0.0`, which is not pushed"
    assert (found["m@v1.0.0!"], found["m#prod!#2"], found["m#prod#2"]) == (about, about, about)
    assert found["m#dev#1"] == "planned"


def test_the_tags_of_a_change_stay_together() -> None:
    found = plan(fact("m#prod!#2", B), fact("m#prod#2"), fact("m#prod#3"), gone="m#prod!#2")
    assert found["m#prod#2"] == "it belongs to `m#prod!#2`, which is not pushed"
    assert found["m#prod#3"] == "planned"


def test_a_withdrawn_version_leaves_its_commit_free() -> None:
    assert plan(fact("m@v1.0.0"), fact("m@v1.0.1"), gone="m@v1.0.0")["m@v1.0.1"] == "planned"


def test_a_release_whose_model_is_lost_stays_here_with_its_promotions() -> None:
    tags = [fact("m@v1.0.0"), fact("m#prod#1", version="v1.0.0"), fact("n@v1.0.0", B)]
    found = plan(*tags, without={"m@v1.0.0": "its data is lost"})
    assert found["m@v1.0.0"] == "its data is lost"
    assert found["m#prod#1"] == "it is about `m@v1.0.0`, which is not pushed"
    assert found["n@v1.0.0"] == "planned"
    gone = plan(*tags, gone="m@v1.0.0", without={"m@v1.0.0": "its data is lost"})
    assert "no longer has this tag" in gone["m@v1.0.0"]
