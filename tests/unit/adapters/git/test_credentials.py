"""Credentials: the push token configures git for one server and is never printed."""

from __future__ import annotations

import base64

import pytest

from mlgit.adapters.git.binary import GitFailed, environment
from mlgit.adapters.git.credentials import configured, without_secrets

TOKEN = "ghp_" + "secret"
GITHUB = {"MLGIT_PUSH_TOKEN": TOKEN, "GITHUB_SERVER_URL": "https://github.com"}


def basic(user: str) -> str:
    return base64.b64encode(f"{user}:{TOKEN}".encode()).decode()


def entries(found: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (found[f"GIT_CONFIG_KEY_{number}"], found[f"GIT_CONFIG_VALUE_{number}"])
        for number in range(int(found["GIT_CONFIG_COUNT"]))
        if f"GIT_CONFIG_KEY_{number}" in found
    ]


def test_on_github_the_header_is_for_its_server_only() -> None:
    assert entries(configured(GITHUB)) == [
        ("http.https://github.com/.extraheader", ""),
        ("http.https://github.com/.extraheader", f"Authorization: Basic {basic('x-access-token')}"),
    ]


def test_on_gitlab_origin_loses_the_token_of_the_job() -> None:
    variables = {
        "MLGIT_PUSH_TOKEN": f"{TOKEN}\n",
        "CI_SERVER_URL": "https://gitlab.example.org:8443/git/",
        "CI_JOB_TOKEN": "job",
        "CI_REPOSITORY_URL": "https://user:secret@gitlab.example.org:8443/git/group/line.git",
    }
    server = "https://gitlab.example.org:8443/git"
    assert entries(configured(variables)) == [
        (f"http.{server}/.extraheader", ""),
        (f"http.{server}/.extraheader", f"Authorization: Basic {basic('oauth2')}"),
        (f"url.{server}/.insteadOf", "https://gitlab-ci-token:job@gitlab.example.org:8443/git/"),
        (f"url.{server}/.insteadOf", "https://user:secret@gitlab.example.org:8443/git/"),
    ]


def test_an_address_elsewhere_is_not_rewritten() -> None:
    variables = {
        "MLGIT_PUSH_TOKEN": TOKEN,
        "CI_SERVER_URL": "https://gitlab.example.org",
        "CI_REPOSITORY_URL": "https://a:b@gitlab.example.org.evil.test/line.git",
    }
    assert [key for key, _ in entries(configured(variables)) if key.startswith("url.")] == []


def test_earlier_configuration_is_kept() -> None:
    before = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    found = before | configured(GITHUB | before)
    assert found["GIT_CONFIG_COUNT"] == "3"
    assert entries(found)[0] == ("a.b", "c")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"GITHUB_SERVER_URL": "https://github.com"},
        {"MLGIT_PUSH_TOKEN": TOKEN},
        {"MLGIT_PUSH_TOKEN": " \n", "GITHUB_SERVER_URL": "https://github.com"},
        *(
            {"MLGIT_PUSH_TOKEN": TOKEN, "GITHUB_SERVER_URL": server}
            for server in ("ssh://github.com", "https://", "https://a b", "https://x@github.com", "file:///x")
        ),
        GITHUB | {"GIT_CONFIG_COUNT": "many"},
    ],
)
def test_without_token_or_server_nothing_is_added(variables: dict[str, str]) -> None:
    assert configured(variables) == {}


def test_git_children_get_the_header_and_not_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    found = environment()
    assert "MLGIT_PUSH_TOKEN" not in found
    assert found["GIT_CONFIG_VALUE_1"] == f"Authorization: Basic {basic('x-access-token')}"


def test_messages_of_git_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    errors = (
        f"fatal: unable to access 'https://gitlab-ci-token:job@example.org/x.git/': {TOKEN}\n"
        f"Authorization: Basic {basic('x-access-token')}\nsee https://example.org/help and ssh://git@host/x\n"
    )
    error = GitFailed(("push",), 128, errors)
    assert error.details == (
        "fatal: unable to access 'https://example.org/x.git/': ***",
        "Authorization: Basic ***",
        "see https://example.org/help and ssh://git@host/x",
    )
    assert TOKEN not in error.stderr


def test_text_without_secrets_stays_as_it_is() -> None:
    assert without_secrets("remote: hook declined\n", {}) == "remote: hook declined\n"
