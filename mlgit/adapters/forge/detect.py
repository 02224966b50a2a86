"""Detect: which forge a run or a remote belongs to, and the token for it, which no other host gets."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mlgit.core.ci.event import whole_number
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.adapters.forge.github import GitHub
    from mlgit.adapters.forge.gitlab import GitLab
    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.protocol import Forge

GITHUB_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
GITHUB_SERVER_TOKENS = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
GITLAB_TOKENS = ("MLGIT_GITLAB_TOKEN", "GITLAB_TOKEN")
_GITHUB_SERVERS = ("GITHUB_SERVER_URL", "GH_HOST")
_GITLAB_SERVERS = ("CI_SERVER_URL", "GITLAB_URI", "GITLAB_HOST")
# SSH over the HTTPS port has names of its own.
_OTHER_NAMES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
# `git@host:path`, which is no URL; a colon after a single letter would be a Windows drive.
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9.-]{2,}|\[[0-9a-fA-F:]+\]):(?P<path>[^\s]+)")


@record
class Remote:
    """Where a remote's URL leads: the host's name, and the path without `.git`."""

    host: str
    path: str


def connect(
    event: CiEvent, variables: Mapping[str, str], *, sleep: Callable[[float], None] = time.sleep
) -> Forge | None:
    """The forge that a CI run belongs to; None without a token for it.

    Args:
        event: what started the run.
        variables: the environment.
        sleep: how to wait, in seconds.

    Raises:
        ForgeFailed: the token, the repository's name or the address cannot be one.
    """
    if event.host == "github":
        variable = _first(variables, GITHUB_TOKENS)
        if variable is None:
            return None
        return _github(event.api, event.repository, variables, variable, run=event.run, sleep=sleep)
    variable = _first(variables, GITLAB_TOKENS)
    if variable is None:
        return None
    return _gitlab(
        event.api,
        event.project or event.repository,
        variables,
        variable,
        page=f"{event.server}/{event.repository}" if event.repository else None,
        sleep=sleep,
    )


def forge_of(
    remote_url: str, variables: Mapping[str, str], *, sleep: Callable[[float], None] = time.sleep
) -> Forge | None:
    """The forge that a remote's URL leads to; None where it is none we know, or without a token.

    A token goes only to the host it is for: those of github.com and gitlab.com, and a server that
    GITHUB_SERVER_URL, GH_HOST, CI_SERVER_URL, GITLAB_URI or GITLAB_HOST names. A clone can carry any URL.

    Args:
        remote_url: https, ssh, or `git@host:path`.
        variables: the environment.
        sleep: how to wait, in seconds.

    Raises:
        ForgeFailed: the token or the repository's name cannot be one.
    """
    remote = remote_of(remote_url)
    if remote is None:
        return None
    server = _server(remote, variables, _GITHUB_SERVERS)
    if server is not None or _public_github(remote.host):
        return _github_of(remote, server, variables, sleep=sleep)
    if not any(variables.get(name) for name in _GITLAB_SERVERS):
        server = "https://gitlab.com" if remote.host == "gitlab.com" else None
    else:
        server = _server(remote, variables, _GITLAB_SERVERS)
    variable = _first(variables, GITLAB_TOKENS)
    if server is None or variable is None:
        return None
    path = _below(remote.path, server)
    return _gitlab(f"{server}/api/v4", path, variables, variable, page=f"{server}/{path}", sleep=sleep)


def remote_of(url: str) -> Remote | None:
    """What a remote's URL says; None for a folder and what cannot be read."""
    url = url.strip()
    if "://" not in url:
        found = _SCP.fullmatch(url)
        return None if found is None else _remote(found["host"], found["path"])
    try:
        split = urlsplit(url)
    except ValueError:
        return None
    known = split.scheme in {"http", "https", "ssh", "git+ssh"}
    return _remote(split.hostname, unquote(split.path)) if known and split.hostname else None


def _remote(host: str, path: str) -> Remote | None:
    path = path.strip("/").removesuffix(".git").strip("/")
    host = _OTHER_NAMES.get(host.lower(), host.lower())
    return Remote(host=host, path=path) if path else None


def _public_github(host: str) -> bool:
    return host == "github.com" or host.endswith(".ghe.com")


def _server(remote: Remote, variables: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The address that a variable has for the remote's host; the one in the remote may be a trap."""
    for name in names:
        value = variables.get(name, "").strip().rstrip("/")
        address = value if "://" in value else f"https://{value}"
        try:
            named = urlsplit(address).hostname
        except ValueError:
            continue
        if named == remote.host:
            return address
    return None


def _below(path: str, server: str) -> str:
    """The repository's path without the one that the server itself is below."""
    prefix = urlsplit(server).path.strip("/")
    return path.removeprefix(f"{prefix}/") if prefix else path


def _github_of(
    remote: Remote, server: str | None, variables: Mapping[str, str], *, sleep: Callable[[float], None]
) -> Forge | None:
    public = _public_github(remote.host)
    in_actions = server == variables.get("GITHUB_SERVER_URL", "").rstrip("/")
    names = (*(() if public else GITHUB_SERVER_TOKENS), *(GITHUB_TOKENS if public or in_actions else ()))
    variable = _first(variables, names)
    if variable is None:
        return None
    api = f"https://api.{remote.host}" if public else f"{server}/api/v3"
    if in_actions:
        api = variables.get("GITHUB_API_URL", api).rstrip("/")
    return _github(api, remote.path, variables, variable, run=None, sleep=sleep)


def _github(
    api: str,
    repository: str,
    variables: Mapping[str, str],
    variable: str,
    *,
    run: int | None,
    sleep: Callable[[float], None],
) -> GitHub:
    from mlgit.adapters.forge.github import GitHub

    return GitHub(api, repository, token=variables[variable], variable=variable, run=run, sleep=sleep)


def _gitlab(
    api: str,
    project: str,
    variables: Mapping[str, str],
    variable: str,
    *,
    page: str | None,
    sleep: Callable[[float], None],
) -> GitLab:
    from mlgit.adapters.forge.gitlab import GitLab

    return GitLab(
        api,
        project,
        token=variables[variable],
        variable=variable,
        page=page,
        pipeline=whole_number(variables.get("CI_PIPELINE_ID")),
        job=whole_number(variables.get("CI_JOB_ID")),
        sleep=sleep,
    )


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first variable that is set."""
    return next((name for name in names if variables.get(name)), None)
