"""Valid rules: what of trunk counts where its `mlgit.yaml` or pipeline of now is invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.gates.verdict import Note
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.adapters.git.binary import Git
    from mlgit.core.config.file import Config
    from mlgit.core.pipeline.evidence import Evidence

_PIPELINE = (":(glob)**/dvc.yaml", ":(glob)**/dvc.lock", ":(glob)**/*.dvc")
_MOST_COMMITS = 50


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


def last_readable(git: Git, commit: str, read: Callable[[str], Evidence]) -> Evidence | None:
    """The evidence at a commit, or at the newest of its first parents whose pipeline is valid."""
    try:
        return read(commit)
    except ConfigError:
        pass
    listed = git.run_text(
        "rev-list", "--first-parent", f"--max-count={_MOST_COMMITS}", commit, "--", *_PIPELINE
    )
    for changed in listed.split():
        before = git.try_text("rev-parse", "--verify", "--quiet", f"{changed}^")
        try:
            return None if before is None else read(before)
        except ConfigError:
            continue
    return None


def read_before(base: str, read: str | None) -> Iterator[Note]:
    """A warning that a change is compared with an older commit than the one where it left."""
    if read is not None and read != base:
        text = (
            f"What gates compared at {base[:7]} cannot be read, so this is compared with {read[:7]} before it"
        )
        yield Note(code="target_not_read", message=text, effect="warn")


def unread(base: str) -> Finding:
    """The finding that what gates compared before a change is not known from any commit."""
    text = f"What gates compared at {base[:7]} cannot be read, so changes of that are not detected"
    return Finding(code="target_not_read", subjects=("dvc.yaml",), text=text, kind="file", whole=True)


def not_a_plain_file(path: str, commit: str | None, odd: str) -> ConfigError:
    """The error for rules that could change without any change of their file."""
    name = path if commit is None else f"{commit[:7]}:{path}"
    text = f"`{name}` is {odd}, and rules are only read from a file of their own"
    hint = f"remove it, write the rules to `{path}` itself, and commit that"
    return ConfigError(text, location=Location(name), hint=hint)
