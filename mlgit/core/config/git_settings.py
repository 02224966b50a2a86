"""Git settings: which files of settings in a commit make Git and Git LFS read other content, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODULES, LFS = ".gitmodules", ".lfsconfig"
_OF_MODULE = re.compile(r"submodule\.(.*)\.(path|url)", re.DOTALL)
_READS = re.compile(
    r"lfs\.(?:url|pushurl|fetchinclude|fetchexclude|skipdownloaderrors)|remote\..*\.lfs(?:push)?url"
)
_WIDTH = 60


def redirections(file: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Each place that is read otherwise than before, in words; the settings map names to values.

    A submodule counts if it was at the same path before.
    """
    if file == MODULES:
        were, are = _modules(old), _modules(new)
        pairs = [(path, were[path], are[path]) for path in sorted(were.keys() & are.keys())]
        yield from (f"`{path}` {_text(was)} -> {_text(now)}" for path, was, now in pairs if was != now)
        return
    for name in sorted({*old, *new}):
        was, now = old.get(name, ""), new.get(name, "")
        if was == now or not _READS.fullmatch(name):
            continue
        if was and now:
            yield f"`{name}` {_text(was)} -> {_text(now)}"
        else:
            yield f"`{name}` is new: {_text(now)}" if now else f"`{name}` is gone"


def _modules(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Path of a submodule -> its address."""
    found: dict[str, dict[str, str]] = {}
    for name, value in settings.items():
        match = _OF_MODULE.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], {})[match[2]] = value
    return {each["path"]: each.get("url", "") for each in found.values() if "path" in each}


def _text(value: str) -> str:
    return cut(without_passwords(value), _WIDTH)
