"""Named tags: what a reference with the form of a model's tag means; never whatever Git finds there.

Anyone who can push a lightweight tag could otherwise put another commit under the name of a release, or of a
branch or a commit, before which Git takes a tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.objects import local_tags
from mlgit.core.record import NamedTuple
from mlgit.core.registry.state import label_of, version_of
from mlgit.core.registry.tags import TagName, parse_tag
from mlgit.core.trust.marks import unless_needed
from mlgit.core.wording import word
from mlgit.errors import StateError, UnknownReference

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, RegisteredVersion, TagFact
    from mlgit.project.open import Project

_SPELLING = re.compile(r"(?:(?:refs/)?tags/)?([^\^~]+?)((?:[\^~]|@\{).*)?")
_DESCRIBED = re.compile(r".+-g([0-9a-f]{4,64})")
_NAME = re.compile(r"(.*?)(?:[\^~]|@\{|$)")
# As many digits as Git abbreviates to: a tag such as `2024` may also begin an id.
_ABBREVIATED = re.compile(r"[0-9a-fA-F]{7,63}")


class TagForm(NamedTuple):
    """A reference with the form of a tag: the parsed name, how models are written, and `^`, `~` after it."""

    name: TagName
    text: str
    suffix: str


class Named(NamedTuple):
    """The tag that a reference names, and the version that is there, if it is one."""

    fact: TagFact
    version: RegisteredVersion | None
    label: str


def tag_form(text: str) -> TagForm | None:
    """The parts of a reference with the form of a tag, such as `tumor@v1.2.0`, `tags/tumor#prod#3`, `…~1`."""
    found = _SPELLING.fullmatch(text)
    name = None if found is None else parse_tag(found[1].replace(":", "="))
    if found is None or name is None:
        return None
    return TagForm(name, found[1].replace("=", ":"), found[2] or "")


def named_tag(project: Project, form: TagForm, state: ModelState) -> Named | None:
    """The tag of this name, if it counts; None if there is no such tag and the name may be a revision's.

    Raises:
        AnswerNo: the tag does not count.
        StateError: the tag is lightweight or damaged, or this clone lacks something.
        UnknownReference: the tag takes something back, so that it names no commit to use.
    """
    tag = str(form.name)
    if tag in state.ignored:
        raise _ignored(project, tag, state.ignored[tag])
    refused = next((each for each in state.refused if each.fact.tag == tag), None)
    if refused is not None:
        raise refused.error()
    fact = next((each for each in state.facts if each.tag == tag), None)
    if fact is None:
        return None
    if fact.name.action not in {"register", "assign"}:
        raise UnknownReference(
            f"The tag `{tag}` does not name a version: it takes one back",
            hint=f"see `mlgit history {word(form.name.model)}`",
        )
    registered = {fact.commit: state.at_commit(fact.commit)}
    version = state.find(form.name.version) if form.name.version else version_of(fact, registered)
    held = f"{form.name.model}@{version.version}" if version else label_of(fact, registered)
    return Named(fact, version, f"{tag} ({held})")


def is_only_a_tag(project: Project, form: TagForm, state: ModelState) -> bool:
    """Whether no branch or other revision can be meant: a version's form always is that of a tag.

    `fix#12` may be a branch, unless `fix` is a model or `12` an environment.
    """
    name = form.name
    if name.environment is None or name.counter is not None or state.facts:
        return True
    if name.environment in project.trunk_config.environments:
        return True
    from mlgit.project.registry.models import declared_models

    return name.model in declared_models(project)


def described(project: Project, text: str) -> str | None:
    """The commit of a name by `git describe`, which ends with the commit's id."""
    found = _DESCRIBED.fullmatch(text)
    return None if found is None else project.commit(found[1])


def require_one_meaning(project: Project, text: str) -> None:
    """Refuse a revision that a tag and a branch or a commit share.

    Raises:
        UnknownReference: they share it; the hint says how each is written.
    """
    found = _NAME.match(text)
    name = "" if found is None else found[1]
    if name in {"", "HEAD"} or "\0" in name or f"refs/{name}" in project.branches:
        return
    if name not in local_tags(project.git, [name]):
        return
    other = _branch_of(project, name)
    what, other = ("a branch", other) if other is not None else ("a commit", _commit_of(project, name))
    if other is None:
        return
    advice = unless_needed([name], project.remote, why="")
    raise UnknownReference(
        f"`{name}` is {what} and a tag", hint=f"write `{other}` or `tags/{name}`; {advice}"
    )


def _branch_of(project: Project, name: str) -> str | None:
    """How Git takes a name for a branch, if there is one of that name here or at the remote."""
    refs = (f"heads/{name}", f"remotes/{name}", f"remotes/{name}/HEAD", f"remotes/{project.remote}/{name}")
    return next((ref for ref in refs if f"refs/{ref}" in project.branches), None)


def _commit_of(project: Project, name: str) -> str | None:
    """The full id of a commit of which a name is the beginning, also as `git describe` writes it."""
    named = _DESCRIBED.fullmatch(name)
    digits = name if named is None else named[1]
    if _ABBREVIATED.fullmatch(digits) is None:
        return None
    oids = (project.git.try_text("rev-parse", f"--disambiguate={digits}") or "").split()
    found = project.objects.get_many(oids)
    return next((oid for oid in oids if (each := found[oid]) is not None and each.type == "commit"), None)


def _ignored(project: Project, tag: str, why: str) -> StateError:
    from mlgit.project.registry.tag_settings import ignored_hint

    return StateError(f"The tag `{tag}` does not count: {why}", hint=ignored_hint(project, tag, why))
