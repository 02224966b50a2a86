"""Settings: what a configuration file of DVC has."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ELSEWHERE = "expected 'url'"
"""In the message about a remote whose address may be in another file."""


def settings(content: bytes, name: str) -> Mapping[str, str]:
    """`section.key` -> value of a file, with the name of a remote or database after its section.

    Raises:
        ConfigError: DVC refuses the file; the message has that after DVC's name.
    """
    from dvc.config import Config
    from dvc.config import ConfigError as DvcConfigError

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            found = Config.load_file(file.name)
        except DvcConfigError as error:
            line = getattr(error.__cause__, "line_number", None)
            where = "" if line is None else f" (line {line})"
            raise ConfigError(f"cannot parse `{name}`{where}", location=Location(name, line=line)) from error
    try:
        Config.validate(found)
    except DvcConfigError as error:
        if _ELSEWHERE not in str(error):
            text = str(error).removeprefix("config file error: ")
            raise ConfigError(f"refuses `{name}`: {text}", location=Location(name)) from error
    return dict(_leaves("", found))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    else:
        yield name, str(value)
