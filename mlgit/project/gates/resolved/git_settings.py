"""Git settings: find what a change redirects that Git and Git LFS read by a file of the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.git_settings import LFS, MODULES, redirections
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import joined, word
from mlgit.project.gates.resolved.dvc_settings import Unread, changed_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.project.open import Branch, Project

_MOST = 6
_READS = {
    MODULES: "Git reads submodules from another place after the merge",
    LFS: "Git LFS works differently after the merge",
}


def git_setting_notes(project: Project, commit: str | None, target: Branch | None) -> Iterator[Note]:
    """A warning for `.gitmodules` or `.lfsconfig` if other content is read by it after the merge."""
    if target is None:
        return
    for path, now, was in changed_files(project, commit, target, lambda _: [MODULES, LFS]):
        after = None if isinstance(now, Unread) else _settings(project, now)
        if isinstance(now, Unread):
            text = now.sentence(path)
        elif after is None:
            text = f"Git cannot parse `{path}`"
        else:
            texts = list(redirections(path, _settings(project, was) or {}, after))
            text = f"{_READS[path]} (`{path}`): {joined(texts, _MOST)}"
            if not texts:
                continue
        back = f"`git checkout {word(target.short)} -- {word(path)}` takes the change back"
        yield Note(
            code="git_settings_changed", message=text, effect="warn", hint=None if was is None else back
        )


def _settings(project: Project, content: bytes | None) -> Mapping[str, str] | None:
    """Name -> value; None if Git cannot parse it."""
    if content is None:
        return {}
    done = project.git.try_run("config", "--null", "--file", "-", "--list", stdin=content)
    if done.returncode:
        return None
    entries = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return {name: value for name, _, value in (each.partition("\n") for each in entries) if name}
