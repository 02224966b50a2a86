"""One command: deployments that run the same for each of several models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs.reached import Reached
from mlgit.core.gates.unmeasured.deployed import command_lines, command_stage, named_files
from mlgit.core.gates.unmeasured.scripts import with_endings
from mlgit.core.gates.verdict import Note
from mlgit.core.record import NamedTuple
from mlgit.core.wording import count, word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mlgit.core.config.file import Config
    from mlgit.core.gates.verdict import Effect
    from mlgit.core.pipeline.inputs import Places

HINT = "write `{model}` into the command, or let the program read `MLGIT_MODEL`"
_UNKNOWN = "no program that it is known to run has `MLGIT_MODEL`"
_OF_A_MODEL = (b"MLGIT_MODEL", b"MLGIT_TAG", b"MLGIT_RELEASE_TAG", b"manifest.json")
"""What has the name of the model that is deployed, in the text of a program."""


class Shared(NamedTuple):
    """A deployment that runs one command for several models; `sure` if a program of it was read."""

    environment: str
    message: str
    sure: bool


def shared_commands(config: Config, models: Collection[str], places: Places) -> Iterator[Shared]:
    """The deployments whose command does not depend on the model, as far as its programs were read.

    The second model is deployed by the command of the first one, which may put it in that one's place.
    """
    for name, entry in sorted(config.deploy.items()) if len(models) > 1 else ():
        command = entry.keys.get("command") or ()
        if not command or any("{model}" in text for text in command):
            continue
        scripts = with_endings(command_lines(entry, config), places)
        stage = command_stage(entry, scripts.lines)
        programs = Reached(scripts.places, {}, exact=False).of(stage, (), None).keys()
        named = named_files(command) & places.paths()
        texts = [
            *scripts.places.read(sorted(programs | named)).values(),
            "\n".join(scripts.lines).encode(errors="surrogateescape"),
        ]
        if not any(mark in text for text in texts for mark in _OF_A_MODEL):
            start = f"`mlgit deploy --env {word(name)}` runs one command for {count(len(models), 'model')}"
            message = f"{start}: it has no `{{model}}`, and {_UNKNOWN}"
            yield Shared(name, message, sure=bool(programs))


def shared_notes(
    configs: tuple[Config, Config],
    models: tuple[Collection[str], Collection[str]],
    places: tuple[Places, Places],
) -> Iterator[Note]:
    """A warning for each such deployment that a change brings, such as by a second model."""
    found = [*shared_commands(configs[1], models[1], places[1])]
    before = shared_commands(configs[0], models[0], places[0]) if found else ()
    known = {each.environment for each in before}
    for each in found:
        if each.environment not in known:
            effect: Effect = "warn" if each.sure else "note"
            yield Note(code="one_command", message=each.message, effect=effect, hint=HINT)
