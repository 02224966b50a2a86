"""`mlgit push`: data, then the branch, then tags; never by force, and reported in full."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.schema import assert_valid
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def changed(project: Folder) -> Folder:
    """A new branch with a new model and a local tag, all unpublished."""
    project.git("checkout", "-q", "-b", "slope")
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.dvc("repro", "-q")
    project.commit("Try another slope")
    project.git("tag", "-a", "line@v1.0.0", "-m", "First")
    return project


def storage_files(folder: Folder) -> int:
    return sum(path.is_file() for path in (folder.path.parent / "storage").rglob("*"))


def remote_refs(folder: Folder) -> set[str]:
    return {line.split("\t")[1] for line in folder.git("ls-remote", "--refs", "origin").splitlines()}


@pytest.fixture
def colleague(project: Folder, tmp_path: Path) -> Folder:
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(tmp_path / "colleague"))
    return Folder(tmp_path / "colleague")


def test_data_branch_and_tags_arrive(changed: Folder) -> None:
    before = storage_files(changed)
    done = changed.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "push")
    assert record["data"] == {"step": "pushed", "paths": ["models/line.json"], "files": 1, "reason": None}
    assert record["branch"]["step"] == "pushed"
    assert [tag["tag"] for tag in record["tags"]] == ["line@v1.0.0"]
    assert storage_files(changed) == before + 1
    assert {"refs/heads/slope", "refs/tags/line@v1.0.0"} <= remote_refs(changed)
    assert changed.git("rev-parse", "--abbrev-ref", "slope@{upstream}") == "origin/slope"


def test_a_second_push_reports_that_everything_is_published(changed: Folder) -> None:
    assert changed.here("push").status == Exit.DONE
    done = changed.here("push")
    assert done.status == Exit.DONE
    assert done.out == "ok: everything is published already on `origin`\n"


def test_a_dry_run_shows_the_plan_and_sends_nothing(changed: Folder) -> None:
    before = storage_files(changed), remote_refs(changed)
    done = changed.here("push", "--dry-run", "--json")
    record = done.json()
    assert_valid(record, "push")
    assert record["dry_run"] is True
    assert {record["data"]["step"], record["branch"]["step"], record["tags"][0]["step"]} == {"planned"}
    assert (storage_files(changed), remote_refs(changed)) == before


def test_a_second_clone_gets_what_was_pushed(changed: Folder, colleague: Folder) -> None:
    changed.here("push")
    colleague.git("fetch", "-q")
    colleague.git("checkout", "-q", "slope")
    colleague.dvc("remote", "modify", "--local", "storage", "url", str(changed.path.parent / "storage"))
    colleague.dvc("pull", "-q")
    assert (colleague / "models" / "line.json").read_text() == '{"slope": 1.98}'


def test_a_diverged_branch_is_refused_before_anything_is_sent(project: Folder, colleague: Folder) -> None:
    colleague.write("note.txt", "theirs")
    colleague.commit("Theirs")
    colleague.git("push", "-q")
    project.write("params.yaml", "train:\n  slope: 1.97\n")
    project.dvc("repro", "-q")
    project.commit("Ours")
    before = storage_files(project)
    done = project.here("push", "--json")
    assert done.status == Exit.STATE
    assert_valid(done.json(), "error")
    assert "git pull --no-rebase --tags origin main" in done.err
    assert storage_files(project) == before
    project.git("fetch", "-q")
    assert "1 commit that this branch lacks" in project.here("push").err


def test_after_a_rebase_of_a_pushed_branch_the_old_commits_are_replaced_not_merged(project: Folder) -> None:
    project.git("switch", "-qc", "slope")
    project.git("commit", "-q", "--allow-empty", "-m", "Try")
    project.here("push")
    project.git("commit", "-q", "--amend", "--allow-empty", "-m", "Try it again")
    command = "git push --force-with-lease --force-if-includes origin slope"
    assert f"\nnext: {command}\n" in project.here("status").out
    refused = project.here("push")
    assert refused.status == Exit.STATE
    assert "has this branch as it was before it was rewritten; nothing was pushed" in refused.err
    assert f"hint: run `{command}`, then `mlgit push` again" in " ".join(refused.err.split())
    # What someone else committed was here once, and is not here in another form.
    theirs = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_AUTHOR_EMAIL": "grace@example.org"}
    project.git(*command.split()[1:])
    project.git("commit", "-q", "--allow-empty", "-m", "Theirs", env=theirs)
    project.here("push")
    project.git("reset", "-q", "--hard", "HEAD^")
    project.git("commit", "-q", "--allow-empty", "-m", "Ours")
    assert "\nnext: git pull --no-rebase\n" in project.here("status").out
    assert "git pull --no-rebase --tags origin slope" in project.here("push").err


def test_a_branch_that_is_only_behind_has_nothing_to_publish(project: Folder, colleague: Folder) -> None:
    colleague.write("note.txt", "theirs")
    colleague.commit("Theirs")
    colleague.git("push", "-q")
    project.git("fetch", "-q")
    assert project.here("push").status == Exit.DONE


def test_a_different_tag_of_the_same_name_is_refused_with_its_author(
    changed: Folder, colleague: Folder
) -> None:
    who = {"GIT_COMMITTER_NAME": "Grace", "GIT_COMMITTER_EMAIL": "grace@example.org"}
    colleague.git("tag", "-a", "line@v1.0.0", "-m", "Mine", env=who)
    colleague.git("push", "-q", "origin", "line@v1.0.0")
    before = storage_files(changed), remote_refs(changed)
    done = changed.here("push")
    assert done.status == Exit.STATE
    assert "Grace made it" in done.err
    assert (storage_files(changed), remote_refs(changed)) == before


def test_only_annotated_tags_of_ours_are_published(changed: Folder) -> None:
    changed.git("tag", "line@v2.0.0")
    changed.git("tag", "-a", "holiday", "-m", "Not ours")
    changed.here("push")
    assert not {"refs/tags/line@v2.0.0", "refs/tags/holiday"} & remote_refs(changed)


@pytest.mark.parametrize("stream", [1, 2])
@pytest.mark.parametrize("folder", [".git/hooks", "hooks"])
def test_a_hook_of_the_user_can_refuse(changed: Folder, stream: int, folder: str) -> None:
    hook = changed.write(f"{folder}/pre-push", f"#!/bin/sh\necho not on a Friday >&{stream}\nexit 1\n")
    hook.chmod(0o755)
    if folder == "hooks":
        changed.git("config", "core.hooksPath", folder)
    done = changed.here("push")
    assert done.status == Exit.TOOL
    assert "not on a Friday" in done.err
    assert "hook of this clone refused `slope`; nothing went to `origin`" in done.err
    assert "published before that: data of 1 outputs" in done.err
    assert not {"refs/heads/slope", "refs/tags/line@v1.0.0"} & remote_refs(changed)


def test_refused_tags_are_reported_with_what_arrived_before(changed: Folder) -> None:
    hook = changed.path.parent / "origin.git" / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/tags/*) echo no tags today >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    done = changed.here("push")
    assert done.status == Exit.TOOL
    assert "no tags today" in done.err
    assert "branch `slope`" in done.err
    assert "refs/heads/slope" in remote_refs(changed)
    hook.unlink()
    again = changed.here("push", "--json").json()
    assert (again["data"]["step"], again["branch"]["step"]) == ("already", "already")
    assert again["tags"][0]["step"] == "pushed"


def test_without_a_dvc_remote_the_branch_goes_and_the_page_says_so(changed: Folder) -> None:
    changed.dvc("remote", "remove", "storage")
    changed.commit("No storage")
    done = changed.here("push")
    assert done.status == Exit.DONE
    assert "dvc remote add" in done.out
    assert "refs/heads/slope" in remote_refs(changed)


def test_missing_data_stops_branch_and_tags(changed: Folder) -> None:
    shutil.rmtree(changed / ".dvc" / "cache")
    done = changed.here("push")
    assert done.status == Exit.TOOL
    assert "models/line.json" in done.err
    assert not {"refs/heads/slope", "refs/tags/line@v1.0.0"} & remote_refs(changed)


def test_a_git_remote_that_is_gone_is_a_tool_error(changed: Folder) -> None:
    shutil.rmtree(changed.path.parent / "origin.git")
    done = changed.here("push")
    assert done.status == Exit.TOOL
    assert "git remote set-url origin" in done.err


def test_without_a_git_remote_a_push_is_refused(empty_repository: Folder) -> None:
    empty_repository.commit("First")
    done = empty_repository.here("push")
    assert done.status == Exit.STATE
    assert "git remote add" in done.err


def test_before_the_first_commit_a_push_is_refused(empty_repository: Folder) -> None:
    assert empty_repository.here("push").status == Exit.STATE


def test_a_plain_git_repository_is_pushed_without_dvc(project: Folder, tmp_path: Path) -> None:
    project.git("init", "-q", "--bare", str(tmp_path / "plain.git"))
    project.git("clone", "-q", str(tmp_path / "plain.git"), str(tmp_path / "plain"))
    plain = Folder(tmp_path / "plain")
    plain.write("a.txt", "a")
    plain.commit("First")
    done = plain.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["data"]["reason"] == "DVC tracks no outputs"


@pytest.mark.parametrize("tagged", [True, False])
def test_a_detached_head_publishes_data_and_tags(changed: Folder, tagged: bool) -> None:  # noqa: FBT001
    before = storage_files(changed)
    if not tagged:
        changed.git("tag", "-d", "line@v1.0.0")
    changed.git("checkout", "-q", "--detach")
    done = changed.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert (record["data"]["step"], record["branch"]["step"]) == ("pushed", "skipped")
    assert "no branch is pushed" in record["branch"]["reason"]
    assert storage_files(changed) == before + 1
    assert ("refs/tags/line@v1.0.0" in remote_refs(changed)) is tagged
    assert "refs/heads/slope" not in remote_refs(changed)


def test_committed_data_is_pushed_not_that_of_the_working_tree(changed: Folder) -> None:
    changed.write("params.yaml", "train:\n  slope: 1.5\n")
    changed.dvc("repro", "-q")
    record = changed.here("push", "--json").json()
    assert record["data"]["files"] == 1
    shutil.rmtree(changed / ".dvc" / "cache")
    changed.git("checkout", "-q", "--force", "slope")
    changed.dvc("pull", "-q", "--force")
    assert (changed / "models" / "line.json").read_text() == '{"slope": 1.98}'


@pytest.mark.parametrize("mode", ["simple", "upstream", "matching", "current", "nothing"])
def test_a_branch_never_goes_to_another_name(project: Folder, mode: str) -> None:
    project.git("config", "push.default", mode)
    trunk = project.git("ls-remote", "origin", "refs/heads/main")
    project.git("switch", "-qc", "topic", "origin/main")
    project.commit("Worse")
    done = project.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()["branch"]
    assert (record["ref"], record["tracks"]) == ("refs/heads/topic", "origin/main")
    assert project.git("ls-remote", "origin", "refs/heads/main") == trunk
    assert "refs/heads/topic" in remote_refs(project)
    page = project.here("push").out
    assert page == "ok: everything is published already on `origin`\n"


def test_a_branch_that_tracks_a_local_one_is_pushed(project: Folder) -> None:
    project.git("switch", "-qc", "topic", "--track", "main")
    project.commit("More")
    assert project.here("push").status == Exit.DONE
    assert "refs/heads/topic" in remote_refs(project)


def test_the_words_of_hooks_are_shown_when_they_allow(changed: Folder) -> None:
    hook = changed.write(".git/hooks/pre-push", "#!/bin/sh\necho checked here\n")
    hook.chmod(0o755)
    server = changed.path.parent / "origin.git" / "hooks" / "post-receive"
    server.write_text("#!/bin/sh\necho open a pull request\n")
    server.chmod(0o755)
    out = changed.here("push").out
    assert "checked here" in out
    assert "remote: open a pull request" in out


def test_the_words_of_a_server_that_refuses_are_shown(changed: Folder) -> None:
    hook = changed.path.parent / "origin.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho protected branch\nexit 1\n")
    hook.chmod(0o755)
    mine = changed.write(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n")
    mine.chmod(0o755)
    done = changed.here("push")
    assert done.status == Exit.TOOL
    assert "`origin` refused the branch `slope`" in done.err
    assert "remote: protected branch" in done.err


def test_a_push_prints_no_advice_of_git_about_what_mlgit_sets(changed: Folder) -> None:
    done = changed.here("push")
    assert (done.status, "graft" in done.out + done.err) == (Exit.DONE, False)
