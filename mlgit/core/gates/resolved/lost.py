"""Lost comparisons: gates whose baseline was emptied or is older, or has their metric under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import EMPTIED, FROZEN, OLDER, PASSED_OVER, vs_key
from mlgit.core.gates.places import baseline_place, candidate_place, own_place, place_of_gone
from mlgit.core.pipeline.metrics import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.resolved.findings import Finding


_LOST = {
    EMPTIED: ("baseline_emptied", "nothing is compared, because "),
    PASSED_OVER: ("newer_tag_refused", ""),
    OLDER: ("baseline_older", ""),
    FROZEN: ("baseline_frozen", ""),
}


def lost_comparisons(cases: Sequence[Case], reported: Sequence[Finding]) -> Iterator[Finding]:
    """A finding for each gate that is skipped, or compared with an older state, although more was there.

    `reported` are the findings of the change itself: one cause is reported once.
    """
    yield from _by_reason(cases)
    known = {(subject, each.model) for each in reported for subject in each.subjects}
    for case in cases:
        for gate in case.gates:
            if gate.vs is None or (gate.id, case.model) in known:
                continue
            entry = case.baselines[vs_key(gate.vs)]
            here = candidate_place(gate, case.files)
            before = own_place(gate, entry)
            if gate.id not in dict(entry.named):
                before = place_of_gone(case.gates, case.files, entry)
            if before is None or not isinstance(here, Place):
                continue
            found = baseline_place(gate, here, entry)
            if not isinstance(found, Place) and found.reason == "new_metric":
                from mlgit.core.gates.resolved.findings import Finding

                label = entry.baseline.label
                text = (
                    f"nothing is compared, because {label} has `{before.key}` of `{before.file.path}`, "
                    f"but not `{here.key}` of `{here.file.path}`"
                )
                yield Finding(code="gates_loosened", subjects=(gate.id,), text=text, model=case.model)


def _by_reason(cases: Iterable[Case]) -> Iterator[Finding]:
    for case in cases:
        for vs, entry in sorted(case.baselines.items()):
            gates = tuple(gate.id for gate in case.gates if gate.vs is not None and vs_key(gate.vs) == vs)
            lost = _LOST.get(entry.baseline.reason or "")
            if gates and lost is not None:
                from mlgit.core.gates.resolved.findings import Finding

                code, start = lost
                text = f"{start}{entry.baseline.message}"
                yield Finding(code=code, subjects=gates, text=text, model=case.model)
