"""Completeness: does this clone know all tags of a model? Asked before anything is called absent.

In CI, `MLGIT_REMOTE_TAGS` is the path of a file with the output of `git ls-remote --tags`, in UTF-8: one line
for each tag, `<object id><TAB>refs/tags/<name>`; lines that end with `^{}` are skipped. If the remote has no
tags, it is empty. A step writes it outside of the checkout, before any code of the branch runs. Without the
file a job asks the remote, once for each model, and only if something seems absent or its clone is not whole.
"""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.core.registry.completeness import (
    KNOWN,
    CloneFacts,
    Doubts,
    Known,
    compare_tags,
    knows_tags,
    parse_listing,
    repair,
)
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.project.open import Project

REMOTE_TAGS = "MLGIT_REMOTE_TAGS"
_PLAIN_FETCH = b"+refs/heads/*:refs/remotes/"
_TIMEOUT_S = 20
_MOST_BYTES = 64 << 20
_FETCHED: WeakKeyDictionary[Project, set[str | None]] = WeakKeyDictionary()
_FACTS: WeakKeyDictionary[Project, CloneFacts] = WeakKeyDictionary()
_ANSWERS: WeakKeyDictionary[Project, dict[str | None, Mapping[str, str] | None]] = WeakKeyDictionary()


def note_fetched(project: Project, model: str | None) -> None:
    """Note that this run has fetched all tags of a model (None: of all models) by name."""
    _FETCHED.setdefault(project, set()).add(model)


def knows_model(
    project: Project, model: str | None, *, here: Mapping[str, str], absent: bool, ci: Mapping[str, str]
) -> Known:
    """Whether all tags of a model that the remote has are in this clone.

    `here` maps the model's tags to their object ids (without a model: all tags). `absent`: whether something
    of the model was looked for and not found. `ci` are environment variables.
    """
    if not _FETCHED.get(project, set()).isdisjoint({model, None}):
        return KNOWN
    clone = clone_facts(project)
    file = ci.get(REMOTE_TAGS)
    if file:
        return _by_file(project, file, model, here, clone)
    found = knows_tags(clone)
    if _in_ci(ci) and clone.remote is not None and (absent or found.known == "no"):
        there = _asked(project, clone.remote, model)
        if there is not None:
            source = f"`{clone.remote}`"
            return compare_tags(model, here=here, there=there, source=source, repair=repair(clone))
    return found


def tag_repair(project: Project) -> str:
    """The hint for a tag that does not count here: it may count at the remote."""
    remote = project.remote
    return "run `mlgit doctor`" if remote is None else f"run `git fetch --force --tags {remote}`"


def trunk_repair(project: Project) -> str:
    """The command that fetches trunk and says which branch it is."""
    return repair(clone_facts(project), set_head=True)


def doubts(project: Project, ignored: Mapping[str, str]) -> Doubts:
    """What this clone does not know, for commands that show; `ignored` are the tags that do not count."""
    fetched = None in _FETCHED.get(project, set())
    return Doubts(clone=KNOWN if fetched else knows_tags(clone_facts(project)), ignored=ignored)


def unknown_note(project: Project) -> str:
    """Why this clone does not know something, with the command that changes it, in one sentence."""
    known = doubts(project, {}).clone
    if known.known == "yes":
        return "not known: a newest tag does not count; `mlgit doctor` names it"
    return f"not known: {known.why}; run `{known.repair}`"


def clone_facts(project: Project) -> CloneFacts:
    """What this clone takes from its remote; git is asked only if its configuration has something unusual."""
    if project not in _FACTS:
        _FACTS[project] = _read_facts(project)
    return _FACTS[project]


def _read_facts(project: Project) -> CloneFacts:
    remote = project.remote
    if remote is None:
        return CloneFacts(remote=None, shallow=project.shallow)
    content = _configuration(project)
    fetched = (
        any(ref.startswith(f"refs/remotes/{remote}/") for ref in project.branches)
        or os.path.exists(os.path.join(project.git_dir, "FETCH_HEAD"))
        or b"[branch " in content  # a clone of an empty repository has no more than this
    )
    option: str | None = None
    refspecs: tuple[str, ...] = ()
    if _is_unusual(content):
        option = project.git.try_text("config", "--get", f"remote.{remote}.tagOpt")
        listing = project.git.try_text("config", "--get-all", f"remote.{remote}.fetch")
        refspecs = tuple((listing or "").split("\n")) if listing else ()
    return CloneFacts(
        remote=remote, shallow=project.shallow, tag_option=option, refspecs=refspecs, fetched=fetched
    )


def _configuration(project: Project) -> bytes:
    """The clone's and the user's configuration files, as far as they are where git looks first."""
    home = os.path.expanduser("~")
    files = (
        os.path.join(project.common_dir, "config"),
        os.path.join(project.git_dir, "config.worktree"),
        os.environ.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig"),
        os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git", "config"),
    )
    return b"\n".join(map(_content, files))


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return b""


def _is_unusual(content: bytes) -> bool:
    """Whether git must be asked: there is a key that hides tags or branches, or an included file."""
    lines = [line.strip().lower() for line in content.splitlines()]
    return any(
        line.startswith((b"tagopt", b"[include")) or (line.startswith(b"fetch") and _PLAIN_FETCH not in line)
        for line in lines
    )


def _by_file(
    project: Project, file: str, model: str | None, here: Mapping[str, str], clone: CloneFacts
) -> Known:
    remote = clone.remote or "REMOTE"
    there, why = _listed(project, file)
    if there is None:
        command = f'export {REMOTE_TAGS}="$(mktemp)" && git ls-remote --tags {remote} >"${REMOTE_TAGS}"'
        return Known(known="no", why=f"`{file}` (`{REMOTE_TAGS}`) {why}", repair=command)
    return compare_tags(
        model, here=here, there=there, source=f"`{clone.remote or 'the remote'}`", repair=repair(clone)
    )


def _listed(project: Project, file: str) -> tuple[Mapping[str, str] | None, str]:
    """The tags that the file lists; None, and what is wrong with the file, if it cannot be believed."""
    if os.path.realpath(file).startswith(os.path.join(os.path.realpath(project.root), "")):
        return None, "is in the checkout, where the branch's code may write"
    try:
        facts = os.stat(file)
        if not S_ISREG(facts.st_mode):  # opening a pipe would block forever
            return None, "is no file"
        if facts.st_size > _MOST_BYTES:
            return None, f"is larger than {_MOST_BYTES >> 20} MiB"
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            there = parse_listing(opened.read())
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    return there, "is not the output of `git ls-remote --tags`"


def _asked(project: Project, remote: str, model: str | None) -> Mapping[str, str] | None:
    """The remote's tags; None if it does not answer. A job asks once."""
    answers = _ANSWERS.setdefault(project, {})
    if model not in answers:
        patterns: tuple[str, ...] = ("refs/tags/*",)
        if model is not None:
            from mlgit.core.registry.tags import ref_patterns

            patterns = ref_patterns(model)
        try:
            output = project.git.run("ls-remote", "--tags", remote, *patterns, timeout_s=_TIMEOUT_S)
            answers[model] = parse_listing(output.decode("utf-8", "surrogateescape"))
        except ToolError:
            answers[model] = None
    return answers[model]


def _in_ci(ci: Mapping[str, str]) -> bool:
    return "GITHUB_ACTIONS" in ci or "GITLAB_CI" in ci
