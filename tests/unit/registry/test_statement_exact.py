"""The exact JSON of tags of environments and releases, and when a digest replaces a part of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    ReleaseStatement,
    TagPointer,
    decode,
    encode,
)

MOVE = EnvironmentStatement(model="m", environment="prod", sequence=1, action="promote", at="T")
POINTER = TagPointer(tag="m@v1.0.0", oid="e" * 40)
RELEASE = ReleaseStatement(
    model="m", version="v1.0.0", commit="c" * 40, tree="d" * 40, at="T", builder=Builder(kind="local")
)
JSON_OF_POINTER = {"tag": "m@v1.0.0", "oid": "e" * 40}


@pytest.mark.parametrize(
    ("statement", "subject", "more"),
    [
        (MOVE, [], {}),
        (
            replace(MOVE, release=POINTER, version="v1.0.0"),
            [{"name": "m@v1.0.0", "digest": {"gitTag": "e" * 40}}],
            {"release": JSON_OF_POINTER, "version": "v1.0.0"},
        ),
        (replace(MOVE, previous=POINTER), [], {"previous": JSON_OF_POINTER}),
        (replace(MOVE, policy="a" * 40, reason="r"), [], {"policy": "a" * 40, "reason": "r"}),
    ],
)
def test_the_json_of_a_tag_of_an_environment(
    statement: EnvironmentStatement, subject: list[object], more: dict[str, object]
) -> None:
    tree = json.loads(encode(statement))
    assert tree["subject"] == subject
    assert tree["predicate"] == {
        "model": "m",
        "environment": "prod",
        "sequence": "1",
        "action": "promote",
        "at": "T",
        "version": None,
        "release": None,
        "previous": None,
        "reason": None,
        "gates": [],
        **more,
    }
    assert decode(encode(statement)) == statement


def test_a_release_states_only_the_digests_that_are_known() -> None:
    release = replace(RELEASE, files=(FileDigest(path="a", md5="f" * 32), FileDigest(path="b")))
    tree = json.loads(encode(release))
    assert tree["subject"] == [{"name": "a", "digest": {"dvcMd5": "f" * 32}}, {"name": "b", "digest": {}}]
    assert tree["predicate"]["dvcLock"] == {}
    assert tree["predicate"]["builder"] == {"kind": "local"}


@pytest.mark.parametrize(("size", "whole"), [(12_287, True), (12_288, True), (12_289, False)])
def test_a_part_of_more_than_12_kib_is_stated_by_its_digest(size: int, *, whole: bool) -> None:
    params = {"p:a": "x" * (size - len('{"p:a":""}'))}
    tree = json.loads(encode(replace(RELEASE, params=params)))
    assert (tree["predicate"]["params"] == params) is whole
    assert list(tree["predicate"]["params"]) == (["p:a"] if whole else ["sha256"])
