"""Templates: fill in `${}`, `foreach`, `matrix` and `vars` of a dvc.yaml by DVC itself."""

from __future__ import annotations

import io
import posixpath
import re
from math import prod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlgit.core.wording import near
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.adapters.dvc.files.shapes import Path, Shape
    from mlgit.errors import Location

MAX_STAGES = 20_000
MAX_SIZE = 2_000_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FAILED = re.compile(r"(?s)failed to (?:parse|resolve) (stage )?'(.+?)' in '.+?': *\n?(.*)")
_SYNTAX = re.compile(r"(?m)^ParseException: (.+?) *(?:\(at char.*)?$")
_UNKNOWN = re.compile(r"Could not find '(.+?)'")
_UNKNOWN_KEY = "extra keys not allowed"


def fill_in(
    root: str, shape: Shape, *, path: str, read: Callable[[str], bytes | None], settings: Sequence[bytes]
) -> tuple[dict[str, object], Mapping[str, bytes | None]]:
    """The document with its templates filled in, and the content of each file that DVC read (None: missing).

    `read` gives a file of the same state; `settings` are DVC's configuration files, the weakest first.

    Raises:
        ConfigError: the file is invalid, or a template cannot be filled in.
    """
    from mlgit.adapters.dvc.engine.opening import quiet

    _refuse_long_lists(shape)
    with quiet(root):
        from dvc.dvcfile import ProjectFile
        from dvc.parsing import DataResolver, ResolveError
        from dvc.utils.strictyaml import YAMLValidationError, load

        files = _Files(read, given={path: shape.content})
        try:
            document, _ = load(path, ProjectFile.SCHEMA, files)
            repo = SimpleNamespace(fs=files, config={"parsing": _parsing(settings)})
            filled = _filled(DataResolver(repo, posixpath.dirname(path), document or {}), shape)
        except ResolveError as error:
            raise _not_filled_in(str(error), shape) from error
        except YAMLValidationError as error:
            raise _invalid(error, shape) from error
    return filled, {name: content for name, content in files.seen.items() if name != path}


def _refuse_long_lists(shape: Shape) -> None:
    """Refuse a written-out `foreach` of too many items at once: DVC would read it for minutes.

    Raises:
        ConfigError: it has more than `MAX_STAGES`.
    """
    stages = shape.root.get("stages") if isinstance(shape.root, dict) else None
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        items = stage.get("foreach") if isinstance(stage, dict) else None
        if isinstance(items, (list, dict)) and len(items) > MAX_STAGES:
            raise _too_many(f"The `foreach` of `{name}` makes {len(items)} stages", shape, str(name))


def _filled(resolver: Any, shape: Shape) -> dict[str, object]:
    for name, definition in resolver.definitions.items():
        key, count = _counted(definition)
        if count > MAX_STAGES:
            raise _too_many(f"The `{key}` of `{name}` makes {count} stages", shape, name)
    stages: dict[str, object] = {}
    size = 0
    for key in resolver.get_keys():
        stages[key] = resolver.resolve_one(key)[key]
        size += _size(stages[key])
        if size > MAX_SIZE or len(stages) > MAX_STAGES:
            what = f"more than {MAX_STAGES} stages" if len(stages) > MAX_STAGES else "too many values"
            raise _too_many(f"The templates make {what}", shape, key.partition("@")[0])
    return {
        "stages": stages,
        "artifacts": resolver.resolve_artifacts(),
        "metrics": resolver.resolve_metrics(),
        "params": resolver.resolve_params(),
        "plots": resolver.resolve_plots(),
        "datasets": resolver.resolve_datasets(),
    }


def _counted(definition: Any) -> tuple[str, int]:
    """The key that makes stages of a definition, and how many; DVC fills in all before the first returns."""
    from dvc.parsing import ForeachDefinition, MatrixDefinition

    if isinstance(definition, MatrixDefinition) and not isinstance(definition.matrix_data, str):
        return "matrix", prod(map(len, definition.resolved_iterable.values()))
    if isinstance(definition, ForeachDefinition):
        return "foreach", len(definition.resolved_iterable)
    return "", 1


