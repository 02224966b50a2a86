"""Tags that do not count, and one that does: they never stop its deployment or that of other models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_forged_tags import forge
from tests.integration.test_refused_tags import plant
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Done, Folder

OWN, NEWER = "line#staging#1", "line#staging#2"
GATES = "gates:\n  drop: {metric: r2, vs: staging, max_drop: 0.01}\n"


def push(folder: Folder, source: str, tag: str) -> None:
    """Push an object under the name of a tag, and have it here as well."""
    folder.git("update-ref", f"refs/tags/{tag}", folder.git("rev-parse", source))
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


def half(folder: Folder) -> None:
    change(folder, "promote", "line@v1.0.1", "--to", "staging")
    folder.git("push", "-q", "origin", f":refs/tags/{NEWER}")
    folder.git("tag", "-d", NEWER)


# What is pushed after line#staging#1.
PASSED_OVER: dict[str, Callable[[Folder], None]] = {
    "no statement": lambda folder: plant(folder, NEWER, "line@v1.0.1^{}"),
    "made for another name": lambda folder: push(folder, f"refs/tags/{OWN}", NEWER),
    "unassigned without a statement": lambda folder: plant(folder, "line#staging!#2", "line@v1.0.0^{}"),
    "rejected without a statement": lambda folder: plant(folder, "line@v1.0.0!", "line@v1.0.0^{}"),
    "a version without a statement": lambda folder: plant(folder, "line@v9.0.0", "line@v1.0.0^{}"),
}
DOUBTFUL: dict[str, Callable[[Folder], None]] = {
    "lightweight": lambda folder: push(folder, "line@v1.0.1^{}", NEWER),
    "no gates": lambda folder: forge(folder, {"gates": ()}),
    "half": half,
}
# A tag of a model that is not declared.
STRANGERS: dict[str, Callable[[Folder], None]] = {
    "no statement": lambda folder: plant(folder, "evil#staging#1", "line@v1.0.0^{}"),
    "lightweight": lambda folder: push(folder, "line@v1.0.0^{}", "evil#staging#1"),
    "made for another name": lambda folder: push(folder, f"refs/tags/{OWN}", "evil#staging#1"),
    "a flawed statement": lambda folder: copied(folder, "evil#staging#1"),
}


def copied(folder: Folder, tag: str) -> None:
    """Push a tag with the statement of another one."""
    message = folder.git("cat-file", "tag", f"refs/tags/{OWN}").partition("\n\n")[2]
    file = folder.write(".git/message", f"{message}\n")
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, "line@v1.0.0^{}")
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


@pytest.fixture
def place(staged: Folder, tmp_path: Path) -> Path:
    """The folder that staging, which holds v1.0.0, is deployed to; v1.0.1 is on trunk."""
    folder = tmp_path / "served"
    text = (staged / "mlgit.yaml").read_text(encoding="utf-8").replace("gates:\n", GATES)
    staged.write("mlgit.yaml", f"{text}deploy:\n  staging: {{target: local, path: '{folder}'}}\n")
    staged.commit("Compare and deploy")
    staged.git("push", "-q")
    change(staged, "release", "line", "--force")
    return folder


def run_of(folder: Folder, tag: str) -> Done:
    return folder.here("ci", "tag", "--deploy", "--json", "--", tag)


@pytest.mark.parametrize("kind", PASSED_OVER)
def test_a_tag_that_changes_nothing_does_not_stop_a_deployment(
    staged: Folder, place: Path, kind: str
) -> None:
    PASSED_OVER[kind](staged)
    if kind in {"no statement", "made for another name"}:
        refused = run_of(staged, NEWER)
        assert (refused.status, refused.json()["deployment"]) == (Exit.BLOCKED, None)
        assert refused.json()["superseded"] is None
        if kind == "no statement":
            assert f"`staging` does not change: `{OWN}` decides what it holds" in refused.json()["notes"]
        assert not place.exists()
    done = run_of(staged, OWN)
    assert done.status == Exit.DONE, done.out + done.err
    found = done.json()
    assert (found["tag"], found["deploy"], found["superseded"]) == (OWN, True, None)
    assert found["deployment"]["state"] == "deployed"
    assert (place / "current" / "line.json").exists()
    notes = [note for note in found["notes"] if "does not count and changes nothing" in note]
    assert bool(notes) is (staged.git("tag", "-l", "line#staging*2") != "")
    assert staged.here("deploy", "--env", "staging", "--tag", OWN).status == Exit.DONE


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_where_it_is_not_known_what_is_there_nothing_is_deployed(
    staged: Folder, place: Path, kind: str
) -> None:
    DOUBTFUL[kind](staged)
    for argv in (["ci", "tag"], ["ci", "tag", "--deploy"], ["deploy", "--env", "staging", "--tag"]):
        done = staged.here(*argv, OWN)
        assert done.status == Exit.STATE, done.out + done.err
        assert re.search("[Ww]hat `staging` holds of `line` is not known here", done.err)
        assert "line#staging" in done.err.partition("not known here")[2]
    assert not place.exists()


def test_the_tag_that_does_not_count_is_not_called_missing(staged: Folder, place: Path) -> None:
    plant(staged, NEWER, "line@v1.0.1^{}")
    done = staged.here("deploy", "--env", "staging", "--tag", NEWER)
    assert done.status == Exit.BLOCKED
    assert f"The tag `{NEWER}` does not count: it has no statement" in done.err
    assert not place.exists()
    staged.git("push", "-q", "origin", f":refs/tags/{NEWER}")
    staged.git("tag", "-d", NEWER)
    half(staged)
    for argv in (["ci", "tag"], ["deploy", "--env", "staging", "--tag"]):
        done = staged.here(*argv, "line#staging!#2")
        assert done.status == Exit.STATE
        assert "is not known here" in done.err


def test_a_rejection_that_does_not_count_supersedes_no_version(staged: Folder) -> None:
    plant(staged, "line@v1.0.0!", "line@v1.0.0^{}")
    assert staged.here("ci", "tag", "--json", "line@v1.0.0").json()["superseded"] is None
    staged.git("push", "-q", "origin", ":refs/tags/line@v1.0.0!")
    staged.git("tag", "-d", "line@v1.0.0!")
    change(staged, "unassign", "line", "--env", "staging")
    change(staged, "deregister", "line@v1.0.0", "-m", "Wrong")
    assert staged.here("ci", "tag", "--json", "line@v1.0.0").json()["superseded"] == "line@v1.0.0!"


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_model_that_only_such_tags_put_there_has_no_folder(staged: Folder, place: Path, kind: str) -> None:
    STRANGERS[kind](staged)
    done = staged.here("deploy", "--env", "staging", "--json")
    assert done.status == Exit.DONE, done.out + done.err
    assert [each["model"] for each in done.json()["deployments"]] == ["line"]
    assert run_of(staged, OWN).status == Exit.DONE
    assert (place / "current" / "line.json").exists()
