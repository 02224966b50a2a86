"""Report: the sections of a pull request's report, what it leaves out, and whole reports."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.verdict import NOT_COMMITTED, Check, GateChange, Note, Policy, with_notes
from mlgit.core.pipeline.metrics import short
from mlgit.core.pipeline.report_context import ParamChange
from mlgit.errors import ConfigError, Location
from mlgit.render.report.layout import ReportContext
from mlgit.render.report.report import failure, key_of, markdown, marker, report, running
from tests.support import reports
from tests.support.hostile import failing
from tests.support.reports import (
    BASE,
    BETTER,
    GATES,
    SNAPSHOTS,
    absent,
    detailed,
    document,
    one,
    together,
)
from tests.support.verdicts import CANDIDATE, absolute, case, metric_file, rules, waiver

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.gates.verdict import Purpose


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_whole_report_equals_its_snapshot(name: str) -> None:
    """For an intended change run `python -m tests.support.reports`, and review the difference."""
    assert SNAPSHOTS[name]() == (reports.FOLDER / f"{name}.md").read_text(encoding="utf-8")


def test_every_snapshot_belongs_to_a_report() -> None:
    assert sorted(path.stem for path in reports.FOLDER.iterdir()) == sorted(SNAPSHOTS)


def test_a_failed_gate_leads_the_report() -> None:
    lines = markdown(failing("auc")).splitlines()
    assert lines[:2] == ["### ❌ Blocked: tumor, AUC fell from 0.9 to 0.5", "1 of 1 gate failed"]
    row = "gate-0 | `auc` | 0.9 | **0.5** | -0.4&nbsp;(-44.4%) worse | max_drop&nbsp;0.005 |"
    assert lines[5] == f"| ❌&nbsp;failed | {row}"
    assert "- **data**: unchanged" in lines
    explain = "`mlgit check --base bbbbbbbbbbbb --explain tumor/gate-0`"
    assert f"- Where the numbers come from: {explain}" in lines
    waiver_line = (
        "- To merge it anyway: a waiver in trunk's `.mlgit/waivers.yaml`, approved by someone who did not"
    )
    assert any(line.startswith(waiver_line) for line in lines)
    assert lines[-3].startswith(
        "<sub>bbbbbbb…working tree on aaaaaaa · trunk at ddddddd · digest of the gates and what they read "
    )
    assert lines[-3].endswith(" · 2026-03-01 · mlgit 1.0</sub>")
    assert lines[-1] == marker("mlgit") == "<!-- mlgit-report:mlgit -->"


def test_a_pass_shows_gates_changes_and_the_next_command() -> None:
    record = failing("auc", value="0.9", extra=1)
    committed = replace(record.verdict, candidate=replace(record.verdict.candidate, commit="a" * 40))
    text = markdown(replace(record, verdict=committed))
    assert text.startswith("### ✅ May merge: tumor, 1 of 1 gate passed\n\n")
    table = text.partition("<details>")[0].replace("  ", " ")
    assert "| | | `extra.m0` | 1 | 1.5 | +0.5&nbsp;(+50.0%) | |" in table
    assert "| ✅&nbsp;passed | gate-0 | `auc` | 0.9 | 0.9 | unchanged | max_drop&nbsp;0.005 |" in table
    assert "- To release it after the merge: `mlgit release tumor`" in text


def test_the_command_for_the_same_verdict_accepts_stale_numbers_where_the_report_did() -> None:
    record = failing("auc", value="0.9", extra=1)
    stale = Note(code="stale_allowed", message="`m.json` is stale", effect="warn")
    for notes, shown in (((), False), ((stale,), True)):
        lines = markdown(replace(record, verdict=with_notes(record.verdict, list(notes)))).splitlines()
        (same,) = [line for line in lines if line.startswith("- To check it again in this working tree: ")]
        assert ("--allow-stale" in same) is shown


def test_the_command_for_the_same_verdict_repeats_what_was_asked() -> None:
    record = replace(failing("auc", value="0.9", extra=1), asked=("--model", "tumor", "--date", "2026-03-01"))
    (same,) = [line for line in markdown(record).splitlines() if "To check it again" in line]
    assert same.endswith("mlgit check --base bbbbbbbbbbbb --model tumor --date 2026-03-01`")


def test_the_report_says_that_no_metric_changed_if_something_else_did() -> None:
    passing = failing("auc", value="0.9")
    bare = replace(passing, verdict=replace(passing.verdict, results=()))
    record = replace(bare, changes={"data": "`raw.csv` changed"})
    assert "\n\nNo metric changed.\n\n- **data**: `raw.csv` changed\n" in markdown(record)


def test_a_check_without_changes_takes_two_lines() -> None:
    lines = SNAPSHOTS["nothing-changed"]().splitlines()
    assert lines[0] == "### ✅ May merge: tumor, nothing changed in data, params, metrics or model"
    assert [line[:5] for line in lines[1:] if line] == ["5 of ", "<sub>", "<!-- "]


def test_a_first_model_is_not_reported_as_unchanged() -> None:
    text = markdown(together(one("tumor", BASE, None)))
    assert text.startswith(
        "### ✅ May merge: tumor, its first model\n2 of 5 gates passed, 3 skipped (nothing to compare with)\n"
    )
    assert "| skipped | accuracy-vs-base | `accuracy` | 0.947 | there is no base |" in text
    assert "| | | `rows` | 569 | |" in text.replace("  ", " ")


def test_a_model_whose_gates_only_lack_an_environment_is_not_its_first() -> None:
    case, check = one("tumor", BETTER, BASE, gates=(GATES[1],))
    empty = case._replace(baselines={"prod": absent("prod", "tumor")})
    verdict = decide([empty], rules=rules(), candidate=CANDIDATE, policy=Policy())
    assert verdict.first_model
    text = markdown(replace(check, verdict=verdict))
    assert text.startswith("### 🔹 May merge: tumor, 1 gate skipped (nothing to compare with)\n")
    row = "auc-vs-prod | `auc` | 0.971 | 0.978 | +0.007&nbsp;(+0.721%) better | there is no prod |"
    assert f"| skipped | {row}" in text


def test_a_waived_failure_names_its_waiver() -> None:
    verdict = decide(
        [case(absolute(low="0.99"), files=(metric_file(auc="0.95"),))],
        rules=rules(waivers=(waiver(),)),
        candidate=CANDIDATE,
        policy=Policy(),
        notes=[Note(code="x", message="Look", effect="warn", hint="try `this`")],
    )
    text = markdown(Check(verdict=verdict))
    assert text.startswith(
        "### ⚠️ May merge, 1 warning, 1 waived: AUC is 0.95, min 0.99, waived by `w1`\n0 of 1"
    )
    assert "| ⚠️&nbsp;waived | floor | `auc` | **0.95** | min&nbsp;0.99; waived by `w1` |" in text
    assert "- ⚠️ **Warning.** Look; try `this`" in text


def test_a_gate_on_another_baseline_shows_its_number() -> None:
    lines = SNAPSHOTS["blocked"]().splitlines()
    header = next(line for line in lines if "| prod v1.2.0 |" in line)
    row = next(line for line in lines if "[auc-vs-prod](" in line)
    column = header.split(" | ").index("prod v1.2.0")
    assert row.split(" | ")[column : column + 3] == ["0.971", "", "**0.958**"]


def test_numbers_that_differ_are_never_shown_as_equal() -> None:
    close = BASE | {"auc": "0.97100000001"}
    row = next(line for line in markdown(together(one("tumor", close, BASE))).splitlines() if "`auc`" in line)
    assert short("0.97100000001") == "0.971"
    assert "| 0.971 |  | 0.97100000001 | +1E-11 better |" in row


def test_loosened_gates_appear_once_and_tightened_ones_in_a_line() -> None:
    record = failing("auc", value="0.9")
    changes = (
        GateChange(gate="a", kind="tightened", message="Gate `a` was tightened"),
        GateChange(gate="b", kind="loosened", message="Gate `b` was loosened"),
    )
    text = markdown(replace(record, verdict=replace(record.verdict, gates_changed=changes)))
    assert "- **gates**: Gate `a` was tightened\n" in text
    assert "Gate `b`" not in text


def test_a_reason_that_several_gates_share_appears_once() -> None:
    gates = tuple(absolute(name, low="0") for name in ("first", "second", "third"))
    verdict = decide(
        [case(*gates, files=(metric_file("stale", auc="1"),))],
        rules=rules(),
        candidate=CANDIDATE,
        policy=Policy(),
    )
    text = markdown(Check(verdict=verdict))
    assert text.startswith("### ❌ Blocked: first: `metrics/test.json` is stale\n")
    rows = [line for line in text.splitlines() if line.startswith("| ❌&nbsp;error |")]
    reason = "`metrics/test.json` is stale; do it"
    assert rows[0] == f"| ❌&nbsp;error | first | `auc` | 1 | stale | min&nbsp;0; {reason} |"
    assert [row.rpartition("; ")[2] for row in rows[1:]] == ["as above |", "as above |"]


def test_an_unfinished_run_is_not_shown_as_passed() -> None:
    skipped = ("the DVC remote: it did not answer",)
    for record in (reports.allowed(), reports.same(together(one("tumor", BASE, BASE)))):
        text = report(document(record, exit_code=5, skipped=skipped))
        top = "### ❌ Not everything could be checked: tumor, "
        assert text.startswith(
            (f"{top}5 of 5 gates passed\n", f"{top}nothing changed in data, params, metrics or model\n5 of")
        )
        assert "- Not checked: the DVC remote: it did not answer" in text.replace("&#8203;", "")
        assert "mlgit release" not in text
    assert markdown(reports.allowed(), ReportContext(unfinished=True), budget_bytes=99).startswith(
        "### ❌ Not finished\n"
    )


def test_a_text_that_is_not_a_number_is_shown_as_nan() -> None:
    record = failing("auc")
    odd = tuple(replace(each, candidate="12x") for each in record.metrics)
    assert "| 0.9 | NaN |" in markdown(replace(record, metrics=odd))


def test_without_gates_there_is_no_green_mark() -> None:
    verdict = decide(
        [case(files=(metric_file(auc="1"),))], rules=rules(), candidate=CANDIDATE, policy=Policy()
    )
    assert markdown(Check(verdict=verdict)).startswith("### 🔹 May merge: no gates were evaluated\n")


def test_a_blocking_note_comes_with_the_command_that_repairs_it() -> None:
    text = SNAPSHOTS["stale"]()
    assert text.startswith("### ❌ Blocked: tumor, stage `train` is stale")
    assert "\n- To fix it, run what is stale, then commit the results: `mlgit run`\n" in text
    assert "\n- To check it again in your clone: `mlgit ci pr --pipeline verify`\n" in text
    missing = Note(code="not_in_remote", message="`models/tumor.skops` is not there", effect="block")
    for hint, offered in (("run `mlgit push` in the clone that made it", 1), ("run `dvc remote add`", 0)):
        record = together(one("tumor", BETTER, BASE), notes=(replace(missing, hint=hint),))
        assert markdown(record).count("\n- To upload what the DVC remote lacks: `mlgit push`\n") == offered


@pytest.mark.parametrize(
    ("purpose", "environment", "words", "lead"),
    [
        ("release", None, "--purpose release", "May be released: "),
        ("promote", "prod", "--promote-to prod", "May be promoted to `prod`: "),
    ],
)
def test_reports_for_a_release_and_a_promotion_show_how_to_repeat_them(
    purpose: Purpose, environment: str | None, words: str, lead: str
) -> None:
    verdict = decide(
        [case(absolute(low="0"), files=(metric_file(auc="1"),), model="m")],
        rules=rules(purpose=purpose, environment=environment),
        candidate=replace(CANDIDATE, commit="f" * 40),
        policy=Policy(),
    )
    text = markdown(Check(verdict=verdict))
    assert text.startswith(f"### ✅ {lead}m, 1 of 1 gate passed\n")
    assert f"`mlgit check {words} --rev ffffffffffff`\n" in text
    assert "no base…fffffff" in text


def test_several_models_have_a_section_each_and_unchanged_ones_share_a_line() -> None:
    lines = SNAPSHOTS["several-models"]().splitlines()
    assert lines[0] == "### ❌ Blocked: tumor, AUC fell from 0.971 (prod) to 0.958; 1 of 4 models is blocked"
    assert [line for line in lines if line.startswith("####")] == [
        "#### ❌ Blocked: tumor, 1 of 5 gates failed, 1 warning",
        "#### ⚠️ Allowed, 1 warning: segmentation, 4 of 5 gates passed",
        "#### ✅ Allowed: triage, 5 of 5 gates passed",
    ]
    assert "✅ Allowed: dose, 5 of 5 gates passed, no metric changed" in lines


def test_several_models_that_pass_share_the_first_line() -> None:
    record = together(one("a", BETTER, BASE), one("b", BETTER, BASE))
    assert markdown(record).startswith("### ✅ May merge: 2 models, 10 of 10 gates passed\n")


def test_a_note_on_a_model_is_in_its_section_and_other_notes_are_above() -> None:
    notes = (
        Note(code="x", message="Mine", effect="warn", model="b"),
        Note(code="y", message="Stop everything", effect="block"),
    )
    text = markdown(together(one("a", BETTER, BASE), one("b", BASE, BASE), notes=notes))
    assert text.startswith("### ❌ Blocked: stop everything\n\n#### ⚠️ Allowed, 1 warning: b")
    assert "top everything" not in text.partition("\n")[2]
    assert text.index("#### ⚠️") < text.index("⚠️ **Warning.** Mine") < text.index("<details>")


def test_a_report_from_a_fork_says_so_in_its_first_line() -> None:
    text = SNAPSHOTS["untrusted"]()
    assert text.startswith(
        "### ❓ Not proven: tumor, 5 of 5 gates passed · computed by fork code\n\n> **Computed by fork"
    )
    assert "✅" not in text
    assert "\n- Not checked: outputs in the DVC remote (no credentials)\n" in text
    same = reports.same(together(one("tumor", BASE, BASE)))
    assert "computed by fork code" in markdown(same, ReportContext(untrusted=True)).splitlines()[0]


def test_a_report_from_a_fork_has_no_tick_in_any_of_its_forms() -> None:
    untrusted = ReportContext(untrusted=True)
    several = together(one("a", BETTER, BASE), one("b", BASE, BASE))
    for record in (several, reports.same(several), reports.same(together(one("tumor", BASE, BASE)))):
        assert "✅" in markdown(record)
        assert "✅" not in markdown(record, untrusted)
        short = markdown(record, untrusted, budget_bytes=1)
        assert short.startswith("### ❓ Not proven · computed by fork code\n")
        assert "✅" not in short


@pytest.mark.parametrize(("host", "charts"), [("github", 3), ("gitlab", 3), (None, 0)])
def test_charts_appear_only_if_the_forge_draws_them(host: str | None, charts: int) -> None:
    text = report(document(reports.blocked(), host=host))
    assert text.count("```mermaid") == charts
    assert "▁▂▂▆██▅" in text


def test_details_show_params_and_stages() -> None:
    text = SNAPSHOTS["blocked"]()
    assert "<summary>2 parameters changed</summary>" in text
    assert "| `params.yaml:train.solver` | - | `lbfgs` |" in text
    assert "<summary>Stages: 3 rerun, 1 cached</summary>" in text
    assert "| `train` | rerun | `param train.C`, `dep data/train.csv` |" in text
    single = replace(reports.blocked(), params=(ParamChange(file="p", key="a", old="1", new=None),))
    assert "<summary>1 parameter changed</summary>" in markdown(single)


@pytest.mark.parametrize("key", ["a/b", "x --> y", "<b>", "a\nb"])
def test_a_marker_is_one_closed_comment(key: str) -> None:
    assert marker(key).startswith("<!-- mlgit-report:")
    assert "-->" not in marker(key)[:-3]


def test_two_jobs_of_a_repository_have_different_markers() -> None:
    gates, nightly = (
        report(document(reports.allowed(), job=job)).splitlines()[-1] for job in ("gates", "nightly")
    )
    assert gates == marker(key_of("acme/tumor", "gates"))
    assert nightly == marker(key_of("acme/tumor", "nightly")) != gates


def test_the_report_of_a_running_check_has_a_marker_and_no_verdict() -> None:
    text = running("a" * 40, key="k", run_url="https://forge.example/1")
    assert text.startswith("### ⏳ Running on `aaaaaaa`\n")
    assert "✅" not in text
    assert "[run](https://forge.example/1)" in text
    assert text.endswith(f"{marker('k')}\n")


def test_a_report_without_a_verdict_says_so() -> None:
    error = ConfigError(
        "Unknown key `gatez`",
        location=Location("mlgit.yaml", line=3, column=1),
        expected="`gates`",
        hint="did you mean `gates`?",
        details=("@octocat",),
    )
    text = failure(error)
    assert text.startswith("### ❌ No verdict: Unknown key `gatez` (`mlgit.yaml:3:1`)\n")
    assert "- hint: did you mean `gates`?" in text
    assert "exit code 3" in text
    assert "@octocat" not in text
    assert text.rstrip().endswith(marker("mlgit"))
    assert "computed by fork code" in failure(error, ReportContext(untrusted=True)).splitlines()[0]


def test_a_run_without_verdict_and_error_is_a_failure() -> None:
    assert report(document(None, exit_code=70)).startswith("### ❌ No verdict: ")


def test_the_footer_shows_the_mode_and_the_pushed_commit() -> None:
    assert "runs/17) · committed results, not retrained · " in SNAPSHOTS["blocked"]()
    assert " · results committed as ccccccc · [run](" in SNAPSHOTS["gitlab"]()
    assert "runs/17) · pipeline run here · " in SNAPSHOTS["gitlab"]()


def test_the_footer_names_the_commit_of_the_branch_and_the_checked_merge() -> None:
    judged = document(reports.allowed())
    assert "<sub>bbbbbbb…aaaaaaa · " in report(judged)
    assert "<sub>bbbbbbb…ddddddd (as aaaaaaa) · " in report(replace(judged, commit="d" * 40))


def test_results_that_are_not_committed_are_repeated_by_a_run_and_not_released() -> None:
    run = replace(document(reports.allowed()), mode="run")
    assert "mlgit release tumor" in report(run)
    note = Note(code=NOT_COMMITTED, message="The results of the run are not in the branch: `dvc.lock`")
    left = report(replace(run, check=together(one("tumor", BETTER, BASE), notes=(note,))))
    assert "- To check it again in your clone: `mlgit run`\n" in left
    assert "mlgit release" not in left
    assert "- The results of the run are not in the branch: `dvc.lock`\n" in left


def test_the_same_check_gives_the_same_bytes() -> None:
    assert markdown(detailed(together(one("tumor", BETTER, BASE)))) == markdown(
        detailed(together(one("tumor", BETTER, BASE)))
    )


def test_notes_that_are_added_later_change_the_first_line() -> None:
    record = reports.allowed()
    later = replace(record, verdict=with_notes(record.verdict, [reports.STALE]))
    assert markdown(record).startswith("### ✅")
    assert markdown(later).startswith("### ❌ Blocked: tumor, stage `train` is stale")


def test_the_snapshots_are_written_to_the_folder_that_the_test_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "FOLDER", tmp_path / "new")
    reports.main()
    assert len(os.listdir(reports.FOLDER)) == len(SNAPSHOTS)
