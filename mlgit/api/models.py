"""Models: fetch the model that a reference names."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlgit.api.child import work

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.deploy.kept import Tag

_LOG = logging.getLogger("mlgit")
_LOG.addHandler(logging.NullHandler())  # a program that configures no logging prints nothing


def get(
    reference: str,
    *,
    repo: str | os.PathLike[str],
    to: str | os.PathLike[str],
    model: str | None = None,
    accept: Callable[[Tag], object] | None = None,
) -> Path:
    """Fetch the model that a reference names; the path of its file or directory.

    The files are in `to/MODEL/VERSION/`, which never changes once it is complete. They are checked against
    DVC's md5 and the sha256 that the release states, and in later calls against what they were then; nothing
    is downloaded twice. `repo` is not asked again about a released `tumor@v1.2.0` while its files are whole,
    but each time about `tumor#prod` and `tumor@latest`. What a person should know, such as that the version
    was deregistered, is a warning of the logger `mlgit`.

    Args:
        reference: `tumor@v1.2.0`, `tumor@latest`, `tumor#prod`, or any Git revision.
        repo: a URL that git can clone, or a clone on this machine, which is not fetched to.
        to: the folder that keeps the versions; it is made if it does not exist.
        model: the model, if the reference does not name it.
        accept: called with the tag that the reference leads to, before any file of the model is looked for.
            If it returns something false, the model is refused.

    Raises:
        TypeError: the reference is not a text.
        UnknownReference: the reference names nothing.
        AnswerNo: a file is not the released one, the tag does not count, or `accept` refused it.
        StateError: the folder of the version has other content.
        ToolError: the repository or the DVC remote does not answer, or a file is damaged there.
    """
    require_text(reference, "reference")
    asked = {"reference": reference, "repo": address(repo), "to": os.path.abspath(to), "model": model}
    result = work("get", asked, accept=accept)
    for note in result["notes"]:
        _LOG.warning("%s: %s", reference, note)
    return Path(result["path"])


def require_text(value: object, name: str) -> None:
    if not isinstance(value, str):
        kind = "None: a variable may not be set" if value is None else f"`{type(value).__name__}`"
        raise TypeError(f"`{name}` is a text such as `tumor#prod`, not {kind}")


def address(repo: str | os.PathLike[str]) -> str:
    """The absolute path of a folder; everything else is a URL."""
    text = os.fspath(repo)
    return os.path.abspath(text) if os.path.isdir(text) else text
