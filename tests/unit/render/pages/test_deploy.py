"""Page of `mlgit deploy`: one sentence per result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlgit.core.deploy.deployment import Deployment, DeployReport, failure
from mlgit.errors import AnswerNo, Exit, StateError, ToolError
from mlgit.render.console import plain
from mlgit.render.pages.deploy import page

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
FOLDER = {"folder": "/srv/line", "release": "v1.0.1", "target": "local"}
PROGRAM = {"target": "command", "command": ("sh", "deploy.sh")}


def deployment(**values: Any) -> Deployment:  # noqa: ANN401 (any field)
    known: dict[str, Any] = {
        "model": "line",
        "environment": "prod",
        "state": "deployed",
        "tag": "line#prod#2",
        "version": "v1.0.1",
        "commit": "c" * 40,
        "took_ms": 1234,
    }
    return Deployment(**(known | values))


def shown(
    *deployments: Deployment,
    details: bool = True,
    offline: bool = False,
    **more: Any,  # noqa: ANN401 (any field)
) -> str:
    values: dict[str, Any] = {"environment": "prod", "dry_run": False, "at": NOW}
    report = DeployReport(**(values | {"deployments": deployments} | more))
    return plain(page(report, details=details, offline=offline))


CURRENT = "  current: /srv/line/current -> releases/v1.0.1\n"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            deployment(**FOLDER, before="v1.0.0", removed=("v0.9.0",)),
            (
                "Deployed line@v1.0.1 to prod in 1.2 s (was v1.0.0)\n  files: fetched and checked\n"
                f"{CURRENT}  removed: v0.9.0\n"
            ),
        ),
        (
            deployment(**FOLDER, kept=True, resumed=True, before="v1.0.1"),
            (
                "Deployed line@v1.0.1 to prod in 1.2 s\n  files: kept on the target, digests checked; "
                f"an interrupted deployment continues\n{CURRENT}"
            ),
        ),
        (
            deployment(**FOLDER, state="planned", before="v1.0.0", removed=("v0.9.0",), took_ms=None),
            (
                "Would deploy line@v1.0.1 to prod (was v1.0.0)\n  files: to be fetched\n"
                f"{CURRENT}  would remove: v0.9.0\n"
            ),
        ),
        (
            deployment(**FOLDER, state="planned", kept=True),
            f"Would deploy line@v1.0.1 to prod\n  files: kept on the target\n{CURRENT}",
        ),
        (deployment(**PROGRAM, took_ms=None), "Deployed line@v1.0.1 to prod\n  program: sh deploy.sh\n"),
        (
            deployment(**FOLDER, state="already", notes=("look",)),
            f"Already: line@v1.0.1 is deployed to prod\n{CURRENT}  note: look\n",
        ),
        (
            deployment(**FOLDER, version=None),
            f"Deployed line ({'c' * 40}) to prod in 1.2 s\n  files: fetched and checked\n{CURRENT}",
        ),
        (
            deployment(**FOLDER, state="superseded", superseded_by="line#prod#3", superseded_label="v1.0.2"),
            "Superseded: line#prod#2 by line#prod#3 (v1.0.2); nothing was done\n",
        ),
        (
            deployment(target="local", state="unassigned", tag=None, version=None, commit=None),
            "line is not in prod; its target was not changed\n",
        ),
        (
            deployment(**FOLDER, state="failed", failure=failure("fetched", ToolError("No"))),
            "Failed: line@v1.0.1 to prod\n",
        ),
        (deployment(**FOLDER, state="failed"), "Failed: line@v1.0.1 to prod\n"),
    ],
)
def test_each_state_has_its_sentence(found: Deployment, text: str) -> None:
    assert shown(found) == text


def test_without_details_a_result_is_one_line_and_a_plan_is_whole() -> None:
    done = shown(deployment(**FOLDER, before="v1.0.0", removed=("v0.9.0",)), details=False)
    assert done == "Deployed line@v1.0.1 to prod in 1.2 s (was v1.0.0)\n"
    assert CURRENT in shown(deployment(**FOLDER, state="planned"), details=False)


def test_an_environment_without_models_is_reported() -> None:
    assert shown() == "There is no model to deploy to prod\n"


def test_the_age_of_the_tags_is_shown_if_a_remote_may_have_newer_ones() -> None:
    before, just = NOW - timedelta(hours=3), NOW - timedelta(seconds=2)
    one = deployment(**FOLDER)
    assert "tags fetched 3 h ago" in shown(one, offline=True, remote="origin", tags_as_of=before)
    assert "tags fetched" not in shown(one, offline=True, remote="origin")
    assert "tags fetched" not in shown(one, offline=True, remote="origin", tags_as_of=just)
    assert "tags fetched" not in shown(one, offline=True, tags_as_of=before)
    # It was fetched by this command; the clock of the disk is another one.
    assert "tags fetched" not in shown(one, remote="origin", tags_as_of=NOW + timedelta(hours=2))


def test_the_exit_code_is_that_of_the_first_failure() -> None:
    failed = [
        deployment(**FOLDER, state="failed", failure=failure("verified", error))
        for error in (AnswerNo("No", hint="Look", details=("a",)), StateError("No"))
    ]
    report = DeployReport(
        environment="prod", dry_run=False, at=NOW, deployments=(deployment(**FOLDER), *failed)
    )
    assert report.exit_code == Exit.BLOCKED
    assert failed[0].failure is not None
    assert (failed[0].failure.hint, failed[0].failure.details) == ("Look", ("a",))
    assert DeployReport(environment="prod", dry_run=False, at=NOW).exit_code == Exit.DONE
