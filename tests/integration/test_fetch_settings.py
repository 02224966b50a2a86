"""Settings that keep tags from a clone are seen wherever git reads them, and the named command ends them."""

from __future__ import annotations

import os
import shlex
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models: {net: {path: net.bin}}
gates: {keep: {metric: acc, vs: prod, max_drop: 0.01}}
environments: {prod: {}}
"""
TAGS = "tagOpt"
VALUES = {
    "no tags": (TAGS, "--no-tags", "never fetches tags"),
    "no such tags": ("fetch", "^refs/tags/net*", "leaves out tags"),
    "no such branches": ("fetch", "^refs/heads/old/*", "only some branches"),
}
FINDINGS = {
    "no tags": "tags_not_fetched",
    "no such tags": "tags_left_out",
    "no such branches": "single_branch",
}
FILES = ("own", "one line", "dotted", "capitals", "worktree", "global", "xdg", "included", "system")
PLACES = (*FILES, "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS")
CASES = [
    *product(PLACES, ["no tags"]),
    *product(("own", "one line", "global", "GIT_CONFIG_COUNT"), ["no such tags", "no such branches"]),
]


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A remote with a model in prod, and a clone on a worse branch that has every branch but no tag."""
    path = tmp_path_factory.mktemp("top")
    folder = Folder(path)
    folder.git("init", "-q", "--bare", "-b", "main", "origin.git")
    folder.git("clone", "-q", "origin.git", "first")
    first = Folder(path / "first")
    first.write("mlgit.yaml", CONFIG)
    first.write("dvc.yaml", "metrics: [scores.json]\n")
    first.write("net.bin", "one")
    first.write("scores.json", '{"acc": 0.9}\n')
    first.commit("One")
    first.git("push", "-q", "-u", "origin", "HEAD:main")
    first.git("remote", "set-head", "origin", "--auto")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert first.here(*argv).status == Exit.DONE
    first.write("scores.json", '{"acc": 0.4}\n')
    first.commit("Worse")
    first.git("push", "-q", "origin", "HEAD:topic")
    return path


def _clone(top: Path, into: Path) -> Folder:
    Folder(into).git("clone", "-q", "--no-tags", "-b", "topic", f"{top}/origin.git", "clone")
    clone = Folder(into / "clone")
    clone.git("config", "--unset", "remote.origin.tagOpt")
    return clone


def _set(clone: Folder, home: Path, place: str, key: str, value: str) -> dict[str, str]:
    """Write a setting of `origin` to a place that git reads; returns environment variables."""
    full = f"remote.origin.{key}"
    files = {
        "own": clone / ".git/config",
        "worktree": clone / ".git/config.worktree",
        "global": home / "global",
        "xdg": home / "xdg/git/config",
        "included": home / "included",
        "system": home / "system",
    }
    if place == "GIT_CONFIG_COUNT":
        return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": full, "GIT_CONFIG_VALUE_0": value}
    if place == "GIT_CONFIG_PARAMETERS":
        return {place: f"'{full}'='{value}'"}
    lines = {
        "one line": f'[remote "origin"]{key}={value}\n',
        "dotted": f"[remote.origin]\n\t{key} = {value}\n",
        "capitals": f'[REMOTE "origin"] # as before\n {key.upper()}\t = "{value}"\n',
    }
    file = files.get(place, files["own"])
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(lines.get(place, f'[remote "origin"]\n\t{key} = {value}\n'))
    if place == "worktree":
        clone.git("config", "extensions.worktreeConfig", "true")
    if place == "included":
        clone.git("config", f"includeIf.gitdir:{clone.path}/.path", str(file))
    return {
        "global": {"GIT_CONFIG_GLOBAL": str(file)},
        "xdg": {"XDG_CONFIG_HOME": str(home / "xdg"), "HOME": str(home)},
        "system": {"GIT_CONFIG_SYSTEM": str(file), "GIT_CONFIG_NOSYSTEM": "0"},
    }.get(place, {})


def _outcome(clone: Folder, env: dict[str, str]) -> tuple[str, str, str]:
    (result,) = clone.here("check", "--json", env=env).json()["verdict"]["results"]
    return f"{result['outcome']}:{result['reason']}", f"{result['message']}", f"{result['hint']}"


@pytest.mark.parametrize(("place", "kind"), CASES)
def test_a_setting_that_keeps_tags_away_is_seen_and_ended(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str
) -> None:
    clone = _clone(top, tmp_path)
    key, value, words = VALUES[kind]
    env = _set(clone, tmp_path, place, key, value)
    if place == "xdg":
        monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    outcome, message, hint = _outcome(clone, env)
    assert outcome == "error:unknown_here"
    assert words in message
    findings = clone.here("doctor", "--json", env=env).json()["findings"]
    (repair,) = [each["repair"] for each in findings if each["id"] == FINDINGS[kind]]
    assert hint == f"run `{repair}`"
    pasted = (
        f"{repair} && git config --get-all remote.origin.tagOpt; git config --get-all remote.origin.fetch"
    )
    done = clone.run("sh", "-c", pasted, env=env)
    option, spec = ("--tags\n", f"{value}\n") if kind == "no such branches" else ("", "")
    # git reads what is global before, and what the environment says after the clone's own.
    lines = {spec, "+refs/heads/*:refs/remotes/origin/*\n"} - {""}
    assert done.out.removeprefix(option).splitlines(keepends=True) in (sorted(lines), sorted(lines)[::-1])
    assert done.out.startswith(option)
    kept = {} if "unset GIT_" in repair else env
    assert _outcome(clone, kept)[0] == "fail:max_drop_broken"
    findings = clone.here("doctor", "--json", env=kept).json()["findings"]
    assert [each["id"] for each in findings if each["id"] in FINDINGS.values()] == []


def test_a_clone_as_git_makes_it_starts_no_other_git(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.git("clone", "-q", f"{top}/origin.git", "clone")
    real, log = folder.ok("sh", "-c", "command -v git").strip(), tmp_path / "log"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/git"
    program.write_text(f'#!/bin/sh\necho "$*" >>{log}\nexec {shlex.quote(real)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    assert Folder(tmp_path / "clone").here("models").status == Exit.DONE
    assert "tagopt" not in log.read_text(encoding="utf-8").lower()
