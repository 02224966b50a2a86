"""Contract: the used part of GitHub's own REST description, and Prism to check against it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.forge.server import wait_until_up
from tests.support.tools import package, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = {
    "/user": ("get",),
    f"{_REPOSITORY}/pulls": ("get",),
    f"{_REPOSITORY}/pulls/{{pull_number}}": ("get",),
    f"{_REPOSITORY}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{_REPOSITORY}/issues/comments/{{comment_id}}": ("patch", "delete"),
    f"{_REPOSITORY}/commits/{{ref}}/check-runs": ("get",),
    f"{_REPOSITORY}/git/commits/{{commit_sha}}": ("get",),
    f"{_REPOSITORY}/check-runs": ("post",),
    f"{_REPOSITORY}/check-runs/{{check_run_id}}": ("get", "patch"),
    f"{_REPOSITORY}/statuses/{{sha}}": ("post",),
    f"{_REPOSITORY}/deployments": ("get", "post"),
    f"{_REPOSITORY}/deployments/{{deployment_id}}/statuses": ("get", "post"),
}
"""Every operation that mlgit/adapters/forge/github*.py uses; GraphQL has no description of this kind."""
# With them, Prism would answer an invalid request with one of their examples, without naming the field.
_LEFT_OUT = frozenset({"400", "422"})


def description() -> dict[str, Any]:
    """The used part of `@octokit/openapi`; the test is skipped if that is not installed."""
    place = package("@octokit/openapi") / "generated" / "api.github.com.json"
    whole = json.loads(place.read_text(encoding="utf-8"))
    paths: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        paths[path] = {name: whole["paths"][path][name] for name in methods}
        for operation in paths[path].values():
            answers = operation["responses"]
            operation["responses"] = {code: answers[code] for code in answers if code not in _LEFT_OUT}
            # Prism's address is that of the interface.
            operation.pop("servers", None)
    cut = {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {}}
    _add_components(cut, whole, paths)
    return cut


def _add_components(cut: dict[str, Any], whole: dict[str, Any], part: object) -> None:
    """Add the components that the part refers to, recursively."""
    if isinstance(part, list):
        for each in part:
            _add_components(cut, whole, each)
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            _, _, kind, name = reference.split("/")
            known = cut["components"].setdefault(kind, {})
            if name not in known:
                known[name] = whole["components"][kind][name]
                _add_components(cut, whole, known[name])
        for each in part.values():
            _add_components(cut, whole, each)


@dataclass
class Guard:
    """A running Prism: it checks requests and responses through `api` against the description."""

    api: str
    log: Path

    def output(self) -> str:
        """The last lines that Prism printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]


@contextlib.contextmanager
def guarded(upstream: str, folder: Path) -> Iterator[Guard]:
    """Prism in front of the forge at `upstream`; the test is skipped if Prism is not installed."""
    prism = tool("prism")
    specification, log = folder / "github.json", folder / "prism.log"
    specification.write_text(json.dumps(description()), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    argv = [prism, "proxy", str(specification), upstream, "--errors", "--host", "127.0.0.1", "--port", port]
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output)
        try:
            wait_until_up(f"http://127.0.0.1:{port}", timeout_s=60)
            yield Guard(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()
            process.wait(timeout=20)
