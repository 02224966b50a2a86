"""Screens: whole pages; `python -m tests.support.screens` rewrites tests/data/screens/*.txt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from mlgit.core.compare.changes import Side, ValueChange, value_changes
from mlgit.core.gates.verdict import Note
from mlgit.core.overview.status import (
    ChangedParam,
    DataState,
    EnvironmentLine,
    Failure,
    ModelLine,
    NextStep,
    Status,
    VerdictCounts,
)
from mlgit.core.pipeline.evidence import StageState
from mlgit.core.registry.completeness import Known
from mlgit.core.registry.entries import Served
from mlgit.render.console import plain
from mlgit.render.pages.check import page as check_page
from mlgit.render.pages.status import page as status_page
from mlgit.render.pages.status import short_page
from tests.support import reports
from tests.support.reports import BASE, BETTER, WORSE, one, together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.gates.verdict import Check
    from mlgit.render.page import Page

FOLDER = Path(__file__).parent.parent / "data" / "screens"
WIDTHS = (80, 140)
SLOW = BETTER | {"latency.p95_ms": "61.25"}
REPOINTED = Note(
    code="gate_repointed",
    message="Gate `auc-vs-prod` reads `accuracy` of metrics/test.json here, and `auc` of it on main",
    effect="warn",
    hint="say in the pull request why",
)
HELD = Note(
    code="baseline_held",
    message="`prod` is held by a rollback: Ada put `tumor` back to v1.2.0 on 2026-01-02 08:00 UTC, and "
    "`vs: prod` compares with that",
)


def many() -> Check:
    """A hundred changed metrics without a gate."""
    extra = {f"slice_{number:03}.recall": f"0.{900 - number}" for number in range(100)}
    return together(one("tumor", BETTER | extra, BASE | dict.fromkeys(extra, "0.95")))


def unknown() -> Check:
    """The version in prod is not known in this clone."""
    found = together(one("tumor", BETTER, BASE))
    message = "The version in prod is unknown: this clone takes no tags (remote.origin.tagOpt)"
    hint = "run `git config --unset remote.origin.tagOpt && git fetch --tags origin`"
    results = tuple(
        replace(
            each,
            outcome="error",
            reason="unknown_here",
            effect="block",
            message=message,
            hint=hint,
            baseline=None,
            change=None,
        )
        if each.gate == "auc-vs-prod"
        else each
        for each in found.verdict.results
    )
    summary = replace(found.verdict.summary, passed=4, errors=1, blocking=1)
    return replace(found, verdict=replace(found.verdict, results=results, summary=summary, decision="block"))


CHECKS: Mapping[str, Callable[[], Check]] = {
    "allowed": lambda: together(one("tumor", BETTER, BASE), notes=(HELD,)),
    "blocked": lambda: together(one("tumor", WORSE, BASE)),
    "first-model": lambda: together(one("tumor", BASE, None)),
    "hundred-metrics": many,
    "nothing-changed": lambda: together(one("tumor", BASE, BASE)),
    "one-warning": lambda: together(one("tumor", SLOW, BASE)),
    "pipeline-stale": lambda: together(one("tumor", BETTER, BASE), notes=(reports.STALE,)),
    "repointed": lambda: together(one("tumor", BETTER, BASE), notes=(REPOINTED,)),
    "several-models": reports.several,
    "unknown-here": unknown,
    "waived": lambda: together(one("tumor", WORSE, BASE), waived="auc-vs-prod"),
    "with-changes": reports.blocked,
}
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
METRICS = {
    "auc": ("0.9955", "0.9686"),
    "logloss": ("0.1907", "0.8797"),
    "latency.p95_ms": ("0.3", "83.78"),
    "accuracy": ("0.9298", "0.9649"),
    "f1": ("0.9062", "0.9559"),
    "rows": ("171", "171"),
}
SIDE = Side(text="base", label="base (bd34b26)", commit="b" * 40)
GATED = tuple(f"{reports.PATH}:{key}" for key in ("auc", "logloss", "latency.p95_ms"))
PASSED = VerdictCounts(
    decision="allow",
    headline="",
    gates=4,
    blocking=0,
    warnings=0,
    passed=4,
    counted="4 of 4 gates passed",
    gated=GATED,
)


def held_since(name: str, version: str, hours: int, by: str, **more: object) -> EnvironmentLine:
    """An environment with a version."""
    fields: dict[str, object] = {
        "environment": name,
        "version": version,
        "commit": "1" * 40,
        "held": False,
        "behind": 0,
        "action": "promote",
        "since": NOW - timedelta(hours=hours),
        "by": by,
    }
    return EnvironmentLine(**(fields | more))  # type: ignore[arg-type]


def model(*environments: EnvironmentLine, name: str = "tumor", **more: object) -> ModelLine:
    """A model that has a version."""
    fields: dict[str, object] = {"latest": "v1.1.0", "latest_commit": "1" * 40, "behind": 0}
    return ModelLine(model=name, environments=environments, **(fields | more))  # type: ignore[arg-type]


def values(**changed: tuple[str, str]) -> tuple[ValueChange, ...]:
    """All metrics, of which some changed."""
    pairs = {key: (old, old) for key, (old, _) in METRICS.items()} | changed
    old, new = ({key: Decimal(pair[side]) for key, pair in pairs.items()} for side in (0, 1))
    return value_changes(
        {reports.PATH: old}, {reports.PATH: new}, directions={"latency.p95_ms": "down"}, show_unchanged=True
    )


SERVED = Served(folder="/srv/models/tumor", label="v1.1.0", matches=True)
LIVE = (
    model(held_since("staging", "v1.1.0", 4, "CI"), held_since("prod", "v1.1.0", 3, "Ada", served=SERVED)),
)
OLD = (model(held_since("prod", "v1.0.0", 50, "Ada")),)
CLEAN = Status(
    branch="main",
    commit="3849088" + "0" * 33,
    upstream="origin/main",
    ahead=0,
    behind=0,
    changed=(),
    untracked=(),
    conflicted=(),
    remote="origin",
    remote_seen_at=NOW - timedelta(minutes=12),
    remote_seen_age_s=720,
    upstream_as_fetched=True,
    pipeline_stages=3,
    stages=(),
    data=(),
    base=SIDE,
    base_rule="merge_base",
    metrics=values(),
    verdict=PASSED,
    models=LIVE,
    unpushed_tags=(),
    waivers=(),
    problems=(),
    failures=(),
    trunk="origin/main",
    gates_declared=4,
)
STALE = (
    StageState(address="train", reasons=("changed param train.C",)),
    StageState(address="evaluate", upstream=("train",)),
)
BLOCKED = replace(
    PASSED,
    decision="block",
    blocking=2,
    passed=2,
    failed=2,
    counted="2 of 4 gates failed",
    reason="AUC fell from 0.9955 (prod) to 0.9686",
)
UNKNOWN = "this clone may lack tags: it takes none (remote.origin.tagOpt)"
REPAIR = "git config --unset remote.origin.tagOpt && git fetch --tags origin"


def _case(command: str | None = None, **fields: object) -> Status:
    step = None if command is None else NextStep(command=command, reason="a reason")
    return replace(CLEAN, next=step, **fields)  # type: ignore[arg-type]


STATUSES: Mapping[str, Status] = {
    "all-is-well": CLEAN,
    "in-progress": _case(
        "mlgit run",
        models=OLD,
        branch="weaker-penalty",
        upstream=None,
        ahead=None,
        behind=None,
        pushed=False,
        changed=("params.yaml",),
        stages=STALE,
        changed_params=(ChangedParam(stage="train", param="train.C", name="train.C", old="1", new="10"),),
        metrics=values(accuracy=METRICS["accuracy"], f1=METRICS["f1"]),
        verdict=replace(
            BLOCKED, failed=0, errors=4, reason="evaluate is stale, and 4 gates read its numbers"
        ),
        problems=("Stage `evaluate` is stale: it runs after `train`, which is stale",),
    ),
    "blocked": _case(
        "mlgit check",
        models=OLD,
        branch="neighbours",
        upstream="origin/neighbours",
        ahead=1,
        metrics=values(**METRICS),
        verdict=BLOCKED,
    ),
    "held": _case(
        "mlgit deploy --env prod",
        models=(
            model(
                held_since("staging", "v1.1.0", 4, "CI"),
                held_since(
                    "prod",
                    "v1.0.0",
                    1,
                    "Ada",
                    action="rollback",
                    before="v1.1.0",
                    held=True,
                    reason="p95 alarm",
                ),
            ),
        ),
    ),
    "no-tags": _case(
        REPAIR,
        models=(
            ModelLine(
                model="tumor",
                latest=None,
                latest_commit=None,
                behind=None,
                environments=(
                    EnvironmentLine(
                        environment="prod", version=None, commit=None, held=False, behind=None, known="no"
                    ),
                ),
                known="no",
            ),
        ),
        tags_known=Known(known="no", why=UNKNOWN, repair=REPAIR),
        verdict=replace(BLOCKED, failed=0, errors=1, reason="auc-vs-prod cannot be evaluated in this clone"),
    ),
    "plain-git": _case(
        "git commit -a",
        models=(),
        commit="065c018" + "0" * 33,
        upstream=None,
        ahead=None,
        remote=None,
        remote_seen_at=None,
        remote_seen_age_s=None,
        changed=("metrics.json", "model.pkl"),
        pipeline_stages=0,
        metrics=value_changes(
            {"metrics.json": {"accuracy": Decimal("0.91")}},
            {"metrics.json": {"accuracy": Decimal("0.93")}},
            directions={},
        ),
        verdict=replace(
            PASSED, gates=1, passed=1, counted="1 of 1 gate passed", not_proven=("metrics.json",)
        ),
    ),
    "several-models": _case(
        models=(
            model(held_since("prod", "v1.1.0", 3, "Ada"), latest="v1.1.0"),
            model(held_since("prod", "v2.0.0", 300, "Bob", rejected=True), name="triage", deprecated=True),
            model(
                EnvironmentLine(environment="prod", version=None, commit=None, held=False, behind=None),
                name="dose",
                latest=None,
            ),
        )
    ),
    "switched": _case(
        "dvc checkout",
        stages=(StageState(address="train", reasons=("changed output models/tumor.skops",)),),
        data=(
            DataState(
                path="models/tumor.skops",
                owner="train",
                workspace="modified",
                in_cache=True,
                found_in="neighbours",
            ),
        ),
        verdict=replace(BLOCKED, failed=0, errors=4, reason="train is stale, and 4 gates read its numbers"),
    ),
    "merge": _case(
        "git mergetool",
        conflicted=("dvc.lock",),
        pipeline_stages=0,
        metrics=(),
        verdict=None,
        failures=(
            Failure(
                part="pipeline",
                code="config_invalid",
                message="The merge of `dvc.lock` is not resolved",
                location="dvc.lock:3:1",
                hint="resolve it, then run `git add dvc.lock`",
            ),
        ),
    ),
    "not-on-trunk": _case(
        "mlgit push",
        models=(),
        branch="adopt",
        upstream=None,
        ahead=None,
        pushed=False,
        environments_pending=("staging", "prod"),
    ),
    "empty": _case(
        None,
        models=(),
        commit=None,
        upstream=None,
        ahead=None,
        remote=None,
        pipeline_stages=0,
        base=None,
        base_rule="no_commit",
        metrics=(),
        verdict=None,
        config="absent",
        gates_declared=0,
    ),
    "clone-of-nothing": _case(
        "mlgit push",
        models=(),
        ahead=None,
        behind=None,
        pushed=False,
        remote_seen_at=None,
        remote_seen_age_s=None,
        trunk=None,
    ),
    "no-gate-applies": _case(verdict=replace(PASSED, gates=0, passed=0, counted="no gates were evaluated")),
    "only-rejected": _case(models=(model(latest=None, rejected=1),)),
}
SCREENS = [
    *(f"check-{name}" for name in CHECKS),
    *(f"{command}-{name}" for command in ("status", "short") for name in STATUSES),
]


def screen(name: str, width: int) -> str:
    """The whole screen as a terminal of that width shows it."""
    command, _, case = name.partition("-")
    pages: Mapping[str, Callable[[], Page]] = {
        "check": lambda: check_page(CHECKS[case]()),
        "status": lambda: status_page(STATUSES[case], now=NOW),
        "short": lambda: short_page(STATUSES[case]),
    }
    return plain(pages[command](), width=width)


def main() -> None:
    """Write all screens."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCREENS:
        for width in WIDTHS:
            (FOLDER / f"{name}.{width}.txt").write_text(screen(name, width), encoding="utf-8")


if __name__ == "__main__":
    main()
