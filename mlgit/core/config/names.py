"""Names: check names of models and environments, existing ones as GTO does, new ones more strictly."""

from __future__ import annotations

import re

from mlgit.core.config.file import RESERVED_ENVIRONMENTS
from mlgit.errors import UsageError

# Not compiled here: most runs check no name, and compiling takes time.
_GTO_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?"
_GTO_FOLDER = r"[a-zA-Z0-9._/-]+"
_NEW_NAME = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_LONGEST_NEW = 63
_RULE = "lower case letters, digits and `-` inside, at most 63 characters"


def read_model_name(text: str) -> str | None:
    """An existing name, `name` or `dir/sub:name`, if GTO accepts it; its folder must be in the repository."""
    folder, colon, name = text.rpartition(":")
    return text if re.fullmatch(_GTO_NAME, name) and (not colon or _inside(folder)) else None


def read_environment_name(text: str) -> str | None:
    """An existing name of an environment if GTO accepts it, otherwise None."""
    return text if re.fullmatch(_GTO_NAME, text) else None


def new_environment_name(text: str) -> str:
    """Check the name of a new environment.

    Raises:
        UsageError: it is reserved, or some tool or file system would not accept it.
    """
    if text in RESERVED_ENVIRONMENTS:
        reserved = ", ".join(f"`{name}`" for name in sorted(RESERVED_ENVIRONMENTS))
        raise UsageError(f"`{text}` cannot be the name of an environment", expected=f"not one of {reserved}")
    if not _is_new(text):
        raise UsageError(f"`{text}` cannot be the name of a new environment", expected=_RULE)
    return text


def is_new_name(text: str, *, folder: bool = False) -> bool:
    """Whether a new model or environment may have this name; with `folder`, also `dir:name`."""
    where, colon, name = text.rpartition(":") if folder else ("", "", text)
    return _is_new(name) and (not colon or _inside(where)) and (folder or text not in RESERVED_ENVIRONMENTS)


def new_name_rule() -> str:
    """What a new name may contain, in words."""
    return _RULE


def proposed_name(text: str) -> str | None:
    """The allowed name that is most like this one; None if nothing of it is left."""
    folder, colon, name = text.rpartition(":")
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NEW].strip("-")
    return f"{folder}{colon}{plain}" if plain else None


def _is_new(text: str) -> bool:
    return len(text) <= _LONGEST_NEW and re.fullmatch(_NEW_NAME, text) is not None


def _inside(folder: str) -> bool:
    """Whether a model's folder is a plain path inside the repository."""
    parts = folder.split("/")
    return re.fullmatch(_GTO_FOLDER, folder) is not None and not {"", ".", ".."}.intersection(parts)
