"""Outline: the metric and parameter files of a dvc.yaml, if templates do not matter for them.

A leaderboard reads hundreds of commits, and DVC fills in templates for one at a time. Most templates are in
commands and dependencies, which do not name metric or parameter files.
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
    """The file with only the fields that name metric and parameter files; None if only DVC can name them.

    Outputs with a template are left out: they say which stage owns a file, not which files have numbers.
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
    """Whether a stage that expands to several stages has metrics or parameters."""
    body = fields.get("do", fields)
    return not isinstance(body, dict) or any(key in body for key in _NUMBERS)


def _stage(fields: Mapping[object, object]) -> dict[object, object]:
    kept: dict[object, object] = {"cmd": "-"}
    kept |= {key: fields[key] for key in ("wdir", *_NUMBERS) if key in fields}
    outs = fields.get("outs")
    if isinstance(outs, list):
        kept["outs"] = [out for out in outs if _TEMPLATE not in str(out)]
    return kept
