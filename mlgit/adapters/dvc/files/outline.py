"""Outline: the metric and parameter files of a dvc.yaml, if templates do not matter for them.

A leaderboard reads hundreds of commits, and DVC fills in templates for one at a time. Most templates are in
commands and dependencies, which do not matter for where the numbers are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = "${"
_NUMBERS = ("metrics", "params")
_LOOPS = ("foreach", "matrix")


def outline(shape: Shape, content: bytes) -> Shape | None:
    """The file reduced to where its numbers are; None if only DVC can find them.

    Outputs with a template are left out: they give the owner of a file, not which file has numbers.
    """
    document = shape.root
    if not isinstance(document, dict) or not isinstance(document.get("stages") or {}, dict):
        return shape  # its reader reports what is wrong
    if any(_TEMPLATE in str(document.get(key)) for key in _NUMBERS):
        return None
    stages = {}
    for name, fields in (document.get("stages") or {}).items():
        if not isinstance(fields, dict):
            return shape
        if any(word in fields for word in _LOOPS):
            if _loop_matters(fields):
                return None
            continue
        if any(_TEMPLATE in str(fields.get(key)) for key in ("wdir", *_NUMBERS)):
            return None
        stages[name] = _stage(fields)
    reduced = {"stages": stages} | {key: document[key] for key in _NUMBERS if key in document}
    return Shape(reduced, name=shape.name, content=content)


def _loop_matters(fields: Mapping[object, object]) -> bool:
    """Whether a stage that is expanded to several has metrics or parameters."""
    body = fields.get("do", fields)
    return not isinstance(body, dict) or any(key in body for key in _NUMBERS)


def _stage(fields: Mapping[object, object]) -> dict[object, object]:
    kept: dict[object, object] = {"cmd": "-"}
    kept |= {key: fields[key] for key in ("wdir", *_NUMBERS) if key in fields}
    outs = fields.get("outs")
    if isinstance(outs, list):
        kept["outs"] = [out for out in outs if _TEMPLATE not in str(out)]
    return kept
