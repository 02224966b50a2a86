"""Names in the way: tags that count for nothing, and with which Git cannot have the next tag of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import findings, plant
from tests.support.registry import allow_foreign_tags

if TYPE_CHECKING:
    from tests.support.shell import Folder

BLOCKERS = ("line#prod#1/x", "line#staging!#2/x", "line#staging#3/x/y", "line@v1.0.1/x")


def test_the_next_tags_pass_over_names_that_git_cannot_have(staged: Folder) -> None:
    for tag in BLOCKERS:
        staged.git("push", "-q", "origin", f"HEAD:refs/tags/{tag}")
    staged.write("README.md", "words\n")
    staged.commit("Go on")
    staged.git("push", "-q")
    for argv in (
        ("release", "line", "--force"),
        ("promote", "line@v1.0.2", "--to", "staging"),
        ("promote", "line@v1.0.2", "--to", "prod"),
        ("rollback", "line", "--env", "staging", "-m", "urgent"),
        ("unassign", "line", "--env", "prod"),
    ):
        done = staged.here(*argv)
        assert done.status == Exit.DONE, (argv, done.err)
    tags = staged.git("tag").splitlines()
    assert {"line@v1.0.2", "line#staging#4", "line#staging#5", "line#prod#2", "line#prod!#3"} <= set(tags)
    assert {each["subjects"][0] for each in findings(staged, "unreadable_tag")} == set(BLOCKERS)
    assert not findings(staged, "malformed_tag")


def test_a_tag_that_cannot_be_passed_over_is_named_with_the_command_that_deletes_it(staged: Folder) -> None:
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    tag = "line@v1.0.0!/x"
    staged.git("push", "-q", "origin", f"HEAD:refs/tags/{tag}")
    done = staged.here("deregister", "line@v1.0.0")
    assert done.status == Exit.TOOL
    assert f"`origin` cannot take `line@v1.0.0!`, because it has `{tag}`: Git cannot have both" in done.err
    command = f"git push origin ':refs/tags/{tag}' && git tag -d '{tag}'"
    assert f"`{command}` deletes it for everyone" in done.err
    staged.ok("sh", "-c", command)
    assert staged.here("deregister", "line@v1.0.0").status == Exit.DONE


@pytest.mark.parametrize("counter", ["9" * 15, "9" * 200, "02"])
def test_an_absurd_counter_of_a_tag_that_does_not_count_is_not_followed(staged: Folder, counter: str) -> None:
    plant(staged, f"line#staging#{counter}")
    plant(staged, "line#prod#9")
    assert staged.here("promote", "line", "--to", "prod").status == Exit.DONE
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert {"line#prod#10", "line#staging!#2"} <= set(staged.git("tag").splitlines())


def test_after_the_highest_counter_the_tag_that_has_it_is_named(staged: Folder) -> None:
    allow_foreign_tags(staged)
    tag = f"line#staging#{'9' * 15}"
    plant(staged, tag, "line@v1.0.0^{}")
    done = staged.here("unassign", "line", "--env", "staging")
    assert done.status == Exit.STATE
    assert f"No number is left for `staging` of `line` after `{tag}`" in done.err
    assert f"git push origin ':refs/tags/{tag}'" in done.err
