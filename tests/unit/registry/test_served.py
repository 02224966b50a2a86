"""What a target serves next to what its environment holds, in words, and who deregistered a version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mlgit.core.registry.completeness import Trust
from mlgit.core.registry.entries import Attempt, Served, environment_entry, rejection_notes
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import RegisteredVersion
from tests.support.tags import fact
from tests.unit.trust.test_accept import FIRST, PAIR, V1, V2, rejection

DEPLOY = "mlgit deploy --env prod"


@pytest.mark.parametrize(
    ("error", "hint", "repair"),
    [
        (None, None, f"unless it still runs, `{DEPLOY}`"),
        ("sh ended with exit code 3", None, DEPLOY),
        ("no space left", "free some space, then deploy again", "free some space, then deploy again"),
        ("x was not found on PATH", "install it here", f"install it here; then run `{DEPLOY}`"),
    ],
)
def test_what_is_to_be_done_before_another_deployment(
    error: str | None, hint: str | None, repair: str
) -> None:
    failed = Attempt(label="v1", at=datetime(2026, 5, 3, tzinfo=UTC), error=error, hint=hint)
    assert failed.repair(DEPLOY) == repair


def served(label: str | None = "v1", **more: Any) -> Served:  # noqa: ANN401 (fields of Served)
    return Served(folder="/srv", label=label, **more)


@pytest.mark.parametrize(
    ("found", "right", "text"),
    [
        (served(matches=True), True, None),
        (served(None, matches=True), True, None),
        (served(None), False, "the target serves nothing"),
        (
            served(None, failed="the last deployment failed"),
            False,
            "the target serves nothing; the last deployment failed",
        ),
        (served(), False, "the target still serves v1"),
        (
            served(failed="the last deployment failed"),
            False,
            "the target still serves v1; the last deployment failed",
        ),
        (served(stop="systemctl stop x"), False, "the target still serves v1; `systemctl stop x` ends that"),
        (
            served(stop="systemctl stop x", failed="the last deployment failed", deployed="v0"),
            False,
            "the target still serves v1; `systemctl stop x` ends that",
        ),
        (served(deployed="v0"), False, "the target serves v1, though v0 was deployed last"),
        (served(matches=True, deployed="v0"), True, None),
        (
            served(matches=True, damaged=True, damage="`a` is missing"),
            False,
            "the target serves v1, but `a` is missing",
        ),
        (
            served(later="m#prod#9"),
            False,
            "the target serves v1, by m#prod#9, which this clone does not have",
        ),
        (
            served(problem="no access", matches=True, damaged=True),
            False,
            "what the target serves is not known: no access",
        ),
    ],
)
def test_what_a_target_serves_instead(found: Served, text: str | None, *, right: bool) -> None:
    assert found.wrong("the target") == text
    assert found.right is right


def test_what_a_target_serves_is_not_right_unless_it_is_known_to_be() -> None:
    assert not served().right
    assert not served().damaged


@pytest.mark.parametrize(("reason", "end"), [("", ""), ("It failed", ": It failed")])
def test_who_deregistered_a_version(reason: str, end: str) -> None:
    message = rejection(V1).message()
    if reason:
        message = message.replace('"reason":null', f'"reason":"{reason}"')
    (version,) = replay((V1, fact("m@v1.0.0!", 1, message=message))).model("m").versions
    assert rejection_notes(version) == (f"`m@v1.0.0` was deregistered by Ada on 2026-05-03{end}",)
    assert rejection_notes(version._replace(rejected=None)) == ()
    assert isinstance(version, RegisteredVersion)


def test_of_a_tag_that_does_not_count_the_label_that_counts_is_next_to_it() -> None:
    plain = fact("m#prod#3", 1, seconds=30)
    held = replay((V1, V2, FIRST, *PAIR, plain)).model("m").environment("prod")
    counting = replay((V1, V2, FIRST, *PAIR)).model("m").environment("prod")
    trust = Trust(why=lambda tag: "no" if tag == plain else None, instead={"prod": counting})
    entry = environment_entry(held, declared=True, trust=trust)
    assert (entry.label, entry.refused, entry.counts) == ("v1.0.0", "no", "v2.0.0")
    entry = environment_entry(counting, declared=True, trust=trust)
    assert (entry.label, entry.refused, entry.counts) == ("v2.0.0", None, None)
