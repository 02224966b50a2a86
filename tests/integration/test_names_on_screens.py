"""Names: every command takes a name as it is shown on a screen, and a revision as Git writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.registry import change, train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

RULES = """\
version: 1
models: {line: {path: models/line.json}}
environments: {staging: {}, prod: {}}
"""
# How a version or environment is shown -> the version that is there.
SHOWN = {
    "line@v1.0.0": "v1.0.0",
    "v1.0.0": "v1.0.0",
    "1.1.0": "v1.1.0",
    "line@1.1.0": "v1.1.0",
    "line@latest": "v1.1.0",
    "latest": "v1.1.0",
    "line#prod": "v1.0.0",
    "prod": "v1.0.0",
    "line#dev": "v1.0.0",
    "dev": "v1.0.0",
    "line#prod#1": "v1.0.0",
}
# Every command that takes such a name to read it.
READERS = (
    ("show", "{}"),
    ("diff", "{}"),
    ("diff", "{}", "HEAD"),
    ("get", "{}", "-o", "out", "--force"),
    ("check", "--rev", "{}"),
    ("check", "--base", "{}"),
    ("report", "--rev", "{}"),
    ("experiments", "{}"),
)


@pytest.fixture(scope="module")
def released(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Versions v1.0.0 and v1.1.0; v1.0.0 is in prod, and in dev, which trunk does not declare any more."""
    project = pipeline.copy(pipeline_template, tmp_path_factory.mktemp("released") / "project")
    project.write("mlgit.yaml", RULES.replace("prod: {}", "prod: {}, dev: {}"))
    project.commit("Rules")
    project.git("push", "-q")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "prod")
    change(project, "promote", "line", "--to", "dev")
    train(project, "2.0")
    change(project, "release", "line@1.1.0")
    project.write("mlgit.yaml", RULES)
    project.commit("Declare dev no longer")
    project.git("push", "-q")
    return project


@pytest.mark.parametrize("name", SHOWN)
def test_every_command_takes_a_name_as_it_is_shown(released: Folder, name: str) -> None:
    commits = {
        "v1.0.0": released.git("rev-parse", "line@v1.0.0^{commit}"),
        "v1.1.0": released.git("rev-parse", "line@v1.1.0^{commit}"),
    }
    for argv in READERS:
        done = released.here(*(each.format(name) for each in argv))
        assert done.status in {Exit.DONE, Exit.BLOCKED}, (argv, done.err)
    found = released.here("diff", name, "--json").json()
    assert found["old"]["commit"] == commits[SHOWN[name]]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("promote", "line@1.0.0", "--to", "staging", "--dry-run"), "line@v1.0.0"),
        (("deregister", "line@1.1.0", "-m", "x", "--dry-run"), "line@v1.1.0"),
        (("release", "line@2.0.0", "--commit", "--force", "--dry-run"), "line@v2.0.0"),
        (("unassign", "line", "--env", "dev", "-m", "x", "--dry-run"), "line@v1.0.0"),
        (("history", "--env", "dev"), "dev"),
    ],
)
def test_a_command_that_writes_takes_a_version_without_v_and_an_environment_of_tags(
    released: Folder, argv: tuple[str, ...], says: str
) -> None:
    done = released.here(*argv)
    assert done.status == Exit.DONE, done.err
    assert says in done.out


@pytest.mark.parametrize(
    "argv",
    [("promote", "line", "--to"), ("deploy", "--env"), ("check", "--promote-to")],
    ids=lambda argv: argv[0],
)
def test_an_environment_that_only_tags_know_is_called_that(released: Folder, argv: tuple[str, ...]) -> None:
    done = released.here(*argv, "dev")
    assert done.status == Exit.STATE
    assert "`dev` is known from tags only: mlgit.yaml on origin/main does not declare it" in done.err
    assert "add `dev: {}` to `environments:` there" in done.err


# A revision as Git writes it -> what is wrong with it, and what to write.
WRITTEN = {
    "HEAD~1..HEAD": ("is a range of commits", "write one commit, such as `HEAD`"),
    "HEAD~1...main": ("is a range of commits", "write one commit, such as `main`"),
    "..": ("is a range of commits", "write one commit, such as `HEAD`"),
    "HEAD^!": ("is a set of commits", "write one commit, such as `HEAD`"),
    "^HEAD": ("is a set of commits", "write one commit, such as `HEAD`"),
    "HEAD:params.yaml": ("is a file, not a commit", "write only the commit: `HEAD`"),
    ":params.yaml": ("is a file, not a commit", "write only the commit: `HEAD`"),
    ":/no such text": (
        "No commit in this clone has `no such text` in its message",
        "git log --oneline --all",
    ),
    "HEAD~100": ("`HEAD` has no commit `HEAD~100` in this clone", "see `git log --oneline HEAD`"),
    "topic@{u}": ("is not known: the branch has no upstream", "run `git push -u origin HEAD`"),
    "nowhere@{u}": ("is not an environment, version or revision", ""),
    "main@{99}": ("is not an environment, version or revision", ""),
    "line": ("`line` is a model", "`line@latest`"),
    "line@v1.0": ("is not an environment, version or revision", "did you mean `line@v1.0.0`?"),
    "": ("A revision is empty", "a variable in the command may not be set"),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_git_does_not_read_as_one_commit_is_an_error_that_says_what_to_write(
    released: Folder, text: str
) -> None:
    if text.startswith("topic"):
        released.git("branch", "-f", "topic")
    message, hint = WRITTEN[text]
    for argv in (("check", "--rev", text), ("get", text, "-o", "out"), ("experiments", text)):
        done = released.here(*argv)
        assert done.status in {Exit.STATE, Exit.USAGE}, argv
        assert message in done.err, argv
        assert hint in done.err, argv


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("-", "other", None),
        ("@{-1}", "other", None),
        ("main@{u}", "origin/main", None),
        (":/Declare dev no longer", "main", None),
        ("HEAD^{/Rules}", "HEAD^{/Rules}", None),
        ("line@v1.0.0..main", "line@v1.0.0", "main"),
        ("HEAD~1..", "HEAD~1", "HEAD"),
        ("..HEAD~1", "HEAD", "HEAD~1"),
        ("other...main", "HEAD~2", "main"),
    ],
)
def test_a_revision_as_git_writes_it_is_compared(
    released: Folder, text: str, old: str, new: str | None
) -> None:
    released.git("branch", "-f", "other", "HEAD~2")
    released.git("switch", "-q", "other")
    released.git("switch", "-q", "main")
    found = released.here("diff", text, "--json").json()
    wanted = [
        None if each is None else released.git("rev-parse", f"{each}^{{commit}}") for each in (old, new)
    ]
    assert [found["old"]["commit"], found["new"]["commit"]] == wanted


def test_a_stage_without_a_name_is_refused(released: Folder) -> None:
    for stages in ([""], ["train", " "]):
        done = released.here("run", *stages)
        assert done.status == Exit.USAGE
        assert "The name of a stage is empty" in done.err


def test_a_model_without_a_name_is_refused(released: Folder) -> None:
    for argv in (["promote", "", "--to", "prod"], ["release", ""], ["unassign", "", "--env", "prod"]):
        done = released.here(*argv)
        assert done.status == Exit.USAGE
        assert "The name of the model is empty" in done.err
