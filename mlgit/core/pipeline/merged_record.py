"""Merged record: a stage's entry of dvc.lock that git put together from two others, line by line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlgit.core.digest import sha256_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TRAILER = "Mlgit-Confirmed"
_TRAILER_LINE = re.compile(rf"(?m)^[ \t*]*{TRAILER}: (\S+)=([0-9a-f]{{32}})[ \t]*$")


def is_merged(entry: object, parents: Sequence[Iterable[object]]) -> bool:
    """Whether every part of an entry is from its parents' entries, and no parent has the entry itself.

    A run after the merge records at least one hash that is new, unless it gives what a parent had. A parent
    may have the stage under another name or in another file, so that all its entries are looked at. Entries
    are as in dvc.lock.
    """
    own, parts = _facts(entry), _parts(entry)
    sides = []
    for parent in parents:
        known = [each for each in parent if not own.isdisjoint(_facts(each))]
        if any(own == _facts(each) for each in known):
            return False
        sides += [frozenset[str]().union(*map(_parts, known))] if known else []
    return len(sides) > 1 and parts <= frozenset[str]().union(*sides)


def nearest(stage: str, entry: object, entries: Mapping[str, object]) -> object:
    """The entry of a stage; if there is none, the one that has most in common with `entry`."""
    if stage in entries:
        return entries[stage]
    own = _facts(entry)
    shared = {name: len(own & _facts(each)) for name, each in entries.items()}
    name = max(sorted(shared), key=shared.__getitem__, default=None)
    return None if name is None or not shared[name] else entries[name]


def is_replayed(entry: object, *, onto: object, start: object, change: object) -> bool:
    """Whether an entry is what git makes of a change from `start` to `change` on top of `onto`.

    Where only one side changed a fact, the entry has that; where both did, either. An entry that one side has
    as a whole was run there. Entries are as in dvc.lock; None if there is none.
    """
    own, here, before, there = (_by_place(each) for each in (entry, onto, start, change))
    if not here or not there or own in (here, there):
        return False
    return all(
        own.get(place) in _results(here.get(place), before.get(place), there.get(place))
        for place in {*own, *here, *there}
    )


def _results(here: str | None, before: str | None, there: str | None) -> tuple[str | None, ...]:
    """The possible results of a merge of one fact."""
    if here == before:
        return (there,)
    return (here,) if there == before else (here, there)


def entry_digest(entry: object) -> str:
    """A digest of an entry that a trailer can name."""
    return sha256_hex("\n".join(sorted(_facts(entry))).encode("utf-8", "surrogatepass"))[:32]


def trailers(entries: Mapping[str, str]) -> str:
    """The lines of a commit message that confirm the entries of stages, given as stage -> digest."""
    return "".join(f"{TRAILER}: {stage}={digest}\n" for stage, digest in sorted(entries.items()))


def confirmed(messages: str) -> frozenset[tuple[str, str]]:
    """(stage, digest) of every confirmation in commit messages; a squashed one may be in a list."""
    return frozenset(_TRAILER_LINE.findall(messages))


def _by_place(entry: object) -> dict[str, str]:
    """The facts of an entry by what they are about; empty if there is no entry."""
    found = (json.loads(fact) for fact in _facts(entry)) if entry is not None else ()
    return {json.dumps(fact[:-1]): json.dumps(fact[-1]) for fact in found}


def _facts(entry: object) -> frozenset[str]:
    """The command, parameters, inputs and outputs of an entry, each as canonical text; its value is last."""
    fields = _tree(entry)
    facts: list[Any] = [["cmd", fields.get("cmd")]]
    for key in ("deps", "outs"):
        items = fields.get(key)
        for item in items if isinstance(items, list) else []:
            pointer = _tree(item)
            # The size follows from the content.
            facts.append([key, pointer.get("path"), pointer.get("md5", item)])
    for file, values in _tree(fields.get("params")).items():
        facts += [["params", file, key, value] for key, value in _tree(values).items()]
    return frozenset(json.dumps(fact, sort_keys=True, default=str) for fact in facts)


def _parts(entry: object) -> frozenset[str]:
    """The facts of an entry, with the path and the hash of a file apart: they are on different lines."""
    found = set()
    for fact in map(json.loads, _facts(entry)):
        split = [fact] if fact[0] not in {"deps", "outs"} else [[*fact[:2]], [fact[0], None, fact[2]]]
        found |= {json.dumps(part, sort_keys=True) for part in split}
    return frozenset(found)


def _tree(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
