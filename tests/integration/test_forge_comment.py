"""The one comment of a report: found on any page, never another user's, and still one after a race."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.project.forge.comments import post
from tests.support.forge import FakeForge, started
from tests.support.forge.clients import HOSTS, HostName, connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.forge.comments import Posted

SHA = "a" * 40
MARKER = "<!-- mlgit-report:acme/tumor/gates -->"
LOGINS = {"github": "github-actions[bot]", "gitlab": "project_7_bot"}
PATH = "/(comments|notes)$"


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    with started() as forge:
        forge.add_pull(7, branch="topic", sha=SHA)
        yield forge


def report(text: str) -> str:
    return f"### {text}\n\n{MARKER}\n"


def put(host: HostName, fake: FakeForge, body: str) -> Posted:
    posted = post(connected(host, fake), 7, body, marker=MARKER)
    assert posted is not None
    return posted


def say(host: HostName, fake: FakeForge, text: str) -> Posted:
    return put(host, fake, report(text))


def bodies(fake: FakeForge) -> list[str]:
    return [each.body.strip() for each in fake.comments(7)]


@pytest.mark.parametrize("host", HOSTS)
def test_the_first_report_is_written_and_the_second_replaces_it(host: HostName, fake: FakeForge) -> None:
    first, second = say(host, fake, "one"), say(host, fake, "two")
    assert (first.action, second.action) == ("created", "updated")
    assert first.id == second.id
    assert first.url == second.url is not None
    assert bodies(fake) == [report("two").strip()]


@pytest.mark.parametrize("host", HOSTS)
def test_an_equal_report_is_not_written_again(host: HostName, fake: FakeForge) -> None:
    first = say(host, fake, "one")
    again = put(host, fake, report("one").replace("\n", "\r\n") + "\n")
    assert again.action == "unchanged"
    assert (again.id, again.url) == (first.id, first.url)
    assert fake.comments(7)[0].edits == 0


@pytest.mark.parametrize("host", HOSTS)
def test_a_comment_is_found_behind_hundreds_of_others(host: HostName, fake: FakeForge) -> None:
    for number in range(130):
        fake.add_comment(7, f"chatter {number}", login="alice")
    first = say(host, fake, "one")
    for number in range(130):
        fake.add_comment(7, f"more chatter {number}", login=LOGINS[host])
    fake.clear()
    assert say(host, fake, "two").id == first.id
    pages = [
        each.query.get("page", "1") for each in fake.requests if each.method == "GET" and "7" in each.path
    ]
    assert len(pages) == {"github": 3, "gitlab": 14}[host]
    assert len(fake.comments(7)) == 261


@pytest.mark.parametrize("host", HOSTS)
def test_a_marker_that_another_user_pasted_is_never_touched(host: HostName, fake: FakeForge) -> None:
    pasted = fake.add_comment(7, report("all fine, merge it"), login="mallory")
    ours = say(host, fake, "blocked")
    say(host, fake, "blocked still")
    assert ours.id != pasted.id
    assert (pasted.body, pasted.edits) == (report("all fine, merge it"), 0)
    assert bodies(fake)[1] == report("blocked still").strip()


@pytest.mark.parametrize("host", HOSTS)
def test_a_marker_in_the_middle_or_of_another_job_is_not_ours(host: HostName, fake: FakeForge) -> None:
    fake.add_comment(7, f"> {MARKER}\n\nI do not agree", login=LOGINS[host])
    fake.add_comment(7, report("x").replace("gates", "nightly"), login=LOGINS[host])
    assert say(host, fake, "one").action == "created"
    assert [each.edits for each in fake.comments(7)] == [0, 0, 0]


@pytest.mark.parametrize("host", HOSTS)
def test_surplus_own_comments_are_deleted_and_the_oldest_stays(host: HostName, fake: FakeForge) -> None:
    oldest = fake.add_comment(7, report("one"), login=LOGINS[host])
    fake.add_comment(7, "chatter", login="alice")
    for text in ("two", "three"):
        fake.add_comment(7, report(text), login=LOGINS[host])
    posted = say(host, fake, "four")
    assert (posted.action, posted.id, posted.removed) == ("updated", oldest.id, 2)
    assert bodies(fake) == [report("four").strip(), "chatter"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_missing_marker_is_added_to_a_report(host: HostName, fake: FakeForge) -> None:
    for text in ("one", f"{MARKER} in front", "two\n"):
        post(connected(host, fake), 7, text, marker=MARKER)
    assert bodies(fake) == [f"two\n\n{MARKER}"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "text",
    [
        "@everyone <script>alert(1)</script> #1",
        f"{MARKER}\n{MARKER}\nmore",
        "nul-free \u202e right to left",
        "é😀" * 1000,
        "```\nunclosed fence",
        "/merge\n/close",
        "back\\slash \"quotes\" 'single' %s %d {x}",
        "line\u2028separator",
    ],
)
def test_a_hostile_text_arrives_unchanged_and_is_recognized_again(
    host: HostName, text: str, fake: FakeForge
) -> None:
    assert say(host, fake, text).action == "created"
    assert say(host, fake, text).action == "unchanged"
    assert fake.comments(7)[0].body.replace("\u200b", "").strip() == report(text).strip()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("times", range(3))
def test_two_writers_at_once_leave_one_comment(host: HostName, times: int, fake: FakeForge) -> None:
    # Both have seen that there is no comment before either writes.
    fake.meet(2, method="GET", path=PATH)
    if times:
        fake.meet(2, method="POST", path=PATH)
    results: list[Posted] = []
    writers = [
        threading.Thread(target=lambda text=text: results.append(say(host, fake, text)))
        for text in ("one", "two")
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join(timeout=30)
    assert len(results) == 2
    (left,) = fake.comments(7)
    assert left.body.strip() in {report("one").strip(), report("two").strip()}
    assert {each.id for each in results} == {left.id}
    assert sorted(each.action for each in results) == ["created", "updated"]


def write(host: HostName, url: str, text: str) -> None:
    """Write from a process of its own."""
    fake = FakeForge.__new__(FakeForge)
    fake.url, fake.github_api, fake.gitlab_api = url, f"{url}/api/v3", f"{url}/api/v4"
    for round_number in range(5):
        say(host, fake, f"{text} {round_number}")


@pytest.mark.parametrize("host", HOSTS)
def test_processes_that_write_constantly_leave_one_comment(host: HostName, fake: FakeForge) -> None:
    fake.meet(3, method="GET", path=PATH)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write, args=(host, fake.url, text)) for text in ("a", "b", "c")]
    for each in writers:
        each.start()
    for each in writers:
        each.join(timeout=60)
    assert [each.exitcode for each in writers] == [0, 0, 0]
    assert len(fake.comments(7)) == 1


@pytest.mark.parametrize("host", HOSTS)
def test_a_comment_that_was_deleted_meanwhile_is_written_again(host: HostName, fake: FakeForge) -> None:
    first = say(host, fake, "one")
    fake.fail(
        status=404, body={"message": "404 Not found"}, method={"github": "PATCH", "gitlab": "PUT"}[host]
    )
    fake.state.comments.clear()
    fake.add_comment(7, report("one"), login=LOGINS[host])
    stale = fake.comments(7)[0]
    posted = say(host, fake, "two")
    assert posted.id != first.id
    assert report("two").strip() in bodies(fake)
    assert stale.edits <= 1
    assert say(host, fake, "two").action in {"unchanged", "updated"}
    assert bodies(fake) == [report("two").strip()]


@pytest.mark.parametrize("host", HOSTS)
def test_an_outdated_list_does_not_leave_a_second_comment(host: HostName, fake: FakeForge) -> None:
    fake.fail(status=200, body=[], method="GET", path=PATH, times=2)
    first = say(host, fake, "one")
    assert first.action == "created"
    fake.fail(status=200, body=[], method="GET", path=PATH, times=1)
    second = say(host, fake, "two")
    assert (second.action, second.id, second.removed) == ("updated", first.id, 1)
    assert bodies(fake) == [report("two").strip()]


@pytest.mark.parametrize("host", HOSTS)
def test_a_refusal_is_passed_on_and_nothing_is_written(host: HostName, fake: FakeForge) -> None:
    fake.fail(status=403, body={"message": "locked"}, method="POST", path=PATH)
    with pytest.raises(ForgeFailed, match="locked"):
        say(host, fake, "one")
    assert fake.comments(7) == []


@pytest.mark.parametrize("host", HOSTS)
def test_a_comment_that_may_not_be_changed_is_not_written_again(host: HostName, fake: FakeForge) -> None:
    say(host, fake, "one")
    fake.fail(status=403, method={"github": "PATCH", "gitlab": "PUT"}[host])
    with pytest.raises(ForgeFailed, match="change a"):
        say(host, fake, "two")
    assert bodies(fake) == [report("one").strip()]


@pytest.mark.parametrize("host", HOSTS)
def test_characters_that_forges_refuse_are_left_out_of_a_text(host: HostName, fake: FakeForge) -> None:
    say(host, fake, "nul \0 escape \x1b[31m half \udcff")
    assert bodies(fake) == [report("nul  escape [31m half ?").strip()]
