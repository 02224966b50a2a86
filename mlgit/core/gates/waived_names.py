"""Waived names: which thing of the target each waiver is about, and which names a change gives to others.

The author of a change chooses the names in it, and an agreement about one thing must never cover another
one that only got its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.config.file import LOOSENED
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from mlgit.core.config.file import Config
    from mlgit.core.gates.verdict import Result

Kind = Literal["gate", "model", "environment", "stage", "setting", "metric", "file"]

_CHOSEN: tuple[Kind, ...] = ("gate", "model", "environment", "stage")
"""The kinds of which the author of a change chooses the names."""
_OTHERS: frozenset[Kind] = frozenset({"setting", "metric", "file"})


@record
class WaivedNames:
    """The names that the target and the change have, by kind.

    `gates` and `models` map a name in the change to the target's name of the same thing, which waivers use;
    None if the change gives the name to something else. A name that is missing there is the same in both.
    """

    old: Mapping[Kind, frozenset[str]]
    new: Mapping[Kind, frozenset[str]]
    gates: Mapping[str, str | None]
    models: Mapping[str, str | None]

    def kinds_of(self, name: str) -> frozenset[Kind]:
        """What an agreement without a kind is about: what the target calls so."""
        return frozenset(kind for kind in _CHOSEN if name in self.old[kind]) or _OTHERS

    def ids(self, result: Result) -> tuple[str, ...]:
        """The ids by which waivers let a result through."""
        gate = self.gates.get(result.gate, result.gate)
        model = None if result.model is None else self.models.get(result.model, result.model)
        if gate is None:
            return ()
        return (gate,) if model is None else (f"{model}/{gate}", gate)

    def brought(self) -> Iterator[tuple[Kind, str]]:
        """The new names that may hide what had another one, or that the target gives to another kind."""
        for kind in _CHOSEN:
            gone = self.old[kind] - self.new[kind]
            for name in sorted(self.new[kind] - self.old[kind]):
                if gone or self.kinds_of(name) != _OTHERS:
                    yield kind, name


def declared_names(
    config: Config, *, models: Iterable[str], stages: Iterable[str]
) -> Mapping[Kind, frozenset[str]]:
    """The names of one side whose author chose them."""
    return {
        "gate": frozenset(config.gates),
        "model": frozenset(models),
        "environment": frozenset(config.environments),
        "stage": frozenset(stages),
    }


def waived_names(
    old: Config,
    new: Config,
    *,
    declared: tuple[Mapping[Kind, frozenset[str]], Mapping[Kind, frozenset[str]]],
    renamed: tuple[Mapping[str, str], Mapping[str, str]],
    found: Collection[str],
) -> WaivedNames:
    """The names of a change; `old` and `new` are its rules as they are written, `declared` their names.

    `renamed` are the gates (old -> new id) and the models (new -> old name) that are only called otherwise.
    `found` are the gates that findings are about.
    """
    gates, models = renamed
    ids: dict[str, str | None] = {after: before for before, after in gates.items()}
    lost = old.gates.keys() - new.gates.keys() - gates.keys()
    for name in new.gates.keys() - ids.keys():
        if name not in old.gates:
            ids |= {name: None} if lost else {}
        elif name in found and _asked(old, name, {}) != _asked(new, name, models):
            ids[name] = None
    names: dict[str, str | None] = dict(models)
    before, after = (side["model"] for side in declared)
    if before - after - set(models.values()):
        names |= dict.fromkeys(after - before - models.keys())
    return WaivedNames(old=declared[0], new=declared[1], gates=ids, models=names)


def agreements(kind: Kind, subject: str, names: WaivedNames | None) -> tuple[str, ...]:
    """What a waiver may name to agree to a finding about a subject, the form to propose first."""
    if names is None:
        return f"{LOOSENED}{subject}", f"{LOOSENED}{kind}:{subject}"
    name = (names.gates.get(subject) or subject) if kind == "gate" else subject
    exact = f"{LOOSENED}{kind}:{name}"
    return (f"{LOOSENED}{name}", exact) if kind in names.kinds_of(name) else (exact,)


def _asked(config: Config, name: str, models: Mapping[str, str]) -> tuple[object, ...]:
    gate = config.gates[name]
    asked = None if gate.models is None else sorted(models.get(model, model) for model in gate.models)
    return gate.metric, gate.vs, asked
