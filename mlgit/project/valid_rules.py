"""Valid rules: which of trunk's `mlgit.yaml` apply where that of now is invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.adapters.git.binary import Git
    from mlgit.core.config.file import Config


def last_valid(git: Git, trunk: str, config: Callable[[str], Config]) -> str | None:
    """The newest of trunk's own commits with valid rules; None if there is none."""
    listed = git.run_text("rev-list", "--first-parent", trunk, "--", f":(literal){CONFIG_FILE}")
    for commit in listed.split():
        try:
            if config(commit).declared:
                return commit
        except ConfigError:
            continue
    return None


def not_a_plain_file(path: str, commit: str | None, odd: str) -> ConfigError:
    """The error for rules that could change without any change of their file."""
    name = path if commit is None else f"{commit[:7]}:{path}"
    text = f"`{name}` is {odd}, and rules are only read from a file of their own"
    hint = f"remove it, write the rules to `{path}` itself, and commit that"
    return ConfigError(text, location=Location(name), hint=hint)
