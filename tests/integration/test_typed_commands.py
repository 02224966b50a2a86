"""Hints that say to run a command again: nothing that was typed is lost, and what is pasted works."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.targets import go_live

if TYPE_CHECKING:
    from tests.support.shell import Done, Folder

WHY = "p95 alarm on ward 3"
BACK = ("rollback", "--env", "prod", "-m", WHY)


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def hint_of(done: Done) -> str:
    return done.err.partition("hint: ")[2].rstrip("\n")


def command_of(done: Done) -> list[str]:
    """The first command of the hint, without `mlgit`."""
    found = re.search("`mlgit ([^`]*)`", hint_of(done))
    assert found is not None, done.err
    return shlex.split(found[1])


def pasted(live: Folder, done: Done) -> Done:
    return live.here(*(WHY if each == "REASON" else each for each in command_of(done)))


# What is typed -> what the hint says to run.
WRITTEN = {
    "rollback --to v1.0.0 --env prod": "rollback --to v1.0.0 --env prod -m REASON",
    "rollback line --to=v1.0.0 --env prod --deploy": (
        "rollback line --to=v1.0.0 --env prod --deploy -m REASON"
    ),
    "rollback --env prod --local --again": "rollback --env prod --local --again -m REASON",
    "rollback line prod": "rollback line --env prod -m REASON",
    "rollback prod": "rollback --env prod -m REASON",
    "rollback prod line --deploy": "rollback line --deploy --env prod -m REASON",
    "rollback line#prod -m x": "rollback line -m x --env prod",
    "rollback line v1.0.0 prod": "rollback line --to v1.0.0 --env prod -m REASON",
    "rollback v1.0.0 --env prod": "rollback --env prod --to v1.0.0 -m REASON",
    "rollback v1.0.0 --env prod -m x": "rollback --env prod -m x --to v1.0.0",
    "rollback line to v1.0.0 in prod": "rollback line --to v1.0.0 --env prod -m REASON",
    "rollback --environment prod": "rollback --env prod -m REASON",
    "rollback line --to prod": "rollback line --env prod -m REASON",
    "undo line prod": "rollback line --env prod -m REASON",
    "deploy line --to prod": "deploy line --env prod",
    "deploy prod": "deploy --env prod",
    "deploy --dry-run line prod": "deploy line --dry-run --env prod",
    "promote prod line --downgrade": "promote line --downgrade --to prod",
    "promote line to prod": "promote line --to prod",
    "promote line v1.0.1 prod": "promote line@v1.0.1 --to prod",
    "promote line --stage prod": "promote line --to prod",
    "unassign prod line": "unassign line --env prod",
    "history prod": "history --env prod",
    "history prod line": "history line --env prod",
    "check line": "check --model line",
    "check prod": "check --promote-to prod",
    "check line prod": "check --model line --promote-to prod",
    "check --base HEAD line": "check --base HEAD --model line",
    "check line@v1.0.1": "check --rev line@v1.0.1",
    "check line@v1.0.1 prod": "check --rev line@v1.0.1 --promote-to prod",
    "report line": "report --model line",
}


def test_the_hint_has_all_that_was_typed_and_runs(live: Folder) -> None:
    for typed, wanted in WRITTEN.items():
        done = live.here(*typed.split())
        assert done.status in {Exit.USAGE, Exit.STATE}, (typed, done.err)
        assert command_of(done) == wanted.split(), (typed, done.err)
        words = (WHY if each == "REASON" else each for each in wanted.split())
        last = () if wanted.split()[0] in {"history", "check", "report"} else ("--dry-run",)
        tried = live.here(*words, *last)
        assert tried.status in {Exit.DONE, Exit.BLOCKED}, (typed, wanted, tried.err)


def test_a_hint_has_no_model_that_does_not_exist(live: Folder) -> None:
    done = live.here("check", "churn")
    assert (done.status, "`check` takes no arguments, not `churn`" in done.err) == (Exit.USAGE, True)
    assert hint_of(done) == "see `mlgit check --help`"
    done = live.here("check", "line")
    assert "`check` takes the model with `--model`" in done.err


def test_without_an_environment_the_hint_has_a_command_for_each(live: Folder) -> None:
    done = live.here("rollback", "line", "--deploy")
    assert hint_of(done) == (
        "run `mlgit rollback line --deploy --env prod -m REASON` or "
        "`mlgit rollback line --deploy --env staging -m REASON`"
    )


def test_a_wrong_environment_is_reported_before_a_reason_is_asked_for(live: Folder) -> None:
    done = live.here("rollback", "--env", "production")
    assert (done.status, "There is no environment `production`" in done.err) == (Exit.STATE, True)


def test_options_before_the_command_are_kept(live: Folder) -> None:
    done = live.here("-q", "rollback", "--env", "prod", "--to", "v1.0.0")
    assert command_of(done) == ["-q", "rollback", "--env", "prod", "--to", "v1.0.0", "-m", "REASON"]


@pytest.mark.parametrize("more", [(), ("--local",), ("--deploy",), ("--local", "--deploy")])
def test_a_second_rollback_continues_as_it_was_typed(live: Folder, more: tuple[str, ...]) -> None:
    argv = (*BACK, *more)
    assert live.here(*argv).status == Exit.DONE
    done = live.here(*argv)
    assert command_of(done) == [*argv, "--again"]
    done = pasted(live, done)
    assert done.status == Exit.DONE, done.err
    assert "from v1.0.1 to v1.0.0" in done.out


@pytest.mark.parametrize("more", [(), ("--again",), ("--to", "v1.0.0"), ("--deploy", "--again")])
def test_without_the_remote_the_way_round_keeps_what_was_typed(live: Folder, more: tuple[str, ...]) -> None:
    origin = live.path.parent / "origin.git"
    origin.rename(origin.with_name("away.git"))
    argv = (*BACK, *more)
    done = live.here(*argv)
    deploy = [] if "--deploy" in more else ["--deploy"]
    kept = [each for each in argv if each != "--deploy"]
    assert command_of(done) == [*kept, "--local", "--deploy"] or deploy == []
    assert set(command_of(done)) == {*argv, "--local", "--deploy"}
    done = pasted(live, done)
    assert "Deployed line@" in done.out or "was not deployed" in done.err, done.err


def test_promotions_and_releases_have_the_command_that_needs_no_remote(live: Folder) -> None:
    origin = live.path.parent / "origin.git"
    origin.rename(origin.with_name("away.git"))
    for argv in (("promote", "line@v1.0.1", "--to", "prod", "--downgrade"), ("unassign", "--env", "prod")):
        done = live.here(*argv)
        assert command_of(done) == [*argv, "--local"], done.err
        assert pasted(live, done).status == Exit.DONE
    done = live.here("deploy", "--env", "prod", "line", "--dry-run")
    assert command_of(done) == ["deploy", "--env", "prod", "line", "--dry-run", "--offline"]


def test_several_models_have_a_command_each_with_what_was_typed(live: Folder) -> None:
    config = (live / "mlgit.yaml").read_text(encoding="utf-8")
    live.write("mlgit.yaml", config.replace("models:\n", "models:\n  area: {path: models/area.json}\n"))
    live.commit("Declare another model")
    live.git("push", "-q")
    done = live.here(*BACK, "--deploy")
    # The other one was never there.
    assert hint_of(done) == (f"run `mlgit rollback line --env prod -m '{WHY}' --deploy`")
    done = live.here("rollback", "area", "line", "--env", "prod")
    assert (done.status, "see `mlgit rollback --help`" in done.err) == (Exit.USAGE, True)


@pytest.mark.parametrize("options", [("--bump", "major", "-m", WHY), ("--pre", "rc"), ("--dry-run",)])
def test_a_release_of_a_commit_that_has_a_version_keeps_its_options(
    live: Folder, options: tuple[str, ...]
) -> None:
    done = live.here("release", "line@v3.0.0" if options == ("--dry-run",) else "line", *options)
    assert done.status == Exit.STATE
    command = command_of(done)
    assert [each for each in command if each != "--commit"][2:] == [*options]
    tried = live.here(*command, *(() if "--dry-run" in options else ("--dry-run",)))
    assert tried.status == Exit.DONE, tried.err
