"""The status index saves time, and no damage or change of files makes it change an answer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from binascii import crc32
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.dvc.data import bulk, fingerprints, hashes, workspace
from mlgit.cli.shell.progress import Patient
from mlgit.cli.shell.session import Session
from mlgit.core.progress import Silent
from mlgit.project import prefetch as seen
from tests.support.shell import Folder
from tests.support.tracked import FILES, Work, place_of_index, put_back, settle, states

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("either_way")
def test_unchanged_files_are_not_hashed_or_parsed_again(tracked: Folder, work: Work) -> None:
    assert states(tracked) == {}
    assert (work.hashed, work.opened) == ([], [])


@pytest.mark.usefixtures("either_way")
def test_only_the_changed_file_of_a_directory_is_hashed_again(tracked: Folder, work: Work) -> None:
    file = tracked.write("data/many/3/10.csv", "other\n")
    settle()
    assert states(tracked) == {"data/many": "modified"}
    assert work.hashed == ["10.csv"]
    file.write_text("row 10\n", encoding="utf-8")
    assert states(tracked) == {}
    assert work.hashed == ["10.csv", "10.csv"]


@pytest.mark.usefixtures("either_way")
def test_an_added_removed_or_renamed_file_is_a_change(tracked: Folder, work: Work) -> None:
    (tracked / "data/many/new.csv").write_text("new\n", encoding="utf-8")
    assert states(tracked) == {"data/many": "modified"}
    (tracked / "data/many/new.csv").unlink()
    assert states(tracked) == {}
    (tracked / "data/many/0/0.csv").rename(tracked / "data/many/0/00.csv")
    assert states(tracked) == {"data/many": "modified"}
    shutil.rmtree(tracked / "data/many")
    assert states(tracked) == {"data/many": "absent"}
    assert set(work.hashed) <= {"new.csv", "00.csv", "0.csv"}


@pytest.mark.parametrize("name", ["data/one.csv", "data/many/3/10.csv"])
def test_a_changed_byte_is_found_although_the_time_was_put_back(tracked: Folder, name: str) -> None:
    file = tracked / name
    content = file.read_bytes()
    put_back(file, lambda: file.write_bytes(content.replace(content[:1], b"X")))
    assert list(states(tracked).values()) == ["modified"]


@pytest.mark.parametrize("name", ["data/one.csv", "data/many/3/10.csv"])
def test_a_replaced_file_of_the_same_size_and_time_is_found(tracked: Folder, name: str) -> None:
    file = tracked / name
    other = tracked.write("other", "x" * file.stat().st_size)
    put_back(file, lambda: other.replace(file))
    assert list(states(tracked).values()) == ["modified"]


def test_a_pointer_changed_with_its_time_put_back_is_read_again(tracked: Folder) -> None:
    pointer = tracked / "data/one.csv.dvc"
    text = pointer.read_text(encoding="utf-8")
    put_back(pointer, lambda: pointer.write_text(text.replace("md5: ", "md5: 0", 1)[:-1], encoding="utf-8"))
    done = tracked.here("status", "--json").json()
    assert done["failures"] or done["data"]


def test_a_file_touched_at_the_moment_of_the_look_is_hashed_again(
    tracked: Folder, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "RACY_NS", int(60e9))
    tracked.write("data/one.csv", "two\n")
    tracked.write("data/many/3/10.csv", "other\n")
    for _ in range(2):
        assert states(tracked) == {"data/one.csv": "modified", "data/many": "modified"}
    assert sorted({name for name in work.hashed if work.hashed.count(name) == 2}) == ["10.csv", "one.csv"]


def test_a_clock_that_went_backwards_hides_no_change(
    tracked: Folder, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "now_ns", lambda: time.time_ns() - 3600 * 10**9)
    tracked.write("data/one.csv", "two\n")
    settle()
    for _ in range(2):  # by this clock changed an hour after the look: not settled
        assert states(tracked) == {"data/one.csv": "modified"}
    assert work.hashed == ["one.csv", "one.csv"]
    tracked.write("data/one.csv", "one\n")
    assert states(tracked) == {}


def test_a_file_from_the_future_is_hashed_once(tracked: Folder, work: Work) -> None:
    os.utime(tracked / "data/one.csv", (2**32, 2**32))
    settle()
    for _ in range(3):
        assert states(tracked) == {}
    assert work.hashed == ["one.csv"]


@pytest.mark.usefixtures("either_way")
def test_ignore_files_count_although_no_data_changed(tracked: Folder) -> None:
    tracked.write(".dvcignore", "1.csv\n")
    assert states(tracked) == {"data/many": "modified"}
    tracked.write(".dvcignore", "nothing-like-it\n")
    assert states(tracked) == {}
    (tracked / "data/many/.git").mkdir()
    tracked.write("data/many/.git/HEAD", "not data\n")
    assert states(tracked) == {}


def test_without_the_index_the_answer_is_the_same(tracked: Folder, work: Work) -> None:
    tracked.write("data/many/3/10.csv", "other\n")
    before = tracked.here("status", "--json").out
    shutil.rmtree(tracked / ".git/mlgit")
    work.hashed.clear()
    assert tracked.here("status", "--json").out == before
    assert len(work.hashed) == FILES + 1


def damaged(content: bytes) -> dict[str, bytes]:
    _, _, body = content.partition(b"\n")
    lists = body.replace(b"[", b"{").replace(b"]", b"}")
    signed = {
        "no tables": b"[]",
        "other tables": b'{"files": [], "folders": 1, "documents": null}',
        "short entries": b'{"files": {"data/one.csv": [1]}, "folders": {"data/many": []}, "documents": {}}',
        "no JSON": lists,
        "deep": b"[" * 100_000,
    }
    return {
        "empty": b"",
        "torn": content[: len(content) // 2],
        "flipped": content[:-30] + bytes([content[-30] ^ 1]) + content[-29:],
        "of a newer version": content.replace(b"cache 2 ", b"cache 3 ", 1),
        "not ours": b"\x00\xff" * 500,
        **{name: b"mlgit cache 2 %08x\n" % crc32(text) + text for name, text in signed.items()},
    }


def test_a_damaged_or_foreign_index_is_ignored_and_replaced(tracked: Folder, work: Work) -> None:
    index = place_of_index(tracked)
    good = index.read_bytes()
    for name, content in damaged(good).items():
        index.write_bytes(content)
        assert states(tracked) == {}, name
        work.hashed.clear()
        assert states(tracked) == {}, name
        assert work.hashed == [], name


def test_damaged_directory_hashes_are_ignored(tracked: Folder) -> None:
    folder = place_of_index(tracked).parent
    (memory,) = folder.glob("directory-*")
    content = memory.read_bytes()
    for damage in (
        b"",
        content[:-1],
        content.replace(b"0", b"1"),
        content.replace(b"cache 2 ", b"cache 3 ", 1),
    ):
        memory.write_bytes(damage)
        tracked.write("data/many/3/10.csv", "other\n")
        assert states(tracked) == {"data/many": "modified"}
        memory.write_bytes(damage)
        tracked.write("data/many/3/10.csv", "row 10\n")
        assert states(tracked) == {}


@pytest.mark.parametrize("where", [".git/mlgit", ".git/mlgit/status", ".git/mlgit/status/index"])
def test_the_answer_does_not_depend_on_a_writable_or_readable_index(tracked: Folder, where: str) -> None:
    # A file where a folder must be (or the other way) stops root as well.
    place = tracked / where
    if place.is_dir():
        shutil.rmtree(place)
        place.touch()
    else:
        place.unlink()
        place.mkdir()
    for _ in range(2):
        assert states(tracked) == {}
    tracked.write("data/one.csv", "two\n")
    assert states(tracked) == {"data/one.csv": "modified"}


def test_an_index_of_another_user_is_replaced(tracked: Folder, work: Work) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(place_of_index(tracked), 12345, 12345)
    tracked.write("data/one.csv", "two\n")
    settle()
    for _ in range(2):
        assert states(tracked) == {"data/one.csv": "modified"}
    assert work.hashed == ["one.csv"]
    assert place_of_index(tracked).stat().st_uid == 0


def test_a_moved_repository_keeps_its_index(tracked: Folder, work: Work, tmp_path: Path) -> None:
    tracked.path.rename(tmp_path / "moved")
    assert states(Folder(tmp_path / "moved")) == {}
    assert work.hashed == []


def test_a_copied_repository_is_hashed_once_more(tracked: Folder, work: Work, tmp_path: Path) -> None:
    shutil.copytree(tracked.path, tmp_path / "copy", symlinks=True)
    copy = Folder(tmp_path / "copy")
    settle()
    assert states(copy) == {}
    assert len(work.hashed) == FILES + 1
    assert states(copy) == {}
    assert len(work.hashed) == FILES + 1
    copy.write("data/one.csv", "two\n")
    assert states(copy) == {"data/one.csv": "modified"}
    assert states(tracked) == {}


def test_each_linked_working_tree_has_its_own_index(tracked: Folder, work: Work, tmp_path: Path) -> None:
    tracked.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Folder(tmp_path / "linked")
    assert states(linked) == {"data/many": "absent", "data/one.csv": "absent"}
    shutil.copytree(tracked / "data/many", linked / "data/many")
    linked.write("data/one.csv", "two\n")
    settle()
    for _ in range(2):
        # `same` is listed because the linked tree's cache is empty.
        assert states(linked) == {"data/many": "same", "data/one.csv": "modified"}
        assert states(tracked) == {}
    assert len(work.hashed) == FILES + 1
    assert (tracked / ".git/worktrees/linked/mlgit/status/index").exists()


@pytest.mark.usefixtures("either_way")
def test_a_subfolder_uses_the_same_index(tracked: Folder, work: Work) -> None:
    assert states(Folder(tracked / "data")) == {}
    assert work.hashed == []


def test_a_git_folder_that_git_ignores_is_not_used(tracked: Folder) -> None:
    (tracked / "data/.git").mkdir()
    assert states(Folder(tracked / "data")) == {}


KILLED = """\
import os, signal, sys
replace = os.replace
def dying(source, target):
    if str(target).endswith("index"):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = dying
