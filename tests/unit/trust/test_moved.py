"""What to do about tags whose release is another one, or is not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.tags import fact
from tests.unit.trust.test_accept import V1, V2, ask, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

BACK = f"git update-ref refs/tags/m@v1.0.0 {'e' * 40}"
PUSH = "git push o refs/tags/m@v1.0.0"
OTHERWISE = "promote another version, or roll back"
FETCH = "run `git fetch --tags o`; if that does not bring it,"


@pytest.mark.parametrize(
    "tag",
    [
        moved("m#prod#1", 2, V1),
        moved("m#prod#1", 1, V1._replace(name=V2.name), oid=V1.oid),
        moved("m#prod#1", 1, V1._replace(tag="n@v1.0.0")),
        moved("m#prod#1", 1, V1._replace(tag="m#prod#9")),
    ],
)
def test_a_tag_that_does_not_fit_the_release_that_is_here_is_deleted(tag: TagFact) -> None:
    doubt = ask(V1, V2, tag).environment("prod").doubt
    assert doubt is not None
    assert doubt.hint == "if no one needs it, `git tag -d 'm#prod#1'` deletes it"


@pytest.mark.parametrize(
    ("there", "has", "remote", "asked", "hint"),
    [
        ((fact("m@v1.0.0", 1),), True, None, False, f"run `{BACK}`"),
        ((), True, None, False, f"`{BACK}` puts it back; otherwise {OTHERWISE}"),
        ((), False, None, False, OTHERWISE),
        ((), True, "o", False, f"{FETCH} `{BACK} && {PUSH}` puts it back; otherwise {OTHERWISE}"),
        ((), False, "o", False, f"{FETCH} run `{PUSH}` in a clone that has it; if none has, {OTHERWISE}"),
        ((), True, "o", True, f"`{BACK} && {PUSH}` puts it back; otherwise {OTHERWISE}"),
        ((), False, "o", True, f"run `{PUSH}` in a clone that has it; if none has, {OTHERWISE}"),
    ],
)
def test_a_missing_or_moved_release_has_a_repair(
    there: tuple[TagFact, ...], *, has: bool, remote: str | None, asked: bool, hint: str
) -> None:
    tag = moved("m#prod#1", 1, V1, oid="e" * 40)
    doubt = ask(*there, tag, has=lambda _: has, remote=remote, asked=asked).environment("prod").doubt
    assert doubt is not None
    deleted = "; if no one needs `m#prod#1`, `"
    assert doubt.hint.partition(deleted)[0] == hint
    assert (deleted in doubt.hint) is (not there)
    assert ("neither this clone nor `o` has" in doubt.why) is asked
    assert doubt.error().exit_code == (Exit.BLOCKED if there else Exit.STATE)
    # What the environment holds is not known in either case.
    assert doubt.doubt().exit_code == Exit.STATE
    assert str(doubt.doubt()).startswith(
        "What `prod` holds of `m` is not known here: the tag `m#prod#1` does"
    )
