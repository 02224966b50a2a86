"""A real smart HTTP git server with accounts: nginx, fcgiwrap and git-http-backend on loopback.

Version and environment tags are protected as on a forge: only robots create them, and no one moves or deletes
them. The `post-receive` hook queues pushes for the test that plays the forge.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forge import ACTIONS_TOKEN, FORK_TOKEN, GITLAB_TOKEN, JOB_TOKEN
from tests.support.processes import free_port, listens, running
from tests.support.shell import Folder
from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS_READ_TOKEN = "ghs_fakeContentsRead00000000000000000000"  # noqa: S105 (all tokens here are made up)
APP_TOKEN = "ghs_fakeReleaseApp000000000000000000000"  # noqa: S105
ACCOUNTS = {
    "ada": (("ada", "ada-password"),),
    "eve": (("eve", "eve-password"),),
    "actions": (("x-access-token", ACTIONS_TOKEN),),
    "actions-read": (("x-access-token", ACTIONS_READ_TOKEN), ("x-access-token", FORK_TOKEN)),
    "release-app": (("x-access-token", APP_TOKEN),),
    "project-bot": (("oauth2", GITLAB_TOKEN), ("x-access-token", GITLAB_TOKEN)),
    "job": (("gitlab-ci-token", JOB_TOKEN),),
}
"""Account -> its pairs of name and password.

`ada` is a developer. `eve` is a stranger who reads everything and writes to her fork. `actions` is a
workflow's token with `contents: write`, `actions-read` one without. `release-app` is the App that pushes tags
which start workflows. On GitLab, `project-bot` is a project access token and `job` the read-only token of the
job.
"""
READERS = ("actions-read", "job")
ROBOTS = ("actions", "release-app", "project-bot")
ZERO = "0" * 40

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log warn;
events {{ worker_connections 64; }}
http {{
  access_log {place}/access.log;
  map_hash_bucket_size 512;
  map $http_authorization $account {{
    default "";
{accounts}
  }}
  client_max_body_size 0;
  client_body_temp_path {place}/body;
  fastcgi_temp_path {place}/fastcgi;
  proxy_temp_path {place}/proxy;
  uwsgi_temp_path {place}/uwsgi;
  scgi_temp_path {place}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      if ($account = "") {{
        add_header WWW-Authenticate 'Basic realm="git"' always;
        return 401;
      }}
      fastcgi_pass unix:{place}/fcgi.sock;
      fastcgi_read_timeout 300;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_PROJECT_ROOT {place}/repositories;
      fastcgi_param GIT_HTTP_EXPORT_ALL "";
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param REMOTE_USER $account;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param PATH {path};
      fastcgi_param HOME {place};
      fastcgi_param GIT_CONFIG_NOSYSTEM 1;
    }}
  }}
}}
"""
UPDATE = """\
#!/bin/sh
# update REF OLD NEW: protected tags are created by robots, and never moved or deleted.
case " READERS " in *" $REMOTE_USER "*) echo "$REMOTE_USER may only read" >&2; exit 1 ;; esac
case "$REMOTE_USER:$PWD" in
  eve:*/repositories/eve/*) ;;
  eve:*) echo "eve may not write here" >&2; exit 1 ;;
esac
case "$1" in
  refs/tags/*@* | refs/tags/*#*) ;;
  *) exit 0 ;;
esac
case "$2" in *[!0]*) echo "protected tag: $1 cannot be moved or deleted" >&2; exit 1 ;; esac
case " ROBOTS " in *" $REMOTE_USER "*) exit 0 ;; esac
echo "protected tag: $REMOTE_USER may not create $1" >&2
exit 1
"""
POST_RECEIVE = """\
#!/bin/sh
# One file per push, complete once its name appears.
draft=$(mktemp "QUEUE/draft.XXXXXX")
{ echo "${PWD#*/repositories/} $REMOTE_USER"; cat; } >"$draft"
mv "$draft" "QUEUE/push.$$"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One ref of one push."""

    repository: str
    user: str
    ref: str
    before: str
    after: str

    @property
    def deleted(self) -> bool:
        return self.after == ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class GitServer:
    """A running server; `add` creates repositories."""

    place: Path
    port: int

    def url(self, name: str, *, user: str | None = "ada") -> str:
        """The URL of `name`, with the account's name and password unless `user` is None."""
        account = ":".join(ACCOUNTS[user][0]) + "@" if user else ""
        return f"http://{account}127.0.0.1:{self.port}/{name}.git"

    @property
    def address(self) -> str:
        """The server's URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def bare(self, name: str) -> Folder:
        """The repository on the server."""
        return Folder(self.place / "repositories" / f"{name}.git")

    def add(self, name: str, *, source: Path | None = None) -> Folder:
        """Create a repository (`owner/name`), empty or a copy of a bare one, with both hooks."""
        bare = self.bare(name)
        bare.path.parent.mkdir(parents=True, exist_ok=True)
        if source:
            shutil.copytree(source, bare.path, symlinks=True)
        else:
            bare.path.mkdir()
            bare.git("init", "-q", "--bare", "-b", "main")
        bare.git("config", "http.receivepack", "true")
        bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
        hooks = {
            "update": UPDATE.replace("ROBOTS", " ".join(ROBOTS)).replace("READERS", " ".join(READERS)),
            "post-receive": POST_RECEIVE.replace("QUEUE", str(self.place / "queue")),
        }
        (bare / "hooks").mkdir(exist_ok=True)
        for hook, text in hooks.items():
            bare.write(f"hooks/{hook}", text).chmod(0o755)
        return bare

    def pushes(self) -> list[Push]:
        """The pushes since the last call, in order; empties the queue."""
        pushed = []
        for path in sorted((self.place / "queue").glob("push.*"), key=lambda path: path.stat().st_mtime_ns):
            first, *lines = path.read_text(encoding="utf-8").splitlines()
            repository, user = first.split(" ")
            for line in lines:
                before, after, ref = line.split(" ", 2)
                name = repository.removesuffix(".git")
                pushed.append(Push(repository=name, user=user, ref=ref, before=before, after=after))
            path.unlink()
        return pushed

    def log(self) -> str:
        """The logs of nginx, to explain a failed test."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.place.glob("*.log")))


