"""Two people at night: what the second one reads before, instead of and after another rollback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone, tags_of
from tests.support.targets import folder_of, go_live, served, without_times
from tests.support.terminal import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Folder

BACK = ("rollback", "--env", "prod", "-m", "p95 alarm")
SERVED = "the target serves v1.0.2; to deploy v1.0.1, run `mlgit deploy --env prod`"


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def test_the_question_says_what_is_served_and_so_does_the_answer_no(live: Folder) -> None:
    change(live, *BACK)
    done = typed(live, "n\n", *BACK, "--deploy")
    assert done.status == Exit.STATE
    asked, _, rest = done.err.partition("Roll back again, to v1.0.0? [y/N]")
    assert asked.replace("\r", "").endswith(f"\n{SERVED}\n")
    assert f"hint: {SERVED}" in " ".join(rest.split())
    assert "--again" not in done.err
    assert served(folder_of(live)) == "v1.0.2"


@pytest.mark.parametrize("deploy", [(), ("--deploy",)])
def test_a_dry_run_records_nothing_so_it_needs_no_reason(live: Folder, deploy: tuple[str, ...]) -> None:
    before = tags_of(live)
    done = live.here("rollback", "--env", "prod", "--dry-run", *deploy)
    assert done.status == Exit.DONE, done.err
    note = "then v1.0.1 would be deployed to `/srv/models/line`, which serves v1.0.2 now"
    assert (note in " ".join(without_times(live, done.out).split())) is bool(deploy)
    assert tags_of(live) == before


def test_the_loser_of_a_race_reads_who_rolled_back_and_how_to_deploy_that(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _overtake(live, monkeypatch, "rollback", "line", "--env", "prod", "-m", "I saw it, too")
    done = live.here(*BACK, "--deploy")
    assert done.status == Exit.STATE
    assert without_times(live, done.err) == (
        'error: Ada rolled back `prod` from v1.0.2 to v1.0.1 2 s ago: "I saw it, too"; nothing was written\n'
        "  the target serves v1.0.2\n"
        "  hint: `prod` holds v1.0.1 now; if that is right, run `mlgit deploy --env prod`\n"
    )


WON: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a rollback": (
        ("rollback", "line", "--env", "prod", "-m", "p95 alarm"),
        'Ada rolled back `prod` of `line` to v1.0.1 1 s ago (line#prod#4): "p95 alarm"',
        "`prod` is held at v1.0.1 now, and a promotion would end that",
    ),
    "a promotion": (
        ("promote", "line@v1.0.1", "--to", "prod", "--downgrade", "-m", "p95 alarm"),
        'Ada promoted `line@v1.0.1` to `prod` 1 s ago (line#prod#4): "p95 alarm"',
        "`prod` holds v1.0.1 now",
    ),
    "an emptied environment": (
        ("unassign", "line", "--env", "prod"),
        "Ada unassigned `line@v1.0.2` from `prod` 1 s ago (line#prod!#4)",
        "`prod` is empty now",
    ),
}


@pytest.mark.parametrize(("first", "sentence", "now"), WON.values(), ids=WON)
@pytest.mark.parametrize(
    "mine",
    [("promote", "line@v1.0.1", "--to", "prod", "--downgrade"), ("unassign", "line", "--env", "prod")],
    ids=["promote", "unassign"],
)
def test_the_loser_of_a_race_reads_what_is_there_now_and_to_look_first(
    live: Folder,
    monkeypatch: pytest.MonkeyPatch,
    mine: tuple[str, ...],
    first: tuple[str, ...],
    sentence: str,
    now: str,
) -> None:
    if mine[0] == first[0] == "unassign":
        first = (*first, "-m", "leak")  # the same change in the same second would be one and the same tag
        sentence = f'{sentence}: "leak"'
    _overtake(live, monkeypatch, *first)
    done = live.here(*mine)
    assert done.status == Exit.STATE
    err = re.sub(r"\d+ s ago", "1 s ago", done.err)
    assert err == (
        f"error: {sentence}\n  nothing was written\n"
        f"  hint: {now}; see `mlgit history line --env prod` before you run this again\n"
    )


def _overtake(live: Folder, monkeypatch: pytest.MonkeyPatch, *argv: str) -> None:
    """Let another clone change something after the next command looked and before it pushes."""
    from mlgit.adapters.git.push import push_refs as push
    from mlgit.project import push_addresses

    bob = clone(live, "bob")

    def late(*args: object, **more: object) -> object:
        monkeypatch.setattr(push_addresses, "push_refs", push)
        change(bob, *argv)
        return push(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(push_addresses, "push_refs", late)


def test_ctrl_c_while_a_rollback_is_deployed_says_that_the_rollback_is_in_force(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlgit.adapters.target import local

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(local.LocalFolder, "switch", stopped)
    done = live.here(*BACK, "--deploy")
    assert (done.status, done.out) == (Exit.INTERRUPTED, "")
    assert done.err == (
        "prod of line is rolled back to v1.0.1; deploying it\n"
        "error: Interrupted; `prod` of `line` holds v1.0.1 by `line#prod!#4`, `line#prod#4`, pushed to "
        "origin, and its deployment did not end\n"
        "  hint: to deploy it, run `mlgit deploy --env prod`\n"
    )


def test_ctrl_c_while_the_tags_are_pushed_says_that_they_may_be_there(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlgit.adapters.git.push import push_refs as push
    from mlgit.project import push_addresses

    def stopped(*args: object, **more: object) -> None:
        push(*args, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(push_addresses, "push_refs", stopped)
    done = live.here(*BACK)
    assert (done.status, done.out) == (Exit.INTERRUPTED, "")
    assert done.err == (
        "error: Interrupted; `origin` may have the tags already: `line#prod!#4`, `line#prod#4`\n"
        "  hint: run `git fetch --tags origin`, then `mlgit status` shows what is there\n"
    )
    live.git("fetch", "-q", "--tags", "origin")
    assert "! the target still serves v1.0.2\n" in live.here("status").out


def _hanging(live: Folder, *, seconds: int = 60) -> Mapping[str, str]:
    live.git("remote", "set-url", "origin", "ssh://git@example.org/x.git")
    live.write("../silent", f"#!/bin/sh\nexec sleep {seconds}\n")
    (live.path.parent / "silent").chmod(0o755)
    return {"GIT_SSH_COMMAND": str(live.path.parent / "silent")}


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (
            (*BACK, "--deploy"),
            "`origin` does not answer; nothing was written",
            # At this address, the clone has seen none of its tags: `--local` would be refused.
            "has not seen it at `origin`, so it may be a fork's\n  hint: when `origin` works again",
        ),
        (
            ("deploy", "--env", "prod"),
            "`origin` does not answer, so newer tags may be missing; nothing was deployed",
            "run `mlgit deploy --env prod --offline`",
        ),
        (
            ("promote", "line", "--to", "prod"),
            "`origin` does not answer; nothing was written",
            "run `mlgit promote line --to prod --local`",
        ),
        (("push",), "`origin` does not answer; nothing was pushed", "check the network, VPN and proxy; "),
    ],
)
def test_a_remote_that_hangs_is_one_that_does_not_answer(
    live: Folder, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], message: str, hint: str
) -> None:
    from mlgit.adapters.git import push

    env = dict(_hanging(live))
    for name in ("PUSH_TIMEOUT_S", "ASK_TIMEOUT_S"):
        monkeypatch.setattr(push, name, 0.3)
    done = live.here(*argv, env=env)
    assert done.status == Exit.TOOL
    assert done.err.startswith(f"error: {message}\n")
    assert hint in done.err
    assert "did not answer within 0.3 s" in done.err


def test_a_remote_that_takes_long_is_named_on_a_terminal(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _hanging(live, seconds=4).items():
        monkeypatch.setenv(name, value)
    done = typed(live, "", *BACK)
    assert "Waiting for an answer to `git fetch`" in done.err
