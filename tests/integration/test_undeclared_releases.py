"""A release counts for a model that its commit or trunk declared, and its files are those of that path."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import EnvironmentStatement, FileDigest, ReleaseStatement, TagPointer
from mlgit.errors import Exit

if TYPE_CHECKING:
    from mlgit.core.registry.statement import Statement
    from tests.support.shell import Folder

DEPLOY = '\ndeploy:\n  staging: {target: local, path: "PLACE/{model}"}\n'


def statement_of(folder: Folder, tag: str) -> Statement | None:
    return parse_message(folder.git("cat-file", "tag", f"refs/tags/{tag}").partition("\n\n")[2] + "\n")


def put(folder: Folder, tag: str, statement: Statement, commit: str) -> None:
    file = folder.write(".git/message", write_message("By hand", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, commit)
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


def release(folder: Folder, model: str, version: str, commit: str, path: str | None = None) -> None:
    """Push a release by hand, whose statement fits its commit; it names the model's files or one in Git."""
    first = statement_of(folder, "line@v1.0.0")
    assert isinstance(first, ReleaseStatement)
    if path is not None:
        content = folder.ok("git", "cat-file", "blob", f"{commit}:{path}").encode()
        digest = FileDigest(path=path, sha256=hashlib.sha256(content).hexdigest())
        first = replace(first, lock_sha256=None, files=(digest,))
    stated = replace(
        first,
        model=model,
        version=version,
        commit=folder.git("rev-parse", f"{commit}^{{commit}}"),
        tree=folder.git("rev-parse", f"{commit}^{{tree}}"),
    )
    put(folder, f"{model}@{version}", stated, commit)


def promote(folder: Folder, model: str, version: str, number: int) -> None:
    """Push a promotion to staging by hand."""
    first = statement_of(folder, "line#staging#1")
    assert isinstance(first, EnvironmentStatement)
    pointer = TagPointer(
        tag=f"{model}@{version}", oid=folder.git("rev-parse", f"refs/tags/{model}@{version}")
    )
    stated = replace(
        first,
        model=model,
        version=version,
        sequence=number,
        release=pointer,
        previous=None,
        policy=folder.git("rev-parse", "origin/main"),
    )
    put(folder, f"{model}#staging#{number}", stated, f"{pointer.tag}^{{}}")


@pytest.fixture
def served(staged: Folder) -> Folder:
    """The project with v1.0.0 in staging, which is deployed to a folder."""
    deploy = DEPLOY.replace("PLACE", str(staged.path.parent / "served"))
    (staged.path.parent / "served").mkdir()
    staged.write("mlgit.yaml", (staged / "mlgit.yaml").read_text() + deploy)
    staged.commit("Deploy staging")
    staged.git("push", "-q")
    return staged


def test_no_command_acts_on_a_model_that_was_never_declared(served: Folder) -> None:
    release(served, "ghost", "v1.0.0", "main", "src/train.py")
    promote(served, "ghost", "v1.0.0", 1)
    why = "neither its commit nor trunk declares the model `ghost`"
    for argv in (
        ["ci", "tag", "--", "ghost@v1.0.0"],
        ["ci", "tag", "--deploy", "--", "ghost#staging#1"],
        ["get", "ghost#staging", "-o", "out"],
        ["get", "ghost@v1.0.0", "-o", "out"],
        ["promote", "ghost@v1.0.0", "--to", "staging"],
    ):
        done = served.here(*argv)
        assert done.status in {Exit.BLOCKED, Exit.STATE}, argv
        assert why in done.out + done.err, argv
    assert not (served / "out").exists()
    assert served.here("deploy", "--env", "staging").status == Exit.DONE
    assert [each.name for each in (served.path.parent / "served").iterdir()] == ["line"]


