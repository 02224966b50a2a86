"""Completeness: does this clone know all tags of a model? Asked before anything is called absent.

In CI, `MLGIT_REMOTE_TAGS` is the path of a file with the output of `git ls-remote --heads --tags`, in UTF-8:
one line for each branch and tag, `<object id><TAB>refs/tags/<name>`; lines that end with `^{}` are skipped.
The branches show that the command succeeded (an empty file proves nothing) and whose tags these are: trunk
must be there, and where it is here. A step writes it outside of the checkout, before any code of the branch
runs. Without the file, or with one that proves nothing, a job asks the remote, once for each model, and only
if something seems absent or its clone is not whole. A runner may keep a tag that was deleted since: in
CI, no tags may be here that the remote does not have. GitLab runs a fork's merge request in the fork, and
those tags prove nothing: there the target's are asked for or listed, and no others may be here.
"""

from __future__ import annotations

import os
import re
from datetime import UTC
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.core.registry.completeness import (
    KNOWN,
    REMOTE_TAGS,
    CloneFacts,
    Doubts,
    Known,
    compare_tags,
    fetch_only,
    in_ci,
    knows_tags,
    parse_listing,
    repair,
    target_of_fork,
)
from mlgit.core.registry.tags import ref_patterns
from mlgit.core.trust.moved import lacks_tag
from mlgit.errors import StateError, ToolError, UnknownReference
from mlgit.project.registry.remote.listing import list_command, listed_tags
from mlgit.project.remote_commits import has_branches, has_refspec, was_fetched_last
from mlgit.project.settings import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.fetch_settings import Obstacle
    from mlgit.core.registry.state import Refusal
    from mlgit.project.open import Project

# In lower case, as git reads keys.
_PLAIN_FETCH = b"+refs/heads/*:refs/remotes/"
_FETCH = re.compile(rb"fetch[ \t]*=[ \t]*(.*)")
_UNUSUAL = re.compile(rb"tagopt|hiderefs|include|remote\..*fetch")
_TIMEOUT_S = 20
_FETCHED: WeakKeyDictionary[Project, set[str | None]] = WeakKeyDictionary()
_FACTS: WeakKeyDictionary[Project, CloneFacts] = WeakKeyDictionary()
_ANSWERS: WeakKeyDictionary[Project, dict[str | None, Mapping[str, str] | None]] = WeakKeyDictionary()


def note_fetched(project: Project, model: str | None) -> None:
    """Note that this run has fetched all tags of a model (None: of all models) by name."""
    _FETCHED.setdefault(project, set()).add(model)


def was_fetched(project: Project, model: str | None) -> bool:
    """Whether this run has fetched all tags of a model by name."""
    return not _FETCHED.get(project, set()).isdisjoint({model, None})


def knows_model(
    project: Project, model: str | None, *, here: Mapping[str, str], absent: bool, ci: Mapping[str, str]
) -> Known:
    """Whether all tags of a model that the remote has are in this clone.

    `here` maps the model's tags to their object ids (without a model: all tags). `absent`: whether something
    of the model was looked for and not found. `ci` are environment variables.
    """
    if was_fetched(project, model):
        return KNOWN
    clone = clone_facts(project)
    target = target_of_fork(ci)
    remote = target or clone.remote
    file = ci.get(REMOTE_TAGS)
    found = knows_tags(clone)
    there, why = None, f"`{remote}` did not respond to a query for its tags"
    if file:
        there, why = listed_tags(project, file, clone=found, of_fork=target is not None)
        why = f"`{file}` (`{REMOTE_TAGS}`) {why}"
    elif not in_ci(ci) or remote is None:
        return found
    if there is None and in_ci(ci) and remote is not None:
        there = _asked(project, remote, model)
    if there is None and not (file or absent or found.known == "no" or target is not None):
        return found  # what is here was enough before, and a job may have no right to ask
    if there is None:
        return Known(known="no", why=why, repair=list_command(remote or "REMOTE"))
    return compare_tags(
        model,
        here=here,
        there=there,
        source=f"`{remote or 'the remote'}`",
        repair=repair(clone) if target is None else fetch_only(target),
        only=None if remote is None or not in_ci(ci) else fetch_only(remote),
    )


def require_tags(
    project: Project, model: str | None, *, here: Mapping[str, str], what: str, absent: bool
) -> None:
    """Refuse to act on what this clone may lack; `here` and `absent` are those of `knows_model`.

    Raises:
        StateError: the remote may have newer tags of the model, so that `what` is not known.
    """
    known = knows_model(project, model, here=here, absent=absent, ci=os.environ)
    if known.known == "no":
        raise StateError(f"{what} is not known here: {known.why}", hint=f"run `{known.repair}`")


def as_of_fetch(project: Project, model: str | None, *, ci: Mapping[str, str]) -> str:
    """The end of a sentence about what is absent: when this clone last saw the remote.

    It is empty if there is no remote, or if the remote was asked in this run.
    """
    asked = was_fetched(project, model)
    answered = _ANSWERS.get(project, {}).get(model) is not None
    if project.remote is None or asked or answered or ci.get(REMOTE_TAGS):
        return ""
    from mlgit.project.registry.read import tags_as_of

    seen = tags_as_of(project)
    if seen is None:
        return ", by the tags of this clone"
    # A report is read later, so an age would soon be wrong there. Tags may have been deleted here since.
    return f", by the tags of this clone (last fetch: {seen.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def clone_repair(project: Project) -> str:
    """The one command for all that this clone lacks of its remote, trunk included."""
    return repair(clone_facts(project))


