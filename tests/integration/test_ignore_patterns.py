"""Made-up patterns of a `.gitignore` and a `.dvcignore` hide what git and DVC say."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlgit.adapters.dvc.pipeline.hidden import Hidden
from mlgit.errors import ConfigError
from tests.support.hostile import FEW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlgit.core.tree import Tree

FILES = ("a", "ab", "a.py", "z", "-", "1", "A", "x y", " a", "a ", "#a", "!a", "a\\b", "\u00e9", "[a]", "a]")
BELOW = ("d/a", "d/b.py", "d/e/a", "d/e/f/a.py", "e/d/a", "ab2/a", "b2/d/e/z", "e/a.py/x")
QUICK = settings(FEW, max_examples=25, deadline=None)
PATHS = (*FILES, *BELOW)
BRACKETS = (
    "[a-z] [[:alpha:]] [[:digit:]] [[:no:]] [!a] [^a] [z-a] [!z-a] [a []a] [!]a] [a-] [a\\]b] [--a] [[]"
)
PARTS = (*"abde*?/\\ !#]-.|(+$^\t", "**", "**/", "/**", "/**/", ".py", "\\#", "\\!", "\\ ", "\u00e9", "*" * 3)
LINE = st.lists(st.sampled_from((*PARTS, *BRACKETS.split())), min_size=1, max_size=4).map("".join)
ENDS = st.sampled_from(("\n", "\n", "\r\n"))
TEXT = st.builds(lambda lines, end: end.join((*lines, "")).encode(), st.lists(LINE, max_size=3), ENDS)
FIRST = st.builds(bytes.__add__, st.sampled_from((b"", b"", b"\xef\xbb\xbf", b"*\n", b"d\n", b"a*\n")), TEXT)


class Kept(dict[str, bytes]):
    """The files of a tree."""

    commit = "c"

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self[path] for path in paths}


def hidden(name: str, root: bytes, below: bytes) -> set[str] | None:
    """What is hidden; None if a line is not a pattern."""
    files = {**dict.fromkeys(PATHS, b""), name: root, f"d/{name}": below}
    found = Hidden(cast("Tree", Kept(files)), sorted(files), file=name)
    try:
        return {path for path in PATHS if found.hides(path)}
    except ConfigError:
        return None


def on_disk(folder: Path, name: str, root: bytes, below: bytes) -> None:
    for path in PATHS:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / name).write_bytes(root)
    (folder / "d" / name).write_bytes(below)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patterns")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@QUICK
@given(root=FIRST, below=TEXT)
@example(root=b"[[:alpha:]]\n", below=b"")
@example(root=b"[z-a]\n[!z-a]a\n", below=b"")
@example(root=b"[^a]\na\t\n", below=b"!a\n")
@example(root=b"d\n", below=b"!b.py\n")
def test_git(place: Path, root: bytes, below: bytes) -> None:
    on_disk(place, ".gitignore", root, below)
    argv = ["git", "-C", str(place), "check-ignore", "-z", "--no-index", "--stdin"]
    done = subprocess.run(argv, input="\0".join(PATHS).encode(), stdout=subprocess.PIPE, check=False)
    assert hidden(".gitignore", root, below) == set(done.stdout.decode().split("\0")) - {""}


@QUICK
@given(root=FIRST, below=TEXT)
@example(root=b"**/\n", below=b"")
@example(root=b"a*\n![!a]\n", below=b"")
@example(root=b"d/**\n![a-z]\n", below=b"")
@example(root=b"z\n", below=b"**/\n")
@example(root=b"z\n", below=b"\\*\n")
@example(root=b".dvc*\n", below=b"a\n")
def test_dvc(place: Path, root: bytes, below: bytes) -> None:
    from dvc.fs import LocalFileSystem
    from dvc.ignore import DvcIgnoreFilter

    on_disk(place, ".dvcignore", root, below)
    answer = hidden(".dvcignore", root, below)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = [*DvcIgnoreFilter(LocalFileSystem(), str(place)).find(LocalFileSystem(), str(place))]
        except Exception:  # noqa: BLE001 - whatever DVC and its libraries raise
            assert answer is None
            return
    seen = {path.removeprefix(f"{place}/") for path in found}
    assert answer is None or answer == {*PATHS} - seen
