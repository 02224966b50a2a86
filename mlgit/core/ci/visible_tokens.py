"""Visible tokens: whether a job that runs a branch's code was given a token that it must not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.forge.hosts import HOSTS
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.forge.hosts import Host


def visible_tokens(host: Host | None, variables: Mapping[str, str]) -> tuple[Note, ...]:
    """A warning for the tokens that are for another job only; the values are never shown."""
    info = None if host is None else HOSTS[host]
    names = [] if info is None else [name for name in info.hidden_tokens if variables.get(name)]
    if info is None or not names:
        return ()
    text = f"{listed(names)} can be read by the code of this branch"
    hint = f"{info.hide_tokens} ({info.secrets_page})"
    return (Note(code="token_visible", message=text, effect="warn", hint=hint),)
