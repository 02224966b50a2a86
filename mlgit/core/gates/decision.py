"""Decision: evaluate all gates of all models and combine them into one verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import FileBaseline
from mlgit.core.digest import sha256_hex
from mlgit.core.gates.evaluate import EMPTIED, NOTED, OF_CHANGE, Case, Rules, evaluate, vs_key
from mlgit.core.gates.limits import declared_bounds
from mlgit.core.gates.verdict import (
    Note,
    Policy,
    Result,
    Verdict,
    decision_of,
    effects_of,
    note_order,
    summarize,
)
from mlgit.core.gates.waivers import about_used, waived_ids
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.core.config.file import Gate
    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.gates.verdict import Baseline, Candidate, Effect, GateChange


_NO_BASELINE = {("skipped", "no_baseline")}
_SEVERE: dict[Effect, int] = {"block": 3, "warn": 2, "waived": 2, "note": 1, "allow": 0}
_KINDS = {"below_minimum": "min", "above_maximum": "max"}


def decide(
    cases: Sequence[Case],
    *,
    rules: Rules,
    candidate: Candidate,
    policy: Policy,
    gates_changed: Sequence[GateChange] = (),
    findings: Sequence[Finding] = (),
    notes: Sequence[Note] = (),
) -> Verdict:
    """Evaluate every gate of every model.

    The order of cases, gates and files does not matter: the same inputs give the same bytes.
    """
    applied: list[tuple[Gate, Case, Result]] = []
    found, baselines = [*notes], _baselines(cases)
    for case in cases:
        own = [(gate, case, _next_to_trunk(gate, case, rules)) for gate in case.gates]
        applied += own
        found += _case_notes(case, [result for _, _, result in own], rules)
    all_results = tuple(sorted((result for _, _, result in applied), key=lambda result: result.id))
    found += [*finding_notes(gates_changed, findings, rules, all_results), *_waiver_notes(rules, all_results)]
    found += about_used(rules.waivers, all_results, found)
    all_notes = tuple(sorted(set(found), key=note_order))
    return Verdict(
        purpose=rules.purpose,
        environment=rules.environment,
        decision=decision_of(effects_of(all_results, all_notes)),
        evaluated_on=rules.evaluated_on,
        candidate=candidate,
        baselines=baselines,
        first_model=_is_first(baselines),
        policy=policy,
        gates_sha=gates_sha(applied),
        gates_changed=tuple(sorted(gates_changed, key=lambda change: change.gate)),
        results=all_results,
        notes=all_notes,
        summary=summarize(all_results, all_notes),
    )


def _next_to_trunk(gate: Gate, case: Case, rules: Rules) -> Result:
    """The result of a gate, with what it breaks of trunk's form of this gate."""
    found = evaluate(gate, case, rules)
    trunk = rules.loosened.get(gate.id)
    if trunk is None or (trunk.vs is not None and vs_key(trunk.vs) not in case.baselines):
        return found
    there = evaluate(replace(trunk, id=gate.id), case, rules)
    if _SEVERE[there.effect] <= _SEVERE[found.effect]:
        return found
    return replace(found, breaks=_broken(there, found, trunk))


def _broken(there: Result, here: Result, trunk: Gate) -> str:
    """`max_drop 0.01`, or the setting by which it would count more."""
    if there.outcome == here.outcome:
        if trunk.severity != here.severity:
            return f"severity {trunk.severity}"
        return f"on_inconclusive {trunk.on_inconclusive}"
    if there.reason == "no_baseline":
        return f"on_no_baseline {trunk.on_no_baseline}"
    kind = _KINDS.get(there.reason or "", (there.reason or "").removesuffix("_broken"))
    bound = next((each for each in there.limits if each.kind == kind), None)
    return there.message if bound is None else f"{bound.kind} {bound.amount}{'%' if bound.percent else ''}"


def _baselines(cases: Sequence[Case]) -> tuple[Baseline, ...]:
    found = {entry.baseline for case in cases for entry in case.baselines.values()}
    return tuple(sorted(found, key=lambda baseline: (baseline.model or "", baseline.vs)))


def _is_first(baselines: tuple[Baseline, ...]) -> bool:
    """Whether gates compare, and nothing that they compare with was ever there."""
    return bool(baselines) and all(each.state == "none" and each.reason is None for each in baselines)


def gates_sha(applied: Iterable[tuple[Gate, Case, Result]]) -> str:
    """SHA-256 of the canonical JSON of the gates, and of what each one read and compared with.

    The order of the gates and their lines in mlgit.yaml do not matter.
    """
    import json

    texts = {json.dumps(_hashed(*each), sort_keys=True) for each in applied}
    return sha256_hex("\n".join(sorted(texts)).encode("utf-8", "replace"))


def _hashed(gate: Gate, case: Case, result: Result) -> dict[str, object]:
    """All that decides what a gate asks; `gate_changes` and `resolved` compare the same facts."""
    entry = None if gate.vs is None else case.baselines[vs_key(gate.vs)]
    return {
        "id": gate.id,
        "metric": gate.metric,
        "models": None if gate.models is None else sorted(gate.models),
        "vs": None if gate.vs is None else vs_key(gate.vs),
        "limits": [[bound.kind, bound.amount, bound.percent] for bound in declared_bounds(gate)],
        "severity": gate.severity,
        "when": gate.when,
        "on_no_baseline": gate.on_no_baseline,
        "on_inconclusive": gate.on_inconclusive,
        "model": case.model,
        "file": result.file,
        "key": result.key,
        "stage": next((file.stage for file in case.files if file.path == result.file), None),
        "baseline": None if entry is None else _hashed_baseline(gate, entry.baseline, result),
    }


