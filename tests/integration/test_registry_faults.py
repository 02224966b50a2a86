"""Faults around a push: half changes, broken connections, concurrent changes with different tag names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.git import push as pushing
from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.push import BranchMove, push_refs
from mlgit.core.release.options import ReleaseOptions
from mlgit.core.release.tag_plan import Move, plan_unassignment
from mlgit.errors import Exit, LostRace, StateError, ToolError
from mlgit.operations.deregister import deregister
from mlgit.operations.promote import promote
from mlgit.operations.release import release
from mlgit.operations.rollback import rollback
from mlgit.operations.unassign import unassign
from mlgit.project.registry.read import read_registry
from mlgit.project.release.write_tags import write_tags
from tests.support.registry import (
    NOON,
    allow_foreign_tags,
    clock,
    clone,
    close_all,
    hook,
    opened,
    origin,
    tags_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project
    from tests.support.shell import Folder


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def promoted(staged: Folder) -> Folder:
    """A project whose staging got v1.0.0 and then v1.0.1."""
    staged.ok("git", "pull", "-q")
    for argv in (("release", "line", "--commit"), ("promote", "line", "--to", "staging")):
        done = staged.here(*argv)
        assert done.status == Exit.DONE, done.err
    return staged


def state_of(project: Project) -> ModelState:
    return read_registry(project, model="line").model("line")


def move(project: Project, action: Any) -> Move:  # noqa: ANN401 (a literal)
    return Move(action=action, now=project.now, reason="test")


def forget(folder: Folder, *tags: str) -> dict[str, str]:
    """Remove tags from a repository, as if they had not arrived yet; return their ids."""
    oids = {tag: folder.git("rev-parse", f"refs/tags/{tag}") for tag in tags}
    for tag in tags:
        folder.git("update-ref", "-d", f"refs/tags/{tag}")
    return oids


def bring_back(folder: Folder, tags: dict[str, str]) -> None:
    for tag, oid in tags.items():
        folder.git("update-ref", f"refs/tags/{tag}", oid)


# Halves


def test_the_loser_against_a_pair_of_tags_gets_both_of_them(staged: Folder) -> None:
    staged.here("release", "line", "--commit")
    other = clone(staged, "other")
    late = opened(other)
    plan = plan_unassignment(state_of(late), state_of(late).environment("staging"), move(late, "unassign"))
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    with pytest.raises(LostRace, match=r"promoted `line@v1\.0\.1` to `staging`"):
        write_tags(late, plan, local=False, dry_run=False)
    assert tags_of(other) == tags_of(origin(staged))
    assert state_of(opened(other)).environment("staging").label == "v1.0.1"


def test_a_reader_that_sees_half_of_a_change_gets_the_state_before_it(promoted: Folder) -> None:
    forget(promoted, "line#staging#2")
    assert promoted.here("show", "line#staging", "--json").json()["environment"]["version"] == "v1.0.0"
    shown = promoted.here("show", "line#staging", "--fetch", "--json").json()
    assert shown["environment"]["version"] == "v1.0.1"


def test_a_writer_that_sees_half_of_a_push_reads_again(
    promoted: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(promoted, "line#staging!#2", "line#staging#2")
    missing = forget(origin(promoted), "line#staging#2")
    fetch = pushing.fetch_refs

    def fetch_and_complete(*args: Any, **options: Any) -> None:  # noqa: ANN401
        fetch(*args, **options)
        bring_back(origin(promoted), missing)

    monkeypatch.setattr("mlgit.project.release.fetching.fetch_refs", fetch_and_complete)
    report = rollback(opened(promoted), "line", environment="staging", reason="worse")
    assert (report.before, report.version) == ("v1.0.1", "v1.0.0")
    assert [tag.name for tag in report.tags] == ["line#staging!#3", "line#staging#3"]


def test_later_changes_build_on_half_of_a_change_that_is_never_completed(promoted: Folder) -> None:
    for repository in (origin(promoted), promoted):
        forget(repository, "line#staging#2")
    report = promote(opened(promoted), "line@v1.0.1", environment="staging")
    assert report.before == "v1.0.0"
    assert [tag.name for tag in report.tags] == ["line#staging!#3", "line#staging#3"]
    assert state_of(opened(promoted)).environment("staging").label == "v1.0.1"


def test_without_the_remote_half_of_a_change_blocks_later_changes(promoted: Folder) -> None:
    forget(promoted, "line#staging#2")
    with pytest.raises(StateError, match="`line#staging!#2` is half of a change"):
        promote(opened(promoted), "line@v1.0.1", environment="staging", local=True)


def test_doctor_finds_half_of_a_change(promoted: Folder) -> None:
    forget(promoted, "line#staging#2")
    findings = promoted.here("doctor", "--json").json()["findings"]
    (found,) = [each for each in findings if each["id"] == "half_a_change"]
    assert found["subjects"] == ["line#staging!#2"]
    assert "line#staging#2" in found["message"]
    assert found["message"].endswith("Ada made it")
    assert "git push origin ':refs/tags/line#staging!#2'" in found["repair"]


def test_a_fetch_that_another_git_process_blocks_is_retried_once(
    promoted: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(promoted, "line#staging#2")
    busy = promoted.write(".git/refs/tags/line#staging#2.lock", "")
    fetch = pushing.fetch_refs

    def fetch_while_busy(*args: Any, **options: Any) -> None:  # noqa: ANN401
        try:
            fetch(*args, **options)
        finally:
            busy.unlink(missing_ok=True)

    monkeypatch.setattr("mlgit.project.release.fetching.fetch_refs", fetch_while_busy)
    done = promoted.here("show", "line#staging", "--fetch", "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["environment"]["version"] == "v1.0.1"


def test_a_remote_with_half_of_a_change_is_queried_again(
    staged: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = staged.git("rev-parse", "HEAD")
    refs = {f"refs/tags/{name}": commit for name in ("one", "two")}
    hook(staged, "post-receive", "kill -9 $PPID")
    answers: list[dict[str, str]] = []
    ask = pushing.list_remote_refs

    def half_first(*args: Any, **options: Any) -> dict[str, str]:  # noqa: ANN401
        answers.append(dict(ask(*args, **options)))
        return {"refs/tags/one": commit} if len(answers) == 1 else answers[-1]

    monkeypatch.setattr(pushing, "list_remote_refs", half_first)
    assert push_refs(Git(str(staged.path)), "origin", create=refs).outcome == "landed"
    assert len(answers) == 2


# Messages about a push that failed


@pytest.mark.parametrize(
    ("script", "reported"),
    [
        ("echo no >&2; exit 1", "refused the tags; nothing was changed"),
        ("kill -9 $PPID", "was interrupted, and the tags are not there yet"),
    ],
)
def test_only_a_refused_push_reports_that_nothing_was_changed(
    staged: Folder, script: str, reported: str
) -> None:
    hook(staged, "pre-receive", script)
    done = staged.here("unassign", "line", "--env", "staging")
    assert done.status == Exit.TOOL
    assert reported in done.err
    assert ("may still arrive" in done.err) is ("was interrupted" in reported)


def test_a_server_without_atomic_pushes_takes_one_tag_and_says_so_of_two(staged: Folder) -> None:
    origin(staged).git("config", "receive.advertiseAtomic", "false")
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    staged.write("README.md", "words\n")
    staged.commit("Go on")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force").status == Exit.DONE
    before = tags_of(origin(staged))
    done = staged.here("promote", "line", "--to", "staging")
    assert done.status == Exit.TOOL
    assert "error: `origin` does not support atomic pushes" in done.err
    assert "nothing was changed" in done.err
    assert "may still arrive" not in done.err
    assert tags_of(origin(staged)) == before == tags_of(staged)
    staged.ok("sh", "-c", done.err.rpartition("promise: `")[2].partition("`")[0])
    assert "Already: line@v1.0.1 is in staging" in staged.here("promote", "line", "--to", "staging").out


def test_a_refused_second_push_does_not_undo_the_first_one(staged: Folder) -> None:
    marker = staged.path.parent / "tried"
    hook(staged, "pre-receive", f"test -e {marker} && exit 1; touch {marker}; kill -9 $PPID")
    done = staged.here("unassign", "line", "--env", "staging")
    assert done.status == Exit.TOOL
    assert "may still arrive" in done.err


def test_a_refused_push_of_only_a_branch_is_not_a_success(staged: Folder) -> None:
    old = staged.git("rev-parse", "origin/main")
    new = staged.git("commit-tree", "-p", old, "-m", "More", "HEAD^{tree}")
    moved = BranchMove(ref="refs/heads/main", old=old, new=new)
    git = Git(str(staged.path))
    hook(staged, "pre-receive", "exit 1")
    with pytest.raises(ToolError, match="nothing was changed"):
        push_refs(git, "origin", create={}, move=moved)
    hook(staged, "pre-receive", "exit 0")
    hook(staged, "post-receive", "kill -9 $PPID")
    assert push_refs(git, "origin", create={}, move=moved).outcome == "landed"


# Concurrent changes with other tag names


def once_before_the_push(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Call `happens` after everything was read and before anything is written."""
    push = pushing.push_refs

    def interrupted(*args: Any, **options: Any) -> Any:  # noqa: ANN401
        monkeypatch.setattr("mlgit.project.push_addresses.push_refs", push)
        happens()
        return push(*args, **options)

    monkeypatch.setattr("mlgit.project.push_addresses.push_refs", interrupted)


