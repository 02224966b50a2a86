"""Rollbacks after someone emptied the environment, after another rollback, and holds that stay."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.tags import TAGS
from mlgit.errors import Exit, LostRace
from mlgit.operations import rollback as module
from mlgit.operations.rollback import rollback
from mlgit.project.release.change import make_change as write_change
from tests.support.registry import change, clone, close_all, opened
from tests.support.targets import folder_of, go_live, without_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Done, Folder

BACK = ("rollback", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def pasted(live: Folder, done: Done) -> Done:
    found = re.search("hint: .*?`mlgit ([^`]*)`", done.err)
    assert found is not None, done.err
    return live.here(*shlex.split(found[1]))


OUT = ("unassign", "--env", "prod")
# What happens before, and where rollbacks go one after the other.
AFTER: dict[str, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]] = {
    "emptied": ((OUT,), ("v1.0.2", "v1.0.1", "v1.0.0")),
    "rolled back, then emptied": ((BACK, OUT), ("v1.0.1", "v1.0.0")),
    "emptied twice": ((OUT, (*BACK, "--to", "v1.0.1"), OUT), ("v1.0.1", "v1.0.0")),
    "emptied, then rejected": (
        (OUT, ("unassign", "line", "--env", "staging"), ("deregister", "line@v1.0.2")),
        ("v1.0.1", "v1.0.0"),
    ),
    "emptied, then filled": ((OUT, ("promote", "line@v1.0.2", "--to", "prod")), ("v1.0.1", "v1.0.0")),
}


@pytest.mark.parametrize(("before", "versions"), AFTER.values(), ids=AFTER)
def test_a_rollback_goes_back_to_what_was_there_before_the_environment_was_emptied(
    live: Folder, before: tuple[tuple[str, ...], ...], versions: tuple[str, ...]
) -> None:
    for argv in before:
        change(live, *argv)
    reports = [change(live, *BACK, "--again") for _ in versions]
    assert tuple(each["version"] for each in reports) == versions
    empty = before[-1][0] in {"unassign", "deregister"}
    found = [note for note in reports[0]["notes"] if note.startswith("`prod` was empty: Ada took v1.0.")]
    assert bool(found) is empty
    assert not any("was empty" in note for each in reports[1:] for note in each["notes"])
    assert live.here(*BACK, "--again").status == Exit.STATE


def test_a_version_that_someone_took_out_is_put_back_by_the_hint(live: Folder) -> None:
    for version in ("v1.0.1", "v1.0.0"):
        change(live, *OUT)
        change(live, *BACK, "--to", version)
    change(live, *OUT)
    change(live, "promote", "line@v1.0.2", "--to", "prod")
    done = live.here(*BACK)
    assert done.status == Exit.STATE
    assert re.search(
        "`prod` can go back to: v1.0.0 was taken out\n  Ada took v1.0.0 out on .* UTC\n", done.err
    )
    assert "to put v1.0.0 back, run `mlgit promote line@v1.0.0 --to prod --downgrade`" in done.err
    named = live.here(*BACK, "--to", "v1.0.1")
    assert "hint: run `mlgit promote line@v1.0.1 --to prod --downgrade`" in named.err
    assert "use `mlgit rollback`" not in pasted(live, named).err
    assert "use `mlgit rollback`" not in pasted(live, done).err


def test_a_hold_is_shown_after_the_environment_was_emptied(live: Folder) -> None:
    change(live, *BACK)
    change(live, "unassign", "--env", "prod", "-m", "taken out")
    shown = live.here("status").out
    assert '! held: no automatic promotion ("p95 alarm")' in shown
    assert "next: mlgit promote" not in shown
    assert re.search(r"^line +- held", live.here("models").out, re.MULTILINE)
    assert "prod empty held" in live.here("status", "-s").out


@pytest.mark.parametrize("again", [(), ("--deploy",)])
def test_a_second_rollback_says_that_the_target_serves_something_else(
    live: Folder, again: tuple[str, ...]
) -> None:
    change(live, *BACK)
    done = live.here(*BACK, *again)
    assert done.status == Exit.STATE
    text = "the target serves v1.0.2; to deploy v1.0.1, run `mlgit deploy --env prod`"
    assert f"  {text}\n" in done.err
    change(live, *BACK, "--again")
    done = live.here(*BACK, *again)
    assert "Nothing is left that `prod` can go back to: v1." in done.err
    assert "  the target serves v1.0.2\n" in done.err
    assert "hint: to deploy v1.0.0, run `mlgit deploy --env prod`\n" in done.err
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    assert "to deploy" not in live.here(*BACK, *again).err


def test_the_loser_of_two_rollbacks_at_once_is_not_sent_back_again(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clone(live, "other")
    project = opened(live)
    write = write_change

    def late(*argv: object, **options: object) -> object:
        # In a process of its own: here, it would come round to this function.
        assert other.mlgit(*BACK[:-1], "I saw it, too").status == Exit.DONE
        return write(*argv, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "make_change", late)
    with pytest.raises(LostRace) as caught:
        rollback(project, "line", environment="prod", reason="worse")
    assert caught.value.hint == "`prod` holds v1.0.1 now; if that is right, run `mlgit deploy --env prod`"
    assert "the target serves v1.0.2" in caught.value.details


def test_the_rollback_is_printed_before_the_deployment_that_fails(live: Folder) -> None:
    (folder_of(live) / "current").unlink()
    (folder_of(live) / "current").mkdir()
    done = live.run("sh", "-c", f"python -m mlgit {shlex.join([*BACK, '--deploy'])} 2>&1")
    shown = without_times(live, done.out)
    first, second, *_ = shown.splitlines()
    assert first == "prod of line is rolled back to v1.0.1; deploying it"
    assert second == "Rolled back prod of line from v1.0.2 to v1.0.1"
    assert "! what the target serves is not known: /srv/models/line/current is not a link\n" in shown
    assert "  what is served is not known\n" in shown
    assert "on the machine that" not in shown
    assert TAGS not in shown
