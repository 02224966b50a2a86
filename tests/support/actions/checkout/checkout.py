"""Clone as actions/checkout does: `git init`, one fetch with the token in a header, a forced checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode

SERVER = os.environ["GITHUB_SERVER_URL"]


def given(name: str) -> str:
    """An input of the action."""
    return os.environ[f"IN_{name}"]


def git(*argv: str, token: bool = False) -> str:
    """Run Git in the workspace, with the token in its environment if needed."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    if token:
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{SERVER}/.extraheader",
            "GIT_CONFIG_VALUE_0": header(),
        }
    print("+ git", *argv, flush=True)
    done = subprocess.run(
        ["git", *argv],
        env=environment,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"::error::git {argv[0]} ended with {done.returncode}", flush=True)
        sys.exit(done.returncode)
    return done.stdout.strip()


def header() -> str:
    """The header that the real action sends."""
    return "AUTHORIZATION: basic " + b64encode(f"x-access-token:{given('TOKEN')}".encode()).decode()


def everything(ref: str, commit: str) -> list[str]:
    """The refspecs that depth 0 fetches first."""
    specs = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    return [*specs, *one(ref, commit)] if ref.startswith("refs/pull/") else specs


def one(ref: str, commit: str) -> list[str]:
    """The refspec that fetches the event's commit into the local ref."""
    if ref.startswith("refs/tags/"):
        # Below v6.0.2 the real action fetched the commit into the tag's ref, and so lost the annotation.
        lightened = os.environ.get("STAND_IN_LIGHTENS_TAGS") == "true"
        return [f"+{commit if lightened else ref}:{ref}"]
    return [f"+{commit or ref}:{local(ref)}"] if ref else [commit]


def local(ref: str) -> str:
    """The local name of a ref of the server."""
    for there, here in (("refs/heads/", "refs/remotes/origin/"), ("refs/pull/", "refs/remotes/pull/")):
        if ref.startswith(there):
            return here + ref.removeprefix(there)
    return ref


def fetch(ref: str, commit: str) -> None:
    """Fetch, and again if a branch has moved, so that the event's own commit is here."""
    command = ["fetch", "-q", "--no-tags", "--prune", "--no-recurse-submodules"]
    if given("FETCH_DEPTH") != "0":
        tags = ["+refs/tags/*:refs/tags/*"] if given("FETCH_TAGS") == "true" else []
        git(*command, f"--depth={given('FETCH_DEPTH')}", "origin", *tags, *one(ref, commit), token=True)
        return
    git(*command, "origin", *everything(ref, commit), token=True)
    if commit and ref and git("rev-parse", "--verify", local(ref)) != commit:
        git(*command, "origin", *one(ref, commit), token=True)


def main() -> None:
    """Leave the workspace as the real action does."""
    os.makedirs(given("PATH"), exist_ok=True)
    os.chdir(given("PATH"))
    ref, commit = given("REF"), ""
    if not ref and given("REPOSITORY") == os.environ["GITHUB_REPOSITORY"]:
        ref, commit = os.environ["GITHUB_REF"], os.environ["GITHUB_SHA"]
    elif re.fullmatch(r"[0-9a-f]{40}", ref):
        ref, commit = "", ref
    elif ref and not ref.startswith("refs/"):
        ref = f"refs/heads/{ref}"
    git("init", "-q", "-b", "main", ".")
    git("config", "gc.auto", "0")
    git("remote", "add", "origin", f"{SERVER}/{given('REPOSITORY')}")
    fetch(ref, commit)
    if ref.startswith("refs/heads/"):
        git("checkout", "-q", "--force", "-B", ref.removeprefix("refs/heads/"), local(ref))
    else:
        git("checkout", "-q", "--force", "--detach", local(ref) or commit)
    if given("PERSIST_CREDENTIALS") == "true":
        git("config", "--local", f"http.{SERVER}/.extraheader", header())
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:
        output.write(f"commit={git('rev-parse', 'HEAD')}\nref={ref}\n")


if __name__ == "__main__":
    main()
