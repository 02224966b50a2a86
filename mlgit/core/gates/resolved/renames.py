"""Renames: gates that a change only calls otherwise, so that each is compared with its old form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.verdict import Note
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mlgit.core.config.file import Config


def renamed_gates(old: Config, new: Config) -> Mapping[str, str]:
    """Old id -> new id of each gate that is the same under another id."""
    added = {name: gate for name, gate in sorted(new.gates.items()) if name not in old.gates}
    found: dict[str, str] = {}
    for name, gate in sorted(old.gates.items()):
        if name in new.gates:
            continue
        after = next((each for each in added if replace(added[each], id=name) == gate), None)
        if after is not None:
            found[name] = after
            del added[after]
    return found


def with_gate_names(config: Config, names: Mapping[str, str]) -> Config:
    """The config with these gates under their new ids, also where environments name them."""
    if not names:
        return config
    gates = {names.get(name, name): gate for name, gate in config.gates.items()}
    environments = {
        name: each
        if each.gates is None
        else replace(each, gates=tuple(names.get(gate, gate) for gate in each.gates))
        for name, each in config.environments.items()
    }
    return replace(
        config,
        gates={name: replace(gate, id=name) for name, gate in gates.items()},
        environments=environments,
    )


def without_only_model(
    old: Config, new: Config, models: Collection[str], added: Collection[str] = ()
) -> Config:
    """The config without `model:` where a gate that was for all now names all `models` of the change.

    Those that are `added` with gates of their own need not be among them: no gate was for them.
    """
    gates = {
        name: replace(gate, models=None) if _names_all(name, old, new, models, added) else gate
        for name, gate in new.gates.items()
    }
    return replace(new, gates=gates)


def without_gone_models(old: Config, new: Config, gone: Collection[str]) -> Config:
    """The old config without the models that are `gone`, which is a finding itself, in what names them.

    A gate of such models only is out of it if the new config lacks that gate.
    """
    gates = {}
    for name, gate in old.gates.items():
        left = None if gate.models is None else tuple(each for each in gate.models if each not in gone)
        if left == gate.models or (not left and name in new.gates):
            gates[name] = gate
        elif left:
            gates[name] = replace(gate, models=left)
    return replace(old, gates=gates)


def rename_notes(
    old: Config,
    new: Config,
    names: Mapping[str, str],
    models: Collection[str],
    added: Collection[str] = (),
) -> Iterator[Note]:
    """A note for each gate that has another id, or that now names its models; `old` has the new ids.

    `added` are those of the models that the target does not have.
    """
    for before, after in sorted(names.items()):
        yield Note(code="gate_renamed", message=f"Gate `{before}` was renamed to `{after}`", gate=after)
    for name in sorted(new.gates):
        if _names_all(name, old, new, models, added):
            left = sorted({*models} - {*(new.gates[name].models or ())})
            end = (
                f"; new models with gates of their own: {listed(left)}"
                if left
                else ", and there is no other one"
            )
            text = f"Gate `{name}` now names its model{end}"
            yield Note(code="model_named", message=text, gate=name)


def _names_all(name: str, old: Config, new: Config, models: Collection[str], added: Collection[str]) -> bool:
    before, after = old.gates.get(name), new.gates[name].models
    if before is None or before.models is not None or after is None:
        return False
    own = {*added} & {model for gate in new.gates.values() for model in gate.models or ()}
    return {*models} - own <= {*after} and not (added and {*models} <= {*added})
