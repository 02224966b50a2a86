"""Waivers: which written exceptions are valid, and which results they let through."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.config.file import LOOSENED
from mlgit.core.gates.people import person
from mlgit.core.gates.verdict import Note, Result
from mlgit.core.pipeline.metrics import compare, short
from mlgit.core.record import record
from mlgit.core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mlgit.core.config.file import OnLoosened
    from mlgit.core.gates.verdict import Effect
    from mlgit.core.gates.waived_names import Kind, WaivedNames


LONGEST = timedelta(days=90)
_LONGEST_REASON = 200
# What ends or changes a quoted text of YAML, or is not shown as it is.
_SPECIAL = re.compile(r"[^\w !#-\[\]_^a-z{-~]|(?<= ) ")
_NOT_IN_ID = re.compile("[^A-Za-z0-9._-]+")


@record
class Waiver:
    """One entry of `.mlgit/waivers.yaml` on trunk.

    `gate` is a gate's id, `<model>/<gate>`, or `gates_loosened:` with the subject of a finding. `floor` is
    the worst value of the metric that the waiver allows. `commit` is the one that wrote this entry in its
    current form, and `since` its day (UTC); both are None while trunk has no commit. `brought_by` are the
    addresses of that commit and of the commits that it merged; `by_author` is the one that also wrote part
    of the change.
    `traced` is False if trunk has commits, and none of them is known to have written this entry.
    """

    id: str
    gate: str
    reason: str
    approver: str
    expires: date
    floor: Decimal | None = None
    slice: str | None = None
    covers: tuple[str, ...] = ()
    line: int | None = None
    commit: str | None = None
    since: date | None = None
    brought_by: tuple[str, ...] = ()
    by_author: str | None = None
    traced: bool = True

    @property
    def origin(self) -> str:
        if not self.traced:
            return "of unknown origin"
        return f"from {self.commit[:7]}" if self.commit else "not committed yet"


def usable(
    waivers: Iterable[Waiver], *, evaluated_on: date, authors: Collection[str], known: Collection[str]
) -> tuple[tuple[Waiver, ...], tuple[Note, ...]]:
    """The valid waivers, and a warning for each invalid one.

    Args:
        waivers: those of trunk.
        evaluated_on: the day of the verdict (UTC); a waiver is valid through its last day.
        authors: e-mail addresses of authors, co-authors and committers of the change.
        known: ids of gates and results that exist on either side.
    """
    good, notes = [], []
    people = {person(author) for author in authors}
    for waiver in sorted(waivers, key=lambda waiver: waiver.id):
        problem = _problem(waiver, evaluated_on=evaluated_on, authors=people, known=known)
        if problem is None:
            own = next((each for each in waiver.brought_by if person(each) in people), None)
            good.append(replace(waiver, by_author=own))
            continue
        code, text = problem
        message = f"Waiver `{waiver.id}` ({waiver.origin}) is ignored: {text}"
        # What a waiver on trunk agreed to may be merged.
        settled = code == "waiver_unknown" and waiver.gate.startswith(LOOSENED) and waiver.commit is not None
        effect: Effect = "note" if settled else "warn"
        notes.append(Note(code=code, message=message, effect=effect, gate=waiver.gate, waiver=waiver.id))
    return tuple(good), tuple(notes)


def changed_waivers(
    before: Iterable[Waiver], after: Iterable[Waiver], *, ignored: Collection[str] = ()
) -> list[Note]:
    """A note for each waiver that a change adds or edits, with what it lets through from the merge on.

    Those whose id is in `ignored` let nothing through.
    """
    there = {replace(each, line=None) for each in before}
    ids = {each.id for each in there}

    def message(each: Waiver) -> str:
        kind = "edited" if each.id in ids else "new"
        if each.id in ignored:
            return f"The {kind} waiver `{each.id}` is for `{each.gate}`; its approver is `{each.approver}`"
        until = f"until {each.expires.isoformat()}; its approver is `{each.approver}`"
        return f"After the merge, the {kind} waiver `{each.id}` {_allowed(each)} {until}"

    return [
        Note(
            code="waivers_changed",
            message=message(each),
            gate=each.gate,
            waiver=each.id,
        )
        for each in sorted(after, key=lambda each: each.id)
        if replace(each, line=None) not in there
    ]


def _allowed(waiver: Waiver) -> str:
    """What a waiver lets through, as the end of a sentence."""
    if waiver.gate.startswith(LOOSENED):
        return f"agrees to a change of `{waiver.gate.removeprefix(LOOSENED)}`"
    limit = "" if waiver.floor is None else f" if its number is at least as good as {short(waiver.floor)}"
    errors = ", also with an error" if "error" in waiver.covers else ""
    return f"lets `{waiver.gate}` fail{limit}{errors},"


def _problem(
    waiver: Waiver, *, evaluated_on: date, authors: Collection[str], known: Collection[str]
) -> tuple[str, str] | None:
    name = waiver.gate.removeprefix(LOOSENED)
    if name not in known:
        what = f"there is no gate `{name}`"
        return "waiver_unknown", what if name == waiver.gate else f"there is no `{name}` to agree to"
    if waiver.slice is not None:
        return "waiver_unknown", f"gate `{waiver.gate}` has no slice `{waiver.slice}`"
    if waiver.expires < evaluated_on:
        return "waiver_expired", f"its last day was {waiver.expires.isoformat()}"
    # Count from the earlier day: a commit with a date in the future must not gain days.
    start = min(waiver.since or evaluated_on, evaluated_on)
    if waiver.expires - start > LONGEST:
        longest = (start + LONGEST).isoformat()
        return "waiver_too_long", f"it may last {LONGEST.days} days at most, here until {longest}"
    return _problem_of_people(waiver, authors)


def _problem_of_people(waiver: Waiver, authors: Collection[str]) -> tuple[str, str] | None:
    if not waiver.traced:
        return (
            "waiver_untraced",
            "the commit on trunk that wrote it is not known, so its author is not known either",
        )
    if person(waiver.approver) in authors:
        return (
            "waiver_self_approved",
            f"its approver `{waiver.approver}` wrote or committed part of this change",
        )
    return None


def about_used(waivers: Iterable[Waiver], results: Iterable[Result], notes: Iterable[Note]) -> list[Note]:
    """What each used waiver says, and a warning for each that an author of the change put on trunk."""
    used = {result.waiver for result in results} | {note.waiver for note in notes if note.effect == "waived"}
    found = [waiver for waiver in waivers if waiver.id in used]
    return [*map(_described, found), *(_by_author(each) for each in found if each.by_author is not None)]


def _described(waiver: Waiver) -> Note:
    """Who approved what, until when, and why."""
    return Note(
        code="waiver_used",
        message=f"Waiver `{waiver.id}` ({waiver.origin}) {_allowed(waiver)} until "
        f"{waiver.expires.isoformat()}; its approver is `{waiver.approver}`, its reason: "
        f"{cut(' '.join(waiver.reason.split()), _LONGEST_REASON)}",
        gate=waiver.gate,
        waiver=waiver.id,
    )


def _by_author(waiver: Waiver) -> Note:
    return Note(
        code="waiver_by_author",
        message=f"Waiver `{waiver.id}` ({waiver.origin}) is by `{waiver.by_author}`, "
        "who wrote or committed part of this change",
        effect="warn",
        gate=waiver.gate,
        waiver=waiver.id,
        hint=f"ask someone else to review it: `git show {waiver.commit}`" if waiver.commit else None,
    )


def taken_names(
    names: WaivedNames, waivers: Iterable[Waiver], on_loosened: OnLoosened | None, *, day: date
) -> Iterator[Note]:
    """A note for each waiver that is about a name which the change gives to something else.

    From the merge on it would be about that. No waiver agrees to this, because it would have the same name.
    """
    effect: Effect = "block" if on_loosened == "fail" else "warn"
    brought = tuple(names.brought())
    for waiver in sorted(waivers, key=lambda each: each.id):
        for kind, name in brought:
            if waiver.expires < day or not _is_about(waiver.gate, kind, name):
                continue
            before = names.gates.get(name) if kind == "gate" else names.models.get(name)
            how = "is new" if before is None or kind not in {"gate", "model"} else f"was `{before}` before"
            yield Note(
                code="gates_loosened",
                message=f"{kind.capitalize()} `{name}` {how}, and waiver `{waiver.id}` ({waiver.origin}) is "
                f"for `{waiver.gate}`: after the merge, it would cover this {kind}",
                effect=effect,
                gate=name if kind == "gate" else None,
                model=name if kind == "model" else None,
                hint=f"choose another name, or remove the waiver `{waiver.id}` on trunk first",
            )


def _is_about(text: str, kind: Kind, name: str) -> bool:
    if text in {f"{LOOSENED}{name}", f"{LOOSENED}{kind}:{name}"}:
        return True
    if text.startswith(LOOSENED):
        return False
    if kind == "model":
        return text.startswith(f"{name}/")
    return kind == "gate" and (text == name or text.endswith(f"/{name}"))


def waived_ids(result: Result, names: WaivedNames | None) -> tuple[str, ...]:
    """The ids by which waivers let a result through; `names` are those of a change."""
    return (result.id, result.gate) if names is None else names.ids(result)


def waive(
    result: Result, waivers: Iterable[Waiver], *, rising: bool, names: WaivedNames | None = None
) -> Waiver | str | None:
    """The valid waiver that covers a result, or why one for its gate does not; None if there is none.

    `rising` means that the metric is too high, not too low. `names` are those of the change.
    """
    refused = None
    known = waived_ids(result, names)
    for waiver in waivers:
        if waiver.gate not in known:
            if waiver.gate in {result.id, result.gate}:
                refused = f"waiver `{waiver.id}` is not for this gate: it has this name only in the change"
            continue
        refused = _refusal(result, waiver, rising=rising)
        if refused is None:
            return waiver
    return refused


def _refusal(result: Result, waiver: Waiver, *, rising: bool) -> str | None:
    if result.outcome == "error" and "error" not in waiver.covers:
        return f"waiver `{waiver.id}` does not cover errors"
    if result.outcome == "fail" and waiver.floor is not None and result.candidate is not None:
        number = Decimal(result.candidate)
        side = compare(number, waiver.floor)
        if side > 0 if rising else side < 0:
            value, floor = (
                short(number, apart_from=(waiver.floor,)),
                short(waiver.floor, apart_from=(number,)),
            )
            return f"{value} is {'above' if rising else 'below'} the floor {floor} of waiver `{waiver.id}`"
    return None


def proposed_entry(subject: str, expires: date) -> str:
    """An entry that agrees to a finding about `subject`, whatever its name is, and also if it is wrapped."""
    name = _NOT_IN_ID.sub("-", subject.removeprefix(LOOSENED)).strip("._-") or "change"
    gate = _SPECIAL.sub(lambda found: _escape(ord(found[0])), subject)
    return (
        f'- {{id: agreed-{name[:80].strip("._-")}, gate: "{gate}", reason: "WHY", '
        f'approver: NAME@EXAMPLE.ORG, expires: "{expires.isoformat()}"}}'
    )


def _escape(point: int) -> str:
    return (
        f"\\x{point:02x}" if point < 1 << 8 else f"\\u{point:04x}" if point < 1 << 16 else f"\\U{point:08x}"
    )
