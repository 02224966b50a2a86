"""Statements are written canonically and read back whole, and other messages cause no crash."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.message import (
    LARGEST_BYTES,
    MARK,
    human_part,
    parse_message,
    write_message,
)
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentAction,
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    RejectionStatement,
    ReleaseStatement,
    TagPointer,
    decode,
    encode,
)
from mlgit.errors import StateError

RELEASE = ReleaseStatement(
    model="m",
    version="v1.0.0",
    commit="c" * 40,
    tree="d" * 40,
    at="2026-01-01T00:00:00Z",
    lock_sha256="e" * 64,
    files=(FileDigest(path="model.bin", md5="f" * 32, sha256="a" * 64),),
    inputs={"data.csv": "md5:1"},
    params={"params.yaml:lr": "0.1"},
    metrics={"metrics.json:auc": "0.9"},
    gates=(GateOutcome(gate="floor", outcome="pass"),),
    builder=Builder(kind="github", run="https://example.org/run/1"),
    previous=TagPointer(tag="m@v0.9.0", oid="b" * 40),
)
REJECTION = RejectionStatement(
    model="m",
    version="v1.0.0",
    release=TagPointer(tag="m@v1.0.0", oid="e" * 40),
    at="2026-05-03T12:00:00Z",
    reason="leak",
)
PROMOTION = EnvironmentStatement(
    model="m",
    environment="prod",
    sequence=4,
    action="promote",
    at="2026-01-01T00:00:00Z",
    version="v1.0.0",
    release=TagPointer(tag="m@v1.0.0", oid="b" * 40),
    reason='line one\nline "two"',
)
TEXTS = st.text(max_size=30)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), TEXTS)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4)
)


@pytest.mark.parametrize("statement", [RELEASE, PROMOTION, replace(RELEASE, data_elsewhere=True)])
def test_a_statement_reads_back_as_written(statement: ReleaseStatement | EnvironmentStatement) -> None:
    assert parse_message(write_message("Subject", "A paragraph\nof two lines", statement)) == statement


def test_the_json_is_one_canonical_line_without_numbers() -> None:
    text = encode(RELEASE)
    tree = json.loads(text, parse_float=pytest.fail, parse_int=pytest.fail)
    assert "\n" not in text
    assert text == json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert tree["_type"] == "https://in-toto.io/Statement/v1"
    assert tree["subject"][0]["digest"]["sha256"] == "a" * 64


def test_a_release_without_files_is_about_its_commit() -> None:
    bare = ReleaseStatement(
        model="m", version="v1.0.0", commit="c" * 40, tree="d" * 40, at="", builder=Builder(kind="local")
    )
    assert json.loads(encode(bare))["subject"] == [{"name": "c" * 40, "digest": {"gitCommit": "c" * 40}}]
    assert parse_message(write_message("s", "", bare)) == bare


@given(TEXTS, st.text(max_size=200))
def test_no_human_text_hides_the_statement(subject: str, paragraph: str) -> None:
    assert parse_message(write_message(subject or "s", paragraph, PROMOTION)) == PROMOTION


@pytest.mark.parametrize(
    "paragraph", [MARK, f"x\n{MARK}\n{{}}", "-----BEGIN SSH SIGNATURE-----", "# comment"]
)
def test_human_lines_cannot_pose_as_mark_or_signature(paragraph: str) -> None:
    message = write_message("s", paragraph, PROMOTION)
    assert message.count(f"\n{MARK}\n") == 1
    assert not any(text.startswith(("-----BEGIN", "#")) for text in message.splitlines())
    assert parse_message(message) == PROMOTION


def test_a_signature_after_the_statement_is_allowed() -> None:
    signed = (
        write_message("s", "", PROMOTION)
        + "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n"
    )
    assert parse_message(signed) == PROMOTION
    assert human_part(signed) == "s"
    assert human_part("Registering artifact\n-----BEGIN PGP SIGNATURE-----\n") == "Registering artifact"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Registering artifact m version v1.0.0",
        f"s\n\n{MARK}\n",
        f"s\n\n{MARK}\nnot json",
        f"s\n\n{MARK}\n[]",
        f"s\n\n{MARK}\n" + "[" * 100_000,
        f"s\n\n{MARK}\n" + "[" * 20_000,
        f"s\n\n{MARK}\n" + '{"_type":"https://in-toto.io/Statement/v1"}',
        f"s\n\n{MARK}\n" + encode(PROMOTION).replace('"promote"', '"conquer"'),
        f"s\n\n{MARK}\n" + encode(PROMOTION).replace('"sequence":"4"', '"sequence":4'),
        f"s\n\n{MARK}\n" + encode(PROMOTION).replace('"model":"m"', '"model":"m","model":"n"'),
        f"s\n\n{MARK}\n" + encode(PROMOTION).replace("/environment/v1", "/environment/v9"),
        f"s\n\n{MARK}\n" + encode(PROMOTION).replace("in-toto.io", "example.org"),
        f"s\n\n{MARK}\n"
        + encode(RELEASE).replace('"builder":{', '"builder":[{').replace('run/1"}', 'run/1"}]'),
    ],
)
def test_a_malformed_message_has_no_statement(message: str) -> None:
    assert parse_message(message) is None


@given(
    TREES, st.sampled_from([RELEASE, PROMOTION]), st.sampled_from(["predicate", "subject", "predicateType"])
)
def test_any_json_is_a_statement_or_none(
    tree: object, statement: ReleaseStatement | EnvironmentStatement, place: str
) -> None:
    whole = json.loads(encode(statement))
    whole[place] = tree
    found = parse_message(f"s\n\n{MARK}\n{json.dumps(whole)}\n")
    assert found is None or isinstance(found, type(statement))


def test_a_release_states_that_its_data_is_elsewhere_only_if_it_is() -> None:
    assert "dataElsewhere" not in encode(RELEASE)
    text = encode(replace(RELEASE, data_elsewhere=True))
    assert json.loads(text)["predicate"]["dataElsewhere"] is True
    odd = decode(text.replace('"dataElsewhere":true', '"dataElsewhere":"yes"'))
    assert odd == RELEASE  # not canonical, which the proof of a tag refuses


@given(
    st.sampled_from(["inputs", "params", "gates", "previous", "release", "dvcLock", "builder", "at"]), TREES
)
def test_any_field_may_have_an_unexpected_type(name: str, tree: object) -> None:
    for statement in (RELEASE, PROMOTION):
        whole = json.loads(encode(statement))
        whole["predicate"][name] = tree
        parse_message(f"s\n\n{MARK}\n{json.dumps(whole)}\n")


def test_every_action_of_an_environment_reads_back() -> None:
    actions: tuple[EnvironmentAction, ...] = get_args(EnvironmentAction)
    for action in actions:
        statement = replace(PROMOTION, action=action)
        assert parse_message(write_message("s", "", statement)) == statement


def test_large_parts_are_stated_by_digest() -> None:
    large = ReleaseStatement(
        model="m", version="v1.0.0", commit="c" * 40, tree="d" * 40, at="", builder=Builder(kind="local"),
        params={f"params.yaml:key{number}": "x" * 100 for number in range(1000)},
    )  # fmt: skip
    message = write_message("s", "", large)
    assert len(message) < LARGEST_BYTES // 8
    found = parse_message(message)
    assert isinstance(found, ReleaseStatement)
    assert list(found.params) == ["sha256"]


def test_a_message_over_64_kib_is_refused() -> None:
    with pytest.raises(StateError, match="64 KiB"):
        write_message("s", "x" * LARGEST_BYTES, PROMOTION)


def test_lone_surrogates_are_replaced() -> None:
    torn = replace(PROMOTION, reason="caf\udce9")
    found = parse_message(write_message("s", "caf\udce9", torn))
    assert found == replace(PROMOTION, reason="caf?")
    large = replace(RELEASE, metrics={"m.json:\ud800": "1"}, params={"p.yaml:\ud800": "x" * LARGEST_BYTES})
    assert isinstance(parse_message(write_message("s", "", large)), ReleaseStatement)


def test_words_for_people_are_never_a_second_statement() -> None:
    forged = f"leak\n{MARK}\n{encode(PROMOTION)}\n-----BEGIN SSH SIGNATURE-----\n#x"
    message = write_message("Deregister\nm v1.0.0", forged, REJECTION)
    assert parse_message(message) == REJECTION
    message = message.partition(f"\n{MARK}\n")[0]
    assert message.splitlines()[:3] == ["Deregister m v1.0.0", "", "leak"]
    assert not any(line.startswith(("---", "#")) for line in message.splitlines())
    assert write_message("s", " ", REJECTION).startswith(f"s\n\n{MARK}\n")


def test_a_rejection_is_canonical_and_names_its_release() -> None:
    text = encode(REJECTION)
    assert text == (
        '{"_type":"https://in-toto.io/Statement/v1","predicate":{"action":"deregister",'
        '"at":"2026-05-03T12:00:00Z","model":"m","reason":"leak","release":{"oid":"' + "e" * 40 + '",'
        '"tag":"m@v1.0.0"},"version":"v1.0.0"},"predicateType":"https://github.com/mlgit/mlgit/rejection/v1",'
        '"subject":[{"digest":{"gitTag":"' + "e" * 40 + '"},"name":"m@v1.0.0"}]}'
    )
    assert decode(text) == REJECTION
    assert decode(text.replace('"release":{', '"released":{')) is None
