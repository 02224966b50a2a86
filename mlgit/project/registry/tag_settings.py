"""Tag settings: git's settings about the tags of this clone, and what to do about tags in doubt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.git.push import list_remote_refs
from mlgit.core.fetch_settings import Setting
from mlgit.core.registry.tags import after_fetch, deletion
from mlgit.core.wording import word
from mlgit.project.registry.pushed import NOT_SEEN, seen_at_remote, were_seen_at
from mlgit.project.remote_commits import was_cloned_elsewhere

if TYPE_CHECKING:
    from mlgit.project.open import Project


def fetch_settings(project: Project, remote: str) -> tuple[Setting, ...]:
    """The settings about fetching from a remote, as git itself reads them, in its order."""
    names = rf"^(fetch\.prune(tags)?|remote\.{_quoted(remote)}\.(prune|prunetags|tagopt|fetch))$"
    hidden = r"^(transfer|uploadpack|receive)\.hiderefs$"
    done = project.git.try_run("config", "-z", "--show-origin", "--get-regexp", f"({names}|{hidden})")
    parts = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    own = os.path.realpath(os.path.join(project.common_dir, "config"))
    found = []
    for origin, entry in zip(parts[::2], parts[1::2], strict=False):
        key, equals, value = entry.partition("\n")
        kind, _, path = origin.partition(":")
        path = os.path.realpath(os.path.join(project.git.folder, path))
        file = None if kind != "file" else "" if path == own else path
        found.append(Setting(key, value if equals else None, file))
    return tuple(found)


def is_local(url: str) -> bool:
    """Whether a remote is a folder on this machine, so that this machine's settings hide its tags."""
    return url.startswith("file://") or ("://" not in url and ":" not in url.partition("/")[0])


def tag_repair(project: Project) -> str | None:
    """The command for a tag that does not count here and may count at the remote; None if it cannot help."""
    remote = project.remote
    if remote is None or releases_elsewhere(project):
        return None
    return f"git fetch --force --tags {word(remote)}"


def ignored_hint(project: Project, tag: str, why: str, *others: str) -> str:
    """What to do about a lightweight or damaged tag, or some that may be a fork's: fetch, or delete them."""
    if why.endswith(NOT_SEEN) and (other := releases_elsewhere(project)):
        return choose_remote(project, other)
    fetch = tag_repair(project)
    if why.endswith(NOT_SEEN) and others:
        first = f"run `{fetch}`; those that still do not count can be deleted here"
        return f"{first}: `{deletion([tag, *others], None)}`"
    if why.endswith(NOT_SEEN):
        return after_fetch(fetch, f"`{deletion([tag], None)}` deletes it here")
    if "#" in tag:
        return after_fetch(fetch, "see `mlgit doctor`")
    if project.remote is None:
        return f"if no one needs it, `{deletion([tag], None)}` deletes it"
    return after_fetch(fetch, f"`{deletion([tag], project.remote)}` deletes it for everyone")


def releases_elsewhere(project: Project) -> str | None:
    """The other remote whose releases the tags here may be, as in a clone of a fork; none of them counts."""
    others = [name for name in project.remotes if name != project.remote]
    chosen = project.settings.remote is not None
    if chosen or not others or project.remote is None or any(seen_at_remote(project).values()):
        return None
    from mlgit.project.registry.read import read_registry_tags

    registry, ignored = read_registry_tags(project)
    counting = any(state.facts for state in registry.models.values())
    if counting or not ignored or not all(why.endswith(NOT_SEEN) for why in ignored.values()):
        return None
    return "upstream" if "upstream" in others else others[0]


def were_elsewhere(project: Project) -> bool:
    """Whether this clone's tags came from another address than that of its remote, and none was seen there.

    A remote to which a team moved, and that has no tags, never had those that are here.
    """
    seen = were_seen_at(project)
    if seen is not None or project.remote is None:
        return seen == "another"
    get = project.git.try_text
    now = (get("config", f"remote.{project.remote}.url"), get("ls-remote", "--get-url", project.remote))
    return was_cloned_elsewhere(project, [each for each in now if each])


def is_new_remote(project: Project, remote: str) -> bool:
    """Whether a remote without tags never had those of this clone: it has nothing, or they were elsewhere."""
    return were_elsewhere(project) or not list_remote_refs(project.git, remote, ["*"])


def choose_remote(project: Project, other: str) -> str:
    """What to do if no tag was seen at the remote: only the user knows which remote is a fork."""
    remote = project.remote or ""
    chosen = f"git config mlgit.remote {word(other)} && git fetch --force --tags {word(other)}"
    return (
        f"if `{other}` is the project and `{remote}` a fork, run `{chosen}`; "
        f"otherwise run `git fetch --force --tags {word(remote)}`"
    )


def _quoted(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_/" else f"\\{char}" for char in name)
