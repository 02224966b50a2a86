"""Reports: whole reports as snapshots; `python -m tests.support.reports` rewrites tests/data/reports/*.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlgit.core.ci.report import CiReport, Failure
from mlgit.core.gates.decision import decide
from mlgit.core.gates.evaluate import Case
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.verdict import Baseline, Check, Note, Policy, with_notes
from mlgit.core.pipeline.report_context import HistoryPoint, MetricHistory, ParamChange, StageRun
from mlgit.render.report.report import report, running
from tests.support.verdicts import CANDIDATE, absolute, change, metric_file, rules, waiver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.config.file import Gate

FOLDER = Path(__file__).parent.parent / "data" / "reports"
PATH = "metrics/test.json"
RUN = "https://forge.example/acme/tumor/runs/17"
TOOLS = {"mlgit": "0.2.0"}
BASE = {
    "auc": "0.971",
    "logloss": "0.184",
    "accuracy": "0.947",
    "latency.p95_ms": "12.4",
    "rows": "569",
}
WORSE = BASE | {"auc": "0.958", "logloss": "0.1862", "accuracy": "0.931", "latency.p95_ms": "61.25"}
BETTER = BASE | {"auc": "0.978", "logloss": "0.1711", "accuracy": "0.952", "rows": "581"}
GATES = (
    absolute("auc-floor", low="0.95", line=8),
    change("auc-vs-prod", line=9),
    change("loss-vs-base", "logloss", vs="base", limits={"max_rise": "2%"}, line=10),
    absolute("fast-enough", "latency.p95_ms", high="50", severity="warn", line=11),
    change("accuracy-vs-base", "accuracy", vs="base", limits={"max_drop": "0.02"}, line=12),
)
PAST = {
    "auc": ["0.941", "0.948", "0.948", "0.962", "0.969", "0.971"],
    "logloss": ["0.241", "0.22", "0.222", "0.19", "0.188", "0.184"],
    "latency.p95_ms": ["11.9", "12", "15.2", "12.1", "12.6", "12.4"],
}


def files(values: Mapping[str, str]) -> tuple:  # type: ignore[type-arg]
    """One metric file with these values."""
    return (metric_file(path=PATH, **{key.replace(".", "__"): text for key, text in values.items()}),)


def found(vs: str, model: str, label: str, values: Mapping[str, str]) -> BaselineFiles:
    """A baseline with its numbers."""
    rule = "where this branch left" if vs == "base" else f"what is in `{vs}` now"
    baseline = Baseline(vs=vs, model=model, state="found", label=label, rule=rule, commit="b" * 40)
    return BaselineFiles(baseline, files(values))


def absent(vs: str, model: str) -> BaselineFiles:
    """A baseline that does not exist yet."""
    text = f"There is no {vs}"
    return BaselineFiles(
        Baseline(vs=vs, model=model, state="none", label=vs, rule="nothing yet", message=text)
    )


def one(
    model: str, values: Mapping[str, str], base: Mapping[str, str] | None, gates: tuple[Gate, ...] = GATES
) -> tuple[Case, Check]:
    """The case of one model, with its metrics and reference baselines."""
    if base is None:
        against = {"base": absent("base", model), "prod": absent("prod", model)}
    else:
        against = {
            "base": found("base", model, "bbbbbbb", base),
            "prod": found("prod", model, f"prod ({model}@v1.2.0)", base),
        }
    case = Case(model, gates, files(values), against)
    changes = metric_changes(
        case.files, () if base is None else files(base), model=model, directions={"latency.p95_ms": "down"}
    )
    bare = decide([case], rules=rules(), candidate=CANDIDATE, policy=Policy())
    return case, Check(verdict=bare, metrics=changes, references=(against["base"].baseline,))


def together(
    *parts: tuple[Case, Check],
    notes: tuple[Note, ...] = (),
    waived: str | None = None,
) -> Check:
    """A check of all the models."""
    verdict = decide(
        [case for case, _ in parts],
        rules=rules(waivers=() if waived is None else (waiver(waived, floor=None),)),
        candidate=replace(CANDIDATE, commit="a" * 40),
        policy=Policy(waivers="d" * 40),
    )
    return Check(
        verdict=with_notes(verdict, notes),
        metrics=tuple(each for _, check in parts for each in check.metrics),
        references=tuple(each for _, check in parts for each in check.references),
        tools=TOOLS,
    )


def history(model: str) -> tuple[MetricHistory, ...]:
    """Six releases."""
    return tuple(
        MetricHistory(
            model=model,
            file=PATH,
            key=key,
            points=tuple(
                HistoryPoint(label=f"v1.{number}.0", value=value) for number, value in enumerate(values)
            ),
        )
        for key, values in PAST.items()
    )


def detailed(record: Check) -> Check:
    """The check with params, stages, changes and history."""
    return replace(
        record,
        changes={
            "data": "`data/raw.csv` has 12 more rows (+2.1%)",
            "params": "`train.C` 0.01 → 1, `train.solver` new: lbfgs",
            "outputs": "`predictions/test.csv` changed, still 171 rows",
            "model": "`tumor` changed since v1.2.0, 12.1 → 12.4 KiB",
        },
        params=(
            ParamChange(file="params.yaml", key="train.C", old="0.01", new="1"),
            ParamChange(file="params.yaml", key="train.solver", old=None, new="lbfgs"),
        ),
        stages=(
            StageRun(stage="evaluate", state="rerun", reasons=("dep models/tumor.skops",)),
            StageRun(stage="prepare", state="rerun", reasons=("dep data/raw.csv",)),
            StageRun(stage="report", state="cached"),
            StageRun(stage="train", state="rerun", reasons=("param train.C", "dep data/train.csv")),
        ),
        history=history("tumor"),
    )


def same(record: Check) -> Check:
    """The check of a change that touches nothing of the model."""
    unchanged = dict.fromkeys(("data", "params", "model"), "unchanged")
    return replace(
        record, changes=unchanged, stages=(StageRun(stage="train", state="cached"),), history=history("tumor")
    )


def document(check: Check | None, **more: object) -> CiReport:
    """The report of a CI run."""
    blocked = check is not None and check.verdict.decision == "block"
    facts: dict[str, object] = {
        "host": "github",
        "project": "acme/tumor",
        "job": "gates",
        "number": 7,
        "commit": "a" * 40,
        "mode": "verify",
        "exit_code": 1 if blocked else 0,
        "log_url": RUN,
        "check": check,
    }
    return CiReport(**(facts | more))  # type: ignore[arg-type]


def blocked() -> Check:
    """One gate blocks, one warns."""
    return detailed(together(one("tumor", WORSE, BASE)))


def allowed() -> Check:
    """Everything is better."""
    return detailed(together(one("tumor", BETTER, BASE)))


def several() -> Check:
    """Four models: one blocked, one warned about, one better, one untouched."""
    slow = BASE | {"latency.p95_ms": "61.25"}
    return together(
        one("tumor", WORSE, BASE),
        one("triage", BETTER, BASE),
        one("segmentation", slow, BASE),
        one("dose", BASE, BASE),
    )


def renamed() -> Check:
    """A metric has another name, and the gates on it miss it."""
    values = {"roc_auc": "0.9962", **{key: value for key, value in BASE.items() if key != "auc"}}
    return together(one("tumor", values, BASE, gates=(GATES[0], GATES[3])))


def unknown() -> Check:
    """The version that a gate compares with is not known in this clone."""
    case, check = one("tumor", BASE, BASE, gates=GATES[:2])
    there = Baseline(
        vs="prod",
        model="tumor",
        state="unknown",
        label="`prod`",
        rule="what is in `prod`",
        message="What is in `prod` is not known here: this clone takes no tags (`remote.origin.tagOpt`)",
        hint="run `git config --unset remote.origin.tagOpt && git fetch --tags origin`",
    )
    baselines = {**case.baselines, "prod": BaselineFiles(there)}
    return together((case._replace(baselines=baselines), check))


def two_hundred() -> Check:
    """Two hundred metrics, most of which changed a little."""
    base = {f"slice_{number:03}.recall": f"0.{800 + number}" for number in range(200)}
    values = {key: f"0.{800 + number * 37 % 199}" for number, key in enumerate(base)}
    return together(one("tumor", BETTER | values, BASE | base))


def many() -> Check:
    """More metrics than fit into a comment."""
    extra = {f"site.{number:04}.share": f"0.{900 + number % 90}" for number in range(1500)}
    base = {key: f"{value}1" for key, value in extra.items()}
    return detailed(together(one("tumor", WORSE | extra, BASE | base)))


FAILED = Failure(
    code="config_invalid",
    exit_code=3,
    message="Unknown key `gatez`",
    place="mlgit.yaml:3:1",
    expected="one of `data`, `directions`, `environments`, `gates`, `models`, `version`",
    hint="did you mean `gates`?",
    details=("`mlgit.yaml:9:5`: `max_drop` is not a number",),
)
STALE = Note(
    code="stale_stage",
    message="Stage `train` is stale: `params.yaml` changed since it last ran",
    effect="block",
    hint="run `mlgit run train` and commit the results",
)
SNAPSHOTS: Mapping[str, Callable[[], str]] = {
    "blocked": lambda: report(document(blocked())),
    "warnings": lambda: report(
        document(detailed(together(one("tumor", BETTER | {"latency.p95_ms": "61.25"}, BASE))), mode="run")
    ),
    "waived": lambda: report(document(detailed(together(one("tumor", WORSE, BASE), waived="auc-vs-prod")))),
    "allowed": lambda: report(document(allowed())),
    "first-model": lambda: report(document(together(one("tumor", BASE, None)))),
    "several-models": lambda: report(document(several())),
    "nothing-changed": lambda: report(document(same(together(one("tumor", BASE, BASE))))),
    "stale": lambda: report(document(detailed(together(one("tumor", BETTER, BASE), notes=(STALE,))))),
    "failure": lambda: report(document(None, failure=FAILED, exit_code=3)),
    "running": lambda: running("a" * 40, key="acme/tumor/gates", run_url=RUN),
    "untrusted": lambda: report(
        document(allowed(), fork=True, skipped=("outputs in the DVC remote (no credentials)",)),
        untrusted=True,
    ),
    "renamed-metric": lambda: report(document(renamed())),
    "error": lambda: report(document(unknown())),
    "two-hundred-metrics": lambda: report(document(two_hundred())),
    "too-large": lambda: report(document(many())),
    "gitlab": lambda: report(document(blocked(), host="gitlab", mode="run", pushed="c" * 40)),
    "plain": lambda: report(document(blocked(), host=None, log_url=None)),
}


def main() -> None:
    """Write all snapshots."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in SNAPSHOTS.items():
        (FOLDER / f"{name}.md").write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
