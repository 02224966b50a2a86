"""Hidden: the files of one state that a `.dvcignore` hides from DVC, or a `.gitignore` from Git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.ignore import IGNORE_FILE, NEVER_DATA, Ignores, matched, pattern_lines
from mlgit.adapters.dvc.data.patterns import git_matcher
from mlgit.adapters.dvc.files.paths import folder_of, folders_above, folders_of, join, repositories
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.core.tree import Tree

GIT_IGNORE_FILE = ".gitignore"
_PATTERN = rb"(?m)^[ \t]*[^#\s]"


class Hidden:
    """The hidden files of a state. Without a pattern, as in most repositories, this costs nothing.

    `above` are files; the folders above them are searched on disk, as DVC also reads a `.dvcignore` that Git
    ignores. `file` is the name of the files with the patterns. `lenient`: whether a line of a `.dvcignore`
    that is not a pattern is left out instead of refused.
    """

    def __init__(
        self,
        tree: Tree,
        listed: Sequence[str],
        *,
        above: Sequence[str] = (),
        file: str = IGNORE_FILE,
        lenient: bool = False,
    ) -> None:
        names = {path for path in listed if path.endswith(file) and path.rpartition("/")[2] == file}
        if tree.commit is None and above:
            names.update(join(folder, file) for folder in {"", *folders_of(above)})
        self.texts: Mapping[str, bytes] = tree.read_many(sorted(names)) if names else {}
        self.any = any(re.search(_PATTERN, text) for text in self.texts.values())
        if self.any:
            roots = repositories(listed) if file == IGNORE_FILE else frozenset()
            self._ignores = Ignores(
                "",
                read=self.texts.get,
                begins=roots.__contains__,
                file=file,
                lenient=lenient or file != IGNORE_FILE,
            )
            # What one repository hides means nothing to another one below it.
            self._folders: dict[str, bool] = dict.fromkeys({"", *roots}, False)

    def hides(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path, or a folder above it, is hidden."""
        if not self.any:
            return False
        folder = folder_of(path)
        if folder not in self._folders:
            self._folders[folder] = self.hides(folder, is_folder=True)
        return self._folders[folder] or self._ignores.hidden(path, is_folder=is_folder)

    def refuse_outputs(self, pipeline: Pipeline) -> None:
        """Refuse a hidden output, because DVC does nothing at all then.

        Raises:
            ConfigError: an output is hidden; with the line that hides it.
        """
        if not self.any:
            return
        for out in pipeline.outputs:
            if out.path.startswith(("/", "../")) or "://" in out.path:
                continue
            is_folder = out.pointer is not None and out.pointer.directory
            if self.hides(out.path, is_folder=is_folder):
                raise ConfigError(
                    f"Output `{out.path}` of `{out.owner}` is hidden by a `{IGNORE_FILE}`",
                    location=self.place(out.path, is_folder=is_folder),
                    hint="remove the pattern, or add a line with `!` that excepts the output",
                )

    def place(self, path: str, *, is_folder: bool = False) -> Location:
        """The last line that hides a path, in the nearest file."""
        for name in sorted(self.texts, key=lambda name: name.count("/"), reverse=True):
            folder = folder_of(name)
            if folder and not path.startswith(f"{folder}/"):
                continue
            below = path[len(folder) + 1 :] if folder else path
            of_dvc = name.endswith(IGNORE_FILE)
            steps = [(below, is_folder), *((each, True) for each in folders_above(below))]
            for number, line in reversed([*pattern_lines(self.texts[name], of_dvc=of_dvc)]):
                hides = matched([line]) if of_dvc else git_matcher([line])
                if hides is not None and any(hides(each, is_folder=of_folder) for each, of_folder in steps):
                    return Location(name, line=number, column=1, snippet=line, width=len(line))
        return Location(IGNORE_FILE)


class Unseen:
    """What DVC passes over below the folders that stages read: what is hidden, and folders of other tools."""

    def __init__(self, hidden: Hidden, listed: Sequence[str]) -> None:
        self._hidden = hidden
        self._roots = repositories(listed)
        self.nested = nested(listed)

    def root(self, path: str) -> str:
        """The root of the DVC repository that a file is in."""
        return next((folder for folder in folders_above(path) if folder in self._roots), "")

    def by(self, path: str, *, root: str) -> tuple[str, str | None] | None:
        """The path or the first folder above it that DVC passes over, with the file whose pattern hides it.

        None if DVC sees the path from this root, and also if it is elsewhere: there, nothing is hidden.
        """
        if root and not path.startswith(f"{root}/"):
            return None
        for folder in reversed([*folders_above(path)]):
            if len(folder) <= len(root):
                continue
            if folder.rpartition("/")[2] in NEVER_DATA or folder in self.nested:
                return folder, None
            if self._hidden.hides(folder, is_folder=True):
                return folder, self._hidden.place(folder, is_folder=True).path
        return (path, self._hidden.place(path).path) if self._hidden.hides(path) else None


def nested(paths: Iterable[str]) -> frozenset[str]:
    """The folders with a `.dvc` of their own, file or folder; DVC takes each for another repository."""
    marks = (f"/{path}/".partition("/.dvc/") for path in paths if ".dvc" in path)
    return frozenset(above[1:] for above, mark, _ in marks if mark and above)