def trunk_repair(project: Project) -> str:
    """The command that fetches trunk and says which branch it is."""
    return repair(clone_facts(project), set_head=True)


def doubts(project: Project, ignored: Mapping[str, str]) -> Doubts:
    """What this clone does not know, for commands that show; `ignored` are the tags that do not count."""
    fetched = None in _FETCHED.get(project, set())
    return Doubts(clone=KNOWN if fetched else knows_tags(clone_facts(project)), ignored=ignored)


def may_be_elsewhere(project: Project, refusal: Refusal) -> bool:
    """Whether a tag is refused only for another one that is not here, in a clone that may lack tags."""
    return lacks_tag(refusal) and doubts(project, {}).clone.known == "no"


def lacks_its_tag(
    project: Project, refusal: Refusal, model: str | None, *, here: Mapping[str, str], ci: Mapping[str, str]
) -> bool:
    """Whether a tag is refused only for one that the remote may have; a listing of its tags may say no."""
    lacks = may_be_elsewhere(project, refusal)
    return lacks and knows_model(project, model, here=here, absent=True, ci=ci).known == "no"


def unknown_note(project: Project) -> str:
    """Why this clone does not know something, with the command that changes it, in one sentence."""
    known = doubts(project, {}).clone
    refused = "not known, because the newest tag does not count; `mlgit doctor` shows it"
    return refused if known.known == "yes" else f"{known.why}; run `{known.repair}`"


def unknown_here(project: Project, what: str) -> UnknownReference:
    """The error about something that this clone does not know."""
    known = doubts(project, {}).clone
    why, hint = known.why, f"run `{known.repair}`"
    if known.known == "yes":
        why, hint = "the newest tag does not count", "run `mlgit doctor`, which shows it"
    return UnknownReference(f"{what} is not known here: {why}", hint=hint)


def clone_facts(project: Project) -> CloneFacts:
    """What this clone takes from its remote; git is asked only if its configuration has something unusual."""
    if project not in _FACTS or _FACTS[project].shallow != project.shallow:
        _FACTS[project] = _read_facts(project)
    return _FACTS[project]


def _read_facts(project: Project) -> CloneFacts:
    remote = project.remote
    if remote is None:
        return CloneFacts(remote=None, shallow=project.shallow, unchosen=tuple(project.remotes))
    found: tuple[Obstacle, ...] = ()
    if not _is_usual(project, remote):
        from mlgit.core.fetch_settings import obstacles
        from mlgit.project.registry.tag_settings import fetch_settings, is_local

        local = is_local(project.remotes.get(remote, ""))
        stated = project.settings.trunk is not None
        found = obstacles(fetch_settings(project, remote), remote, local=local, trunk_is_stated=stated)
    trunk = project.trunk_here is not None or project.head.commit is None
    fetched = _was_fetched(project, remote)
    return CloneFacts(remote=remote, shallow=project.shallow, obstacles=found, fetched=fetched, trunk=trunk)


def _is_usual(project: Project, remote: str) -> bool:
    """Whether the configuration about fetching is as `git clone` writes it, so that git need not be asked.

    An included file is unusual: only git knows which files it includes.
    """
    own, *others = configuration(git_dir=project.git_dir, common_dir=project.common_dir)
    plain = _PLAIN_FETCH + os.fsencode(remote.lower()) + b"/*"
    if plain not in (value.strip() for value in _FETCH.findall(own)):
        return False
    return all(
        _UNUSUAL.search(text) is None
        and all(value.startswith(_PLAIN_FETCH) for value in _FETCH.findall(text))
        for text in (own, *others)
    )


def _was_fetched(project: Project, remote: str) -> bool:
    """Whether anything was ever fetched from the remote or pushed to it."""
    if has_branches(project) or was_fetched_last(project) or not has_refspec(project):
        return True
    # A clone of an empty repository has no more than the section of a branch that follows it.
    own, *_ = configuration(git_dir=project.git_dir, common_dir=project.common_dir)
    follows = rb"\[branch [^\[]*\bremote\s*=\s*\"?" + re.escape(os.fsencode(remote.lower())) + rb"\"?\s*$"
    return re.search(follows, own, re.MULTILINE) is not None


def _asked(project: Project, remote: str, model: str | None) -> Mapping[str, str] | None:
    """The remote's tags; None if it does not answer. A job asks once."""
    answers = _ANSWERS.setdefault(project, {})
    if model not in answers:
        patterns: tuple[str, ...] = ("refs/tags/*",)
        if model is not None:
            patterns = ref_patterns(model)
        try:
            output = project.git.run("ls-remote", "--tags", remote, *patterns, timeout_s=_TIMEOUT_S)
            answers[model] = parse_listing(output.decode("utf-8", "surrogateescape"))
        except ToolError:
            answers[model] = None
    return answers[model]
