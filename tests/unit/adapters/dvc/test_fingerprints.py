"""Fingerprints decide which files are unchanged; listings and hashes are those of DVC."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.data import bulk, listing
from mlgit.adapters.dvc.data.bulk import Job, hash_files
from mlgit.adapters.dvc.data.directory_hashes import DirectoryHashes
from mlgit.adapters.dvc.data.fingerprints import RACY_NS, Index, facts_of, settled
from mlgit.adapters.dvc.data.hashes import file_md5
from mlgit.adapters.dvc.data.ignore import Ignores
from mlgit.adapters.dvc.data.listing import NO_CONTENT, Entry, Searches, list_folder
from mlgit.adapters.dvc.files.documents import Documents
from mlgit.core.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOOK = 10**18
MD5 = "0" * 32


@pytest.mark.parametrize(
    ("mtime", "ctime", "answer"),
    [
        (-RACY_NS - 1, -RACY_NS - 1, True),
        (-RACY_NS, -RACY_NS - 1, False),
        (-RACY_NS - 1, -RACY_NS, False),
        (0, 0, False),
        (-(10**17), 1, False),
        (10**15, -RACY_NS - 1, True),
        (10**15, 10**15, False),
    ],
)
def test_only_files_touched_well_before_the_look_are_settled(mtime: int, ctime: int, answer: bool) -> None:  # noqa: FBT001
    assert settled(LOOK + mtime, LOOK + ctime, LOOK) is answer


PATHS = st.text(min_size=1, max_size=8).filter(lambda text: "\0" not in text)
FACTS = st.tuples(*[st.integers(0, 2**63)] * 4)


@given(st.dictionaries(PATHS, FACTS, min_size=1))
def test_fingerprints_survive_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, tuple[int, int, int, int]]
) -> None:
    place = str(tmp_path_factory.mktemp("index"))
    index = Index(place)
    late = 2**64 + RACY_NS
    for path, facts in files.items():
        index.learn_file(path, facts, MD5, legacy=False, looked_ns=late)
        index.learn_document(path, facts, {"a": [1, None]}, looked_ns=late)
        index.learn_directory(path, "digest", MD5, legacy=True, entries=5, fresh=False)
    index.save()
    again = Index(place)
    for path, facts in files.items():
        assert again.file(path, facts, legacy=False) == MD5
        assert again.file(path, facts, legacy=True) is None
        assert again.file(path, (facts[0] + 1, *facts[1:]), legacy=False) is None
        assert again.document(path, facts) == ({"a": [1, None]},)
        assert again.directory(path, "digest", legacy=True) == MD5
        assert again.directory(path, "digest", legacy=False) is again.directory(path, "", legacy=True) is None
    assert set(again.large_directories(5)) == set(files)
    assert again.large_directories(6) == []


def test_of_fresh_data_only_the_size_of_a_directory_is_kept(tmp_path: Path) -> None:
    index = Index(str(tmp_path))
    index.learn_file("a", (1, LOOK, LOOK, 1), MD5, legacy=False, looked_ns=LOOK)
    index.learn_document("a", (1, LOOK, LOOK, 1), {}, looked_ns=LOOK)
    index.save()
    assert not (tmp_path / "mlgit").exists()
    index.learn_directory("d", "digest", MD5, legacy=False, entries=5, fresh=True)
    index.save()
    assert Index(str(tmp_path)).directory("d", "digest", legacy=False) is None
    assert Index(str(tmp_path)).large_directories(5) == ["d"]


def test_an_index_without_a_folder_keeps_nothing_and_raises_nothing() -> None:
    index = Index(None)
    index.learn_file("a", (1, 0, 0, 1), MD5, legacy=False, looked_ns=LOOK)
    index.save()
    DirectoryHashes(None, "d", legacy=False).write([], looked_ns=LOOK)
    assert DirectoryHashes(None, "d", legacy=False).read()(Entry("a", (1, 0, 0, 1))) is None


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder with everything that makes a listing hard."""
    folder = tmp_path / "-odd folder"
    (folder / "sub/deeper").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("a", "with space", "new\nline", "tab\t", "-name", "sub/deeper/ü", "sub/'q'"):
        (folder / name).write_bytes(name.encode())
    with open(os.path.join(os.fsencode(folder), b"latin-\xfc"), "wb"):
        pass
    os.utime(folder / "a", ns=(0, 1))
    (folder / "to file").symlink_to("sub/'q'")
    (folder / "to folder").symlink_to("sub")
    os.mkfifo(folder / "pipe")
    return folder


def test_find_lists_the_same_as_scandir(odd: Path) -> None:
    ours = list_folder(str(odd))
    assert {entry.name: entry.facts for entry in ours.entries()} == {
        name: facts_of((odd / name).stat())
        for name in (
            *("a", "with space", "new\nline", "tab\t", "-name", "sub/deeper/ü", "sub/'q'", "to file"),
            os.fsdecode(b"latin-\xfc"),
        )
    } | {"pipe": NO_CONTENT}
    if not sys.platform.startswith("linux"):
        pytest.skip("`find` of GNU is not installed")
    searches = Searches(str(odd.parent), [odd.name])
    theirs = searches.take(odd.name)
    assert theirs is not None
    assert sorted(theirs.entries()) == sorted(ours.entries())
    assert len(theirs.content.split(b"\0")) == len(ours.content.split(b"\0"))
    assert theirs.links == ours.links
    assert searches.take(odd.name) is None


