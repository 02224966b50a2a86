"""`.gitattributes`: a commit and a checkout of it give the same answer about a stage, which is DVC's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_staleness_at_commit import at_head
from tests.support.dvc_answers import dvc_reasons
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

STAGES = """\
stages:
  one:
    cmd: echo '{"acc":0.9}' > acc.json
    deps: [in.txt, data]
    metrics: [acc.json: {cache: false}]
"""
GATE = "version: 1\ngates: {floor: {metric: acc, min: 0.8}}\n"
TEXT = "one\n$Id$\ntwo\n"
ATTRIBUTES = {
    "none": "",
    "crlf": "*.txt text eol=crlf",
    "auto": "* text=auto",
    "auto-crlf": "* text=auto eol=crlf",
    "ident": "in.txt ident",
    "encoding": "*.txt working-tree-encoding=UTF-16LE eol=lf",
    "macro": "[attr]windows text eol=crlf\n*.txt windows",
    "no-text": "* text=auto eol=crlf\n*.txt -text",
    "binary": "* text=auto eol=crlf\nin.txt binary",
    "unknown-filter": "*.txt filter=nothing",
    "metrics": "*.json text eol=crlf",
}
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def _work(top: Path, attributes: str) -> Folder:
    """A repository with these attributes, run from a checkout and committed."""
    work = Folder(top / "work")
    work.write("in.txt", TEXT)
    work.write("data/a.txt", TEXT)
    work.write("data/deep/b", TEXT)
    work.git("init", "-q", "-b", "main")
    work.dvc("init", "-q")
    work.write("mlgit.yaml", GATE)
    work.write("dvc.yaml", STAGES)
    work.commit("Files")
    if attributes:
        work.write(".gitattributes", f"{attributes}\n")
        work.git("add", ".gitattributes")
        work.git("commit", "-qm", "Attributes")
    _check_out(work)
    work.dvc("repro", "-q")
    work.commit("Run")
    return work


def _check_out(folder: Folder) -> None:
    """Write every file to disk as git does in a fresh clone."""
    folder.git("rm", "-rq", "--cached", ".")
    folder.git("reset", "-q", "--hard")


def _clone(work: Folder) -> Folder:
    count = len(list(work.path.parent.iterdir()))
    Folder(work.path.parent).git("clone", "-q", str(work.path), f"clone{count}")
    return Folder(work.path.parent / f"clone{count}")


def _require_one_answer(clone: Folder) -> dict[str, set[str]]:
    """What DVC says on disk, which is also what both kinds of check say."""
    expected = dvc_reasons(clone)
    assert at_head(clone) == (expected, set())
    status = Exit.BLOCKED if expected else Exit.DONE
    for argv in (("check",), ("check", "--rev", "HEAD")):
        done = clone.here(*argv)
        assert done.status == status, done.out
    return expected


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_the_bytes_of_a_checkout_are_compared(tmp_path: Path, name: str) -> None:
    work = _work(tmp_path, ATTRIBUTES[name])
    expected = _require_one_answer(_clone(work))
    # The stage wrote this file with LF, and git writes it with CRLF.
    written = {"auto-crlf", "metrics", "no-text", "binary"}
    assert expected == ({"one": {"changed output acc.json"}} if name in written else {})
    (work / "data/deep/b").write_text("changed\n", encoding="utf-8")
    work.git("commit", "-aqm", "Change an input")
    assert "changed dep data" in _require_one_answer(_clone(work))["one"]


def test_the_attributes_of_the_commit_count_not_those_on_disk(tmp_path: Path) -> None:
    work = _work(tmp_path, ATTRIBUTES["crlf"])
    (work / ".gitattributes").unlink()
    assert at_head(work) == ({}, set())
    work.git("checkout", "-q", ".gitattributes")
    work.write("data/.gitattributes", "deep/b ident\n")
    work.git("add", "-A")
    work.git("commit", "-qm", "Expand in a folder")
    assert _require_one_answer(_clone(work)) == {"one": {"changed dep data"}}


@pytest.mark.parametrize("attributes", ["", "*.txt text=auto\ndata/deep/b ident"])
def test_what_only_a_clone_sets_counts_on_disk_and_not_for_a_commit(tmp_path: Path, attributes: str) -> None:
    clone = _clone(_work(tmp_path, attributes))
    for key, value in (("core.autocrlf", "true"), ("core.eol", "crlf"), ("core.attributesFile", "../all")):
        clone.git("config", key, value)
    (tmp_path / "all").write_text("*.txt text eol=crlf\n", encoding="utf-8")
    assert at_head(clone) == ({}, set())
    (clone / ".git/info/attributes").write_text("in.txt text eol=crlf\n", encoding="utf-8")
    assert at_head(clone) == ({}, set())
    assert clone.here("check", "--rev", "HEAD").status == Exit.DONE
    worktree = Folder(tmp_path / "linked")
    clone.git("worktree", "add", "-q", str(worktree.path))
    assert at_head(worktree) == ({}, set())
    _check_out(clone)
    reasons = dvc_reasons(clone)["one"]
    assert "changed dep in.txt" in reasons
    assert clone.here("check").status == Exit.BLOCKED


def test_a_filter_that_is_set_up_here_is_not_run_and_leaves_the_answer_open(tmp_path: Path) -> None:
    work = _work(tmp_path, "in.txt filter=loud")
    ran = tmp_path / "ran"
    work.git("config", "filter.loud.smudge", f"touch {ran}; tr a-z A-Z")
    work.git("config", "filter.loud.clean", "tr A-Z a-z")
    assert at_head(work) == ({}, set()), "the same bytes as at the run need no filter"
    work.write("in.txt", "other\n")
    work.git("commit", "-qam", "Change")
    done = work.here("check", "--rev", "HEAD")
    assert done.status == Exit.BLOCKED
    assert "a filter in `.gitattributes` may change it on disk" in " ".join(done.out.split())
    assert "check out that commit, and run `mlgit check`" in done.out
    assert at_head(work)[0] == {}
    assert not ran.exists()


def _store(folder: Folder, content: str) -> str:
    """Keep a content as Git LFS does; its pointer."""
    oid = hashlib.sha256(content.encode()).hexdigest()
    folder.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", content)
    return POINTER.format(oid, len(content))


def test_a_file_in_lfs_is_compared_by_its_content_and_otherwise_not_known(tmp_path: Path) -> None:
    work = _work(tmp_path, "")
    work.write("in.txt", _store(work, TEXT))
    work.write("data/a.txt", _store(work, TEXT))
    work.write(".gitattributes", "*.txt filter=lfs diff=lfs merge=lfs -text\n")
    work.commit("Move to LFS")
    assert at_head(work) == ({}, set())
    work.write("in.txt", _store(work, "other\n"))
    work.commit("Change")
    assert at_head(work) == ({"one": {"changed dep in.txt"}}, set())
    clone = _clone(work)
    assert at_head(clone)[0] == {}
    sentence = "its content is in Git LFS, and not on this machine"
    assert at_head(clone)[1] == {f"dep {dep} was not checked: {sentence}" for dep in ("in.txt", "data")}
    for argv in (("check",), ("check", "--rev", "HEAD")):
        done = clone.here(*argv, "--json")
        assert done.status == Exit.BLOCKED
        (result,) = done.json()["verdict"]["results"]
        assert (result["outcome"], result["reason"]) == ("error", "unknown_here")
        assert result["hint"].startswith("run `git lfs pull`")
