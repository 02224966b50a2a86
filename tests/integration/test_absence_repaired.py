"""Kinds of clones: `doctor` names what `check` misses, and commands that write tags act alike in all."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.clone_kinds import CUT, WHOLE, build, cloned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

FINDINGS = {
    "no-tags": {"tags_not_fetched"},
    "depth-1": {"shallow_clone", "single_branch", "no_trunk"},
    "single": {"single_branch"},
    "single-topic": {"single_branch", "no_trunk"},
    "never-fetched": {"never_fetched", "no_trunk"},
}
# Without its remote a clone has the tags of that moment and acts on no others.
OTHERS = [kind for kind in (*WHOLE, *CUT) if kind not in {"plain", "no-remote"}]
COMMANDS = (
    ("release", "net"),
    ("release", "net", "--pre", "rc"),
    ("promote", "net", "--to", "prod"),
    ("promote", "net@v1.0.0", "--to", "prod"),
    ("rollback", "net", "--env", "prod", "-m", "Back"),
    ("unassign", "net", "--env", "prod"),
)


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("origins")
    build(top)
    return top


def _doctor(clone: Folder) -> dict[str, str]:
    """Finding -> repair, of those that say that something is wrong."""
    found = clone.here("doctor", "--json").json()["findings"]
    return {each["id"]: each["repair"] for each in found if each["severity"] != "info"}


def _unknown(clone: Folder) -> bool:
    """Whether a gate has no answer because of this clone."""
    verdict = clone.here("check", "--json").json()["verdict"]
    codes = {result["reason"] for result in verdict["results"]} | {note["code"] for note in verdict["notes"]}
    return bool({code for code in codes if code and code.endswith(("unknown_here", "unknown"))})


@pytest.mark.parametrize(("kind", "state"), list(product(CUT, ("none", "present"))))
def test_doctor_finds_something_as_long_as_check_misses_something(
    origins: Path, tmp_path: Path, kind: str, state: str
) -> None:
    clone = cloned(origins, tmp_path, kind, state)
    found = _doctor(clone)
    assert found.keys() == FINDINGS[kind]
    assert _unknown(clone)
    for repair in dict.fromkeys(found.values()):
        assert clone.run("sh", "-c", repair).status == 0
        assert bool(_doctor(clone)) is _unknown(clone)
    assert _doctor(clone) == {}
    assert not _unknown(clone)


@pytest.mark.parametrize(("kind", "state"), list(product(CUT, ("none", "present"))))
def test_a_repair_that_does_not_reach_the_remote_hides_nothing(
    origins: Path, tmp_path: Path, kind: str, state: str
) -> None:
    clone = cloned(origins, tmp_path, kind, state)
    url = clone.git("remote", "get-url", "origin").strip()
    (repair,) = set(_doctor(clone).values())
    clone.git("remote", "set-url", "origin", str(tmp_path / "away"))
    assert clone.run("sh", "-c", repair).status != 0
    clone.git("remote", "set-url", "origin", url)
    assert _unknown(clone)
    assert _hints(clone.here("models").out) != []
    (repair,) = set(_doctor(clone).values())
    assert clone.run("sh", "-c", repair).status == 0
    assert not _unknown(clone)


@pytest.mark.parametrize(("kind", "state"), list(product(CUT, ("none", "present"))))
def test_every_screen_names_the_same_command_for_what_a_clone_lacks(
    origins: Path, tmp_path: Path, kind: str, state: str
) -> None:
    clone = cloned(origins, tmp_path, kind, state)
    verdict = clone.here("check", "--json").json()["verdict"]
    hints = [each["hint"] for each in (*verdict["results"], *verdict["notes"]) if each["effect"] == "block"]
    named = {"doctor": set(_doctor(clone).values()), "check": {_command(each) for each in hints if each}}
    named["status"] = {clone.here("status", "--json").json()["next"]["command"]}
    for argv in (("check",), ("ci", "pr")):
        out = clone.here(*argv).out
        named[" ".join(argv)] = {*named["check"], *re.findall(r"^next: (.*)$", out, re.MULTILINE)}
    named["models"] = {_command(each) for each in _hints(clone.here("models").out)}
    named["diff"] = {_command(each) for each in _hints(clone.here("diff").err)}
    (command,) = named["doctor"]
    assert {screen: each for screen, each in named.items() if not each <= {command}} == {}
    assert named["status"] == {command}


@pytest.mark.parametrize("kind", CUT)
def test_no_number_of_versions_and_no_age_of_tags_is_claimed(
    origins: Path, tmp_path: Path, kind: str
) -> None:
    clone = cloned(origins, tmp_path, kind, "present")
    for argv in (("models",), ("show", "net"), ("history",)):
        assert clone.here(*argv, "--json").json()["tags_as_of"] is None
        assert "ago" not in clone.here(*argv).out.splitlines()[-1]
    row = next(line for line in clone.here("models").out.splitlines() if line.startswith("net"))
    assert row.endswith("?")
    (tmp_path / "whole").mkdir()
    whole = cloned(origins, tmp_path / "whole", "plain", "present")
    whole.git("fetch", "-q")
    assert whole.here("models", "--json").json()["tags_as_of"] is not None


def _hints(text: str) -> list[str]:
    return re.findall(r"hint: (.*)", text)


def _command(hint: str) -> str:
    return hint.removeprefix("run `").partition("`")[0]


def test_after_only_the_history_was_fetched_doctor_and_check_agree(origins: Path, tmp_path: Path) -> None:
    clone = cloned(origins, tmp_path, "depth-1", "present")
    clone.git("fetch", "-q", "--unshallow", "--tags")
    assert _doctor(clone).keys() == {"single_branch", "no_trunk"}
    assert _unknown(clone)


@pytest.mark.parametrize("kind", WHOLE)
def test_doctor_finds_nothing_in_a_whole_clone(origins: Path, tmp_path: Path, kind: str) -> None:
    guessed = {"trunk_guessed"} if kind == "no-head" else set()
    assert _doctor(cloned(origins, tmp_path, kind, "none")).keys() == guessed


def _require_repair_of_branches(clone: Folder, argv: tuple[str, ...]) -> None:
    done = clone.here(*argv, "--dry-run")
    if done.status != Exit.DONE:  # already released
        assert done.status == Exit.STATE
        assert "is not on a branch of `origin` that this clone fetches" in done.err
        assert "'+refs/heads/*:refs/remotes/origin/*' && git remote set-branches --add origin '*'" in done.err


@pytest.mark.parametrize(("kind", "state"), list(product(OTHERS, ("none", "present"))))
def test_what_changes_the_registry_acts_alike_in_every_clone(
    origins: Path, tmp_path: Path, kind: str, state: str
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "clone").mkdir()
    plain = cloned(origins, tmp_path / "plain", "plain", state)
    clone = cloned(origins, tmp_path / "clone", kind, state)
    for argv in COMMANDS:
        if kind == "single" and "--pre" in argv:  # it cannot know that `topic` was pushed
            _require_repair_of_branches(clone, argv)
            continue
        wanted, found = plain.here(*argv, "--dry-run"), clone.here(*argv, "--dry-run")
        assert found.status == wanted.status, argv
        # Ids have the time in them, and a clone may have to guess which branch is trunk.
        lines = [re.sub(r", \d+ warnings?$", "", done.out.partition("\n")[0]) for done in (found, wanted)]
        assert lines[0] == lines[1], argv
        assert found.err.splitlines()[:1] == wanted.err.splitlines()[:1], argv
