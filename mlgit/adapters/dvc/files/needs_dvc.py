"""Needs DVC: whether a dvc.yaml has something that only DVC can interpret."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgit.adapters.dvc.files.shapes import Path, Shape

    _Doubt = tuple[str, Path]

_TOP = frozenset({"artifacts", "datasets", "metrics", "params", "plots", "stages", "vars"})
_STAGE = frozenset(
    {"always_changed", "cmd", "deps", "desc", "frozen", "meta", "metrics", "outs", "params", "plots", "wdir"}
)
_OF_DVC_2 = frozenset({"live"})
_SWITCH, _TEXT = (bool, "true or false"), (str, "text")
_SIMPLE = {"frozen": _SWITCH, "always_changed": _SWITCH, "desc": _TEXT, "wdir": _TEXT}
_TEMPLATED = ("foreach", "matrix", "vars")
_FLAGS = frozenset({"cache", "checkpoint", "desc", "labels", "meta", "persist", "push", "remote", "type"})
_PLOT_FLAGS = _FLAGS | {"header", "template", "title", "x", "x_label", "y", "y_label"}
_SWITCHES_OF_OUTPUTS = frozenset({"cache", "checkpoint", "header", "persist", "push"})
_OF_ARTIFACTS = frozenset({"desc", "labels", "meta", "path", "type"})
_OF_PLOTS = frozenset({"template", "title", "x", "x_label", "y", "y_label"})
_KINDS = (("outs", _FLAGS), ("metrics", _FLAGS), ("plots", _PLOT_FLAGS))


def needs_dvc(shape: Shape) -> _Doubt | None:
    """The first thing in a dvc.yaml that only DVC can interpret, and its place; None if there is none.

    The place is empty for `${}`, which may be anywhere.
    """
    document = shape.fields(shape.root, ())
    if not document:
        return None
    if "vars" in document:
        return "uses `vars`", ("vars",)
    if not document.keys() <= _TOP:
        return _unknown(document.keys() - _TOP, ())
    for name, fields in shape.fields(document.get("stages"), ("stages",)).items():
        doubt = _odd_stage(name, fields) if isinstance(fields, dict) else None
        if doubt is not None:
            return doubt
    if b"${" in shape.content:
        return "uses `${}`", ()
    return _odd_plots(document.get("plots", [])) or odd_artifacts(document.get("artifacts"))


def _odd_stage(name: object, fields: dict[str, object]) -> _Doubt | None:
    at: Path = ("stages", name if isinstance(name, (str, int)) else str(name))
    if not isinstance(name, str):
        return "has a name that is not text", at
    if not fields.keys() <= _STAGE | _OF_DVC_2:
        word = next((word for word in _TEMPLATED if word in fields), None)
        odd = fields.keys() - _STAGE - _OF_DVC_2
        return _unknown(odd, at) if word is None else (f"uses `{word}`", (*at, word))
    for word, (kind, what) in _SIMPLE.items():
        if word in fields and not isinstance(fields[word], kind):
            return f"has `{word}` that is not {what}", (*at, word)
    for key, known in _KINDS:
        outs = fields.get(key)
        for number, out in enumerate(outs if isinstance(outs, list) else ()):
            for path, flags in out.items() if isinstance(out, dict) else ():
                doubt = _odd_output(flags, known, (*at, key, number, path))
                if doubt is not None:
                    return doubt
    return None


def _odd_output(flags: object, known: frozenset[str], at: Path) -> _Doubt | None:
    for each in flags if isinstance(flags, list) else (flags,):
        if not isinstance(each, dict):
            return "has an output that is not a path with its properties", at
        doubt = _odd_values(each, known, at)
        if doubt is not None:
            return doubt
    return None


def _odd_values(fields: dict[str, object], known: frozenset[str], at: Path) -> _Doubt | None:
    """The first odd property of an output or an artifact."""
    if not fields.keys() <= known:
        return _unknown(fields.keys() - known, at)
    for key, value in fields.items():
        if key in _SWITCHES_OF_OUTPUTS:
            if not isinstance(value, bool):
                return f"has `{key}` that is not true or false", (*at, key)
        elif key == "labels":
            if not isinstance(value, list):
                return "has `labels` that are not a list", (*at, key)
        elif key != "meta" and not isinstance(value, str):
            return f"has `{key}` that is not text", (*at, key)
    return None


def _odd_plots(items: object) -> _Doubt | None:
    """The first odd plot at the top; a mapping of plots is from DVC 2."""
    if items is None:
        return "has `plots` without a value", ("plots",)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for name, fields in item.items() if isinstance(item, dict) else ():
            at: Path = ("plots", number, name)
            if not isinstance(fields, (dict, NoneType)):
                return "has a plot that is not a mapping", at
            if fields is not None and not fields.keys() <= _OF_PLOTS:
                return _unknown(fields.keys() - _OF_PLOTS, at)
    return None


def odd_artifacts(artifacts: object) -> _Doubt | None:
    """The first odd property of the entries of `artifacts:`."""
    for name, fields in artifacts.items() if isinstance(artifacts, dict) else ():
        doubt = _odd_values(fields, _OF_ARTIFACTS, ("artifacts", name)) if isinstance(fields, dict) else None
        if doubt is not None:
            return doubt
    return None


def _unknown(keys: set[str], at: Path) -> _Doubt:
    key = min(map(str, keys))
    return f"has the key `{key}`, which mlgit does not know", (*at, key)


def known_keys(at: Path) -> frozenset[str]:
    """The keys that the mapping at a place may have."""
    if not at:
        return _TOP
    if at[0] != "stages":
        return frozenset()
    if len(at) == 2:  # noqa: PLR2004 (stages, name)
        return _STAGE.union(_TEMPLATED)
    return _PLOT_FLAGS if "plots" in at else _FLAGS
