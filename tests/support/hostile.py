"""Hostile names: names of metrics, gates and parameters that could make a report misleading."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from mlgit.core.compare.plots import Plot, confusion, curve_through
from mlgit.core.gates.decision import decide
from mlgit.core.gates.limits import KINDS
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.verdict import (
    Baseline,
    Bound,
    Candidate,
    Check,
    GateChange,
    GateChangeKind,
    MetricChange,
    Note,
    Policy,
    Result,
    Verdict,
    decision_of,
    summarize,
)
from mlgit.core.pipeline.report_context import HistoryPoint, MetricHistory, ParamChange, StageRun
from tests.support.verdicts import CANDIDATE, baseline, case, change, metric_file, rules

_UNSEEN = "\u200b\u200c"

HOSTILE = [
    "@octocat",
    "me@octocat",
    "@all",
    "#123",
    "mlgit/mlgit#1",
    "GH-7",
    "GL-7",
    "!17",
    "a|b",
    "`x`",
    "``` sh",
    "```\n# ✅",
    "<script>alert(1)</script>",
    "</details>",
    "<!-- mlgit-report:mlgit -->",
    "<!-- mlgit-report:acme/tumor/gates -->",
    "-->",
    "](http://evil.example)",
    "[link](http://evil.example)",
    "![](http://evil.example/pixel.png)",
    "http://evil.example",
    "mailto:me@evil.example",
    "www.evil.example",
    "✅ passed",
    "❌",
    "a\n### ✅ tumor: all gates passed",
    "a\r\n/approve",
    "\u2028/merge",
    "/merge",
    "/close\n/assign @all",
    "\x1b[31mred",
    "\u202egnp.exe",
    "a\u200bb",
    ":white_check_mark:",
    "$\\href{x}{y}$",
    "&lt;b&gt;",
    "**bold** _it_ ~~no~~",
    "\\|",
    "&commat;octocat",
    "~label",
    '%"milestone"',
    '"]\n    line [9]',
    "%%{init: {}}%%",
    "-rf",
    "$(id)",
    "; id",
    "a" * 5000,
    "\ud800",
    "",
    " ",
]


FEW = settings(suppress_health_check=list(HealthCheck), max_examples=settings().max_examples // 2)
"""For `checks`: one example contains about fifty names and takes as long as fifty."""


def failing(*names: str, value: str = "0.5", extra: int = 0, **more: Any) -> Check:  # noqa: ANN401
    """A check with one failed gate per name, and `extra` metrics without a gate."""
    values = dict.fromkeys(names, value) | {f"extra.m{number}": "1.5" for number in range(extra)}
    before = dict.fromkeys(names, "0.9") | {f"extra.m{number}": "1" for number in range(extra)}
    files, old = (metric_file(**values),), metric_file(**before)
    gates = tuple(change(f"gate-{number}", name, vs="base", **more) for number, name in enumerate(names))
    verdict = decide(
        [case(*gates, files=files, against=baseline(old, vs="base"), model="tumor")],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(waivers="d" * 40),
    )
    changes = metric_changes(files, [old], model="tumor", directions={})
    return Check(verdict=verdict, metrics=changes, changes={"data": "unchanged"}, tools={"mlgit": "1.0"})


texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
numbers = st.one_of(
    st.sampled_from(
        ["0", "1", "-0.5", "1E+999999999", "-1E-99999", "NaN", "sNaN12", "Infinity", "-Infinity"]
    ),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
)
maybe_texts = st.none() | texts
maybe_numbers = st.none() | numbers
models = st.none() | st.sampled_from(["tumor", "triage"]) | texts
_GATE_CHANGES = st.sampled_from(get_args(GateChangeKind))
bounds = st.builds(
    Bound,
    kind=st.sampled_from(list(KINDS)),
    amount=numbers | texts,
    percent=st.booleans(),
    allowed=maybe_numbers,
)
results = st.builds(
    Result,
    id=texts,
    gate=texts,
    model=models,
    metric=texts,
    outcome=st.sampled_from(["pass", "fail", "inconclusive", "error", "skipped"]),
    reason=maybe_texts,
    message=texts,
    hint=maybe_texts,
    severity=st.just("error"),
    effect=st.sampled_from(["allow", "note", "warn", "block", "waived"]),
    waiver=maybe_texts,
    vs=maybe_texts,
    limits=st.lists(bounds, max_size=2).map(tuple),
    file=maybe_texts,
    key=maybe_texts,
    candidate=maybe_numbers,
    baseline=maybe_numbers,
    change=maybe_numbers,
    line=st.none() | st.integers(min_value=1, max_value=99),
)
notes = st.builds(
    Note,
    code=texts,
    message=texts,
    effect=st.sampled_from(["note", "warn", "block", "waived"]),
    model=models,
    gate=maybe_texts,
    waiver=maybe_texts,
    hint=maybe_texts,
)
baselines = st.builds(
    Baseline,
    vs=st.just("base") | texts,
    model=models,
    state=st.sampled_from(["found", "none"]),
    label=texts,
    rule=texts,
    commit=st.none() | st.just("b" * 40) | texts,
)
metric_rows = st.builds(
    MetricChange,
    model=models,
    file=texts,
    key=texts,
    baseline=maybe_numbers,
    candidate=maybe_numbers,
    change=maybe_numbers,
    better=st.none() | st.booleans(),
    old_text=maybe_texts,
    new_text=maybe_texts,
)
histories = st.builds(
    MetricHistory,
    model=models,
    file=texts,
    key=texts,
    points=st.lists(st.builds(HistoryPoint, label=texts, value=numbers), max_size=5).map(tuple),
)


curves = st.builds(
    curve_through,
    st.just("base"),
    st.lists(st.tuples(*[st.floats(-1e9, 1e9)] * 2), min_size=1, max_size=4),
    kind=st.just("line"),
)
plots = st.builds(
    Plot,
    title=texts,
    kind=st.sampled_from(["roc", "line"]),
    file=texts,
    x_label=texts,
    y_label=texts,
    curves=st.lists(curves, max_size=1).map(tuple),
    cells=st.lists(st.tuples(texts, texts), max_size=3).map(lambda rows: confusion(rows, None)),
    notes=st.lists(texts, max_size=2).map(tuple),
)


@st.composite
def checks(draw: st.DrawFn) -> Check:
    """A check in which every text may be hostile, as in the JSON of a fork."""
    found = tuple(draw(st.lists(results, max_size=6)))
    noted = tuple(draw(st.lists(notes, max_size=4)))
    places = st.tuples(
        *(st.lists(each, max_size=5).map(tuple) for each in (baselines, metric_rows, histories))
    )
    references, rows, past = draw(places)
    own = [
        MetricHistory(
            model=each.model,
            file=each.file or "",
            key=each.key or "",
            points=tuple(HistoryPoint(label=draw(texts), value=draw(numbers)) for _ in range(3)),
        )
        for each in found[:2]
    ]
    effects = frozenset([*(each.effect for each in found), *(each.effect for each in noted)])
    verdict = Verdict(
        purpose=draw(st.sampled_from(["check", "release", "promote"])),
        environment=draw(maybe_texts),
        decision=decision_of(effects),
        evaluated_on=date(2026, 3, 1),
        candidate=Candidate(label=draw(texts), commit=draw(maybe_texts), head=draw(maybe_texts)),
        baselines=references,
        first_model=draw(st.booleans()),
        policy=Policy(waivers=draw(maybe_texts)),
        gates_sha=draw(texts),
        gates_changed=tuple(
            GateChange(gate=draw(texts), kind=draw(_GATE_CHANGES), message=draw(texts))
            for _ in range(draw(st.integers(0, 2)))
        ),
        results=found,
        notes=noted,
        summary=summarize(found, noted),
    )
    return Check(
        verdict=verdict,
        metrics=rows,
        references=references,
        changes=draw(
            st.dictionaries(st.sampled_from(["data", "params", "model"]) | texts, texts, max_size=3)
        ),
        tools=draw(st.dictionaries(texts, texts, max_size=2)),
        params=tuple(
            ParamChange(file=draw(texts), key=draw(texts), old=draw(maybe_texts), new=draw(maybe_texts))
            for _ in range(draw(st.integers(0, 3)))
        ),
        stages=tuple(
            StageRun(
                stage=draw(texts),
                state=draw(st.sampled_from(["rerun", "cached", "new", "removed", "stale"])),
                reasons=tuple(draw(st.lists(texts, max_size=2))),
            )
            for _ in range(draw(st.integers(0, 3)))
        ),
        history=(*past, *own),
        plots=tuple(draw(st.lists(plots, max_size=3))),
    )


def ascii_letters(text: str) -> str:
    """The text with `x` for every other letter, mark and number, and for what has no width in a chart."""
    return "".join(
        "x" if not char.isascii() and (unicodedata.category(char)[0] in "LMN" or char in _UNSEEN) else char
        for char in text
    )
