"""Several writers, broken remotes, killed processes: one winner and no trace left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.push import BranchMove, push_refs
from mlgit.core.release.options import ReleaseOptions
from mlgit.core.release.tag_plan import Move, plan_assignment, plan_deregistration
from mlgit.errors import Exit, LostRace, ToolError
from mlgit.operations.promote import promote
from mlgit.operations.release import release
from mlgit.project.registry.read import read_registry
from mlgit.project.release.write_tags import write_tags
from tests.support.registry import NOON, clone, close_all, hook, opened, origin, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.shell import Folder

COUNTER = re.compile(r"line#staging#(\d+)")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def two_versions(project: Folder) -> Folder:
    """A project with v1.0.0 and v1.0.1."""
    first = opened(project, now=NOON - timedelta(hours=2))
    release(first, "line")
    second = opened(project, now=NOON - timedelta(hours=1))
    release(second, "line", options=ReleaseOptions(commit=True))
    return project


def stale_promotion(folder: Folder, *, version: int) -> str | None:
    """Promote from what the clone knew before; return the message about the winner if someone else won."""
    here = opened(folder)
    try:
        state = read_registry(here, model="line").model("line")
        move = Move(action="promote", now=here.now, reason=folder.path.name)
        plan = plan_assignment(state, state.environment("staging"), state.versions[version], move)
        write_tags(here, plan, local=False, dry_run=False)
    except LostRace as error:
        return error.message
    return None


def test_one_of_two_stale_clones_wins_and_the_other_learns_who(two_versions: Folder) -> None:
    ada, bob = clone(two_versions, "ada"), clone(two_versions, "bob")
    assert stale_promotion(ada, version=0) is None
    message = stale_promotion(bob, version=1)
    assert message is not None
    sentence = r'Ada promoted `line@v1\.0\.0` to `staging` \d+ s ago \(line#staging#1\): "ada"'
    assert re.fullmatch(sentence, message), message
    assert tags_of(bob) == tags_of(ada) == tags_of(origin(two_versions))


def test_exactly_one_of_twenty_concurrent_promoters_wins_and_no_clone_keeps_a_trace(
    two_versions: Folder,
) -> None:
    clones = [clone(two_versions, f"clone{number}") for number in range(20)]
    with ThreadPoolExecutor(max_workers=10) as pool:
        message = list(pool.map(lambda each: stale_promotion(each, version=0), clones))
    assert message.count(None) == 1
    theirs = tags_of(origin(two_versions))
    assert sorted(theirs) == ["line#staging#1", "line@v1.0.0", "line@v1.0.1"]
    for each in clones:
        assert tags_of(each).items() <= theirs.items()


def test_ten_processes_at_once_agree_on_one_history(two_versions: Folder) -> None:
    clones = [clone(two_versions, f"process{number}") for number in range(10)]
    running = [
        subprocess.Popen(
            promote_argv(f"line@v1.0.{number % 2}", "--downgrade"),
            cwd=each.path,
            # The same change by the same person in the same second would be one and the same tag.
            env=os.environ | {"GIT_COMMITTER_NAME": f"Person {number}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, each in enumerate(clones)
    ]
    answers = [(process.communicate(timeout=240), process.returncode) for process in running]
    theirs = tags_of(origin(two_versions))
    counters = sorted(int(match[1]) for match in map(COUNTER.fullmatch, theirs) if match)
    assert {status for _, status in answers} <= {Exit.DONE, Exit.STATE}, answers
    wins = [out for (out, _), status in answers if status == Exit.DONE and "Already" not in out]
    assert counters == list(range(1, len(wins) + 1))
    assert all("staging" in err and "ago" in err for (_, err), status in answers if status == Exit.STATE), (
        answers
    )
    for each in clones:
        assert tags_of(each).items() <= theirs.items()


def promote_argv(target: str, *more: str) -> Sequence[str]:
    return (sys.executable, "-m", "mlgit", "promote", target, "--to", "staging", *more)


def test_two_people_cannot_release_the_same_number(project: Folder) -> None:
    other = clone(project, "other")
    other.dvc("remote", "modify", "--local", "storage", "url", str(project.path.parent / "storage"))
    slow, fast = opened(project), opened(other)
    assert release(fast, "line").version == "v1.0.0"
    assert release(slow, "line").already


def test_a_refusal_by_a_hook_leaves_nothing(two_versions: Folder) -> None:
    hook(two_versions, "pre-receive", "echo no tags on Fridays >&2; exit 1")
    before = tags_of(two_versions)
    done = two_versions.here("promote", "line", "--to", "staging")
    assert done.status == Exit.TOOL
    assert "no tags on Fridays" in done.err
    assert tags_of(two_versions) == tags_of(origin(two_versions)) == before


def test_a_remote_that_disconnects_after_it_received_is_a_success(two_versions: Folder) -> None:
    hook(two_versions, "post-receive", "kill -9 $PPID")
    done = two_versions.here("promote", "line", "--to", "staging")
    assert done.status == Exit.DONE, done.err
    assert "line#staging#1" in tags_of(two_versions)
    assert tags_of(two_versions) == tags_of(origin(two_versions))


def test_a_connection_that_broke_before_anything_arrived_is_retried_once(two_versions: Folder) -> None:
    marker = two_versions.path.parent / "tried"
    hook(two_versions, "pre-receive", f"test -e {marker} && exit 0; touch {marker}; kill -9 $PPID")
    done = two_versions.here("promote", "line", "--to", "staging")
    assert done.status == Exit.DONE, done.err
    assert marker.exists()
    assert tags_of(two_versions) == tags_of(origin(two_versions))


def test_a_remote_that_hangs_times_out(two_versions: Folder) -> None:
    hook(two_versions, "pre-receive", "sleep 30")
    commit = two_versions.git("rev-parse", "line@v1.0.0")
    started = time.monotonic()
    with pytest.raises(ToolError, match="did not answer"):
        push_refs(
            Git(str(two_versions.path)), "origin", create={"refs/tags/line#staging#1": commit}, timeout_s=1
        )
    assert time.monotonic() - started < 15
    assert "line#staging#1" not in tags_of(two_versions)


def test_the_same_change_by_the_same_person_in_the_same_second_is_one_change(two_versions: Folder) -> None:
    plans = [clone(two_versions, name) for name in ("one", "two")]
    reports = [promote(opened(each), "line@v1.0.0", environment="staging", dry_run=True) for each in plans]
    assert reports[0].tags == reports[1].tags
    for report in (promote(opened(each), "line@v1.0.0", environment="staging") for each in plans):
        assert report.version == "v1.0.0"
    assert [name for name in tags_of(origin(two_versions)) if "#" in name] == ["line#staging#1"]


def test_a_conflict_in_one_tag_of_a_pair_rejects_both(two_versions: Folder) -> None:
    here = opened(two_versions)
    promote(here, "line@v1.0.0", environment="staging")
    two_versions.git("tag", "-am", "by hand", "line#staging#2", "HEAD")
    two_versions.git("push", "-q", "origin", "refs/tags/line#staging#2")
    two_versions.git("tag", "-d", "line#staging#2")
    assert stale_promotion(two_versions, version=1) is not None
    assert "line#staging!#2" not in tags_of(origin(two_versions))
    assert "line#staging!#2" not in tags_of(two_versions)


def test_the_same_push_twice_is_a_success(two_versions: Folder) -> None:
    git = Git(str(two_versions.path))
    refs = {"refs/tags/line#staging#1": two_versions.git("rev-parse", "line@v1.0.0")}
    assert push_refs(git, "origin", create=refs).outcome == "landed"
    assert push_refs(git, "origin", create=refs).outcome == "landed"


def test_a_branch_that_someone_else_moved_is_a_lost_race(two_versions: Folder) -> None:
    other = clone(two_versions, "other")
    other.commit("Faster")
    other.git("push", "-q")
    old = two_versions.git("rev-parse", "HEAD")
    new = two_versions.git("commit-tree", "-p", old, "-m", "Release line v1.0.2", "HEAD^{tree}")
    here = opened(two_versions)
    state = read_registry(here, model="line").model("line")
    plan = plan_deregistration(state, state.versions[0], now=here.now, reason=None)
    moved = BranchMove(ref="refs/heads/main", old=old, new=new)
    with pytest.raises(LostRace, match="Someone else just pushed to `origin/main`"):
        write_tags(here, plan, local=False, dry_run=False, moved=moved)
    assert "line@v1.0.0!" not in {**tags_of(origin(two_versions)), **tags_of(two_versions)}
    assert two_versions.git("rev-parse", "main") == old


@pytest.mark.parametrize("delay_s", [0.3, 0.8, 1.2, 1.6, 2.0])
def test_a_command_that_was_killed_and_run_again_ends_in_the_same_state(
    two_versions: Folder, delay_s: float
) -> None:
    hook(two_versions, "pre-receive", "sleep 0.3")
    process = subprocess.Popen(
        promote_argv("line@v1.0.1"),
        cwd=two_versions.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(delay_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = two_versions.here("promote", "line@v1.0.1", "--to", "staging")
    assert done.status == Exit.DONE, done.err
    names = sorted(tags_of(origin(two_versions)))
    assert names == ["line#staging#1", "line@v1.0.0", "line@v1.0.1"]
    assert tags_of(two_versions) == tags_of(origin(two_versions))


def test_a_local_tag_that_differs_from_the_remotes_is_an_error_before_anything_is_written(
    two_versions: Folder,
) -> None:
    other = clone(two_versions, "other")
    promote(opened(other), "line@v1.0.0", environment="staging")
    two_versions.git("tag", "-am", "phantom", "line#staging#1", "HEAD")
    done = two_versions.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE
    assert "differs from the one on `origin`" in done.err


@pytest.mark.parametrize("years", [-10, 10])
def test_a_wrong_clock_changes_nothing_but_the_dates(two_versions: Folder, years: int) -> None:
    skewed = opened(two_versions, now=NOON + timedelta(days=365 * years))
    promote(skewed, "line@v1.0.0", environment="staging")
    right = opened(two_versions)
    report = promote(right, "line@v1.0.1", environment="staging")
    assert report.before == "v1.0.0"
    state = read_registry(right, model="line").model("line").environment("staging")
    assert state.label == "v1.0.1"
    assert state.since == NOON
    assert report.tags[0].at < report.tags[1].at
    assert any("in the future" in note for note in report.notes) is (years > 0)
    assert two_versions.ok("gto", "show", "line#staging", "--version").strip() == "v1.0.1"
