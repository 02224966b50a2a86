"""Same numbers: whether the numbers that depend on a model are those of its base."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.gates.limits import Finding
from mlgit.core.gates.places import candidate_place
from mlgit.core.pipeline.metrics import direction_of
from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.config.file import Gate
    from mlgit.core.pipeline.evidence import MetricFile

    _Key = tuple[str, str]

_MANY_DIGITS = 4
_UNREAD = ("missing", "unreadable", "not_fetched")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TIMES = frozenset(
    """
    time times timestamp timestamps timing timings walltime runtime duration durations elapsed latency uptime
    date datetime seconds secs sec ms msec millis milliseconds minutes hours
    """.split()  # noqa: SIM905 (a word list reads better than 25 quoted lines)
)
_OF_A_RUN = _TIMES | frozenset(
    """
    run runs runid id uuid guid pid job build seed nonce attempt day today now when
    started start finished finish ended created updated modified
    """.split()  # noqa: SIM905
)
"""Words in the name of a time, or of a number that each run has for itself."""
_SIZES = frozenset(
    "size bytes kb mb gb kib mib gib memory params parameters rows count samples n support".split()  # noqa: SIM905
)
"""Words in the name of what is often the same for another model."""
_OF_USE = frozenset("cost eur usd throughput qps rps fps flops macs speed layers nodes opset".split())  # noqa: SIM905
"""Words in the name of what else is measured on a model, and says nothing of how good it is."""


@record
class Same:
    """That numbers are the same. `gated` are those of gates, if others changed; `others` are these."""

    gated: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """`its metrics are the same`, or which of them are."""
        if not self.gated:
            return "its metrics are the same"
        return (
            f"{listed(self.gated)}, which its gates read, {'is' if len(self.gated) == 1 else 'are'} the same"
        )

    @property
    def aside(self) -> str:
        """What changed nevertheless."""
        if self.gated or not self.others:
            return f"; {listed(self.others)} changed" if self.others else ""
        looks = "looks like a time or the" if len(self.others) == 1 else "look like times or"
        end = "number" if len(self.others) == 1 else "numbers"
        return f"; only {listed(self.others)} changed, which {looks} {end} of a run"


def same_numbers(
    old: Sequence[MetricFile],
    new: Sequence[MetricFile],
    gates: Iterable[Gate] = (),
    recorded: Mapping[str, bool] | None = None,
) -> Same | None:
    """How the numbers that both sides have are the same; None if that is not known, or they are not.

    Those that `gates` read decide, other than times, sizes and counts. With few digits they may be equal by
    chance, if a known metric differs. Without one, all that are not of a time or a run do. `recorded` has the
    files of which only the record is here, with whether it is the same. What only one side has says nothing.
    """
    known = recorded or {}
    before, after = _numbers(old), _numbers(new)
    shared = {key for key in before.keys() & after.keys() if key[0] not in known}
    differing = {key for key in shared if before[key] != after[key]}
    others = _names(differing)
    read = _read(gates, new)
    deciding = set() if read is None else {key for key in read & shared if _decides(key, after[key])}
    if deciding and differing:
        again = deciding.isdisjoint(differing) and not _by_chance(deciding, differing, after)
        return Same(gated=_names(deciding), others=others) if again else None
    both = {each.path for each in old} & {each.path for each in new}
    if not both or not all(known.get(path, path in _read_files(old, new, shared)) for path in both):
        return None
    left = {key for key in shared if not _is_of_a_run(key[1])}
    return Same(others=others) if not differing or (left and left.isdisjoint(differing)) else None


def _names(keys: Iterable[_Key]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name in sorted(keys)))


def _numbers(files: Iterable[MetricFile]) -> dict[_Key, object]:
    """The numbers, so that NaN equals itself; a text, such as a date, does not count."""
    return {
        (file.path, key): "nan" if value.is_nan() else value
        for file in files
        for key, value in file.values.items()
        if isinstance(value, Decimal)
    }


def _read_files(old: Sequence[MetricFile], new: Sequence[MetricFile], shared: set[_Key]) -> set[str]:
    """The files that were read on both sides, and have a number in common."""
    unread = {each.path for each in (*old, *new) if any(one.code in _UNREAD for one in each.problems)}
    return {path for path, _ in shared} - unread


def _read(gates: Iterable[Gate], files: Sequence[MetricFile]) -> set[_Key] | None:
    """The places of the numbers that gates read; None if one of them is not known here."""
    places = [candidate_place(gate, files) for gate in gates]
    if any(isinstance(each, Finding) and each.reason in _UNREAD for each in places):
        return None
    return {(each.file.path, each.key) for each in places if not isinstance(each, Finding)}


def _decides(key: _Key, value: object) -> bool:
    """Whether a number seldom stays the same for another model: it is not a time, size or count."""
    return "." in str(value) and not _is_of_a_run(key[1]) and _SIZES.isdisjoint(_words(key[1]))


def _by_chance(deciding: Iterable[_Key], differing: Iterable[_Key], values: Mapping[_Key, object]) -> bool:
    """Whether all numbers that decide have few digits, while a known metric differs."""
    known = any(direction_of(key, {}) and not _is_of_a_run(key) for _, key in differing)
    digits = (len(str(values[key]).strip("-.0").replace(".", "")) for key in deciding)
    return known and all(number < _MANY_DIGITS for number in digits)


def _is_of_a_run(key: str) -> bool:
    """Whether a number is a time, or of a run, by its name; one that also has a known metric is not."""
    group, _, last = key.rpartition(".")
    words = _words(last)
    if any(direction_of(each, {}) for each in words - _OF_A_RUN):
        return False
    return not (words.isdisjoint(_OF_A_RUN) and _words(group).isdisjoint(_TIMES))


def is_of_quality(key: str) -> bool:
    """Whether a number may say how good a model is, by its name: it is not a time, size, count or cost."""
    aside = _OF_A_RUN | _SIZES | _OF_USE
    last = key.rpartition(".")[2]
    words = _words(last)
    if any(direction_of(each, {}) for each in words - aside) or (
        words.isdisjoint(aside) and direction_of(last, {})
    ):
        return True
    return not _is_of_a_run(key) and _words(key).isdisjoint(_SIZES | _OF_USE)


def _words(name: str) -> set[str]:
    return {each.lower() for each in _WORD.findall(name)}
