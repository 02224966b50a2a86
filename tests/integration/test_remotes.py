"""Remotes and trunk: a fork with two remotes, and the settings that name the remote and the trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = """\
version: 1
models: {line: {path: line.bin}}
environments: {prod: {}}
gates: {floor: {metric: slope, min: 0.5}}
"""


def start(folder: Folder, *, branch: str = "main") -> Folder:
    folder.path.mkdir(parents=True)
    folder.git("init", "-q", "-b", branch)
    folder.write("line.bin", "one")
    folder.write("scores.json", '{"slope": 0.9}')
    folder.write("dvc.yaml", "metrics: [scores.json]\n")
    folder.write("mlgit.yaml", CONFIG)
    folder.commit("First")
    return folder


def change(folder: Folder, slope: str, message: str) -> None:
    folder.write("scores.json", f'{{"slope": {slope}}}')
    folder.commit(message)


def base_slope(folder: Folder) -> float:
    """The slope of the commit that a change is compared with."""
    metrics = folder.here("diff", "--json").json()["metrics"]
    return float(next(each["old"] for each in metrics if each["key"] == "slope"))


@pytest.fixture
def fork(tmp_path: Path) -> Folder:
    """A clone of a fork; the original project, `upstream`, has moved on and released."""
    theirs = start(Folder(tmp_path / "theirs"))
    theirs.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "upstream.git"))
    theirs.git("remote", "add", "origin", str(tmp_path / "upstream.git"))
    theirs.git("push", "-qu", "origin", "main")
    theirs.git("clone", "-q", "--bare", str(tmp_path / "upstream.git"), str(tmp_path / "fork.git"))
    theirs.git("clone", "-q", str(tmp_path / "fork.git"), str(tmp_path / "mine"))
    change(theirs, "0.8", "Theirs")
    theirs.git("push", "-q")
    assert theirs.here("release", "line").status == Exit.DONE
    mine = Folder(tmp_path / "mine")
    mine.git("remote", "add", "upstream", str(tmp_path / "upstream.git"))
    mine.git("fetch", "-q", "upstream")
    mine.git("switch", "-qc", "topic", "upstream/main")
    change(mine, "0.81", "Mine")
    return mine


def refs(folder: Folder, remote: str) -> set[str]:
    return {line.split("\t")[1] for line in folder.git("ls-remote", "--refs", remote).splitlines()}


TRACKS_ANOTHER: dict[str, Callable[[Folder], object]] = {
    "the branch tracks upstream's trunk": lambda fork: fork,
    "mlgit.remote, on a branch of the fork": lambda fork: (
        fork.git("branch", "-q", "--unset-upstream"),
        fork.git("config", "mlgit.remote", "upstream"),
    ),
    "mlgit.remote in the user's settings": lambda fork: (
        fork.git("branch", "-q", "--unset-upstream"),
        fork.git("config", "--global", "mlgit.remote", "upstream"),
    ),
    "mlgit.remote in an included file": lambda fork: (
        fork.git("branch", "-q", "--unset-upstream"),
        fork.write(".git/mine", "[mlgit]\n\tremote = upstream\n"),
        fork.git("config", "include.path", "mine"),
    ),
}


@pytest.mark.parametrize("how", TRACKS_ANOTHER)
def test_base_and_registry_of_a_fork_are_those_of_upstream(
    fork: Folder, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    TRACKS_ANOTHER[how](fork)
    assert base_slope(fork) == 0.8
    record = fork.here("models", "--json").json()
    assert record["remote"] == "upstream"
    found = fork.here("doctor", "--online", "--json").json()["findings"]
    assert not [each for each in found if each["id"] in {"tags_not_pushed", "tags_deleted_at_remote"}]


def test_without_a_tracked_trunk_or_a_setting_origin_counts(fork: Folder) -> None:
    fork.git("branch", "-q", "--unset-upstream")
    assert fork.here("models", "--json").json()["remote"] == "origin"


def test_a_check_says_that_the_branch_itself_chose_whose_rules_apply(fork: Folder) -> None:
    fork.write("mlgit.yaml", "version: 1\n")
    fork.commit("Rules")

    def guesses() -> list[dict[str, str]]:
        notes = fork.here("check", "--json").json()["verdict"]["notes"]
        return [each for each in notes if each["code"] == "trunk_guessed"]

    (note,) = guesses()
    assert note["effect"] == "warn"
    assert note["message"].startswith(
        "`upstream/main` is treated as trunk, where rules are read, because the"
    )
    assert "`git config mlgit.remote upstream`" in note["hint"]
    fork.git("config", "mlgit.remote", "upstream")
    assert guesses() == []


PUSHES_TO_THE_FORK: dict[str, Callable[[Folder], object]] = {
    "remote.pushDefault": lambda fork: fork.git("config", "remote.pushDefault", "origin"),
    "branch.topic.pushRemote": lambda fork: fork.git("config", "branch.topic.pushRemote", "origin"),
    "both": lambda fork: (
        fork.git("config", "remote.pushDefault", "upstream"),
        fork.git("config", "branch.topic.pushRemote", "origin"),
    ),
}


@pytest.mark.parametrize("how", PUSHES_TO_THE_FORK)
def test_the_branch_goes_to_the_fork_and_the_tags_go_upstream(fork: Folder, how: str) -> None:
    PUSHES_TO_THE_FORK[how](fork)
    fork.write("line.bin", "two")
    fork.commit("Another model")
    assert fork.here("release", "line@v2.0.0-rc.1", "--local").status == Exit.DONE
    fork.git("tag", "-a", "line@v2.0.0-rc.2", "-m", "By git: perhaps the fork's", "HEAD~1")
    before = refs(fork, "upstream")
    done = fork.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert (record["remote"], record["tags_remote"]) == ("origin", "upstream")
    assert refs(fork, "origin") == {"refs/heads/main", "refs/heads/topic"}
    assert refs(fork, "upstream") - before == {"refs/tags/line@v2.0.0-rc.1"}


def test_a_push_address_without_a_name_is_refused(fork: Folder) -> None:
    fork.git("config", "branch.topic.pushRemote", "https://example.org/x.git")
    done = fork.here("push")
    assert done.status == Exit.STATE
    assert "git config branch.topic.pushRemote NAME" in done.err


def test_mlgit_remote_names_a_remote(fork: Folder) -> None:
    fork.git("config", "mlgit.remote", "nowhere")
    done = fork.here("check")
    assert done.status == Exit.STATE
    assert "`mlgit.remote`" in done.err


@pytest.fixture
def released_elsewhere(tmp_path: Path) -> Folder:
    """A clone whose remote has `dev` as default branch and `stable` for releases."""
    theirs = start(Folder(tmp_path / "theirs"), branch="stable")
    theirs.git("init", "-q", "--bare", "-b", "dev", str(tmp_path / "origin.git"))
    theirs.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    theirs.git("push", "-q", "origin", "stable")
    change(theirs, "0.7", "On dev")
    theirs.git("push", "-q", "origin", "stable:dev")
    theirs.git("clone", "-q", str(tmp_path / "origin.git"), str(tmp_path / "clone"))
    return Folder(tmp_path / "clone")


def test_the_head_of_the_remote_is_trunk_under_any_name(released_elsewhere: Folder) -> None:
    assert released_elsewhere.here("release", "line").status == Exit.DONE


def test_mlgit_trunk_names_the_branch_of_releases(released_elsewhere: Folder) -> None:
    released_elsewhere.git("config", "mlgit.trunk", "stable")
    refused = released_elsewhere.here("release", "line")
    assert refused.status == Exit.STATE
    assert "`origin/stable`" in refused.err
    released_elsewhere.git("switch", "-q", "stable")
    assert released_elsewhere.here("release", "line").status == Exit.DONE


def test_mlgit_trunk_that_is_not_here_is_an_error(released_elsewhere: Folder) -> None:
    released_elsewhere.git("config", "mlgit.trunk", "gone")
    done = released_elsewhere.here("check")
    assert done.status == Exit.STATE
    assert "`origin/gone`, which `mlgit.trunk` names" in done.err


@pytest.mark.parametrize("command", [("release", "line"), ("release", "line", "--local"), ("diff",)])
def test_an_unknown_trunk_is_an_error_whose_hint_works(
    released_elsewhere: Folder, command: tuple[str, ...]
) -> None:
    released_elsewhere.git("remote", "set-head", "origin", "--delete")
    done = released_elsewhere.here(*command)
    assert done.status == Exit.STATE, done.out
    assert released_elsewhere.here("status").status == Exit.DONE
    hint = done.err.partition("hint: run `")[2].partition("`")[0]
    assert "git remote set-head origin --auto" in hint
    assert released_elsewhere.run("sh", "-c", hint).status == 0
    assert released_elsewhere.here(*command).status == Exit.DONE


def test_a_clone_of_one_branch_does_not_take_another_branch_for_trunk(
    released_elsewhere: Folder, tmp_path: Path
) -> None:
    url = str(tmp_path / "origin.git")
    released_elsewhere.git("clone", "-q", "--single-branch", "-b", "stable", url, str(tmp_path / "one"))
    one = Folder(tmp_path / "one")
    one.git("branch", "main")  # anyone may name a branch so
    waiver = (
        "waivers:\n- {id: W-1, gate: floor, reason: x, approved_by: ada@example.org, expires: 2099-01-01}\n"
    )
    one.write(".mlgit/waivers.yaml", waiver)
    change(one, "0.1", "Worse, and waived by its author")
    done = one.here("check", "--json")
    assert done.status == Exit.BLOCKED
    assert one.here("diff").status == Exit.STATE


@pytest.mark.parametrize("remote", ["up/stream", "origin/theirs", "up.stream"])
def test_a_remote_may_have_a_slash_or_a_dot_in_its_name(tmp_path: Path, remote: str) -> None:
    start(Folder(tmp_path / "theirs")).git("clone", "-q", "--bare", ".", str(tmp_path / "upstream.git"))
    Folder(tmp_path).git("clone", "-q", "-o", remote, str(tmp_path / "upstream.git"), "mine")
    mine = Folder(tmp_path / "mine")
    change(mine, "0.8", "Mine")
    released = mine.here("release", "line", "--local")
    assert released.status == Exit.DONE, released.err
    assert mine.here("promote", "line", "--to", "prod", "--local").status == Exit.DONE
    change(mine, "0.85", "Mine again")
    mine.write("mlgit.yaml", CONFIG.replace("min: 0.5", "vs: prod, max_drop: 0.1"))
    found = " ".join(mine.here("check").out.split())
    assert f"not on `{remote}/main`, but on this clone's `main`; CI does not compare with it" in found
    assert mine.here("push", "--json").json()["remote"] == remote


def test_the_tracked_trunk_chooses_a_remote_below_the_name_of_another(fork: Folder) -> None:
    fork.git("remote", "rename", "upstream", "origin/up")
    assert fork.here("models", "--json").json()["remote"] == "origin/up"
