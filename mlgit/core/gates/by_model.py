"""By model: split a check of several models, and find checks in which nothing happened."""

from __future__ import annotations

from dataclasses import replace

from mlgit.core.gates.verdict import Check, Verdict, decision_of, effects_of, summarize

_LASTING = ("no_gates", "not_proven")
"""Codes of notes about the repository as a whole, which say nothing about a change."""


def models_of(record: Check) -> tuple[str | None, ...]:
    """The models in the check, sorted; None is the only model if it has no name."""
    verdict = record.verdict
    named = {each.model for each in verdict.results}
    named |= {each.model for each in (*verdict.baselines, *record.references)}
    named |= {each.model for each in record.metrics}
    return tuple(sorted(named, key=lambda name: name or ""))


def of_model(record: Check, model: str | None) -> Check:
    """The check as if there were only this model; notes without a model stay with the whole check."""
    verdict = record.verdict
    results = tuple(each for each in verdict.results if each.model == model)
    notes = tuple(each for each in verdict.notes if each.model == model and model is not None)
    baselines = tuple(each for each in verdict.baselines if each.model == model)
    own = replace(
        verdict,
        results=results,
        notes=notes,
        baselines=baselines,
        first_model=bool(baselines)
        and all(each.state == "none" and each.reason is None for each in baselines),
        decision=decision_of(effects_of(results, notes)),
        summary=summarize(results, notes),
    )
    return replace(
        record,
        verdict=own,
        metrics=tuple(each for each in record.metrics if each.model == model),
        references=tuple(each for each in record.references if each.model == model),
        history=tuple(each for each in record.history if each.model == model),
    )


def uneventful(record: Check) -> bool:
    """Whether all gates pass and nothing differs from the base: one line is enough."""
    verdict = record.verdict
    compared = any(each.state == "found" for each in record.references)
    return (
        verdict.decision == "allow"
        and not _eventful(verdict)
        and compared
        and not any(change.changed for change in record.metrics)
        and not record.params
        and all(record.changes.get(part) == "unchanged" for part in ("data", "params", "model"))
        and "outputs" not in record.changes
        and all(run.state == "cached" for run in record.stages)
        and not any(plot.changed for plot in record.plots)
    )


def _eventful(verdict: Verdict) -> bool:
    failed = any(result.outcome not in {"pass", "skipped"} for result in verdict.results)
    noted = any(note.code not in _LASTING or note.effect != "note" for note in verdict.notes)
    return failed or noted or bool(verdict.gates_changed)
