"""What a statement names as an object's id is a whole id, and nothing else reaches git."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import MARK, parse_message, write_message
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.errors import Exit
from tests.integration.test_forged_tags import released

if TYPE_CHECKING:
    from tests.support.shell import Folder

__all__ = ("released",)  # the fixture

POLICIES = {
    "excludes the unmerged branch": "^{pr}",
    "a branch": "pr",
    "a branch of the remote": "origin/pr",
    "a short id": "{short}",
    "an option": "--all",
    "a zero byte": "\0x",
    "nothing": "",
    "a line more": "{trunk}\n^{pr}",
    "capitals": "{capitals}",
}


def forge(folder: Folder, policy: str) -> None:
    """Push `line#zzz#1`, whose statement has this policy, and a release of an unmerged commit."""
    folder.git("switch", "-qc", "pr")
    folder.write("README.md", "A pull request\n")
    folder.commit("Work")
    folder.git("push", "-q", "origin", "pr")
    pr, trunk = folder.git("rev-parse", "pr"), folder.git("rev-parse", "origin/main")
    stated = policy.format(pr=pr, short=pr[:10], trunk=trunk, capitals=trunk.upper())
    first = parse_message(folder.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n")
    assert isinstance(first, EnvironmentStatement)
    message = write_message("Move", "", replace(first, environment="zzz", sequence=1, policy=trunk))
    message = message.replace(json.dumps(trunk), json.dumps(stated))
    assert message.count(MARK) == 1
    put(folder, "line#zzz#1", message, "line@v1.0.0^{}")
    text = folder.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n"
    text = text.replace('"version":"v1.0.0"', '"version":"v9.0.0"')
    text = text.replace(folder.git("rev-parse", "line@v1.0.0^{}"), pr)
    text = text.replace(folder.git("rev-parse", "line@v1.0.0^{tree}"), folder.git("rev-parse", "pr^{tree}"))
    put(folder, "line@v9.0.0", text, "pr")


def put(folder: Folder, tag: str, message: str, commit: str) -> None:
    file = folder.write(".git/message", message)
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, commit)
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_stated_policy_cannot_make_an_unmerged_commit_count(released: Folder, policy: str) -> None:
    forge(released, policy)
    done = released.here("doctor")
    assert "bug in mlgit" not in done.err
    assert "`line#zzz#1`" in done.out
    for words in (("get", "line@v9.0.0", "-o", "out"), ("promote", "line@v9.0.0", "--to", "staging")):
        done = released.here(*words)
        assert done.status == Exit.BLOCKED, (words, done.err)
        assert "is not on origin/main" in done.err
    assert released.here("models").status == Exit.DONE
