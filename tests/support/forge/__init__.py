"""A small forge for tests: GitHub's and GitLab's REST sides over one state, on 127.0.0.1.

In a test::

    from tests.support.forge import started

    with started() as forge:                       # a thread; or the fixture `forge` of a test module
        forge.add_pull(7, branch="topic", sha="a" * 40)
        forge.add_comment(7, "hello", login="mallory")
        ...                                        # run mlgit with the environment of a CI job:
        forge.github_job(tmp_path, number=7)       # GITHUB_* and GITHUB_TOKEN, the event file in tmp_path
        forge.gitlab_job(number=7)                 # CI_*, GITLAB_CI and MLGIT_GITLAB_TOKEN
        assert [each.body for each in forge.comments(7)] == [...]
        assert forge.checks("a" * 40)[-1].conclusion == "success"
        assert forge.statuses("a" * 40), forge.deployments("prod")

    forge.github_api, forge.gitlab_api             # for GITHUB_API_URL and CI_API_V4_URL
    forge.fail(status=429, headers={"Retry-After": "1"}, times=2)       # the next two responses
    forge.fail(reset=True, applied=True, method="POST")                 # done, but without a response
    forge.fail(hang_s=5, path="/comments")
    forge.meet(2, method="GET", path="/comments")  # the next two such requests wait for each other
    forge.requests                                 # the requests: method, path, login, status, body
    forge.add_token("ghs_mine", login="github-actions[bot]", kind="actions", permissions={"checks": "write"})

As a process::

    python -m tests.support.forge --port 8080 --state state.json

The state file is read if it exists, and written after each change. `GET /_forge/state` answers the
same document; `POST /_forge/call` with `{"method": "add_pull", "arguments": {"number": 7, …}}` calls the
methods above.
"""

from __future__ import annotations

from tests.support.forge.fake import FakeForge, started
from tests.support.forge.state import (
    ACTIONS_TOKEN,
    FORK_TOKEN,
    GITLAB_READ_TOKEN,
    GITLAB_TOKEN,
    JOB_TOKEN,
    USER_TOKEN,
)

__all__ = [
    "ACTIONS_TOKEN",
    "FORK_TOKEN",
    "GITLAB_READ_TOKEN",
    "GITLAB_TOKEN",
    "JOB_TOKEN",
    "USER_TOKEN",
    "FakeForge",
    "started",
]
