"""A repository that GTO tagged, before and after `foreign_tags: allow` is removed from `mlgit.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.registry import allow_foreign_tags

if TYPE_CHECKING:
    from tests.support.shell import Folder

WHY = "it has no statement, so mlgit did not write it"
CONFIG = """\
version: 1
models:
  line: {path: models/line.json}
environments: {test: {}, qa: {}, prod: {}}
deploy:
  qa: {target: local, path: "served/{model}"}
"""
# The verbs that the comment in the `mlgit.yaml` of `mlgit init` names.
VERBS: dict[str, list[str]] = {
    "promote": ["promote", "line@v0.1.0", "--to", "test"],
    "deploy": ["deploy", "--env", "qa"],
    "get": ["get", "line@v0.1.0", "-o", "out"],
    "roll back": ["rollback", "line", "--env", "prod", "-m", "Complaints"],
}


@pytest.fixture
def adopted(project: Folder) -> Folder:
    """v0.1.0 was tagged by hand, as GTO does it, and put into qa and prod; mlgit promoted v1.0.0 to prod."""
    project.write("mlgit.yaml", CONFIG)
    project.commit("Declare environments")
    project.git("push", "-q", "origin", "HEAD:main")
    plant(project, "line@v0.1.0")
    plant(project, "line#qa#1")
    plant(project, "line#prod#1")
    allow_foreign_tags(project)
    project.commit("Go on")
    project.git("push", "-q", "origin", "HEAD:main")
    for argv in (("release", "line", "--force"), ("promote", "line@v0.1.1", "--to", "prod")):
        done = project.here(*argv)
        assert done.status == Exit.DONE, done.err
    return project


def forbid(project: Folder) -> None:
    """Remove the line again."""
    text = (project / "mlgit.yaml").read_text(encoding="utf-8").replace("foreign_tags: allow\n", "")
    project.write("mlgit.yaml", text)
    project.commit("Count only the tags of mlgit")
    project.git("push", "-q", "origin", "HEAD:main")


@pytest.mark.parametrize("argv", VERBS.values(), ids=VERBS)
def test_what_init_writes_about_the_line_is_true(adopted: Folder, argv: list[str]) -> None:
    done = adopted.here(*argv, *([] if argv[0] == "get" else ["--dry-run"]))
    assert done.status == Exit.DONE, done.err
    forbid(adopted)
    done = adopted.here(*argv)
    assert argv[0] == "deploy" or done.status != Exit.DONE, done.out
    assert WHY in done.out + done.err
    assert "write `foreign_tags: allow`" in done.out + done.err
    for word in VERBS:
        assert word in " ".join(_comment())


def test_a_rollback_names_the_tag_that_keeps_it_from_going_back(adopted: Folder) -> None:
    forbid(adopted)
    done = adopted.here("rollback", "line", "--env", "prod", "-m", "Complaints")
    assert done.status == Exit.STATE
    assert "`prod` has no version of `line` before v0.1.1 to go back to" in done.err
    assert f"The tag `line#prod#1` does not count: {WHY}" in done.err
    allow_foreign_tags(adopted)
    assert adopted.here("rollback", "line", "--env", "prod", "-m", "Complaints").status == Exit.DONE


def test_a_rollback_says_which_tags_it_passes_over(adopted: Folder) -> None:
    forbid(adopted)
    adopted.commit("Go on")
    adopted.git("push", "-q", "origin", "HEAD:main")
    plant(adopted, "line#prod#3", "line@v0.1.0^{}")
    adopted.here("release", "line", "--force")
    assert adopted.here("promote", "line@v0.1.2", "--to", "prod").status == Exit.DONE
    done = adopted.here("rollback", "line", "--env", "prod", "-m", "Complaints")
    assert done.status == Exit.DONE, done.err
    assert "from v0.1.2 to v0.1.1" in done.out
    assert "`line#prod#3` does not count and is skipped" in done.out


def test_a_newer_tag_that_does_not_count_is_not_blamed(staged: Folder) -> None:
    plant(staged, "line#staging#7", "line@v1.0.0^{}")
    done = staged.here("rollback", "line", "--env", "staging", "-m", "Complaints")
    assert done.status == Exit.STATE
    assert "staging#7" not in done.err
    assert "`mlgit unassign line --env staging`, which only records" in done.err


def _comment() -> list[str]:
    from mlgit.core.overview.first_config import compose

    text = compose((), (), (), foreign_tags=True)
    return [line for line in text.splitlines() if line.startswith("#")][-2:]