def _hashed_baseline(gate: Gate, baseline: Baseline, result: Result) -> list[str | None]:
    """The commit that was compared with; for a reference file, which no commit pins, the number."""
    pinned = result.baseline if isinstance(gate.vs, FileBaseline) else baseline.commit
    return [baseline.rule, baseline.state, pinned, result.baseline_file, result.baseline_key]


def _case_notes(case: Case, results: Sequence[Result], rules: Rules) -> list[Note]:
    notes = []
    if not results:
        notes.append(_no_gates(case, rules))
    elif rules.environment_empty and {(each.outcome, each.reason) for each in results} == _NO_BASELINE:
        notes.append(_first_version(case, rules))
    elif all(each.outcome == "skipped" for each in results):
        of = f" of `{case.model}`" if case.model else ""
        text = f"Nothing{of} was compared: every gate was skipped"
        notes.append(Note(code="no_gates", message=text, model=case.model))
    notes += [
        Note(
            code=each.reason,
            message=each.message,
            model=case.model,
            effect="warn" if each.reason == OF_CHANGE else "note",
            hint=each.hint,
        )
        for each in (entry.baseline for entry in case.baselines.values())
        if each.reason in NOTED and each.message is not None
    ]
    notes += _not_proven(case, results)
    if rules.stale_counts:
        used = {result.file for result in results}
        notes += [
            Note(code="stale_allowed", message=problem.message, effect="warn", model=case.model)
            for file in case.files
            for problem in file.problems
            if problem.code == "stale" and file.path in used
        ]
    return notes


def _not_proven(case: Case, results: Sequence[Result]) -> list[Note]:
    """Notes about files whose numbers count although no stage makes them, and stages that always run."""
    hand = sorted({result.file for result in results if result.made_by_hand and result.file is not None})
    texts = [] if case.numbers == "pipeline" else [f"no stage writes `{path}`" for path in hand]
    used = {result.file for result in results}
    if again := sorted({stage for file in case.files if file.path in used for stage in file.repeated}):
        which = f"stage {listed(again)} has" if len(again) == 1 else f"stages {listed(again)} have"
        texts.append(f"{which} `always_changed`, so the same inputs may give other results")
    return [Note(code="not_proven", message=f"Not proven: {text}", model=case.model) for text in texts]


def _no_gates(case: Case, rules: Rules) -> Note:
    """A warning if a declared model has no gate at all, so that anything passes."""
    subject = f"`{case.model}`" if case.model else "this repository"
    ungated = rules.purpose == "check" and case.model is not None and not case.gated
    return Note(
        code="no_gates",
        message=f"No gate applies to {subject}" + (", so every change of it passes" if ungated else ""),
        effect="warn" if ungated else "note",
        model=case.model,
        hint="add one under `gates:` in `mlgit.yaml`" if ungated else None,
    )


def _first_version(case: Case, rules: Rules) -> Note:
    if rules.release_decision == "block":
        text = f"`{rules.environment}` is empty, and the gates of a release block"
        return Note(code="first_version", message=text, effect="block", model=case.model)
    found = [entry.baseline for entry in case.baselines.values()]
    emptied = next((each.message for each in found if each.reason == EMPTIED), None)
    first = f"The first version in `{rules.environment}`: no version to compare with yet"
    text = f"There is nothing to compare with: {emptied}" if emptied else first
    return Note(code="first_version", message=text, effect="warn", model=case.model)


def finding_notes(
    changes: Sequence[GateChange], findings: Sequence[Finding], rules: Rules, results: Sequence[Result] = ()
) -> Iterator[Note]:
    """The note of each gate that is looser, and of each finding."""
    broken = {result.gate for result in results if result.breaks is not None}
    looser = [
        replace(change, message=f"{change.message}; as it is on trunk, it would not pass")
        if change.gate in broken
        else change
        for change in changes
        if change.kind in {"loosened", "removed"}
    ]
    if looser or findings:
        from mlgit.core.gates.resolved.findings import finding_of, note_of, proposed_names

        proposed: set[str] = set()
        for finding in (*map(finding_of, looser), *findings):
            day = rules.evaluated_on
            yield note_of(
                finding, rules.waivers, rules.on_loosened, day=day, proposed=proposed, names=rules.names
            )
            proposed.update(proposed_names(finding, rules.names))


def _waiver_notes(rules: Rules, results: Sequence[Result]) -> list[Note]:
    """Notes about waivers that do not cover what their gate found, and about those that are not needed."""
    short = [
        Note(
            code="waiver_does_not_cover",
            message=f"`{result.id}` is not waived: {result.unwaived}",
            model=result.model,
            gate=result.gate,
        )
        for result in results
        if result.unwaived is not None
    ]
    used = {result.waiver for result in results}
    passing = {
        name
        for result in results
        if result.outcome in {"pass", "skipped"} and result.breaks is None
        for name in waived_ids(result, rules.names)
    }
    return short + [
        Note(
            code="waiver_unused",
            message=f"Waiver `{waiver.id}` ({waiver.origin}) is not needed",
            gate=waiver.gate,
            waiver=waiver.id,
        )
        for waiver in rules.waivers
        if waiver.id not in used and waiver.gate in passing
    ]
