"""Proofs: what a tag's statement may say, and the values for the jobs that follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlgit.core.ci.tag_event import (
    EVENTS,
    OUTPUTS,
    TagDeployment,
    TagEvent,
    deployment_of,
    outputs_of,
    version_of_tag,
)
from mlgit.core.deploy.deployment import Deployment, DeployReport, Failure
from mlgit.core.registry.message import MARK, write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    ReleaseStatement,
    TagPointer,
    encode,
)
from mlgit.core.trust.proof import claims_problem, parse_statement, release_problem
from mlgit.errors import Exit
from tests.support.tags import commit, fact

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
RELEASE = ReleaseStatement(
    model="m",
    version="v1.0.0",
    commit=commit(1),
    tree=commit(7),
    at="2026-05-03T12:00:00Z",
    lock_sha256="a" * 64,
    files=(FileDigest(path="m.bin", md5="b" * 32), FileDigest(path="n.txt", sha256="c" * 64)),
    params={"params.yaml:x": "1e-3", "ü": "☃"},
    builder=Builder(kind="github", run="https://example.org/1"),
)
POINTED = fact("m@v1.0.0", 1)
PROMOTION = EnvironmentStatement(
    model="m",
    environment="prod",
    sequence=3,
    action="promote",
    at="2026-05-03T12:00:00Z",
    version="v1.0.0",
    release=TagPointer(tag="m@v1.0.0", oid=POINTED.oid),
)
EVENT = TagEvent(
    tag="m#prod#3",
    event="assignment",
    name="m",
    version="v1.0.0",
    environment="prod",
    commit=commit(1),
    verified=True,
    deploy=True,
)


@pytest.mark.parametrize(
    "statement",
    [
        RELEASE,
        PROMOTION,
        replace(RELEASE, files=(), lock_sha256=None, params={}, builder=Builder(kind="local")),
        replace(RELEASE, params={f"p{number}": "x" * 100 for number in range(500)}),
        replace(PROMOTION, version=None, release=None, reason="so"),
    ],
)
def test_statements_by_mlgit_are_canonical(statement: ReleaseStatement | EnvironmentStatement) -> None:
    message = write_message("Subject", "Words", statement)
    found = parse_statement(message)
    assert found.problem is None
    assert found.statement is not None
    assert encode(found.statement) == encode(statement)
    signed = f"{message}-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"
    assert parse_statement(signed).problem is None


@pytest.mark.parametrize("message", ["", "Words\n", f"Words about {MARK}\n", f"{MARK} x\n{{}}\n"])
def test_a_message_without_the_mark_states_nothing(message: str) -> None:
    assert parse_statement(message) == (None, None)


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (f"{MARK}\n{encode(PROMOTION)}\n", "cannot be parsed"),
        (f"\n{MARK}\n{encode(PROMOTION)}\n", "cannot be parsed"),
        (f"Words\n{MARK}\nno JSON\n", "cannot be parsed"),
        (f"Words\n{MARK}\n", "cannot be parsed"),
        (f"Words\n{MARK}\n{{}}\n", "cannot be parsed"),
        (f"Words\n{MARK}\n {encode(PROMOTION)}\n", "not written canonically"),
        (f'Words\n{MARK}\n{encode(PROMOTION)[:-1]},"x":"y"}}\n', "not written canonically"),
        (f"Words\n{MARK}\n{encode(PROMOTION)}\nmore\n", "there is text after"),
        (f"Words\n{MARK}\n{encode(RELEASE)}\n{MARK}\n{encode(PROMOTION)}", None),
    ],
)
def test_a_statement_that_mlgit_would_not_write_is_found(message: str, problem: str | None) -> None:
    found = parse_statement(message).problem
    assert found is None if problem is None else found is not None and problem in found


@pytest.mark.parametrize(
    ("tag", "at", "statement", "problem"),
    [
        ("m@v1.0.0", 1, RELEASE, None),
        ("m@v1.0.0", 2, RELEASE, f"it states {commit(1)} instead of {commit(2)}"),
        ("m@v2.0.0", 1, RELEASE, "it states v1.0.0 instead of v2.0.0"),
        ("m@v1.0.0!", 1, RELEASE, "it is not a release, but states one"),
        ("m#prod#3", 1, RELEASE, "it is not a release, but states one"),
        ("m#prod#3", 1, PROMOTION, None),
        ("m#prod!#3", 1, PROMOTION, None),
        ("m#prod#4", 1, PROMOTION, "it states 3 instead of 4"),
        ("n#staging#3", 1, PROMOTION, "it states m instead of n, prod instead of staging"),
        ("m#prod", 1, PROMOTION, "it states 3 instead of None"),
        ("m@v1.0.0", 1, PROMOTION, "it is not about an environment, but states one"),
        (
            *("m#prod#3", 1, replace(PROMOTION, action="unassign")),
            "it puts a version there, but states that one was taken out",
        ),
        ("m#prod!#3", 1, replace(PROMOTION, action="unassign"), None),
    ],
)
def test_a_statement_must_match_its_own_tag(
    tag: str, at: int, statement: ReleaseStatement | EnvironmentStatement, problem: str | None
) -> None:
    assert claims_problem(fact(tag, at), statement) == problem


@pytest.mark.parametrize(
    ("tag", "at", "statement", "problem"),
    [
        ("m#prod#3", 1, PROMOTION, None),
        ("m#prod#3", 2, PROMOTION, "its release `m@v1.0.0` at"),
        # The tag that takes a version out is on the commit of the version before.
        ("m#prod!#3", 2, PROMOTION, None),
        ("m#prod#3", 1, replace(PROMOTION, release=None), None),
        ("m#prod#3", 1, replace(PROMOTION, version="v2.0.0"), "it states v2.0.0, and its release is"),
        (
            *("m#prod#3", 1, replace(PROMOTION, release=TagPointer(tag="m@v1.0.0", oid="0" * 40))),
            "it names `m@v1.0.0` as 0000000",
        ),
        (
            *("m#prod#3", 1, replace(PROMOTION, release=TagPointer(tag="m@v9.0.0", oid="0" * 40))),
            "it names the release `m@v9.0.0`, which is not here",
        ),
        (
            *("m#prod#3", 1, replace(PROMOTION, release=TagPointer(tag="m#prod#3", oid="0" * 40))),
            "it names `m#prod#3`, which is not a release of `m`",
        ),
        (
            *("m#prod#3", 1, replace(PROMOTION, release=TagPointer(tag="n@v1.0.0", oid="0" * 40))),
            "it names `n@v1.0.0`, which is not a release of `m`",
        ),
    ],
)
def test_an_assignment_must_match_its_release(
    tag: str, at: int, statement: EnvironmentStatement, problem: str | None
) -> None:
    state = replay([POINTED, fact("m#prod#3", 1)]).model("m")
    found = release_problem(fact(tag, at), statement, state)
    assert found is None if problem is None else found is not None and problem in found


def test_a_tag_s_version_is_that_of_its_name_or_its_commit() -> None:
    both = [fact("m@v1.0.0", 1), fact("m@v1.1.0", 1)]
    state = replay(both).model("m")
    of_name = version_of_tag(both[0], state)
    assert of_name is not None
    assert str(of_name.version) == "v1.0.0"
    message = write_message("Promote", "", PROMOTION)
    of_statement = version_of_tag(fact("m#prod#3", 1, message=message), state)
    assert of_statement is not None
    assert str(of_statement.version) == "v1.0.0"
    highest = version_of_tag(fact("m#prod#4", 1), state)
    assert highest is not None
    assert str(highest.version) == "v1.1.0"
    assert version_of_tag(fact("m#prod#4", 2), state) is None


def test_jobs_that_follow_get_the_names_of_gto_action_and_ours() -> None:
    assert outputs_of(EVENT) == {
        **dict.fromkeys(OUTPUTS, ""),
        "event": "assignment",
        "name": "m",
        "version": "v1.0.0",
        "stage": "prod",
        "environment": "prod",
        "tag": "m#prod#3",
        "commit": commit(1),
        "deploy": "true",
    }
    taken_out = outputs_of(replace(EVENT, event="unassignment", version=None, deploy=False))
    assert (taken_out["stage"], taken_out["environment"], taken_out["deploy"]) == ("", "prod", "false")
    # gto names a commit without a version by its id.
    assert taken_out["version"] == commit(1)
    released = outputs_of(replace(EVENT, event="registration", environment=None, deploy=False, version=None))
    assert released["version"] == ""


@pytest.mark.parametrize("event", [None, replace(EVENT, verified=False)])
def test_a_tag_that_does_not_count_has_no_variables(event: TagEvent | None) -> None:
    assert outputs_of(event) == {**dict.fromkeys(OUTPUTS, ""), "deploy": "false"}


def test_a_description_fits_into_the_file_that_gitlab_reads() -> None:
    assert len(outputs_of(replace(EVENT, description="x" * 9_999))["description"]) == 2_000
    assert outputs_of(replace(EVENT, description="a😀" * 999))["description"] == "a😀" * 400


def test_every_tag_is_an_event_of_gto() -> None:
    assert set(EVENTS.values()) == {
        *("registration", "deregistration", "assignment", "unassignment", "deprecation"),
    }


def test_the_exit_code_is_that_of_the_proof_then_of_the_deployment() -> None:
    failed = TagDeployment(state="failed", exit_code=Exit.TOOL)
    assert replace(EVENT, verified=False, deployment=failed).exit_code == Exit.BLOCKED
    assert replace(EVENT, deployment=failed).exit_code == Exit.TOOL
    assert EVENT.exit_code == Exit.DONE


def test_a_deployment_is_summarized() -> None:
    nothing = DeployReport(environment="prod", dry_run=False, at=NOON)
    assert deployment_of(nothing, recorded=True) is None
    plain = Deployment(model="m", environment="prod", target="local", state="deployed", before="v0.9.0")
    done = deployment_of(replace(nothing, deployments=(plain,)), recorded=True)
    assert done == TagDeployment(state="deployed", before="v0.9.0", recorded=True)
    reason = Failure(step="fetched", code="x", exit_code=Exit.TOOL, message="Broken", hint="look")
    broken = replace(nothing, deployments=(replace(plain, state="failed", failure=reason),))
    report = deployment_of(broken, recorded=False)
    assert report is not None
    assert (report.exit_code, report.message, report.hint) == (Exit.TOOL, "Broken", "look")
