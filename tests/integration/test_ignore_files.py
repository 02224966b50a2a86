"""Lines of a `.gitignore` or `.dvcignore`, also those that are not a pattern."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING, cast

import pytest

from mlgit.adapters.dvc.data.ignore import Ignores
from mlgit.adapters.dvc.pipeline.hidden import Hidden, Unseen
from mlgit.errors import ConfigError, Exit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlgit.core.tree import Tree
    from tests.support.shell import Folder

NO_PATTERNS = [b"!", b"\\", b"foo\\", b"!\\", b"[z-a]", b"build[z-a]/", b"a\\/", b"[a-\\d]", b"!  "]
NAMES = ("foo", "foo ", " foo", "foo\\", "a.pyc", "build", "!", "#foo", "\u00e9")
LINES = [
    *NO_PATTERNS,
    b"foo",
    b"foo  ",
    b"foo\\ ",
    b"foo\\  ",
    b"foo\\\\ ",
    b" foo",
    b"foo\r",
    b"\\!",
    b"\\#foo",
    b"#foo",
    b"\xef\xbb\xbffoo",
    b"\xff\nfoo",
    b"caf\xe9\n\xc3\xa9",
    b"x\x0cfoo",
    b"x\xe2\x80\xa8foo",
    b"!\nfoo\n[z-a]\na.pyc\n!foo",
    b"[[:foo:]]\nbuild",
    b"/",
    b"**",
    b"",
]


def hidden_by(content: bytes, *, file: str = ".gitignore", lenient: bool = True) -> set[str]:
    ignores = Ignores("", read={file: content}.get, begins=lambda _: False, file=file, lenient=lenient)
    return {name for name in NAMES if ignores.hidden(name, is_folder=False)}


@pytest.mark.parametrize("content", LINES)
def test_a_gitignore_hides_what_git_says(tmp_path: Path, content: bytes) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_bytes(content + b"\n")
    argv = ["git", "-C", str(tmp_path), "check-ignore", "-z", "--no-index", "--stdin"]
    done = subprocess.run(argv, input="\0".join(NAMES).encode(), stdout=subprocess.PIPE, check=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hidden_by(content + b"\n") == {name for name in done.stdout.decode().split("\0") if name}


@pytest.mark.parametrize("content", NO_PATTERNS)
def test_a_dvcignore_with_a_line_that_is_not_a_pattern_is_refused_with_its_place(content: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        hidden_by(b"foo\n" + content + b"\n", file=".dvcignore", lenient=False)
    assert "Line 2 of `.dvcignore` is not a pattern" in str(caught.value.message)
    assert caught.value.location is not None
    assert caught.value.location.line == 2
    assert hidden_by(b"foo\n" + content + b"\n", file=".dvcignore") == {"foo"}


class Kept(dict[str, bytes]):
    """The files of a tree."""

    commit = "c"

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self[path] for path in paths}


CODE = (
    "src/a.py",
    "src/.hg/a.py",
    "src/.dvc.py",
    "src/nested/.dvc/config",
    "src/nested/a.py",
    "src/file/.dvc",
    "src/file/deep/a.py",
    "src/tests/a.py",
    "src/x/.dvcignored",
    "src/x/secret.py",
    ".dvc/plug/a.py",
    ".hg/a.py",
    "lib/a.py",
    "own/.dvc/config",
    "own/src/a.py",
    "own/src/secret.py",
    "own/src/.dvc/a.py",
    "own/lib/.hg/a.py",
)
PATTERNS = {".dvcignore": b"secret.py\ntests/\n/own/\n/lib\n", "own/.dvcignore": b"lib/\n"}


@pytest.mark.parametrize("root", ["", "own"])
def test_dvc_sees_the_same_files_from_each_repository(tmp_path: Path, root: str) -> None:
    from dvc.fs import LocalFileSystem
    from dvc.ignore import DvcIgnoreFilter

    files = {".dvc/config": b"", **dict.fromkeys(CODE, b""), **PATTERNS}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    top = tmp_path / root
    folders = [top / each for each in ("src", "lib", ".dvc/plug", ".hg", "own") if (top / each).exists()]
    there = DvcIgnoreFilter(LocalFileSystem(), str(top))
    found = [path for folder in folders for path in there.find(LocalFileSystem(), str(folder))]
    unseen = Unseen(Hidden(cast("Tree", Kept(files)), [*files]), [*files])
    below = [path for path in CODE if any(folder in (tmp_path / path).parents for folder in folders)]
    assert {path for path in below if unseen.by(path, root=root) is None} == {
        path.removeprefix(f"{tmp_path}/") for path in found
    }
    assert unseen.root(f"{root}/dvc.yaml") == root
    assert (unseen.by("src/x/secret.py", root=root) is None) == bool(root)


@pytest.mark.parametrize("content", [b"foo\ncaf\xe9\n", "foo\n".encode("utf-16")])
def test_a_dvcignore_that_is_not_utf8_is_refused(project: Folder, content: bytes) -> None:
    (project / ".dvcignore").write_bytes(content)
    project.commit("Ignore")
    assert project.run("dvc", "status").status != 0
    for words in (("check",), ("check", "--rev", "HEAD")):
        done = project.here(*words)
        assert done.status == Exit.CONFIG, done.out
        assert "`.dvcignore` is not UTF-8 text, and DVC fails with it" in done.err
    assert hidden_by(content, file=".dvcignore") == set()