def test_the_author_of_the_second_version_on_one_commit_is_warned(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clone(project, "other")
    other.git("config", "user.name", "Bob")
    winner = opened(other)
    state = state_of(winner)

    def happens() -> None:
        mine = release(opened(project), "line@v2.0.0", options=ReleaseOptions(dry_run=True))
        (tag,) = mine.tags
        project.git("tag", "-am", "by hand", tag.name, tag.commit)
        project.git("push", "-q", "origin", f"refs/tags/{tag.name}")

    assert state.versions == ()
    once_before_the_push(monkeypatch, happens)
    report = release(opened(project), "line")
    assert report.version == "v1.0.0"
    assert any("released this commit as `line@v2.0.0`" in note for note in report.notes), report.notes


def test_the_environment_holds_the_promoted_one_of_two_versions_on_one_commit(
    staged: Folder,
) -> None:
    allow_foreign_tags(staged)
    staged.git("tag", "-am", "by hand", "line@v2.0.0", "line@v1.0.0^{}")
    staged.git("push", "-q", "origin", "refs/tags/line@v2.0.0")
    report = promote(opened(staged), "line@v2.0.0", environment="staging")
    assert not report.already
    assert state_of(opened(staged)).environment("staging").label == "v2.0.0"
    assert promote(opened(staged), "line@v2.0.0", environment="staging").already


def test_the_version_that_is_not_live_of_two_on_one_commit_can_be_rejected(staged: Folder) -> None:
    staged.git("tag", "-am", "by hand", "line@v2.0.0", "line@v1.0.0^{}")
    staged.git("push", "-q", "origin", "refs/tags/line@v2.0.0")
    with pytest.raises(StateError, match=r"`line@v1\.0\.0` is live in `staging`"):
        deregister(opened(staged), "line@v1.0.0")
    assert deregister(opened(staged), "line@v2.0.0").pushed
    assert state_of(opened(staged)).environment("staging").label == "v1.0.0"


def test_the_loser_learns_which_of_two_versions_on_one_commit_was_promoted(
    staged: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow_foreign_tags(staged)
    staged.git("tag", "-am", "by hand", "line@v2.0.0", "line@v1.0.0^{}")
    staged.git("push", "-q", "origin", "refs/tags/line@v2.0.0")
    promote(opened(staged), "line@v2.0.0", environment="staging")
    other = opened(clone(staged, "other"))
    once_before_the_push(
        monkeypatch, lambda: promote(other, "line@v1.0.0", environment="staging", downgrade=True)
    )
    with pytest.raises(LostRace, match=r"promoted `line@v1\.0\.0` to `staging`"):
        unassign(opened(staged), "line", environment="staging")


def test_a_concurrent_rejection_is_reported_to_the_promoter(
    promoted: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clone(promoted, "other")
    once_before_the_push(monkeypatch, lambda: deregister(opened(other), "line@v1.0.0"))
    ticks = clock(NOON)
    report = promote(opened(promoted, now=next(ticks)), "line@v1.0.0", environment="staging", downgrade=True)
    assert report.pushed
    assert any("rejected `line@v1.0.0` at the same time" in note for note in report.notes)


def test_a_concurrent_promotion_is_reported_to_the_rejecter(
    promoted: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = opened(clone(promoted, "other"))
    once_before_the_push(
        monkeypatch, lambda: promote(other, "line@v1.0.0", environment="staging", downgrade=True)
    )
    report = deregister(opened(promoted), "line@v1.0.0")
    assert report.pushed
    assert any("it is live in `staging`" in note for note in report.notes), report.notes
    (found,) = [
        each
        for each in promoted.here("doctor", "--json").json()["findings"]
        if each["id"] == "rejected_and_live"
    ]
    assert found["subjects"] == ["line@v1.0.0", "line@v1.0.0!"]
