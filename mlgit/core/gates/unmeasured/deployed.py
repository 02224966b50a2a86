"""Deployed: the programs of the repository that a deployment runs, and that a change edits."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs.compared import Programs
from mlgit.core.gates.measured.runs.reached import COMMAND, MAY_RUN
from mlgit.core.gates.unmeasured.scripts import with_endings, words_of
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.stages import Pipeline, Stage
from mlgit.core.wording import listed, word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mlgit.core.config.file import Config, Deploy
    from mlgit.core.gates.measured.runs.compared import Order
    from mlgit.core.pipeline.inputs import Places

_MOST = 12
_SHELL = re.compile(r"(?:.*/)?(?:ba|z|da|k)?sh")
_TEXT = re.compile(r"-[a-z]*c")
_PLURAL = {"was edited": "were edited", "is new": "are new", "is gone": "are gone"}


def program_notes(
    old: Config,
    new: Config,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
) -> Iterator[Note]:
    """Notes about the files of the repository that deployments run, and that the change edits.

    Those that the command of a deployment names, and the programs that these import, source or run by a name.
    `changed` gives the files of which Git has other content.
    """
    both = {name: (old.deploy[name], new.deploy[name]) for name in sorted(old.deploy.keys() & new.deploy)}
    both = {name: pair for name, pair in both.items() if pair[1].keys.get("command")}
    files = frozenset(changed()) if both else frozenset()
    names: dict[tuple[str, str, bool], list[str]] = {}
    orders: dict[str, Order] = {}
    for name, pair in both.items() if files else ():
        for path, (order, what) in _differing(pair, (old, new), places, files).items():
            names.setdefault((path, what, order[0] >= -MAY_RUN * 2), []).append(name)
            orders[path] = min(order, orders.get(path, order))
    groups: dict[tuple[str, bool, tuple[str, ...]], list[str]] = {}
    for (path, what, unsure), own in sorted(names.items(), key=lambda each: (orders[each[0][0]], each[0])):
        groups.setdefault((what, unsure, tuple(own)), []).append(path)
    for (what, unsure, envs), paths in groups.items():
        yield Note(code="program_edited", message=_text(what, paths, envs, unsure=unsure))


def _text(what: str, paths: Sequence[str], names: Sequence[str], *, unsure: bool) -> str:
    commands = ", ".join(f"`mlgit deploy --env {word(name)}`" for name in names)
    single = "was edited" if what == "changed" else what
    verb, it = (single, "it") if len(paths) == 1 else (_PLURAL[single], "them")
    start = f"{listed(paths, _MOST)} {verb}, and {commands}"
    if what == "is gone":
        return f"{start} {'may have run' if unsure else 'ran'} {it}"
    runs = "may run" if unsure else "runs" if len(names) == 1 else "run"
    return f"{start} {runs} {it} after the merge"


def _differing(
    pair: tuple[Deploy, Deploy],
    configs: tuple[Config, Config],
    places: tuple[Places, Places],
    changed: frozenset[str],
) -> dict[str, tuple[Order, str]]:
    """Path -> how directly the command of a deployment runs it, and how it differs."""
    there, here = (each.paths() for each in places)
    named = named_files(pair[1].keys["command"]) & changed & there
    found = {path: ((-COMMAND * 2, 0), "changed" if path in here else "is gone") for path in named}
    was, now = (
        with_endings(command_lines(entry, config), own)
        for entry, config, own in zip(pair, configs, places, strict=True)
    )
    stages = command_stage(pair[0], was.lines), command_stage(pair[1], now.lines)
    programs = Programs((was.places, now.places), changed, [stages], (Pipeline(), Pipeline()))
    for order, path, what in programs.differences(stages, ()) if programs.differing else ():
        found.setdefault(path, (order, what))
    return found


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


def named_files(command: Sequence[str]) -> set[str]:
    """The paths that a command may run or read: its words, those inside of them, and modules of Python."""
    found = [word for text in command for word in (text, *words_of(text))]
    modules = [after.replace(".", "/") for flag, after in pairwise(found) if flag == "-m"]
    found += [f"{module}{end}" for module in modules for end in (".py", "/__init__.py", "/__main__.py")]
    return {posixpath.normpath(word) for word in found}
