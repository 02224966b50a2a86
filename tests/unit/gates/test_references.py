"""What a gate reads and compares with is resolved to a place, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import FileBaseline
from mlgit.core.gates.evaluate import Case
from mlgit.core.gates.resolved.findings import compare_resolved, message_of, reported_losses
from mlgit.core.gates.resolved.resolution import Reference, ResolvedGate, Source, resolve_case
from mlgit.core.pipeline.evidence import Problem
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.support.verdicts import absolute, baseline, change, metric_file

if TYPE_CHECKING:
    from mlgit.core.gates.places import BaselineFiles
    from mlgit.core.pipeline.evidence import MetricFile

HERE = metric_file(path="a.json", auc="0.8")
NULL = replace(metric_file(path="a.json"), others={"auc": "null"})


def referenced(entry: BaselineFiles, *, file: bool = False, metric: str = "auc") -> Reference:
    gate = change("g", metric, vs="prod")
    key = "prod"
    if file:
        gate, key = replace(gate, vs=FileBaseline(path="ref.json")), "file:ref.json"
    (found,) = resolve_case(Case("m", (gate,), (HERE,), {key: entry}), Pipeline())
    assert found.reference is not None
    return found.reference


def test_where_a_metric_became_ambiguous_its_reference_has_not_changed() -> None:
    gate = replace(change("g", "auc", vs="prod"), vs=FileBaseline(path="ref.json"))
    entry = {"file:ref.json": baseline(metric_file(path="ref.json", auc="0.9"))}
    files = HERE, metric_file(path="b.json", auc="0.7")
    (before,), (after,) = (
        resolve_case(Case("m", (gate,), each, entry), Pipeline()) for each in (files[:1], files)
    )
    assert after.reason == "ambiguous_metric"
    assert compare_resolved([before], [after]) == ()


@pytest.mark.parametrize(
    ("entry", "metric", "problem", "place"),
    [
        (baseline(metric_file(path="a.json", auc="0.9")), "auc", None, "a.json"),
        (baseline(metric_file(path="b.json", auc="0.9")), "auc", None, "b.json"),
        (baseline(metric_file(path="a.json", f1="1")), "auc", "new_metric", None),
        (baseline(NULL), "auc", "baseline_not_a_number", None),
        (baseline(metric_file(path="a.json", auc="0.9"), state="none"), "auc", "none", None),
        (baseline(metric_file(path="a.json", auc="0.9"), state="unknown"), "auc", "unknown", None),
        (baseline(metric_file(path="a.json", auc="0.9")), "f1", None, None),
    ],
)
def test_a_baseline_has_a_place_or_a_reason(
    entry: BaselineFiles, metric: str, problem: str | None, place: str | None
) -> None:
    found = referenced(entry, metric=metric)
    assert found.problem == problem
    assert (None if found.source is None else found.source.file) == place
    assert (found.content, found.commit) == (None, entry.baseline.commit)


@pytest.mark.parametrize(
    ("files", "content"),
    [((metric_file(path="ref.json", auc="0.90"),), "0.90"), ((metric_file(path="ref.json", f1="1"),), None)],
)
def test_of_a_reference_file_the_number_counts_and_not_the_commit(
    files: tuple[MetricFile, ...], content: str | None
) -> None:
    found = referenced(baseline(*files, vs="file:ref.json"), file=True)
    assert (found.content, found.commit) == (content, None)


def stage(name: str, cmd: str, out: str, wdir: str = ".") -> Stage:
    outs = (Output(path=out, owner=name, metric=True),)
    return Stage(address=name, name=name, file="dvc.yaml", wdir=wdir, cmd=(cmd,), deps=("x",), outs=outs)


def read(*stages: Stage, path: str | None = None) -> ResolvedGate:
    (found,) = resolve_case(
        Case("m", (absolute("g", low="0"),), (HERE,), {}), Pipeline(stages=stages), path=path
    )
    return found


def test_the_command_is_that_of_the_stage_that_makes_the_file() -> None:
    other = stage("other", "echo", "b.json")
    found = read(other, stage("evaluate", "python e.py", "a.json", wdir="sub"))
    assert found.source is not None
    assert found.source.command == ("sub", "python e.py")
    alone = read(other)
    assert alone.source is not None
    assert alone.source.command == ()


OLD = read(stage("evaluate", "python e.py", "a.json"))


def made(
    old: ResolvedGate = OLD, *, name: str = "evaluate", command: str = "python e.py", **more: str
) -> ResolvedGate:
    """The gate with another source; `more` are fields of it."""
    assert old.source is not None
    origin = replace(old.source.origin, name=name)
    source = replace(old.source, origin=origin, command=(".", command), **more)  # type: ignore[arg-type]
    return replace(old, source=source)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (OLD, made(command="echo"), []),
        (OLD, made(name="score", command="echo"), ["gate_repointed"]),
        (OLD, made(name="score", command="echo", file="b.json"), ["gate_repointed"]),
        (replace(OLD, path="m.bin"), made(replace(OLD, path=None)), ["gate_repointed"]),
        (replace(made(link="reads"), path="m.bin"), replace(OLD, path=None), ["gate_repointed"]),
        (replace(made(link="reads"), path="m.bin"), replace(OLD, path="m.bin"), ["evidence_weakened"]),
        (OLD, replace(OLD, path="m.bin"), ["gate_repointed"]),
        (read(), replace(read(), path="m.bin"), []),
        (OLD, replace(OLD, path="m.bin", source=None), []),
        (replace(OLD, source=None, reason="ambiguous_metric"), replace(OLD, source=None), []),
        (OLD, replace(OLD, source=None), []),
        (OLD, replace(OLD, source=None, evaluated=False), ["evidence_weakened"]),
        (OLD, replace(OLD, source=None, evaluated=False, unread=(Source(file="a.json", key=""),)), []),
        (replace(OLD, source=None), replace(OLD, source=None, evaluated=False), []),
        (OLD, replace(OLD, source=None, evaluated=False, metric="f1"), ["gate_repointed"]),
    ],
)
def test_a_change_of_what_is_read_is_one_finding(
    old: ResolvedGate, new: ResolvedGate, codes: list[str]
) -> None:
    assert [each.code for each in compare_resolved([old], [new])] == codes


def fewer(gate: ResolvedGate, **more: object) -> ResolvedGate:
    """The gate whose number depends on one file less; `more` are fields of its source."""
    assert gate.source is not None
    origin = replace(gate.source.origin, deps=("data.csv",))
    return replace(gate, source=replace(gate.source, origin=origin, **more))  # type: ignore[arg-type]


def test_what_findings_say_of_lost_inputs_is_reported_once() -> None:
    before = fewer(OLD)
    (finding,) = compare_resolved([before], [OLD])
    (text,) = reported_losses([before], [OLD])
    assert finding.code == "evidence_weakened"
    assert finding.text == f"its number proves less: {text}; it now reads `x`"
    assert "data.csv" in text
    assert reported_losses([before], [replace(OLD, source=None)]) == frozenset()


def compared(old: Reference, new: Reference, *, source: bool = True) -> list[str]:
    before, after = replace(OLD, reference=old), replace(OLD, reference=new)
    if not source:
        after = replace(after, source=None)
    return [each.code for each in compare_resolved([before], [after])]


def test_nothing_is_lost_where_nothing_was() -> None:
    empty = referenced(baseline(state="none"))
    assert compared(empty, empty) == []
    full = referenced(baseline(metric_file(path="a.json", auc="0.9")))
    assert compared(full, empty) == ["gates_loosened"]
    assert compared(full, replace(full, source=None)) == ["gates_loosened"]
    assert compared(full, replace(full, source=None), source=False) == []


def unread(*files: str) -> ResolvedGate:
    """The gate on a side of which the metric files are not here; each is made by the stage `evaluate`."""
    problem = Problem(code="not_fetched", message="not here")
    pipeline = Pipeline(stages=tuple(stage("evaluate", "python e.py", each) for each in files))
    there = tuple(replace(metric_file(path=each), problems=(problem,)) for each in files)
    (found,) = resolve_case(Case("m", (absolute("g", low="0"),), there, {}), pipeline)
    return found


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (unread("a.json"), OLD, []),
        (unread("b.json"), OLD, ["gate_repointed"]),
        (unread("a.json", "b.json"), OLD, ["gate_repointed"]),
        (unread("a.json"), replace(OLD, metric="f1"), ["gate_repointed"]),
        (unread("a.json"), made(name="score", command="echo"), ["gate_repointed"]),
        (unread("a.json"), unread("a.json"), []),
        (replace(unread("a.json"), unread=()), OLD, []),
    ],
)
def test_what_a_gate_read_is_known_by_its_only_file_or_reported_as_unknown(
    old: ResolvedGate, new: ResolvedGate, codes: list[str]
) -> None:
    found = compare_resolved([old], [new])
    assert [each.code for each in found] == codes
    unknown = (
        "what it read in `a.json` or `b.json` is not known, because their content is not here; it now reads"
    )
    assert any(each.text.startswith(unknown) for each in found) is (len(old.unread) > 1)


def written(file: str, *outs: str, owner: str = "score", key: str = "auc") -> ResolvedGate:
    """A gate that reads a file of a stage with these outputs."""
    made = tuple(Output(path=path, owner=owner) for path in outs)
    stage = Stage(address=owner, name=owner, file="dvc.yaml", wdir="", cmd=("run",), outs=made)
    values = metric_file(path=file, **{key: "0.8"})
    (found,) = resolve_case(Case("m", (absolute("g", key),), (values,), {}), Pipeline(stages=(stage,)))
    return found


def at(*paths: str, kept: str = "") -> Places:
    return Places(file={*paths, kept}.__contains__, paths=lambda: frozenset(paths))


MAY, JUNE = "out/may.json", "out/june.json"


@pytest.mark.parametrize(
    ("new", "places", "codes"),
    [
        (written(JUNE, "out"), at(JUNE), []),
        (written(JUNE, "out"), at(), []),  # DVC keeps the folder
        (written(JUNE, "out"), at(JUNE, MAY), ["gate_repointed"]),
        (written(JUNE, "out"), at(kept=MAY), ["gate_repointed"]),
        (written(JUNE, "out/june.json"), at(JUNE), ["gate_repointed"]),
        (written(JUNE, "out", key="acc"), at(JUNE), ["gate_repointed"]),
        (written("other/june.json", "other"), at(), ["gate_repointed"]),
        (written(JUNE, "out", owner="other"), at(JUNE), ["gate_repointed"]),
        (written(JUNE), at(JUNE), ["gate_repointed"]),
    ],
)
def test_a_stage_may_write_the_file_under_another_name_into_its_folder(
    new: ResolvedGate, places: Places, codes: list[str]
) -> None:
    old = written(MAY, "out")
    new = replace(new, metric=old.metric)
    found = compare_resolved([old], [new], places=(at(MAY), places))
    assert [each.code for each in found] == codes


def test_only_a_file_that_is_not_here_may_have_the_number() -> None:
    problem = Problem(code="unreadable", message="broken")
    files = metric_file(path="a.json", f1="1"), replace(metric_file(path="b.json"), problems=(problem,))
    (found,) = resolve_case(Case("m", (absolute("g", low="0"),), files, {}), Pipeline())
    assert [each.file for each in found.unread] == ["b.json"]


def test_a_gate_of_promotions_that_has_no_number_any_more_is_a_finding() -> None:
    gone = [replace(OLD, gate=name, source=None, evaluated=False) for name in ("a", "b")]
    (found,) = compare_resolved([replace(OLD, gate=name) for name in ("a", "b")], gone)
    assert found.code == "evidence_weakened"
    assert message_of(found) == (
        "`a`, `b` of `m`: they read `auc` of `a.json` (stage evaluate); they now have no number, so a "
        "promotion that needs one of them gets an error"
    )
    (found,) = compare_resolved([OLD], [replace(OLD, source=None, evaluated=False)])
    assert found.text.endswith("; it now has no number, so a promotion that needs it gets an error")
