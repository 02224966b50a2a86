"""Deploy rules: the keys each target needs, its placeholders, and folders that two deployments share."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from mlgit.adapters.config.rules import Findings, Path, later_keys, section
from mlgit.adapters.config.shape import choices
from mlgit.core.deploy.folders import PLACEHOLDERS, clashes, placeholders
from mlgit.core.deploy.targets import GROUP, TARGETS, Target
from mlgit.core.wording import near
from mlgit.plugins import plugin, plugin_failures, plugin_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.adapters.config.frames import Document
    from mlgit.errors import ConfigError


def named_targets(document: Document) -> dict[str, Target]:
    """The table of targets, with the plug-ins that the document names.

    Raises:
        ToolError: a plug-in cannot be loaded.
    """
    rows = {name: plugin(GROUP, name, Target) for name in _unknown(document)}
    return {**TARGETS, **{name: row for name, row in rows.items() if row is not None}}


def allow_plugins(document: Document, targets: Mapping[str, Target], schema: dict[str, Any]) -> None:
    """Add plug-ins to the schema of mlgit.yaml; a key that mlgit has itself keeps mlgit's shape.

    Raises:
        ToolError: the row of a plug-in is invalid.
    """
    if not _unknown(document):
        return
    properties = schema["$defs"]["deploy"]["properties"]
    properties["target"]["enum"] = list(dict.fromkeys([*targets, *plugin_names(GROUP)]))
    for name in [name for name in targets if name not in TARGETS]:
        row = targets[name]
        with plugin_failures(GROUP, name, "has an invalid row"):
            added = {key: rule for key, rule in row.schema.items() if key not in properties}
            _try_schemas(added, document, schema["$defs"])
            frozenset(row.keys + row.filled)
        schema["$defs"]["deploy"]["properties"] = properties = {**added, **properties}


def _try_schemas(schemas: Mapping[str, Any], document: Document, definitions: Mapping[str, Any]) -> None:
    """Raise the exception of an invalid schema: its own, or that of validating the document's values."""
    from jsonschema import Draft202012Validator

    for key, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        whole = {"$defs": definitions, "properties": {key: schema}}
        for entry in section(document, "deploy").values():
            list(Draft202012Validator(whole).iter_errors(entry))


def explain_unknown_targets(
    document: Document, targets: Mapping[str, Target], wrong: Iterable[tuple[ConfigError, Path]]
) -> list[ConfigError]:
    """The errors of these violations; nothing is known about the other keys of an unknown target."""
    unknown: dict[Path, str] = {
        ("deploy", name): entry["target"]
        for name, entry in section(document, "deploy").items()
        if isinstance(entry.get("target"), str)
        and entry["target"] not in {*targets, *later_keys(("deploy", name, "target"))}
    }
    for error, path in wrong:
        if path[-1:] == ("target",) and path[:-1] in unknown and error.hint is None:
            error.hint = f"a plug-in that adds `{unknown[path[:-1]]}` may not be installed"
    return [error for error, path in wrong if path not in unknown]


def _unknown(document: Document) -> list[str]:
    """The targets that the document names and mlgit does not have."""
    names = (entry.get("target") for entry in section(document, "deploy").values())
    return sorted({name for name in names if isinstance(name, str)} - TARGETS.keys())


class DeployRules(Findings):
    """Checks `deploy:` of one document; `targets` is the table with the plug-ins that the document names."""

    def __init__(self, document: Document, broken: Iterable[Path], targets: Mapping[str, Target]) -> None:
        super().__init__(document, broken)
        self._targets = targets
        self._entries = section(document, "deploy")
        self._paths: dict[str, str] = {}

    def check(self) -> list[ConfigError]:
        """Every problem found."""
        known = section(self._document, "environments")
        for name, entry in self._entries.items():
            path: Path = ("deploy", name)
            if name not in known and self._whole(path):
                hint = f"declare it: `environments: {{{name}: {{}}}}`"
                self._unknown("environment", name, path, known, key=True, hint=hint)
            if self._whole((*path, "target")):
                self._check_keys(path, entry)
            if self._check_path((*path, "path"), entry.get("path")):
                self._paths[name] = entry["path"]
            for key in {key for row in self._targets.values() for key in row.filled} - {"path"}:
                self._check_texts((*path, key), entry.get(key))
        self._check_sharing()
        return self._found

    def _check_keys(self, path: Path, entry: Mapping[str, Any]) -> None:
        target = entry.get("target")
        row = self._targets.get(target) if isinstance(target, str) else None
        if row is None:
            return
        for key in row.required:
            if key not in entry:
                message = f"`{path[-1]}` has `target: {target}` and no `{key}`"
                self._say(message, path, key=True, hint=f"add `{key}: …`")
        for other, foreign in self._targets.items():
            for key in foreign.keys:
                if key in entry and key not in row.keys:
                    message = f"`{key}` belongs to `target: {other}`, and this is `target: {target}`"
                    self._say(message, (*path, key), key=True, hint=f"remove `{key}`")

    def _check_path(self, where: Path, path: object) -> bool:
        """Check a path; returns whether it can be compared with others."""
        if not isinstance(path, str) or not self._whole(where):
            return False
        before = len(self._found)
        self._check_placeholders(where, path)
        if "version" in placeholders(path):
            expected = "one folder for all versions; each has its own below `releases/`"
            hint = "remove `{version}`"
            self._say("`{version}` cannot be part of `path`", where, expected=expected, hint=hint)
        normal = posixpath.normpath(path)
        if normal in {".", "/", "//"}:
            what = "repository" if normal == "." else "disk"
            self._say(f"`{path}` is the whole {what}", where, expected="a folder of its own")
        elif normal == ".git" or normal.startswith(".git/"):
            self._say(f"`{path}` is in Git's own folder", where, expected="a folder of its own")
        return len(self._found) == before

    def _check_texts(self, where: Path, value: object) -> None:
        """Check the placeholders of a text, or of each text of a list."""
        if isinstance(value, str) and self._whole(where):
            self._check_placeholders(where, value)
        for number, text in enumerate(value if isinstance(value, list) else ()):
            self._check_texts((*where, number), text)

    def _check_placeholders(self, where: Path, text: str) -> None:
        known = [f"{{{name}}}" for name in PLACEHOLDERS]
        for name in placeholders(text):
            if name not in PLACEHOLDERS:
                hint = near(f"{{{name}}}", known)
                self._say(f"There is no placeholder `{{{name}}}`", where, expected=choices(known), hint=hint)

    def _check_sharing(self) -> None:
        """Refuse a folder that models or environments share: each would replace the other's `current`."""
        models = section(self._document, "models") or {"": {}}
        reported: set[tuple[str, str]] = set()
        for clash in clashes(self._paths.items(), models):
            (first, one), (second, other) = clash.first, clash.second
            if (first, second) in reported:
                continue
            reported.add((first, second))
            kind, names = ("model", (one, other)) if first == second else ("environment", (first, second))
            self._say(
                f"The {kind}s `{names[0]}` and `{names[1]}` would be deployed to one folder",
                ("deploy", second, "path"),
                hint=self._hint(self._paths[second], kind),
            )

    @staticmethod
    def _hint(path: str, name: str) -> str:
        if name in placeholders(path):
            return "give each a folder that is not in the other's"
        return f"write `{posixpath.join(path, f'{{{name}}}')}`"
