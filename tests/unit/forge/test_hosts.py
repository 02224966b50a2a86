"""Hosts: the table of forges, and which forge a server or a file belongs to."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from mlgit.core.ci.event import ci_event
from mlgit.core.forge.hosts import HOSTS, Host, HostInfo, host_of, host_of_file, host_options
from mlgit.resources import schema_text

ROWS = pytest.mark.parametrize("row", HOSTS.values(), ids=HOSTS)
BUNDLED = Path(__file__).parents[3] / "ci-templates"


def test_every_host_has_a_row() -> None:
    assert set(HOSTS) == set(get_args(Host))


@pytest.mark.parametrize("host", HOSTS)
def test_the_variables_of_every_hosts_ci_are_read(host: Host) -> None:
    event = ci_event({HOSTS[host].running: "true"}, None)
    assert event is not None
    assert event.host == host


@pytest.mark.parametrize("name", ["ci-comment", "ci-report", "ci-templates"])
def test_every_host_is_in_the_schemas_of_ci_commands(name: str) -> None:
    allowed = json.loads(schema_text(name))["properties"]["host"]["enum"]
    assert {host for host in allowed if host is not None} == set(HOSTS)


@ROWS
def test_no_two_hosts_share_a_variable(row: HostInfo) -> None:
    names = {row.running, *row.tokens, *row.own_server_tokens, *row.servers}
    others = [other for other in HOSTS.values() if other is not row]
    for other in others:
        assert not names & {other.running, *other.tokens, *other.own_server_tokens, *other.servers}


@ROWS
def test_every_row_has_bundled_templates_and_commits_their_destinations(row: HostInfo) -> None:
    for bundled, path in row.templates:
        assert (BUNDLED / bundled).exists()
        assert bundled.endswith("/") == path.endswith("/")
        assert path.startswith(row.committed)


@ROWS
def test_steps_have_no_field_that_is_not_filled(row: HostInfo) -> None:
    assert {name for step in row.steps for name in re.findall(r"{(\w*)}", step)} <= {"branch"}
    assert re.findall(r"{(\w*)}", row.environments_step or "{environments}") == ["environments"]


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("github.com", "github"),
        ("GitHub.example.org", "github"),
        ("us.ghe.com", "github"),
        ("gitlab.com", "gitlab"),
        ("my-gitlab.example.org", "gitlab"),
        ("notgithub.com", None),
        ("forge.example", None),
        ("", None),
    ],
)
def test_the_name_of_a_server_shows_its_forge(server: str, host: str | None) -> None:
    assert host_of(server) == host


def test_a_ci_file_belongs_to_one_forge() -> None:
    paths = (".github/workflows/a.yml", ".gitlab-ci.yml")
    assert tuple(host_of_file(path) for path in paths) == ("github", "gitlab")
    with pytest.raises(ValueError, match="Jenkinsfile"):
        host_of_file("Jenkinsfile")


def test_a_hint_offers_every_forge() -> None:
    assert sorted(host_options().split(" or ")) == sorted(f"`--host {host}`" for host in HOSTS)
    offers = host_options("mlgit ci init ").split(" or ")
    assert sorted(offers) == sorted(f"`mlgit ci init --host {host}`" for host in HOSTS)
