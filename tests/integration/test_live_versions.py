"""Which version counts and which is live: one repository of every kind, and every command that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.integration.test_forged_tags import forge, released
from tests.integration.test_refused_tags import plant
from tests.support.registry import allow_foreign_tags, change, valid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

__all__ = ("released",)  # the fixture


def lightweight(folder: Folder) -> None:
    folder.git("tag", "line#staging#7", "line@v1.0.1^{}")
    folder.git("push", "-q", "origin", "refs/tags/line#staging#7")


def allowed(folder: Folder) -> None:
    allow_foreign_tags(folder)
    plant(folder, "line#staging#7", "line@v1.0.1^{}")


def rejected(folder: Folder) -> None:
    change(folder, "promote", "line@v1.0.1", "--to", "staging")
    change(folder, "rollback", "line", "--env", "staging", "-m", "Broken")
    change(folder, "deregister", "line@v1.0.1", "-m", "Broken")


# What was done to a repository with v1.0.0 in staging and v1.0.1 on trunk -> what counts in staging.
# None: nothing is there, or no command says what is.
KINDS: dict[str, tuple[Callable[[Folder], Any], str | None]] = {
    "nothing": (lambda folder: folder, "v1.0.0"),
    "promoted": (lambda folder: change(folder, "promote", "line@v1.0.1", "--to", "staging"), "v1.0.1"),
    "emptied": (lambda folder: change(folder, "unassign", "line", "--env", "staging"), None),
    "rejected and rolled back": (rejected, "v1.0.0"),
    "assigned by hand": (lambda folder: plant(folder, "line#staging#7", "line@v1.0.1^{}"), "v1.0.0"),
    "emptied by hand": (lambda folder: plant(folder, "line#staging!#7", "line@v1.0.0^{}"), "v1.0.0"),
    "assigned by hand, allowed": (allowed, "v1.0.1"),
    "assigned with a lightweight tag": (lightweight, None),
    "a version by hand on its commit": (
        lambda folder: plant(folder, "line@v9.0.0", "line@v1.0.1^{}"),
        "v1.0.0",
    ),
    "its release was moved": (lambda folder: plant(folder, "line@v1.0.0", "line@v1.0.1^{}"), None),
    "forged with an old policy": (lambda folder: forge(folder, {"policy": "main~1"}), None),
    "forged without gates": (lambda folder: forge(folder, {"gates": ()}), None),
    "forged as a rollback": (lambda folder: forge(folder, {"action": "rollback"}), None),
    "written elsewhere": (lambda folder: forge(folder, {}), "v1.0.1"),
}
# These need a look at every statement, which would slow `models` and `status`.
ONLY_SHOW = ("forged with an old policy", "forged without gates", "forged as a rollback")


def shown(entry: dict[str, Any]) -> str | None:
    """What an entry of an environment says that counts there."""
    if entry["known"] == "no":
        return None
    return str(entry["counts"]) if entry["refused"] and entry["counts"] else _plain(entry)


def _plain(entry: dict[str, Any]) -> str | None:
    version = None if entry["refused"] else entry["version"]
    return None if version is None else str(version)


@pytest.mark.parametrize(("kind"), KINDS)
def test_every_command_shows_the_same_version_as_live(released: Folder, kind: str) -> None:
    act, live = KINDS[kind]
    act(released)
    answers: dict[str, str | None] = {}
    got = released.here("get", "line#staging", "-o", "out", "--json")
    answers["get"] = str(got.json()["version"]) if got.status == Exit.DONE else None
    shows: list[tuple[str, ...]] = [("show", "line"), ("show", "line#staging")]
    if kind not in ONLY_SHOW:
        shows += [("models",), ("status",)]
    for argv in shows:
        record = valid(released.here(*argv, "--json"), argv[0])
        model = record["model"] if argv[0] == "show" else record["models"][0]
        (entry,) = [each for each in model["environments"] if each["environment"] == "staging"]
        answers[" ".join(argv)] = shown(entry)
    for version in ("v1.0.0", "v1.0.1"):
        record = valid(released.here("show", f"line@{version}", "--json"), "show")
        if "staging" in record["version"]["environments"]:
            answers[f"show line@{version}"] = version
    assert set(answers.values()) == {live}, answers


@pytest.mark.parametrize(("kind"), KINDS)
def test_history_marks_what_no_command_takes_as_live(released: Folder, kind: str) -> None:
    act, live = KINDS[kind]
    act(released)
    events = valid(released.here("history", "--json"), "history")["events"]
    of_staging = [each for each in events if each["environment"] == "staging"]
    counting = [each for each in of_staging if each["refused"] is None]
    if live is not None:
        assert counting[0]["label"] == live
    elif of_staging and kind not in {"emptied", "assigned with a lightweight tag"}:
        assert of_staging[0]["refused"] is not None


@pytest.mark.parametrize(("kind"), KINDS)
def test_a_rollback_never_goes_to_what_is_live_or_does_not_count(released: Folder, kind: str) -> None:
    act, live = KINDS[kind]
    act(released)
    done = released.here("rollback", "line", "--env", "staging", "-m", "Complaints", "--dry-run", "--json")
    if done.status == Exit.DONE:
        assert done.json()["version"] not in {live, "v9.0.0"}


def test_the_merge_job_refuses_a_version_by_hand_as_release_does(released: Folder) -> None:
    released.commit("Go on")
    released.git("push", "-q")
    plant(released, "line@v9.0.0")
    why = "`line@v9.0.0` is at this commit"
    for argv in (("release", "line"), ("ci", "merged", "-o", "reports")):
        done = released.here(*argv)
        assert done.status != Exit.DONE, done.out
        assert why in done.out + done.err


def test_the_screens_say_what_counts_where_nothing_is_shown(released: Folder) -> None:
    plant(released, "line#staging!#7", "line@v1.0.0^{}")
    for argv in (("models",), ("status",), ("show", "line"), ("show", "line#staging")):
        assert "what emptied it does not count" in released.here(*argv).out
        assert "v1.0.0 counts there" in released.here(*argv).out


def test_the_screens_say_what_counts_instead(released: Folder) -> None:
    plant(released, "line#staging#7", "line@v1.0.1^{}")
    for argv in (("models",), ("status",)):
        assert "v1.0.1 in line#staging does not count" in released.here(*argv).out
    assert "mlgit answers v1.0.0" in released.here("doctor").out
