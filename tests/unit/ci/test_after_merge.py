"""After a merge: which models are released and promoted, and which are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.core.ci.after_merge import (
    auto_environments,
    current_assignments,
    failed_step,
    planned_step,
    promotion_need,
    release_need,
    step_of,
)
from mlgit.core.ci.merged import Merged, MergeStep, outputs_of
from mlgit.core.config.file import Environment
from mlgit.core.registry.readiness import Unready
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import ModelState, Refusal
from mlgit.core.release.tag_plan import ChangeReport, WrittenTag
from mlgit.errors import AnswerNo, Exit, ToolError
from tests.support.tags import commit, fact, stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import RegisteredVersion, TagFact

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
PROD = Environment(name="prod", auto=True)


def state(*facts: TagFact) -> ModelState:
    return replay(facts).model("m")


def contents(found: ModelState, **digests: str) -> Iterator[tuple[RegisteredVersion, str | None]]:
    """Versions, newest first, with digests by number: `v1="a"` is the digest of v1.0.0."""
    for version in reversed(found.versions):
        yield version, digests.get(f"v{version.version.major}")


@pytest.mark.parametrize(
    ("tags", "content", "digests", "expected"),
    [
        # (tags as name and commit), content of commit 9, digests by major version -> release, force, outcome
        ([], "a", {}, (True, False, None)),
        ([("m@v1.0.0", 1)], "b", {"v1": "a"}, (True, False, None)),
        ([("m@v1.0.0", 1)], "a", {"v1": "a"}, (False, False, "unchanged")),
        ([("m@v1.0.0", 1), ("m@v2.0.0", 2)], "a", {"v1": "a", "v2": "b"}, (True, True, None)),
        ([("m@v1.0.0", 1), ("m@v2.0.0", 2), ("m@v2.0.0!", 2)], "a", {"v1": "a"}, (False, False, "unchanged")),
        ([("m@v1.0.0", 9)], "a", {"v1": "a"}, (False, False, "already")),
        ([("m@v1.0.0", 9), ("m@v1.0.0!", 9)], "a", {}, (False, False, "left")),
        ([("m@v1.0.0", 1), ("m@v1.0.0!", 1)], "a", {"v1": "a"}, (False, False, "left")),
        ([("m@v1.0.0", 1), ("m@v1.0.0!", 1)], "b", {"v1": "a"}, (True, False, None)),
        # a pre-release of this commit only keeps it from a release that it needs
        ([("m@v1.0.0-rc.1", 9)], "a", {}, (False, False, "blocked")),
        ([("m@v1.0.0", 1), ("m@v2.0.0-rc.1", 9)], "b", {"v1": "a", "v2": "b"}, (False, False, "blocked")),
        ([("m@v1.0.0", 1), ("m@v2.0.0-rc.1", 9)], "a", {"v1": "a", "v2": "a"}, (False, False, "unchanged")),
        ([("m@v1.0.0", 1), ("m@v1.0.0!", 1), ("m@v2.0.0-rc.1", 9)], "a", {"v1": "a"}, (False, False, "left")),
        ([("m@v1.0.0-rc.1", 9), ("m@v1.0.0-rc.1!", 9)], "a", {}, (False, False, "left")),
        ([("m@v1.0.0-rc.1", 1)], "a", {"v1": "a"}, (True, False, None)),
        ([("m@v1.0.0", 1)], None, {"v1": "a"}, (False, False, "left")),
        ([("m@v1.0.0", 1)], "a", {}, (True, False, None)),
    ],
)
def test_a_commit_is_released_when_its_model_is_new(
    tags: list[tuple[str, int]],
    content: str | None,
    digests: dict[str, str],
    expected: tuple[bool, bool, str | None],
) -> None:
    found = state(*(fact(tag, at) for tag, at in tags))
    need = release_need(found, commit(9), content, contents(found, **digests))
    outcome = None if need.step is None else need.step.outcome
    assert (need.release, need.force, outcome) == expected


def test_versions_are_read_only_as_far_as_needed() -> None:
    found = state(fact("m@v1.0.0", 1), fact("m@v2.0.0", 2))
    looked = contents(found, v2="a")
    release_need(found, commit(9), "a", looked)
    assert [str(version.version) for version, _ in looked] == ["v1.0.0"]


def test_environments_with_auto_follow_their_source() -> None:
    declared = {
        "prod": Environment(name="prod", source="canary", auto=True),
        "canary": Environment(name="canary", source="staging"),
        "staging": Environment(name="staging", auto=True),
        "other": Environment(name="other", source="gone", auto=True),
        "round": Environment(name="round", source="trip", auto=True),
        "trip": Environment(name="trip", source="round", auto=True),
    }
    names = [environment.name for environment in auto_environments(declared)]
    assert names == ["staging", "prod", "other", "trip", "round"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        # (tag, commit[, action]) -> the version to promote, or the outcome
        ([], None),
        ([("m@v1.0.0-rc.1", 1)], None),
        ([("m@v1.0.0", 1)], "v1.0.0"),
        ([("m@v1.0.0", 1), ("m@v2.0.0", 2)], "v2.0.0"),
        ([("m@v1.0.0", 1), ("m#prod#1", 1)], "already"),
        ([("m@v1.0.0", 1), ("m@v2.0.0", 2), ("m#prod#1", 1)], "v2.0.0"),
        ([("m@v1.0.0", 1), ("m@v1.0.0!", 1), ("m#prod#1", 1)], None),
        ([("m@v1.0.0", 1), ("m@v2.0.0", 2), ("m#prod#1", 2), ("m@v2.0.0!", 2)], "left"),
        # An explicit promotion went back, or someone emptied it: that stays.
        (
            [("m@v1.0.0", 1), ("m@v2.0.0", 2), ("m#prod#1", 2), ("m#prod!#2", 2), ("m#prod#2", 1)],
            "left",
        ),
        ([("m@v1.0.0", 1), ("m#prod#1", 1), ("m#prod!#2", 1)], "left"),
        # A newer version is promoted.
        ([("m@v1.0.0", 1), ("m#prod#1", 1), ("m#prod!#2", 1), ("m@v2.0.0", 2)], "v2.0.0"),
        # A commit without a version is replaced.
        ([("m@v1.0.0", 1), ("m#prod#1", 5)], "v1.0.0"),
    ],
)
def test_an_environment_takes_the_newest_version_that_it_never_had(
    tags: list[tuple[str, int]], expected: str | None
) -> None:
    version, step = promotion_need(state(*(fact(tag, at) for tag, at in tags)), PROD)
    assert (str(version.version) if version else step.outcome if step else None) == expected


def test_a_rollback_holds_until_a_promotion() -> None:
    facts = [
        *(fact("m@v1.0.0", 1), fact("m@v2.0.0", 2), fact("m#prod#1", 1), fact("m#prod!#2", 1)),
        *(fact("m#prod#2", 2), fact("m#prod!#3", 2)),
        fact("m#prod#3", 1, message=stated("rollback", at="2026-05-01T08:00:00Z")),
    ]
    version, step = promotion_need(state(*facts, fact("m@v3.0.0", 3)), PROD)
    assert version is None
    assert step is not None
    assert (step.outcome, step.tag) == ("held", "m#prod#3")
    assert step.message == "`prod` is held by a rollback of Ada since 2026-05-01T08:00:00Z"
    assert step.hint == "`mlgit promote m@v3.0.0 --to prod` ends that"
    # not the version that the rollback took out
    _, step = promotion_need(state(*facts), PROD)
    assert step is not None
    assert step.hint == "v2.0.0 was taken out of it before; a promotion by hand ends that"
    ended = state(*facts, fact("m@v3.0.0", 3), fact("m#prod!#4", 1), fact("m#prod#4", 1))
    version, _ = promotion_need(ended, PROD)
    assert version is not None
    assert str(version.version) == "v3.0.0"


def test_from_decides_which_version_comes_next() -> None:
    canary = Environment(name="canary", source="prod", auto=True)
    facts = [fact("m@v1.0.0", 1), fact("m@v2.0.0", 2), fact("m#prod#1", 1)]
    version, _ = promotion_need(state(*facts), canary)
    assert version is not None
    assert str(version.version) == "v1.0.0"
    assert promotion_need(state(*facts[:2]), canary) == (None, None)


def test_a_pre_release_or_a_rejected_version_is_not_taken_from_another_environment() -> None:
    canary = Environment(name="canary", source="prod", auto=True)
    waiting = state(fact("m@v1.0.0-rc.1", 1), fact("m#prod#1", 1))
    version, step = promotion_need(waiting, canary)
    assert version is None
    assert step is not None
    assert step.message == "`m@v1.0.0-rc.1` is a pre-release, and `canary` does not accept pre-releases"
    taken, _ = promotion_need(waiting, Environment(name="canary", source="prod", auto=True, pre=True))
    assert taken is not None
    rejected = state(fact("m@v1.0.0", 1), fact("m@v1.0.0!", 1), fact("m#prod#1", 1))
    _, step = promotion_need(rejected, canary)
    assert step is not None
    assert step.message == "`m@v1.0.0` is deregistered"


def report(**more: object) -> ChangeReport:
    plain = {"model": "dir:m", "version": "v1.0.0", "environment": None, "action": "release", "at": NOON}
    return ChangeReport(**(plain | more))  # type: ignore[arg-type]


def test_a_report_becomes_a_step() -> None:
    tag = WrittenTag(name="dir=m#prod#2", oid="0", commit="0", at=NOON)
    pair = (WrittenTag(name="dir=m#prod!#2", oid="0", commit="0", at=NOON), tag)
    promoted = step_of(report(environment="prod", action="promote", tags=pair, notes=("so",)))
    assert (promoted.outcome, promoted.tag, promoted.details) == ("done", "dir=m#prod#2", ("so",))
    assert step_of(report(already=True)).tag == "dir=m@v1.0.0"
    assert step_of(report(already=True)).outcome == "already"
    assert step_of(report(dry_run=True)).outcome == "planned"


def test_a_dry_run_plans_the_steps_it_does_not_write() -> None:
    coming = MergeStep(model="m", outcome="planned", version="v3.0.0")
    free = planned_step(state(fact("m@v1.0.0", 1)).environment("prod"), coming, "prod")
    assert (free.outcome, free.environment, free.version) == ("planned", "prod", "v3.0.0")
    held = state(fact("m@v1.0.0", 1), fact("m#prod#1", 1, message=stated("rollback")))
    assert planned_step(held.environment("prod"), coming, "prod").outcome == "held"


def test_the_run_has_the_highest_exit_code_of_its_steps() -> None:
    steps = (
        MergeStep(model="a", outcome="done"),
        failed_step("b", None, AnswerNo("No", details=("x",), hint="y")),
        failed_step("c", "prod", ToolError("Broken"), version="v1.0.0"),
    )
    assert [step.outcome for step in steps] == ["done", "blocked", "failed"]
    merged = Merged(trunk="main", commit=commit(1), dry_run=False, at=NOON, steps=steps)
    assert merged.exit_code == Exit.TOOL
    assert Merged(trunk="main", commit=commit(1), dry_run=False, at=NOON).exit_code == Exit.DONE


def test_later_jobs_get_json() -> None:
    merged = Merged(
        trunk="main",
        commit=commit(1),
        dry_run=False,
        at=NOON,
        released=("m@v1.0.0",),
        tags=("m#prod#1",),
        current=("m#prod#1", "n#prod#4"),
        changed=True,
    )
    assert outputs_of(merged) == {
        "changed": "true",
        "released": '["m@v1.0.0"]',
        "tags": '["m#prod#1", "n#prod#4"]',
    }


def test_later_jobs_of_a_failed_run_have_nothing_to_do() -> None:
    assert outputs_of(None) == {"changed": "false", "released": "[]", "tags": "[]"}


def test_the_current_assignments_are_deployed() -> None:
    found = state(fact("m@v1.0.0", 1), fact("m#prod#1", 1), fact("m#staging#1", 1), fact("m#staging#2", 2))
    environments = (PROD, Environment(name="staging", auto=True), Environment(name="empty", auto=True))

    def current(*commits: int, tags: tuple[str, ...] = ()) -> tuple[str, ...]:
        return current_assignments([found], environments, commits={commit(n) for n in commits}, tags=tags)

    assert current(1) == ("m#prod#1",)
    assert current(1, 2) == ("m#prod#1", "m#staging#2")
    assert current(tags=("m#staging#1", "m#staging#2")) == ("m#staging#2",)
    assert current() == ()


def test_a_model_that_is_missing_is_left_with_the_reason() -> None:
    missing = Unready(
        code="model_not_found", subject="m", message="`a` is nowhere", severity="error", hint="look"
    )
    need = release_need(ModelState(name="m"), "c" * 40, None, (), missing=missing)
    assert need.step is not None
    assert (need.release, need.step.message, need.step.hint) == (False, "`a` is nowhere", "look")
    bare = release_need(ModelState(name="m"), "c" * 40, None, ())
    assert bare.step is not None
    assert bare.step.message == "`m` has no content at ccccccc"


@pytest.mark.parametrize("doubted", ["prod", "staging"])
def test_nothing_is_promoted_automatically_where_a_tag_leaves_open_what_is_there(doubted: str) -> None:
    found = state(fact("m@v1.0.0", 1), fact("m@v2.0.0", 2), fact("m#staging#1", 2), fact("m#prod#1", 1))
    doubt = Refusal(fact(f"m#{doubted}#2", 1), "it was moved", repair="git fetch --tags")
    changed = replace(found.environment(doubted), doubt=doubt)
    found = replace(found, environments={**found.environments, doubted: changed})
    version, step = promotion_need(found, Environment(name="prod", auto=True, source="staging"))
    assert version is None
    assert step is not None
    assert (step.outcome, step.hint) == ("left", "run `git fetch --tags`")
    assert step.message == f"The tag `m#{doubted}#2` does not count: it was moved"


@pytest.mark.parametrize(
    ("tags", "content", "digests", "expected"),
    [
        ([("m@v1.0.0", 9)], "a", {}, ("already", "v1.0.0", "m@v1.0.0", None, None)),
        ([("m@v1.0.0", 1)], "a", {"v1": "a"}, ("unchanged", "v1.0.0", "m@v1.0.0", None, None)),
        (
            [("m@v1.0.0", 9), ("m@v1.0.0!", 9)],
            "a",
            {},
            ("left", None, None, "v1.0.0, which this commit is, was deregistered by Ada", None),
        ),
        (
            [("m@v1.0.0-rc.1", 9)],
            "a",
            {},
            (
                "blocked",
                None,
                None,
                "this commit is v1.0.0-rc.1 of Ada, and a commit can only be one version of a model",
                "run `mlgit release m --commit`",
            ),
        ),
        (
            [("m@v1.0.0", 1), ("m@v1.0.0!", 1)],
            "a",
            {"v1": "a"},
            (
                "left",
                None,
                None,
                "this model was deregistered as v1.0.0 by Ada",
                "train another one, or run `mlgit release m --force`",
            ),
        ),
    ],
)
def test_a_step_without_a_release_names_the_version_or_the_reason(
    tags: list[tuple[str, int]], content: str, digests: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    found = state(*(fact(tag, at) for tag, at in tags))
    step = release_need(found, commit(9), content, contents(found, **digests)).step
    assert step is not None
    assert (step.outcome, step.version, step.tag, step.message, step.hint) == expected
    assert step.environment is None
    assert step.exit_code == (Exit.BLOCKED if step.outcome == "blocked" else Exit.DONE)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            [("m@v1.0.0", 1), ("m@v2.0.0", 2), ("m#prod#1", 2), ("m@v2.0.0!", 2)],
            "`prod` holds v2.0.0, which is higher than v1.0.0",
        ),
        (
            [("m@v1.0.0", 1), ("m#prod#1", 1), ("m#prod!#2", 1)],
            "`m@v1.0.0` was in `prod` and was taken out by Ada (m#prod!#2)",
        ),
        (
            [("m@v1.0.0", 1), ("m#prod#1", 1), ("m#prod!#2", 1), ("m#prod#3", 1), ("m#prod!#4", 1)],
            "`m@v1.0.0` was in `prod` and was taken out by Ada (m#prod!#4)",
        ),
    ],
)
def test_an_environment_that_is_left_alone_has_the_reason(tags: list[tuple[str, int]], message: str) -> None:
    version, step = promotion_need(state(*(fact(tag, at) for tag, at in tags)), PROD)
    assert version is None
    assert step is not None
    assert (step.outcome, step.environment, step.message) == ("left", "prod", message)


def test_an_environment_that_holds_the_version_names_it_and_its_tag() -> None:
    _, step = promotion_need(state(fact("m@v1.0.0", 1), fact("m#prod#1", 1)), PROD)
    assert step == MergeStep(
        model="m", outcome="already", environment="prod", version="v1.0.0", tag="m#prod#1"
    )


def test_an_error_keeps_its_words_in_the_step() -> None:
    step = failed_step("c", "prod", ToolError("Broken", details=("x",), hint="y"), version="v1.0.0")
    assert (step.environment, step.version, step.message, step.hint, step.details, step.exit_code) == (
        *("prod", "v1.0.0", "Broken", "y", ("x",)),
        Exit.TOOL,
    )


def test_what_is_not_known_or_not_changed_is_left_out() -> None:
    assert step_of(report(environment="prod", already=True)).tag is None
    coming = MergeStep(model="m", outcome="planned", version="v3.0.0")
    assert planned_step(state(fact("m@v1.0.0", 1)).environment("prod"), coming, "prod").message is None
    merged = Merged(trunk="main", commit=commit(1), dry_run=False, at=NOON)
    assert outputs_of(merged)["changed"] == "false"


@pytest.mark.parametrize("older", [False, True])
def test_a_higher_number_of_an_older_commit_does_not_replace_a_newer_one(*, older: bool) -> None:
    found = state(fact("m@v1.0.0", 5), fact("m@v1.0.1", 3), fact("m#prod#1", 5))
    version, step = promotion_need(found, PROD, precedes=lambda one, two: older and one < two)
    if not older:
        assert version is not None
        return
    assert version is None
    assert step is not None
    assert step.outcome == "left"
    assert step.message == (
        "`m@v1.0.1` is of an older commit than v1.0.0, which `prod` holds; `mlgit promote` can replace it"
    )
