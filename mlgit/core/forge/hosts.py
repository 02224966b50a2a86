"""Hosts: what differs between forges, one row per forge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

Host = Literal["github", "gitlab"]


@record
class HostInfo:
    """The words, limits and places of one forge.

    `name` is its usual name, `request` the first word of its merge request. `running` is the variable that
    is `true` in its CI, `tokens` the variables that may hold a token, the preferred one first,
    and `servers` those that may name a server. `own_server_tokens` are only for a server that is not public;
    `public` matches the names of public servers. `hidden_tokens` must not reach the job that runs a branch's
    code, and `hide_tokens` says how to keep them away. `comment_bytes` is how long a comment may be.
    `file_page` is the page of a file at a `{commit}`; `{site}` is the page of the repository.

    `ci_path` is the folder (ending with `/`) or file by which a repository shows that it uses this CI, and
    `workflows` the folder or file with its jobs. `templates` maps bundled folders and files to their paths in
    a repository. `entry` is the file that users add their own jobs to, `include` the lines it needs for
    mlgit's. `environment_job` matches the environments that get a job of their own; None if they need none.

    `committed` are the paths to commit after `ci init`, `steps` what a person does next, with `{branch}`;
    `environments_step` follows if there are any, with `{environments}`. `secrets_page` is where secrets go.
    """

    name: str
    request: str
    running: str
    tokens: tuple[str, ...]
    own_server_tokens: tuple[str, ...] = ()
    hidden_tokens: tuple[str, ...] = ()
    hide_tokens: str = ""
    servers: tuple[str, ...]
    public: re.Pattern[str]
    comment_bytes: int
    file_page: str
    ci_path: str
    workflows: str
    templates: tuple[tuple[str, str], ...]
    entry: str | None = None
    include: str | None = None
    environment_job: re.Pattern[str] | None = None
    committed: tuple[str, ...]
    steps: tuple[str, ...]
    environments_step: str | None = None
    secrets_page: str


HOSTS: Mapping[Host, HostInfo] = {
    "github": HostInfo(
        name="GitHub",
        request="pull",
        running="GITHUB_ACTIONS",
        tokens=("GITHUB_TOKEN", "GH_TOKEN"),
        own_server_tokens=("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"),
        servers=("GITHUB_SERVER_URL", "GH_HOST"),
        public=re.compile(r"github\.com|.*\.ghe\.com"),
        comment_bytes=60_000,
        file_page="{site}/blob/{commit}/{path}",
        ci_path=".github/",
        workflows=".github/workflows/",
        templates=(
            ("github/workflows/", ".github/workflows/"),
            ("github/actions/setup/", ".github/actions/mlgit-setup/"),
        ),
        committed=(".github",),
        steps=("protect `{branch}` and require the check `mlgit` (Settings > Rules > Rulesets)",),
        environments_step="set who may deploy to {environments} (Settings > Environments)",
        secrets_page="Settings > Secrets and variables",
    ),
    "gitlab": HostInfo(
        name="GitLab",
        request="merge",
        running="GITLAB_CI",
        tokens=("MLGIT_GITLAB_TOKEN", "GITLAB_TOKEN"),
        hidden_tokens=("MLGIT_GITLAB_TOKEN", "GITLAB_TOKEN"),
        hide_tokens="give it the environment scope `mlgit-report`",
        servers=("CI_SERVER_URL", "GITLAB_URI", "GITLAB_HOST"),
        public=re.compile(r"gitlab\.com"),
        comment_bytes=900_000,
        file_page="{site}/-/blob/{commit}/{path}",
        ci_path=".gitlab-ci.yml",
        workflows=".gitlab-ci.yml",
        templates=(("gitlab/templates/", ".gitlab/mlgit/"), ("gitlab/gitlab-ci.yml", ".gitlab-ci.yml")),
        entry=".gitlab-ci.yml",
        include="include:\n  - local: /.gitlab/mlgit/full.yml\n",
        # An environment's name is part of a regular expression in the job's rules.
        environment_job=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"),
        committed=(".gitlab", ".gitlab-ci.yml"),
        steps=(
            "add MLGIT_GITLAB_TOKEN, a masked project access token with `api`, for the note and the status",
            "set the environment scope of MLGIT_GITLAB_TOKEN to `mlgit-report`, away from the branch's code",
            "add MLGIT_PUSH_TOKEN, a masked and protected one with `write_repository` (Maintainer), for tags",
            "require pipelines to succeed (Settings > Merge requests), protect the tags `*@v*` and `*#*`",
            "add a pipeline schedule for `mlgit-monitor` (Build > Pipeline schedules)",
        ),
        secrets_page="Settings > CI/CD > Variables",
    ),
}


def host_of(server: str) -> Host | None:
    """The forge that a server of this name runs, if the name shows it."""
    name = server.lower()
    labels = set(re.split(r"[.-]", name))
    return next((host for host, row in HOSTS.items() if host in labels or row.public.fullmatch(name)), None)


def host_of_file(path: str) -> Host:
    """The forge whose CI reads this file.

    Raises:
        ValueError: it is not a file of any CI.
    """
    for host, row in HOSTS.items():
        if path.startswith(row.ci_path):
            return host
    raise ValueError(path)


def host_options(command: str = "") -> str:
    """How to choose a forge, for hints: each `--host NAME`, after `command`."""
    return " or ".join(f"`{command}--host {host}`" for host in HOSTS)
