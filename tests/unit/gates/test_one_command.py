"""A deployment that runs one command for several models is a warning, unless its program knows the model."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Config, Model
from mlgit.core.gates.unmeasured.one_command import HINT, shared_commands, shared_notes
from tests.support.measured_data import places
from tests.unit.gates.test_setting_changes import command

ONE, TWO = ("a",), ("a", "b")
SHIP = ("python", "ship.py")
# The command, what Git has -> whether a warning, a remark or nothing.
CASES = {
    "a program that does not know": (SHIP, {"ship.py": "import os"}, True),
    "one that nothing is known of": (("kubectl", "apply"), {}, False),
    "the model in the command": ((*SHIP, "{model}"), {"ship.py": "import os"}, None),
    "the model in the program": (SHIP, {"ship.py": "os.environ['MLGIT_MODEL']"}, None),
    "the manifest": (SHIP, {"ship.py": "open('manifest.json')"}, None),
    "the model in what it imports": (SHIP, {"ship.py": "import lib", "lib.py": "'MLGIT_TAG'"}, None),
    "the model in a text": (("sh", "-c", "scp $MLGIT_PATH host:$MLGIT_MODEL"), {}, None),
    "the model in a Makefile": (("make",), {"Makefile": "ship:\n\tscp . host:$(MLGIT_MODEL)\n"}, None),
    "a script without an ending": (("./ship",), {"ship": "#!/bin/sh\nscp"}, True),
    "such a script with the model": (("./ship",), {"ship": "#!/bin/sh\nscp $MLGIT_MODEL"}, None),
}


def config(*words: str) -> Config:
    return Config(models={name: Model(name=name) for name in TWO}, deploy={"prod": command("prod", *words)})


@pytest.mark.parametrize("case", CASES)
def test_whether_a_command_depends_on_the_model(case: str) -> None:
    words, files, sure = CASES[case]
    found = [*shared_commands(config(*words), TWO, places(files))]
    assert [each.sure for each in found] == ([] if sure is None else [sure])
    assert not [*shared_commands(config(*words), ONE, places(files))]
    if found:
        start = "`mlgit deploy --env prod` runs one command for 2 models: it has no `{model}`"
        assert found[0].message == f"{start}, and no program that it is known to run has `MLGIT_MODEL`"


def test_only_the_change_that_brings_it_has_a_warning() -> None:
    both, files = (config(*SHIP), config(*SHIP)), (places({"ship.py": "a"}), places({"ship.py": "a"}))
    (note,) = shared_notes(both, (ONE, TWO), files)
    assert (note.code, note.effect, note.hint) == ("one_command", "warn", HINT)
    assert [*shared_notes(both, (TWO, TWO), files)] == []
    (note,) = shared_notes((Config(), config("kubectl")), (TWO, TWO), files)
    assert note.effect == "note"
