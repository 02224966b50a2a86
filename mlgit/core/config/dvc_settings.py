"""DVC settings: which settings of DVC a change has otherwise, as far as they change what DVC reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SAME = re.compile(
    r"core\.(?:analytics|autostage|check_update|checksum_jobs|hardlink_lock|interactive|site_cache_dir)"
    r"|(?:remote\..*\.|cache\.)(?:jobs|timeout|.*_timeout|slow_link_warning)"
    r"|(?:exp|feature|plots|studio|ui)\..*"
)
"""Settings with which DVC reads and writes the same, at the same places."""
_SHOWN = re.compile(
    r"(?:core|cache|hydra|parsing)\..*|remote\..*\.(?:url|endpointurl|version_aware|worktree)"
)
_REMOTE = re.compile(r"remote\.(.*)\.[^.]*")
_WIDTH = 60


def changed_settings(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Each such setting that is other than it was, in words.

    A remote that is new counts if it is the default, unless there was none.
    """
    known = {match[1] for name in old if (match := _REMOTE.fullmatch(name))}
    known |= {new.get("core.remote")} if known else set()
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        remote = _REMOTE.fullmatch(name)
        first = name == "core.remote" and was is None and not known
        if was == now or first or _SAME.fullmatch(name) or (remote is not None and remote[1] not in known):
            continue
        if not _SHOWN.fullmatch(name):
            yield f"`{name}` {'is new' if was is None else 'is gone' if now is None else 'changed'}"
        elif was is None or now is None:
            yield f"`{name}` is gone" if now is None else f"`{name}` is new: {_text(now)}"
        else:
            yield f"`{name}` {_text(was)} -> {_text(now)}"


def _text(value: str) -> str:
    return cut(without_passwords(value), _WIDTH)
