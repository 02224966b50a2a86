"""Detect: the forge of a CI run or of a remote, with the token for it; no other host gets that token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never
from urllib.parse import unquote, urlsplit

from mlgit.core.ci.event import CiEvent, whole_number
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.forge.github import GitHub
    from mlgit.adapters.forge.gitlab import GitLab
    from mlgit.core.forge.protocol import Forge

    Variables = Mapping[str, str]

_GITHUB, _GITLAB = HOSTS["github"], HOSTS["gitlab"]
# SSH over the HTTPS port has names of its own.
_OTHER_NAMES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
# `git@host:path`, which is not a URL; a colon after a single letter would be a Windows drive.
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9.-]{2,}|\[[0-9a-fA-F:]+\]):(?P<path>[^\s]+)")


@record
class Remote:
    """Where a remote's URL leads: the host's name, and the path without `.git`."""

    host: str
    path: str


def connect(event: CiEvent, variables: Variables) -> Forge | None:
    """The forge that a CI run belongs to; None without a token for it.

    Raises:
        ForgeFailed: the token, the repository's name or the address is not valid.
    """
    variable = _first(variables, HOSTS[event.host].tokens)
    if variable is None:
        return None
    match event.host:
        case "github":
            return _github(event.api, event.repository, variables, variable, run=event.run)
        case "gitlab":
            page = f"{event.server}/{event.repository}" if event.repository else None
            return _gitlab(event.api, event.project or event.repository, variables, variable, page=page)
        case _:
            assert_never(event.host)


def forge_of(remote_url: str, variables: Variables) -> Forge | None:
    """The forge that a remote's URL leads to; None if it is not a known one, or without a token.

    A token goes only to the host it is for: a public server of the forge, and a server that one of the
    forge's variables names (`servers` in HOSTS). A clone can carry any URL.

    Raises:
        ForgeFailed: the token or the repository's name is not valid.
    """
    remote = remote_of(remote_url)
    if remote is None:
        return None
    for host, row in HOSTS.items():
        server = _server(remote, variables, row.servers)
        if server is None and not row.public.fullmatch(remote.host):
            continue
        match host:
            case "github":
                return _github_of(remote, server, variables)
            case "gitlab":
                return _gitlab_of(remote, server, variables)
            case _:
                assert_never(host)
    return None


def remote_of(url: str) -> Remote | None:
    """The host and path in a remote's URL; None for a folder, and if it cannot be read."""
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


def _server(remote: Remote, variables: Variables, names: tuple[str, ...]) -> str | None:
    """The address that a variable has for the remote's host; the remote's own may be a trap."""
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


def _github_of(remote: Remote, server: str | None, variables: Variables) -> GitHub | None:
    public = _GITHUB.public.fullmatch(remote.host) is not None
    in_actions = server == variables.get("GITHUB_SERVER_URL", "").rstrip("/")
    names = () if public else _GITHUB.own_server_tokens
    variable = _first(variables, (*names, *(_GITHUB.tokens if public or in_actions else ())))
    if variable is None:
        return None
    api = f"https://api.{remote.host}" if public else f"{server}/api/v3"
    if in_actions:
        api = variables.get("GITHUB_API_URL", api).rstrip("/")
    return _github(api, remote.path, variables, variable)


def _gitlab_of(remote: Remote, server: str | None, variables: Variables) -> GitLab | None:
    # If a variable names another server, the token is for that one.
    if server is None and not _first(variables, _GITLAB.servers):
        server = f"https://{remote.host}"
    variable = _first(variables, _GITLAB.tokens)
    if server is None or variable is None:
        return None
    # A server may itself be below a path, which is not part of the project's.
    prefix = urlsplit(server).path.strip("/")
    path = remote.path.removeprefix(f"{prefix}/") if prefix else remote.path
    return _gitlab(f"{server}/api/v4", path, variables, variable, page=f"{server}/{path}")


def _github(api: str, name: str, variables: Variables, variable: str, *, run: int | None = None) -> GitHub:
    from mlgit.adapters.forge.github import GitHub

    return GitHub(api, name, token=variables[variable], variable=variable, run=run)


def _gitlab(api: str, project: str, variables: Variables, variable: str, *, page: str | None) -> GitLab:
    from mlgit.adapters.forge.gitlab import GitLab

    return GitLab(
        api,
        project,
        token=variables[variable],
        variable=variable,
        page=page,
        pipeline=whole_number(variables.get("CI_PIPELINE_ID")),
        job=whole_number(variables.get("CI_JOB_ID")),
    )


def _first(variables: Variables, names: tuple[str, ...]) -> str | None:
    """The first variable that is set."""
    return next((name for name in names if variables.get(name)), None)
