"""Ignore: which files `.dvcignore` hides from DVC."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.patterns import dvc_matcher, from_root, git_matcher
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlgit.adapters.dvc.data.patterns import Matcher

IGNORE_FILE = ".dvcignore"
# DVC never sees these, whatever `.dvcignore` says.
_GIT = ".git"
NEVER_DATA = frozenset({".git", ".hg", ".dvc"})


def visible(path: str, names: Iterable[str], ignores: Ignores) -> Callable[[str], bool]:
    """Return a predicate: whether DVC sees a file of a folder, neither hidden nor of another tool.

    `names` are all files of the folder by path from there; a folder named `.dvc` ends with a slash.
    """
    hidden: dict[str, bool] = {"": False}
    # A folder with its own `.dvc`, file or folder, is another repository.
    for each in names:
        above, mark, _ = f"/{each}/".partition("/.dvc/")
        if mark and (above or path not in {"", "."}):
            hidden[above[1:]] = True

    def folder_hidden(folder: str) -> bool:
        new = []
        above = folder
        while above not in hidden:
            new.append(above)
            above = above.rpartition("/")[0]
        answer = hidden[above]
        for below in reversed(new):  # not recursive: folders may be nested too deeply for that
            answer = (
                answer
                or below.rpartition("/")[2] in NEVER_DATA
                or ignores.hidden(f"{path}/{below}", is_folder=True)
            )
            hidden[below] = answer
        return answer

    def sees(name: str) -> bool:
        folder, _, file = name.rpartition("/")
        if folder_hidden(folder) or file == _GIT:
            return False
        return not ignores.hidden(f"{path}/{name}", is_folder=False)

    return sees


class Ignores:
    """The files that are hidden in one working tree.

    Every folder from the root of the DVC repository down may have a `.dvcignore`; the pattern engine is
    loaded only if one has a pattern. The last line of the nearest file decides.

    Args:
        read: returns the content of a `.dvcignore` by path from the root; by default from disk.
        begins: whether a folder is the root of a DVC repository; by default from disk.
        file: the name of the files with the patterns.
        lenient: whether a line that is not a pattern matches nothing, as in Git. DVC fails with such a line,
            and with a file that is not UTF-8, so that both are refused by default.
    """

    def __init__(
        self,
        root: str,
        *,
        read: Callable[[str], bytes | None] | None = None,
        begins: Callable[[str], bool] | None = None,
        file: str = IGNORE_FILE,
        lenient: bool = False,
    ) -> None:
        self._root = root
        self._lenient = lenient
        self._file = file
        self._of_dvc = file == IGNORE_FILE
        self._content = read or self._on_disk
        self._begins = begins or (lambda folder: os.path.isdir(os.path.join(root, folder, ".dvc")))
        self._patterns: dict[str, list[str]] = {}
        self._bases: dict[str, str] = {}
        self._matchers: dict[tuple[str, ...], Matcher] = {}
        self._with_patterns: dict[str, tuple[str, ...]] = {}

    def hidden(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path from the root is hidden by its own name; folders above are not checked."""
        return self._decide(self._folders_with_patterns(path.rpartition("/")[0]), path, is_folder=is_folder)

    def above(self, path: str) -> str:
        """All patterns that apply to the entries of a folder, as one text; empty if there are none."""
        folders = self._folders_with_patterns(path)
        return "\n".join(f"{folder}:{pattern}" for folder in folders for pattern in self._read(folder))

    def _folders_with_patterns(self, folder: str) -> tuple[str, ...]:
        """The folders with a pattern, from the root of a folder's DVC repository down to the folder."""
        if folder not in self._with_patterns:
            begins = not folder or self._begins(folder)
            above = () if begins else self._folders_with_patterns(folder.rpartition("/")[0])
            # Git reads its file in each case, DVC not if it is hidden.
            hidden = self._of_dvc and self._decide(above, self._path(folder), is_folder=False)
            self._with_patterns[folder] = above if hidden or not self._read(folder) else (*above, folder)
        return self._with_patterns[folder]

    def _read(self, folder: str) -> list[str]:
        if folder not in self._patterns:
            self._patterns[folder] = [line for _, line in self._lines(folder)]
        return self._patterns[folder]

    def _lines(self, folder: str) -> Iterator[tuple[int, str]]:
        content = self._content(self._path(folder)) or b""
        if self._of_dvc and not self._lenient:
            self._require_utf8(content, self._path(folder))
        return pattern_lines(content, of_dvc=self._of_dvc)

    @staticmethod
    def _require_utf8(content: bytes, path: str) -> None:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"`{path}` is not UTF-8 text, and DVC fails with it",
                location=Location(path, line=content.count(b"\n", 0, error.start) + 1),
                hint="save it as UTF-8",
            ) from error

    def _path(self, folder: str) -> str:
        return f"{folder}/{self._file}" if folder else self._file

    def _on_disk(self, path: str) -> bytes | None:
        place = os.path.join(self._root, path)
        if os.path.isfile(place):  # opening a pipe would block forever
            with suppress(OSError), open(place, "rb") as file:
                return file.read()
        return None

    def _decide(self, folders: tuple[str, ...], path: str, *, is_folder: bool) -> bool:
        if not folders:
            return False
        if self._of_dvc:
            base = self._base(folders[0])
            below, hides = path[len(base) + 1 :] if base else path, self._matcher(folders)
            # To DVC, a folder's own file may hide the folder.
            above = [below[:at] for at, char in enumerate(below) if char == "/"] if folders != (base,) else []
            own = any(hides(each, is_folder=True) for each in above)
            return own or bool(hides(below, is_folder=is_folder))
        for folder in reversed(folders):
            below = path[len(folder) + 1 :] if folder else path
            decision = self._matcher((folder,))(below, is_folder=is_folder)
            if decision is not None:
                return decision
        return False

    def _matcher(self, folders: tuple[str, ...]) -> Matcher:
        if folders not in self._matchers:
            if self._of_dvc:
                self._matchers[folders] = dvc_matcher(line for each in folders for line in self._valid(each))
            else:
                self._matchers[folders] = git_matcher(self._read(folders[0]))
        return self._matchers[folders]

    def _base(self, folder: str) -> str:
        """The root of the DVC repository that a folder is in."""
        if folder not in self._bases:
            begins = not folder or self._begins(folder)
            self._bases[folder] = folder if begins else self._base(folder.rpartition("/")[0])
        return self._bases[folder]

    def _valid(self, folder: str) -> Iterator[str]:
        """The lines of a folder's file as lines of the root's."""
        base = self._base(folder)
        below = folder[len(base) + 1 :] if base else folder
        for number, line in self._lines(folder):
            lines = (line, from_root(line, below))
            if matched(lines) is not None:
                yield lines[1]
            elif not self._lenient:
                path = self._path(folder)
                raise ConfigError(
                    f"Line {number} of `{path}` is not a pattern, and DVC fails with it",
                    location=Location(path, line=number, column=1, snippet=line, width=len(line)),
                    hint="remove the line, or put a backslash before each `!`, `[` and `\\` of a name",
                )


def pattern_lines(content: bytes, *, of_dvc: bool) -> Iterator[tuple[int, str]]:
    """The numbered lines of a file other than comments, without the spaces that do not count.

    DVC drops all spaces around a line, Git those at the end without a backslash. Git also reads bytes that
    are not UTF-8; DVC fails with them.
    """
    try:
        text = content.decode("utf-8") if of_dvc else content.decode("utf-8-sig", "surrogateescape")
    except UnicodeDecodeError:
        return
    for number, raw in enumerate(text.splitlines() if of_dvc else text.split("\n"), 1):
        line = raw.strip() if of_dvc else _without_end(raw.removesuffix("\r"))
        if line and not line.startswith("#"):
            yield number, line


def _without_end(line: str) -> str:
    found = line.rstrip(" ")
    slashes = len(found) - len(found.rstrip("\\"))
    return f"{found} " if slashes % 2 and found != line else found


def matched(lines: Iterable[str]) -> Matcher | None:
    """What lines of a `.dvcignore` hide; None if one of them is not a pattern, such as a single `!`."""
    import re

    try:
        return dvc_matcher(lines)
    except (ValueError, re.error):
        return None