def test_the_digested_bytes_change_with_the_target_of_a_link(odd: Path) -> None:
    before = list_folder(str(odd)).digested()
    assert list_folder(str(odd)).digested() == before
    (odd.parent / "elsewhere").write_text("x", encoding="utf-8")
    (odd / "sub/'q'").write_text("changed", encoding="utf-8")
    assert list_folder(str(odd)).digested() != before


def test_unreadable_entries_are_listed_without_content(odd: Path) -> None:
    for name, target in (("broken", "nowhere"), ("loop", "loop"), ("to pipe", "pipe"), ("zero", "/dev/zero")):
        (odd / name).symlink_to(target)
    ours = list_folder(str(odd))
    theirs = Searches(str(odd.parent), [odd.name]).take(odd.name) or ours
    for found in (ours, theirs):
        without = {entry.name for entry in found.entries() if entry.facts == NO_CONTENT}
        assert without == {"broken", "loop", "pipe", "to pipe", "zero"}


def test_a_failed_search_gives_nothing_and_a_waiting_one_starts_on_request(
    odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(odd.parent)
    assert Searches(root, ["nowhere"]).take("nowhere") is None
    twice = Searches(root, [odd.name] * 2)
    assert (twice.take(odd.name) is None, twice.take(odd.name)) == (False, None)
    many = Searches(root, [f"{odd.name}/{name}" for name in ("sub", "empty", "sub/deeper")])
    assert many.take(f"{odd.name}/sub/deeper") is not None
    many.close()
    monkeypatch.setattr(listing, "_FIND", ("/nowhere/find",))
    assert Searches(root, [odd.name]).take(odd.name) is None
    # A `find` without `-printf`, like that of BusyBox.
    monkeypatch.setattr(listing, "_FIND", ("/bin/false", "/usr/bin/false"))
    assert Searches(root, [odd.name]).take(odd.name) is None


class Recording(Silent):
    """Records its calls."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def start(self, what: str, *, total: int | None = None) -> None:
        self.calls.append((what, total))

    def advance(self, steps: int = 1) -> None:
        self.calls.append(steps)

    def end(self) -> None:
        self.calls.append("end")


@pytest.mark.parametrize("parallel", [True, False])
def test_many_files_have_the_same_hashes_as_one_by_one_and_progress_by_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, parallel: bool
) -> None:
    sizes = [0, 1, 3 << 20, 5_000_000, 2 << 20]
    jobs = []
    for number, size in enumerate(sizes):
        (tmp_path / str(number)).write_bytes(bytes([number]) * size)
        jobs.append(Job(str(tmp_path / str(number)), size))
    jobs.append(Job(str(tmp_path / "nowhere"), 5))
    monkeypatch.setattr(bulk, "_SHOW_BYTES", 1)
    monkeypatch.setattr(bulk, "_PARALLEL_BYTES", 1 if parallel else 1 << 60)
    progress = Recording()
    *found, missing = hash_files(jobs, progress=lambda: progress)
    assert found == [file_md5(job.path) for job in jobs[:-1]]
    assert isinstance(missing, FileNotFoundError)
    total = sum(sizes) >> 20
    assert progress.calls[0] == ("hashing changed data (MiB)", total)
    assert progress.calls[-1] == "end"
    assert sum(step for step in progress.calls[1:-1] if isinstance(step, int)) == total


def test_few_small_files_are_hashed_without_progress(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")

    def loud() -> Recording:
        raise AssertionError

    assert hash_files([Job(str(tmp_path / "a"), 1)], progress=loud) == ["0cc175b9c0f1b6a831c399e269772661"]


def test_ignore_files_begin_where_the_dvc_repository_does(tmp_path: Path) -> None:
    (tmp_path / "sub/.dvc").mkdir(parents=True)
    (tmp_path / ".dvcignore").write_text("*.log\n", encoding="utf-8")
    (tmp_path / "sub/.dvcignore").write_text("# none\n*.tmp\n!kept.tmp\n", encoding="utf-8")
    ignores = Ignores(str(tmp_path))
    assert ignores.above("data") == ":*.log"
    assert ignores.above("sub/data") == "sub:*.tmp\nsub:!kept.tmp"
    hidden = [
        name
        for name in ("data/a.log", "sub/a.log", "sub/data/a.tmp", "sub/data/kept.tmp", "sub/data/a")
        if ignores.hidden(name, is_folder=False)
    ]
    assert hidden == ["data/a.log", "sub/data/a.tmp"]


def test_a_later_run_finds_documents_by_the_id_of_their_blob(tmp_path: Path) -> None:
    class Tree:
        commit, label = "1" * 40, "1111111"
        reads = 0

        def prepare(self) -> None: ...

        def paths(self) -> list[str]:
            return ["a.dvc", "b.dvc"]

        def identity(self, path: str) -> str | None:
            return "f" * 40 if path == "a.dvc" else None

        def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:  # noqa: ARG002
            return b"outs: [1]\n" if path == "a.dvc" else None

        def read_many(self, paths: Iterable[str], *, most_bytes: int | None = None) -> dict[str, bytes]:  # noqa: ARG002
            found = dict.fromkeys(paths, b"outs: [1]\n")
            self.reads += len(found)
            return found

    tree = Tree()
    for _ in range(2):
        documents = Documents(str(tmp_path))
        found = documents.read(tree, ["a.dvc"])
        documents.save()
        assert (found["a.dvc"].value, found["a.dvc"].content()) == ({"outs": [1]}, b"outs: [1]\n")
    assert tree.reads == 1
