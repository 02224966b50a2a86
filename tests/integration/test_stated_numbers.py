"""`mlgit ci tag`: a release that states other numbers than its commit has is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

MAE = "metrics/test.json:mae"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (f'"{MAE}":"0.055"', f'"{MAE}":"0.001"', f"it states {MAE} 0.001, and its commit has 0.055"),
        (f'"{MAE}":"0.055"', f'"{MAE}":"0.055","{MAE}2":"1"', f"it states {MAE}2 1, and its commit has none"),
        ('train.slope":"1.99"', 'train.slope":"2.0"', "it states params.yaml:train.slope 2.0, and"),
        ('"src/train.py":"md5:', '"src/train.py":"md5:0', "it states src/train.py md5:0"),
    ],
    ids=["metric", "no metric", "parameter", "input"],
)
def test_a_release_states_the_numbers_of_its_commit(staged: Folder, old: str, new: str, text: str) -> None:
    message = staged.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n"
    commit = staged.git("rev-parse", "line@v1.0.0^{commit}")
    assert old in message
    assert staged.here("ci", "tag", "line@v1.0.0").status == Exit.DONE
    staged.git("push", "-q", "origin", ":refs/tags/line@v1.0.0")
    staged.git("tag", "-d", "line@v1.0.0")
    arguments = ("-a", "line@v1.0.0", commit, "--cleanup=verbatim", "-m", message.replace(old, new))
    staged.git("tag", *arguments)
    staged.git("push", "-q", "origin", "refs/tags/line@v1.0.0")
    done = staged.here("ci", "tag", "line@v1.0.0", "--json")
    assert done.status == Exit.BLOCKED, done.out
    (proof,) = [each for each in done.json()["proofs"] if each["state"] == "fail"]
    assert (proof["check"], text in proof["message"]) == ("files", True), proof
    assert f"`line@v1.0.0` of Ada does not state what its commit has: {text}" in staged.here("doctor").out
    # `show` and `history` print what the commit has.
    shown = staged.here("show", "line@v1.0.0").out
    assert "(its tag states " in shown
    assert "built by: local, as its tag states" in shown
    points = staged.here("history", "line", "--metric", "mae").out
    assert "0.055" in points
    assert ("its tag states 0.001" in points) is ("0.001" in new)
