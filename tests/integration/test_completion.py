"""Completion: the words that the program offers to a shell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two models, one of them in a folder; versions, one of them deregistered; an environment."""
    folder = Folder(tmp_path_factory.mktemp("released"))
    folder.git("init", "-q", "-b", "main")
    folder.write(
        "mlgit.yaml",
        'version: 1\nmodels:\n  line: {path: line.bin}\n  "vision:faces": {path: faces.bin}\n'
        "gates:\n  floor: {metric: auc, min: 0.5}\nenvironments:\n  staging: {}\n  prod: {}\n",
    )
    folder.commit("Begin")
    for tag in ("line@v1.0.0", "line@v1.1.0", "line@v1.1.0!", "line#prod#1", "vision=faces@v1.0.0"):
        folder.git("tag", "-a", tag, "-m", tag)
    return folder


def offered(folder: Folder, *words: str, shell: str = "bash") -> list[str]:
    """The offers for the last word, requested as the shell's script does."""
    env = {
        "_MLGIT_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(("mlgit", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = folder.mlgit(env=env)
    assert (done.status, done.err) == (Exit.DONE, "")
    return done.out.split()


def plain(*values: str) -> list[str]:
    return [f"plain,{value}" for value in values]


MODELS = ("line", "vision:faces")
VERSIONS = ("line@v1.0.0", "vision:faces@v1.0.0")


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("release", ""), MODELS),
        (("promote", ""), sorted((*MODELS, *VERSIONS))),
        (("promote", "line", "--to", ""), ("prod", "staging")),
        (("rollback", "l"), ("line",)),
        (("rollback", "line", "--env", "p"), ("prod",)),
        (("rollback", "line", "--to", "v"), ("v1.0.0",)),
        (("unassign", ""), MODELS),
        (("unassign", "line", "--env", ""), ("prod", "staging")),
        (("deregister", ""), VERSIONS),
        (("models", ""), MODELS),
        (("history", ""), MODELS),
        (("history", "--env", "s"), ("staging",)),
        (("show", "line"), ("line", "line#prod", "line@latest", "line@v1.0.0")),
        (("diff", "line"), ("line#prod", "line@latest", "line@v1.0.0")),
        (("diff", "prod", "m"), ("main",)),
        (("get", "line@v1.0.0", "--model", "v"), ("vision:faces",)),
        (("check", "--promote-to", ""), ("prod", "staging")),
        (("check", "--explain", ""), ("floor",)),
        (("report", "--base", "ma"), ("main",)),
    ],
    ids=" ".join,
)
def test_names_are_offered_where_they_are_allowed(
    released: Folder, words: tuple[str, ...], values: tuple[str, ...]
) -> None:
    assert offered(released, *words) == plain(*values)


def test_stages_are_offered_to_run(project: Folder) -> None:
    assert offered(project, "run", "") == plain("evaluate", "prepare", "train")


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("line", "@"), ("@latest", "@v1.0.0")),
        (("line", "@", "v1"), ("@v1.0.0",)),
        (("vision", ":"), ("faces", "faces@latest", "faces@v1.0.0")),
        (("vision", ":", "faces", "@", "l"), ("@latest",)),
    ],
    ids="".join,
)
def test_words_that_bash_broke_are_joined(
    released: Folder, words: tuple[str, ...], values: tuple[str, ...]
) -> None:
    assert offered(released, "show", *words) == plain(*values)


def test_the_other_options_are_found_after_a_broken_word(released: Folder) -> None:
    assert offered(released, "promote", "line", "@", "v1.0.0", "--to", "s") == plain("staging")


@pytest.mark.parametrize(
    ("words", "kind"), [(("-C", ""), "dir"), (("get", "-o", ""), "dir"), (("report", "-o", ""), "file")]
)
def test_the_shell_completes_paths(released: Folder, words: tuple[str, ...], kind: str) -> None:
    assert offered(released, *words) == [f"{kind},"]


def test_names_come_from_the_folder_given_with_c(released: Folder, tmp_path: Path) -> None:
    assert offered(Folder(tmp_path), "-C", str(released.path), "release", "l") == plain("line")


def test_schemas_are_offered_everywhere(tmp_path: Path) -> None:
    assert offered(Folder(tmp_path), "schema", "ml") == plain("mlgit")


@pytest.mark.parametrize(
    "words", [("show", ""), ("promote", "x", "--to", ""), ("run", ""), ("check", "--rev", "")]
)
def test_outside_a_repository_nothing_is_offered(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert offered(Folder(tmp_path), *words) == []


def test_a_broken_config_prints_nothing(empty_repository: Folder) -> None:
    empty_repository.write("mlgit.yaml", "version: [")
    assert offered(empty_repository, "release", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_the_shell(tmp_path: Path, shell: str) -> None:
    done = Folder(tmp_path).run(sys.executable, "-m", "mlgit", env={"_MLGIT_COMPLETE": f"{shell}_source"})
    assert done.status == Exit.DONE
    assert f"_MLGIT_COMPLETE={shell}_complete" in done.out
