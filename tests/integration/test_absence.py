"""Nothing is called absent in a clone that cannot know it: kinds of clones, commands, and states of tags."""

from __future__ import annotations

import json
import shutil
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models: {net: {path: m/net.bin}}
gates:
  keep: {metric: acc, vs: prod, max_drop: 0.01}
  newest: {metric: acc, vs: release, max_drop: 0.01}
environments: {prod: {}}
"""
STATES = ("none", "present", "lightweight", "damaged", "foreign")
WHOLE = ("plain", "partial", "sparse", "two-remotes", "worktree", "submodule", "no-head", "no-remote")
CUT = ("no-tags", "depth-1", "single", "single-topic", "never-fetched")
NOTHING = ("no version yet", "none yet", "holds    nothing", "empty", "Nothing happened")
NEVER = ("first model", "No release", "no release", "Nothing of `net`", "tracks no outputs", "| new |")


def _commit(folder: Folder, accuracy: str) -> None:
    folder.write("m/scores.json", f'{{"acc": {accuracy}}}\n')
    folder.git("add", "-A")
    folder.git("commit", "-q", "-m", f"Accuracy {accuracy}")


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each state of tags, a bare origin with `main` (0.90) and `topic` (0.40)."""
    top = tmp_path_factory.mktemp("origins")
    folder = Folder(top)
    folder.git("init", "-q", "--bare", "empty.git")
    folder.git("init", "-q", "first")
    first = Folder(top / "first")
    first.write("mlgit.yaml", CONFIG)
    first.write("dvc.yaml", "metrics: [m/scores.json]\n")
    first.write("m/net.bin", "one")
    first.write("top.txt", "top")
    _commit(first, "0.80")
    first.git("branch", "topic")
    _commit(first, "0.90")
    first.git("switch", "-q", "topic")
    _commit(first, "0.40")
    first.git("switch", "-q", "main")
    for state in STATES:
        origin = f"../{state}.git"
        first.git("init", "-q", "--bare", origin)
        first.git("push", "-q", origin, "main", "topic")
        first.git("clone", "-q", origin, f"../{state}")
        work = Folder(top / state)
        if state in {"present", "damaged"}:
            for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
                assert work.here(*argv).status == Exit.DONE
        elif state != "none":
            annotated = ["-a", "-m", "by another tool"] if state == "foreign" else []
            for tag in ("net@v1.0.0", "net#prod#1"):
                work.git("tag", *annotated, tag)
            work.git("push", "-q", "--tags")
    return top


def _cloned(top: Path, into: Path, kind: str, state: str) -> Folder:
    """A clone on `topic`, of this kind."""
    here = Folder(into)
    origin = f"file://{top}/{state}.git"
    if kind == "no-head":
        shutil.copytree(top / f"{state}.git", into / "origin.git")
        (into / "origin.git" / "HEAD").write_text("ref: refs/heads/gone\n")
        origin = f"file://{into}/origin.git"
    options = {
        "no-tags": ("--no-tags",),
        "depth-1": ("--depth", "1"),
        "single": ("--single-branch",),
        "single-topic": ("--single-branch",),
        "partial": ("--filter=blob:none",),
        "sparse": ("--sparse",),
    }.get(kind, ())
    branch = "main" if kind == "single" else "topic"
    if kind == "never-fetched":
        here.git("clone", "-q", "-b", "topic", origin, "clone")
        clone = Folder(into / "clone")
        clone.git("remote", "remove", "origin")
        clone.git("remote", "add", "origin", origin)
        for tag in clone.git("tag").split():
            clone.git("tag", "-d", tag)
        return clone
    if kind == "submodule":
        here.git("init", "-q", "outer")
        Folder(into / "outer").git("submodule", "--quiet", "add", "-b", "topic", origin, "clone")
        return Folder(into / "outer" / "clone")
    here.git("clone", "-q", *options, "-b", branch, origin, "clone")
    clone = Folder(into / "clone")
    if kind == "single":
        clone.git("fetch", "-q", origin, "topic")
        clone.git("switch", "-q", "-c", "topic", "FETCH_HEAD")
    elif kind == "two-remotes":
        clone.git("remote", "add", "other", f"{top}/empty.git")
    elif kind == "worktree":
        clone.git("switch", "-q", "main")
        clone.git("worktree", "add", "-q", "../tree", "topic")
        return Folder(into / "tree")
    elif kind == "no-remote":
        clone.git("branch", "-q", "main", "origin/main")
        clone.git("remote", "remove", "origin")
    return clone


