"""All remotes: each file of settings that may have one counts, and only then is git asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.project.settings import all_remotes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ORIGIN = '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://EXAMPLE.org/a\n'
FORK = '[remote "fork"]\n\turl = ../fork\n'
BY_GIT = {"origin": "https://EXAMPLE.org/a", "Fork": "../fork"}


@pytest.mark.parametrize(
    ("files", "asks"),
    [
        ({}, False),
        ({"branches/": ""}, False),
        ({"config": ORIGIN + FORK}, False),
        ({"config": f"{ORIGIN}[include]\n\tpath = more\n"}, True),
        ({"config": f'{ORIGIN}[includeIf "gitdir:/"]\n\tpath = more\n'}, True),
        ({"config": f"{ORIGIN}[remote.fork]\n\turl = ../fork\n"}, True),
        ({"config": f'{ORIGIN}[remote\t"fork"]\n\turl = ../fork\n'}, True),
        ({"config": f'{ORIGIN}[Remote "fork"] url = ../fork\n'}, False),
        ({"config.worktree": FORK}, True),
        ({"global": FORK}, True),
        ({"global": "[include]\n\tpath = more\n"}, True),
        ({"global": "[user]\n\tname = Ada\n"}, False),
        ({"system": FORK}, True),
        ({"remotes/fork": "URL: ../fork\n"}, True),
        ({"branches/fork": "../fork\n"}, True),
    ],
)
def test_git_is_asked_where_another_file_may_have_remotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str], *, asks: bool
) -> None:
    for name in ("global", "system"):
        monkeypatch.setenv(f"GIT_CONFIG_{name.upper()}", str(tmp_path / name))
    for name, text in {"config": ORIGIN, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_text(text)
    asked = []
    found = all_remotes(lambda: asked.append(1) or BY_GIT, git_dir=str(tmp_path), common_dir=str(tmp_path))  # type: ignore[func-returns-value]
    assert bool(asked) is asks
    assert ("fork" in found) is (asks or "fork" in files.get("config", "").lower())
    assert found["origin"] == "https://example.org/a"


def test_a_remote_of_a_variable_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "remote.fork.url")
    (tmp_path / "config").write_text(ORIGIN)
    assert set(all_remotes(lambda: BY_GIT, git_dir=str(tmp_path), common_dir=str(tmp_path))) == {
        "origin",
        "fork",
    }
