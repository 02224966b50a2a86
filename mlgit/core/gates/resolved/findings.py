"""Findings: what a change compares other than its target does, in words, and their effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mlgit.core.config.file import WAIVERS_FILE
from mlgit.core.gates.resolved.comparisons import compared_with, linked, made_otherwise, written_again
from mlgit.core.gates.verdict import Effect, Note
from mlgit.core.gates.waived_names import Kind, WaivedNames, agreements
from mlgit.core.gates.waivers import proposed_entry
from mlgit.core.globs import later
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.origin import LINKS, added_inputs, weaker
from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from mlgit.core.config.file import OnLoosened
    from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
    from mlgit.core.gates.verdict import GateChange
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.pipeline.inputs import Places


# How long a proposed waiver holds; most changes are merged by then.
_PROPOSED = timedelta(days=30)
# The text about one gate, as it is about several.
_OF_SEVERAL = (
    ("it reads ", "they read "),
    ("it read ", "they read "),
    ("; it now reads ", "; they now read "),
    ("it compared with ", "they compared with "),
    (
        "; it now has no number, so a promotion that needs it ",
        "; they now have no number, so a promotion that needs one of them ",
    ),
    ("; it now compares with ", "; they now compare with "),
    ("; what it compares with", "; what they compare with"),
    ("its number proves less", "their numbers prove less"),
    ("its number was made ", "their numbers were made "),
    ("its number is made ", "their numbers are made "),
    ("is, so it says nothing", "is, so they say nothing"),
    ("; it is now made from", "; they are now made from"),
    ("; it is now made along", "; they are now made along"),
    ("; it is now made only along", "; they are now made only along"),
    ("; it is now made without", "; they are now made without"),
    ("only along with it", "only along with it"),
    ("could not be used for it; now there is ", "could not be used for them; now there is "),
)


@record
class Finding:
    """One way in which a change is checked less, or otherwise, than its target checks.

    `subjects` are the gates, otherwise what `kind` says; a waiver must cover each of them.
    `text` follows the names of the gates, or is a `whole` sentence.
    """

    code: str
    subjects: tuple[str, ...]
    text: str
    model: str | None = None
    kind: Kind = "gate"
    whole: bool = False


def compare_resolved(
    old: Iterable[ResolvedGate],
    new: Iterable[ResolvedGate],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> tuple[Finding, ...]:
    """How the gates that both have resolve differently; gates that only one of them has are not compared.

    `places` are what the two sides have.
    """
    every = tuple(new)
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for before in old:
        for after in counterparts(before, every):
            for code, text in _differences(before, after, places):
                found.setdefault((code, text, before.model), []).append(before.gate)
    return tuple(
        Finding(code=code, subjects=tuple(sorted(gates)), text=text, model=model)
        for (code, text, model), gates in sorted(found.items(), key=str)
    )


def reported_losses(
    old: Iterable[ResolvedGate],
    new: Iterable[ResolvedGate],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> frozenset[str]:
    """What the findings of `compare_resolved` say that numbers depend on no longer."""
    every = tuple(new)
    return frozenset(
        text
        for before in old
        for after in counterparts(before, every)
        if not _made_elsewhere(known := _with_only_file(before, after), after)
        for text in _losses(known, after, places)
    )


def counterparts(before: ResolvedGate, every: Iterable[ResolvedGate]) -> list[ResolvedGate]:
    """The gate in the change, for the same model, or for each one if one side has a model without a name."""
    same = [each for each in every if each.gate == before.gate]
    exact = [each for each in same if each.model == before.model]
    return exact or [each for each in same if None in {each.model, before.model}]


def finding_of(change: GateChange) -> Finding:
    """The finding of a gate whose text in mlgit.yaml changed."""
    code = "gate_repointed" if change.kind == "changed" else "gates_loosened"
    return Finding(code=code, subjects=(change.gate,), text=change.message, whole=True)


def note_of(
    finding: Finding,
    waivers: Sequence[Waiver],
    on_loosened: OnLoosened | None,
    *,
    day: date,
    proposed: Collection[str] = (),
    names: WaivedNames | None = None,
) -> Note:
    """The note of a finding: it warns, blocks with `on_loosened: fail`, or is waived.

    `day` is the day of the verdict; for the `proposed` names, an earlier note has the waiver. `names` are
    those of the change.
    """
    wanted = {subject: agreements(finding.kind, subject, names) for subject in finding.subjects}
    covering = {texts[0]: _covering(texts, waivers) for texts in wanted.values()}
    first = next(iter(covering.values()), None)
    waived = all(covering.values())
    effect: Effect = "waived" if waived else "block" if on_loosened == "fail" else "warn"
    return Note(
        code=finding.code,
        message=message_of(finding),
        effect=effect,
        model=finding.model,
        gate=finding.subjects[0] if finding.kind == "gate" and len(finding.subjects) == 1 else None,
        waiver=first.id if waived and first else None,
        hint=_way_out([each for each in covering if not covering[each]], day, proposed)
        if effect == "block"
        else None,
    )


def proposed_names(finding: Finding, names: WaivedNames | None) -> tuple[str, ...]:
    """What the hint of a finding proposes as `gate:` of its waivers."""
    return tuple(agreements(finding.kind, subject, names)[0] for subject in finding.subjects)


def _way_out(subjects: Sequence[str], day: date, proposed: Collection[str]) -> str:
    """The hint with entries that can be pasted into the waivers file, also where a line was wrapped."""
    missing = [subject for subject in subjects if subject not in proposed]
    if not missing:
        words = "waiver" if len(subjects) == 1 else "waivers"
        agree = "agrees" if len(subjects) == 1 else "agree"
        return f"the {words} proposed here for {listed(subjects)} {agree} also to this"
    entries = " and ".join(f"`{proposed_entry(subject, day + _PROPOSED)}`" for subject in missing)
    return (
        f"to agree to it, someone who did not write it adds {entries} to {WAIVERS_FILE} on trunk, "
        "below `version: 1` and `waivers:`, with the reason and their own address"
    )


def _covering(texts: Collection[str], waivers: Sequence[Waiver]) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.gate in texts), None)


def message_of(finding: Finding) -> str:
    """What a finding says, as a sentence."""
    if finding.whole:
        return finding.text
    of = f" of `{finding.model}`" if finding.model else ""
    text = finding.text
    if len(finding.subjects) > 1:
        for one, several in _OF_SEVERAL:
            text = text.replace(one, several)
    return f"{listed(finding.subjects)}{of}: {text}"


def _differences(
    old: ResolvedGate, new: ResolvedGate, places: tuple[Places, Places]
) -> Iterator[tuple[str, str]]:
    if new.source is not None and len(old.unread) > 1:
        files = " or ".join(f"`{each.file}`" for each in old.unread)
        text = f"what it read in {files} is not known, because their content is not here; it now reads"
        yield "gate_repointed", f"{text} {new.source.words}"
    old = _with_only_file(old, new)
    yield from _read_from(old, new, places)
    yield from _about_model(old, new)
    if old.reference is not None and new.reference is not None:
        yield from compared_with(old, new, old.reference, new.reference)


def _with_only_file(old: ResolvedGate, new: ResolvedGate) -> ResolvedGate:
    """The gate with the only file that it can have read, although its content is not here."""
    if new.source is None or len(old.unread) != 1 or old.metric != new.metric:
        return old
    return replace(old, source=replace(old.unread[0], key=new.source.key))


def _read_from(
    old: ResolvedGate, new: ResolvedGate, places: tuple[Places, Places]
) -> Iterator[tuple[str, str]]:
    before, after = old.source, new.source
    if before is None or after is None:
        if old.metric != new.metric:
            yield "gate_repointed", f"the metric was `{old.metric}`; it is now `{new.metric}`"
        elif after is not None and old.reason == "ambiguous_metric":
            yield "gate_repointed", f"`{old.metric}` was ambiguous; it is now {after.words}"
        elif before is not None and not new.evaluated and not new.unread:
            text = f"it read {before.words}; it now has no number, so a promotion that needs it gets an error"
            yield "evidence_weakened", text
        return
    if _moved_away(before, after) and not written_again(before, after, places[1]):
        yield "gate_repointed", _moved(before, after)
    yield from linked(before, after, places)
    texts = _losses(old, new, places)
    if texts and not _made_elsewhere(old, new):
        yield "evidence_weakened", f"its number proves less: {'; '.join(texts)}{_instead(old, new, texts)}"
    elif made_otherwise(before, after, places):
        text = f"`{before.file}` was {before.origin.clause}; it is now {after.origin.clause}"
        yield "gate_repointed", text


def _instead(old: ResolvedGate, new: ResolvedGate, texts: Sequence[str]) -> str:
    """The end of the sentence about dropped inputs: which others are read now, perhaps in their place."""
    if old.source is None or new.source is None or not any(" was dropped" in text for text in texts):
        return ""
    added = added_inputs(old.source.origin, new.source.origin)
    return f"; it now reads {listed(added)}" if added else ""


def _losses(old: ResolvedGate, new: ResolvedGate, places: tuple[Places, Places]) -> tuple[str, ...]:
    before, after = old.source, new.source
    if before is None or after is None:
        return ()
    reported = old.path if _knows_less(before, after) else None
    return weaker(
        before.origin, after.origin, before=places[0], now=places[1], reported=reported, model=old.path
    )


def _knows_less(before: Source, after: Source) -> bool:
    """Whether the stages that make the number have less to do with the model."""
    return LINKS.index(after.link) < LINKS.index(before.link)


def _made_elsewhere(old: ResolvedGate, new: ResolvedGate) -> bool:
    """Whether a number comes from another place of another kind, so that another finding is about it."""
    before, after = old.source, new.source
    if before is None or after is None:
        return False
    return _moved_away(before, after) and before.origin.kind != after.origin.kind


def _moved_away(before: Source, after: Source) -> bool:
    """Whether the number is in another place, other than a later result of the same evaluation."""
    return before.key != after.key or (before.file != after.file and not later(after.file, before.file))


def _about_model(old: ResolvedGate, new: ResolvedGate) -> Iterator[tuple[str, str]]:
    """Whether it is another model, or one that the numbers know less about."""
    before, after = old.source, new.source
    made = after if after is not None and after.origin.kind == "stage" else None
    if old.path is not None and old.path != new.path:
        now = "it now has no path" if new.path is None else f"it is now `{new.path}`"
        yield "gate_repointed", f"the model was `{old.path}`; {now}"
    elif old.path != new.path and made is not None and made.link == "none":
        now = f"it is now `{new.path}`, which {made.origin.words} neither makes nor reads"
        yield "gate_repointed", f"the model had no path; {now}"
    if before is None or made is None or new.path is None:
        return
    if _knows_less(before, made):
        was = "from" if before.link == "reads" else "along with"
        now = "only along with it" if made.link == "beside" else "without it"
        text = f"its number was made {was} the model `{old.path}` ({before.origin.words})"
        yield "evidence_weakened", f"{text}; it is now made {now} ({made.origin.words})"


def _moved(old: Source, new: Source) -> str:
    """Both places, without what did not change: of a renamed file, all gates say the same."""
    if old.key == new.key:
        return f"it read `{old.file}` ({old.origin.words}); it now reads `{new.file}` ({new.origin.words})"
    here = f"`{new.key}`" if (old.file, old.origin) == (new.file, new.origin) else new.words
    return f"it read {old.words}; it now reads {here}"
