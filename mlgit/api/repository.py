"""Repository: what the commands print as JSON, as typed records."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Self

from mlgit.api.child import work
from mlgit.api.models import address, require_text

if TYPE_CHECKING:
    from mlgit.api.records import CheckRecord, DiffRecord, MetricsRecord, ModelsRecord


class Repository:
    """A repository; `mlgit.open` makes it.

    Each method looks again, and returns the document that the command prints with `--json`. One object can be
    used by several threads.
    """

    def __init__(self, folder: str, *, clone: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self._folder = folder
        self._clone = clone

    def models(self) -> ModelsRecord:
        """The models, their versions and environments: `mlgit models --json`."""
        found: ModelsRecord = work("models", {"folder": self._folder})
        return found

    def metrics(self, ref: str) -> MetricsRecord:
        """The metrics and parameters of a version, environment or revision.

        It is the row of `mlgit experiments REF --json`. Files that DVC has not fetched are in `unread`.
        """
        require_text(ref, "ref")
        found: MetricsRecord = work("metrics", {"folder": self._folder, "reference": ref})
        return found

    def diff(self, a: str | None = None, b: str | None = None) -> DiffRecord:
        """What differs between two states: `mlgit diff A B --json`.

        Without `b` the other state is the working tree; without `a` it is compared with its base.
        """
        found: DiffRecord = work("diff", {"folder": self._folder, "old": a, "new": b})
        return found

    def check(self) -> CheckRecord:
        """The verdict of the gates on the working tree: `mlgit check --json`.

        A verdict that blocks is not an error: see `record["verdict"]["decision"]`.
        """
        found: CheckRecord = work("check", {"folder": self._folder})
        return found

    def close(self) -> None:
        """Remove the clone of a URL; a folder is left alone."""
        if self._clone is not None:
            self._clone.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(path_or_url: str | os.PathLike[str]) -> Repository:  # noqa: A001 (`mlgit.open`)
    """The repository around a folder, or a temporary clone of a URL or a bare repository.

    A clone is as the remote was now; it is removed by `close`, or when the object is no longer used.

    Raises:
        ToolError: the URL cannot be cloned.
    """
    place = address(path_or_url)
    bare = all(os.path.exists(os.path.join(place, each)) for each in ("HEAD", "objects", "refs"))
    if os.path.isdir(place) and not bare:
        return Repository(place)
    clone = tempfile.TemporaryDirectory(prefix="mlgit-", ignore_cleanup_errors=True)
    try:
        work("clone", {"url": place, "folder": os.path.join(clone.name, "clone")})
    except BaseException:
        clone.cleanup()
        raise
    return Repository(os.path.join(clone.name, "clone"), clone=clone)
