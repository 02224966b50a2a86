"""Events: one line each at every width, or a table with everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlgit.core.registry.events import Event
from mlgit.render.console import plain
from mlgit.render.pages.events import event_lines, events_table

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
REASON = "p95 alarm of Ward 3, which was seen by two nurses and a doctor since noon"


def event(action: Any, minutes: int, **values: Any) -> Event:  # noqa: ANN401 (any field)
    known: dict[str, Any] = {"label": "v1.0.0", "environment": "prod", "before": "v1.1.0", "author": "Ada"}
    return Event(
        at=NOW - timedelta(minutes=minutes),
        model="tumor",
        action=action,
        email="ada@example.org",
        oid="0" * 40,
        commit="c" * 40,
        **{"reason": None, "tag": "t"} | known | values,
    )


EVENTS = (
    event("rollback", 3, reason=REASON),
    event("promote", 180, label="v1.1.0", before="v1.0.0", author="A very long name of a bot"),
    event("unassign", 240, environment="staging", label="v1.1.0", before="v1.1.0", author="CI"),
    event("release", 241, environment=None, label="v1.1.0", before=None, author="CI"),
)


@pytest.mark.parametrize(
    ("width", "whys"),
    [
        (80, "p95 alar…"),
        (140, "p95 alarm of Ward 3, which was seen by two nurses and a doctor since…"),
        (146, REASON),
        (60, "…"),
    ],
)
def test_an_event_is_one_line_and_a_long_reason_is_cut_with_a_mark(width: int, whys: str) -> None:
    lines = plain(event_lines(EVENTS, NOW, width=width))
    assert lines == (
        f"3 min ago  prod     ← v1.0.0 (was v1.1.0)  rollback  Ada               {whys}\n"
        "3 h ago    prod     ← v1.1.0 (was v1.0.0)  promote   A very long nam…\n"
        "4 h ago    staging  empty (was v1.1.0)     unassign  CI\n"
        "4 h ago    tumor@v1.1.0                    release   CI\n"
    )
    assert max(map(len, lines.splitlines())) <= max(width, 74)


@pytest.mark.parametrize(("reason", "shown"), [("bad", "bad"), ("too slow", "too slow"), (REASON, "…")])
def test_a_short_reason_is_shown_also_where_there_is_no_room(reason: str, shown: str) -> None:
    lines = plain(event_lines((event("rollback", 3, reason=reason),), NOW, width=40))
    assert lines.endswith(f"rollback  Ada  {shown}\n")


def test_with_several_models_each_line_names_its_model() -> None:
    other = event("promote", 1, label="v2.0.0", before=None)
    lines = plain(event_lines((event("promote", 5), _renamed(other)), NOW, width=80))
    assert "tumor#prod  ← v1.0.0" in lines
    assert "dose#prod   ← v2.0.0" in lines


def _renamed(found: Event) -> Event:
    from dataclasses import replace

    return replace(found, model="dose")


def test_what_does_not_count_is_marked_and_says_why_below() -> None:
    bad = event("promote", 5, refused="it has no statement", tag="tumor#prod#2")
    page = event_lines((bad, EVENTS[1]), NOW, width=80)
    assert plain(page) == (
        "5 min ago  prod  ← v1.0.0 (was v1.1.0) !  promote  Ada\n"
        "3 h ago    prod  ← v1.1.0 (was v1.0.0)    promote  A very long nam…\n"
        "! tumor#prod#2 does not count: it has no statement\n"
    )


def test_without_events_there_are_no_lines() -> None:
    assert plain(event_lines((), NOW, width=80)) == ""


def test_the_table_has_times_in_utc_and_whole_reasons() -> None:
    text = plain([events_table(EVENTS)])
    assert "2026-05-03 11:57:00  rollback  tumor@v1.0.0 to prod (was v1.1.0)  Ada " in text
    assert REASON in text
