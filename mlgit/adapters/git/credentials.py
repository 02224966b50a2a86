"""Credentials: hand the push token of a CI job to git, and keep it out of git's messages.

git reads configuration from its environment (GIT_CONFIG_COUNT, see `git help config`), so the token is in no
argument list and in no file. It is sent to the forge's own address only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VARIABLE = "MLGIT_PUSH_TOKEN"
_COUNT = "GIT_CONFIG_COUNT"
_SERVER = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)


def configured(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables that make git push with the token, if any, to `GITHUB_SERVER_URL` or `CI_SERVER_URL`."""
    server, user = _server(variables)
    count = variables.get(_COUNT) or "0"
    if not _token(variables) or server is None or not (count.isascii() and count.isdigit()):
        return {}
    entries = list(_entries(server, user, variables))
    found = {_COUNT: str(int(count) + len(entries))}
    for number, (key, value) in enumerate(entries, int(count)):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def without_secrets(text: str, variables: Mapping[str, str]) -> str:
    """A message of git without the token, encoded or not, and without users and passwords in URLs."""
    shown = without_passwords(text)
    token = _token(variables)
    if token:
        for form in (_basic(_server(variables)[1], token), token):
            shown = shown.replace(form, "***")
    return shown


def _entries(server: str, user: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    # A checkout action may have left its own header, and servers refuse two: an empty one clears the list.
    yield f"http.{server}/.extraheader", ""
    yield f"http.{server}/.extraheader", f"Authorization: Basic {_basic(user, _token(variables))}"
    # A GitLab runner puts the job's token, which may not push, into the address of origin.
    for own in _own_addresses(server, variables):
        yield f"url.{server}/.insteadOf", own


def _own_addresses(server: str, variables: Mapping[str, str]) -> list[str]:
    """The beginnings of the server's address with a user that the runner put in."""
    scheme, _, place = server.partition("://")
    job_token = variables.get("CI_JOB_TOKEN")
    users = [f"gitlab-ci-token:{job_token}"] if job_token else []
    stated, _, rest = variables.get("CI_REPOSITORY_URL", "").partition("://")[2].rpartition("@")
    if stated and f"{rest}/".startswith(f"{place}/"):
        users.append(stated)
    return [f"{scheme}://{user}@{place}/" for user in dict.fromkeys(users)]


def _server(variables: Mapping[str, str]) -> tuple[str | None, str]:
    """The forge's address without a trailing slash (None if it is unusable), and the user for its tokens."""
    for name, user in (("GITHUB_SERVER_URL", "x-access-token"), ("CI_SERVER_URL", "oauth2")):
        server = variables.get(name, "")
        if server:
            return (server.rstrip("/") if _SERVER.fullmatch(server) else None), user
    return None, "x-access-token"


def _token(variables: Mapping[str, str]) -> str:
    return variables.get(_VARIABLE, "").strip()


def _basic(user: str, token: str) -> str:
    from base64 import b64encode

    return b64encode(f"{user}:{token}".encode()).decode()
