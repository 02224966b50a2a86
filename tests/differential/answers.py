"""Answers of both tools about one repository, in one form, so that they can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Folder

NOT_HERE = " was not checked: it is not here"
_UNREADABLE = " could not be read"

Data = tuple[str, bool | None]
"""`same`, `modified`, `absent` or `new`; and whether the cache has it (None if nothing is recorded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: stage or .dvc file -> reasons; stage -> stale stages before it; output -> its data.

    A part is None if the tool refused to give it; `complaint` is the reason. `unsure` are the stages about
    which something could not be checked, in mlgit's words; `respelled` their dependencies that dvc.lock has
    under another spelling, which only DVC treats as different. `passed_over` are files that DVC does not see
    because Git ignores them, and their outputs. `refused_by_dvc`: mlgit says that DVC refuses a file.
    """

    reasons: Mapping[str, frozenset[str]] | None = None
    upstream: Mapping[str, frozenset[str]] | None = None
    data: Mapping[str, Data] | None = None
    unsure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    respelled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    passed_over: frozenset[str] = frozenset()
    refused_by_dvc: bool = False
    complaint: str | None = None

    @property
    def clean(self) -> bool:
        """Whether it reports nothing."""
        return not (self.reasons or self.upstream or self.data or self.unsure or self.complaint)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between DVC's translated answer and mlgit's."""

    part: str
    key: str
    theirs: object
    ours: object

    def __str__(self) -> str:
        return f"{self.part} of {self.key}: DVC {_shown(self.theirs)}, mlgit {_shown(self.ours)}"


def mlgit_answer(folder: Folder) -> Answer:
    """The answer of `mlgit status --json`."""
    done = folder.here("status", "--json")
    assert done.status == Exit.DONE, f"mlgit status -> {done.status}\n{done.out}\n{done.err}"
    document = done.json()
    broken = [each for each in document["failures"] if each["part"] in {"pipeline", "data"}]
    if broken:
        return Answer(complaint="; ".join(f"{each['location']}: {each['message']}" for each in broken))
    stages = document["stages"]
    return Answer(
        reasons={
            each["address"]: frozenset(map(_reason, each["reasons"])) for each in stages if each["reasons"]
        },
        upstream={each["address"]: frozenset(each["upstream"]) for each in stages if each["upstream"]},
        data={each["path"]: (each["workspace"], each["in_cache"]) for each in document["data"]},
        unsure={each["address"]: tuple(each["unchecked"]) for each in stages if each["unchecked"]},
    )


def _reason(text: str) -> str:
    """DVC does not distinguish a deleted dvc.lock from one that never was."""
    return "never run" if text.startswith("deleted ") and text.endswith("dvc.lock") else text


def differences(theirs: Answer, ours: Answer) -> list[Difference]:
    """All differences; a part that DVC refuses to give is not compared.

    `theirs.upstream` are all stages before each one; those that are stale should be named.
    """
    if ours.complaint is not None:
        refused = theirs.reasons is None
        return [] if refused else [Difference("complaint", "everything", theirs.complaint, ours.complaint)]
    found = _compared("reasons", theirs.reasons, ours.reasons) + _compared("data", theirs.data, ours.data)
    if theirs.upstream is not None and ours.reasons is not None:
        stale = {
            key: some for key, before in theirs.upstream.items() if (some := before & ours.reasons.keys())
        }
        found += _compared("upstream", stale, ours.upstream)
    if theirs.reasons is not None:
        found += _needlessly_unsure(theirs.reasons, ours.unsure)
    elif not any(_UNREADABLE in one for unsure in ours.unsure.values() for one in unsure):
        found.append(Difference("complaint", "everything", theirs.complaint, None))
    return found


def _needlessly_unsure(
    theirs: Mapping[str, frozenset[str]], ours: Mapping[str, tuple[str, ...]]
) -> list[Difference]:
    """The sentences that could have been checked: DVC knows no more only if it says `deleted`."""
    return [
        Difference("unsure", key, theirs.get(key), one)
        for key, unsure in sorted(ours.items())
        for one in unsure
        if f"deleted {one.removesuffix(NOT_HERE)}" not in theirs.get(key, ())
    ]


def _compared(
    part: str, theirs: Mapping[str, object] | None, ours: Mapping[str, object] | None
) -> list[Difference]:
    if theirs is None or ours is None:
        return []
    return [
        Difference(part, key, theirs.get(key), ours.get(key))
        for key in sorted({*theirs, *ours})
        if theirs.get(key) != ours.get(key)
    ]


def _shown(value: object) -> str:
    return str(sorted(value)) if isinstance(value, frozenset) else str(value)
