"""Parameters: whether the numbers of gates are measured with the parameters that the target has."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, may_train, model_of, pairs
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered_param, param_names
from mlgit.core.pipeline.inputs import recorded_inputs, recorded_orders
from mlgit.core.wording import cut, joined, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Pipeline

_CODE = "params_changed"
_MOST, _WIDTH = 12, 40
_EMPTY = "{}"
_WORD = re.compile(r"[\w./:@+*-]+")


def parameter_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    there: Callable[[str], str | None] = lambda _: None,
) -> tuple[Note, ...]:
    """A note about the parameters of the stages that measure a model, or make what it is measured on.

    A parameter can choose the rows, or the model. Those of a stage that makes the gate's model are its
    training, also where that makes the numbers as well, unless a stage that measures declares them or a group
    or file of them. Those of a stage that makes another model which is read before the number count.
    `pipelines` are those of both sides. `there` gives the value of `file:key` at the target, declared
    or not.
    """
    paths = {path: gate.model for gate in (*new, *old) if gate.model and (path := model_of(gate))}
    sides = [Measuring(pipeline) for pipeline in pipelines]
    found: dict[str, dict[str, tuple[int, bool]]] = {}
    for gates in pairs(old, new):
        if not all(side.is_known(gate) for side, gate in zip(sides, gates, strict=True)):
            continue  # any of the stages may make a model
        sides[1].follow(sides[0], gates)
        was, now = (_Parameters(side, gate, paths) for side, gate in zip(sides, gates, strict=True))
        if was.values != now.values or was.orders != now.orders:
            verb = "made" if any(map(may_train, gates)) else "computed"
            found.setdefault(verb, {}).update(_changes(was, now, there) | _other_orders(was, now))
    # Those that are new or may be of training only are last, because only the first ones are written.
    ordered = {verb: sorted(texts, key=texts.__getitem__) for verb, texts in found.items() if texts}
    return tuple(
        Note(code=_CODE, message=f"The numbers were {verb} with different parameters: {joined(texts, _MOST)}")
        for verb, texts in sorted(ordered.items())
    )


class _Parameters:
    """The parameters of the stages that measure a gate's number, as their last runs recorded them."""

    def __init__(self, side: Measuring, gate: ResolvedGate, models: Mapping[str, str]) -> None:
        self._side = side
        self._others = {path: name for path, name in models.items() if path != model_of(gate)}
        self._makers = side.makers_for(gate)
        self._stages = [stage for stage in side.stages(gate) if stage.address not in self._makers]
        self.names = {name: each.address for each in self._stages for name in param_names(each.params)}
        self.values = recorded_inputs(self._stages).values
        self.orders = recorded_orders(self._stages)

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """The parameters of the stages that only make a model."""
        measuring = {stage.address for stage in self._stages}
        return tuple(
            name
            for address, stage in self._side.before(self._makers).items()
            if address not in measuring
            for name in param_names(stage.params)
        )

    def stage(self, name: str) -> str:
        """The stage that names a parameter, its group or its whole file."""
        return self.names.get(narrowest(name, self.names), "")

    def models(self, stage: str) -> list[str]:
        """The other models that a stage makes."""
        return sorted({name for path, name in self._others.items() if stage in self._side.makers(path)})


def _changes(
    was: _Parameters, now: _Parameters, there: Callable[[str], str | None]
) -> dict[str, tuple[int, bool]]:
    """Each parameter that has another value, in words.

    With it, how likely it is one of training only, and whether it is new.
    """
    found: dict[str, tuple[int, bool]] = {}
    for name in sorted({*was.values, *now.values}):
        old, new = was.values.get(name), now.values.get(name)
        if old == new:
            continue
        if new is None and not narrowest(name, now.names):
            continue  # a dropped parameter is its own finding
        if old is None and not narrowest(name, was.names) and _is_renamed(new, was, now):
            continue
        if _is_other_group(name, was.values, now.values):
            continue
        of, rank = _of(name, was, now)
        known = there(name) if old is None else old
        if known is not None and old is None:
            of += ", which did not declare it"
        if known != new:
            found[f"`{name}` {difference(known, new)} ({of})"] = (rank, known is None)
    return found


def _other_orders(was: _Parameters, now: _Parameters) -> dict[str, tuple[int, bool]]:
    """The same, of each group whose keys have another order, which a script can see."""
    found: dict[str, tuple[int, bool]] = {}
    for name in sorted(was.orders.keys() & now.orders.keys()):
        before, after = was.orders[name], now.orders[name]
        both = {*before} & {*after} if before != after else ()
        if [key for key in before if key in both] != [key for key in after if key in both]:
            of, rank = _of(name, was, now)
            found[f"the keys of `{name}` have another order ({of})"] = (rank, False)
    return found


def _of(name: str, was: _Parameters, now: _Parameters) -> tuple[str, int]:
    """The stage of a parameter, in words, and how likely it is one of training only."""
    stage, side = (now.stage(name), now) if now.stage(name) else (was.stage(name), was)
    models, wide = side.models(stage), _wider(name, was, now)
    of = f" of model {listed(models)}" if models else ""
    of += f" declares all of `{wide.removesuffix(':')}`" if wide else ""
    return f"stage {stage}{of}", 2 if models else int(bool(wide))


def _wider(name: str, was: _Parameters, now: _Parameters) -> str:
    """The group or file that stages which measure declare, while the training declares less of it.

    It may be that the training alone reads the parameter. Empty if that is not so on both sides.
    """
    measured = max((narrowest(name, side.names) for side in (was, now)), key=len)
    trained = min((narrowest(name, side.trained) for side in (was, now)), key=len)
    return measured if len(measured) < len(trained) else ""


def narrowest(name: str, names: Iterable[str]) -> str:
    """The narrowest of the names that mean a parameter, a group of it or its file; empty if none does."""
    return max((each for each in names if covered_param(name, [each])), key=len, default="")


def _is_other_group(name: str, was: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether it is a group that is empty on one side: what comes into it or goes is named by itself."""
    empty, other = (was, now) if name in was else (now, was)
    start = f"{name}."
    return empty[name] == _EMPTY and name not in other and any(each.startswith(start) for each in other)


def _is_renamed(value: str | None, was: _Parameters, now: _Parameters) -> bool:
    """Whether a parameter that is gone had the value."""
    gone: Mapping[str, str] = {name: text for name, text in was.values.items() if name not in now.values}
    return value in gone.values()


def difference(old: str | None, new: str | None) -> str:
    """How the value of a parameter differs, in words; None where there is none."""
    if old is None or new is None:
        return "is gone" if new is None else f"is new: {cut(_plain(new), _WIDTH)}"
    before, after = _plain(old), _plain(new)
    before, after = (old, new) if before == after else (before, after)
    return f"{cut(before, _WIDTH, apart_from=after)} -> {cut(after, _WIDTH, apart_from=before)}"


def _plain(value: str) -> str:
    """A value without the quotes of a text that is one word."""
    try:
        found = json.loads(value)
    except ValueError:  # a date, or a list with keys that are not text
        return value
    return found if isinstance(found, str) and _WORD.fullmatch(found) else value
