"""Every reader of a reference, with every form of a tag's name and every kind of tag: Git never answers."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, results

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Done, Folder

NAMES = ("line@v9.0.0", "line#staging#7", "line#other#1", "line@v9.0.0#2")
SPELLINGS = ("{}", "tags/{}", "refs/tags/{}", "{}^{{}}", "{}~0", "{}^0")
READERS: dict[str, tuple[str, ...]] = {
    "get": ("get", "{}", "-o", "out"),
    "get --repo": ("get", "--repo", ".", "{}", "-o", "out"),
    "diff": ("diff", "{}"),
    "show": ("show", "{}"),
    "base": ("check", "--base", "{}"),
    "candidate": ("check", "--rev", "{}"),
    "experiments": ("experiments", "{}"),
}
ACTING = ("get", "get --repo")
COUNTLESS = "does not count"


@pytest.fixture
def unmerged(staged: Folder) -> Folder:
    """The project with a branch that was never merged, and its commit."""
    staged.git("checkout", "-q", "-b", "topic")
    staged.commit("Never merged")
    staged.git("push", "-q", "origin", "topic")
    staged.git("checkout", "-q", "main")
    return staged


def read(folder: Folder, reader: str, text: str) -> Done:
    return folder.here(*(part.format(text) for part in READERS[reader]))


def test_no_reader_takes_a_lightweight_tag_for_what_its_name_says(unmerged: Folder) -> None:
    for name in NAMES:
        unmerged.git("tag", name, "topic")
    for reader, name, spelling in product(READERS, NAMES, SPELLINGS):
        done = read(unmerged, reader, spelling.format(name))
        assert done.status == Exit.STATE, (reader, name, spelling, done.out)
        assert f"`{name}` {COUNTLESS}: it is lightweight" in done.err, (reader, name, spelling)
        assert "git fetch --force --tags origin" in done.err


def test_no_reader_that_acts_takes_a_tag_without_statement(unmerged: Folder) -> None:
    for name in NAMES:
        plant(unmerged, name, "topic")
    for reader, name, spelling in product(ACTING, NAMES, SPELLINGS):
        done = read(unmerged, reader, spelling.format(name))
        assert done.status == Exit.BLOCKED, (reader, name, spelling, done.out)
        assert f"`{name}` {COUNTLESS}: it has no statement" in done.err, (reader, name, spelling)


def test_a_branch_under_such_a_name_is_not_taken(unmerged: Folder) -> None:
    for name in NAMES:
        unmerged.git("branch", name, "topic")
    for reader, name in product(READERS, NAMES):
        done = read(unmerged, reader, name)
        assert done.status == Exit.STATE, (reader, name, done.out)
        assert f"`{name}` is not an environment, version or revision" in done.err


def test_what_only_looks_like_a_tag_of_a_model_is_a_revision(unmerged: Folder) -> None:
    unmerged.git("branch", "fix#12", "topic")
    described = f"line@v1.0.0-1-g{unmerged.git('rev-parse', '--short', 'topic')}"
    for text in ("fix#12", "fix#12~0", described, "line@v1.0.0~0", "line@v1.0.0^{}", "tags/line@v1.0.0"):
        done = read(unmerged, "diff", text)
        assert done.status == Exit.DONE, (text, done.err)


def test_an_assignment_is_read_by_its_tag(unmerged: Folder) -> None:
    for text in ("line#staging#1", "tags/line#staging#1", "line@v1.0.0^{}"):
        done = unmerged.here("get", text, "-o", "out", "--json")
        assert done.status == Exit.DONE, done.err
        assert done.json()["version"] == "v1.0.0"
        assert done.json()["stated"] is True


KINDS: dict[str, Callable[[Folder, str], object]] = {
    "lightweight": lambda folder, name: folder.git("tag", "-f", name, "topic"),
    "no statement": lambda folder, name: plant(folder, name, "topic"),
    "gone": lambda folder, name: folder.git("tag", "-d", name),
    "gone, and a branch of that name": lambda folder, name: folder.git("branch", name, "topic"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["line@v1.0.0", "line#staging#1"])
@pytest.mark.parametrize("spelling", ["{}", "tags/{}", "{}^{{}}"])
def test_a_gate_compares_with_the_release_that_it_names_or_with_nothing(
    unmerged: Folder, kind: str, name: str, spelling: str
) -> None:
    config = (unmerged / "mlgit.yaml").read_text(encoding="utf-8")
    vs = spelling.format(name)
    gate = f'gates:\n  drop: {{metric: r2, vs: "{vs}", max_drop: 0.01}}\n'
    unmerged.write("mlgit.yaml", f"{config.partition('gates:')[0]}{gate}environments: {{staging: {{}}}}\n")
    unmerged.commit("Compare with one release")
    unmerged.git("push", "-q", "origin", "main")
    assert _outcomes(unmerged, Exit.DONE) == ["pass"]
    if "branch" in kind:
        unmerged.git("tag", "-d", name)
    KINDS[kind](unmerged, name)
    assert _outcomes(unmerged, Exit.BLOCKED) == ["error"]


def _outcomes(folder: Folder, status: int) -> list[str]:
    return [outcome for outcome, *_ in results(check(folder, status=status)).values()]
