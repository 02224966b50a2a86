"""An invalid `mlgit.yaml` in the working tree: what reads its rules from trunk works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


def _no_yaml(folder: Folder) -> None:
    folder.write("mlgit.yaml", "version: 1\nx")


def _conflict(folder: Folder) -> None:
    """A merge with a branch that edited the same line."""
    rules = (folder / "mlgit.yaml").read_text(encoding="utf-8")
    for branch, line in (("theirs", "# theirs"), ("mine", "# mine")):
        folder.git("switch", "-qc", branch, "main")
        folder.write("mlgit.yaml", f"{line}\n{rules}")
        folder.commit("Edit the first line")
    assert folder.run("git", "merge", "theirs").status == 1


def _folder(folder: Folder) -> None:
    (folder / "mlgit.yaml").unlink()
    (folder / "mlgit.yaml").mkdir()


WAYS = pytest.mark.parametrize("breaks", [_no_yaml, _conflict, _folder])


@WAYS
def test_the_registry_works_by_the_rules_of_trunk(
    deployable: Folder, breaks: Callable[[Folder], None]
) -> None:
    deployable.git("push", "-q", "--tags")
    for version, environment in (("v1.0.0", "prod"), ("v1.0.1", "staging"), ("v1.0.1", "prod")):
        assert deployable.here("promote", f"line@{version}", "--to", environment).status == Exit.DONE
    shown: list[tuple[str, ...]] = [("models",), ("show", "line"), ("show", "line#prod")]
    before = {words: deployable.here(*words).out for words in shown}
    breaks(deployable)
    for words, out in before.items():
        done = deployable.here(*words)
        assert (done.status, done.out.splitlines()[0]) == (Exit.DONE, out.splitlines()[0]), done.err
    why = ("-m", "Emergency")
    changes: list[tuple[str, ...]] = [
        ("rollback", "--env", "prod", *why),
        ("unassign", "line", "--env", "prod", *why),
        ("promote", "line@v1.0.1", "--to", "prod"),
        ("unassign", "line", "--env", "prod", *why),
        ("unassign", "line", "--env", "staging", *why),
        ("deregister", "line@v1.0.1", *why),
    ]
    for words in changes:
        done = deployable.here(*words)
        assert done.status == Exit.DONE, (words, done.err)


@WAYS
def test_what_only_the_invalid_file_may_declare_is_not_called_absent(
    staged: Folder, breaks: Callable[[Folder], None]
) -> None:
    breaks(staged)
    for words in (
        ("models", "other"),
        ("promote", "other", "--to", "prod"),
        ("release", "line"),
    ):
        done = staged.here(*words)
        assert done.status == Exit.CONFIG, (words, done.err)
        assert "`mlgit.yaml` is" in done.err
