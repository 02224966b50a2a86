"""What screens leave out or add: older events, a version that did not change, an answer of no."""

from __future__ import annotations

import re
import shlex

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, tags_of
from tests.support.shell import Folder
from tests.support.targets import configure, folder_of, go_live, served
from tests.support.terminal import typed

BACK = ("rollback", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def test_show_counts_the_events_that_it_leaves_out(live: Folder) -> None:
    assert "older (" not in live.here("show", "line#prod").out
    for _ in range(5):
        change(live, *BACK)
        change(live, "promote", "line@v1.0.2", "--to", "prod")
    assert "  and 3 older (`mlgit history line --env prod`)\n" in live.here("show", "line#prod").out
    assert re.search(r"  and \d+ older \(`mlgit history line`\)\n", live.here("show", "line").out)
    assert len(live.here("history", "line", "--env", "prod").out.splitlines()) >= 13


def test_a_promotion_of_what_a_rollback_put_there_does_not_say_that_it_was_there(live: Folder) -> None:
    change(live, *BACK)
    done = live.here("promote", "line@v1.0.1", "--to", "prod")
    assert done.out.startswith("Promoted line@v1.0.1 to prod, ")
    assert "note: this ends the hold on `prod`" in done.out


def test_an_answer_of_no_is_not_the_same_sentence_again(live: Folder) -> None:
    change(live, *BACK)
    done = typed(live, "n\n", *BACK)
    assert (done.status, done.err.count("Ada rolled back")) == (Exit.STATE, 1)
    assert "error: Nothing was written\n" in done.err


def test_ctrl_d_at_a_question_answers_and_interrupts_nothing(live: Folder) -> None:
    asked = [("rollback", "--env", "prod"), ("unassign", "line", "--env", "prod")]
    for argv in asked:
        done = typed(live, "\x04", *argv)
        assert done.status == Exit.USAGE, done.err
        hint = f"  hint: run `mlgit {' '.join(argv)} -m REASON`\n"
        assert done.err.endswith(f"\nerror: No answer; nothing was written\n{hint}")
    change(live, *BACK)
    done = typed(live, "\x04", *BACK)
    assert (done.status, "\nerror: Nothing was written\n" in done.err) == (Exit.STATE, True)


def test_a_reason_of_two_lines_is_shown_as_one(live: Folder) -> None:
    change(live, *BACK[:-1], "two\nlines")
    for argv in (("history",), ("status",), ("show", "line#prod")):
        assert "two lines" in live.here(*argv).out


def test_what_a_program_deployed_before_is_not_claimed(live: Folder) -> None:
    configure(live, "deploy:\n  prod: {target: command, command: ['true']}\n")
    change(live, *BACK)
    shown = live.here("status").out
    assert "by Ada, served: not known here" in " ".join(shown.split())
    assert shown.endswith("next: mlgit deploy --env prod\n")
    done = live.here("deploy", "--env", "prod")
    assert done.status == Exit.DONE, done.err
    assert re.fullmatch(r"Deployed line@v1.0.1 to prod in \d+\.\d s\n", done.out)
    shown = live.here("status").out
    assert re.search(r"by Ada, deployed \d+ s ago from this clone", " ".join(shown.split()))
    assert "mlgit deploy" not in shown
    assert re.search(
        r"served +not known here; deployed \d+ s ago from this clone\n", live.here("show", "prod").out
    )


def test_a_target_that_is_declared_here_only_has_to_be_pushed(live: Folder) -> None:
    config = (live / "mlgit.yaml").read_text(encoding="utf-8")
    configure(live, "")
    live.write("mlgit.yaml", config)
    done = live.here("deploy", "--env", "prod")
    assert "does not declare `prod`" in done.err
    assert "`mlgit.yaml` here does: commit it, and bring it to origin/main with `mlgit push`" in done.err


def test_without_valid_rules_no_metric_is_called_gone(live: Folder) -> None:
    rules = "version: 1\nmodels: {line: {path: models/line.json, metrics: [night.json]}}\n"
    live.write("night.json", '{"auc": 0.9}')
    live.write("mlgit.yaml", rules)
    live.commit("Declare metrics that no stage makes")
    live.git("push", "-q")
    live.write("mlgit.yaml", f"{rules}gates: {{floor: {{metric: auc, min: 0,9}}}}\n")
    shown = live.here("status")
    assert "is not a number" in shown.out
    assert "gone" not in shown.out
    assert "changed since base" not in shown.out


def test_an_option_is_not_proposed_for_its_dashes(live: Folder) -> None:
    assert "hint: see `mlgit status --help`" in live.here("status", "--live").err
    assert "did you mean `--short`?" in live.here("status", "--shrt").err


@pytest.mark.parametrize("more", [(), ("--deploy",)])
def test_a_reason_is_asked_for_below_what_will_be_done(live: Folder, more: tuple[str, ...]) -> None:
    done = typed(live, "p95 alarm\n", "rollback", "--env", "prod", *more)
    assert done.status == Exit.DONE, done.err
    asked = done.err[done.err.index("p95 alarm\n") + len("p95 alarm\n") :]
    assert ("note: then v1.0.1 would be deployed to" in " ".join(asked.split())) is bool(more)
    assert "Roll back prod of line from v1.0.2 to v1.0.1. Why? It is recorded in the tag: " in asked
    assert done.out.startswith("Rolled back prod of line from v1.0.2 to v1.0.1\n")


def test_nothing_is_asked_about_a_rollback_that_is_refused(live: Folder) -> None:
    for version in ("v1.0.0", "v1.0.1"):
        change(live, "deregister", f"line@{version}", "-m", "leaked labels")
    done = typed(live, "p95 alarm\n", "rollback", "--env", "prod")
    assert (done.status, "Why?" in done.err) == (Exit.STATE, False)
    assert "Ada deregistered v1.0.1 on " in " ".join(done.err.split())
    back = typed(live, "p95 alarm\n", "rollback", "--env", "prod", "--to", "v1.0.2")
    assert (back.status, "Why?" in back.err) == (Exit.DONE, False)


def test_what_is_shown_before_the_reason_is_what_is_done(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlgit.cli.shell import questions

    monkeypatch.setattr(questions, "can_ask", lambda _: True)

    def late(*_: object) -> str:
        change(live, "promote", "line@v1.0.1", "--to", "prod", "--downgrade")
        return "p95 alarm"

    monkeypatch.setattr(questions, "require_reason", late)
    done = live.here("rollback", "--env", "prod")
    assert (done.status, "Someone else just changed `prod` of `line`" in done.err) == (Exit.STATE, True)
    assert "`prod` holds v1.0.1 now; see `mlgit history line --env prod`" in " ".join(done.err.split())


def test_while_origin_is_down_the_errors_say_what_works(live: Folder) -> None:
    origin = live.path.parent / "origin.git"
    away = origin.rename(origin.with_name("away.git"))
    before = tags_of(live)
    done = live.here(*BACK)
    assert (done.status, tags_of(live)) == (Exit.TOOL, before)
    assert done.err.startswith("error: `origin` does not answer; nothing was written\n")
    hint = "mlgit rollback --env prod -m 'p95 alarm' --local --deploy"
    assert f"  hint: to go back without it, run `{hint}`; `mlgit push` publishes that later" in done.err
    done = live.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert done.err.startswith(
        "error: `origin` does not answer, so newer tags may be missing; nothing was deployed\n"
    )
    assert "run `mlgit deploy --env prod --offline`" in done.err
    assert live.here("deploy", "--env", "prod", "--offline").status == Exit.DONE
    done = live.here(*shlex.split(hint)[1:])
    assert done.status == Exit.DONE, done.err
    assert served(folder_of(live)) == "v1.0.1"
    done = live.here(*BACK)
    assert "  Ada rolled back `prod` from v1.0.2 to v1.0.1 " in done.err
    hint = "mlgit rollback --env prod -m 'p95 alarm' --local --again --deploy"
    assert f"hint: to go back further without it, to v1.0.0, run `{hint}`" in done.err
    assert live.here(*shlex.split(hint)[1:]).status == Exit.DONE
    # What would be refused without the remote, too, is not proposed.
    done = live.here(*BACK, "--again")
    assert (done.status, "--local" in done.err) == (Exit.TOOL, False)
    assert "without it, by the tags of this clone: Nothing is left that `prod` can go back to: " in done.err
    away.rename(origin)
    assert live.here("push").status == Exit.DONE
    assert tags_of(live) == tags_of(Folder(origin))
