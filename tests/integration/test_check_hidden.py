"""What a change hides from DVC or Git: files that a stage, a model or a gate uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import GATES, check, train

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = (
    GATES
    + "gates:\n  floor: {metric: r2, min: 0.5}\n  file: {metric: r2, vs: {file: old.json}, max_drop: 1}\n"
)
FOLDER = (
    "deps: [data/clean.csv, src/train.py]",
    "deps: [data/clean.csv, src/train.py, parts, lib, sets/one]",
)


def start(project: Folder) -> None:
    """Trunk with a stage that reads a folder of Git and one of DVC, and a branch."""
    project.write("mlgit.yaml", RULES)
    project.write("old.json", '{"r2": 0.9}')
    project.write("lib/a.py", "1")
    project.write("parts/hard.csv", "1")
    project.write("parts/easy.csv", "2")
    for name in ("one/a", "one/b", "two/c"):
        project.write(f"sets/{name}.csv", name)
    project.dvc("add", "-q", "parts", "sets")
    text = (project / "dvc.yaml").read_text()
    assert FOLDER[0] in text
    project.write("dvc.yaml", text.replace(*FOLDER))
    train(project, "1.99")
    project.commit("Start")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")


def findings(project: Folder) -> list[str]:
    verdict = project.here("check", "--json").json()["verdict"]
    return [note["message"] for note in verdict["notes"] if note["code"] == "evidence_weakened"]


@pytest.mark.parametrize(
    ("file", "pattern", "named"),
    [
        (".dvcignore", "src/train.py", "`src/train.py` (read by stage train)"),
        (".dvcignore", "*.py\n!evaluate.py", "`lib/a.py` (read by stage train)"),
        ("lib/.dvcignore", "*", "`lib/a.py` (read by stage train)"),
        (".dvcignore", "params.yaml", "`params.yaml` (read by stage train)"),
        (".dvcignore", "hard.*", "`parts/hard.csv` (read by stage train)"),
        (".dvcignore", "old.json", "`old.json` (a gate compares with it)"),
        (".dvcignore", "sets/one/b.csv", "`sets/one/b.csv` (read by stage train)"),
        (".dvcignore", "b.csv", "`sets/one/b.csv` (read by stage train)"),
        (".dvcignore", "sets/two", None),
        (".gitignore", "src/train.py", None),
        (".gitignore", "/metrics/", None),
        (".gitignore", "dvc.lock", "`dvc.lock` (read by DVC)"),
        (".gitignore", "/dvc.yaml", "`dvc.yaml` (read by DVC)"),
        (".gitignore", "!\n*.dvc", "`data/raw.csv.dvc` (read by DVC)"),
        (".gitignore", "old.json", None),
        (".gitignore", "lib/", None),
        (".gitignore", "!\nlib/", None),
        (".gitignore", "a\x0clib", None),
        (".dvcignore", "src/notes.md", None),
        (".dvcignore", "# src/train.py", None),
        (".gitignore", "/models/line.json\n/parts\n*.pyc", None),
    ],
)
def test_a_used_file_that_a_change_hides_is_a_finding(
    project: Folder, file: str, pattern: str, named: str | None
) -> None:
    start(project)
    project.write("src/notes.md", "notes")
    before = (project / file).read_text() if (project / file).exists() else ""
    project.write(file, f"{before}\n{pattern}\n")
    begins, ends = (" now hides ", " from DVC, so later changes of it may not show")
    if file == ".gitignore":  # Git shows what it has, whatever its patterns say
        begins, ends = (" now ignores ", ", and DVC refuses its own files where Git ignores them")
    for _ in ("in the working tree", "committed"):
        found = findings(project)
        assert len(found) == (named is not None), found
        if named is not None:
            assert found[0].startswith(f"`{file}`{begins}")
            assert named in found[0]
            assert found[0].endswith(ends)
        project.git("add", "-Af")
        project.commit("Hide")


def test_what_a_change_takes_out_of_git_is_not_hidden_from_git(project: Folder) -> None:
    start(project)
    project.write("lib/__pycache__/a.pyc", "1")
    project.git("add", "-Af")
    project.commit("Compiled")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.git("checkout", "-qb", "clean")
    project.git("rm", "-rq", "lib/__pycache__")
    before = (project / ".gitignore").read_text() if (project / ".gitignore").exists() else ""
    project.write(".gitignore", f"{before}\n__pycache__/\n")
    project.commit("Clean up")
    assert findings(project) == []
    project.write("lib/__pycache__/a.pyc", "1")
    project.write(".dvcignore", "*.pyc\n")
    project.commit("Keep it for oneself")
    (text,) = findings(project)
    assert "`lib/__pycache__/a.pyc` (read by stage train)" in text


def test_what_no_stage_reads_any_more_may_be_hidden(project: Folder) -> None:
    start(project)
    project.write("notes/in.csv", "1")
    text = (project / "dvc.yaml").read_text()
    plot = "stages:\n  plot:\n    cmd: echo\n    deps: [notes/in.csv]\n"
    project.write("dvc.yaml", text.replace("stages:\n", plot))
    project.commit("Plot")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.git("checkout", "-qb", "clean")
    project.write("dvc.yaml", text)
    project.git("rm", "-q", "--cached", "notes/in.csv")
    before = (project / ".gitignore").read_text() if (project / ".gitignore").exists() else ""
    project.write(".gitignore", f"{before}\n/notes/\n")
    project.write(".dvcignore", "notes\n")
    project.commit("No plot")
    assert findings(project) == []


def test_what_trunk_hides_already_is_not_a_finding(project: Folder) -> None:
    start(project)
    project.write(".dvcignore", "src/train.py\n")
    project.commit("Hide")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.git("checkout", "-qb", "next")
    project.write(".dvcignore", "src/train.py\nother\n")
    assert findings(project) == []


@pytest.mark.parametrize("pattern", ["models/", "/models/line.json", "*.json"])
def test_a_hidden_output_is_refused_on_disk_and_at_a_commit(project: Folder, pattern: str) -> None:
    project.git("checkout", "-qb", "topic")
    project.write(".dvcignore", f"{pattern}\n")
    for argv in ((), ("--rev", "HEAD")):
        done = project.here("check", *argv)
        assert done.status == Exit.CONFIG, done.out
        assert "is hidden by a `.dvcignore`" in done.err
        project.commit("Hide")
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")
    project.write(".dvcignore", "")
    project.commit("Show")
    check(project, status=Exit.DONE)
    check(project, "--rev", "HEAD", status=Exit.DONE)


@pytest.mark.parametrize("line", ["!", "\\", "build[z-a]/"])
def test_a_line_that_is_not_a_pattern_is_nothing_to_git_and_refused_for_dvc(
    project: Folder, line: str
) -> None:
    start(project)
    project.write(".gitignore", f"{line}\n/build\n")
    project.commit("A line that git passes over")
    assert findings(project) == []
    project.write(".dvcignore", f"\n{line}\n")
    project.commit("A line that DVC fails with")
    for argv in (("check",), ("check", "--rev", "HEAD")):
        done = project.here(*argv)
        assert done.status == Exit.CONFIG, done.out + done.err
        assert ".dvcignore:2" in done.err
    project.git("push", "-q", "origin", "HEAD:main")
    project.write(".dvcignore", "/build\n")
    project.commit("Repair")
    assert project.here("check", "--rev", "HEAD").status == Exit.DONE


def to_trunk(project: Folder, message: str) -> None:
    """Merge what is in the working tree, and begin another branch."""
    project.git("add", "-Af")
    project.commit(message)
    project.git("push", "-q", "origin", "topic:main")
    project.git("fetch", "-q")


@pytest.mark.parametrize("pattern", ["secret*", "/lib/secret.py", "lib/sub/\nsecret.py"])
def test_a_file_that_comes_after_the_pattern_or_changes_later_is_a_finding(
    project: Folder, pattern: str
) -> None:
    start(project)
    project.write(".dvcignore", f"{pattern}\n__pycache__/\n")
    to_trunk(project, "Hide what is not there")
    project.write("lib/__pycache__/a.pyc", "not in Git")
    project.write("lib/secret.py", "not in Git yet")
    project.write("lib/b.py", "seen")
    project.git("add", "lib/b.py")
    assert findings(project) == []
    text = "`.dvcignore` hides `lib/secret.py` (read by stage train) from DVC, so changes of it do not show"
    for content in ("1", "2", None):
        if content is None:
            project.git("rm", "-qf", "lib/secret.py")
        else:
            project.write("lib/secret.py", content)
            project.git("add", "lib/secret.py")
        assert findings(project) == [text]
        project.git("commit", "-qm", "Touch it")
        assert findings(project) == [text]
        project.git("push", "-q", "origin", "topic:main")
        project.git("fetch", "-q")
        project.write("lib/b.py", f"{content}, and another change")
        project.git("commit", "-qam", "Something else")
        assert findings(project) == []


def test_what_a_stage_declares_itself_is_seen_in_spite_of_a_pattern(project: Folder) -> None:
    start(project)
    project.write(".dvcignore", "/src/train.py\n/notes\n/lib/tests\n")
    to_trunk(project, "Hide")
    project.write("src/train.py", (project / "src/train.py").read_text() + "\n")
    project.write("notes/a.md", "no stage reads it")
    project.write("lib/tests/.gitignore", "/a")
    project.git("add", "-Af")
    project.commit("Change it")
    assert findings(project) == []


@pytest.mark.parametrize("place", ["lib/.hg/h.py", "lib/deep/.dvc/h.py", "lib/sub/h.py", "lib/sub/deep/h.py"])
def test_a_file_in_a_folder_that_dvc_never_looks_into_is_a_finding(project: Folder, place: str) -> None:
    """Also one that becomes such a folder: with a `.dvc` it is a repository of its own."""
    start(project)
    if "sub" in place:
        project.write(place, "1")
        to_trunk(project, "As yet it is seen")
        project.write("lib/sub/.dvc/config", "")
    else:
        project.write(place, "1")
    project.git("add", "-Af")
    project.commit("No longer")
    folder = {"lib/.hg/h.py": "lib/.hg", "lib/deep/.dvc/h.py": "lib/deep"}.get(place, "lib/sub")
    for number in range(2):
        (text,) = findings(project)
        assert text.startswith(f"DVC does not look into `{folder}`, so changes of `lib/")
        assert f"`{place}` (read by stage train)" in text
        assert text.endswith(" do not show")
        if not number:
            to_trunk(project, "Add")
            project.write("lib/a.py", "something else")
            project.git("commit", "-qam", "Something else")
            assert findings(project) == []
            project.write(place, "2")
            project.git("commit", "-qam", "Change it")
