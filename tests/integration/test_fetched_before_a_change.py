"""Before a change, all is fetched that decides about it: former names, other models, branches and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone, train, train_into

if TYPE_CHECKING:
    from tests.support.shell import Folder

WORSE, BETTER = "1.5", "1.99"


def rules(project: Folder, text: str) -> None:
    """Replace the gates on trunk, and declare a second model."""
    found = (project / "mlgit.yaml").read_text(encoding="utf-8")
    head, _, rest = found.partition("gates:\n")
    after = rest[rest.index("\nenvironments:") :] if "\nenvironments:" in rest else ""
    project.write("mlgit.yaml", f"{head}gates:\n{text}{after}")
    project.commit("Other gates")
    project.git("push", "-q", "origin", "HEAD:main")


GATE = "  drop: {{metric: r2, vs: '{vs}', max_drop: 0.00001, when: promote, model: line}}\n"


@pytest.fixture
def bob(project: Folder, request: pytest.FixtureRequest) -> Folder:
    """A clone that fetched before the best model of all was released, marked and put on `stable`."""
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", text.replace("models:\n", "models:\n  other: {path: params.yaml}\n"))
    rules(project, GATE.format(vs=request.param))
    train(project, "0.5")
    project.git("tag", "-a", "-m", "First", "golden")
    project.git("push", "-q", "origin", "golden", "HEAD:refs/heads/stable")
    change(project, "release", "other")
    found = clone(project, "bob")
    train(project, BETTER)
    project.git("tag", "-f", "-a", "-m", "Second", "golden")
    project.git("push", "-q", "-f", "origin", "golden", "HEAD:refs/heads/stable")
    change(project, "release", "other")
    train(project, WORSE)
    change(project, "release", "line")
    return found


@pytest.mark.parametrize("bob", ["other@latest", "origin/stable", "origin/stable~0"], indirect=True)
def test_a_promotion_compares_with_what_the_remote_has_now(bob: Folder) -> None:
    done = bob.here("promote", "line", "--to", "staging")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "drop failed" in done.err


@pytest.mark.parametrize("bob", ["golden"], indirect=True)
def test_a_promotion_compares_with_no_tag_that_was_moved_at_the_remote(bob: Folder) -> None:
    done = bob.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE, done.out + done.err
    assert "`golden`" in done.err


@pytest.mark.parametrize("bob", ["nowhere", "origin/nowhere"], indirect=True)
def test_a_name_that_the_remote_does_not_have_is_still_an_error_of_the_gate(bob: Folder) -> None:
    done = bob.here("promote", "line", "--to", "staging")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "drop cannot be evaluated" in done.err


def test_a_promotion_compares_with_what_is_there_under_a_former_name(project: Folder) -> None:
    rules(project, "  rise: {metric: r2, vs: staging, max_drop: 0.00001, when: promote}\n")
    train_into(project, "0.5", "staging")
    bob = clone(project, "bob")
    train_into(project, BETTER, "staging")
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", text.replace("  line:", "  curve:"))
    project.commit("Another name")
    project.git("push", "-q")
    train(project, WORSE)
    change(project, "release", "curve")
    done = bob.here("promote", "curve", "--to", "staging")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "rise failed" in done.err
