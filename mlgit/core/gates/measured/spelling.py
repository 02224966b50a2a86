"""Spelling: values in files of parameters that DVC and a script may read as different ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, pairs
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import cut, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline

_CODE = "params_changed"
_YAML = (".yaml", ".yml")
_WIDTH = 60
# YAML 1.1, as PyYAML reads it: octal, in base 60, truth values. DVC reads YAML 1.2.
_VALUE = r"[-+]?(?:0[0-9]+|0o[0-7]+|[0-9]+(?::[0-5]?[0-9])+|yes|no|on|off)"
_BEFORE = r"(?:[:,-][ \t]+[\[{]?|[\[{,])[ \t]*"
_ODD = re.compile(rf"(?im)^.*{_BEFORE}{_VALUE}[ \t]*(?:[,\]}}#].*)?$".encode())


def spelling_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipeline: Pipeline,
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> tuple[Note, ...]:
    """A note about lines that come to the parameter files of measuring stages, with such a value.

    The value that DVC compares may be the same, although the stage reads another one. `pipeline` is the one
    of the change.
    """
    side = Measuring(pipeline)
    files = {
        file
        for gates in pairs(old, new)
        if all(gate.source is not None and gate.source.link != "none" for gate in gates)
        for stage in side.stages(gates[1])
        for file in stage.params
        if file.endswith(_YAML)
    }
    if not files:
        return ()
    before, after = (_lines(each.read(sorted(files))) for each in places)
    texts = [
        f"`{file}` now has {listed(cut(line, _WIDTH) for line in came)}"
        for file in sorted(files)
        if (came := [line for line in after.get(file, ()) if line not in before.get(file, ())])
    ]
    end = "which DVC and scripts that use YAML 1.1 read as different values"
    return tuple(Note(code=_CODE, message=f"{text}, {end}") for text in texts)


def _lines(contents: Mapping[str, bytes]) -> Mapping[str, Sequence[str]]:
    return {
        file: [match[0].decode("utf-8", "replace").strip() for match in _ODD.finditer(content)]
        for file, content in contents.items()
    }
