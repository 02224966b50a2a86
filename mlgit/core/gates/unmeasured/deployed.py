"""Deployed: the programs of the repository that a deployment runs, and that a change edits."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import TEXTS, is_code, is_surely_about
from mlgit.core.gates.measured.runs.compared import Programs
from mlgit.core.gates.measured.runs.reached import COMMAND, MAY_RUN
from mlgit.core.gates.measured.runs.runners import Run, runs
from mlgit.core.gates.unmeasured.scripts import with_endings, words_of
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.stages import Pipeline, Stage
from mlgit.core.record import NamedTuple
from mlgit.core.wording import listed, word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mlgit.core.config.file import Config, Deploy
    from mlgit.core.gates.measured.runs.compared import Order
    from mlgit.core.pipeline.inputs import Places

_MOST, _MOST_DEEP = 12, 4
_ENTRY = re.compile(rb"^[ \t]*-[ \t]+(?:path:[ \t]*)?['\"]?([\w./-]+)", re.MULTILINE)
_SHELL = re.compile(r"(?:.*/)?(?:ba|z|da|k)?sh")
_TEXT = re.compile(r"-[a-z]*c")
_PLACES = re.compile(r"\bPYTHONPATH=\S+|(?<!\S)(?:cd|pushd|-C|--directory)[ =]+\S+")
_IMAGE = ("Dockerfile", "Containerfile")
_COMPOSE = ("compose*.y*ml", "docker-compose*.y*ml")
_TERRAFORM = ("*.tf", "*.tfvars")
_USUAL = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "buildah"), _IMAGE),
    **dict.fromkeys(("compose", "docker-compose", "podman-compose"), (*_IMAGE, *_COMPOSE)),
    **dict.fromkeys(("terraform", "tofu", "terragrunt"), _TERRAFORM),
    **dict.fromkeys(("kubectl", "kustomize", "oc"), ("kustomization.y*ml",)),
    **dict.fromkeys(("fly", "flyctl"), ("fly.toml", *_IMAGE)),
    "helmfile": ("helmfile*.y*ml",),
    "skaffold": ("skaffold.y*ml",),
    "serverless": ("serverless.y*ml",),
    "pulumi": ("Pulumi*.y*ml",),
    "gcloud": ("app.y*ml",),
    "databricks": ("databricks.y*ml",),
    "bake": ("docker-bake*", "*.hcl"),
    "sam": ("template.y*ml", "samconfig.*"),
    "bentoml": ("bentofile.y*ml", "service.py"),
}
"""Word in a command -> what such a tool reads in the root folder, without being named."""
_PLURAL = {
    "was edited": "were edited",
    "is new": "are new",
    "is gone": "are gone",
    "is now run": "are now run",
}


def program_notes(
    old: Config,
    new: Config,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
) -> Iterator[Note]:
    """Notes about the files of the repository that deployments run or use, and that the change edits.

    Those that the command of a deployment names, also by a folder or pattern, and the programs that these
    import, source or run by a name.
    `changed` gives the files of which Git has other content.
    """
    both = {name: (old.deploy[name], new.deploy[name]) for name in sorted(old.deploy.keys() & new.deploy)}
    both = {name: pair for name, pair in both.items() if pair[1].keys.get("command")}
    files = frozenset(changed()) if both else frozenset()
    names: dict[tuple[str, _How], list[str]] = {}
    orders: dict[str, Order] = {}
    for name, pair in both.items() if files else ():
        for path, (order, what) in _differing(pair, (old, new), places, files).items():
            how = _How(what, is_unsure=order[0] >= -MAY_RUN * 2, is_run=_is_run(path))
            names.setdefault((path, how), []).append(name)
            orders[path] = min(order, orders.get(path, order))
    groups: dict[tuple[_How, tuple[str, ...]], list[str]] = {}
    for (path, how), own in sorted(names.items(), key=lambda each: (orders[each[0][0]], each[0])):
        groups.setdefault((how, tuple(own)), []).append(path)
    for (how, envs), paths in groups.items():
        yield Note(code="program_edited", message=_text(how, paths, envs))


class _How(NamedTuple):
    """How a file differs, whether it is not sure that a deployment needs it, and whether it runs it."""

    what: str
    is_unsure: bool
    is_run: bool


def _is_run(path: str) -> bool:
    """Whether a file is a program, or may be one without an ending."""
    return is_code(path) or "." not in posixpath.basename(path)


def _text(how: _How, paths: Sequence[str], names: Sequence[str]) -> str:
    commands = ", ".join(f"`mlgit deploy --env {word(name)}`" for name in names)
    single = "was edited" if how.what == "changed" else how.what
    verb, it = (single, "it") if len(paths) == 1 else (_PLURAL[single], "them")
    start = f"{listed(paths, _MOST)} {verb}, and {commands}"
    run, past, own = ("run", "run", "ran") if how.is_run else ("use", "used", "used")
    if how.what == "is gone":
        return f"{start} {f'may have {past}' if how.is_unsure else own} {it}"
    verb = f"may {run}" if how.is_unsure else f"{run}s" if len(names) == 1 else run
    return f"{start} {verb} {it} after the merge"


def _differing(
    pair: tuple[Deploy, Deploy],
    configs: tuple[Config, Config],
    places: tuple[Places, Places],
    changed: frozenset[str],
) -> dict[str, tuple[Order, str]]:
    """Path -> how directly the command of a deployment runs it, and how it differs."""
    there, here = (each.paths() for each in places)
    was, now = (
        with_endings(command_lines(entry, config), own)
        for entry, config, own in zip(pair, configs, places, strict=True)
    )
    stages = command_stage(pair[0], was.lines), command_stage(pair[1], now.lines)
    lines = tuple(command_lines(pair[1], configs[1]))
    ran = [Run(folder=".", lines=lines), *runs(stages[1], now.places.paths(), now.places.read)]
    named = {_in(run.folder, name) for run in ran for name in named_files(run.lines)}
    named = (named | named_files(pair[1].keys["command"])) & changed & there
    found = {path: ((-COMMAND * 2, 0), "changed" if path in here else "is gone") for path in named}
    programs = Programs((was.places, now.places), changed, [stages], (Pipeline(), Pipeline()))
    for order, path, what in programs.differences(stages, ()) if programs.differing else ():
        found.setdefault(path, (order, what))
    used = {
        path for run in ran for path in _used(run, changed - named, places[1], _names(pair[1], configs[1]))
    }
    for path in used - found.keys():
        what = "changed" if path in there and path in here else "is gone" if path in there else "is new"
        found[path] = (-MAY_RUN * 2, 1), what
    return found


def _in(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _names(entry: Deploy, config: Config) -> set[str]:
    """The names of models and of the environment that are words of a command, and mean no folder."""
    words = {each for text in entry.keys["command"] for each in words_of(text)}
    models = set(config.models) if "{model}" in words else set()
    return models | ({entry.environment} if "{environment}" in words else set())


def _used(run: Run, changed: Collection[str], places: Places, aside: Collection[str]) -> Iterator[str]:
    """The changed files that commands use in the folder they run in, and what overlays there are made of."""
    start = "" if run.folder == "." else f"{run.folder}/"
    inside = {path[len(start) :] for path in changed if path.startswith(start)}
    yield from (f"{start}{path}" for path in in_folders(run.lines, inside, aside))
    words = {_in(run.folder, each) for line in run.lines for each in words_of(line)}
    for _ in range(_MOST_DEEP):
        files = [path for path in places.paths() if _is_overlay(path) and posixpath.dirname(path) in words]
        texts = places.read(sorted(files)).items()
        more = {_in(posixpath.dirname(path), each) for path, text in texts for each in _entries(text)} - words
        yield from (path for path in changed if any(covered(path, [each]) for each in more))
        words |= more


def _is_overlay(path: str) -> bool:
    return posixpath.basename(path) in {"kustomization.yaml", "kustomization.yml", "Kustomization"}


def _entries(text: bytes) -> list[str]:
    """What the lists of a YAML file have: files and folders, among others."""
    return [match.decode("utf-8", "replace") for match in _ENTRY.findall(text)]


def command_stage(entry: Deploy, lines: tuple[str, ...]) -> Stage:
    """The commands of a deployment as those of a stage: it runs them in the root folder."""
    name = f"deploy {entry.environment}"
    return Stage(address=name, name=name, file="mlgit.yaml", wdir=".", cmd=lines)


def command_lines(entry: Deploy, config: Config) -> list[str]:
    """The command of a deployment, for each model; of `bash -c TEXT`, the lines of the text."""
    found: dict[str, None] = {}
    for model in [*config.models] or ["{model}"]:
        command = [
            text.replace("{environment}", entry.environment).replace("{model}", model)
            for text in entry.keys.get("command") or ()
        ]
        texts = [
            text
            for index, (flag, text) in enumerate(pairwise(command))
            if _TEXT.fullmatch(flag) and any(map(_SHELL.fullmatch, command[:index]))
        ]
        found |= dict.fromkeys(texts[0].splitlines() if texts else [words(command)])
    return [*found]


def in_folders(lines: Iterable[str], changed: Collection[str], aside: Collection[str]) -> set[str]:
    """The changed files in the folders and of the patterns that commands name, without texts for people.

    Not in those that a command only goes to, or that Python looks for modules in, and in the root folder only
    what the tools read there. Words `aside` mean something else.
    """
    words = {each for line in lines for each in words_of(_PLACES.sub(" ", line))}
    usual = {name for tool, names in _USUAL.items() if tool in words for name in names}
    names = {posixpath.normpath(each) for each in words if each not in aside} - {".", ".."}
    patterns = [each for each in names if any(char in each for char in "*?[")]
    found = set()
    for path in changed:
        parts = path.split("/")
        folders = {"/".join(parts[:count]) for count in range(1, len(parts))}
        is_named = not names.isdisjoint(folders) or any(fnmatchcase(path, each) for each in patterns)
        is_usual = any(fnmatchcase(path, each) for each in usual) and len(parts) == 1
        if is_usual or (is_named and not _is_aside(path)):
            found.add(path)
    return found


def _is_aside(path: str) -> bool:
    """Whether a file is a text for people, or says what DVC or Git keep."""
    return path.endswith((*TEXTS, ".dvc", "ignore", "dvc.yaml", "dvc.lock")) or is_surely_about(path)


def named_files(command: Sequence[str]) -> set[str]:
    """The paths that a command may run or read: its words, those inside of them, and modules of Python."""
    found = [word for text in command for word in (text, *words_of(text))]
    modules = [after.replace(".", "/") for flag, after in pairwise(found) if flag == "-m"]
    found += [f"{module}{end}" for module in modules for end in (".py", "/__init__.py", "/__main__.py")]
    return {posixpath.normpath(word) for word in found}
