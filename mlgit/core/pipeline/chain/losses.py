"""Losses: which inputs the stages before a number read no more, or get from a lesser maker.

They are compared stage by stage, backwards from the number: what one stage reads, another may have dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.chain.readers import before, counterparts, covered, covered_param
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.chain.readers import Chain, Reader


@record
class Known:
    """What the comparison of both sides as a whole says of the inputs.

    `lost` are those that no stage reads, `moved` those of them that others replace. `model` is the path of
    the model that the number is for. `there` says whether the new side has something at a path.
    """

    lost: Collection[str]
    moved: Mapping[str, str]
    model: str | None
    there: Callable[[str], bool]


@record
class Loss:
    """An input that a stage lost, or that something else makes now; `text` says so."""

    path: str
    text: str


def losses(old: Chain, new: Chain, known: Known) -> Iterator[Loss]:
    """Each input of a stage of the old chain that its counterpart lacks."""
    if (old.readers, old.owners) != (new.readers, new.owners):
        yield from _Comparison(old, new, known).losses()


class _Comparison:
    def __init__(self, old: Chain, new: Chain, known: Known) -> None:
        self._old, self._new, self._known = old, new, known
        self._now = counterparts(old, new)
        taken = {each.address for each in self._now.values()}
        came = [each for each in new.readers if each.address not in taken]
        self._elsewhere = [each for each in came if old.has_elsewhere(each)]
        self._added = [each for each in came if each not in self._elsewhere]
        self._by_address = {each.address: each for each in old.readers}
        self._here = {each.address: each for each in new.readers}

    def losses(self) -> Iterator[Loss]:
        for reader in self._old.readers:
            now = self._now.get(reader.address)
            if now is not None:
                yield from self._dropped(reader, now)
                for dep in reader.deps:
                    if covered(dep, now.deps):
                        yield from self._made(dep, now)

    def _dropped(self, reader: Reader, now: Reader) -> Iterator[Loss]:
        """The inputs that the stage had, and neither it nor a new stage before it has.

        A stage that the old side has elsewhere is not new: what it makes of an input was not measured.
        """
        reach = before(now, self._added)
        for dep in reader.deps:
            for stage, lost in self._lost(reader, dep, reach):
                where = now.address if stage == reader.address else stage
                text = f"dep {lost} was dropped from stage {where}{self._through(now, lost)}"
                yield Loss(path=lost, text=text)
        for name in self._lost_params(reader, reach):
            yield Loss(path=name, text=f"param {name} was dropped from stage {now.address}")

    def _through(self, now: Reader, lost: str) -> str:
        """The end of the sentence if a stage that the old side has elsewhere still reads it."""
        reach = before(now, [*self._added, *self._elsewhere])[1:]
        found = [each for each in reach if each in self._elsewhere and covered(lost, each.deps)]
        return f", which now has it only through stage {found[0].address}" if found else ""

    def _lost(self, reader: Reader, dep: str, reach: Sequence[Reader]) -> Iterator[tuple[str, str]]:
        """(stage, dependency) of what is lost with this one; nothing if it is read or well replaced."""
        if self._is_read(reader, dep, reach):
            return
        makers = self._makers(dep)
        if not makers:
            if dep not in self._known.lost or dep in self._known.moved:
                yield reader.address, dep
            return
        still = any(meets(path, dep) for path in self._new.owners)
        if still or any(not self._is_replaced(maker, reach) for maker in makers):
            yield reader.address, dep
            return
        for maker in makers:
            if maker.address not in self._now:
                for each in maker.deps:
                    yield from self._lost(maker, each, reach)

    def _is_read(self, reader: Reader, dep: str, reach: Sequence[Reader]) -> bool:
        """Whether the stage reads it, makes it on its way, or a new stage before it reads it.

        One stage between the model and its number may measure another model, if it reads nothing else.
        """
        names = [dep, *self._known.moved.get(dep, "").split(", ")]
        if any(covered(name, (*reach[0].deps, *reach[0].outs)) for name in names):
            return True
        is_model = self._known.model is not None and meets(dep, self._known.model)
        others = [each for each in reader.deps if each != dep]
        return any(
            any(covered(name, each.deps) for name in names)
            and (not is_model or not others or any(covered(other, each.deps) for other in others))
            for each in reach[1:]
        )

    def _is_replaced(self, maker: Reader, reach: Sequence[Reader]) -> bool:
        """Whether something takes the place of what a stage made, which nothing makes any more.

        That is a renamed output of the same stage, the model if that makes it, the output of a new stage, or
        all that it was made from.
        """
        now = self._now.get(maker.address)
        deps = [dep for each in reach for dep in each.deps]
        if now is not None:
            model = self._known.model
            added = [path for path in now.outs if path not in maker.outs or (model and meets(path, model))]
            return any(meets(path, dep) for path in added for dep in deps) or self._is_inlined(maker, reach)
        return len(reach) > 1 or self._is_inlined(maker, reach)

    def _is_inlined(self, maker: Reader, reach: Sequence[Reader]) -> bool:
        if not maker.deps or any(True for _ in self._lost_params(maker, reach)):
            return False
        return not any(True for dep in maker.deps for _ in self._lost(maker, dep, reach))

    def _lost_params(self, reader: Reader, reach: Sequence[Reader]) -> Iterator[str]:
        here = [name for each in reach for name in each.params]
        for name in reader.params:
            moved = [each for each in self._known.moved.get(name, "").split(", ") if each]
            if name in self._known.lost and not moved:
                continue
            if not any(covered_param(each, here) for each in (name, *moved)):
                yield name

    def _made(self, dep: str, now: Reader) -> Iterator[Loss]:
        """What stages made at a dependency that is still read, and a lesser maker makes now, or nothing."""
        gone: dict[str, list[str]] = {}
        for maker in self._makers(dep):
            for path in maker.outs:
                if not meets(path, dep):
                    continue
                owners = {owner for each, owner in self._new.owners.items() if meets(each, path)}
                stages = [self._here[owner] for owner in sorted(owners) if owner in self._here]
                was = f"{path} was made by stage {maker.address}; it is now"
                if stages:
                    for stage, lost in self._missing(maker, stages):
                        yield Loss(path=path, text=f"{was} made by stage {stage}, without {lost}")
                elif owners:
                    yield Loss(path=path, text=f"{was} tracked by {', '.join(sorted(owners))}")
                elif covered(dep, [path]) or self._known.there(path):
                    yield Loss(path=path, text=f"{was} made by no stage")
                else:
                    gone.setdefault(maker.address, []).append(path)
        yield from self._gone(dep, gone, now)

    def _gone(self, dep: str, gone: Mapping[str, Sequence[str]], now: Reader) -> Iterator[Loss]:
        """What stages made in a folder, without the first of it for which there is something else.

        That is another output of the same stage, or one of a stage that comes.
        """
        came = [path for each in (*self._added, *self._elsewhere) for path in each.outs if meets(path, dep)]
        left = []
        for address, paths in gone.items():
            outs = self._now[address].outs if address in self._now else ()
            made = self._by_address[address].outs
            other = [
                path for path in outs if path not in made and any(meets(path, each) for each in now.deps)
            ]
            left += [(address, path) for path in paths[len(other) :]]
        for address, path in left[len(came) :]:
            yield Loss(path=path, text=f"{path} was made by stage {address}; it is now gone from {dep}")

    def _missing(self, maker: Reader, stages: Sequence[Reader]) -> Iterator[tuple[str, str]]:
        """(stage, input) of what the stages that make a file now lack, if none comes from its old maker."""
        now = self._now.get(maker.address)
        if any(now in before(stage, self._new.readers) for stage in stages):
            return
        reach = [each for stage in stages for each in before(stage, self._added)]
        for dep in maker.deps:
            if any(True for _ in self._lost(maker, dep, reach)):
                yield stages[0].address, f"dep {dep}"
        for name in self._lost_params(maker, reach):
            yield stages[0].address, f"param {name}"

    def _makers(self, dep: str) -> list[Reader]:
        """The stages of the old chain that make something at a path."""
        owners = {owner for path, owner in self._old.owners.items() if meets(path, dep)}
        return [self._by_address[owner] for owner in sorted(owners) if owner in self._by_address]
