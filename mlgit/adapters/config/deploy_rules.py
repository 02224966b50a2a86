"""Rules of `deploy:` that a JSON Schema cannot say in words: what a target needs, and who shares a folder."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from mlgit.adapters.config.rules import Findings, section
from mlgit.adapters.config.shape import choices, shown
from mlgit.core.deploy.folders import PLACEHOLDERS, clashes, placeholders
from mlgit.core.wording import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.adapters.config.frames import Document
    from mlgit.adapters.config.rules import Path
    from mlgit.errors import ConfigError

# Target -> the key it cannot do without, and those that are only its own.
_NEEDED = {"local": "path", "command": "command"}
_OWN = {"local": ("path", "keep"), "command": ("command", "timeout")}


class DeployRules(Findings):
    """Checks `deploy:` of one document."""

    def __init__(self, document: Document, broken: Iterable[Path]) -> None:
        super().__init__(document, broken)
        self._entries = section(document, "deploy")
        self._paths: dict[str, str] = {}

    def check(self) -> list[ConfigError]:
        """Every rule that does not hold."""
        known = section(self._document, "environments")
        for name, entry in self._entries.items():
            path: Path = ("deploy", name)
            if name not in known and self._whole(path):
                self._say(
                    f"There is no environment {shown(name)} under `environments:`",
                    path,
                    key=True,
                    expected=choices(sorted(known)) if known else None,
                    hint=near(name, known) or f"declare it: `environments: {{{name}: {{}}}}`",
                )
            if self._whole((*path, "target")):
                self._check_keys(path, entry)
            if self._check_path((*path, "path"), entry.get("path")):
                self._paths[name] = entry["path"]
            self._check_command((*path, "command"), entry.get("command"))
        self._check_sharing()
        return self._found

    def _check_keys(self, path: Path, entry: Mapping[str, Any]) -> None:
        target = entry.get("target")
        if target not in _NEEDED:
            return
        needed = _NEEDED[target]
        if needed not in entry:
            self._say(
                f"`{path[-1]}` has `target: {target}` and no `{needed}`",
                path,
                key=True,
                hint=f"add `{needed}: …`",
            )
        for other in _NEEDED.keys() - {target}:
            for key in _OWN[other]:
                if key in entry:
                    self._say(
                        f"`{key}` belongs to `target: {other}`, and this is `target: {target}`",
                        (*path, key),
                        key=True,
                        hint=f"remove `{key}`",
                    )

    def _check_path(self, where: Path, path: object) -> bool:
        """Whether it is a path that may be compared with others."""
        if not isinstance(path, str) or not self._whole(where):
            return False
        before = len(self._found)
        self._check_placeholders(where, path)
        if "version" in placeholders(path):
            self._say(
                "`{version}` cannot stand in `path`",
                where,
                expected="one folder for all versions; each has its own below `releases/`",
                hint="remove `{version}`",
            )
        normal = posixpath.normpath(path)
        if normal in {".", "/", "//"}:
            what = "repository" if normal == "." else "disk"
            self._say(f"`{path}` is the whole {what}", where, expected="a folder of its own")
        elif normal == ".git" or normal.startswith(".git/"):
            self._say(f"`{path}` is in Git's own folder", where, expected="a folder of its own")
        return len(self._found) == before

    def _check_command(self, where: Path, command: object) -> None:
        for number, word in enumerate(command if isinstance(command, list) else ()):
            if isinstance(word, str) and self._whole((*where, number)):
                self._check_placeholders((*where, number), word)

    def _check_placeholders(self, where: Path, text: str) -> None:
        for name in placeholders(text):
            if name not in PLACEHOLDERS:
                hint = near(f"{{{name}}}", [f"{{{known}}}" for known in PLACEHOLDERS])
                self._say(
                    f"There is no placeholder `{{{name}}}`",
                    where,
                    expected=choices(f"{{{known}}}" for known in PLACEHOLDERS),
                    hint=hint,
                )

    def _check_sharing(self) -> None:
        """Two models, or two environments, in one folder would take turns in being `current`."""
        models = section(self._document, "models") or {"": {}}
        told: set[tuple[str, str]] = set()
        for clash in clashes(self._paths.items(), models):
            (first, one), (second, other) = clash.first, clash.second
            if (first, second) in told:
                continue
            told.add((first, second))
            if first == second:
                self._say(
                    f"The models `{one}` and `{other}` would be deployed to one folder",
                    ("deploy", second, "path"),
                    hint=self._hint(self._paths[second], "model"),
                )
            else:
                self._say(
                    f"The environments `{first}` and `{second}` would be deployed to one folder",
                    ("deploy", second, "path"),
                    hint=self._hint(self._paths[second], "environment"),
                )

    @staticmethod
    def _hint(path: str, name: str) -> str:
        if name in placeholders(path):
            return "give each a folder that is not in the other's"
        return f"write `{posixpath.join(path, f'{{{name}}}')}`"
