"""Readiness: what a declared model or environment needs before a release or promotion can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.config.names import is_new_name, new_name_rule, proposed_name, read_model_name
from mlgit.core.pipeline.model_files import outputs_of
from mlgit.core.record import record
from mlgit.core.wording import near, word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mlgit.core.config.file import Config
    from mlgit.core.pipeline.stages import Output, Pipeline

UnreadyCode = Literal[
    "name_refused",
    "model_not_found",
    "model_not_made",
    "model_elsewhere",
    "model_kept_back",
    "path_not_declared",
    "no_gates",
    "gate_not_evaluated",
    "config_not_read",
    "waivers_not_read",
]
_CONFIG_NAMES = frozenset(
    f"{dot}mlgit.{ending}" for dot in ("", ".") for ending in ("yaml", "yml", "json", "toml")
)
_OF_DVC = ("dvc.yaml", ".dvc")
_NO_MODEL = (".gitignore", ".gitattributes", ".gitkeep", ".dvcignore", *_OF_DVC)
_WAIVER_NAMES = frozenset({"waivers.yaml", "waivers.yml", "waiver.yaml", "waiver.yml"})


@record
class Unready:
    """Something that is declared and that trunk could not use after the merge.

    `subject` is the model, environment or file. `error`: no release or promotion can use it; `warn`: not as
    it is now; `info`: worth knowing. `line` is its line in mlgit.yaml.
    """

    code: UnreadyCode
    subject: str
    message: str
    severity: Literal["error", "warn", "info"]
    hint: str | None = None
    line: int | None = None


@record
class KnownNames:
    """Names of models and environments that tags have, so that they may have an older form."""

    models: Collection[str]
    environments: Collection[str]


@record
class Files:
    """The files of one state: `label` names it in a sentence, `paths` are those in Git.

    `members` returns the names in a directory that DVC tracks, None if its listing is not here. `unusable`
    returns what at or below a path no release could hand out, each with why. `deleted` returns those that
    Git has and the disk lacks.
    """

    label: str
    paths: Collection[str]
    members: Callable[[Output], Collection[str] | None]
    unusable: Callable[[str], Iterable[tuple[str, str]]] = lambda _: ()
    deleted: Callable[[], Collection[str]] = tuple


def refused_names(
    config: Config, *, artifacts: Collection[str], tagged: Callable[[], KnownNames]
) -> Iterator[Unready]:
    """Declared names that no release or promotion can use.

    `artifacts` are the names in dvc.yaml. `tagged` is called only for a name that a new one may not have.
    """
    for name, model in config.models.items():
        if not is_new_name(name, folder=True) and name not in artifacts and name not in tagged().models:
            yield _refused("model", name, model.line)
    for name in artifacts if not config.models else ():
        if read_model_name(name) is None:
            message = f"`{name}` in dvc.yaml cannot be the name of a model"
            yield Unready(code="name_refused", subject=name, message=message, severity="warn")
    for name, environment in config.environments.items():
        if not is_new_name(name) and name not in tagged().environments:
            yield _refused("environment", name, environment.line)


def _refused(kind: str, name: str, line: int | None) -> Unready:
    proposed = proposed_name(name)
    return Unready(
        code="name_refused",
        subject=name,
        message=f"`{name}` cannot be the name of a new {kind}: {new_name_rule()}",
        severity="error",
        hint=None if proposed is None else f"rename it to `{proposed}` in `mlgit.yaml`",
        line=line,
    )


def model_problem(
    model: str, path: str | None, pipeline: Pipeline, files: Files, *, line: int | None = None
) -> Unready | None:
    """Why nothing can be released as the model at this state; None if its path is an output or a file in Git.

    Whether the DVC remote has the content is another question.
    """
    if path is None:
        message = f"No path is declared for `{model}`"
        hint = f"write `models: {{{model}: {{path: …}}}}` in `mlgit.yaml`"
        return Unready(
            code="path_not_declared", subject=model, message=message, severity="info", hint=hint, line=line
        )
    path = path.rstrip("/")
    if "://" in path or path.startswith("/"):
        message = f"`{path}` is outside the repository, so mlgit can neither check nor fetch it"
        return Unready(code="model_elsewhere", subject=model, message=message, severity="info", line=line)
    outputs = outputs_of(path, pipeline.outputs)
    unmade = [output for output in outputs if output.pointer is None]
    if unmade:
        return Unready(
            code="model_not_made",
            subject=model,
            message=f"`{unmade[0].path}` is declared {files.label}, but no content of it is recorded",
            severity="warn",
            hint=_making(unmade[0]),
            line=line,
        )
    unusable = next(iter(files.unusable(path)), None)
    if unusable is None and outputs:
        return _missing_member(model, path, outputs, files, line)
    if unusable is not None or _has(files.paths, path):
        return None if unusable is None else _unusable(model, *unusable, files, line)
    message = f"`{path}` is neither a DVC output nor a file in Git {files.label}"
    if any(output.path == path for output in pipeline.outputs):
        message = f"`{path}` is an output that DVC does not keep (`cache: false`), nor does Git {files.label}"
    gone = [each for each in files.deleted() if each.endswith(_OF_DVC)]
    back = f"run `{words(('git', 'checkout', '--', *gone))}`: deleted here" if gone else None
    return _not_found(model, message, back or _alike(path, pipeline.outputs, files.paths), line)


def kept_back(model: str, path: str | None, pipeline: Pipeline, *, line: int | None = None) -> Unready | None:
    """Whether DVC keeps the model out of its remote, from where a release is fetched."""
    outputs = outputs_of((path or "").rstrip("/"), pipeline.outputs)
    kept = next((each for each in outputs if not each.push and not each.foreign), None)
    if kept is None:
        return None
    return Unready(
        code="model_kept_back",
        subject=model,
        message=f"`{kept.path}` has `push: false`, so the DVC remote has no release of `{model}` to fetch",
        severity="info",
        hint=f"remove `push: false`, or run `mlgit release {word(model)} --data-elsewhere` after the merge",
        line=line,
    )


def _missing_member(
    model: str, path: str, outputs: Sequence[Output], files: Files, line: int | None
) -> Unready | None:
    """Whether the output that contains the model lacks it; None also if its listing is not here."""
    whole = next((output for output in outputs if path.startswith(f"{output.path}/")), None)
    names = None if whole is None else _members(whole, files)
    if whole is None or names is None:
        return None
    inside = path.removeprefix(f"{whole.path}/")
    if _has(names, inside):
        return None
    message = f"`{whole.path}` {files.label} does not have `{inside}`"
    return _not_found(model, message, near(inside, names), line)


def _members(output: Output, files: Files) -> Collection[str] | None:
    """The names in an output, none if it is a file; None if its listing is not here."""
    return files.members(output) if output.pointer is not None and output.pointer.directory else ()


def _making(output: Output) -> str:
    if output.owner.endswith(".dvc"):
        return f"run `dvc update {word(output.owner)}`, commit the results, then release"
    return "run `mlgit run`, commit the results, then release"


def _has(paths: Iterable[str], path: str) -> bool:
    below = f"{path}/"
    return any(each == path or each.startswith(below) for each in paths)


def _not_found(model: str, message: str, alike: str | None, line: int | None) -> Unready:
    hint = alike or "correct `path:`, or add the model with `dvc add` or `git add` and commit it"
    return Unready(
        code="model_not_found", subject=model, message=message, severity="error", hint=hint, line=line
    )


def _unusable(model: str, path: str, why: str, files: Files, line: int | None) -> Unready:
    message = f"`{path}` {files.label} {why}"
    hint = "commit the files themselves, or correct `path:`"
    return Unready(
        code="model_not_found", subject=model, message=message, severity="error", hint=hint, line=line
    )


def _alike(path: str, outputs: Sequence[Output], paths: Collection[str]) -> str | None:
    """A hint with an output, or a file with the same name or in the same folder, that is meant perhaps."""
    folder, _, name = path.rpartition("/")
    known = [output.path for output in outputs if not output.metric]
    paths = [each for each in paths if not each.endswith(_NO_MODEL)]
    known += [each for each in paths if each.rpartition("/")[2] == name or each.rpartition("/")[0] == folder]
    return near(path, known)


def ungated_models(config: Config) -> Iterator[Unready]:
    """Declared models without any gate."""
    for name, model in config.models.items():
        if not config.is_gated(name):
            message = f"No gate applies to `{name}`, so every change of it passes"
            hint = "add one under `gates:` in `mlgit.yaml`"
            yield Unready(
                code="no_gates", subject=name, message=message, severity="warn", hint=hint, line=model.line
            )


def command_of(hint: str | None) -> str | None:
    """The command of a hint that is nothing but a command (`run` and the command); otherwise the hint."""
    command = "" if hint is None else hint.removeprefix("run `").removesuffix("`")
    return hint if hint != f"run `{command}`" or "`" in command else command


def unread_files(paths: Iterable[str], *, config: str, waivers: str) -> Iterator[Unready]:
    """Files with almost the names of `config` and `waivers`, the two files that mlgit reads."""
    listed = [path for path in paths if "mlgit." in path.lower() or "waiver" in path.lower()]
    present = set(listed)
    for path in listed:
        folder, _, name = path.rpartition("/")
        if name.lower() in _CONFIG_NAMES and path != config:
            # Next to a file that is read, one in a folder may belong to an example or a test.
            severity: Literal["warn", "info"] = "info" if folder and config in present else "warn"
            yield _unread("config_not_read", path, config, present, severity)
        elif name.lower() in _WAIVER_NAMES and folder in {"", ".mlgit"} and path != waivers:
            yield _unread("waivers_not_read", path, waivers, present, "warn")


def _unread(
    code: UnreadyCode, path: str, wanted: str, present: Collection[str], severity: Literal["warn", "info"]
) -> Unready:
    message = f"`{path}` is not read: mlgit reads only `{wanted}`"
    hint = None
    if wanted not in present:
        message = f"There is no `{wanted}`, and `{path}` is not read; did you mean `{wanted}`?"
        folder = wanted.rpartition("/")[0]
        make = f"mkdir -p {folder} && " if folder else ""
        # `git mv` refuses a file that git does not have yet.
        hint = f"run `{make}git add {word(path)} && git mv {word(path)} {word(wanted)}`"
    return Unready(code=code, subject=path, message=message, severity=severity, hint=hint)
