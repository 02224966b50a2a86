"""Triggers: the tests' own reading of GitHub's `on:`, which decides what an event starts."""

from __future__ import annotations

import pytest

from tests.support.triggers import matches, parsed, rights, starts


@pytest.mark.parametrize(
    ("pattern", "name", "taken"),
    [
        ("main", "main", True),
        ("main", "maintenance", False),
        ("**@v*", "line@v1.0.0", True),
        ("**@v*", "models/line@v1.0.0", True),
        ("*@v*", "models/line@v1.0.0", False),
        ("**@v*", "line@1.0.0", False),
        ("**#*", "line#prod#3", True),
        ("**#*", "nightly", False),
        ("release/v[12].?", "release/v1.", True),
        ("v1.0.+", "v1.0...", True),
        ("feature.x", "featureXx", False),
    ],
)
def test_filter_patterns_are_githubs(pattern: str, name: str, *, taken: bool) -> None:
    assert matches([pattern], name) is taken


def test_a_later_exclamation_mark_excludes() -> None:
    assert not matches(["**", "!dependabot/**"], "dependabot/pip")
    assert matches(["**", "!dependabot/**", "dependabot/pip"], "dependabot/pip")


def test_a_push_filtered_by_tags_is_not_started_by_branches_and_the_other_way_round() -> None:
    tags = parsed("on: {push: {tags: ['**@v*']}}\njobs: {}")
    branches = parsed("on: {push: {branches: [main]}}\njobs: {}")
    assert starts(tags, "push", ref="refs/tags/line@v1.0.0")
    assert not starts(tags, "push", ref="refs/heads/line@v1.0.0")
    assert starts(branches, "push", ref="refs/heads/main")
    assert not starts(branches, "push", ref="refs/tags/main")


def test_a_pull_request_is_filtered_by_its_action_and_its_base() -> None:
    plain = parsed("on: [pull_request, push]\njobs: {}")
    assert starts(plain, "pull_request", ref="main", action="synchronize")
    assert not starts(plain, "pull_request", ref="main", action="labeled")
    based = parsed("on: {pull_request: {branches: [main]}}\njobs: {}")
    assert not starts(based, "pull_request", ref="release", action="opened")


def test_a_workflow_waits_for_the_workflow_and_the_actions_that_it_names() -> None:
    waiting = parsed("on: {workflow_run: {workflows: [mlgit], types: [completed]}}\njobs: {}")
    assert starts(waiting, "workflow_run", ref="mlgit", action="completed")
    assert not starts(waiting, "workflow_run", ref="mlgit", action="requested")
    assert not starts(waiting, "workflow_run", ref="other", action="completed")


def test_a_called_workflow_has_no_more_rights_than_its_caller_gives() -> None:
    called = parsed("on: workflow_call\njobs: {a: {permissions: {contents: write, deployments: write}}}")
    caller = parsed("on: push\njobs: {b: {uses: ./x.yml, permissions: {contents: read, deployments: write}}}")
    assert rights(caller, {"./x.yml": called}) == {"contents": "read", "deployments": "write"}


def test_rights_that_no_job_requests_are_not_given() -> None:
    assert rights(parsed("on: push\npermissions: {}\njobs: {a: {}}"), {}) == {}
