"""What a report says is so: what is compared, what can be repeated here, and what is left to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.verdict import Check, Note
from mlgit.core.pipeline.report_context import StageRun
from mlgit.render.console import plain
from mlgit.render.page import Table, cell_spans
from mlgit.render.pages.check import page
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import markdown
from tests.support import reports
from tests.support.reports import BASE, BETTER, GATES, WORSE, history, one, together
from tests.support.verdicts import absolute, change
from tests.unit.render.test_report_rows import column, names, rows


def with_changes(record: Check, **lines: str) -> Check:
    return replace(record, changes={"data": "unchanged", **lines})


@pytest.mark.parametrize("reason", ["unknown_here", "history_too_shallow", "not_fetched"])
def test_what_this_clone_lacks_is_not_promised_of_another_one(reason: str) -> None:
    record = together(one("tumor", BASE, BASE))
    first, *others = record.verdict.results
    lacking = replace(
        first, outcome="error", effect="block", reason=reason, message="Not here", hint="run `x`"
    )
    blocked = replace(record.verdict, results=(lacking, *others), decision="block")
    assert "To check it again in your clone" in markdown(record)
    assert "To check it again" not in markdown(replace(record, verdict=blocked))


def test_a_hint_is_written_once_also_below_another_reason() -> None:
    record = together(one("tumor", BASE, BASE, GATES[:3]))
    errors = tuple(
        replace(each, outcome="error", effect="block", reason="unknown_here", message=message, hint="run `x`")
        for each, message in zip(record.verdict.results, ("One", "One", "Two"), strict=True)
    )
    text = markdown(replace(record, verdict=replace(record.verdict, results=errors, decision="block")))
    reasons = [limit.partition("; ")[2] for limit in column(text, "limit")]
    assert sorted(reasons) == ["one; as above", "one; run `x`", "two; as above"]


def test_a_reason_with_another_hint_keeps_that_on_the_screen() -> None:
    record = together(one("tumor", BASE, BASE, GATES[:3]))
    errors = tuple(
        replace(each, outcome="error", effect="block", reason="unknown_here", message="One", hint=hint)
        for each, hint in zip(record.verdict.results, ("see `x`", "see `y`", "see `x`"), strict=True)
    )
    shown = repr(page(replace(record, verdict=replace(record.verdict, results=errors, decision="block"))))
    assert (shown.count("as above"), shown.count("see `x`"), shown.count("see `y`")) == (1, 1, 1)


@pytest.mark.parametrize(
    ("version", "text"),
    [("v1.2.0", "prod v1.2.0"), ("v1.2.1", "prod churn@v1.2.1, tumor@v1.2.0")],
)
def test_check_names_the_models_of_versions_that_differ(version: str, text: str) -> None:
    record = together(one("churn", BASE, BASE), one("tumor", BASE, BASE))
    baselines = tuple(
        replace(each, label=each.label.replace("churn@v1.2.0", f"churn@{version}"))
        for each in record.verdict.baselines
    )
    known = replace(record, references=(), verdict=replace(record.verdict, baselines=baselines))
    first = plain(page(known)).splitlines()[0]
    assert first == f"working tree against base bbbbbbb and {text}"


def test_gates_that_only_warn_are_among_those_that_cannot_be_evaluated() -> None:
    gates = (absolute("a", "f1", low="1"), absolute("b", "f1", low="1", severity="warn"))
    text = markdown(together(one("tumor", BASE, BASE, gates)))
    assert text.splitlines()[1] == "2 of 2 gates cannot be evaluated (1 only warns)"


def test_a_passed_gate_that_was_repointed_is_not_among_the_failed_ones() -> None:
    note = Note(
        code="gate_repointed", message="`fast-enough` of `tumor`: it read a; it now reads b", effect="warn"
    )
    line = markdown(together(one("tumor", WORSE, BASE), notes=(replace(note, model="tumor"),))).splitlines()[
        1
    ]
    assert line == "1 of 5 gates failed, 2 warnings"
    note = replace(note, message="`accuracy-vs-base` of `tumor`: it read a; it now reads b", model="tumor")
    line = markdown(together(one("tumor", WORSE, BASE), notes=(note,))).splitlines()[1]
    assert line.endswith("warnings; 1 gate that passed does not check what it checked before")


@pytest.mark.parametrize(
    ("model", "released"),
    [
        ("unchanged", []),
        ("`tumor` changed since v1.0.0", ["tumor"]),
        ("`tumor.skops` of `tumor` new; `skin` gone", ["tumor"]),
        ("`a`, `b` and 3 more", ["dose", "tumor"]),
        (None, ["dose", "tumor"]),
    ],
)
def test_only_a_model_that_changed_is_proposed_for_a_release(model: str | None, released: list[str]) -> None:
    record = together(one("tumor", BETTER, BASE), one("dose", BASE, BASE))
    text = markdown(with_changes(record, **({} if model is None else {"model": model})))
    assert [name for name in ("dose", "tumor") if f"`mlgit release {name}`" in text] == released


def test_what_trunk_has_is_not_released_after_a_merge() -> None:
    record = with_changes(reports.allowed(), model="`tumor` changed")
    trunk = replace(record.verdict, candidate=replace(record.verdict.candidate, commit="d" * 40))
    assert "To release it after the merge" in markdown(record)
    assert "To release it" not in markdown(replace(record, verdict=trunk))


def test_only_a_limit_that_earlier_values_had_to_keep_is_drawn_over_them() -> None:
    gates = (change("drop", vs="base"), absolute("floor", "accuracy", low="0.9"))
    record = replace(together(one("tumor", WORSE, BASE, gates)), history=history("tumor"))
    past = replace(record.history[0], key="accuracy")
    text = markdown(replace(record, history=(*record.history, past)), ReportContext(host="github"))
    assert 'title "tumor auc"' in text
    assert 'title "tumor accuracy (orange), limit 0.9 (grey)"' in text
    assert "<sub>trend: v1.0.0 to v1.5.0, oldest first, then this</sub>" in text


def test_a_report_of_a_promotion_names_its_baseline_everywhere() -> None:
    record = together(one("tumor", WORSE, BASE, (change("live"),)))
    (reference,) = record.references
    prod = replace(reference, vs="prod", label="prod (tumor@v1.2.0)")
    verdict = replace(record.verdict, purpose="promote", environment="prod")
    text = markdown(replace(record, verdict=verdict, references=(prod,)))
    assert "| metric | prod v1.2.0 | this | change |" in text
    assert "no base" not in text


def test_metrics_of_one_name_in_several_files_are_shown_with_their_file() -> None:
    record = together(one("tumor", WORSE, BASE, gates=()))
    moved = tuple(replace(each, file="metrics/val.json") for each in record.metrics if each.key == "auc")
    text = markdown(replace(record, metrics=(*record.metrics, *moved)))
    shown = column(text, "metric")
    assert {"`metrics/test.json:auc`", "`metrics/val.json:auc`", "`accuracy`"} <= {*shown}


@pytest.mark.parametrize(("reason", "shown"), [("stale", "stale"), ("not_from_pipeline", "not from a run")])
def test_a_number_that_no_run_made_is_not_praised(reason: str, shown: str) -> None:
    record = together(one("tumor", BETTER, BASE, GATES[1:2]))
    (result,) = record.verdict.results
    edited = replace(result, outcome="error", effect="block", reason=reason, message="No run made it")
    text = markdown(replace(record, verdict=replace(record.verdict, results=(edited,), decision="block")))
    assert column(text, "change")[0] == shown


def test_a_gate_that_failed_for_information_says_so() -> None:
    gates = (absolute("floor", low="0.99", severity="info"),)
    assert column(markdown(together(one("tumor", BASE, BASE, gates))), "limit") == [
        "min 0.99; failed, for information"
    ]


def test_of_many_gates_that_pass_those_near_their_limit_are_shown() -> None:
    gates = (
        *(absolute(f"a{number:02}", low="0.1") for number in range(20)),
        absolute("near", low="0.97"),
        change("falls", "accuracy", vs="base", limits={"max_drop": "0.017"}),
    )
    text = markdown(together(one("tumor", WORSE | {"auc": "0.971"}, BASE, gates)))
    assert names(text)[:2] == ["near", "falls"]


def test_a_new_metric_is_new_with_and_without_a_gate() -> None:
    values = BASE | {"recall": "0.9", "size": "3"}
    text = markdown(together(one("tumor", values, BASE, (absolute("recall", "recall", low="0.5"),))))
    assert column(text, "change") == ["new", "new"]
    first = markdown(together(one("tumor", values, None, (absolute("recall", "recall", low="0.5"),))))
    assert "change" not in rows(first)[0]


def test_reasons_that_are_left_out_are_counted() -> None:
    run = StageRun(stage="train", state="rerun", reasons=tuple(f"param p{number}" for number in range(9)))
    text = markdown(replace(reports.allowed(), stages=(run,)))
    assert "`param p5` and 3 more |" in text


def test_check_shows_a_renamed_metric_in_one_row() -> None:
    record = together(one("tumor", {"roc_auc": "0.9962", "size": "3"}, {"auc": "0.971"}, gates=()))
    shown = [row for block in page(record) if isinstance(block, Table) for row in block.rows]
    assert [(row[0], row[1], cell_spans(row[3])[0].text) for row in shown] == [
        ("auc", "0.971 → 0.9962", "renamed to roc_auc?"),
        ("size", "        3     ", ""),
    ]


def test_a_rise_is_not_written_with_more_digits_because_a_fall_has_a_limit() -> None:
    values, base = {"auc": "0.945"}, {"auc": "0.9400000000000001"}
    text = markdown(together(one("tumor", values, base, (change("drop", vs="base"),))))
    assert column(text, "change")[0].startswith("+0.005 ")


def test_what_blocks_is_above_a_mere_finding_and_its_hint_is_not_in_the_list_below() -> None:
    found = Note(code="baseline_older", message="`a` of `tumor`: older", effect="note", model="tumor")
    blocks = Note(code="stale_stage", message="Stage `train` is stale", effect="block", hint="run `x`")
    text = markdown(together(one("tumor", BASE, BASE), notes=(found, blocks)))
    assert "hint: run `x`" in text.splitlines()
    assert text.index("hint: run `x`") < text.index("older")


def test_a_repointed_gate_that_passes_has_a_warning_and_no_praise() -> None:
    note = Note(
        code="gate_repointed", message="`auc-floor` of `tumor`: it read a; it now reads b", effect="warn"
    )
    record = together(one("tumor", BETTER, BASE, GATES[:2]), notes=(replace(note, model="tumor"),))
    shown = {row[1]: (row[0], row[-1], "better" in row[-2]) for row in rows(markdown(record))[1:]}
    assert shown["auc-floor"] == ("⚠️ warning", "min 0.95; checks something different", False)
    assert shown["auc-vs-prod"] == ("✅ passed", "max_drop 0.005", True)


def test_a_limit_in_per_cent_has_a_change_in_per_cent() -> None:
    gate = change("tiny", "loss", vs="base", limits={"max_rise": "0.00008%"})
    text = markdown(together(one("tumor", {"loss": "1234568"}, {"loss": "1234567"}, (gate,))))
    assert column(text, "change") == ["+1 (+0.000081%) worse"]


def test_a_metric_is_judged_alike_in_all_tables() -> None:
    gate = change("odd", "zeal", vs="base", limits={"max_rise": "1"})
    text = markdown(together(one("tumor", {"zeal": "9"}, {"zeal": "4"}, (gate,))))
    assert text.count("+5 (+125%) worse") == 1
    assert text.count("+5&nbsp;(+125%) worse") == 1


def test_a_tiny_miss_of_a_limit_of_0_is_not_the_worst() -> None:
    gates = (
        change("tiny", "f1", vs="base", limits={"max_drop": "0"}),
        change("far", "profit", vs="base", limits={"max_drop": "5"}),
    )
    values, base = {"f1": "0.9", "profit": "-1"}, {"f1": "0.90000001", "profit": "1234"}
    assert names(markdown(together(one("tumor", values, base, gates)))) == ["far", "tiny"]


def test_results_of_the_working_tree_are_not_to_be_released_after_a_merge() -> None:
    record = with_changes(reports.allowed(), model="`tumor` changed")
    tree = replace(record.verdict.candidate, commit=None, label="working tree", head="a" * 40)
    text = markdown(replace(record, verdict=replace(record.verdict, candidate=tree)))
    assert "- Not committed: these are results of the working tree" in text
    assert "- To check it again in this working tree: `mlgit check --base " in text
    assert "mlgit release" not in text
    clean = replace(record.verdict, candidate=replace(tree, label="a" * 7))
    text = markdown(replace(record, verdict=clean))
    assert "- To check it again in your clone, with `aaaaaaa` checked out: `mlgit check --base " in text
    text = markdown(replace(record, verdict=clean, published=False))
    assert "- After a push, to check it again in any clone, with `aaaaaaa` checked out: `mlgit check" in text
    beside = replace(record.verdict, candidate=replace(tree, label="aaaaaaa with untracked files"))
    text = markdown(replace(record, verdict=beside))
    assert "Not committed" not in text
    assert "- To check it again in this working tree: `mlgit check --base " in text


def test_many_baselines_have_one_column() -> None:
    record = together(one("tumor", BETTER, BASE, GATES[1:2]))
    (result,) = record.verdict.results
    results = tuple(replace(result, gate=vs, id=vs, vs=vs) for vs in ("a", "b", "c", "d"))
    text = markdown(replace(record, verdict=replace(record.verdict, results=results)))
    assert rows(text)[0] == ["result", "gate", "metric", "compared with", "this change", "change", "limit"]
    assert column(text, "compared with")[:4] == ["0.971 (a)", "0.971 (b)", "0.971 (c)", "0.971 (d)"]


def test_a_long_name_is_cut_in_the_middle_so_that_numbers_stay_in_view() -> None:
    name = "evaluation.of.the.segmentation.head.on.the.external.cohort.auc"
    text = markdown(together(one("tumor", {name: "0.9"}, {name: "0.8"}, gates=())))
    assert column(text, "metric") == ["`evaluation.of.the.se...n.the.external.cohort.auc`"]
    assert f"`metrics/test.json:{name}`" in text
