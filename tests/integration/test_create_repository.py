"""Creation: new repositories have the branch, the remote and the identity that were asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.git.create import create_repository
from mlgit.errors import Exit, ToolError
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


def test_it_has_its_branch_remote_and_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings"
    settings.write_text("[init]\n\tdefaultBranch = other\n[user]\n\tname = Someone\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    create_repository(str(tmp_path / "origin.git"), bare=True)
    create_repository(str(tmp_path / "work"), origin="../origin.git", identity=("Demo", "demo@example.org"))
    work = Folder(tmp_path / "work")
    assert work.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert work.git("remote", "get-url", "origin") == "../origin.git"
    assert work.git("config", "--local", "user.name") == "Demo"
    assert work.git("config", "--local", "user.email") == "demo@example.org"
    work.write("a.txt", "a\n")
    work.commit("First")
    work.git("push", "-q", "origin", "main")
    # As `git clone` would leave it, so that trunk is known and not guessed by its name.
    assert work.git("rev-parse", "--abbrev-ref", "origin/HEAD") == "origin/main"
    assert os.environ["GIT_CONFIG_GLOBAL"] == str(settings)


def test_variables_that_name_another_repository_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    other = tmp_path / "other" / ".git"
    before = (other / "config").read_bytes()
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(other))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    create_repository(str(tmp_path / "work"), origin="../x.git", identity=("Demo", "demo@example.org"))
    assert (other / "config").read_bytes() == before
    assert "../x.git" in (tmp_path / "work" / ".git" / "config").read_text()
    assert os.environ["GIT_DIR"] == str(other)


@pytest.mark.parametrize("name", ["a$EVIL", "${EVIL}", "~", "%EVIL%", "a b'\"é"])
def test_a_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "elsewhere"))
    create_repository(str(tmp_path / name), origin="../x.git", identity=("Demo", "demo@example.org"))
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert Folder(tmp_path / name).git("remote", "get-url", "origin") == "../x.git"


def test_variables_of_gitpython_do_not_choose_another_git(tmp_path: Path) -> None:
    code = (
        "import sys; from mlgit.adapters.git.create import create_repository; create_repository(sys.argv[1])"
    )
    argv = (sys.executable, "-c", code, str(tmp_path / "work"))
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = Folder(tmp_path).run(*argv, env={"GIT_PYTHON_GIT_EXECUTABLE": "/nowhere/git"} | paths)
    assert done.status == Exit.DONE, done.err
    assert (tmp_path / "work" / ".git").is_dir()


def test_a_folder_where_git_cannot_create_a_repository_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "work" / ".git").mkdir(parents=True)
    (tmp_path / "work" / ".git" / "HEAD").mkdir()
    with pytest.raises(ToolError, match="could not create a repository") as caught:
        create_repository(str(tmp_path / "work"))
    assert caught.value.details
