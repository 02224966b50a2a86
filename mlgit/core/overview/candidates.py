"""Candidates: which files look like models and metrics, and which like the data on the way to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.pipeline.model_files import meets, stages_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.pipeline.stages import Output, Pipeline

# Formats of models, and formats of anything that Python or a framework can write.
_MODEL_FORMAT = re.compile(r"(?i)\.(?:cbm|gguf|keras|mlmodel|onnx|safetensors|skops|tflite)$")
_ANY_FORMAT = re.compile(r"(?i)\.(?:bin|ckpt|h5|hdf5|joblib|model|pb|pickle|pkl|pt|pth)$")
# XGBoost and LightGBM write models as text, which anything else may be.
_BOOSTER_FORMAT = re.compile(r"(?i)\.(?:json|ubj|txt)$")
_WEIGHTS = re.compile(r"(?:\.safetensors|/pytorch_model\.bin)$")
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.)")
_ENDING = re.compile(r"\.\w+$")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_MODEL_WORDS = frozenset(
    "model models classifier clf regressor estimator net network weights checkpoint forest bert".split()  # noqa: SIM905
)
_DATA_WORDS = frozenset(
    """
    x y xtrain xtest xval ytrain ytest yval train test val valid validation dev holdout split splits fold
    folds data dataset datasets feature features label labels target targets corpus vocab vocabulary matrix
    raw processed preprocessed prepared transformed cleaned encoded tokens sample samples index indices
    prediction predictions preds probabilities probs scores embeddings results history
    """.split()  # noqa: SIM905 (a word list reads better than 60 quoted lines)
)
# Parts of a model that are released with it, if at all.
_PART_WORDS = frozenset(
    "vectorizer scaler encoder tokenizer preprocessor imputer transformer pca binarizer normalizer".split()  # noqa: SIM905
)
# What trainers write to go on later; it is never served.
_TRAINER_STATE = re.compile(
    r"(?:^|/)(?:optimizer|scheduler|rng_state\w*|training_args|scaler)\.(?:pt|pth|bin)$"
)
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:\.[^/]+|tests?|docs?|examples?|fixtures|node_modules|site-packages|venv|env|build|dist)/"
)
_METRICS = re.compile(
    r"(?i)(?:^|/)(?:metrics/[^/]+|(?:[^/]*[_-])?metrics?(?:[_-][^/]*)?|(?:all|eval|test|train|predict)_results"
    r"|results?(?:[_-][^/]*)?|scores?|eval(?:uation)?)\.(?:json|ya?ml|toml)$"
)
_LIKELY_METRICS = ("metrics.json", "all_results.json", "eval_results.json")


def is_model_file(path: str) -> bool:
    """Whether a file that no stage makes looks like a model to release, by its name."""
    if _TRAINER_STATE.search(path) or _ELSEWHERE.search(path):
        return False
    return bool(_MODEL_FORMAT.search(path) or (_ANY_FORMAT.search(path) and not _is_data(path)))


def is_metric_file(path: str) -> bool:
    """Whether a file that nothing declares looks like metrics, by its name."""
    return bool(_METRICS.search(path)) and not _ELSEWHERE.search(path)


def models_in_git(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that look like models; the folder of one that needs its other files to be loaded."""
    listed = list(paths)
    there, found = set(listed), dict[str, None]()
    for path in listed:
        if is_model_file(path):
            folder = path.rpartition("/")[0]
            marks = ("MLmodel", "config.json") if _WEIGHTS.search(path) else ("MLmodel",)
            whole = _SHARD.search(path) or any(f"{folder}/{mark}" in there for mark in marks)
            found[folder if folder and whole else path] = None
    final = [path for path in found if not re.search(r"(?:^|/)checkpoint-\d+(?:/|$)", path)]
    return tuple(final or found)


def models_of_pipeline(pipeline: Pipeline) -> tuple[tuple[Output, ...], tuple[Output, ...]]:
    """The outputs that look like models, and those that may be one: a later model is made of them.

    So may one whose name is a number, as of a fold, next to others. Data on the way to a model is neither.
    """
    named = [out for out in pipeline.outputs if not out.metric and not out.plot and _may_be_model(out.path)]
    used = {out.path for out in named if _leads_to(out, named, pipeline)}
    parts = {
        out.path
        for out in named
        if set(_words(out.path)) & _PART_WORDS or all(map(str.isdigit, _words(out.path)))
    }
    sure = [out for out in named if out.path not in used | parts]
    if not sure:
        return tuple(out for out in named if out.path not in used), ()
    return tuple(sure), tuple(out for out in named if out.path in used | parts)


def metrics_by_likelihood(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that look like metrics, the most usual names first."""
    usual = {name: number for number, name in enumerate(_LIKELY_METRICS)}

    def rank(path: str) -> tuple[int, int, str]:
        return usual.get(path.rpartition("/")[2], len(usual)), path.count("/"), path

    return tuple(sorted(filter(is_metric_file, paths), key=rank))


def _may_be_model(path: str) -> bool:
    if _MODEL_FORMAT.search(path):
        return True
    if _ANY_FORMAT.search(path):
        return not _is_data(path)
    if _BOOSTER_FORMAT.search(path):
        return _words(path)[-1:] in (["model"], ["booster"])
    return not _ENDING.search(path) and bool(set(_words(path)) & _MODEL_WORDS)


def _is_data(path: str) -> bool:
    words = set(_words(path))
    folders = {word for folder in path.split("/")[:-1] for word in _words(folder)}
    return not words & _MODEL_WORDS and bool(words & _DATA_WORDS or folders & {"data", "dataset", "datasets"})


def _words(path: str) -> Sequence[str]:
    name = _ENDING.sub("", path.rpartition("/")[2])
    return [word.lower() for word in _WORDS.findall(name)]


def _leads_to(out: Output, others: Iterable[Output], pipeline: Pipeline) -> bool:
    """Whether a later stage makes one of the others of it."""
    readers = {stage.address for stage in pipeline.stages if any(meets(dep, out.path) for dep in stage.deps)}
    later = [other for other in others if other.path != out.path and other.owner != out.owner]
    return any(readers & stages_before(other.owner, pipeline) for other in later)
