"""`mlgit get`: odd things at the destination, and a version that is live although it was rejected."""

from __future__ import annotations

import os
import time
from tempfile import TemporaryDirectory

from mlgit.errors import Exit
from tests.support.forged import forge_assignment
from tests.support.registry import change, train
from tests.support.shell import Folder


def test_a_pipe_with_the_name_of_the_models_file_is_never_read(staged: Folder) -> None:
    (staged / "out").mkdir()
    os.mkfifo(staged / "out/line.json")
    done = staged.here("get", "staging", "-o", "out")
    assert done.status == Exit.STATE
    assert "line.json` is neither a file nor a directory" in done.err
    assert "hint: choose another folder with `-o DIR`" in done.err


def test_a_live_version_that_was_rejected_is_handed_out_with_a_note(staged: Folder) -> None:
    train(staged, "1.996")
    change(staged, "release", "line")
    change(staged, "deregister", "line@v1.0.1", "-m", "Biased")
    forge_assignment(staged, "line#staging#2", "v1.0.1", gates=["r2-floor"])
    for argv in (["get", "staging", "-o", "out"], ["diff", "staging"]):
        done = staged.here(*argv)
        assert done.status == Exit.DONE, done.err
        assert "`line@v1.0.1` was deregistered by Ada" in done.out + done.err, argv


def test_a_file_is_shown_by_its_path_from_the_current_folder_if_that_is_shorter(staged: Folder) -> None:
    assert "\n  out/line.json " in staged.here("get", "staging", "-o", "out").out
    below = Folder(staged / "src")
    assert "\n  away/line.json " in below.here("get", "staging", "-o", "away").out
    assert "\n  ../away/line.json " in below.here("get", "staging", "-o", "../away").out
    with TemporaryDirectory(dir="/tmp") as elsewhere:
        assert f"\n  {elsewhere}/line.json " in staged.here("get", "staging", "-o", elsewhere).out


def test_the_age_of_the_tags_is_a_note_where_they_decide_what_is_handed_out(staged: Folder) -> None:
    """As `mlgit models` shows it."""
    staged.git("fetch", "-q", "--tags")
    assert "looked up" not in staged.here("get", "staging", "-o", "out").err
    three_hours_ago_s = time.time() - 3 * 3600
    for file in (staged / ".git/FETCH_HEAD", *(staged / ".git/refs/remotes").rglob("*")):
        os.utime(file, (three_hours_ago_s, three_hours_ago_s))
    say = "was looked up in the tags of this clone, fetched 3 h ago; `git fetch --tags origin` fetches newer"
    for argv in (["staging"], ["line@latest"], ["staging", "--repo", "."], ["line#staging"]):
        assert f"`{argv[0]}` {say}" in staged.here("get", *argv, "-o", "out").err, argv
    assert "looked up" not in staged.here("get", "line@v1.0.0", "-o", "out").err
