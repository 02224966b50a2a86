"""Renames: metrics of the base that a candidate seems to have under another name."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.gates.verdict import MetricChange, Result

Place = tuple[str | None, str, str]

_ALIKE = 0.6
_MOST = 30
_WORDS = re.compile(r"[^A-Za-z0-9]+")
_NUMBERS = re.compile(r"[0-9]+")
_SPLITS = frozenset(
    ("train", "training", "fit", "val", "valid", "validation", "dev", "test", "holdout", "eval")
)
_TRAINING = frozenset(("train", "training", "fit"))


def renamed_metrics(changes: Iterable[MetricChange]) -> Mapping[Place, MetricChange]:
    """Place of a metric that is gone -> the new one of the same file that has most of its name.

    Each new metric is used once. It is a guess, so that only a question may be made of it.
    """
    every = [each for each in changes if each.known == "yes"]
    gone = [each for each in every if each.appearance == "gone"][:_MOST]
    new = [each for each in every if each.appearance == "new"][:_MOST]
    pairs = [
        (likeness, before.key, after.key, before, after)
        for before in gone
        for after in new
        if (before.model, before.file) == (after.model, after.file)
        and (likeness := _likeness(before.key, after.key)) >= _ALIKE
    ]
    found: dict[Place, MetricChange] = {}
    used: set[Place] = set()
    for _, _, _, before, after in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        place, new_place = place_of(before), place_of(after)
        if place not in found and new_place not in used:
            found[place] = after
            used.add(new_place)
    return found


def place_of(item: Result | MetricChange) -> Place:
    """The model, file and key of a number; a result that found none has no file and key."""
    return item.model, item.file or "", item.key or ""


def _likeness(one: str, other: str) -> float:
    """1 if one name has all words of the other, otherwise how many letters they share."""
    words, others = ({*_WORDS.split(name.lower())} for name in (one, other))
    mine, its = words & _SPLITS, others & _SPLITS
    # A number of other data, and `p95` next to `p50`, is another number.
    if (mine != its and ((mine and its) or _TRAINING & (mine ^ its))) or _other_numbers(words, others):
        return 0.0
    if words <= others or others <= words:
        return 1.0
    return SequenceMatcher(None, one, other).ratio()


def _other_numbers(words: Collection[str], others: Collection[str]) -> bool:
    """Whether a word has another number in it."""
    return any(
        _NUMBERS.sub("", word) == _NUMBERS.sub("", other) != word
        for word in words
        for other in others
        if word not in others and other not in words
    )


def means(result: Result, place: Place) -> bool:
    """Whether a gate's metric, which is missing, may be the one that was there."""
    model, file, key = place
    named, _, name = result.metric.rpartition(":")
    return result.model == model and named in {"", file} and (key == name or key.endswith(f".{name}"))
