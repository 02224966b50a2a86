"""Listing: the output of `git ls-remote` in the file that `MLGIT_REMOTE_TAGS` names; see completeness."""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
from mlgit.core.registry.completeness import REMOTE_TAGS, Known, listed_branch, parse_listing
from mlgit.core.wording import word

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.project.open import Project

_LISTING = "git ls-remote --heads --tags"
_MOST_BYTES = 64 << 20


def list_command(remote: str) -> str:
    """The command of an earlier step, which may have the credentials that a later one lacks."""
    return f'export {REMOTE_TAGS}="$(mktemp)" && {_LISTING} {word(remote)} >"${REMOTE_TAGS}"'


def listed_tags(
    project: Project, file: str, *, clone: Known, of_fork: bool
) -> tuple[Mapping[str, str] | None, str]:
    """The tags that the file lists; None, and what is wrong with the file, if it cannot be believed.

    `clone`: whether this clone takes all tags. In the pipeline of a fork, trunk here is the fork's.
    """
    text, wrong = _read(project, file)
    if text is None:
        return None, wrong
    found = parse_listing(text)
    other = None if found is None or of_fork else _other_trunk(project, text, earlier=clone.known == "yes")
    return (found, f"is not the output of `{_LISTING}`") if other is None else (None, other)


def listed_heads(project: Project, file: str, names: Collection[str]) -> Mapping[str, str] | None:
    """The commits of branches that the file lists; None if it cannot be believed.

    If trunk is of another time there, the branches may be so, too: nothing here shows which is later.
    """
    text, _ = _read(project, file)
    if text is None or parse_listing(text) is None or _other_trunk(project, text, earlier=False) is not None:
        return None
    found = {name: listed_branch(text, name) for name in names}
    return {name: commit for name, commit in found.items() if commit is not None}


def _read(project: Project, file: str) -> tuple[str | None, str]:
    """The text of the file; None, and what is wrong with it, if it cannot be a listing."""
    if os.path.realpath(file).startswith(os.path.join(os.path.realpath(project.root), "")):
        return None, "is in the checkout, where the branch's code can write"
    try:
        facts = os.stat(file)
        if not S_ISREG(facts.st_mode):  # opening a pipe would block forever
            return None, "is not a file"
        if facts.st_size > _MOST_BYTES:
            return None, f"is larger than {_MOST_BYTES >> 20} MiB"
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    if not text.strip():  # every remote has a branch
        return None, f"is empty, as after a `{_LISTING}` that failed"
    return text, ""


def _other_trunk(project: Project, text: str, *, earlier: bool) -> str | None:
    """How trunk in a listing differs from trunk here: then it is of another repository or of another time.

    Between the step that lists and the one that fetches, trunk may go on: a clone that takes all tags then
    has those of the later one. `earlier`: a trunk of before is believed, too.
    """
    trunk, prefix = project.trunk_here, f"refs/remotes/{project.remote}/"
    if trunk is None or not trunk.ref.startswith(prefix):
        return None
    name = trunk.ref.removeprefix(prefix)
    there = listed_branch(text, name)
    if there is None:
        return f"does not list the branch `{name}`, which is trunk here"
    if there == trunk.commit or (earlier and is_ancestor(project.git, there, trunk.commit)):
        return None
    return f"has `{name}` at `{there[:7]}`, which is at `{trunk.commit[:7]}` here"
