"""Incomplete: programs that a measurement may load in a way that is known only when it runs."""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import TYPE_CHECKING

from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_NO_MODULE = re.compile(r"test_.*|.*_test|conftest|setup|noxfile|__init__|__main__")


@record
class Possible:
    """What a stage may run: other programs -> how they differ, and submodules at another commit.

    `reasons` says of programs why they may load more than is known, without a name of the stage's commands.
    Those `shadowing` are new where Python looks first for modules. `since` is the commit that they are
    compared with if that is not the target.
    """

    stage: str
    programs: Mapping[str, str] = field(default_factory=dict)
    submodules: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)
    shadowing: frozenset[str] = frozenset()
    since: str | None = None


def sentences(possible: Sequence[Possible], named: Collection[str]) -> Iterator[str]:
    """What is not known about programs that no note names, in at most one sentence for each reason."""
    known = {*named}
    for since in dict.fromkeys(each.since for each in possible):
        unknown = [each for each in possible if each.reasons and each.since == since]
        programs = {
            path: what for each in unknown for path, what in each.programs.items() if path not in known
        }
        if programs:
            name, why = min(unknown[0].reasons.items())
            who = f"`{name}`" if name else f"stage `{unknown[0].stage}`"
            which = _listed(programs) + ("" if since is None else f" since {since}")
            yield f"It is not known whether numbers depend on {which}: {who} {why}"
        known |= programs.keys()
    # What the target has already was in the change that brought it.
    here = [each for each in possible if each.since is None]
    shadowing = {path: "is new" for each in here for path in each.shadowing - known}
    if shadowing:
        why = "Python may look there first for the modules that libraries import"
        yield f"It is not known whether numbers depend on {_listed(shadowing)}: {why}"
    submodules = sorted({path for each in possible for path in each.submodules} - known)
    for path in submodules:
        why = "programs that measure may import from it"
        yield f"It is not known whether numbers depend on the submodule `{path}`, which changed: {why}"


def may_shadow(path: str, what: str, folders: Collection[str]) -> bool:
    """Whether a program is a new module in one of the folders where Python looks first."""
    place = path.removesuffix("/__init__.py").removesuffix(".py")
    is_module = place != path and not _NO_MODULE.fullmatch(posixpath.basename(place))
    return what == "is new" and is_module and (posixpath.dirname(place) or ".") in folders


def _listed(programs: Mapping[str, str]) -> str:
    names, verbs = listed(sorted(programs)), {*programs.values()}
    if verbs == {"changed"}:
        return f"{names}, which changed"
    verb = "are new" if len(programs) > 1 else "is new"
    return f"{names}, which {verb if verbs == {'is new'} else 'changed or are new'}"
