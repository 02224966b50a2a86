"""Unpromoted: a promotion that is compared with a release which its environment never held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from mlgit.core.config.file import Gate, Limit
from mlgit.core.gates.evaluate import HELD, UNPROMOTED, Case
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.verdict import Baseline
from mlgit.core.pipeline.evidence import MetricFile
from mlgit.core.registry.replay import replay
from mlgit.project.gates.trunk import unpromoted
from tests.support.tags import commit
from tests.unit.trust.test_accept import V1, V2, moved

THERE = moved("m#prod#1", 1, V1)
BOTH = (THERE, moved("m#prod!#2", 1, V1), moved("m#prod#2", 2, V2))
BACK = (*BOTH, moved("m#prod!#3", 2, V2), moved("m#prod#3", 1, V1, action="rollback"))


def gate(vs: str, *, most: str = "0.05") -> Gate:
    return Gate(id="drop", metric="mae", vs=vs, change={"max_rise": Limit(amount=Decimal(most))})


def files(mae: str) -> tuple[MetricFile, ...]:
    return (MetricFile(path="m.json", values={"mae": Decimal(mae)}, stage="eval"),)


@pytest.mark.parametrize(
    ("asked", "tags", "held", "reason", "found"),
    [
        (gate("base"), (THERE,), "0.05", None, True),
        (gate("release"), (THERE,), "0.05", None, True),
        (gate("m@latest"), (THERE,), "0.05", None, True),
        (gate("release"), (THERE,), "0.05", HELD, True),
        (gate("release"), (THERE,), "0.05", UNPROMOTED, False),
        (gate("prod"), (THERE,), "0.05", None, False),
        (gate("base"), (THERE,), "0.52", None, False),
        (gate("base", most="0.6"), (THERE,), "0.05", None, False),
        (gate("base"), BOTH, "0.05", None, False),
        (gate("base"), BACK, "0.05", None, False),
        (gate("base"), (), "0.05", None, False),
    ],
    ids=[
        *("base", "release", "by the model's name", "with another note", "it has that note", "vs: prod"),
        *("what is there is no better", "a wider limit", "it is there", "it was there", "nothing is there"),
    ],
)
def test_it_is_named_only_where_what_is_there_would_block(
    monkeypatch: pytest.MonkeyPatch,
    asked: Gate,
    tags: tuple[Any, ...],
    held: str,
    reason: str | None,
    *,
    found: bool,
) -> None:
    state = replay((V1, V2, *tags)).model("m")
    monkeypatch.setattr(
        unpromoted, "read_baseline", lambda _, one, *__, **___: BaselineFiles(one, files(held))
    )
    finder: Any = SimpleNamespace(
        registry_name=lambda name: name,
        place=lambda to, name: (to, name),
        state_of=lambda _: state,
        candidate=commit(3),
        alone=True,
        metric_files=(),
    )
    label = "m@v2.0.0"
    base = Baseline(
        vs=str(asked.vs), model="m", state="found", label=label, rule="", commit=commit(2), reason=reason
    )
    case = Case("m", (asked,), files("0.549"), {str(asked.vs): BaselineFiles(base, files("0.55"))})
    project: Any = SimpleNamespace()
    notes = [*unpromoted.unpromoted_notes(project, [None], [case], finder, date(2026, 12, 1), to="prod")]
    assert len(notes) == found
    if found:
        text = (
            "`drop`: it compares with m@v2.0.0, which was never in `prod`; after m@v1.0.0, which `prod` holds"
        )
        assert notes[0].message.startswith(f"{text}, it fails: mae 0.05 → 0.549")