def _size(value: object) -> int:
    """How many values there are in a value; a long text counts as several."""
    if isinstance(value, dict):
        return 1 + sum(1 + _size(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return 1 + sum(map(_size, value))
    return 1 + len(value) // 16 if isinstance(value, str) else 1


def _too_many(what: str, shape: Shape, stage: str) -> ConfigError:
    return ConfigError(
        f"{what} in `{shape.name}`",
        location=shape.locate(("stages", stage)),
        expected=f"at most {MAX_STAGES} stages with {MAX_SIZE} values",
        hint="split the pipeline into several `dvc.yaml` files, or shorten its lists",
    )


class _Files:
    """A file system for DVC: the files of one state; it records the ones that DVC reads."""

    sep = "/"
    join = staticmethod(posixpath.join)
    normpath = staticmethod(posixpath.normpath)

    def __init__(self, read: Callable[[str], bytes | None], *, given: Mapping[str, bytes]) -> None:
        self._read = read
        self.seen: dict[str, bytes | None] = dict(given)

    def _content(self, path: str) -> bytes | None:
        name = posixpath.normpath(path)
        if name not in self.seen:
            self.seen[name] = self._read(name)
        return self.seen[name]

    def exists(self, path: str) -> bool:
        return self._content(path) is not None

    def isdir(self, path: str) -> bool:
        return self._content(path) is None

    def open(self, path: str, encoding: str) -> io.TextIOWrapper:
        content = self._content(path)
        if content is None:
            raise FileNotFoundError(path)
        return io.TextIOWrapper(io.BytesIO(content), encoding=encoding)

    @staticmethod
    def relpath(path: str) -> str:
        return path

    @staticmethod
    def suffix(path: str) -> str:
        return posixpath.splitext(path)[1]


def _parsing(settings: Sequence[bytes]) -> dict[str, str]:
    """The section `[parsing]` of DVC's configuration."""
    from configobj import ConfigObj, ConfigObjError  # type: ignore[import-untyped]  # DVC's own reader

    found: dict[str, str] = {}
    for content in settings:
        try:
            section = ConfigObj(content.decode("utf-8", "replace").splitlines()).get("parsing", {})
        except ConfigObjError:  # DVC itself reports it where it matters
            continue
        if isinstance(section, dict):
            found.update({key: str(value).lower() for key, value in section.items()})
    return found


def _not_filled_in(message: str, shape: Shape) -> ConfigError:
    """DVC's error about a template, with its line."""
    message = _COLOUR.sub("", message)
    match = _FAILED.match(message)
    if match is None:
        return ConfigError(f"`{shape.name}` cannot be filled in", details=tuple(message.splitlines()))
    where = f"stages.{match[2]}" if match[1] else match[2]
    syntax = _SYNTAX.search(match[3])
    reason = syntax[1] if syntax else match[3].strip().splitlines()[0]
    unknown = _UNKNOWN.search(reason)
    if unknown is None:
        hint = "see https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#templating"
    elif unknown[1].partition(".")[0] in {"item", "key"}:
        hint = "see what `foreach` or `matrix` goes over"
    else:
        hint = f"define `{unknown[1]}` in `params.yaml` next to it, or under `vars:`"
    shown = re.sub(r"'([^']*)'", r"`\1`", reason)
    shown = shown[:1].lower() + shown[1:]
    message = f"`{where}` in `{shape.name}` cannot be filled in: {shown}"
    return ConfigError(message, location=_locate(shape, _paths(where)), hint=hint)


def _locate(shape: Shape, paths: Iterable[Path]) -> Location:
    """The place of the first of these paths that is in the file, or its beginning."""
    return next((found for path in paths if (found := shape.locate(path)).line is not None), shape.locate(()))


def _paths(where: str) -> list[Path]:
    """Candidate paths for a place as DVC names it, the best guess first."""
    top, _, rest = where.partition(".")
    if top != "stages":
        return [(top, int(rest) if rest.isdigit() else rest), (top,)] if rest else [(top,)]
    stage, _, key = rest.rpartition(".")
    stage, key = (stage, key) if stage else (key, "")
    group = stage.rpartition("@")[0] or stage
    return [
        ("stages", stage, key),
        ("stages", group, "do", key),
        ("stages", group, key),
        ("stages", stage),
        ("stages", group),
    ]


def _invalid(error: Any, shape: Shape) -> ConfigError:
    """The errors against DVC's own schema, each with its line."""
    found = []
    for problem in error.exc.errors:
        path = tuple(getattr(step, "schema", step) for step in problem.path)
        where = ".".join(str(step) for step in path)
        if problem.error_message == _UNKNOWN_KEY:
            message = f"DVC does not know the key `{where}` in `{shape.name}`"
            hint = _nearest(path)
        else:
            message, hint = f"`{where}` in `{shape.name}`: {problem.error_message}", None
        location = _locate(shape, (path[:length] for length in range(len(path), 0, -1)))
        found.append(ConfigError(message, location=location, hint=hint))
    first = found[0]
    first.problems = tuple(found)
    return first


def _nearest(path: Path) -> str | None:
    from mlgit.adapters.dvc.files.needs_dvc import known_keys

    return near(str(path[-1]), sorted(known_keys(path[:-1])))