def basic(name: str, password: str) -> str:
    """The Authorization header that git sends for an account."""
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@contextmanager
def git_server() -> Iterator[GitServer]:
    """Start a server in its own folder, and stop both processes afterwards."""
    nginx, fcgiwrap = tool("nginx"), tool("fcgiwrap")
    backend = Path(Folder(Path()).git("--exec-path"), "git-http-backend")
    # A unix socket's path may have about 100 bytes: pytest's folders are too deep.
    place = Path(tempfile.mkdtemp(prefix="mlgit-git-"))
    for name in ("repositories", "queue"):
        (place / name).mkdir()
    place.chmod(0o755)
    server = GitServer(place=place, port=free_port())
    text = NGINX.format(
        place=place,
        port=server.port,
        backend=backend,
        path=os.environ["PATH"],
        accounts="\n".join(
            f'    "{basic(*pair)}" "{account}";' for account, pairs in ACCOUNTS.items() for pair in pairs
        ),
        # As root, nginx would otherwise switch to a user who may not enter this folder.
        user="user root;" if os.geteuid() == 0 else "",
    )
    (place / "nginx.conf").write_text(text, encoding="utf-8")
    wrapper = [fcgiwrap, "-c", "4", "-s", f"unix:{place}/fcgi.sock"]
    front = [nginx, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")]
    try:
        with running(wrapper, log=place / "fcgiwrap.log") as gateway:
            gateway.wait_until((place / "fcgi.sock").exists)
            with running(front, log=place / "error.log") as web:
                web.wait_until(lambda: listens(server.port))
                yield server
    finally:
        shutil.rmtree(place, ignore_errors=True)
