"""In the model: files of a model's folder, or next to it in an output, that may be data it is measured on."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, model_of, pairs
from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.model_files import meets
from mlgit.core.wording import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage

_CODE = "data_changed"
_MOST = 12

_NAMES = {
    "data": "dataset|dev|eval|evaluation|folds?|gold|golden|heldout|holdout|samples|splits?|tests?|testset"
    "|truth|val|valid|validation",
    "weights": "classifier|clf|estimator|model|regressor|weights",
    # what is next to the weights, or is known of them
    "part": "args|bias|classes|config|embeddings|encoders?|imputer|index|metrics|predicted|predictions|preds"
    "|preprocessor|report|results?|scaler|scores?|state|tokenizer|transformer|variables|vectorizer|vocab",
}
_ENDINGS = {
    "weights": "bin|bst|cbm|ckpt|engine|gguf|keras|lgb|mlmodel|model|onnx|pb|pmml|pt|pth|safetensors|tflite"
    "|ubj|xgb",
    "part": "html|log|md|pdf|png|svg",
    # tables, arrays and archives
    "data": "7z|arrow|avro|bz2|csv|db|feather|gz|jsonl|lmdb|mat|npy|npz|orc|parquet|sqlite|tar|tfrecord|tgz"
    "|tsv|xz|zip|zst",
}
"""Kind -> words in the name of a file, and endings of it; the names come first."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def data_in_model(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> tuple[Note, ...]:
    """A note for each model whose folder has other files now that stages measure with and that may be data.

    What makes the model may make its test data there, too. Only its name says which of these a file is, so
    it counts unless it is the only one, or has the name of weights or of a usual part of a model. Of a folder
    that stages read as a whole, only what has a name of data counts.
    """
    sides = Measuring(pipelines[0]), Measuring(pipelines[1])
    found: dict[str, dict[str, None]] = {}
    for gates in pairs(old, new):
        paths = [model_of(gate) for gate in gates]
        if paths[0] is not None and paths[0] == paths[1]:
            sides[1].follow(sides[0], gates)
            was, now = (
                dict(_read(side, gate, each)) for side, gate, each in zip(sides, gates, places, strict=True)
            )
            if was and now:
                found.setdefault(paths[0], {}).update(dict.fromkeys(_changes(paths[0], was, now)))
    return tuple(
        Note(
            code=_CODE,
            message=f"`{path}` may be measured on other data: {joined(texts, _MOST)}",
        )
        for path, texts in sorted(found.items())
        if texts
    )


def _read(side: Measuring, gate: ResolvedGate, places: Places) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Path -> content of each file in the model's folder that a stage which measures reads.

    With it, whether the stage names the file, or the output that it is.
    """
    model, makers = model_of(gate) or "", side.makers_for(gate)
    outs = [out for out in side.outputs(model) if out.owner in makers and not (out.metric or out.plot)]
    outs += [out for out in side.pipeline.tracked if meets(out.path, model)]
    for stage in side.stages(gate):
        for dep in stage.deps if stage.address not in makers else ():
            if meets(dep, model):
                there = [out for out in outs if meets(out.path, dep)]
                yield from _at(dep, stage, there, model, places)


def _at(
    dep: str, stage: Stage, outs: Sequence[Output], model: str, places: Places
) -> Iterator[tuple[str, tuple[str, bool]]]:
    """The same, of one dependency."""
    contents = {max(out.path, dep, key=len): out.pointer for out in outs} or {dep: None}
    for path, pointer in contents.items():
        md5 = "" if pointer is None else pointer.md5
        if path == dep:
            md5 = (stage.locked.content(dep) if stage.locked is not None else None) or ""
        if not md5 or is_program(path):
            continue
        if md5.endswith(".dir"):
            listing = places.listing(path) or {}
            yield from ((f"{path}/{name}", (each, False)) for name, each in listing.items())
        elif covered(path, [model]):
            yield path, (md5, True)


def _changes(
    model: str, was: Mapping[str, tuple[str, bool]], now: Mapping[str, tuple[str, bool]]
) -> Iterator[str]:
    words = {path: _by_words(path[len(posixpath.commonpath([path, model])) :]) for path in {*was, *now}}
    kinds = {path: kind or _by_ending(path) for path, kind in words.items()}
    if {*kinds.values()} == {"data"}:
        kinds = {path: kind or "either" for path, kind in words.items()}
    # The only one that may be the model is taken for it.
    known = [each for each in kinds.values() if each in ("weights", "either")] == ["either"]
    for path, kind in sorted(kinds.items()):
        whole = not all(side[path][1] for side in (was, now) if path in side)
        if path == model or kind in ("weights", "part") or (kind == "either" and (whole or known)):
            continue
        if path not in was or path not in now:
            yield f"`{path}` is {'new' if path in now else 'gone'}"
        elif was[path][0] != now[path][0]:
            yield f"`{path}` changed"


def _by_words(path: str) -> str:
    """`data`, `weights` or another `part` by the words of a path; empty if it has none of them."""
    words = " ".join(_WORD.findall(posixpath.splitext(path)[0])).lower().split()
    found = (kind for kind, known in _NAMES.items() if any(re.fullmatch(known, word) for word in words))
    return next(found, "")


def _by_ending(path: str) -> str:
    """The same by the ending; `either` if it may be data."""
    ending = posixpath.splitext(path)[1][1:].lower()
    return next((kind for kind, known in _ENDINGS.items() if re.fullmatch(known, ending)), "either")
