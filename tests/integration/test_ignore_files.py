"""Lines of a `.gitignore` or `.dvcignore`, also those that are not a pattern."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.data.ignore import Ignores
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

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
