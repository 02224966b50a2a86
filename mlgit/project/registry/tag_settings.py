"""Tag settings: settings of git that delete the tags of this clone or hide tags from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.project.open import Project

_TAG_REFSPECS = ("refs/tags/", "refs/*")


class Hiding(NamedTuple):
    """A setting with the command that ends it, and what it does to tags."""

    setting: str
    repair: str
    deletes: bool


def hiding_settings(project: Project) -> tuple[Hiding, ...]:
    """The settings that delete unpublished tags at the next fetch, or that keep tags from this clone."""
    remote = project.remote
    if remote is None:
        return ()
    names = rf"^(fetch\.prune(tags)?|remote\.{_quoted(remote)}\.(prune|prunetags|tagopt|fetch))$"
    hidden = r"^(transfer|uploadpack|receive)\.hiderefs$"
    output = project.git.try_run("config", "-z", "--get-regexp", f"({names}|{hidden})").stdout
    entries = [
        entry.partition("\n") for entry in output.decode("utf-8", "surrogateescape").split("\0") if entry
    ]
    found = {key: value if mark else "true" for key, mark, value in entries}
    own = f"remote.{remote}."
    hiding = []
    prunes_tags = _first_true(found, f"{own}prunetags", "fetch.prunetags")
    if prunes_tags is not None:
        hiding.append(Hiding(prunes_tags, f"git config {prunes_tags} false", deletes=True))
    destinations = (value.partition(":")[2] for key, _, value in entries if key == f"{own}fetch")
    if any(each.startswith(_TAG_REFSPECS) for each in destinations):
        prunes = _first_true(found, f"{own}prune", "fetch.prune")
        if prunes is not None:
            hiding.append(Hiding(prunes, f"git config {own}prune false", deletes=True))
    if found.get(f"{own}tagopt") == "--no-tags":
        repair = f"git config --unset remote.{remote}.tagOpt && git fetch --tags {remote}"
        hiding.append(Hiding(f"remote.{remote}.tagOpt", repair, deletes=False))
    for key, _, value in entries:
        if key.endswith(".hiderefs") and "refs/tags/".startswith(value.lstrip("^!")) and value[:1] != "!":
            hiding.append(Hiding(f"{key}={value}", f"git config --unset-all {key}", deletes=False))
    return tuple(hiding)


def _first_true(found: Mapping[str, str], *keys: str) -> str | None:
    """The first of these settings that is set, if it is true; the remote's own comes first."""
    key = next((key for key in keys if key in found), None)
    return key if key is not None and found[key].lower() in {"true", "yes", "on", "1"} else None


def _quoted(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_/" else f"\\{char}" for char in name)
