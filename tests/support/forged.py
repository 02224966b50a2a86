"""Forged tags: releases and promotions that plain git writes, with statements that fit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import (
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.registry.statement import EnvironmentAction
    from tests.support.shell import Folder


def outcomes(gates: Iterable[str]) -> tuple[GateOutcome, ...]:
    """Each gate passed."""
    return tuple(GateOutcome(gate=gate, outcome="pass") for gate in gates)


def forge_release(
    folder: Folder,
    *,
    gates: tuple[GateOutcome, ...],
    version: str = "v1.0.1",
    date: int | None = None,
    **fields: Any,  # noqa: ANN401 (any field)
) -> None:
    """Push a version of trunk's tip with a statement like that of v1.0.0, apart from some fields."""
    first = parse_message(folder.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n")
    assert isinstance(first, ReleaseStatement)
    commit = folder.git("rev-parse", "HEAD").strip()
    tree = folder.git("rev-parse", "HEAD^{tree}").strip()
    content = (folder / "models/line.json").read_bytes()
    file = FileDigest(
        path="models/line.json",
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    values = {"gates": gates, "files": (file,), "lock_sha256": None, **fields}
    statement = replace(first, version=version, commit=commit, tree=tree, **values)
    message = folder.write(".git/message", write_message("Release", "", statement))
    env = None if date is None else {"GIT_COMMITTER_DATE": f"@{date} +0000"}
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(message), f"line@{version}", commit, env=env)
    folder.git("push", "-q", "origin", f"refs/tags/line@{version}")


def forge_assignment(
    folder: Folder,
    tag: str,
    version: str,
    action: EnvironmentAction = "promote",
    *,
    gates: Iterable[str],
    date: int | None = None,
    policy: str = "origin/main",
    env: dict[str, str] | None = None,
    **fields: Any,  # noqa: ANN401 (any field)
) -> None:
    """Push a tag of an environment that plain git writes, with a statement that fits."""
    first = parse_message(folder.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n")
    assert isinstance(first, EnvironmentStatement)
    _, environment, number = tag.split("#")
    release = f"line@{version}"
    statement = replace(
        first,
        environment=environment,
        sequence=int(number),
        action=action,
        version=version,
        release=TagPointer(tag=release, oid=folder.git("rev-parse", f"refs/tags/{release}").strip()),
        policy=folder.git("rev-parse", policy).strip(),
        gates=outcomes(gates) if action == "promote" else (),
        **fields,
    )
    file = folder.write(".git/message", write_message("Move", "", statement))
    when = date_of(folder, "*") + 1 if date is None else date
    folder.git(
        *("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, f"refs/tags/{release}^{{}}"),
        env={"GIT_COMMITTER_DATE": f"@{when} +0000", **(env or {})},
    )
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")


def date_of(folder: Folder, tag: str) -> int:
    dates = folder.git("for-each-ref", "--format=%(taggerdate:unix)", f"refs/tags/{tag}").split()
    return max(map(int, dates))


def forge_unassignment(
    folder: Folder, tag: str, commit: str, version: str | None = None, *, date: int | None = None
) -> None:
    """Push a tag that plain git writes, which states that a version was taken out of an environment."""
    name = tag.replace("!", "")
    model, environment, number = name.split("#")
    statement = EnvironmentStatement(
        model=model,
        environment=environment,
        sequence=int(number),
        action="unassign",
        at="2026-05-03T12:00:00Z",
        version=version,
    )
    file = folder.write(".git/message", write_message("Empty", "", statement))
    when = date_of(folder, "*") + 1 if date is None else date
    folder.git(
        *("tag", "-a", "--cleanup=verbatim", "-F", str(file), tag, f"{commit}^{{}}"),
        env={"GIT_COMMITTER_DATE": f"@{when} +0000"},
    )
    folder.git("push", "-q", "origin", f"refs/tags/{tag}")