from mlgit.adapters.dvc.data import fingerprints
from mlgit.cli.main import run
fingerprints.RACY_NS = int(sys.argv[1])
run(["status"])
"""


def test_a_run_killed_while_it_writes_leaves_the_old_index(tracked: Folder, work: Work) -> None:
    before = place_of_index(tracked).read_bytes()
    tracked.write("data/one.csv", "two\n")
    tracked.write("data/many/3/10.csv", "other\n")
    settle()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(fingerprints.RACY_NS)],
        cwd=tracked.path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert place_of_index(tracked).read_bytes() == before
    assert states(tracked) == {"data/one.csv": "modified", "data/many": "modified"}
    assert "10.csv" not in work.hashed  # the hashes of its directory were written before
    (left,) = place_of_index(tracked).parent.glob("*.half")
    os.utime(left, (0, 0))
    tracked.write("data/one.csv", "3\n")
    settle()
    states(tracked)
    assert not left.exists()


def test_runs_at_once_during_dvc_checkout_leave_a_correct_index(tracked: Folder) -> None:
    other = tracked.path / "other"
    shutil.copytree(tracked / "data/many", other)
    for number in range(0, FILES, 2):
        (other / str(number % 7) / f"{number}.csv").write_text("other\n", encoding="utf-8")
    command = [sys.executable, "-m", "mlgit", "status", "--json"]
    for _ in range(3):
        shutil.rmtree(tracked / "data/many")
        shutil.copytree(other, tracked / "data/many")
        running = [
            subprocess.Popen(command, cwd=tracked.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(3)
        ]
        tracked.dvc("checkout", "-q", "--force", "data/many.dvc")
        for each in running:
            _, errors = each.communicate()
            assert (each.returncode, errors) == (0, b"")
        assert states(tracked) == {}
    settle()
    assert states(tracked) == {}
    assert states(tracked) == {}
    tracked.write("data/many/3/10.csv", "other\n")
    assert states(tracked) == {"data/many": "modified"}


def test_a_file_that_vanishes_during_hashing_counts_as_deleted(
    tracked: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_file = hashes.file_md5

    def racing(path: str, **options: Any) -> str:  # noqa: ANN401 (whatever it takes)
        if path.endswith("/10.csv"):
            os.unlink(path)
        return hash_file(path, **options)

    shutil.rmtree(tracked / ".git/mlgit")
    monkeypatch.setattr(bulk, "file_md5", racing)
    assert states(tracked) == {"data/many": "modified"}
    monkeypatch.undo()
    tracked.write("data/many/3/10.csv", "row 10\n")
    assert states(tracked) == {}


def test_outputs_that_come_and_go_do_not_fill_the_index(
    tracked: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "_SPARE", 1)
    for number in range(4):
        tracked.write("data/one.csv", f"{number}\n")
        tracked.dvc("add", "-q", "data/one.csv")
        (tracked / "data/one.csv.dvc").rename(tracked / f"data/{number}.dvc")
        text = (tracked / f"data/{number}.dvc").read_text(encoding="utf-8")
        tracked.write(f"data/{number}.dvc", text.replace("one.csv", f"{number}.csv"))
        (tracked / "data/one.csv").rename(tracked / f"data/{number}.csv")
        settle()
        states(tracked)
        (tracked / f"data/{number}.dvc").unlink()
    content = place_of_index(tracked).read_text(encoding="utf-8")
    assert "data/0.csv" not in content
    assert "data/3.csv" in content


def test_long_hashing_shows_progress_on_a_terminal_that_shows_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session()
    assert isinstance(session._waiting(), Silent)
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert isinstance(session._waiting(), Patient)
    session.progress()
    assert isinstance(session._waiting(), Silent)


def test_find_and_scandir_give_the_same_digest_of_a_large_directory(
    tracked: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run lists by itself; the second one has `find` list in the background."""
    for module in (seen, workspace):
        monkeypatch.setattr(module, "LARGE", FILES)
    place_of_index(tracked).unlink()
    assert states(tracked) == {}
    first = place_of_index(tracked).read_bytes()
    assert states(tracked) == {}
    assert place_of_index(tracked).read_bytes() == first