def test_a_model_that_trunk_no_longer_declares_keeps_its_releases(served: Folder) -> None:
    text = (served / "mlgit.yaml").read_text()
    served.write("mlgit.yaml", text.replace("line:", "curve:"))
    served.commit("Rename the model")
    served.git("push", "-q")
    # This commit declares only the new name, and trunk had the old one before.
    release(served, "line", "v1.0.1", "main")
    for version in ("v1.0.0", "v1.0.1"):
        done = served.here("get", f"line@{version}", "-o", f"out/{version}", "--json")
        assert [each["path"] for each in done.json()["files"]] == ["models/line.json"], version


def test_a_statement_does_not_choose_the_file(served: Folder) -> None:
    # Without its declarations, the commit cannot contradict the statement.
    rules = (served / "mlgit.yaml").read_text()
    pipeline = (served / "dvc.yaml").read_text()
    served.git("rm", "-q", "mlgit.yaml")
    served.write("dvc.yaml", pipeline.partition("artifacts:")[0])
    served.write("old/line.json", '{"slope": 1.2}')
    older = served.commit("Without rules")
    served.write("mlgit.yaml", rules)
    served.write("dvc.yaml", pipeline)
    served.commit("With rules")
    served.git("push", "-q")
    release(served, "line", "v1.0.1", older, "old/line.json")
    why = "`line@v1.0.1` states `old/line.json`, and the model `line` is `models/line.json`"
    done = served.here("ci", "tag", "--", "line@v1.0.1")
    assert done.status == Exit.BLOCKED
    assert "it states `old/line.json`, which is not the model's" in done.out + done.err
    promoted = served.here("promote", "line@v1.0.1", "--to", "staging")
    assert (promoted.status, why in promoted.err) == (Exit.BLOCKED, True), promoted.err
    promote(served, "line", "v1.0.1", 2)
    for argv in (["get", "line#staging", "-o", "out"], ["deploy", "--env", "staging"]):
        done = served.here(*argv)
        assert done.status != Exit.DONE, argv
        assert why in done.out + done.err, argv


def test_a_release_that_states_only_a_part_of_its_files_is_found(served: Folder) -> None:
    first = statement_of(served, "line@v1.0.0")
    assert isinstance(first, ReleaseStatement)
    commit = served.git("rev-parse", "main")
    for number, files in enumerate(((), (*first.files, *extra(served))), start=1):
        version = f"v1.0.{number}"
        stated = replace(
            first,
            version=version,
            commit=commit,
            tree=served.git("rev-parse", f"{commit}^{{tree}}"),
            files=files,
        )
        put(served, f"line@{version}", stated, commit)
        done = served.here("ci", "tag", "--", f"line@{version}")
        assert done.status == Exit.BLOCKED, done.out
        assert "the model's" in done.out + done.err


def extra(folder: Folder) -> tuple[FileDigest, ...]:
    content = (folder / "src" / "train.py").read_bytes()
    return (FileDigest(path="src/train.py", sha256=hashlib.sha256(content).hexdigest()),)


def test_no_hint_puts_a_release_over_one_that_other_tags_name(served: Folder) -> None:
    first = statement_of(served, "line#staging#1")
    assert isinstance(first, EnvironmentStatement)
    other = served.git("rev-parse", "refs/tags/line@v1.0.0^{}")
    served.git("tag", "-a", "-m", "x", "wip", other)
    pointer = TagPointer(tag="line@v1.0.0", oid=served.git("rev-parse", "refs/tags/wip"))
    put(served, "line#staging#2", replace(first, sequence=2, release=pointer), other)
    for argv in (["get", "line#staging", "-o", "out"], ["doctor"]):
        done = served.here(*argv)
        text = " ".join((done.out + done.err).split())
        assert "--force" not in text, argv
        assert "update-ref" not in text, argv
    done = served.here("get", "line#staging", "-o", "out")
    assert done.status == Exit.STATE
    assert (
        "`line#staging#1` names the `line@v1.0.0` that is there" in done.err or "line#staging#1" in done.err
    )
    assert "git push origin ':refs/tags/line#staging#2'" in done.err
