"""Transfer: DVC's own pull and push, with mlgit's progress."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from mlgit.core.progress import Progress, Silent
from mlgit.core.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def has_remote(root: str) -> bool:
    """Whether the DVC repositories here have a default remote; False without DVC."""
    from mlgit.adapters.dvc.engine.opening import dvc_roots, opened

    answers = []
    for relative in dvc_roots(root):
        with opened(root, relative) as repo:
            answers.append(bool(repo.config["core"].get("remote")))
    return bool(answers) and all(answers)


def remote_command(root: str) -> str:
    """The command that gives the DVC repositories here a default remote: one that they have, or a new one."""
    from mlgit.adapters.dvc.engine.opening import dvc_roots, opened

    for relative in dvc_roots(root):
        with opened(root, relative) as repo:
            if not repo.config["core"].get("remote"):
                there = () if relative == "." else ("--cd", relative)
                names = tuple(repo.config["remote"])
                way = ("default", names[0] if len(names) == 1 else "NAME")
                return words(("dvc", *there, "remote", *(way if names else ("add", "-d", "NAME", "URL"))))
    return "dvc remote add -d NAME URL"


def missing_here(root: str, targets: Sequence[str] = ()) -> tuple[str, ...]:
    """The recorded outputs of these stages, and of those before them, that the working tree lacks.

    Stages are addressed from the Git root; without targets all count.

    Raises:
        StateError: there is no such stage.
        ConfigError: dvc.yaml, dvc.lock or a .dvc file is invalid.
    """
    from mlgit.adapters.dvc.engine.opening import by_repository, opened, require_dvc_roots

    found: list[str] = []
    for relative, ours in by_repository(require_dvc_roots(root), targets):
        with opened(root, relative) as repo:
            stages = list(repo.index.stages)
            if ours:
                stages = [each for target in ours for each in repo.stage.collect(target, with_deps=True)]
            outputs = {out.fs_path: out for stage in stages for out in stage.outs if out.is_in_repo}
            found += [
                os.path.relpath(path, root).replace(os.sep, "/")
                for path, out in outputs.items()
                if out.use_cache and out.hash_info and not out.exists
            ]
    return tuple(found)


def fetch(root: str, targets: Sequence[str], progress: Progress | None = None) -> None:
    """Fetch what is not in the cache, and leave the working tree as it is; otherwise like `pull`."""
    from mlgit.adapters.dvc.engine.opening import by_repository, opened, require_dvc_roots

    for relative, ours in by_repository(require_dvc_roots(root), targets):
        with opened(root, relative) as repo, _watched(progress or Silent(), "Pulling"):
            repo.fetch(targets=ours)


def pull(root: str, targets: Sequence[str] = (), progress: Progress | None = None) -> int:
    """Fetch what is not in the cache and put it into the working tree; the number of fetched files.

    Targets are stages, .dvc files or outputs, addressed from the Git root; without targets all count.

    Raises:
        ToolError: the remote cannot be reached, or failed. What it does not have is left out silently.
        StateError: no remote, no such target, or a local change would be overwritten.
    """
    from mlgit.adapters.dvc.engine.opening import by_repository, opened, require_dvc_roots

    count = 0
    for relative, ours in by_repository(require_dvc_roots(root), targets):
        with opened(root, relative) as repo, _watched(progress or Silent(), "Pulling"):
            count += int(repo.fetch(targets=ours or None))
            # Never `force`: DVC then refuses to overwrite files that are in no cache.
            repo.checkout(targets=ours or None, allow_missing=True)
    return count


def push(root: str, targets: Sequence[str] = (), progress: Progress | None = None) -> int:
    """Send the working tree's data that the default remote lacks; the number of sent files.

    Raises:
        ToolError: the remote cannot be reached, or something to send is not in the cache.
        StateError: no default DVC remote is configured.
    """
    from mlgit.adapters.dvc.engine.failures import no_remote
    from mlgit.adapters.dvc.engine.opening import by_repository, opened, require_dvc_roots

    count = 0
    for relative, ours in by_repository(require_dvc_roots(root), targets):
        with opened(root, relative) as repo, _watched(progress or Silent(), "Pushing"):
            if not repo.config["core"].get("remote"):
                raise no_remote(remote_command(root))
            count += int(repo.push(targets=ours or None))
    return count


@contextmanager
def _watched(progress: Progress, what: str) -> Iterator[None]:
    """Turn DVC's progress bars of this block into mlgit's.

    DVC asks one object, `dvc.ui.ui`, for every bar it shows in pull, push and fetch.
    """
    from dvc.ui import ui

    original = ui.progress
    ui.progress = lambda *_, desc="", **__: _Bar(progress, what, transfers=desc in {"Fetching", "Pushing"})
    try:
        yield
    finally:
        ui.progress = original
        progress.end()


def progress_callback(progress: Progress, what: str) -> Any:
    """A callback for DVC's libraries that shows how many of all files are done."""
    from dvc.fs.callbacks import Callback

    class FileCounter(Callback):  # type: ignore[misc]
        def set_size(self, size: int) -> None:
            super().set_size(size)
            if size:
                progress.start(what, total=size)

        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            progress.advance(inc)

    return FileCounter()


class _Bar:
    """Replaces one of DVC's progress bars."""

    def __init__(self, progress: Progress, what: str, *, transfers: bool) -> None:
        self._progress = progress
        self._what = what
        self._transfers = transfers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def as_callback(self) -> Any:
        from dvc.fs.callbacks import Callback

        return progress_callback(self._progress, self._what) if self._transfers else Callback()

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None
