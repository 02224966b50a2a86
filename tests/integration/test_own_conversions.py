"""What only this clone's settings change between the disk and Git is a finding of `mlgit doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


@pytest.fixture
def clone(empty_repository: Folder) -> Folder:
    empty_repository.write("data.csv", "a\nb\n")
    empty_repository.commit("Start")
    return empty_repository


def findings(folder: Folder) -> dict[str, dict[str, Any]]:
    found = folder.here("doctor", "--json").json()["findings"]
    return {each["id"]: each for each in found if each["id"] in {"own_attributes", "line_ends_changed"}}


@pytest.mark.parametrize("place", ["of the clone", "of the user", "of a setting"])
@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("*.csv filter=strip", True),
        ('"my data.csv" -text', True),
        ("*.csv eol=crlf", True),
        ("  *.csv diff=csv ident", True),
        ("*.csv binary", True),
        ("CHANGELOG.md merge=union", False),
        ("text diff=x", False),
        ("# *.csv filter=strip", False),
    ],
)
def test_attributes_of_this_clone_alone(clone: Folder, place: str, line: str, *, counts: bool) -> None:
    if place == "of the clone":
        path = clone.write(".git/info/attributes", f"{line}\n")
    elif place == "of a setting":
        path = clone.write(".git/attributes", f"{line}\n")
        clone.git("config", "core.attributesFile", str(path))
    else:
        path = clone.write(".git/config-home/git/attributes", f"{line}\n")
    env = {"XDG_CONFIG_HOME": str(clone / ".git/config-home")} if place == "of the user" else {}
    done = clone.run("mlgit", "doctor", env=env)
    assert ("Git may store other content here" in done.out) is counts
    assert (str(path) in done.out.replace("\n", "")) is counts


def stored_with_other_ends(clone: Folder) -> None:
    clone.git("config", "core.autocrlf", "input")
    (clone / "data.csv").write_bytes(b"a\r\nb\r\n")


def checked_out_with_other_ends(clone: Folder) -> None:
    clone.git("config", "core.autocrlf", "true")
    (clone / "data.csv").unlink()
    clone.git("checkout", "-q", "data.csv")


CHANGED: dict[str, Callable[[Folder], object]] = {
    "git add": stored_with_other_ends,
    "git checkout": checked_out_with_other_ends,
}


@pytest.mark.parametrize("kind", CHANGED)
def test_line_ends_that_only_a_setting_changes(clone: Folder, kind: str) -> None:
    CHANGED[kind](clone)
    found = findings(clone)["line_ends_changed"]
    assert found["subjects"] == ["data.csv"]
    assert clone.run("sh", "-c", found["repair"]).status == 0
    assert findings(clone) == {}


def test_line_ends_that_are_everywhere_the_same(clone: Folder) -> None:
    clone.git("config", "core.autocrlf", "input")
    assert findings(clone) == {}
    clone.write(".gitattributes", "*.csv text\n")
    (clone / "data.csv").write_bytes(b"a\r\nb\r\n")
    assert findings(clone) == {}