def _damage(clone: Folder) -> None:
    """Cut the files of tags off, as a crash does."""
    folder = clone.path / clone.git("rev-parse", "--git-common-dir")
    for tag in ("net@v1.0.0", "net#prod#1"):
        (folder / "refs" / "tags" / tag).write_text("")


def _expected(kind: str, state: str) -> set[str]:
    """The outcomes and reasons that are right."""
    if kind in CUT or state in {"lightweight", "damaged"}:
        return {"error:unknown_here"}
    if state == "none":
        return {"skipped:no_baseline"}
    # Whether another tool's tags count is another rule; nothing may pass because of them.
    return {"fail:max_drop_broken"} if state == "present" else {"fail:max_drop_broken", "error:unknown_here"}


def _require_no_false_words(kind: str, state: str, clone: Folder) -> None:
    """`models`, `status`, `show` and `history` do not call empty what they cannot know."""
    done = clone.here("models", "--json")
    if state == "damaged":
        assert done.status == Exit.TOOL
        return
    known = "no" if kind in CUT or state == "lightweight" else "yes"
    (model,) = done.json()["models"]
    assert {model["known"], *(each["known"] for each in model["environments"])} == {known}
    found = clone.here("status", "--json").json()
    assert found["models"][0]["known"] == known
    assert (found["tags_known"]["known"] == "no") is (kind in CUT)
    assert found["next"] is None or "release" not in found["next"]["command"] or known == "yes"
    if known == "no":
        for argv in (("models",), ("status",), ("show", "net"), ("show", "net#prod")):
            done = clone.here(*argv)
            assert "not known" in done.out + done.err or "?" in done.out, argv
            assert [words for words in NOTHING if words in done.out] == [], argv
        _require_refusals(clone)


def _require_refusals(clone: Folder) -> None:
    """What compares or fetches does not take an environment or the latest version from what may be old."""
    for text in ("net#prod", "net@latest"):
        for argv in (["diff", text], ["get", text], ["report", "--base", text]):
            done = clone.here(*argv)
            assert done.status in ({Exit.STATE} if argv[0] == "diff" else {Exit.STATE, Exit.BLOCKED}), argv
            reasons = ("not known", "does not count", "Cannot tell which branch")
            assert any(words in done.err for words in reasons), argv
            assert any(way in done.err for way in ("`git ", "`mlgit ", "`foreign_tags: allow`")), argv


@pytest.fixture(params=list(product((*WHOLE, *CUT), STATES)), ids="-".join)
def case(request: pytest.FixtureRequest, origins: Path, tmp_path: Path) -> tuple[str, str, Folder]:
    kind, state = request.param
    clone = _cloned(origins, tmp_path, kind, state)
    if state == "damaged":
        _damage(clone)
    return kind, state, clone


def test_a_worse_model_passes_only_where_it_is_known_that_nothing_is_there(
    case: tuple[str, str, Folder],
) -> None:
    kind, state, clone = case
    done = clone.here("check", "--json")
    verdict = json.loads(done.out)["verdict"]
    for result in verdict["results"]:
        found = f"{result['outcome']}:{result['reason']}"
        assert found in _expected(kind, state), result
        assert result["outcome"] != "error" or "`" in result["hint"]
    first = kind in WHOLE and state == "none"
    assert verdict["first_model"] is first
    assert done.status == (Exit.DONE if first else Exit.BLOCKED)
    _require_no_false_words(kind, state, clone)
    report = clone.here("report", "--format", "markdown")
    assert report.status == done.status
    if not first:
        assert [words for words in NEVER if words in report.out] == []
