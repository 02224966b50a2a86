"""Statements of tags are checked against commits and files before anything is served."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
)
from mlgit.errors import Exit
from tests.support.targets import (
    CONTENTS,
    assign,
    configure,
    deploy_here,
    folder_of,
    forge_digest,
    releases,
    served,
)

if TYPE_CHECKING:
    from tests.support.shell import Folder


def state(work: Folder, tag: str, **fields: Any) -> None:  # noqa: ANN401 (fields of the statement)
    """Replace a release's tag by one with another statement about its commit."""
    commit = work.git("rev-parse", f"{tag}^{{commit}}")
    passed = tuple(GateOutcome(gate=name, outcome="pass") for name in ("mae-vs-base", "r2-floor"))
    statement = ReleaseStatement(
        model="line",
        version=tag.partition("@")[2],
        commit=commit,
        tree=work.git("rev-parse", f"{commit}^{{tree}}"),
        at="2026-03-01T12:00:00Z",
        builder=Builder(kind="local"),
        gates=passed,
        **fields,
    )
    message = write_message(tag, "", statement)
    work.git("tag", "-f", "-a", tag, "--cleanup=verbatim", "-m", message, commit)


def test_a_commit_that_is_not_a_version_is_deployed_under_its_id(deployable: Folder) -> None:
    deployable.git("tag", "-d", "line@v1.0.0")
    made = deploy_here(deployable)
    assert (made.state, made.version, made.release) == ("deployed", None, made.commit)
    assert deploy_here(deployable).state == "already"


def test_a_deregistered_version_gets_a_note(deployable: Folder) -> None:
    deployable.git("tag", "-a", "line@v1.0.0!", "-m", "Bad", "line@v1.0.0^{commit}")
    assert "is deregistered" in deploy_here(deployable).notes[0]


def test_a_release_tag_that_was_replaced_since_the_promotion_is_refused(deployable: Folder) -> None:
    statement = EnvironmentStatement(
        model="line",
        environment="prod",
        sequence=2,
        action="promote",
        at="2026-03-01T12:00:00Z",
        version="v1.0.1",
        release=TagPointer(tag="line@v1.0.1", oid="0" * 40),
    )
    message = write_message("line prod", "", statement)
    commit = deployable.git("rev-parse", "line@v1.0.1^{commit}")
    deployable.git("tag", "-a", "line#prod#2", "--cleanup=verbatim", "-m", message, commit)
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.STATE
    assert "it names `line@v1.0.1` as 0000000, but that tag is " in done.err
    assert not (deployable / "served").exists()


def test_a_tag_of_another_environment_that_was_renamed_is_refused(deployable: Folder) -> None:
    statement = EnvironmentStatement(
        model="line", environment="staging", sequence=2, action="promote", at="2026-03-01T12:00:00Z"
    )
    deployable.git(
        *("tag", "-a", "line#prod#2", "--cleanup=verbatim", "line@v1.0.1^{commit}"),
        *("-m", write_message("line staging", "", statement)),
    )
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.STATE
    assert "it states staging instead of prod" in done.err


def test_an_exchanged_storage_is_found_by_the_stated_digest(deployable: Folder) -> None:
    """A forged file can match DVC's md5, but not the released sha256."""
    forge_digest(deployable, "line@v1.0.1")
    deploy_here(deployable)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.BLOCKED, done.out
    assert "is not the file that was released" in done.err
    assert served(folder_of(deployable)) == "v1.0.0"
    assert releases(folder_of(deployable)) == ["v1.0.0"]


def test_a_kept_release_is_checked_against_the_md5_if_only_that_was_stated(deployable: Folder) -> None:
    """As for a release that was made in a clone without the model's file."""
    md5 = hashlib.md5(CONTENTS["v1.0.1"].encode()).hexdigest()  # noqa: S324 (DVC's hash)
    state(deployable, "line@v1.0.1", files=(FileDigest(path="models/line.json", md5=md5),))
    for version in ("v1.0.1", "v1.0.0"):
        assign(deployable, version)
        assert deploy_here(deployable).state == "deployed"
    assign(deployable, "v1.0.1")
    assert deploy_here(deployable).kept is True
    assign(deployable, "v1.0.0")
    deploy_here(deployable)
    release = folder_of(deployable) / "releases" / "v1.0.1"
    exchanged = b"something else"
    manifest = (release / "manifest.json").read_text()
    before, after = (hashlib.sha256(each).hexdigest() for each in (CONTENTS["v1.0.1"].encode(), exchanged))
    (release / "line.json").write_bytes(exchanged)
    (release / "manifest.json").write_text(manifest.replace(before, after))
    assign(deployable, "v1.0.1")
    assert deploy_here(deployable).kept is False
    assert served(folder_of(deployable)) == "v1.0.1"


@pytest.mark.parametrize(
    ("forged", "message"),
    [
        ({"lock_sha256": "0" * 64}, "`dvc.lock` at the released commit is not what the release stated"),
        (
            {"files": (FileDigest(path="models/line.json", md5="0" * 32),)},
            "`models/line.json` at the",
        ),
        ({"files": (FileDigest(path="models/other.json", md5="0" * 32),)}, "found  nothing"),
    ],
)
def test_a_commit_that_is_not_as_stated_is_refused(
    deployable: Folder, forged: dict[str, Any], message: str
) -> None:
    state(deployable, "line@v1.0.1", **forged)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.BLOCKED, done.out
    assert message in done.err
    assert not (folder_of(deployable) / "current").exists()


def test_a_stated_lock_must_exist(deployable: Folder) -> None:
    deployable.git("rm", "-q", "dvc.yaml", "dvc.lock")
    deployable.write("models/line.json", CONTENTS["v1.0.0"])
    deployable.git("add", "-f", "models/line.json")
    commit = deployable.commit("The model in Git")
    deployable.git("tag", "-a", "line@v2.0.0", "-m", "Release", commit)
    state(deployable, "line@v2.0.0", lock_sha256="0" * 64)
    assign(deployable, "v2.0.0")
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.BLOCKED, done.out
    assert "found  nothing" in done.err
    assert not (folder_of(deployable) / "current").exists()


def test_a_release_tag_that_states_another_commit_is_refused(deployable: Folder) -> None:
    message = deployable.git("tag", "-l", "--format=%(contents)", "line@v1.0.1")
    commit = deployable.commit("Something else")
    deployable.git("tag", "-f", "-a", "line@v1.0.1", "--cleanup=verbatim", "-m", message, commit)
    assign(deployable, "v1.0.1")
    done = deployable.here("deploy", "--env", "prod", "--offline")
    assert done.status == Exit.STATE
    assert "its release `line@v1.0.1` does not count: it states" in done.err


def test_a_missing_release_tag_is_an_error(deployable: Folder) -> None:
    promoted = deployable.here("promote", "line@v1.0.1", "--to", "staging", "--local")
    assert promoted.status == Exit.DONE, promoted.err
    configure(deployable, "deploy:\n  staging: {target: local, path: 'served/{model}'}\n")
    deployable.git("tag", "-d", "line@v1.0.1")
    done = deployable.here("deploy", "--env", "staging", "--offline")
    assert done.status == Exit.STATE
    assert (
        "`line#staging#1` does not count: it names the release `line@v1.0.1`, which is not here" in done.err
    )
